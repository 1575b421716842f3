/** Share of the squares that may cancel out before the sums are taken anew around the window's own mean. */
const CANCELLATION_SHARE_MIN = 1e-4;

/**
 * Bollinger bands (John Bollinger, Bollinger on Bollinger Bands, 2001): the simple average of the last `period`
 * values, plus and minus `width` population standard deviations. The sums roll around a pivot near the prices, because
 * sums of squares of the prices themselves would lose the deviation to rounding.
 */
export class Bollinger {
  /** Results of the last call, NaN until the window has filled. */
  mid = NaN;
  upper = NaN;
  lower = NaN;
  readonly #ring: Float64Array;
  readonly #period: number;
  readonly #width: number;
  #at = 0;
  #filled = false;
  #pivot = 0;
  #sum = 0;
  #squares = 0;

  constructor(period: number, width: number) {
    this.#period = period;
    this.#width = width;
    this.#ring = new Float64Array(period);
  }

  /** Takes a closed value and sets the results. */
  push(x: number): void {
    const at = this.#at;
    const added = x - this.#pivot;
    if (this.#filled) {
      const removed = (this.#ring[at] as number) - this.#pivot;
      this.#sum += added - removed;
      this.#squares += added * added - removed * removed;
    }
    this.#ring[at] = x;
    if (at + 1 === this.#period) {
      this.#at = 0;
      this.#filled = true;
      this.#centre();
    } else {
      this.#at = at + 1;
    }
    if (!this.#filled) return;
    if (this.#set(this.#sum, this.#squares)) return;
    this.#centre();
    const shift = this.#sum / this.#period;
    this.#give(this.#pivot + shift, this.#squares / this.#period - shift * shift);
  }

  /** Sets the results that {@link push} would set, without taking the value. */
  peek(x: number): void {
    const at = this.#at;
    if (!this.#filled && at + 1 < this.#period) return;
    const ring = this.#ring;
    if (this.#filled) {
      const added = x - this.#pivot;
      const removed = (ring[at] as number) - this.#pivot;
      if (this.#set(this.#sum + added - removed, this.#squares + added * added - removed * removed)) return;
    }
    this.#exact(x, at);
  }

  #exact(x: number, at: number): void {
    const ring = this.#ring;
    let sum = x;
    for (let i = 0; i < ring.length; i++) if (i !== at) sum += ring[i] as number;
    const mean = sum / this.#period;
    let squares = (x - mean) * (x - mean);
    for (let i = 0; i < ring.length; i++) if (i !== at) squares += ((ring[i] as number) - mean) ** 2;
    this.#give(mean, squares / this.#period);
  }

  #centre(): void {
    const ring = this.#ring;
    let total = 0;
    for (let i = 0; i < ring.length; i++) total += ring[i] as number;
    const pivot = total / this.#period;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < ring.length; i++) {
      const d = (ring[i] as number) - pivot;
      sum += d;
      squares += d * d;
    }
    this.#pivot = pivot;
    this.#sum = sum;
    this.#squares = squares;
  }

  /** False when too much cancelled out for the result to be trusted. */
  #set(sum: number, squares: number): boolean {
    const shift = sum / this.#period;
    const mean_square = squares / this.#period;
    const variance = mean_square - shift * shift;
    if (variance < mean_square * CANCELLATION_SHARE_MIN || mean_square < 0) return false;
    this.#give(this.#pivot + shift, variance);
    return true;
  }

  #give(mean: number, variance: number): void {
    const reach = this.#width * Math.sqrt(variance > 0 ? variance : 0);
    this.mid = mean;
    this.upper = mean + reach;
    this.lower = mean - reach;
  }
}
