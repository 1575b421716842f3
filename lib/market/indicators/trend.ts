import { assertFactor, assertPeriod, type Bar } from "./bar.ts";
import { RangeAverage } from "./atr.ts";
import { Midpoint } from "./channels.ts";
import type { Indicator } from "./indicator.ts";
import { Lag } from "./window.ts";

/**
 * Supertrend (Olivier Seban, 2008; TradingView's ta.supertrend): bands at (high + low) / 2 ± width · ATR(period). The
 * upper band only falls and the lower only rises, until a close beyond it; the trend turns when a close breaks the band
 * it follows. It begins as down unless the first close already stands above its band.
 */
export class Supertrend implements Indicator {
  /** The band followed; the trend, 1 up or −1 down. */
  readonly values = new Float64Array(2).fill(NaN);
  readonly #range: RangeAverage;
  readonly #width: number;
  #upper = NaN;
  #lower = NaN;
  #close = NaN;
  #up = false;

  constructor(period: number, width: number) {
    assertFactor(width);
    this.#range = new RangeAverage(period);
    this.#width = width;
  }

  next(bar: Bar, keep: boolean): void {
    const { close } = bar;
    const reach = this.#width * this.#range.next(bar, keep);
    if (reach !== reach) return;
    const middle = (bar.high + bar.low) / 2;
    let upper = middle + reach;
    let lower = middle - reach;
    // Comparisons with NaN are false: the first bands stand as they are.
    if (this.#upper <= upper && this.#close <= this.#upper) upper = this.#upper;
    if (this.#lower >= lower && this.#close >= this.#lower) lower = this.#lower;
    const up = this.#up ? close >= lower : close > upper;
    this.values[0] = up ? lower : upper;
    this.values[1] = up ? 1 : -1;
    if (!keep) return;
    this.#upper = upper;
    this.#lower = lower;
    this.#close = close;
    this.#up = up;
  }
}

/**
 * Ichimoku (Goichi Hosoda, 1969): conversion, base and leading span B are the midpoints of `conversion`, `base` and
 * `span` candles; leading span A = (conversion + base) / 2. `lead_a` and `lead_b` belong `shift` − 1 candles ahead, as
 * the current one counts (TradingView draws them so); `cloud_a` and `cloud_b` are those that stand at this candle. The
 * lagging span is the close itself, drawn as far back.
 */
export class Ichimoku implements Indicator {
  /** Conversion, base, lead A, lead B, cloud A, cloud B. */
  readonly values = new Float64Array(6).fill(NaN);
  readonly #conversion: Midpoint;
  readonly #base: Midpoint;
  readonly #span: Midpoint;
  readonly #cloudA: Lag;
  readonly #cloudB: Lag;

  constructor(conversion: number, base: number, span: number, shift: number) {
    assertPeriod(shift);
    this.#conversion = new Midpoint(conversion);
    this.#base = new Midpoint(base);
    this.#span = new Midpoint(span);
    this.#cloudA = new Lag(shift - 1);
    this.#cloudB = new Lag(shift - 1);
  }

  next(bar: Bar, keep: boolean): void {
    const values = this.values;
    const conversion = this.#conversion.next(bar, keep);
    const base = this.#base.next(bar, keep);
    const leadA = (conversion + base) / 2;
    const leadB = this.#span.next(bar, keep);
    values[0] = conversion;
    values[1] = base;
    values[2] = leadA;
    values[3] = leadB;
    values[4] = this.#cloudA.next(leadA, keep);
    values[5] = this.#cloudB.next(leadB, keep);
  }
}
