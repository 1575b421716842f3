import { isDecimal } from "../kernel/decimal.ts";
import type { BadFrameReason } from "./bad_frame.ts";
import { scanEvent } from "./binance_scan.ts";
import type { Ohlcv } from "./fold.ts";
import { BOOK_LEVELS_MAX } from "./depth.ts";

/** Longest frame read, in characters: klines have about 350, twenty levels of a book about 1,600. */
export const FRAME_LENGTH_MAX = 16_384;

/** A minute's event may come this much later than the minute's end: more means that a clock is wrong. */
export const KLINE_LATE_MS_MAX = 600_000;

/** A kline event of Binance's spot streams. */
export interface KlineFrame {
  kind: "kline";
  /** The venue's own symbol id: `BTCUSDT`. */
  id: string;
  /** The venue's name of the width: `1m`. */
  interval: string;
  candle: Ohlcv;
  closed: boolean;
  /** Event time at the exchange, Unix ms. */
  et: number;
}

/** A trade event of Binance's spot streams. */
export interface TradeFrame {
  kind: "trade";
  id: string;
  tradeId: number;
  price: string;
  quantity: string;
  /** The taker's side. */
  side: "buy" | "sell";
  /** Time of the trade, Unix ms. */
  at: number;
  /** Event time at the exchange, Unix ms. */
  et: number;
}

/** The top of a book, as `<symbol>@depth20@100ms` tells it. It carries no time. */
export interface BookFrame extends BookSides {
  kind: "book";
  id: string;
}

/** Both sides of a book, best first. */
export interface BookSides {
  /** Grows with every change of the book. */
  updateId: number;
  bids: [string, string][];
  asks: [string, string][];
}

/** A frame taken apart: an event, the announcement that the server is about to close, or why it cannot be used. */
export type DecodedFrame =
  | KlineFrame
  | TradeFrame
  | BookFrame
  | { kind: "shutdown" }
  | { kind: "bad"; reason: BadFrameReason };

/**
 * Decodes a text frame, raw or inside the combined stream's wrapper; never throws.
 * Format: Binance Spot API docs, WebSocket Streams, "Kline/Candlestick Streams for UTC", "Trade Streams",
 * "Partial Book Depth Streams".
 */
export function decodeFrame(text: string): DecodedFrame {
  if (text.length > FRAME_LENGTH_MAX) return bad("too_long");
  // Well-formed klines and trades, which are nearly all frames, are read without building an object from the JSON.
  const event = scanEvent(text);
  if (event === null) return decodeJson(text);
  return event.kind === "kline" ? checkKline(event) : checkTrade(event);
}

/** A row of Binance's `GET /api/v3/klines`: `[open time, open, high, low, close, volume, close time, …]`; null when it is garbage. */
export function decodeKlineRow(row: unknown): Ohlcv | null {
  if (!Array.isArray(row)) return null;
  const [t, o, h, l, c, v] = row;
  const candle: Ohlcv = { t: Number(t), o, h, l, c, v };
  return isTime(candle.t) && isSaneCandle(candle) ? candle : null;
}

/** An item of `GET /api/v3/trades`; null when it is garbage. */
export function decodeTradeRow(row: unknown): Omit<TradeFrame, "kind" | "id" | "et"> | null {
  if (typeof row !== "object" || row === null) return null;
  const { id, price, qty, time, isBuyerMaker } = row as Record<string, unknown>;
  if (!isTime(id) || !isTime(time) || typeof isBuyerMaker !== "boolean") return null;
  if (!isPositive(price) || !isPositive(qty)) return null;
  return { tradeId: id, price, quantity: qty, side: isBuyerMaker ? "sell" : "buy", at: time };
}

/**
 * The sides that `GET /api/v3/depth` and partial depth events tell, or why they cannot be used. Of each up to
 * {@link BOOK_LEVELS_MAX} levels are kept.
 */
export function decodeBook(data: unknown): BookSides | BadFrameReason {
  if (typeof data !== "object" || data === null) return "missing_field";
  const { lastUpdateId, bids, asks } = data as Record<string, unknown>;
  if (lastUpdateId === undefined || !Array.isArray(bids) || !Array.isArray(asks)) return "missing_field";
  const read = { bids: readLevels(bids), asks: readLevels(asks) };
  if (!isTime(lastUpdateId) || read.bids === null || read.asks === null) return "bad_number";
  return bookFault(read.bids, read.asks) ?? { updateId: lastUpdateId, bids: read.bids, asks: read.asks };
}

/** Whether prices are positive decimals that bound one another and the volume is not negative. */
export function isSaneCandle({ o, h, l, c, v }: Ohlcv): boolean {
  if (!isDecimal(o) || !isDecimal(h) || !isDecimal(l) || !isDecimal(c) || !isDecimal(v)) return false;
  return arePricesSane(o, h, l, c) && !v.startsWith("-");
}

