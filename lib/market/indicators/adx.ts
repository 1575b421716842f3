import type { Bar } from "./bar.ts";
import { trueRange } from "./atr.ts";
import { Smoothing } from "./averages.ts";
import type { Indicator } from "./indicator.ts";

/**
 * Average directional index (J. Welles Wilder, 1978): up = high − previous high, down = previous low − low;
 * +DM = up if up > down and up > 0, else 0; −DM likewise; ±DI = 100 · W(±DM) / W(true range) with W Wilder's smoothing
 * from the second candle on; DX = 100 · |+DI − −DI| / (+DI + −DI); ADX = W(DX). Without any movement DI and DX are 0.
 */
export class Adx implements Indicator {
  /** ADX, +DI, −DI. */
  readonly values = new Float64Array(3).fill(NaN);
  readonly #range: Smoothing;
  readonly #plus: Smoothing;
  readonly #minus: Smoothing;
  readonly #adx: Smoothing;
  #high = NaN;
  #low = NaN;
  #close = NaN;

  constructor(period: number) {
    this.#range = Smoothing.wilder(period);
    this.#plus = Smoothing.wilder(period);
    this.#minus = Smoothing.wilder(period);
    this.#adx = Smoothing.wilder(period);
  }

  next(bar: Bar, keep: boolean): void {
    const up = bar.high - this.#high;
    const down = this.#low - bar.low;
    const close = this.#close;
    if (keep) {
      this.#high = bar.high;
      this.#low = bar.low;
      this.#close = bar.close;
    }
    if (close !== close) return;
    const range = this.#range.next(trueRange(bar, close), keep);
    const plusMove = this.#plus.next(up > down && up > 0 ? up : 0, keep);
    const minusMove = this.#minus.next(down > up && down > 0 ? down : 0, keep);
    if (range !== range) return;
    const plus = range === 0 ? 0 : 100 * plusMove / range;
    const minus = range === 0 ? 0 : 100 * minusMove / range;
    const sum = plus + minus;
    this.values[0] = this.#adx.next(sum === 0 ? 0 : 100 * Math.abs(plus - minus) / sum, keep);
    this.values[1] = plus;
    this.values[2] = minus;
  }
}
