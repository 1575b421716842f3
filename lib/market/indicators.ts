import { Atr } from "./atr.ts";
import { Bollinger } from "./bollinger.ts";
import type { Indicators } from "./candle.ts";
import { Ema } from "./ema.ts";
import { Macd } from "./macd.ts";
import { Rsi } from "./rsi.ts";

/** Digits kept after the price's own when indicators are written out: far finer than any decision, short on the wire. */
const EXTRA_DIGITS = 4;

/** Digits kept of the RSI. */
const RSI_DIGITS = 6;

/** Candles after which seeds have faded: e^(−2·500/51) is below 1e-8 of a first price's weight in the EMA 50. */
export const WARM_UP_CANDLES = 500;

/**
 * All indicators of one symbol and width, each closed candle taken once in O(1). The forming candle is previewed as
 * often as it changes without disturbing what has closed. Values are NaN until their windows have filled.
 * SMA 20 is the middle of the Bollinger bands (20, 2σ), so it costs nothing more.
 */
export class IndicatorKernel {
  ema20 = NaN;
  ema50 = NaN;
  rsi14 = NaN;
  atr14 = NaN;
  readonly #ema20 = new Ema(20);
  readonly #ema50 = new Ema(50);
  readonly #rsi = new Rsi(14);
  readonly #atr = new Atr(14);
  readonly #macd = new Macd(12, 26, 9);
  readonly #bands = new Bollinger(20, 2);

  get sma20(): number {
    return this.#bands.mid;
  }
  get bbUpper(): number {
    return this.#bands.upper;
  }
  get bbLower(): number {
    return this.#bands.lower;
  }
  get macd(): number {
    return this.#macd.line;
  }
  get macdSignal(): number {
    return this.#macd.signal;
  }
  get macdHistogram(): number {
    return this.#macd.histogram;
  }

  /** Takes a closed candle. */
  push(high: number, low: number, close: number): void {
    this.ema20 = this.#ema20.push(close);
    this.ema50 = this.#ema50.push(close);
    this.rsi14 = this.#rsi.push(close);
    this.atr14 = this.#atr.push(high, low, close);
    this.#macd.push(close);
    this.#bands.push(close);
  }

  /** Shows what the forming candle would give if it closed now; may be called again with its next state. */
  peek(high: number, low: number, close: number): void {
    this.ema20 = this.#ema20.peek(close);
    this.ema50 = this.#ema50.peek(close);
    this.rsi14 = this.#rsi.peek(close);
    this.atr14 = this.#atr.peek(high, low);
    this.#macd.peek(close);
    this.#bands.peek(close);
  }

  /**
   * The values of the last call as they travel and are stored, rounded to a ten-thousandth of the price's last digit;
   * undefined before the first window has filled.
   * @param priceDigits digits after the point in the symbol's tick.
   */
  toWire(priceDigits: number): Indicators | undefined {
    const ind: Indicators = {};
    const scale = 10 ** (priceDigits + EXTRA_DIGITS);
    let some = false;
    const put = (name: keyof Indicators, value: number, by: number) => {
      if (value !== value) return;
      ind[name] = Math.round(value * by) / by;
      some = true;
    };
    put("sma20", this.sma20, scale);
    put("ema20", this.ema20, scale);
    put("ema50", this.ema50, scale);
    put("rsi14", this.rsi14, 10 ** RSI_DIGITS);
    put("macd", this.macd, scale);
    put("macd_signal", this.macdSignal, scale);
    put("macd_hist", this.macdHistogram, scale);
    put("bb_upper", this.bbUpper, scale);
    put("bb_mid", this.sma20, scale);
    put("bb_lower", this.bbLower, scale);
    put("atr14", this.atr14, scale);
    return some ? ind : undefined;
  }
}
