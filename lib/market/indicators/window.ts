import { assertPeriod } from "./bar.ts";

/**
 * Sliding windows that only ever combine, never take back. The stream is cut into blocks as long as the window; a window
 * is the end of one block and the start of the next. When a block ends, its suffixes are combined from back to front,
 * so each value costs two steps however long the window (van Herk 1992, Gil and Werman 1993). Nothing is subtracted:
 * no drift over any number of candles, and no residue of a large value that has left.
 */

/** Sum and mean of the last `period` values. */
export class WindowSum {
  readonly period: number;
  readonly #block: Float64Array;
  /** `#suffix[i]` is the sum of the finished block from `i` on; one place more, for the empty suffix. */
  readonly #suffix: Float64Array;
  #at = 0;
  #prefix = 0;
  #filled = false;

  constructor(period: number) {
    assertPeriod(period);
    this.period = period;
    this.#block = new Float64Array(period);
    this.#suffix = new Float64Array(period + 1);
  }

  /** The sum with `x` at its end; NaN until the window has filled. */
  next(x: number, keep: boolean): number {
    const at = this.#at;
    const prefix = this.#prefix + x;
    const ready = this.#filled || at + 1 === this.period;
    const sum = (this.#suffix[at + 1] as number) + prefix;
    if (keep) {
      this.#block[at] = x;
      this.#prefix = prefix;
      this.#at = at + 1;
      if (this.#at === this.period) this.#turn();
    }
    return ready ? sum : NaN;
  }

  /** The mean with `x` at its end; NaN until the window has filled. */
  mean(x: number, keep: boolean): number {
    return this.next(x, keep) / this.period;
  }

  #turn(): void {
    let sum = 0;
    for (let i = this.period - 1; i >= 0; i--) {
      sum += this.#block[i] as number;
      this.#suffix[i] = sum;
    }
    this.#at = 0;
    this.#prefix = 0;
    this.#filled = true;
  }
}

/** Largest of the last `period` values; the smallest is that of their negatives, with its sign turned. */
export class WindowMax {
  readonly #period: number;
  readonly #block: Float64Array;
  readonly #suffix: Float64Array;
  #at = 0;
  #prefix = -Infinity;
  #filled = false;

  constructor(period: number) {
    assertPeriod(period);
    this.#period = period;
    this.#block = new Float64Array(period);
    this.#suffix = new Float64Array(period + 1).fill(-Infinity);
  }

  /** The largest with `x` at the window's end; NaN until it has filled. */
  next(x: number, keep: boolean): number {
    const at = this.#at;
    const prefix = x > this.#prefix ? x : this.#prefix;
    const suffix = this.#suffix[at + 1] as number;
    const ready = this.#filled || at + 1 === this.#period;
    if (keep) {
      this.#block[at] = x;
      this.#prefix = prefix;
      this.#at = at + 1;
      if (this.#at === this.#period) this.#turn();
    }
    if (!ready) return NaN;
    return prefix > suffix ? prefix : suffix;
  }

  #turn(): void {
    let max = -Infinity;
    for (let i = this.#period - 1; i >= 0; i--) {
      const x = this.#block[i] as number;
      if (x > max) max = x;
      this.#suffix[i] = max;
    }
    this.#at = 0;
    this.#prefix = -Infinity;
    this.#filled = true;
  }
}

/** Sum of the last `period` values weighted 1 (oldest) to `period` (newest). */
export class WindowWeighted {
  readonly #period: number;
  readonly #block: Float64Array;
  /** Of the finished block from `i` on: the values weighted 1, 2, 3 … */
  readonly #suffix: Float64Array;
  #at = 0;
  #sum = 0;
  #weighted = 0;
  #filled = false;

  constructor(period: number) {
    assertPeriod(period);
    this.#period = period;
    this.#block = new Float64Array(period);
    this.#suffix = new Float64Array(period + 1);
  }

  /** The weighted sum with `x` at its end; NaN until the window has filled. */
  next(x: number, keep: boolean): number {
    const at = this.#at;
    const sum = this.#sum + x;
    const weighted = this.#weighted + (at + 1) * x;
    // The older part holds what the newer one leaves of the window, so the newer weights start that much higher.
    const total = (this.#suffix[at + 1] as number) + weighted + (this.#period - at - 1) * sum;
    const ready = this.#filled || at + 1 === this.#period;
    if (keep) {
      this.#block[at] = x;
      this.#sum = sum;
      this.#weighted = weighted;
      this.#at = at + 1;
      if (this.#at === this.#period) this.#turn();
    }
    return ready ? total : NaN;
  }

  #turn(): void {
    let sum = 0;
    let weighted = 0;
    for (let i = this.#period - 1; i >= 0; i--) {
      sum += this.#block[i] as number;
      weighted += sum;
      this.#suffix[i] = weighted;
    }
    this.#at = 0;
    this.#sum = 0;
    this.#weighted = 0;
    this.#filled = true;
  }
}

/** The value of `period` candles ago. */
export class Lag {
  readonly #ring: Float64Array;
  #at = 0;

  /** @param period 0 gives back what is put in. */
  constructor(period: number) {
    if (period !== 0) assertPeriod(period);
    this.#ring = new Float64Array(period).fill(NaN);
  }

  /** The value taken `period` candles before `x`; NaN until there is one. */
  next(x: number, keep: boolean): number {
    const ring = this.#ring;
    if (ring.length === 0) return x;
    const old = ring[this.#at] as number;
    if (keep) {
      ring[this.#at] = x;
      this.#at = this.#at + 1 === ring.length ? 0 : this.#at + 1;
    }
    return old;
  }
}
