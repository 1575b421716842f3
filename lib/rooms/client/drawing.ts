import type { Drawing, SharedView } from "../shapes.ts";

/** What a streamer draws: a line between two places, a price, or words at a place. */
export type DrawingKind = Drawing["kind"];

/** A place on a chart: `t` in Unix ms, `p` a price as a decimal string. */
export type DrawnPoint = Drawing["points"][number];

/** Drawings a view may have, and characters each may say: the database takes no more. */
export const DRAWINGS_MAX = 50;
export const DRAWING_TEXT_MAX = 200;

/** Digits the database takes of a price, before and behind the point. */
const PRICE_PATTERN = /^\d{1,15}(\.\d{1,18})?$/;

/** Milliseconds the database takes have no more digits. */
const TIME_MAX = 999_999_999_999_999;

/** A number as a price of so many digits; null for what is no price above zero. */
export function priceText(price: number, digits: number): string | null {
  if (!(price > 0) || !Number.isFinite(price)) return null;
  const text = price.toFixed(Math.min(18, Math.max(0, digits)));
  return PRICE_PATTERN.test(text) && Number(text) > 0 ? text : null;
}

/** A price as people type it, with a comma too; null for what is none. */
export function typedPrice(text: string): string | null {
  const price = text.trim().replace(",", ".");
  return PRICE_PATTERN.test(price) && Number(price) > 0 ? price : null;
}

/** A place as the database takes it; null beside the axes. */
export function drawnPoint(time: number | null, price: number | null, digits: number): DrawnPoint | null {
  const p = price === null ? null : priceText(price, digits);
  if (time === null || p === null || !(time >= 0 && time <= TIME_MAX)) return null;
  return { t: Math.round(time), p };
}

/** What the marks put down so far make: a drawing once they are enough, else null. */
export function finishDrawing(kind: DrawingKind, points: readonly DrawnPoint[], id: string, text = ""): Drawing | null {
  const wanted = kind === "trend" ? 2 : 1;
  if (points.length < wanted) return null;
  const words = cleanText(text);
  if (kind === "note" && words === "") return null;
  return { id, kind, points: points.slice(0, wanted), text: words };
}

/** Adds a drawing; at the limit the oldest goes. */
export function addDrawing(drawings: readonly Drawing[], drawing: Drawing): Drawing[] {
  return [...drawings, drawing].slice(-DRAWINGS_MAX);
}

/** Text of a drawing on one line, without what the database refuses. */
export function cleanText(text: string): string {
  // deno-lint-ignore no-control-regex -- control characters and what turns a text's direction are what is looked for.
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufff9-\uffff]+/g, " ");
  return [...plain.trim()].slice(0, DRAWING_TEXT_MAX).join("").trim();
}

/** Whether two views show the same, so that nothing is told twice. */
export function isSameView(a: SharedView | null, b: SharedView | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
