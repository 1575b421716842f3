import type { Bar } from "./bar.ts";
import { Smoothing } from "./averages.ts";
import type { Indicator } from "./indicator.ts";

/**
 * True range (J. Welles Wilder, 1978): max(high, previous close) − min(low, previous close); high − low without a
 * previous close (NaN).
 */
export function trueRange({ high, low }: Bar, previousClose: number): number {
  // Comparisons with NaN are false.
  const top = previousClose > high ? previousClose : high;
  const bottom = previousClose < low ? previousClose : low;
  return top - bottom;
}

/** True ranges smoothed Wilder's way; the first candle's is high − low. */
export class RangeAverage {
  readonly #smoothing: Smoothing;
  #close = NaN;

  constructor(period: number) {
    this.#smoothing = Smoothing.wilder(period);
  }

  /** The average with this candle; NaN until the window has filled. */
  next(bar: Bar, keep: boolean): number {
    const range = trueRange(bar, this.#close);
    if (keep) this.#close = bar.close;
    return this.#smoothing.next(range, keep);
  }
}

/** Average true range (J. Welles Wilder, 1978); see {@link RangeAverage}. */
export class Atr implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #average: RangeAverage;

  constructor(period: number) {
    this.#average = new RangeAverage(period);
  }

  next(bar: Bar, keep: boolean): void {
    this.values[0] = this.#average.next(bar, keep);
  }
}
