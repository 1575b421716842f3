import { fileURLToPath } from "node:url";
import type { Bar } from "./bar.ts";

const REAL_CANDLES = new URL("../../../tools/simulator/data/btc-usd-perp-1m-2022-01.csv.gz", import.meta.url);

/** The first `count` real one-minute candles; volume in quote units. */
export async function realBars(count: number): Promise<Bar[]> {
  const file = await Deno.open(fileURLToPath(REAL_CANDLES));
  const text = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).text();
  return text.split("\n").slice(1, count + 1).map((line) => {
    const [t, open, high, low, close, volume] = line.split(",").map(Number);
    return { t, open, high, low, close, volume } as Bar;
  });
}

/** Numbers from 0 up to 1, the same for a seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296;
}

/** Minutes that test what rolling sums cannot stand: flat stretches, jumps, stretches without volume, huge volumes. */
export function wildBars(count: number, seed: number): Bar[] {
  const random = randomFrom(seed);
  const out: Bar[] = [];
  let close = 40_000;
  for (let i = 0; i < count; i++) {
    const open = close;
    const calm = i % 400 > 340;
    const jump = i % 5_000 === 4_999;
    close = calm ? open : open * (1 + (random() - 0.5 + (40_000 - open) / 4e6) * (jump ? 0.4 : 0.004));
    const reach = calm ? 1 : 1 + random() * 0.002;
    const volume = calm && i % 400 > 360 ? 0 : Math.round(random() * 1e6 * (i % 997 === 0 ? 1e6 : 1)) / 1_000;
    out.push({
      t: i * 60_000,
      open,
      high: Math.max(open, close) * reach,
      low: Math.min(open, close) / reach,
      close,
      volume,
    });
  }
  return out;
}

type Scratch = (bars: readonly Bar[], ...params: number[]) => number[][];

