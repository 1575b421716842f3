/**
 * Simple moving average: the mean of the last `period` values.
 * The sum rolls; it is summed anew once a window, so that float error cannot pile up.
 */
export class Sma {
  readonly #ring: Float64Array;
  readonly #period: number;
  #at = 0;
  #filled = false;
  #sum = 0;

  constructor(period: number) {
    this.#period = period;
    this.#ring = new Float64Array(period);
  }

  /** Takes a closed value; NaN until the window has filled. */
  push(x: number): number {
    const ring = this.#ring;
    const at = this.#at;
    this.#sum += x - (ring[at] as number);
    ring[at] = x;
    if (at + 1 === this.#period) {
      this.#at = 0;
      this.#filled = true;
      let sum = 0;
      for (let i = 0; i < ring.length; i++) sum += ring[i] as number;
      this.#sum = sum;
    } else {
      this.#at = at + 1;
    }
    return this.#filled ? this.#sum / this.#period : NaN;
  }

  /** What {@link push} would answer, without taking the value. */
  peek(x: number): number {
    const at = this.#at;
    if (!this.#filled && at + 1 < this.#period) return NaN;
    return (this.#sum + x - (this.#ring[at] as number)) / this.#period;
  }
}
