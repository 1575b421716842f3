import process from "node:process";
import { ATR, BollingerBands, EMA, MACD, RSI, SMA } from "trading-signals";
import { type Bar, checkColumns, type Columns, columnsOf } from "../lib/market/indicators/bar.ts";
import { computeSeries } from "../lib/market/indicators/batch.ts";
import { IndicatorBook } from "../lib/market/indicators/book.ts";
import { keyOf } from "../lib/market/indicators/key.ts";
import { INDICATORS } from "../lib/market/indicators/registry.ts";
import { IndicatorKernel } from "../lib/market/indicators/standard.ts";
import { realBars } from "../lib/market/indicators/testing.ts";
import type { BenchResult } from "./main.ts";
import { medianOf, round } from "./statistics.ts";

const CANDLES = 200_000;
const REAL_CANDLES = 45_000;
const RUNS = 5;
/**
 * Real prices are whole numbers now and then, which makes the peer more than twice as slow: its arrays change their kind.
 * It is spared that in the ratios; `add_of_prices_as_they_are` is the ratio without the favour.
 */
const FRACTIONAL = 1 + 1 / 30_000;
/** Runs before the first one counted, so that both sides are compiled. */
const WARM_UPS = 2;
const TOLERANCE = 1e-9;
/** Seeds differ (ours: a simple average, as in TA-Lib; the peer's: the first price) and have faded by this candle. */
const FADED_AT = 1_200;
const MINUTE_MS = 60_000;

/** SMA 20, EMA 20, RSI 14, MACD 12 26 9 (three values), Bollinger 20 2 (two more) and ATR 14 of a candle. */
type Values = [
  sma: number,
  ema: number,
  rsi: number,
  macd: number,
  signal: number,
  hist: number,
  up: number,
  low: number,
  atr: number,
];

/**
 * Six indicators over the same candles, ours and trading-signals': every value is read after every candle.
 * `add` takes closed candles; `add + replace` shows each as it was half-way, then takes it.
 */
export async function indicatorsBench(): Promise<BenchResult> {
  const bars = await candles(FRACTIONAL);
  const halves = bars.map(halfWay);
  const columns = columnsOf(bars);
  const halfColumns = columnsOf(halves);
  const add = measure({ ours: () => oursAdd(columns), theirs: () => theirsAdd(bars) });
  const replace = measure({ ours: () => oursReplace(columns, halfColumns), theirs: () => theirsReplace(bars, halves) });
  const series = measureSeries(bars);
  const plain = await candles(1);
  const plainColumns = columnsOf(plain);
  const asTheyAre = measure({ ours: () => oursAdd(plainColumns), theirs: () => theirsAdd(plain) });
  // Last, so that neither side's compiled code has seen more than what is measured.
  assertEqual(bars, halves);
  return {
    bench: "indicators",
    ratios: {
      "trading-signals-add": round(add.theirs / add.ours),
      "trading-signals-replace": round(replace.theirs / replace.ours),
    },
    work: {
      candles: CANDLES,
      runs: RUNS,
      equal_within: TOLERANCE,
      million_candles_per_cpu_second: {
        ours_add: rate(add.ours),
        peer_add: rate(add.theirs),
        ours_replace: rate(replace.ours),
        peer_replace: rate(replace.theirs),
        ours_whole_series: rate(series),
      },
      add_of_prices_as_they_are: round(asTheyAre.theirs / asTheyAre.ours),
      whole_series_over_add: round(add.theirs / series),
      book_ns_per_indicator: round(measureBook(bars)),
    },
  };
}

/** Real minutes, walked forward and back, so that prices go on where they were; each times `factor`. */
async function candles(factor: number): Promise<Bar[]> {
  const real = (await realBars(REAL_CANDLES)).map(({ open, high, low, close, volume }) => ({
    open: open * factor,
    high: high * factor,
    low: low * factor,
    close: close * factor,
    volume,
  }));
  return Array.from({ length: CANDLES }, (_, i) => {
    const lap = Math.floor(i / REAL_CANDLES);
    const at = i % REAL_CANDLES;
    const bar = real[lap % 2 === 0 ? at : REAL_CANDLES - 1 - at] as Omit<Bar, "t">;
    return { t: i * MINUTE_MS, ...bar };
  });
}

