import type { Indicators } from "./candle.ts";

/** Digits kept after the price's own when indicators are written out: far finer than any decision, short on the wire. */
const EXTRA_DIGITS = 4;

/** Digits kept of the RSI. */
const RSI_DIGITS = 6;

/** Candles after which seeds have faded: e^(−2·500/51) is below 1e-8 of a first price's weight in the EMA 50. */
export const WARM_UP_CANDLES = 500;

// Places in the kernel's state.
const EMA_20 = 0, EMA_50 = 1, EMA_12 = 2, EMA_26 = 3, SIGNAL = 4, GAIN = 5, LOSS = 6, RANGE = 7, LAST_CLOSE = 8;
const PIVOT = 9, SUM = 10, SQUARES = 11, STATE_LENGTH = 12;

// Places of the results.
const OUT_EMA_20 = 0, OUT_EMA_50 = 1, OUT_RSI = 2, OUT_ATR = 3, OUT_MACD = 4, OUT_SIGNAL = 5;
const OUT_HISTOGRAM = 6, OUT_MID = 7, OUT_UPPER = 8, OUT_LOWER = 9, OUT_LENGTH = 10;

const BAND_PERIOD = 20;
const BAND_SHARE = 1 / BAND_PERIOD;
const WILDER_PERIOD = 14;

/** Share of the squares that may cancel out before the bands' sums are taken anew around the window's own mean. */
const CANCELLATION_SHARE_MIN = 1e-4;

/**
 * All indicators of one symbol and width, each closed candle taken once in O(1). The forming candle is previewed as
 * often as it changes without disturbing what has closed. Values are NaN until their windows have filled. Formulas and
 * sources are those of ema.ts, rsi.ts, macd.ts, bollinger.ts and atr.ts beside it, fused into one pass
 * over one typed array, because every candle of every symbol comes through here. SMA 20 is the bands' middle.
 */
export class IndicatorKernel {
  readonly #state = new Float64Array(STATE_LENGTH);
  readonly #out = new Float64Array(OUT_LENGTH).fill(NaN);
  readonly #ring = new Float64Array(BAND_PERIOD);
  #count = 0;
  #at = 0;

  get ema20(): number {
    return this.#out[OUT_EMA_20] as number;
  }
  get ema50(): number {
    return this.#out[OUT_EMA_50] as number;
  }
  get rsi14(): number {
    return this.#out[OUT_RSI] as number;
  }
  get atr14(): number {
    return this.#out[OUT_ATR] as number;
  }
  get macd(): number {
    return this.#out[OUT_MACD] as number;
  }
  get macdSignal(): number {
    return this.#out[OUT_SIGNAL] as number;
  }
  get macdHistogram(): number {
    return this.#out[OUT_HISTOGRAM] as number;
  }
  get sma20(): number {
    return this.#out[OUT_MID] as number;
  }
  get bbUpper(): number {
    return this.#out[OUT_UPPER] as number;
  }
  get bbLower(): number {
    return this.#out[OUT_LOWER] as number;
  }

  /** Takes a closed candle. */
  push(high: number, low: number, close: number): void {
    this.#averages(high, low, close, true);
    this.#bands(close, true);
    this.#at = this.#at + 1 === BAND_PERIOD ? 0 : this.#at + 1;
    this.#count++;
  }

  /** Shows what the forming candle would give if it closed now; may be called again with its next state. */
  peek(high: number, low: number, close: number): void {
    this.#averages(high, low, close, false);
    this.#bands(close, false);
  }

