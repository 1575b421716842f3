import { assertPeriod, type Bar } from "./bar.ts";
import { Smoothing } from "./averages.ts";
import type { Indicator } from "./indicator.ts";

/**
 * Relative strength index (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978):
 * 100 − 100 / (1 + G / L) with G and L the gains and losses from close to close, smoothed Wilder's way.
 * Without any loss it is 100.
 */
export class Rsi implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #gain: Smoothing;
  readonly #loss: Smoothing;
  #previous = NaN;

  constructor(period: number) {
    assertPeriod(period);
    this.#gain = Smoothing.wilder(period);
    this.#loss = Smoothing.wilder(period);
  }

  next({ close }: Bar, keep: boolean): void {
    const change = close - this.#previous;
    if (keep) this.#previous = close;
    // The first candle has nothing to be compared with.
    if (change !== change) return;
    const gain = this.#gain.next(change > 0 ? change : 0, keep);
    const loss = this.#loss.next(change < 0 ? -change : 0, keep);
    this.values[0] = loss === 0 ? 100 : 100 * gain / (gain + loss);
  }
}
