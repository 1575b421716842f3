/**
 * Average true range (J. Welles Wilder, 1978): true range = max(high − low, |high − previous close|,
 * |low − previous close|), high − low for the first candle; averaged simply over `period` candles, then smoothed
 * Wilder's way: ATRₜ = ATRₜ₋₁ + (TRₜ − ATRₜ₋₁) / period.
 */
export class Atr {
  readonly #period: number;
  #close = NaN;
  #count = 0;
  #value = 0;

  constructor(period: number) {
    this.#period = period;
  }

  /** Takes a closed candle; NaN until `period` candles have been seen. */
  push(high: number, low: number, close: number): number {
    const range = trueRange(high, low, this.#close);
    this.#close = close;
    if (this.#count >= this.#period) {
      this.#value += (range - this.#value) / this.#period;
      return this.#value;
    }
    this.#value += range;
    this.#count++;
    if (this.#count < this.#period) return NaN;
    this.#value /= this.#period;
    return this.#value;
  }

  /** What {@link push} would answer, without taking the candle. */
  peek(high: number, low: number): number {
    const range = trueRange(high, low, this.#close);
    if (this.#count >= this.#period) return this.#value + (range - this.#value) / this.#period;
    return this.#count + 1 < this.#period ? NaN : (this.#value + range) / this.#period;
  }
}

function trueRange(high: number, low: number, previousClose: number): number {
  // Comparisons with NaN are false: the first candle has its own range.
  const top = previousClose > high ? previousClose : high;
  const bottom = previousClose < low ? previousClose : low;
  return top - bottom;
}
