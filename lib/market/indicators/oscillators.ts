import { assertPeriod, type Bar, typicalPrice } from "./bar.ts";
import type { Indicator } from "./indicator.ts";
import { Lag, WindowSum } from "./window.ts";

/**
 * Commodity channel index (Donald Lambert, 1980): (typical price − its SMA) / (0.015 · mean absolute deviation from that
 * SMA) over `period` candles; 0 where nothing deviates. The deviation is summed over the window anew each time, O(period):
 * its centre moves with every candle, and a sorted tree would cost more than PERIOD_MAX additions save.
 */
export class Cci implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #mean: WindowSum;
  readonly #ring: Float64Array;
  #at = 0;

  constructor(period: number) {
    assertPeriod(period, 2);
    this.#mean = new WindowSum(period);
    this.#ring = new Float64Array(period);
  }

  next(bar: Bar, keep: boolean): void {
    const ring = this.#ring;
    const at = this.#at;
    const price = typicalPrice(bar);
    const mean = this.#mean.mean(price, keep);
    if (mean === mean) {
      let total = Math.abs(price - mean);
      for (let i = 0; i < ring.length; i++) if (i !== at) total += Math.abs((ring[i] as number) - mean);
      const deviation = total / ring.length;
      // Prices that are all equal may differ from their mean by its rounding.
      this.values[0] = deviation <= mean * 1e-14 ? 0 : (price - mean) / (0.015 * deviation);
    }
    if (!keep) return;
    ring[at] = price;
    this.#at = at + 1 === ring.length ? 0 : at + 1;
  }
}

/** Rate of change in percent (TA-Lib's ROC): 100 · (close / close `period` candles ago − 1). */
export class Roc implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #lag: Lag;

  constructor(period: number) {
    assertPeriod(period);
    this.#lag = new Lag(period);
  }

  next({ close }: Bar, keep: boolean): void {
    const before = this.#lag.next(close, keep);
    this.values[0] = 100 * (close - before) / before;
  }
}
