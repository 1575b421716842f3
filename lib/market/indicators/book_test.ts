import assert from "node:assert/strict";
import type { Bar } from "./bar.ts";
import { type Hold, IndicatorBook, type SeriesId } from "./book.ts";
import { INDICATORS } from "./registry.ts";
import { randomFrom, wildBars } from "./testing.ts";
import { CLOSE, HISTORY_CANDLES_MAX, SLOTS_MAX } from "./vector.ts";

const SEED = 8;
const BTC: SeriesId = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m" };
const bars = wildBars(4_000, SEED);

function hold(book: IndicatorBook, text: string, id = BTC): Hold {
  const holding = book.hold(id, text);
  assert.ok(holding.ok, holding.ok ? "" : holding.error);
  return holding.hold;
}

/** What an indicator computed alone gives after `taken`, and the candle before; then with `forming` on top. */
function alone({ key }: Hold, taken: readonly Bar[], forming?: Bar) {
  const indicator = key.spec.create(...key.params);
  let previous = indicator.values.slice();
  for (const bar of taken) {
    previous = indicator.values.slice();
    indicator.next(bar, true);
  }
  const closed = indicator.values.slice();
  if (forming !== undefined) indicator.next(forming, false);
  return { previous, closed, forming: indicator.values };
}

function equalsAlone(held: Hold, taken: readonly Bar[], forming?: Bar): void {
  const { vector, slot, key } = held;
  const want = alone(held, taken, forming);
  const got = (values: Float64Array) => values.slice(slot, slot + key.spec.outputs.length);
  assert.deepEqual(got(vector.closed), want.closed, `${key.key} closed`);
  assert.deepEqual(got(vector.previous), want.previous, `${key.key} previous`);
  if (forming !== undefined) assert.deepEqual(got(vector.forming), want.forming, `${key.key} forming`);
}

Deno.test("one indicator is computed once, however many hold it and however they spell it", () => {
  const book = new IndicatorBook();
  const first = hold(book, "ema(20)");
  const others = ["EMA", "ema( 20 )", "ema"].map((text) => hold(book, text));
  for (const other of others) {
    assert.equal(other.slot, first.slot);
    assert.equal(other.vector, first.vector);
  }
  assert.equal(first.vector.size, 1);
  assert.notEqual(hold(book, "ema(21)").slot, first.slot);
  assert.equal(first.vector.size, 2);
});

Deno.test("the vectors show every indicator at the last close, the one before, and the forming candle", () => {
  const book = new IndicatorBook();
  const held = [...INDICATORS.keys()].map((id) => hold(book, id));
  for (const [i, bar] of bars.slice(0, 300).entries()) {
    const forming = { ...bar, close: bar.low, volume: bar.volume / 2 };
    assert.ok(book.preview(BTC, { ...bar, high: bar.high * 2 }));
    assert.ok(book.preview(BTC, forming));
    if (i % 60 === 59) { for (const each of held) equalsAlone(each, bars.slice(0, i), forming); }
    assert.ok(book.close(BTC, bar));
    assert.equal(held[0]?.vector.closed[CLOSE], bar.close);
    assert.ok(held[0]?.vector.forming.every(Number.isNaN), "a preview outlived its candle");
    if (i % 60 === 59) { for (const each of held) equalsAlone(each, bars.slice(0, i + 1)); }
  }
});

Deno.test("an indicator asked for late is computed from the candles kept, the forming one too", () => {
  const book = new IndicatorBook();
  hold(book, "sma(2)");
  for (const bar of bars.slice(0, 400)) book.close(BTC, bar);
  const forming = bars[400] as Bar;
  book.preview(BTC, forming);
  for (const id of INDICATORS.keys()) equalsAlone(hold(book, id), bars.slice(0, 400), forming);
});

Deno.test("candles are kept only as many as are wanted, and in their order when the ring turns and grows", () => {
  const book = new IndicatorBook();
  const { vector } = hold(book, "sma(2)");
  for (const bar of bars.slice(0, 700)) book.close(BTC, bar);
  assert.equal(vector.length, 512);
  equalsAlone(hold(book, "ema(3)"), bars.slice(700 - 512, 700));
  // A longer one wants more: the ring grows while it is turned.
  hold(book, "ema(100)");
  for (const bar of bars.slice(700, 900)) book.close(BTC, bar);
  assert.equal(vector.length, 712);
  equalsAlone(hold(book, "obv"), bars.slice(700 - 512, 900));
  for (const bar of bars.slice(900)) book.close(BTC, bar);
  assert.ok(vector.length < HISTORY_CANDLES_MAX);
  assert.equal(vector.length, vector.wanted);
});

