import assert from "node:assert/strict";
import * as peer from "trading-signals";
import { type Bar, checkColumns, columnsOf, PERIOD_MAX } from "./bar.ts";
import { computeSeries } from "./batch.ts";
import { type IndicatorKey, keyOf } from "./key.ts";
import { INDICATORS } from "./registry.ts";
import { IndicatorKernel } from "./standard.ts";
import { randomFrom, realBars, SCRATCH, wildBars } from "./testing.ts";

const SEEDS = [3, 42];

/** Defaults of every indicator, and windows at the small end, where off-by-ones live. */
const KEYS: readonly IndicatorKey[] = [
  ...[...INDICATORS.keys()].map((id) => keyOf(id)),
  ...["sma", "ema", "wma", "rsi", "atr", "adx", "rvwap", "donchian", "mfi", "roc"].map((id) => keyOf(id, 1)),
  ...["sma", "ema", "wma", "rsi", "atr", "adx", "rvwap", "donchian", "mfi", "roc", "cci", "bb"].map((id) =>
    keyOf(id, 2)
  ),
  keyOf("macd", 1, 2, 1),
  keyOf("stoch", 1, 1, 1),
  keyOf("stoch", 5, 1, 3),
  keyOf("ichimoku", 2, 5, 3, 1),
  keyOf("keltner", 3, 7, 1.5),
  keyOf("supertrend", 7, 1.25),
  keyOf("sma", 333),
  keyOf("wma", 97),
  keyOf("bb", 150, 2.5),
  keyOf("donchian", 200),
];

/** How large a value is that may be off by 1e-9 of itself: prices for what prices are subtracted in. */
function scaleOf({ spec }: IndicatorKey, bar: Bar): number {
  if (spec.range !== undefined || spec.id === "roc" || spec.id === "cci") return 100;
  return spec.id === "obv" ? 1 : bar.close;
}

function near(ours: number, theirs: number, scale: number, what: string): void {
  if (Number.isNaN(theirs)) return assert.ok(Number.isNaN(ours), `${what}: ${ours} where there is no value`);
  assert.ok(Math.abs(ours - theirs) <= 1e-9 * Math.max(Math.abs(theirs), scale), `${what}: ${ours} against ${theirs}`);
}

function equalsScratch(
  key: IndicatorKey,
  bars: readonly Bar[],
  ours: readonly ArrayLike<number>[],
  what: string,
): void {
  const scratch = SCRATCH[key.spec.id]?.(bars, ...key.params);
  assert.ok(scratch, `${key.key} has no definition to be held against`);
  assert.equal(scratch.length, ours.length);
  scratch.forEach((column, j) =>
    column.forEach((value, i) =>
      near(ours[j]?.[i] as number, value, scaleOf(key, bars[i] as Bar), `${what} ${key.key} output ${j} candle ${i}`)
    )
  );
}

const real = await realBars(2_000);

Deno.test("every indicator equals its definition within 1e-9 on real candles", () => {
  const columns = checkColumns(columnsOf(real));
  for (const key of KEYS) equalsScratch(key, real, computeSeries(key, columns), "real");
});

Deno.test("every indicator equals its definition within 1e-9 through flat stretches, jumps and huge volumes", () => {
  for (const seed of SEEDS) {
    const bars = wildBars(1_500, seed);
    const columns = checkColumns(columnsOf(bars));
    for (const key of KEYS) equalsScratch(key, bars, computeSeries(key, columns), `seed ${seed}`);
  }
});

Deno.test("a series computed at once equals the candles taken one by one to the last bit", () => {
  const bars = wildBars(3_000, 5);
  const columns = checkColumns(columnsOf(bars));
  for (const key of KEYS) {
    const series = computeSeries(key, columns);
    const indicator = key.spec.create(...key.params);
    bars.forEach((bar, i) => {
      indicator.next(bar, true);
      indicator.values.forEach((value, j) =>
        assert.ok(Object.is(series[j]?.[i], value), `${key.key} ${j} candle ${i}`)
      );
    });
  }
});

