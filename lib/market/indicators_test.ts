import assert from "node:assert/strict";
import { ATR, BollingerBands, EMA, MACD, RSI, SMA } from "trading-signals";
import { Atr } from "./atr.ts";
import { Bollinger } from "./bollinger.ts";
import { Ema } from "./ema.ts";
import { IndicatorKernel } from "./indicators.ts";
import { Macd } from "./macd.ts";
import { Rsi } from "./rsi.ts";
import { Sma } from "./sma.ts";

const SEED = 7;
/** Seeds of averages differ (ours: a simple average, as in TA-Lib; theirs: the first price) and have faded by then. */
const FADED_AT = 1_200;

interface Bar {
  high: number;
  low: number;
  close: number;
}

function bars(count: number, seed: number): Bar[] {
  let state = seed >>> 0;
  const random = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296;
  const out: Bar[] = [];
  let close = 40_000;
  for (let i = 0; i < count; i++) {
    const open = close;
    // Flat stretches and jumps: where rolling sums go wrong.
    const calm = i % 400 > 340;
    close = calm ? open : open * (1 + (random() - 0.5) * (i % 1_000 === 999 ? 0.4 : 0.004));
    const reach = calm ? 1 : 1 + random() * 0.002;
    out.push({ high: Math.max(open, close) * reach, low: Math.min(open, close) / reach, close });
  }
  return out;
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

function feed(to: ReturnType<typeof oracle>, bar: Bar, replace: boolean) {
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
    ours.push(bar.high, bar.low, bar.close);
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
      ours.peek(forming.high, forming.low, forming.close);
      compare(ours, feed(theirs, forming, tick > 0), i, close);
    }
    ours.push(bar.high, bar.low, bar.close);
    untouched.push(bar.high, bar.low, bar.close);
    compare(ours, feed(theirs, bar, true), i, bar.close);
    assert.deepEqual(ours.toWire(2), untouched.toWire(2), `candle ${i}`);
  });
});

Deno.test("IndicatorKernel seeds its averages by the simple average of their first window", () => {
  const closes = bars(60, SEED).map((bar) => bar.close);
  const kernel = new IndicatorKernel();
  const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  closes.forEach((close, i) => {
    kernel.push(close, close, close);
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
  kernel.push(2, 1, 1.5);
  assert.equal(kernel.toWire(2), undefined);
  for (let i = 0; i < 14; i++) kernel.push(2 + i / 3, 1 + i / 3, 1.5 + i / 3);
  const ind = kernel.toWire(2);
  assert.deepEqual(Object.keys(ind ?? {}), ["rsi14", "atr14"]);
  assert.equal(ind?.atr14, Math.round(kernel.atr14 * 1e6) / 1e6);
});

Deno.test("Sma equals trading-signals within 1e-9, previews included", () => {
  const ours = new Sma(20);
  const theirs = new SMA(20);
  for (const [i, { close }] of bars(2_000, SEED).entries()) {
    const preview = theirs.update(close * 1.01, false);
    if (preview !== null) near(ours.peek(close * 1.01), preview, 0, `candle ${i} preview`);
    const closed = theirs.update(close, true);
    const got = ours.push(close);
    if (closed === null) assert.ok(Number.isNaN(got));
    else near(got, closed, 0, `candle ${i}`);
  }
});

Deno.test("Ema, Rsi, Atr, Macd and Bollinger on their own equal the fused kernel, previews included", () => {
  const fused = new IndicatorKernel();
  const ema = new Ema(50);
  const rsi = new Rsi(14);
  const atr = new Atr(14);
  const macd = new Macd(12, 26, 9);
  const bands = new Bollinger(20, 2);
  for (const [i, { high, low, close }] of bars(2_500, SEED).entries()) {
    for (const step of ["peek", "push"] as const) {
      fused[step](high, low, close);
      macd[step](close);
      bands[step](close);
      const pairs: [number, number][] = [
        [ema[step](close), fused.ema50],
        [rsi[step](close), fused.rsi14],
        [step === "peek" ? atr.peek(high, low) : atr.push(high, low, close), fused.atr14],
        [macd.line, fused.macd],
        [macd.signal, fused.macdSignal],
        [macd.histogram, fused.macdHistogram],
        [bands.mid, fused.sma20],
        [bands.upper, fused.bbUpper],
        [bands.lower, fused.bbLower],
      ];
      for (const [at, [alone, together]] of pairs.entries()) {
        if (Number.isNaN(together)) assert.ok(Number.isNaN(alone), `seed ${SEED} candle ${i} ${step} ${at}`);
        else near(together, alone, close * 1e-3, `seed ${SEED} candle ${i} ${step} ${at}`);
      }
    }
  }
});
