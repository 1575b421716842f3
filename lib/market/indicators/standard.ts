import type { Indicators } from "../candle.ts";
import { CANCELLATION_SHARE_MIN } from "./bollinger.ts";

/** Digits kept after the price's own when indicators are written out: far finer than any decision, short on the wire. */
const EXTRA_DIGITS = 4;

/** What the kernel reads of a candle. Numbers given one by one would be put on the heap for every call. */
export interface HighLowClose {
  high: number;
  low: number;
  close: number;
}

/** Digits kept of the RSI. */
const RSI_DIGITS = 6;

// Places in the kernel's state.
const EMA_20 = 0, EMA_50 = 1, EMA_12 = 2, EMA_26 = 3, SIGNAL = 4, GAIN = 5, LOSS = 6, RANGE = 7, LAST_CLOSE = 8;
const PIVOT = 9, SUM = 10, SQUARE = 11;
const BAND_PERIOD = 20;
/** The bands' block, and the suffix sums and squares of the one before, as in bollinger.ts. */
const BLOCK = 12, SUMS = BLOCK + BAND_PERIOD, SQUARES = SUMS + BAND_PERIOD + 1;
const STATE_LENGTH = SQUARES + BAND_PERIOD + 1;

// Places of the results.
const OUT_EMA_20 = 0, OUT_EMA_50 = 1, OUT_RSI = 2, OUT_ATR = 3, OUT_MACD = 4, OUT_SIGNAL = 5;
const OUT_HISTOGRAM = 6, OUT_MID = 7, OUT_UPPER = 8, OUT_LOWER = 9, OUT_LENGTH = 10;

const BAND_SHARE = 1 / BAND_PERIOD;
const BAND_WIDTH = 2;
const WILDER_PERIOD = 14;
/** From this many candles on every average has its seed: the EMA 50 is the last. */
const SEEDED = 50;

const A_20 = 2 / 21, A_50 = 2 / 51, A_12 = 2 / 13, A_26 = 2 / 27, A_9 = 2 / 10, A_W = 1 / WILDER_PERIOD;
const R_20 = 1 - A_20, R_50 = 1 - A_50, R_12 = 1 - A_12, R_26 = 1 - A_26, R_9 = 1 - A_9, R_W = 1 - A_W;

/**
 * The indicators stored with every candle, of one symbol and width: each closed candle is taken once, in O(1); the
 * forming one is previewed as often as it changes without disturbing what has closed. Values are NaN until their windows
 * have filled. Formulas and sources are those of averages.ts, rsi.ts, macd.ts, bollinger.ts and atr.ts, fused into one
 * pass over one typed array, because every candle of every symbol comes through here. SMA 20 is the bands' middle.
 */
export class IndicatorKernel {
  readonly #state = new Float64Array(STATE_LENGTH);
  readonly #out = new Float64Array(OUT_LENGTH).fill(NaN);
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

  /**
   * Takes a closed candle.
   * @throws {RangeError} of numbers that are not finite: one would stay in every average for ever.
   */
  push(candle: HighLowClose): void {
    this.#next(candle, true);
  }

  /**
   * Shows what the forming candle would give if it closed now; may be called again with its next state.
   * @throws {RangeError} of numbers that are not finite.
   */
  peek(candle: HighLowClose): void {
    this.#next(candle, false);
  }

  // One function on purpose: in parts it would be too long for the compiler to put together again.
  #next(candle: HighLowClose, keep: boolean): void {
    const { high, low, close } = candle;
    // x − x is 0 for finite x, else NaN.
    if ((high - high) + (low - low) + (close - close) !== 0) {
      throw new RangeError(`Cannot use candle ${high}/${low}/${close}: it must be finite`);
    }
    this.#bands(close, keep);
    if (this.#count < SEEDED) return this.#seeding(high, low, close, keep);
    const s = this.#state;
    const out = this.#out;
    const last = s[LAST_CLOSE] as number;
    const ema20 = A_20 * close + R_20 * (s[EMA_20] as number);
    const ema50 = A_50 * close + R_50 * (s[EMA_50] as number);
    const fast = A_12 * close + R_12 * (s[EMA_12] as number);
    const slow = A_26 * close + R_26 * (s[EMA_26] as number);
    const line = fast - slow;
    const signal = A_9 * line + R_9 * (s[SIGNAL] as number);
    // (|x| ± x) / 2 is exact, and unlike a comparison it cannot be predicted wrongly.
    const change = close - last;
    const size = Math.abs(change);
    const gain = A_W * ((size + change) * 0.5) + R_W * (s[GAIN] as number);
    const loss = A_W * ((size - change) * 0.5) + R_W * (s[LOSS] as number);
    const range = A_W * ((last > high ? last : high) - (last < low ? last : low)) + R_W * (s[RANGE] as number);
    out[OUT_EMA_20] = ema20;
    out[OUT_EMA_50] = ema50;
    out[OUT_MACD] = line;
    out[OUT_SIGNAL] = signal;
    out[OUT_HISTOGRAM] = line - signal;
    out[OUT_RSI] = loss === 0 ? 100 : 100 * gain / (gain + loss);
    out[OUT_ATR] = range;
    if (!keep) return;
    s[EMA_20] = ema20;
    s[EMA_50] = ema50;
    s[EMA_12] = fast;
    s[EMA_26] = slow;
    s[SIGNAL] = signal;
    s[GAIN] = gain;
    s[LOSS] = loss;
    s[RANGE] = range;
    s[LAST_CLOSE] = close;
    this.#count++;
  }

