/**
 * Exponential moving average: EMAₜ = α·x + (1 − α)·EMAₜ₋₁ with α = 2 / (period + 1),
 * seeded by the simple average of the first `period` values (as in TA-Lib and TradingView's ta.ema).
 */
export class Ema {
  readonly #period: number;
  readonly #alpha: number;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
    this.#alpha = 2 / (period + 1);
  }

  /** Takes a closed value; NaN until `period` values have been seen. */
  push(x: number): number {
    if (this.#count >= this.#period) {
      this.#value += this.#alpha * (x - this.#value);
      return this.#value;
    }
    // Until the seed is complete the running sum is kept in place of the average.
    this.#value += x;
    this.#count++;
    if (this.#count < this.#period) return NaN;
    this.#value /= this.#period;
    return this.#value;
  }

  /** What {@link push} would answer, without taking the value. */
  peek(x: number): number {
    if (this.#count >= this.#period) return this.#value + this.#alpha * (x - this.#value);
    return this.#count + 1 < this.#period ? NaN : (this.#value + x) / this.#period;
  }
}