Deno.test("a forming candle may be replaced any number of times: previews show the close and leave no trace", () => {
  for (const seed of SEEDS) {
    const random = randomFrom(seed);
    const bars = wildBars(1_300, seed);
    for (const key of KEYS) {
      const previewed = key.spec.create(...key.params);
      const untouched = key.spec.create(...key.params);
      bars.forEach((bar, i) => {
        for (let tick = Math.floor(random() * 4); tick > 0; tick--) {
          const close = bar.close * (0.5 + random());
          const high = Math.max(bar.high, close);
          const low = Math.min(bar.low, close);
          previewed.next({ ...bar, high, low, close, volume: bar.volume * random() * 1e3 }, false);
        }
        previewed.next(bar, false);
        const shown = previewed.values.slice();
        previewed.next(bar, true);
        untouched.next(bar, true);
        assert.deepEqual(shown, untouched.values, `seed ${seed} ${key.key} preview of candle ${i}`);
        assert.deepEqual(previewed.values, untouched.values, `seed ${seed} ${key.key} candle ${i}`);
      });
    }
  }
});

Deno.test("each output has its first value at the candle the registry says, and NaN before", () => {
  // Starts at midnight, with volume from the first candle.
  const bars = wildBars(340, 9);
  const columns = checkColumns(columnsOf(bars));
  for (const key of KEYS) {
    const series = computeSeries(key, columns);
    key.spec.outputs.forEach(({ name, first }, j) => {
      const count = first(...key.params);
      const found = (series[j] as Float64Array).findIndex((value) => !Number.isNaN(value));
      assert.equal(found + 1, count, `${key.key}.${name}`);
      assert.ok((series[j] as Float64Array).subarray(found).every(Number.isFinite), `${key.key}.${name} has holes`);
    });
  }
});

Deno.test("after the history the registry asks for, values no longer depend on where it begins", () => {
  const bars = wildBars(9_000, 13);
  for (const key of KEYS) {
    if (key.spec.id === "obv") continue;
    const history = key.spec.history(key.params, 60_000);
    const all = computeSeries(key, checkColumns(columnsOf(bars)));
    const late = computeSeries(key, checkColumns(columnsOf(bars.slice(-history))));
    key.spec.outputs.forEach(({ name }, j) => {
      near(late[j]?.at(-1) ?? NaN, all[j]?.at(-1) ?? NaN, 1, `${key.key}.${name} from ${history} candles`);
    });
  }
});

Deno.test("a million candles leave no drift", () => {
  const count = 1_000_000;
  const bars = wildBars(count, 21);
  const columns = checkColumns(columnsOf(bars));
  const tail = bars.slice(-2_000);
  // Each at its defaults: that alone is nineteen million steps.
  for (const key of [...INDICATORS.keys()].map((id) => keyOf(id))) {
    const series = computeSeries(key, columns);
    if (key.spec.id === "obv") {
      near(series[0]?.at(-1) ?? NaN, SCRATCH.obv?.(bars)[0]?.at(-1) ?? NaN, 0, "obv");
      continue;
    }
    if (key.spec.id === "vwap") continue;
    const scratch = SCRATCH[key.spec.id]?.(tail, ...key.params) ?? [];
    scratch.forEach((column, j) => {
      near(series[j]?.at(-1) ?? NaN, column.at(-1) ?? NaN, scaleOf(key, tail[0] as Bar), `${key.key} output ${j}`);
    });
  }
});

