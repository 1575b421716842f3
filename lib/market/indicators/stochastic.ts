import type { Bar } from "./bar.ts";
import type { Indicator } from "./indicator.ts";
import { WindowMax, WindowSum } from "./window.ts";

/**
 * Slow stochastic oscillator (George Lane, 1950s; TA-Lib's STOCH): raw = 100 · (close − lowest low) / (highest high −
 * lowest low) over `period` candles; %K = SMA(smoothing) of raw; %D = SMA(signal) of %K. In a window without any
 * movement raw is 50: a dead market is neither overbought nor oversold.
 */
export class Stochastic implements Indicator {
  /** %K, %D. */
  readonly values = new Float64Array(2).fill(NaN);
  readonly #highs: WindowMax;
  readonly #lows: WindowMax;
  readonly #k: WindowSum;
  readonly #d: WindowSum;

  constructor(period: number, smoothing: number, signal: number) {
    this.#highs = new WindowMax(period);
    this.#lows = new WindowMax(period);
    this.#k = new WindowSum(smoothing);
    this.#d = new WindowSum(signal);
  }

  next({ high, low, close }: Bar, keep: boolean): void {
    const top = this.#highs.next(high, keep);
    const bottom = -this.#lows.next(-low, keep);
    if (top !== top) return;
    const k = this.#k.mean(top === bottom ? 50 : 100 * (close - bottom) / (top - bottom), keep);
    this.values[0] = k;
    if (k === k) this.values[1] = this.#d.mean(k, keep);
  }
}
