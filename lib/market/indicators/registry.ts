import { Adx } from "./adx.ts";
import { Atr } from "./atr.ts";
import { Ema, Sma, Wma } from "./averages.ts";
import { PERIOD_MAX } from "./bar.ts";
import { Bollinger } from "./bollinger.ts";
import { Donchian, Keltner } from "./channels.ts";
import type { Indicator } from "./indicator.ts";
import { Macd } from "./macd.ts";
import { Cci, Roc } from "./oscillators.ts";
import { Rsi } from "./rsi.ts";
import { Stochastic } from "./stochastic.ts";
import { Ichimoku, Supertrend } from "./trend.ts";
import { Mfi, Obv, RollingVwap, SessionVwap } from "./volume.ts";

/** A parameter: a whole number of candles, or a factor with at most {@link FACTOR_DIGITS} digits behind the point. */
export interface ParamSpec {
  name: string;
  kind: "candles" | "factor";
  min: number;
  max: number;
  default: number;
}

/** Digits behind the point of a factor: finer ones would only make keys that differ in nothing that counts. */
export const FACTOR_DIGITS = 4;

const FACTOR_MIN = 0.1;
const FACTOR_MAX = 20;
const DAY_MS = 86_400_000;

/** Weight of an average's seed below which it no longer counts. */
const FADED = 1e-10;

/** One value an indicator gives: `first` is how many candles it takes to have it. */
export interface OutputSpec {
  name: string;
  first: (...params: number[]) => number;
}

/** All there is to know about an indicator; see the registry for forms, keys and charts. */
export interface IndicatorSpec {
  id: string;
  title: string;
  params: readonly ParamSpec[];
  outputs: readonly OutputSpec[];
  /** Whether it is drawn over the prices or in a pane of its own. */
  pane: "price" | "own";
  /** Bounds of its values, where it has any. */
  range?: readonly [number, number];
  /**
   * Candles after which values no longer depend on where the history begins (by more than 1e-10 of themselves);
   * the second argument is a candle's width in ms.
   */
  history: (params: readonly number[], width_ms: number) => number;
  /** @throws {RangeError} of parameters that do not go together or are out of range. */
  create: (...params: number[]) => Indicator;
}

function candles(name: string, value: number, min = 1): ParamSpec {
  return { name, kind: "candles", min, max: PERIOD_MAX, default: value };
}

function factor(name: string, value: number): ParamSpec {
  return { name, kind: "factor", min: FACTOR_MIN, max: FACTOR_MAX, default: value };
}

function output(name: string, first: (...params: number[]) => number): OutputSpec {
  return { name, first };
}

/** Candles until what came before weighs less than {@link FADED} in a smoothing by α. */
function fading(alpha: number): number {
  return alpha >= 1 ? 1 : Math.ceil(Math.log(FADED) / Math.log(1 - alpha));
}

const exponential = (period: number) => period + fading(2 / (period + 1));
const wilder = (period: number) => period + 1 + fading(1 / period);
const window = ([period]: readonly number[]) => (period as number) + 1;
const same = (period: number) => period;

