import type { Bar } from "./bar.ts";
import { Smoothing } from "./averages.ts";
import type { Indicator } from "./indicator.ts";

/**
 * Moving average convergence/divergence (Gerald Appel, 1979): line = EMA(fast) − EMA(slow), signal = EMA(signal) of the
 * line, histogram = line − signal. The signal is seeded by the line's first values, so it needs slow + signal − 1 candles.
 */
export class Macd implements Indicator {
  readonly values = new Float64Array(3).fill(NaN);
  readonly #fast: Smoothing;
  readonly #slow: Smoothing;
  readonly #signal: Smoothing;

  constructor(fast: number, slow: number, signal: number) {
    if (fast >= slow) throw new RangeError(`Cannot use MACD windows ${fast} and ${slow}: the first must be shorter`);
    this.#fast = Smoothing.exponential(fast);
    this.#slow = Smoothing.exponential(slow);
    this.#signal = Smoothing.exponential(signal);
  }

  next({ close }: Bar, keep: boolean): void {
    const line = this.#fast.next(close, keep) - this.#slow.next(close, keep);
    if (line !== line) return;
    const signal = this.#signal.next(line, keep);
    this.values[0] = line;
    this.values[1] = signal;
    this.values[2] = line - signal;
  }
}
