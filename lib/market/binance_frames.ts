import { isDecimal } from "../kernel/decimal.ts";
import type { Ohlcv } from "./fold.ts";

/** Longest kline frame read, in characters: real ones have about 350. */
export const KLINE_FRAME_LENGTH_MAX = 4_096;

/** A kline frame of Binance's spot streams, taken apart. */
export interface KlineFrame {
  /** The venue's own symbol id: `BTCUSDT`. */
  id: string;
  /** The venue's name of the width: `1m`. */
  interval: string;
  candle: Ohlcv;
  closed: boolean;
  /** Event time at the exchange, Unix ms. */
  et: number;
}

/**
 * Decodes a frame of `<symbol>@kline_<interval>`, raw or inside the combined stream's wrapper. Null for anything else:
 * acknowledgements, other events, garbage, and candles that contradict themselves.
 * Format: Binance Spot API docs, WebSocket Streams, "Kline/Candlestick Streams for UTC".
 */
export function decodeKlineFrame(text: string): KlineFrame | null {
  if (text.length > KLINE_FRAME_LENGTH_MAX || !text.includes('"kline"')) return null;
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return null;
  }
  if (frame?.data?.e === "kline") frame = frame.data;
  if (frame?.e !== "kline") return null;
  const k = frame.k;
  const et = frame.E;
  if (typeof k !== "object" || k === null || !isTime(et) || !isTime(k.t)) return null;
  if (typeof k.s !== "string" || typeof k.i !== "string" || typeof k.x !== "boolean") return null;
  const candle: Ohlcv = { t: k.t, o: k.o, h: k.h, l: k.l, c: k.c, v: k.v };
  return isSaneCandle(candle) ? { id: k.s, interval: k.i, candle, closed: k.x, et } : null;
}

/** A row of Binance's `GET /api/v3/klines`: `[open time, open, high, low, close, volume, close time, …]`; null when it is garbage. */
export function decodeKlineRow(row: unknown): Ohlcv | null {
  if (!Array.isArray(row)) return null;
  const [t, o, h, l, c, v] = row;
  const candle: Ohlcv = { t: Number(t), o, h, l, c, v };
  return isTime(candle.t) && isSaneCandle(candle) ? candle : null;
}

/** Whether prices are positive decimals that bound one another and the volume is not negative. */
export function isSaneCandle({ o, h, l, c, v }: Ohlcv): boolean {
  if (!isDecimal(o) || !isDecimal(h) || !isDecimal(l) || !isDecimal(c) || !isDecimal(v)) return false;
  const open = Number(o), high = Number(h), low = Number(l), close = Number(c);
  return low > 0 && low <= open && low <= close && high >= open && high >= close && !v.startsWith("-");
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}
