import type { Candle, CandleEvent } from "../candle.ts";

/** Candles a page keeps: about what a chart can show at one pixel each, twice. */
export const CANDLES_MAX = 5_000;

/** One market and timeframe as a page knows it: candles oldest first, no two with one open time. */
export interface CandleBook {
  readonly widthMs: number;
  readonly candles: readonly Candle[];
  /** The highest fencing token seen: lower ones come from a feed that has lost its lease. */
  readonly token: number;
}

/** What a payload did to the book. */
export interface CandleUpdate {
  book: CandleBook;
  /** Whether the payload was taken. */
  accepted: boolean;
  /** Open time from which candles are missing or unfinished and must be fetched; null when none are. */
  gapFrom: number | null;
}

/** A book of candles that were read from the server, in any order. */
export function createBook(widthMs: number, candles: readonly Candle[]): CandleBook {
  return mergeHistory({ widthMs, candles: [], token: 0 }, candles);
}

/**
 * Takes a broadcast candle. Drops it when its token is lower than one seen, when it is older than
 * the newest candle, or when it would reopen a closed one.
 */
export function applyEvent(book: CandleBook, event: CandleEvent): CandleUpdate {
  if (event.token < book.token) return { book, accepted: false, gapFrom: null };
  const last = book.candles.at(-1);
  if (last && (event.t < last.t || (event.t === last.t && last.closed && !event.closed))) {
    return { book: { ...book, token: event.token }, accepted: false, gapFrom: null };
  }
  const candle = toCandle(event);
  const kept = last?.t === event.t ? book.candles.slice(0, -1) : book.candles;
  const candles = [...kept, candle].slice(-CANDLES_MAX);
  return {
    book: { ...book, candles, token: event.token },
    accepted: true,
    gapFrom: gapBefore(book.widthMs, kept, candle),
  };
}

/** Adds stored candles, which are closed and final: they replace what was known of the same time. */
export function mergeHistory(book: CandleBook, items: readonly Candle[]): CandleBook {
  const byTime = new Map(book.candles.map((candle) => [candle.t, candle]));
  for (const item of items) byTime.set(item.t, item);
  const candles = [...byTime.values()].sort((a, b) => a.t - b.t).slice(-CANDLES_MAX);
  return { ...book, candles };
}

/** Open time from which to ask the server again: the last candle that is not known to be final. */
export function resumeFrom(book: CandleBook): number {
  const lastClosed = book.candles.findLast((candle) => candle.closed);
  return lastClosed ? lastClosed.t + book.widthMs : 0;
}

function gapBefore(widthMs: number, kept: readonly Candle[], candle: Candle): number | null {
  const before = kept.at(-1);
  if (!before) return null;
  if (!before.closed) return before.t;
  return candle.t > before.t + widthMs ? before.t + widthMs : null;
}

function toCandle({ t, o, h, l, c, v, closed, ind }: CandleEvent): Candle {
  return ind ? { t, o, h, l, c, v, closed, ind } : { t, o, h, l, c, v, closed };
}
