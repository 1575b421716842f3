import assert from "node:assert/strict";
import { ATR, BollingerBands, EMA, MACD, RSI, SMA } from "trading-signals";
import { checkColumns, columnsOf } from "./bar.ts";
import { computeSeries } from "./batch.ts";
import { type HighLowClose, IndicatorKernel } from "./standard.ts";
import { parseReference } from "./key.ts";
import { realBars, wildBars } from "./testing.ts";

const SEED = 7;
/** Seeds of averages differ (ours: a simple average, as in TA-Lib; theirs: the first price) and have faded by then. */
const FADED_AT = 1_200;

function bars(count: number, seed: number): HighLowClose[] {
  return wildBars(count, seed);
}

function near(ours: number, theirs: number, scale: number, what: string): void {
  assert.ok(Math.abs(ours - theirs) <= 1e-9 * Math.max(Math.abs(theirs), scale), `${what}: ${ours} against ${theirs}`);
}

function oracle() {
  return {
    sma: new SMA(20),
    ema20: new EMA(20),
    ema50: new EMA(50),
    rsi: new RSI(14),
    macd: new MACD(new EMA(12), new EMA(26), new EMA(9)),
    bands: new BollingerBands(20, 2),
    atr: new ATR(14),
  };
}

function feed(to: ReturnType<typeof oracle>, bar: HighLowClose, replace: boolean) {
  return {
    sma: to.sma.update(bar.close, replace),
    ema20: to.ema20.update(bar.close, replace),
    ema50: to.ema50.update(bar.close, replace),
    rsi: to.rsi.update(bar.close, replace),
    macd: to.macd.update(bar.close, replace),
    bands: to.bands.update(bar.close, replace),
    atr: to.atr.update(bar, replace),
  };
}

function compare(ours: IndicatorKernel, theirs: ReturnType<typeof feed>, i: number, price: number): void {
  const at = (name: string) => `seed ${SEED} candle ${i} ${name}`;
  if (theirs.sma === null || theirs.bands === null) {
    assert.ok(Number.isNaN(ours.sma20) && Number.isNaN(ours.bbUpper), at("bands are too early"));
  } else {
    near(ours.sma20, theirs.sma, price, at("sma20"));
    near(ours.bbUpper, theirs.bands.upper, price, at("bb_upper"));
    near(ours.bbLower, theirs.bands.lower, price, at("bb_lower"));
  }
  if (theirs.rsi === null) assert.ok(Number.isNaN(ours.rsi14), at("rsi14 is too early"));
  else near(ours.rsi14, theirs.rsi, 100, at("rsi14"));
  if (theirs.atr === null) assert.ok(Number.isNaN(ours.atr14), at("atr14 is too early"));
  else near(ours.atr14, theirs.atr, 0, at("atr14"));
  if (i < FADED_AT || theirs.macd === null) return;
  near(ours.ema20, theirs.ema20, price, at("ema20"));
  near(ours.ema50, theirs.ema50, price, at("ema50"));
  // Differences of averages lose digits by cancelling: they are held against the price.
  near(ours.macd, theirs.macd.macd, price, at("macd"));
  near(ours.macdSignal, theirs.macd.signal, price, at("macd_signal"));
  near(ours.macdHistogram, theirs.macd.histogram, price, at("macd_hist"));
}

Deno.test("IndicatorKernel equals trading-signals within 1e-9 on closed candles", () => {
  const ours = new IndicatorKernel();
  const theirs = oracle();
  bars(6_000, SEED).forEach((bar, i) => {
    ours.push(bar);
    compare(ours, feed(theirs, bar, false), i, bar.close);
  });
});