Deno.test("a cold series says how many candles it wants, once", () => {
  const book = new IndicatorBook();
  const held = hold(book, "ema(200)");
  const [wish] = book.cold();
  assert.deepEqual(wish?.id, BTC);
  assert.ok(wish.candles > 2_000 && wish.candles <= HISTORY_CANDLES_MAX);
  const history = bars.slice(0, wish.candles);
  // A close arrives while the history is being read.
  const next = bars[wish.candles] as Bar;
  book.close(BTC, next);
  book.restate(BTC, history);
  assert.deepEqual(book.cold(), []);
  equalsAlone(held, [...history.slice(1), next]);
  hold(book, "ema(20)");
  assert.deepEqual(book.cold(), []);
  const other = { ...BTC, timeframe: "1d" } as const;
  hold(book, "ema(200)", other);
  book.restate(other, bars.slice(0, 30));
  assert.deepEqual(book.cold(), [], "the exchange has no more than it gave");
  hold(book, "ema(240)", other);
  assert.equal(book.cold().length, 1);
});

Deno.test("candles told again, filled in or corrected by history give what the right ones would have given", () => {
  const random = randomFrom(SEED);
  for (let round = 0; round < 20; round++) {
    const book = new IndicatorBook();
    const held = ["ema(9)", "donchian(20)", "rsi(14)", "vwap"].map((text) => hold(book, text));
    const truth = bars.slice(0, 200);
    const from = 50 + Math.floor(random() * 100);
    const to = from + 1 + Math.floor(random() * 40);
    const lost = random() < 0.5;
    for (const [i, bar] of truth.entries()) {
      if (i < from || i >= to) book.close(BTC, bar);
      else if (!lost) book.close(BTC, { ...bar, close: bar.low });
    }
    const forming = bars[200] as Bar;
    book.preview(BTC, forming);
    book.restate(BTC, truth.slice(from, to));
    for (const each of held) equalsAlone(each, truth, forming);
  }
});

Deno.test("a candle that closes twice or comes late changes nothing", () => {
  const book = new IndicatorBook();
  const held = hold(book, "ema(2)");
  for (const bar of bars.slice(0, 10)) assert.ok(book.close(BTC, bar));
  const before = held.vector.closed.slice();
  assert.equal(book.close(BTC, { ...bars[9] as Bar, close: 1, low: 1 }), false);
  assert.equal(book.close(BTC, bars[3] as Bar), false);
  assert.equal(book.preview(BTC, bars[9] as Bar), false);
  assert.deepEqual(held.vector.closed, before);
});

Deno.test("a candle that cannot be calculated with is refused and changes nothing", () => {
  const book = new IndicatorBook();
  const held = hold(book, "ema(2)");
  for (const bar of bars.slice(0, 10)) book.close(BTC, bar);
  const bad = [{ close: NaN }, { high: Infinity }, { low: 0 }, { volume: -1 }, { high: 1, low: 2 }];
  for (const change of bad) {
    const bar = { ...bars[10] as Bar, ...change };
    assert.throws(() => book.close(BTC, bar), RangeError);
    assert.throws(() => book.preview(BTC, bar), RangeError);
    assert.throws(() => book.restate(BTC, [bars[9] as Bar, bar]), RangeError);
  }
  assert.throws(() => book.restate(BTC, [bars[9] as Bar, bars[8] as Bar]), /order them by time/);
  equalsAlone(held, bars.slice(0, 10));
});

Deno.test("what the last holder lets go of is no longer computed, and its places are used again", () => {
  const book = new IndicatorBook();
  const kept = hold(book, "sma(2)");
  const [a, b] = [hold(book, "macd"), hold(book, "macd")];
  for (const bar of bars.slice(0, 100)) book.close(BTC, bar);
  a.release();
  a.release();
  assert.equal(kept.vector.size, 2, "released twice by one, still held by the other");
  b.release();
  assert.equal(kept.vector.size, 1);
  assert.ok(Number.isNaN(kept.vector.closed[b.slot]));
  const next = hold(book, "bb");
  assert.equal(next.slot, b.slot);
  equalsAlone(next, bars.slice(0, 100));
  next.release();
  kept.release();
  assert.equal(book.size, 0);
  assert.equal(book.vector(BTC), undefined);
  assert.equal(book.close(BTC, bars[100] as Bar), false);
});

Deno.test("indicators and series beyond the limits are refused, and those held go on", () => {
  const book = new IndicatorBook({ series: 2 });
  const eth = { ...BTC, symbol: "ETH-USDT" };
  let held = 0;
  for (;;) {
    const holding = book.hold(BTC, `sma(${held + 1})`);
    if (!holding.ok) {
      assert.equal(holding.code, "indicator_limit");
      break;
    }
    held++;
  }
  assert.equal(held, SLOTS_MAX - 5);
  hold(book, "sma(1)");
  const only = hold(book, "ema", eth);
  const refused = book.hold({ ...BTC, symbol: "XRP-USDT" }, "ema");
  assert.ok(!refused.ok && refused.code === "indicator_limit");
  const wrong = book.hold(eth, "ema(0)");
  assert.ok(!wrong.ok && wrong.code === "indicator_invalid");
  only.release();
  hold(book, "ema", { ...BTC, symbol: "XRP-USDT" });
});
