import type { Ohlcv } from "../fold.ts";

/** A candle as indicators take it: `t` is the open time (Unix ms), the rest floats. They never enter the ledger. */
export interface Bar {
  t: number;
  open: number;
  high: number;
  low: number;
  close: number;
  /** In base units. */
  volume: number;
}

/** Candles by column, oldest first, all of one length: what whole series are computed from. */
export interface Columns {
  t: Float64Array;
  open: Float64Array;
  high: Float64Array;
  low: Float64Array;
  close: Float64Array;
  volume: Float64Array;
}

/** Columns that have passed {@link checkColumns}. */
export type CheckedColumns = Columns & { readonly [checked]: true };

declare const checked: unique symbol;

/** The longest window any indicator takes: more than a day of minutes gains nothing that a longer width would not. */
export const PERIOD_MAX = 1_000;

/** Candles computed in one go: about nineteen years of minutes. */
export const CANDLES_MAX = 10_000_000;

/** A candle on the wire as floats. */
export function barOf({ t, o, h, l, c, v }: Ohlcv): Bar {
  return { t, open: Number(o), high: Number(h), low: Number(l), close: Number(c), volume: Number(v) };
}

/**
 * Throws unless the candle can be calculated with. One NaN would stay in every moving average for ever.
 * @throws {RangeError} of what is not finite, a price that is not positive, a low above the high, a negative volume.
 */
export function assertBar({ t, open, high, low, close, volume }: Bar): void {
  // x − x is 0 for finite x, else NaN.
  const finite = (t - t) + (open - open) + (high - high) + (low - low) + (close - close) + (volume - volume) === 0;
  if (finite && low > 0 && high >= low && open > 0 && close > 0 && volume >= 0) return;
  throw new RangeError(`Cannot use candle ${t}: ${open}/${high}/${low}/${close}, volume ${volume}`);
}

/**
 * The same columns, once they are known to be of one length and each candle to be fit for calculation, in order of time.
 * @throws {RangeError} naming the first one that is not.
 */
export function checkColumns(columns: Columns): CheckedColumns {
  const { t, open, high, low, close, volume } = columns;
  const length = t.length;
  if (length > CANDLES_MAX) throw new RangeError(`Cannot compute ${length} candles: limit is ${CANDLES_MAX}`);
  for (const column of [open, high, low, close, volume]) {
    if (column.length !== length) throw new RangeError(`Cannot use columns of ${column.length} and ${length} candles`);
  }
  let last = -Infinity;
  for (let i = 0; i < length; i++) {
    assertBar(barAt(columns, i));
    const at = t[i] as number;
    if (at <= last) throw new RangeError(`Cannot use candle ${at} after ${last}: order them by time`);
    last = at;
  }
  return columns as CheckedColumns;
}

/** Candle `i` of the columns. */
export function barAt({ t, open, high, low, close, volume }: Columns, i: number): Bar {
  return {
    t: t[i] as number,
    open: open[i] as number,
    high: high[i] as number,
    low: low[i] as number,
    close: close[i] as number,
    volume: volume[i] as number,
  };
}

/** Candles, oldest first, by column. */
export function columnsOf(bars: readonly Bar[]): Columns {
  const column = (name: keyof Bar) => Float64Array.from(bars, (bar) => bar[name]);
  return {
    t: column("t"),
    open: column("open"),
    high: column("high"),
    low: column("low"),
    close: column("close"),
    volume: column("volume"),
  };
}

/** @throws {RangeError} unless `period` is a whole number from `min` to {@link PERIOD_MAX}. */
export function assertPeriod(period: number, min = 1): void {
  if (Number.isInteger(period) && period >= min && period <= PERIOD_MAX) return;
  throw new RangeError(`Cannot use a window of ${period}: it takes ${min} to ${PERIOD_MAX} candles`);
}

/** @throws {RangeError} unless `factor` is finite and positive. */
export function assertFactor(factor: number): void {
  if (factor > 0 && factor < Infinity) return;
  throw new RangeError(`Cannot use a factor of ${factor}: it takes positive numbers`);
}

/** (high + low + close) / 3. */
export function typicalPrice(bar: Bar): number {
  return (bar.high + bar.low + bar.close) / 3;
}
