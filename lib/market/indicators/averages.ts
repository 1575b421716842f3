import { assertPeriod, type Bar } from "./bar.ts";
import type { Indicator } from "./indicator.ts";
import { WindowSum, WindowWeighted } from "./window.ts";

/**
 * Exponential smoothing, Sₜ = α·xₜ + (1 − α)·Sₜ₋₁, seeded by the simple average of the first `period` values, as in
 * TA-Lib and TradingView. Errors fade as fast as old values do, so it cannot drift.
 */
export class Smoothing {
  readonly #period: number;
  readonly #alpha: number;
  readonly #rest: number;
  #count = 0;
  #value = 0;

  private constructor(period: number, alpha: number) {
    assertPeriod(period);
    this.#period = period;
    this.#alpha = alpha;
    this.#rest = 1 - alpha;
  }

  /** α = 2 / (period + 1). */
  static exponential(period: number): Smoothing {
    return new Smoothing(period, 2 / (period + 1));
  }

  /** Wilder's: α = 1 / period. */
  static wilder(period: number): Smoothing {
    return new Smoothing(period, 1 / period);
  }

  /** The average with `x` at its end; NaN until `period` values have been seen. */
  next(x: number, keep: boolean): number {
    const count = this.#count;
    let value: number;
    if (count >= this.#period) value = this.#alpha * x + this.#rest * this.#value;
    // Until the seed is complete the running sum is kept in place of the average.
    else if (count + 1 === this.#period) value = (this.#value + x) / this.#period;
    else value = this.#value + x;
    if (keep) {
      this.#value = value;
      if (count < this.#period) this.#count = count + 1;
    }
    return count + 1 >= this.#period ? value : NaN;
  }
}

/** Simple moving average: the mean of the last `period` closes. */
export class Sma implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #window: WindowSum;

  constructor(period: number) {
    this.#window = new WindowSum(period);
  }

  next({ close }: Bar, keep: boolean): void {
    this.values[0] = this.#window.mean(close, keep);
  }
}

/** Exponential moving average of closes: α = 2 / (period + 1); see {@link Smoothing}. */
export class Ema implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #smoothing: Smoothing;

  constructor(period: number) {
    this.#smoothing = Smoothing.exponential(period);
  }

  next({ close }: Bar, keep: boolean): void {
    this.values[0] = this.#smoothing.next(close, keep);
  }
}

/** Weighted moving average: Σ i·xᵢ / Σ i over the last `period` closes, i = 1 for the oldest (TA-Lib's WMA). */
export class Wma implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #window: WindowWeighted;
  readonly #weights: number;

  constructor(period: number) {
    this.#window = new WindowWeighted(period);
    this.#weights = period * (period + 1) / 2;
  }

  next({ close }: Bar, keep: boolean): void {
    this.values[0] = this.#window.next(close, keep) / this.#weights;
  }
}
