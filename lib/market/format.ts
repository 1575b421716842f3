import {
  digitsOf,
  divideRounded,
  formatDecimal,
  fromUnits,
  rescaleUnits,
  signedUnits,
  toUnits,
} from "../kernel/format_decimal.ts";

/** Which way a result points. */
export type Direction = "up" | "down" | "flat";

/** A change between two prices: `amount` has the price's digits, `percent` two; both carry their sign. */
export interface Change {
  direction: Direction;
  amount: string;
  percent: string;
}

/** Formats a price by its tick: `("98412.6", "0.01")` → "98,412.60". */
export function formatPrice(value: string | null | undefined, tickSize: string): string | null {
  return formatDecimal(value, digitsOf(tickSize));
}

/** Formats a float for display, such as an indicator's value; null when it is absent. */
export function formatNumber(value: number | null | undefined, digits: number): string | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  return formatDecimal(value.toFixed(digits), digits);
}

/**
 * The change from `open` to `last`: amount by the tick's digits, percentage with two.
 * @returns null when either is missing or `open` is zero.
 */
export function changeBetween(
  open: string | null | undefined,
  last: string | null | undefined,
  tickSize: string,
): Change | null {
  if (!open || !last) return null;
  const digits = digitsOf(tickSize);
  // Exact at the finer of both scales, rounded only when shown.
  const scale = Math.max(digits, fractionOf(open), fractionOf(last));
  const from = toUnits(open, scale);
  const to = toUnits(last, scale);
  if (from === null || to === null || from === 0n) return null;
  const difference = to - from;
  return {
    direction: difference > 0n ? "up" : difference < 0n ? "down" : "flat",
    amount: signedUnits(rescaleUnits(difference, scale, digits), digits),
    percent: `${signedUnits(divideRounded(difference * 10_000n, from), 2)}%`,
  };
}

const COMPACT_STEPS = [[12, "T"], [9, "B"], [6, "M"]] as const;

/**
 * Formats a quantity for a narrow place: from a million on "1.80B", "24.31M", below it "18,442.71".
 * Rounds to two digits half away from zero.
 */
export function formatCompact(value: string | null | undefined): string | null {
  const cents = value === null || value === undefined ? null : toUnits(value, 2);
  if (cents === null) return null;
  const size = cents < 0n ? -cents : cents;
  for (const [power, letter] of COMPACT_STEPS) {
    if (size >= 10n ** BigInt(power + 2)) return `${fromUnits(rescaleUnits(cents, power + 2, 2), 2)}${letter}`;
  }
  return fromUnits(cents, 2);
}

/** Which of two decimal strings is larger: negative, zero or positive, exactly. Malformed ones sort first. */
export function compareDecimals(a: string | null | undefined, b: string | null | undefined): number {
  const scale = Math.max(fractionOf(a ?? ""), fractionOf(b ?? ""));
  const left = toUnits(a ?? "", scale);
  const right = toUnits(b ?? "", scale);
  if (left === null || right === null) return (left === null ? 0 : 1) - (right === null ? 0 : 1);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** How old a price is: under a second fresh, to five seconds late, then stale. */
export type Freshness = "fresh" | "late" | "stale";

/** Age from which a price is late. */
export const LATE_AFTER_MS = 1_000;

/** Age from which a price is stale. */
export const STALE_AFTER_MS = 5_000;

/** Classifies the age of a price. */
export function freshnessOf(ageMs: number): Freshness {
  return ageMs < LATE_AFTER_MS ? "fresh" : ageMs <= STALE_AFTER_MS ? "late" : "stale";
}

/** An age as "84 ms", "2.4 s", "11 s", "3 min", "2 h". */
export function formatAge(ageMs: number): string {
  if (ageMs < 1_000) return `${Math.max(0, Math.round(ageMs))} ms`;
  if (ageMs < 10_000) return `${(Math.floor(ageMs / 100) / 10).toFixed(1)} s`;
  if (ageMs < 120_000) return `${Math.floor(ageMs / 1_000)} s`;
  if (ageMs < 7_200_000) return `${Math.floor(ageMs / 60_000)} min`;
  return `${Math.floor(ageMs / 3_600_000)} h`;
}

const EXCHANGE_NAMES: Readonly<Record<string, string>> = { okx: "OKX", kucoin: "KuCoin" };

/** What a venue calls itself: "binance" → "Binance". The simulator is no venue: its name is a page's text. */
export function exchangeName(exchange: string): string {
  return EXCHANGE_NAMES[exchange] ?? exchange.charAt(0).toUpperCase() + exchange.slice(1);
}

/** Two digits. */
export function two(value: number): string {
  return String(value).padStart(2, "0");
}

function fractionOf(value: string): number {
  const point = value.indexOf(".");
  return point === -1 ? 0 : value.length - point - 1;
}
