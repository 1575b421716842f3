import type { Columns } from "./bar.ts";
import { CANCELLATION_SHARE_MIN } from "./bollinger.ts";

/*
 * Whole series in one pass over typed arrays, state in local variables. Formulas, sources and order of operations are
 * those of the indicators' classes (averages.ts, rsi.ts, macd.ts, bollinger.ts, atr.ts; windows as in window.ts), so that
 * results are equal to the last bit; tests hold them together.
 */

/** SMA of `x`; see averages.ts. */
export function smaSeries(x: Float64Array, period: number, out: Float64Array): void {
  const suffix = new Float64Array(period + 1);
  const length = x.length;
  for (let start = 0; start < length; start += period) {
    const end = Math.min(start + period, length);
    let prefix = 0;
    for (let i = start, j = 1; i < end; i++, j++) {
      prefix += x[i] as number;
      out[i] = ((suffix[j] as number) + prefix) / period;
    }
    if (end < start + period) break;
    let sum = 0;
    for (let i = end - 1, j = period - 1; j >= 0; i--, j--) {
      sum += x[i] as number;
      suffix[j] = sum;
    }
  }
  out.fill(NaN, 0, period - 1);
}

/** EMA of `x`; see averages.ts. */
export function emaSeries(x: Float64Array, period: number, out: Float64Array): void {
  const alpha = 2 / (period + 1);
  const rest = 1 - alpha;
  const length = x.length;
  out.fill(NaN, 0, period - 1);
  if (length < period) return;
  let value = 0;
  for (let i = 0; i < period; i++) value += x[i] as number;
  value /= period;
  out[period - 1] = value;
  for (let i = period; i < length; i++) {
    value = alpha * (x[i] as number) + rest * value;
    out[i] = value;
  }
}

/** RSI of `x`; see rsi.ts. */
export function rsiSeries(x: Float64Array, period: number, out: Float64Array): void {
  const alpha = 1 / period;
  const rest = 1 - alpha;
  const length = x.length;
  out.fill(NaN, 0, period);
  if (length <= period) return;
  let gain = 0;
  let loss = 0;
  let before = x[0] as number;
  for (let i = 1; i <= period; i++) {
    const change = (x[i] as number) - before;
    before = x[i] as number;
    if (change > 0) gain += change;
    else loss -= change;
  }
  gain /= period;
  loss /= period;
  out[period] = loss === 0 ? 100 : 100 * gain / (gain + loss);
  for (let i = period + 1; i < length; i++) {
    const close = x[i] as number;
    const change = close - before;
    before = close;
    // (|x| ± x) / 2 is exact, and unlike a comparison it cannot be predicted wrongly.
    const size = Math.abs(change);
    gain = alpha * ((size + change) * 0.5) + rest * gain;
    loss = alpha * ((size - change) * 0.5) + rest * loss;
    out[i] = loss === 0 ? 100 : 100 * gain / (gain + loss);
  }
}

/** MACD of `x`: line, signal, histogram; see macd.ts. */
export function macdSeries(
  x: Float64Array,
  [fastPeriod, slowPeriod, signalPeriod]: readonly [number, number, number],
  out: readonly Float64Array[],
): void {
  const [lines, signals, histograms] = out as [Float64Array, Float64Array, Float64Array];
  const length = x.length;
  const first = slowPeriod + signalPeriod - 2;
  lines.fill(NaN, 0, slowPeriod - 1);
  signals.fill(NaN, 0, first);
  histograms.fill(NaN, 0, first);
  const fastAlpha = 2 / (fastPeriod + 1), slowAlpha = 2 / (slowPeriod + 1), signalAlpha = 2 / (signalPeriod + 1);
  const fastRest = 1 - fastAlpha, slowRest = 1 - slowAlpha, signalRest = 1 - signalAlpha;
  let fast = 0, slow = 0, signal = 0;
  // The averages are seeded one after the other: their running sums stand in until then.
  for (let i = 0; i < Math.min(first + 1, length); i++) {
    const close = x[i] as number;
    fast = i >= fastPeriod ? fastAlpha * close + fastRest * fast : fast + close;
    slow = i >= slowPeriod ? slowAlpha * close + slowRest * slow : slow + close;
    if (i === fastPeriod - 1) fast /= fastPeriod;
    if (i === slowPeriod - 1) slow /= slowPeriod;
    if (i < slowPeriod - 1) continue;
    lines[i] = fast - slow;
    signal += fast - slow;
  }
  if (length <= first) return;
  signal /= signalPeriod;
  signals[first] = signal;
  histograms[first] = (lines[first] as number) - signal;
  for (let i = first + 1; i < length; i++) {
    const close = x[i] as number;
    fast = fastAlpha * close + fastRest * fast;
    slow = slowAlpha * close + slowRest * slow;
    const line = fast - slow;
    signal = signalAlpha * line + signalRest * signal;
    lines[i] = line;
    signals[i] = signal;
    histograms[i] = line - signal;
  }
}