  /** The averages while some are still sums of their first values. */
  #seeding(high: number, low: number, close: number, keep: boolean): void {
    const s = this.#state;
    const out = this.#out;
    const n = this.#count;
    const last = n === 0 ? close : s[LAST_CLOSE] as number;
    const ema20 = seed(s[EMA_20] as number, close, n, 20, A_20);
    const ema50 = seed(s[EMA_50] as number, close, n, 50, A_50);
    const fast = seed(s[EMA_12] as number, close, n, 12, A_12);
    const slow = seed(s[EMA_26] as number, close, n, 26, A_26);
    const line = fast - slow;
    const signal = n < 25 ? 0 : seed(s[SIGNAL] as number, line, n - 25, 9, A_9);
    const change = close - last;
    const gain = n === 0 ? 0 : seed(s[GAIN] as number, Math.max(change, 0), n - 1, WILDER_PERIOD, A_W);
    const loss = n === 0 ? 0 : seed(s[LOSS] as number, Math.max(-change, 0), n - 1, WILDER_PERIOD, A_W);
    const reach = n === 0 ? high - low : Math.max(last, high) - Math.min(last, low);
    const range = seed(s[RANGE] as number, reach, n, WILDER_PERIOD, A_W);
    if (n >= 13) out[OUT_ATR] = range;
    if (n >= 14) out[OUT_RSI] = loss === 0 ? 100 : 100 * gain / (gain + loss);
    if (n >= 19) out[OUT_EMA_20] = ema20;
    if (n >= 25) out[OUT_MACD] = line;
    if (n >= 33) {
      out[OUT_SIGNAL] = signal;
      out[OUT_HISTOGRAM] = line - signal;
    }
    if (n >= 49) out[OUT_EMA_50] = ema50;
    if (!keep) return;
    s.set([ema20, ema50, fast, slow, signal, gain, loss, range, close]);
    this.#count = n + 1;
  }

  #bands(close: number, keep: boolean): void {
    const s = this.#state;
    const at = this.#at;
    // Before the first block has ended there is no mean to sum around: the first close is near enough.
    const pivot = this.#count === 0 ? close : s[PIVOT] as number;
    const d = close - pivot;
    const sum = (s[SUM] as number) + d;
    const square = (s[SQUARE] as number) + d * d;
    const shift = ((s[SUMS + 1 + at] as number) + sum) * BAND_SHARE;
    const squareMean = ((s[SQUARES + 1 + at] as number) + square) * BAND_SHARE;
    const variance = squareMean - shift * shift;
    if (variance < squareMean * CANCELLATION_SHARE_MIN) {
      this.#exact(close);
    } else if (this.#count >= BAND_PERIOD - 1) {
      const out = this.#out;
      const mean = pivot + shift;
      const reach = BAND_WIDTH * Math.sqrt(variance);
      out[OUT_MID] = mean;
      out[OUT_UPPER] = mean + reach;
      out[OUT_LOWER] = mean - reach;
    }
    if (!keep) return;
    s[BLOCK + at] = close;
    s[PIVOT] = pivot;
    s[SUM] = sum;
    s[SQUARE] = square;
    this.#at = at + 1;
    if (at + 1 === BAND_PERIOD) this.#turn(pivot + sum * BAND_SHARE);
  }

  /** The bands worked out from the whole window: where too much of the squares cancels out. */
  #exact(close: number): void {
    if (this.#count < BAND_PERIOD - 1) return;
    const s = this.#state;
    const at = this.#at;
    let total = 0;
    for (let i = 0; i < BAND_PERIOD; i++) if (i !== at) total += (s[BLOCK + i] as number) - close;
    const mean = close + total * BAND_SHARE;
    let square = (close - mean) * (close - mean);
    for (let i = 0; i < BAND_PERIOD; i++) if (i !== at) square += ((s[BLOCK + i] as number) - mean) ** 2;
    const reach = BAND_WIDTH * Math.sqrt(square * BAND_SHARE);
    this.#out[OUT_MID] = mean;
    this.#out[OUT_UPPER] = mean + reach;
    this.#out[OUT_LOWER] = mean - reach;
  }

  /** A block has ended: its suffixes are summed around its mean, and the next one begins. */
  #turn(mean: number): void {
    const s = this.#state;
    let sum = 0;
    let square = 0;
    for (let i = BAND_PERIOD - 1; i >= 0; i--) {
      const d = (s[BLOCK + i] as number) - mean;
      sum += d;
      square += d * d;
      s[SUMS + i] = sum;
      s[SQUARES + i] = square;
    }
    s[PIVOT] = mean;
    s[SUM] = 0;
    s[SQUARE] = 0;
    this.#at = 0;
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
function seed(value: number, x: number, count: number, period: number, alpha: number): number {
  if (count >= period) return alpha * x + (1 - alpha) * value;
  return count === period - 1 ? (value + x) / period : value + x;
}
