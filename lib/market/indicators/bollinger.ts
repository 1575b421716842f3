import { assertFactor, assertPeriod, type Bar } from "./bar.ts";
import type { Indicator } from "./indicator.ts";

/** Share of the squares that may cancel out before the variance is taken from the whole window instead. */
export const CANCELLATION_SHARE_MIN = 1e-4;

/**
 * Bollinger bands (John Bollinger, Bollinger on Bollinger Bands, 2001): the simple average of the last `period`
 * closes, plus and minus `width` population standard deviations. Squares are summed around the mean of the last block
 * (see window.ts), because squares of the prices themselves would lose the deviation to rounding.
 */
export class Bollinger implements Indicator {
  /** Upper, middle, lower. */
  readonly values = new Float64Array(3).fill(NaN);
  readonly #period: number;
  readonly #share: number;
  readonly #width: number;
  /** This block's closes, and from `#at` on still those of the block before: the window, but for its oldest. */
  readonly #block: Float64Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;
  #pivot = 0;
  #at = 0;
  #sum = 0;
  #square = 0;
  #filled = false;

  constructor(period: number, width: number) {
    assertFactor(width);
    assertPeriod(period, 2);
    this.#period = period;
    this.#share = 1 / period;
    this.#width = width;
    this.#block = new Float64Array(period);
    this.#sums = new Float64Array(period + 1);
    this.#squares = new Float64Array(period + 1);
  }

  next({ close }: Bar, keep: boolean): void {
    const at = this.#at;
    // Before the first block has ended there is no mean to sum around: the first close is near enough.
    const pivot = this.#filled || at > 0 ? this.#pivot : close;
    const d = close - pivot;
    const prefix = this.#sum + d;
    const prefixSquare = this.#square + d * d;
    if (this.#filled || at + 1 === this.#period) {
      const shift = ((this.#sums[at + 1] as number) + prefix) * this.#share;
      const square = ((this.#squares[at + 1] as number) + prefixSquare) * this.#share;
      const variance = square - shift * shift;
      if (variance < square * CANCELLATION_SHARE_MIN) this.#exact(close);
      else this.#give(pivot + shift, variance);
    }
    if (!keep) return;
    this.#block[at] = close;
    this.#pivot = pivot;
    this.#sum = prefix;
    this.#square = prefixSquare;
    this.#at = at + 1;
    if (this.#at === this.#period) this.#turn();
  }

  #turn(): void {
    const block = this.#block;
    let total = 0;
    for (let i = 0; i < block.length; i++) total += (block[i] as number) - this.#pivot;
    const pivot = this.#pivot + total / this.#period;
    let sum = 0;
    let square = 0;
    for (let i = block.length - 1; i >= 0; i--) {
      const d = (block[i] as number) - pivot;
      sum += d;
      square += d * d;
      this.#sums[i] = sum;
      this.#squares[i] = square;
    }
    this.#pivot = pivot;
    this.#at = 0;
    this.#sum = 0;
    this.#square = 0;
    this.#filled = true;
  }

  /** From the whole window: O(period), and rare. */
  #exact(close: number): void {
    const block = this.#block;
    const at = this.#at;
    let total = 0;
    for (let i = 0; i < block.length; i++) if (i !== at) total += (block[i] as number) - close;
    const mean = close + total / this.#period;
    let square = 0;
    for (let i = 0; i < block.length; i++) {
      const d = (i === at ? close : block[i] as number) - mean;
      square += d * d;
    }
    this.#give(mean, square / this.#period);
  }

  #give(mean: number, variance: number): void {
    const reach = this.#width * Math.sqrt(variance);
    this.values[0] = mean + reach;
    this.values[1] = mean;
    this.values[2] = mean - reach;
  }
}
