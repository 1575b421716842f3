import { assertFactor, type Bar } from "./bar.ts";
import { RangeAverage } from "./atr.ts";
import { Smoothing } from "./averages.ts";
import type { Indicator } from "./indicator.ts";
import { WindowMax } from "./window.ts";

/** Halfway between the highest high and the lowest low of a window. */
export class Midpoint {
  /** Of the last call; NaN until the window has filled. */
  top = NaN;
  bottom = NaN;
  readonly #highs: WindowMax;
  readonly #lows: WindowMax;

  constructor(period: number) {
    this.#highs = new WindowMax(period);
    this.#lows = new WindowMax(period);
  }

  next({ high, low }: Bar, keep: boolean): number {
    this.top = this.#highs.next(high, keep);
    this.bottom = -this.#lows.next(-low, keep);
    return (this.top + this.bottom) / 2;
  }
}

/** Donchian channel (Richard Donchian, 1960s): highest high, their middle, lowest low of `period` candles, this one too. */
export class Donchian implements Indicator {
  /** Upper, middle, lower. */
  readonly values = new Float64Array(3).fill(NaN);
  readonly #midpoint: Midpoint;

  constructor(period: number) {
    this.#midpoint = new Midpoint(period);
  }

  next(bar: Bar, keep: boolean): void {
    this.values[1] = this.#midpoint.next(bar, keep);
    this.values[0] = this.#midpoint.top;
    this.values[2] = this.#midpoint.bottom;
  }
}

/**
 * Keltner channel (Chester Keltner, 1960, in Linda Raschke's form): EMA(period) of closes, plus and minus
 * `width` · ATR(range).
 */
export class Keltner implements Indicator {
  /** Upper, middle, lower. */
  readonly values = new Float64Array(3).fill(NaN);
  readonly #middle: Smoothing;
  readonly #range: RangeAverage;
  readonly #width: number;

  constructor(period: number, range: number, width: number) {
    assertFactor(width);
    this.#middle = Smoothing.exponential(period);
    this.#range = new RangeAverage(range);
    this.#width = width;
  }

  next(bar: Bar, keep: boolean): void {
    const middle = this.#middle.next(bar.close, keep);
    const reach = this.#width * this.#range.next(bar, keep);
    this.values[0] = middle + reach;
    this.values[1] = middle;
    this.values[2] = middle - reach;
  }
}
