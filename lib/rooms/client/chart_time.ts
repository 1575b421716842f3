/**
 * A chart counts bars and a shared view counts milliseconds: screens of different widths, with more or less history loaded,
 * then show the same stretch of time.
 */

/** What places on the time axis are found by: open times of the candles, oldest first, in Unix ms. */
export interface BarTimes {
  length: number;
  timeAt(index: number): number;
  /** Of a candle, in ms. */
  width_ms: number;
}

/** The open times of candles of one width. */
export function barTimes(candles: readonly { t: number }[], width_ms: number): BarTimes {
  return { length: candles.length, timeAt: (index) => candles[index]?.t ?? 0, width_ms };
}

/** The instant at a place counted in bars, also between them and beyond either end; null without candles. */
export function timeOfBar({ length, timeAt, width_ms }: BarTimes, bar: number): number | null {
  if (length === 0 || !Number.isFinite(bar)) return null;
  const index = Math.min(length - 1, Math.max(0, Math.floor(bar)));
  return Math.round(timeAt(index) + (bar - index) * width_ms);
}

/** Where an instant is, counted in bars; one in a gap is where the gap is. Null without candles. */
export function barOfTime({ length, timeAt, width_ms }: BarTimes, time: number): number | null {
  if (length === 0 || !Number.isFinite(time)) return null;
  if (time <= timeAt(0)) return (time - timeAt(0)) / width_ms;
  // The last candle that opened at that time or before.
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (timeAt(middle) <= time) low = middle;
    else high = middle - 1;
  }
  const bars = (time - timeAt(low)) / width_ms;
  return low === length - 1 ? low + bars : low + Math.min(1, bars);
}