  #averages(high: number, low: number, close: number, keep: boolean): void {
    const s = this.#state;
    const out = this.#out;
    const n = this.#count;
    const ema20 = emaStep(s[EMA_20] as number, close, n, 20);
    const ema50 = emaStep(s[EMA_50] as number, close, n, 50);
    const fast = emaStep(s[EMA_12] as number, close, n, 12);
    const slow = emaStep(s[EMA_26] as number, close, n, 26);
    const line = fast - slow;
    const signal = n >= 25 ? emaStep(s[SIGNAL] as number, line, n - 25, 9) : 0;
    const last = s[LAST_CLOSE] as number;
    const change = n === 0 ? 0 : close - last;
    const gain = n === 0 ? 0 : wilderStep(s[GAIN] as number, change > 0 ? change : 0, n - 1);
    const loss = n === 0 ? 0 : wilderStep(s[LOSS] as number, change < 0 ? -change : 0, n - 1);
    const top = n > 0 && last > high ? last : high;
    const bottom = n > 0 && last < low ? last : low;
    const range = wilderStep(s[RANGE] as number, top - bottom, n);
    if (keep) {
      s[EMA_20] = ema20;
      s[EMA_50] = ema50;
      s[EMA_12] = fast;
      s[EMA_26] = slow;
      s[SIGNAL] = signal;
      s[GAIN] = gain;
      s[LOSS] = loss;
      s[RANGE] = range;
      s[LAST_CLOSE] = close;
    }
    if (n >= 13) out[OUT_ATR] = range;
    if (n >= 14) out[OUT_RSI] = loss === 0 ? 100 : 100 * gain / (gain + loss);
    if (n >= 19) out[OUT_EMA_20] = ema20;
    if (n >= 25) out[OUT_MACD] = line;
    if (n >= 33) {
      out[OUT_SIGNAL] = signal;
      out[OUT_HISTOGRAM] = line - signal;
    }
    if (n >= 49) out[OUT_EMA_50] = ema50;
  }

  #bands(close: number, keep: boolean): void {
    const s = this.#state;
    const ring = this.#ring;
    const at = this.#at;
    const pivot = s[PIVOT] as number;
    const added = close - pivot;
    const removed = (ring[at] as number) - pivot;
    const sum = (s[SUM] as number) + added - removed;
    const squares = (s[SQUARES] as number) + added * added - removed * removed;
    if (keep) {
      ring[at] = close;
      s[SUM] = sum;
      s[SQUARES] = squares;
      // Once a window the sums are taken anew, so that float error cannot pile up.
      if (at === BAND_PERIOD - 1) this.#centre();
    }
    if (this.#count < BAND_PERIOD - 1) return;
    const shift = sum * BAND_SHARE;
    const meanSquare = squares * BAND_SHARE;
    const variance = meanSquare - shift * shift;
    if (this.#count >= BAND_PERIOD && variance >= meanSquare * CANCELLATION_SHARE_MIN && meanSquare >= 0) {
      this.#give(pivot + shift, variance);
    } else {
      this.#exact(close, at);
      if (keep) this.#centre();
    }
  }

  /** The bands worked out from the whole window, with `close` at its place. */
  #exact(close: number, at: number): void {
    const ring = this.#ring;
    let total = close;
    for (let i = 0; i < BAND_PERIOD; i++) if (i !== at) total += ring[i] as number;
    const mean = total / BAND_PERIOD;
    let squares = (close - mean) * (close - mean);
    for (let i = 0; i < BAND_PERIOD; i++) if (i !== at) squares += ((ring[i] as number) - mean) ** 2;
    this.#give(mean, squares / BAND_PERIOD);
  }

  #centre(): void {
    const s = this.#state;
    const ring = this.#ring;
    let total = 0;
    for (let i = 0; i < BAND_PERIOD; i++) total += ring[i] as number;
    const pivot = total / BAND_PERIOD;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < BAND_PERIOD; i++) {
      const d = (ring[i] as number) - pivot;
      sum += d;
      squares += d * d;
    }
    s[PIVOT] = pivot;
    s[SUM] = sum;
    s[SQUARES] = squares;
  }

  #give(mean: number, variance: number): void {
    const out = this.#out;
    const reach = 2 * Math.sqrt(variance);
    out[OUT_MID] = mean;
    out[OUT_UPPER] = mean + reach;
    out[OUT_LOWER] = mean - reach;
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

/** A sum until `period` values are in, their mean with the last of them, the moving average from then on. */
function emaStep(value: number, x: number, count: number, period: number): number {
  if (count >= period) return value + (2 / (period + 1)) * (x - value);
  return count === period - 1 ? (value + x) / period : value + x;
}

/** The same with Wilder's smoothing. */
function wilderStep(value: number, x: number, count: number): number {
  if (count >= WILDER_PERIOD) return value + (x - value) * (1 / WILDER_PERIOD);
  return count === WILDER_PERIOD - 1 ? (value + x) / WILDER_PERIOD : value + x;
}