Deno.test("IndicatorKernel previews a forming candle as trading-signals replaces one, and closes as if it never had", () => {
  const ours = new IndicatorKernel();
  const untouched = new IndicatorKernel();
  const theirs = oracle();
  bars(3_000, SEED).forEach((bar, i) => {
    for (const [tick, share] of [0.2, 1.7, 0.9].entries()) {
      const close = bar.close * (1 + (share - 1) / 500);
      const forming = { high: Math.max(bar.high, close), low: Math.min(bar.low, close), close };
      ours.peek(forming);
      compare(ours, feed(theirs, forming, tick > 0), i, close);
    }
    ours.push(bar);
    untouched.push(bar);
    compare(ours, feed(theirs, bar, true), i, bar.close);
    assert.deepEqual(ours.toWire(2), untouched.toWire(2), `candle ${i}`);
  });
});

Deno.test("IndicatorKernel seeds its averages by the simple average of their first window", () => {
  const closes = bars(60, SEED).map((bar) => bar.close);
  const kernel = new IndicatorKernel();
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  closes.forEach((close, i) => {
    kernel.push({ high: close, low: close, close });
    if (i < 19) assert.ok(Number.isNaN(kernel.ema20));
    if (i === 19) near(kernel.ema20, mean(closes.slice(0, 20)), 0, "ema20 seed");
    if (i === 20) near(kernel.ema20, mean(closes.slice(0, 20)) * 19 / 21 + close * 2 / 21, 0, "ema20 first step");
    if (i === 49) near(kernel.ema50, mean(closes.slice(0, 50)), 0, "ema50 seed");
    assert.equal(Number.isNaN(kernel.macd), i < 25);
    assert.equal(Number.isNaN(kernel.macdSignal), i < 33);
  });
});

Deno.test("toWire() leaves out what has no value yet and keeps four digits below the tick", () => {
  const kernel = new IndicatorKernel();
  kernel.push({ high: 2, low: 1, close: 1.5 });
  assert.equal(kernel.toWire(2), undefined);
  for (let i = 0; i < 14; i++) kernel.push({ high: 2 + i / 3, low: 1 + i / 3, close: 1.5 + i / 3 });
  const ind = kernel.toWire(2);
  assert.deepEqual(Object.keys(ind ?? {}), ["rsi14", "atr14"]);
  assert.equal(ind?.atr14, Math.round(kernel.atr14 * 1e6) / 1e6);
});

Deno.test("IndicatorKernel gives what the indicators give one by one, on real candles and through jumps", async () => {
  for (const candles of [await realBars(3_000), wildBars(6_000, SEED)]) {
    const columns = checkColumns(columnsOf(candles));
    const read = (text: string) => {
      const key = parseReference(text);
      assert.ok(key.ok);
      return computeSeries(key.value, columns)[key.value.output] as Float64Array;
    };
    const references = {
      sma20: read("sma(20)"),
      ema20: read("ema(20)"),
      ema50: read("ema(50)"),
      rsi14: read("rsi(14)"),
      macd: read("macd.line"),
      macdSignal: read("macd.signal"),
      macdHistogram: read("macd.histogram"),
      bbUpper: read("bb.upper"),
      bbLower: read("bb.lower"),
      atr14: read("atr(14)"),
    };
    const kernel = new IndicatorKernel();
    candles.forEach((candle, i) => {
      kernel.push(candle);
      for (const [name, series] of Object.entries(references)) {
        const [ours, alone] = [kernel[name as keyof typeof references], series[i] as number];
        if (Number.isNaN(alone)) assert.ok(Number.isNaN(ours), `candle ${i} ${name} is too early`);
        else near(ours, alone, candle.close, `candle ${i} ${name}`);
      }
    });
  }
});

Deno.test("IndicatorKernel refuses numbers that are not finite and goes on as if it had not seen them", () => {
  const [kernel, untouched] = [new IndicatorKernel(), new IndicatorKernel()];
  for (const bar of bars(100, SEED)) {
    for (const bad of [NaN, Infinity, -Infinity]) {
      assert.throws(() => kernel.push({ ...bar, close: bad }), RangeError);
      assert.throws(() => kernel.push({ ...bar, high: bad }), RangeError);
      assert.throws(() => kernel.peek({ ...bar, low: bad }), RangeError);
    }
    kernel.push(bar);
    untouched.push(bar);
    assert.deepEqual(kernel.toWire(2), untouched.toWire(2));
  }
});