/** Why the two sides of a book, best first, cannot be true: a level at 0, out of order, or bids meeting asks; else null. */
export function bookFault(bids: readonly [string, string][], asks: readonly [string, string][]): BadFrameReason | null {
  let before = Number.POSITIVE_INFINITY;
  for (const [price, quantity] of bids) {
    const value = Number(price);
    if (!(value > 0 && value < before) || !(Number(quantity) > 0)) return "bad_price";
    before = value;
  }
  before = 0;
  for (const [price, quantity] of asks) {
    const value = Number(price);
    if (!(value > before && value < Number.POSITIVE_INFINITY) || !(Number(quantity) > 0)) return "bad_price";
    before = value;
  }
  const [bid] = bids;
  const [ask] = asks;
  return bid !== undefined && ask !== undefined && Number(bid[0]) >= Number(ask[0]) ? "bad_price" : null;
}

function decodeJson(text: string): DecodedFrame {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return bad("not_json");
  }
  const isWrapped = typeof frame?.stream === "string" && typeof frame.data === "object" && frame.data !== null;
  const event = isWrapped ? frame.data : frame;
  if (typeof event !== "object" || event === null) return bad("unknown_event");
  if (event.e === "kline") return decodeKline(event);
  if (event.e === "trade") return decodeTrade(event);
  if (event.e === "serverShutdown" || event.event?.e === "serverShutdown") return { kind: "shutdown" };
  if (isWrapped && event.e === undefined && "lastUpdateId" in event) return decodeDepth(frame.stream, event);
  return bad("unknown_event");
}

// deno-lint-ignore no-explicit-any -- parsed JSON: every field is checked before it is used
function decodeKline(event: any): DecodedFrame {
  const { E: et, k } = event;
  if (typeof k !== "object" || k === null || et === undefined) return bad("missing_field");
  const { t, s: id, i: interval, x: closed, o, h, l, c, v } = k;
  for (const field of [t, id, interval, closed, o, h, l, c, v]) if (field === undefined) return bad("missing_field");
  if (!isTime(et) || !isTime(t)) return bad("bad_time");
  if (typeof id !== "string" || typeof interval !== "string" || typeof closed !== "boolean") {
    return bad("missing_field");
  }
  for (const number of [o, h, l, c, v]) if (!isDecimal(number)) return bad("bad_number");
  return checkKline({ kind: "kline", id, interval, candle: { t, o, h, l, c, v }, closed, et });
}

// deno-lint-ignore no-explicit-any -- parsed JSON: every field is checked before it is used
function decodeTrade(event: any): DecodedFrame {
  const { E: et, s: id, t: tradeId, p: price, q: quantity, T: at, m } = event;
  for (const field of [et, id, tradeId, price, quantity, at, m]) if (field === undefined) return bad("missing_field");
  if (!isTime(et) || !isTime(at)) return bad("bad_time");
  if (typeof id !== "string" || typeof m !== "boolean") return bad("missing_field");
  if (!isTime(tradeId) || !isDecimal(price) || !isDecimal(quantity)) return bad("bad_number");
  return checkTrade({ kind: "trade", id, tradeId, price, quantity, side: m ? "sell" : "buy", at, et });
}

function decodeDepth(stream: string, data: unknown): DecodedFrame {
  const at = stream.indexOf("@depth");
  if (at <= 0) return bad("unknown_event");
  const book = decodeBook(data);
  return typeof book === "string" ? bad(book) : { ...book, kind: "book", id: stream.slice(0, at).toUpperCase() };
}

function checkKline(frame: KlineFrame): DecodedFrame {
  const { o, h, l, c, v, t } = frame.candle;
  if (!arePricesSane(o, h, l, c) || !(Number(v) >= 0)) return bad("bad_price");
  // An event can neither come before its minute opens nor long after it has closed.
  if (frame.interval === "1m" && (t % 60_000 !== 0 || frame.et < t || frame.et > t + 60_000 + KLINE_LATE_MS_MAX)) {
    return bad("bad_time");
  }
  return frame;
}

function checkTrade(frame: TradeFrame): DecodedFrame {
  return Number(frame.price) > 0 && Number(frame.quantity) > 0 ? frame : bad("bad_price");
}

function arePricesSane(o: string, h: string, l: string, c: string): boolean {
  const open = Number(o), high = Number(h), low = Number(l), close = Number(c);
  return low > 0 && low <= open && low <= close && high >= open && high >= close;
}

function readLevels(rows: unknown[]): [string, string][] | null {
  const out: [string, string][] = [];
  for (const row of rows) {
    if (out.length === BOOK_LEVELS_MAX) break;
    if (!Array.isArray(row) || !isDecimal(row[0]) || !isDecimal(row[1])) return null;
    out.push([row[0], row[1]]);
  }
  return out;
}

function isPositive(value: unknown): value is string {
  return isDecimal(value) && Number(value) > 0;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function bad(reason: BadFrameReason): { kind: "bad"; reason: BadFrameReason } {
  return { kind: "bad", reason };
}