const sum = (values: readonly number[]) => values.reduce((total, x) => total + x, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const typical = ({ high, low, close }: Bar) => (high + low + close) / 3;
const closes = (bars: readonly Bar[]) => bars.map((bar) => bar.close);

/** `f` of each window of `period` values, NaN where it reaches before the beginning or holds a NaN. */
function rolling<T>(values: readonly T[], period: number, f: (window: T[]) => number): number[] {
  return values.map((_, i) => i + 1 < period ? NaN : f(values.slice(i + 1 - period, i + 1)));
}

function smooth(values: readonly number[], period: number, alpha: number): number[] {
  const first = values.findIndex((x) => !Number.isNaN(x));
  const out = values.map(() => NaN);
  const seed = first + period - 1;
  if (first < 0 || seed >= values.length) return out;
  out[seed] = mean(values.slice(first, seed + 1));
  for (let i = seed + 1; i < values.length; i++) {
    out[i] = (out[i - 1] as number) + alpha * ((values[i] as number) - (out[i - 1] as number));
  }
  return out;
}

const ema = (values: readonly number[], period: number) => smooth(values, period, 2 / (period + 1));
const wilder = (values: readonly number[], period: number) => smooth(values, period, 1 / period);

function trueRanges(bars: readonly Bar[]): number[] {
  return bars.map(({ high, low }, i) => {
    const before = bars[i - 1]?.close;
    return before === undefined ? high - low : Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
  });
}

const zip = (a: readonly number[], b: readonly number[], f: (x: number, y: number) => number) =>
  a.map((x, i) => f(x, b[i] as number));

const top = (bars: readonly Bar[], period: number) =>
  rolling(bars, period, (window) => Math.max(...window.map((bar) => bar.high)));
const bottom = (bars: readonly Bar[], period: number) =>
  rolling(bars, period, (window) => Math.min(...window.map((bar) => bar.low)));
const middle = (bars: readonly Bar[], period: number) =>
  zip(top(bars, period), bottom(bars, period), (high, low) => (high + low) / 2);

function adx(bars: readonly Bar[], period: number): number[][] {
  const moves = bars.map((bar, i) => {
    const before = bars[i - 1];
    return before === undefined ? [NaN, NaN] : [bar.high - before.high, before.low - bar.low];
  }) as [number, number][];
  const plus = moves.map(([up, down]) => Number.isNaN(up) ? NaN : up > down && up > 0 ? up : 0);
  const minus = moves.map(([up, down]) => Number.isNaN(up) ? NaN : down > up && down > 0 ? down : 0);
  const range = wilder(trueRanges(bars).map((x, i) => i === 0 ? NaN : x), period);
  const index = (di: number, tr: number) => tr === 0 ? 0 : 100 * di / tr;
  const plusDi = zip(wilder(plus, period), range, index);
  const minusDi = zip(wilder(minus, period), range, index);
  const dx = zip(plusDi, minusDi, (a, b) => a + b === 0 ? 0 : 100 * Math.abs(a - b) / (a + b));
  return [wilder(dx, period), plusDi, minusDi];
}

function supertrend(bars: readonly Bar[], period: number, width: number): number[][] {
  const atr = wilder(trueRanges(bars), period);
  const upper = bars.map((bar, i) => (bar.high + bar.low) / 2 + width * (atr[i] as number));
  const lower = bars.map((bar, i) => (bar.high + bar.low) / 2 - width * (atr[i] as number));
  const trend = bars.map(() => NaN);
  for (let i = period - 1; i < bars.length; i++) {
    const close = (bars[i] as Bar).close;
    if (i >= period) {
      const before = (bars[i - 1] as Bar).close;
      if (before <= (upper[i - 1] as number)) upper[i] = Math.min(upper[i] as number, upper[i - 1] as number);
      if (before >= (lower[i - 1] as number)) lower[i] = Math.max(lower[i] as number, lower[i - 1] as number);
    }
    const up = trend[i - 1] === 1 ? close >= (lower[i] as number) : close > (upper[i] as number);
    trend[i] = up ? 1 : -1;
  }
  return [trend.map((up, i) => Number.isNaN(up) ? NaN : (up === 1 ? lower : upper)[i] as number), trend];
}

function dayVwap(bars: readonly Bar[]): number[][] {
  const days = bars.map(({ t }) => new Date(t).toISOString().slice(0, 10));
  const whole = (bars[0] as Bar).t % 86_400_000 === 0;
  return [bars.map((_, i) => {
    if (days[i] === days[0] && !whole) return NaN;
    const session = bars.slice(days.indexOf(days[i] as string), i + 1);
    const volume = sum(session.map((each) => each.volume));
    return volume === 0 ? NaN : sum(session.map((each) => typical(each) * each.volume)) / volume;
  })];
}

function flows(bars: readonly Bar[], period: number): number[] {
  const signed = bars.map((bar, i) => {
    const before = bars[i - 1];
    return before === undefined ? NaN : Math.sign(typical(bar) - typical(before)) * typical(bar) * bar.volume;
  });
  return rolling(signed, period, (window) => {
    if (window.some(Number.isNaN)) return NaN;
    const up = sum(window.filter((flow) => flow > 0));
    const down = -sum(window.filter((flow) => flow < 0));
    return up + down === 0 ? 50 : 100 * up / (up + down);
  });
}

/** Every indicator by its definition, each value from the candles themselves: slow, and with nothing to go wrong. */
export const SCRATCH: Readonly<Record<string, Scratch>> = {
  sma: (bars, period = 0) => [rolling(closes(bars), period, mean)],
  ema: (bars, period = 0) => [ema(closes(bars), period)],
  wma: (bars, period = 0) => [
    rolling(
      closes(bars),
      period,
      (window) => sum(window.map((x, i) => x * (i + 1))) / sum(window.map((_, i) => i + 1)),
    ),
  ],
  rsi: (bars, period = 0) => {
    const changes = bars.map((bar, i) => bar.close - (bars[i - 1]?.close ?? NaN));
    const gains = wilder(changes.map((x) => x < 0 ? 0 : x), period);
    const losses = wilder(changes.map((x) => x > 0 ? 0 : -x), period);
    return [zip(gains, losses, (gain, loss) => loss === 0 ? 100 : 100 - 100 / (1 + gain / loss))];
  },
  macd: (bars, fast = 0, slow = 0, period = 0) => {
    const line = zip(ema(closes(bars), fast), ema(closes(bars), slow), (a, b) => a - b);
    const signal = ema(line, period);
    return [line, signal, zip(line, signal, (a, b) => a - b)];
  },
  bb: (bars, period = 0, width = 0) => {
    const centre = rolling(closes(bars), period, mean);
    const deviation = rolling(closes(bars), period, (window) => {
      const around = mean(window);
      return Math.sqrt(mean(window.map((x) => (x - around) ** 2)));
    });
    return [zip(centre, deviation, (m, d) => m + width * d), centre, zip(centre, deviation, (m, d) => m - width * d)];
  },
  atr: (bars, period = 0) => [wilder(trueRanges(bars), period)],
  adx: (bars, period = 0) => adx(bars, period),
  stoch: (bars, period = 0, smoothing = 0, signal = 0) => {
    const high = top(bars, period);
    const low = bottom(bars, period);
    const raw = bars.map(({ close }, i) => {
      const span = (high[i] as number) - (low[i] as number);
      return span === 0 ? 50 : 100 * (close - (low[i] as number)) / span;
    });
    const k = rolling(raw, smoothing, mean);
    return [k, rolling(k, signal, mean)];
  },
  vwap: dayVwap,
  rvwap: (bars, period = 0) => [
    rolling([...bars], period, (window) => {
      const volume = sum(window.map((bar) => bar.volume));
      return volume === 0
        ? typical(window.at(-1) as Bar)
        : sum(window.map((bar) => typical(bar) * bar.volume)) / volume;
    }),
  ],
  obv: (bars) => {
    // In millionths, which are whole numbers here: nothing is lost however long it grows.
    let total = 0n;
    return [bars.map((bar, i) => {
      total += BigInt(Math.sign(bar.close - (bars[i - 1] ?? bar).close) * Math.round(bar.volume * 1e6));
      return Number(total) / 1e6;
    })];
  },
  supertrend: (bars, period = 0, width = 0) => supertrend(bars, period, width),
  ichimoku: (bars, conversion = 0, base = 0, span = 0, shift = 0) => {
    const [a, b, c] = [middle(bars, conversion), middle(bars, base), middle(bars, span)] as const;
    const lead = zip(a, b, (x, y) => (x + y) / 2);
    const late = (values: number[]) => values.map((_, i) => values[i - shift + 1] ?? NaN);
    return [a, b, lead, c, late(lead), late(c)];
  },
  donchian: (bars, period = 0) => [top(bars, period), middle(bars, period), bottom(bars, period)],
  keltner: (bars, period = 0, range = 0, width = 0) => {
    const centre = ema(closes(bars), period);
    const atr = wilder(trueRanges(bars), range);
    return [zip(centre, atr, (m, r) => m + width * r), centre, zip(centre, atr, (m, r) => m - width * r)];
  },
  cci: (bars, period = 0) => [
    rolling(bars.map(typical), period, (window) => {
      const around = mean(window);
      const deviation = mean(window.map((x) => Math.abs(x - around)));
      return deviation < around * 1e-13 ? 0 : ((window.at(-1) as number) - around) / (0.015 * deviation);
    }),
  ],
  mfi: (bars, period = 0) => [flows(bars, period)],
  roc: (bars, period = 0) => [
    bars.map(({ close }, i) => 100 * (close - (bars[i - period]?.close ?? NaN)) / (bars[i - period]?.close ?? NaN)),
  ],
};