function halfWay(bar: Bar): Bar {
  const close = (bar.open + bar.close) / 2;
  return { ...bar, high: (Math.max(bar.open, close) + bar.high) / 2, low: Math.min(bar.open, close), close };
}

class Peer {
  readonly sma = new SMA(20);
  readonly ema = new EMA(20);
  readonly rsi = new RSI(14);
  readonly macd = new MACD(new EMA(12), new EMA(26), new EMA(9));
  readonly bands = new BollingerBands(20, 2);
  readonly atr = new ATR(14);

  /** The sum of all values, so that each is read. */
  add(bar: Bar): number {
    const { close } = bar;
    const macd = this.macd.add(close);
    const bands = this.bands.add(close);
    let sum = (this.sma.add(close) ?? 0) + (this.ema.add(close) ?? 0);
    sum += (this.rsi.add(close) ?? 0) + (this.atr.add(bar) ?? 0);
    if (macd !== null) sum += macd.macd + macd.signal + macd.histogram;
    if (bands !== null) sum += bands.upper + bands.lower;
    return sum;
  }

  /** The same, with the candle in the place of the last one. */
  replace(bar: Bar): number {
    const { close } = bar;
    const macd = this.macd.replace(close);
    const bands = this.bands.replace(close);
    let sum = (this.sma.replace(close) ?? 0) + (this.ema.replace(close) ?? 0);
    sum += (this.rsi.replace(close) ?? 0) + (this.atr.replace(bar) ?? 0);
    if (macd !== null) sum += macd.macd + macd.signal + macd.histogram;
    if (bands !== null) sum += bands.upper + bands.lower;
    return sum;
  }

  values(bar: Bar, replace: boolean): Values {
    const { close } = bar;
    const macd = this.macd.update(close, replace);
    const bands = this.bands.update(close, replace);
    return [
      this.sma.update(close, replace) ?? NaN,
      this.ema.update(close, replace),
      this.rsi.update(close, replace) ?? NaN,
      macd?.macd ?? NaN,
      macd?.signal ?? NaN,
      macd?.histogram ?? NaN,
      bands?.upper ?? NaN,
      bands?.lower ?? NaN,
      this.atr.update(bar, replace) ?? NaN,
    ];
  }
}

function sumOf(kernel: IndicatorKernel): number {
  return kernel.sma20 + kernel.ema20 + kernel.rsi14 + kernel.macd + kernel.macdSignal + kernel.macdHistogram +
    kernel.bbUpper + kernel.bbLower + kernel.atr14;
}

function oursAdd({ high, low, close }: Columns): number {
  const kernel = new IndicatorKernel();
  // One object for all candles: the kernel keeps none, while the peer keeps the last and so is given one for each.
  const bar = { high: NaN, low: NaN, close: NaN };
  let sum = 0;
  for (let i = 0; i < CANDLES; i++) {
    bar.high = high[i] as number;
    bar.low = low[i] as number;
    bar.close = close[i] as number;
    kernel.push(bar);
    sum += sumOf(kernel);
  }
  return sum;
}

function theirsAdd(bars: readonly Bar[]): number {
  const peer = new Peer();
  let sum = 0;
  for (const bar of bars) sum += peer.add(bar);
  return sum;
}

function oursReplace({ high, low, close }: Columns, half: Columns): number {
  const kernel = new IndicatorKernel();
  const bar = { high: NaN, low: NaN, close: NaN };
  let sum = 0;
  for (let i = 0; i < CANDLES; i++) {
    bar.high = half.high[i] as number;
    bar.low = half.low[i] as number;
    bar.close = half.close[i] as number;
    kernel.peek(bar);
    sum += sumOf(kernel);
    bar.high = high[i] as number;
    bar.low = low[i] as number;
    bar.close = close[i] as number;
    kernel.push(bar);
    sum += sumOf(kernel);
  }
  return sum;
}