Deno.test("what trading-signals has equals it within 1e-9 on real candles, once seeds have faded", () => {
  const columns = checkColumns(columnsOf(real));
  const price = (update: (close: number) => unknown) => (bar: Bar) => update(bar.close);
  const take = <T>(indicator: { update(input: T, replace: boolean): unknown }) => (input: T) =>
    indicator.update(input, false);
  // It counts a move up and one down of the same size both, Wilder neither: held against candles without ties.
  const adx = new peer.ADX(14);
  const untied = wildBars(2_000, 17);
  const macd = new peer.MACD(new peer.EMA(12), new peer.EMA(26), new peer.EMA(9));
  const pairs: [string, (bar: Bar) => unknown, Record<string, (result: never) => number>, number][] = [
    ["sma", price(take(new peer.SMA(20))), { value: (x: number) => x }, 0],
    ["ema", price(take(new peer.EMA(20))), { value: (x: number) => x }, 600],
    ["wma", price(take(new peer.WMA(20))), { value: (x: number) => x }, 0],
    ["rsi", price(take(new peer.RSI(14))), { value: (x: number) => x }, 0],
    ["macd", price(take(macd)), {
      line: (x: { macd: number }) => x.macd,
      signal: (x: { signal: number }) => x.signal,
      histogram: (x: { histogram: number }) => x.histogram,
    }, 900],
    ["bb", price(take(new peer.BollingerBands(20, 2))), {
      upper: (x: { upper: number }) => x.upper,
      middle: (x: { middle: number }) => x.middle,
      lower: (x: { lower: number }) => x.lower,
    }, 0],
    ["atr", take(new peer.ATR(14)), { value: (x: number) => x }, 0],
    ["adx", take(adx), {
      adx: (x: number) => x,
      plus_di: () => 100 * (adx.pdi ?? NaN),
      minus_di: () => 100 * (adx.mdi ?? NaN),
    }, 900],
    ["stoch", take(new peer.StochasticOscillator({ kPeriod: 14, kSlowingPeriod: 3, dPeriod: 3 })), {
      k: (x: { stochK: number }) => x.stochK,
      d: (x: { stochD: number }) => x.stochD,
    }, 0],
    ["supertrend", take(new peer.SuperTrend({ interval: 10, multiplier: 3 })), {
      value: (x: { supertrend: number }) => x.supertrend,
    }, 0],
    ["ichimoku", take(new peer.IchimokuCloud()), {
      conversion: (x: { conversion: number }) => x.conversion,
      base: (x: { base: number }) => x.base,
      lead_a: (x: { spanA: number }) => x.spanA,
      lead_b: (x: { spanB: number }) => x.spanB,
    }, 0],
    ["donchian", take(new peer.DonchianChannels(20)), {
      upper: (x: { upper: number }) => x.upper,
      middle: (x: { middle: number }) => x.middle,
      lower: (x: { lower: number }) => x.lower,
    }, 0],
    ["keltner", take(new peer.KeltnerChannels()), {
      upper: (x: { upper: number }) => x.upper,
      lower: (x: { lower: number }) => x.lower,
    }, 600],
    ["cci", take(new peer.CCI(20)), { value: (x: number) => x }, 0],
    ["mfi", take(new peer.MFI(14)), { value: (x: number) => x }, 0],
    ["roc", price(take(new peer.ROC(10))), { value: (x: number) => 100 * x }, 0],
  ];
  for (const [id, feed, outputs, faded] of pairs) {
    const key = keyOf(id);
    const bars = id === "adx" ? untied : real;
    const ours = computeSeries(key, id === "adx" ? checkColumns(columnsOf(untied)) : columns);
    let compared = 0;
    bars.forEach((bar, i) => {
      const result = feed(bar);
      if (result === null || i < faded) return;
      for (const [name, read] of Object.entries(outputs)) {
        const j = key.spec.outputs.findIndex((output) => output.name === name);
        near(ours[j]?.[i] ?? NaN, read(result as never), scaleOf(key, bar), `${id}.${name} candle ${i}`);
        compared++;
      }
    });
    assert.ok(compared > 900, `${id}: ${compared} compared`);
  }
});

