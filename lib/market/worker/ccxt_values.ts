import type { OrderBook, Trade } from "ccxt";
import type { BadFrameReason } from "../bad_frame.ts";
import { bookFault, isSaneCandle } from "../binance_frames.ts";
import type { Ohlcv } from "../fold.ts";
import { plainDecimal } from "../plain_number.ts";
import type { BookLevel } from "../depth.ts";
import type { VenueBook, VenueTrade } from "./venue.ts";

/** ccxt's candle `[t, o, h, l, c, v]` in floats, or why it cannot be used. */
export function toCandle(row: unknown): Ohlcv | BadFrameReason {
  if (!Array.isArray(row) || row.length < 6) return "missing_field";
  const [t, o, h, l, c, v] = row;
  if (!Number.isSafeInteger(t) || t < 0) return "bad_time";
  const numbers = [o, h, l, c, v];
  if (!numbers.every(isFinite)) return "bad_number";
  const [open, high, low, close, volume] = numbers.map(plainDecimal) as [string, string, string, string, string];
  const candle = { t, o: open, h: high, l: low, c: close, v: volume };
  return isSaneCandle(candle) ? candle : "bad_price";
}

/** ccxt's trade, or why it cannot be used. */
export function toTrade(symbol: string, trade: Trade): VenueTrade | BadFrameReason {
  const { id, timestamp, price, amount, side } = trade;
  if (side !== "buy" && side !== "sell") return "missing_field";
  if (!Number.isSafeInteger(timestamp)) return "bad_time";
  if (!isFinite(price) || !isFinite(amount)) return "bad_number";
  if (!(price > 0) || !(amount > 0)) return "bad_price";
  const at = timestamp as number;
  // Some exchanges number nothing: what happened then names the trade.
  const name = id === undefined || id === "" ? `${at}-${side}-${price}-${amount}` : id;
  return { symbol, id: name, price: plainDecimal(price), quantity: plainDecimal(amount), side, at };
}

/** The top of ccxt's order book, or why it cannot be used. */
export function toBook(symbol: string, book: OrderBook, depth: number): VenueBook | BadFrameReason {
  const bids = toLevels(book.bids, depth);
  const asks = toLevels(book.asks, depth);
  if (bids === null || asks === null) return "bad_number";
  const fault = bookFault(bids, asks);
  if (fault !== null) return fault;
  return { symbol, bids, asks, at: Number.isSafeInteger(book.timestamp) ? book.timestamp as number : null, depth };
}

function toLevels(levels: readonly unknown[], depth: number): BookLevel[] | null {
  const out: BookLevel[] = [];
  for (let i = 0; i < levels.length && i < depth; i++) {
    const [price, quantity] = levels[i] as unknown[];
    if (!isFinite(price) || !isFinite(quantity)) return null;
    out.push([plainDecimal(price), plainDecimal(quantity)]);
  }
  return out;
}

function isFinite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
