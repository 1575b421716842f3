import { type Bar, typicalPrice } from "./bar.ts";
import type { Indicator } from "./indicator.ts";
import { WindowSum } from "./window.ts";

const DAY_MS = 86_400_000;

/**
 * Volume-weighted average price of the session (Berkowitz, Logue and Noser, 1988): Σ typical price · volume / Σ volume
 * since 00:00 UTC of the candle's day. NaN in a session whose start was not seen, and while nothing has traded in it.
 */
export class SessionVwap implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  #day = NaN;
  #seen = false;
  #money = 0;
  #volume = 0;

  next(bar: Bar, keep: boolean): void {
    const day = Math.floor(bar.t / DAY_MS);
    const same = day === this.#day;
    // The first candle of all starts a session only if it opens at midnight.
    const seen = same ? this.#seen : bar.t === day * DAY_MS || this.#day === this.#day;
    const volume = (same ? this.#volume : 0) + bar.volume;
    const money = (same ? this.#money : 0) + typicalPrice(bar) * bar.volume;
    this.values[0] = seen && volume > 0 ? money / volume : NaN;
    if (!keep) return;
    this.#day = day;
    this.#seen = seen;
    this.#money = money;
    this.#volume = volume;
  }
}

/**
 * Volume-weighted average price of the last `period` candles: Σ typical price · volume / Σ volume. Where nothing has
 * traded in the window it is the candle's typical price.
 */
export class RollingVwap implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #money: WindowSum;
  readonly #volume: WindowSum;

  constructor(period: number) {
    this.#money = new WindowSum(period);
    this.#volume = new WindowSum(period);
  }

  next(bar: Bar, keep: boolean): void {
    const price = typicalPrice(bar);
    const money = this.#money.next(price * bar.volume, keep);
    const volume = this.#volume.next(bar.volume, keep);
    this.values[0] = volume === 0 ? price : money / volume;
  }
}

/**
 * On-balance volume (Joseph Granville, 1963): plus the volume of a candle that closes above the one before, minus that
 * of one that closes below. It starts at 0 with the first candle taken, so only its changes mean something. The sum is
 * compensated (Neumaier 1974), because it never forgets.
 */
export class Obv implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  #close = NaN;
  #sum = 0;
  #lost = 0;

  next({ close, volume }: Bar, keep: boolean): void {
    const before = this.#close;
    const signed = close > before ? volume : close < before ? -volume : 0;
    const sum = this.#sum + signed;
    const lost = this.#lost +
      (Math.abs(this.#sum) >= Math.abs(signed) ? (this.#sum - sum) + signed : (signed - sum) + this.#sum);
    this.values[0] = sum + lost;
    if (!keep) return;
    this.#close = close;
    this.#sum = sum;
    this.#lost = lost;
  }
}

/**
 * Money flow index (Gene Quong and Avrum Soudack, Stocks & Commodities, 1989): 100 · P / (P + N), where P and N sum
 * typical price · volume over the last `period` candles whose typical price rose or fell. Without any flow it is 50.
 */
export class Mfi implements Indicator {
  readonly values = new Float64Array(1).fill(NaN);
  readonly #up: WindowSum;
  readonly #down: WindowSum;
  #price = NaN;

  constructor(period: number) {
    this.#up = new WindowSum(period);
    this.#down = new WindowSum(period);
  }

  next(bar: Bar, keep: boolean): void {
    const price = typicalPrice(bar);
    const before = this.#price;
    if (keep) this.#price = price;
    if (before !== before) return;
    const flow = price * bar.volume;
    const up = this.#up.next(price > before ? flow : 0, keep);
    const down = this.#down.next(price < before ? flow : 0, keep);
    this.values[0] = up + down === 0 ? 50 : 100 * up / (up + down);
  }
}