function theirsReplace(bars: readonly Bar[], halves: readonly Bar[]): number {
  const peer = new Peer();
  let sum = 0;
  for (let i = 0; i < bars.length; i++) {
    sum += peer.add(halves[i] as Bar);
    sum += peer.replace(bars[i] as Bar);
  }
  return sum;
}

/** Throws unless both sides agree on every value of every candle, half-way and closed, once seeds have faded. */
function assertEqual(bars: readonly Bar[], halves: readonly Bar[]): void {
  const kernel = new IndicatorKernel();
  const peer = new Peer();
  for (let i = 0; i < bars.length; i++) {
    const [half, bar] = [halves[i] as Bar, bars[i] as Bar];
    kernel.peek(half);
    compare(kernel, peer.values(half, false), i, half.close);
    kernel.push(bar);
    compare(kernel, peer.values(bar, true), i, bar.close);
  }
}

function compare(kernel: IndicatorKernel, theirs: Values, i: number, price: number): void {
  const { sma20, ema20, rsi14, macd, macdSignal, macdHistogram, bbUpper, bbLower, atr14 } = kernel;
  const ours: Values = [sma20, ema20, rsi14, macd, macdSignal, macdHistogram, bbUpper, bbLower, atr14];
  theirs.forEach((want, at) => {
    const seeded = at === 1 || (at >= 3 && at <= 5);
    if (seeded ? i < FADED_AT : Number.isNaN(want) && Number.isNaN(ours[at])) return;
    // Differences of averages lose digits by cancelling: they are held against the price.
    const scale = at === 8 ? Math.abs(want) : Math.max(Math.abs(want), at === 2 ? 100 : price);
    if (!(Math.abs((ours[at] as number) - want) <= TOLERANCE * scale)) {
      throw new Error(`Candle ${i} value ${at} differs: ${ours[at]} against ${want}`);
    }
  });
}

/** Median CPU seconds of both sides, taken in turns. */
function measure(sides: { ours: () => number; theirs: () => number }): { ours: number; theirs: number } {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const pair = [cpuSeconds(sides.ours), cpuSeconds(sides.theirs)] as const;
    if (run < 0) continue;
    ours.push(pair[0]);
    theirs.push(pair[1]);
  }
  return { ours: medianOf(ours), theirs: medianOf(theirs) };
}

/** Median CPU seconds for the same six as whole columns, which is how backtests take them. */
function measureSeries(bars: readonly Bar[]): number {
  const columns = checkColumns(columnsOf(bars));
  const keys = [keyOf("sma", 20), keyOf("ema", 20), keyOf("rsi", 14), keyOf("macd"), keyOf("bb"), keyOf("atr", 14)];
  const out = keys.map((key) => computeSeries(key, columns));
  const run = () => {
    keys.forEach((key, i) => computeSeries(key, columns, out[i]));
    return out[0]?.[0]?.at(-1) ?? NaN;
  };
  return medianOf(Array.from({ length: WARM_UPS + RUNS }, () => cpuSeconds(run)).slice(WARM_UPS));
}

/** CPU nanoseconds for one indicator and candle, with every indicator there is in one book. */
function measureBook(bars: readonly Bar[]): number {
  const id = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m" } as const;
  const run = () => {
    const book = new IndicatorBook();
    const holds = [...INDICATORS.keys()].map((each) => book.hold(id, each));
    for (const bar of bars) book.close(id, bar);
    const first = holds[0];
    return first?.ok ? first.hold.vector.closed[first.hold.slot] as number : NaN;
  };
  const seconds = medianOf(Array.from({ length: RUNS }, () => cpuSeconds(run)));
  return seconds * 1e9 / CANDLES / INDICATORS.size;
}

function cpuSeconds(work: () => number): number {
  const before = process.cpuUsage();
  // A result that nobody reads could be left out by the compiler.
  if (work() === Infinity) throw new Error("Cannot sum the values: they are infinite");
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function rate(seconds: number): number {
  return round(CANDLES / seconds / 1e6);
}