const SPECS: readonly IndicatorSpec[] = [
  {
    id: "sma",
    title: "Simple moving average",
    params: [candles("period", 20)],
    outputs: [output("value", same)],
    pane: "price",
    history: window,
    create: (period) => new Sma(period),
  },
  {
    id: "ema",
    title: "Exponential moving average",
    params: [candles("period", 20)],
    outputs: [output("value", same)],
    pane: "price",
    history: ([period]) => exponential(period as number),
    create: (period) => new Ema(period),
  },
  {
    id: "wma",
    title: "Weighted moving average",
    params: [candles("period", 20)],
    outputs: [output("value", same)],
    pane: "price",
    history: window,
    create: (period) => new Wma(period),
  },
  {
    id: "rsi",
    title: "Relative strength index",
    params: [candles("period", 14)],
    outputs: [output("value", (period) => period + 1)],
    pane: "own",
    range: [0, 100],
    history: ([period]) => wilder(period as number),
    create: (period) => new Rsi(period),
  },
  {
    id: "macd",
    title: "Moving average convergence/divergence",
    params: [candles("fast", 12), candles("slow", 26, 2), candles("signal", 9)],
    outputs: [
      output("line", (_, slow) => slow),
      output("signal", (_, slow, signal) => slow + signal - 1),
      output("histogram", (_, slow, signal) => slow + signal - 1),
    ],
    pane: "own",
    history: ([, slow, signal]) => exponential(slow as number) + exponential(signal as number),
    create: (fast, slow, signal) => new Macd(fast, slow, signal),
  },
  {
    id: "bb",
    title: "Bollinger bands",
    params: [candles("period", 20, 2), factor("width", 2)],
    outputs: [output("upper", same), output("middle", same), output("lower", same)],
    pane: "price",
    history: window,
    create: (period, width) => new Bollinger(period, width),
  },
  {
    id: "atr",
    title: "Average true range",
    params: [candles("period", 14)],
    outputs: [output("value", same)],
    pane: "own",
    history: ([period]) => wilder(period as number),
    create: (period) => new Atr(period),
  },
  {
    id: "adx",
    title: "Average directional index",
    params: [candles("period", 14)],
    outputs: [
      output("adx", (period) => 2 * period),
      output("plus_di", (period) => period + 1),
      output("minus_di", (period) => period + 1),
    ],
    pane: "own",
    range: [0, 100],
    history: ([period]) => 2 * wilder(period as number),
    create: (period) => new Adx(period),
  },
  {
    id: "stoch",
    title: "Stochastic oscillator",
    params: [candles("period", 14), candles("smoothing", 3), candles("signal", 3)],
    outputs: [
      output("k", (period, smoothing) => period + smoothing - 1),
      output("d", (period, smoothing, signal) => period + smoothing + signal - 2),
    ],
    pane: "own",
    range: [0, 100],
    history: (params) => params.reduce((sum, period) => sum + period, 0),
    create: (period, smoothing, signal) => new Stochastic(period, smoothing, signal),
  },
  {
    id: "vwap",
    title: "Volume-weighted average price of the day",
    params: [],
    outputs: [output("value", () => 1)],
    pane: "price",
    history: (_, width_ms) => Math.ceil(DAY_MS / width_ms),
    create: () => new SessionVwap(),
  },
  {
    id: "rvwap",
    title: "Rolling volume-weighted average price",
    params: [candles("period", 20)],
    outputs: [output("value", same)],
    pane: "price",
    history: window,
    create: (period) => new RollingVwap(period),
  },
  {
    id: "obv",
    title: "On-balance volume",
    params: [],
    outputs: [output("value", () => 1)],
    pane: "own",
    history: () => 1,
    create: () => new Obv(),
  },
  {
    id: "supertrend",
    title: "Supertrend",
    params: [candles("period", 10), factor("width", 3)],
    outputs: [output("value", same), output("trend", same)],
    pane: "price",
    // The trend is known for certain only once it has turned, and nobody knows when: several times the fading is likely enough.
    history: ([period]) => 2 * wilder(period as number),
    create: (period, width) => new Supertrend(period, width),
  },
  {
    id: "ichimoku",
    title: "Ichimoku",
    params: [candles("conversion", 9), candles("base", 26), candles("span", 52), candles("shift", 26)],
    outputs: [
      output("conversion", same),
      output("base", (_, base) => base),
      output("lead_a", (conversion, base) => Math.max(conversion, base)),
      output("lead_b", (_, _base, span) => span),
      output("cloud_a", (conversion, base, _, shift) => Math.max(conversion, base) + shift - 1),
      output("cloud_b", (_, _base, span, shift) => span + shift - 1),
    ],
    pane: "price",
    history: ([conversion, base, span, shift]) =>
      Math.max(conversion as number, base as number, span as number) + (shift as number),
    create: (conversion, base, span, shift) => new Ichimoku(conversion, base, span, shift),
  },
  {
    id: "donchian",
    title: "Donchian channel",
    params: [candles("period", 20)],
    outputs: [output("upper", same), output("middle", same), output("lower", same)],
    pane: "price",
    history: window,
    create: (period) => new Donchian(period),
  },
  {
    id: "keltner",
    title: "Keltner channel",
    params: [candles("period", 20), candles("range", 10), factor("width", 2)],
    outputs: [
      output("upper", (period, range) => Math.max(period, range)),
      output("middle", same),
      output("lower", (period, range) => Math.max(period, range)),
    ],
    pane: "price",
    history: ([period, range]) => Math.max(exponential(period as number), wilder(range as number)),
    create: (period, range, width) => new Keltner(period, range, width),
  },
  {
    id: "cci",
    title: "Commodity channel index",
    params: [candles("period", 20, 2)],
    outputs: [output("value", same)],
    pane: "own",
    history: window,
    create: (period) => new Cci(period),
  },
  {
    id: "mfi",
    title: "Money flow index",
    params: [candles("period", 14)],
    outputs: [output("value", (period) => period + 1)],
    pane: "own",
    range: [0, 100],
    history: window,
    create: (period) => new Mfi(period),
  },
  {
    id: "roc",
    title: "Rate of change",
    params: [candles("period", 10)],
    outputs: [output("value", (period) => period + 1)],
    pane: "own",
    history: window,
    create: (period) => new Roc(period),
  },
];

/** Every indicator there is, by id, in the order in which they are offered. */
export const INDICATORS: ReadonlyMap<string, IndicatorSpec> = new Map(SPECS.map((spec) => [spec.id, spec]));
