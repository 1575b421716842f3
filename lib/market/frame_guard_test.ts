import assert from "node:assert/strict";
import type { KlineFrame, TradeFrame } from "./binance_frames.ts";
import { FrameGuard, SKEWED_FRAMES_MAX } from "./frame_guard.ts";
import { FROM, MINUTE } from "./testing.ts";

function kline(minute: number, seconds: number, change: Partial<KlineFrame> & { c?: string } = {}): KlineFrame {
  const { c = "2", ...rest } = change;
  const candle = { t: FROM + minute * MINUTE, o: "2", h: "3", l: "1", c, v: "1" };
  return { kind: "kline", id: "A", interval: "1m", candle, closed: false, et: candle.t + seconds * 1_000, ...rest };
}

function trade(tradeId: number, et = FROM): TradeFrame {
  return { kind: "trade", id: "A", tradeId, price: "1", quantity: "1", side: "buy", at: et, et };
}

Deno.test("a minute that closes twice is refused, whether it says the same or not, and its late forming frames too", () => {
  const guard = new FrameGuard(null);
  assert.equal(guard.kline(kline(0, 30), false), "take");
  assert.equal(guard.kline(kline(0, 60, { closed: true }), false), "take");
  assert.equal(guard.kline(kline(0, 60, { closed: true }), false), "duplicate");
  assert.equal(guard.kline(kline(0, 61, { closed: true, c: "3" }), false), "closed_twice");
  assert.equal(guard.kline(kline(0, 59), false), "out_of_order");
  assert.equal(guard.kline(kline(-1, 61, { closed: true }), false), "out_of_order");
  assert.equal(guard.kline(kline(1, 1), false), "take");
  assert.equal(guard.kline(kline(1, 0), false), "out_of_order");
});

Deno.test("what a second socket repeats while two are spliced is no fault, but a second truth is", () => {
  const guard = new FrameGuard(null);
  guard.kline(kline(0, 60, { closed: true }), false);
  assert.equal(guard.kline(kline(0, 60, { closed: true }), true), "repeat");
  assert.equal(guard.kline(kline(0, 30), true), "repeat");
  assert.equal(guard.kline(kline(0, 60, { closed: true, c: "3" }), true), "closed_twice");
  guard.trade(trade(7), false);
  assert.deepEqual([5, 7, 8].map((id) => guard.trade(trade(id), true)), ["repeat", "repeat", "take"]);
});

Deno.test("trades and books only go forward", () => {
  const guard = new FrameGuard(null);
  const verdicts = [5, 6, 6, 4, 7].map((id) => guard.trade(trade(id), false));
  assert.deepEqual(verdicts, ["take", "take", "duplicate", "out_of_order", "take"]);
  const book = (updateId: number) => guard.book("A", { updateId, bids: [], asks: [] }, false);
  assert.deepEqual([5, 5, 4, 6].map(book), ["take", "repeat", "out_of_order", "take"]);
  guard.reset();
  assert.equal(book(1), "take");
});

Deno.test("one clock ten minutes off is refused, until the exchange itself insists", () => {
  const guard = new FrameGuard(120_000);
  assert.equal(guard.trade(trade(1), false), "take");
  assert.equal(guard.trade(trade(2, FROM + 600_000), false), "clock_skew");
  assert.equal(guard.trade(trade(2, FROM - 600_000), false), "clock_skew");
  assert.equal(guard.trade(trade(2, FROM + 1_000), false), "take");
  assert.equal(guard.latestMs, FROM + 1_000, "a refused frame does not move the clock");
  const insisted = Array.from(
    { length: SKEWED_FRAMES_MAX },
    (_, i) => guard.trade(trade(3 + i, FROM + 600_000), false),
  );
  assert.deepEqual([insisted.indexOf("take"), guard.latestMs], [SKEWED_FRAMES_MAX - 1, FROM + 600_000]);
});