Deno.test("bands are as narrow as the prices after a jump, wherever in a block it comes", () => {
  for (let jump = 60; jump < 80; jump++) {
    const bars = Array.from({ length: 120 }, (_, i): Bar => {
      const price = i < jump ? 40_000.1 + (i % 3) : 80_000.3;
      return { t: i * 60_000, open: price, high: price, low: price, close: price, volume: 1 };
    });
    const series = computeSeries(keyOf("bb"), checkColumns(columnsOf(bars)));
    const alone = keyOf("bb").spec.create(20, 2);
    const kernel = new IndicatorKernel();
    bars.forEach((bar, i) => {
      alone.next(bar, true);
      kernel.push(bar);
      if (i < jump + 19) return;
      const widths = [(series[0]?.[i] ?? NaN) - (series[2]?.[i] ?? NaN), kernel.bbUpper - kernel.bbLower];
      widths.push((alone.values[0] as number) - (alone.values[2] as number));
      for (const width of widths) assert.ok(width < 1e-9, `jump at ${jump}, candle ${i}: ${width}`);
    });
  }
});

Deno.test("OBV keeps small volumes beside huge ones", () => {
  const obv = keyOf("obv").spec.create();
  const volumes = [0, 2 ** 60, ...Array.from({ length: 1_000 }, () => 0.125), 2 ** 60];
  let price = 100;
  volumes.forEach((volume, i) => {
    price += i === volumes.length - 1 ? -1 : 1;
    obv.next({ t: i * 60_000, open: price, high: price, low: price, close: price, volume }, true);
  });
  assert.equal(obv.values[0], 125);
});

Deno.test("OBV and the day's VWAP change as trading-signals' do", () => {
  const obv = computeSeries(keyOf("obv"), checkColumns(columnsOf(real)))[0] as Float64Array;
  const theirs = new peer.OBV(2);
  const results = real.map((bar) => theirs.update({ ...bar }, false));
  for (let i = 3; i < real.length; i++) {
    near((obv[i] as number) - (obv[2] as number), Number(results[i]) - Number(results[2]), 1e9, `obv candle ${i}`);
  }
  const midnight = real.findIndex(({ t }) => t % 86_400_000 === 0);
  const day = real.slice(midnight, midnight + 1_440);
  const vwap = computeSeries(keyOf("vwap"), checkColumns(columnsOf(day)))[0] as Float64Array;
  const session = new peer.VWAP();
  day.forEach((bar, i) => near(vwap[i] as number, session.update(bar, false) ?? NaN, 1, `vwap candle ${i}`));
});

Deno.test("windows that are no whole number of candles from one to the limit are refused", () => {
  for (const { id, params, create } of INDICATORS.values()) {
    params.forEach(({ kind, name }, i) => {
      const bad = kind === "candles" ? [0, -1, 1.5, NaN, Infinity, PERIOD_MAX + 1] : [0, -1, NaN, Infinity];
      for (const value of bad) {
        const given = params.map((param, j) => i === j ? value : param.default);
        assert.throws(() => create(...given), RangeError, `${id} ${name} ${value}`);
      }
    });
  }
});

Deno.test("checkColumns() refuses candles that cannot be calculated with", () => {
  const bars = wildBars(10, 1);
  const changes: Partial<Bar>[] = [
    { close: NaN },
    { high: Infinity },
    { low: -Infinity },
    { open: 0 },
    { low: 0 },
    { close: -1 },
    { volume: -1 },
    { volume: NaN },
    { t: NaN },
    { high: 1, low: 2 },
    { t: 60_000 * 4 },
  ];
  for (const change of changes) {
    const broken = bars.map((bar, i) => i === 5 ? { ...bar, ...change } : bar);
    assert.throws(() => checkColumns(columnsOf(broken)), RangeError, JSON.stringify(change));
  }
  assert.throws(() => checkColumns({ ...columnsOf(bars), close: new Float64Array(9) }), /9 and 10/);
});