/** Bollinger bands of `x`: upper, middle, lower; see bollinger.ts. */
export function bollingerSeries(
  x: Float64Array,
  [period, width]: readonly [number, number],
  out: readonly Float64Array[],
): void {
  const [upper, middle, lower] = out as [Float64Array, Float64Array, Float64Array];
  const sums = new Float64Array(period + 1);
  const squares = new Float64Array(period + 1);
  const share = 1 / period;
  const length = x.length;
  let pivot = x[0] ?? 0;
  for (let start = 0; start < length; start += period) {
    const end = Math.min(start + period, length);
    let sum = 0;
    let square = 0;
    for (let i = start, j = 1; i < end; i++, j++) {
      const d = (x[i] as number) - pivot;
      sum += d;
      square += d * d;
      const shift = ((sums[j] as number) + sum) * share;
      const squareMean = ((squares[j] as number) + square) * share;
      const variance = squareMean - shift * shift;
      const mean = pivot + shift;
      const reach = width * Math.sqrt(variance);
      upper[i] = mean + reach;
      middle[i] = mean;
      lower[i] = mean - reach;
      if (variance < squareMean * CANCELLATION_SHARE_MIN && i >= period - 1) exactBands(x, i, period, width, out);
    }
    if (end < start + period) break;
    pivot += sum / period;
    sum = 0;
    square = 0;
    for (let i = end - 1, j = period - 1; j >= 0; i--, j--) {
      const d = (x[i] as number) - pivot;
      sum += d;
      square += d * d;
      sums[j] = sum;
      squares[j] = square;
    }
  }
  for (const column of out) column.fill(NaN, 0, period - 1);
}

/** Where the variance cancels out: from the window itself, which the class holds in the order of its ring. */
function exactBands(x: Float64Array, at: number, period: number, width: number, out: readonly Float64Array[]): void {
  const [upper, middle, lower] = out as [Float64Array, Float64Array, Float64Array];
  const close = x[at] as number;
  const turned = at % period;
  const start = at - turned;
  const valueAt = (j: number) => x[j <= turned ? start + j : start - period + j] as number;
  let total = 0;
  for (let j = 0; j < period; j++) total += valueAt(j) - close;
  const mean = close + total / period;
  let square = 0;
  for (let j = 0; j < period; j++) {
    const d = valueAt(j) - mean;
    square += d * d;
  }
  const reach = width * Math.sqrt(square / period);
  upper[at] = mean + reach;
  middle[at] = mean;
  lower[at] = mean - reach;
}

/** ATR; see atr.ts. */
export function atrSeries({ high, low, close }: Columns, period: number, out: Float64Array): void {
  const alpha = 1 / period;
  const rest = 1 - alpha;
  const length = close.length;
  out.fill(NaN, 0, period - 1);
  let value = 0;
  let before = NaN;
  for (let i = 0; i < Math.min(period, length); i++) {
    value += rangeOf(high[i] as number, low[i] as number, before);
    before = close[i] as number;
  }
  if (length < period) return;
  value /= period;
  out[period - 1] = value;
  for (let i = period; i < length; i++) {
    value = alpha * rangeOf(high[i] as number, low[i] as number, before) + rest * value;
    before = close[i] as number;
    out[i] = value;
  }
}

function rangeOf(high: number, low: number, before: number): number {
  return (before > high ? before : high) - (before < low ? before : low);
}
