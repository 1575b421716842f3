import assert from "node:assert/strict";
import { decodeKlineFrame, decodeKlineRow, KLINE_FRAME_LENGTH_MAX } from "./binance_frames.ts";

const FRAME = {
  e: "kline",
  E: 1672515782136,
  s: "BNBBTC",
  k: {
    t: 1672515780000,
    T: 1672515839999,
    s: "BNBBTC",
    i: "1m",
    f: 100,
    L: 200,
    o: "0.00100000",
    c: "0.00200000",
    h: "0.00250000",
    l: "0.00100000",
    v: "1000.00000000",
    n: 100,
    x: false,
    q: "1.00000000",
    V: "500.00000000",
    Q: "0.50000000",
    B: "0",
  },
};

Deno.test("decodeKlineFrame() reads raw and combined frames, with the closed flag and the event time", () => {
  const expected = {
    id: "BNBBTC",
    interval: "1m",
    candle: {
      t: 1672515780000,
      o: "0.00100000",
      h: "0.00250000",
      l: "0.00100000",
      c: "0.00200000",
      v: "1000.00000000",
    },
    closed: false,
    et: 1672515782136,
  };
  assert.deepEqual(decodeKlineFrame(JSON.stringify(FRAME)), expected);
  assert.deepEqual(decodeKlineFrame(JSON.stringify({ stream: "bnbbtc@kline_1m", data: FRAME })), expected);
  const closed = { ...FRAME, k: { ...FRAME.k, x: true } };
  assert.equal(decodeKlineFrame(JSON.stringify(closed))?.closed, true);
});

Deno.test("decodeKlineFrame() answers null for garbage and never throws", () => {
  const k = (change: Record<string, unknown>) => JSON.stringify({ ...FRAME, k: { ...FRAME.k, ...change } });
  const garbage = [
    "",
    "null",
    '"kline"',
    '{"e":"kline"',
    '{"e":"kline"}',
    '{"e":"kline","E":1,"k":null}',
    '{"data":null,"x":"kline"}',
    '{"result":null,"id":1}',
    JSON.stringify({ ...FRAME, e: "trade" }),
    JSON.stringify({ ...FRAME, E: "soon" }),
    JSON.stringify({ ...FRAME, E: -1 }),
    k({ t: 1.5 }),
    k({ t: null }),
    k({ x: "true" }),
    k({ s: 5 }),
    k({ o: 0.001 }),
    k({ o: "1e-3" }),
    k({ o: "NaN" }),
    k({ h: "0.0001" }),
    k({ l: "0.003" }),
    k({ l: "0" }),
    k({ l: "-1" }),
    k({ v: "-5" }),
    k({ v: undefined }),
    k({ o: "1".repeat(100) }),
    k({ pad: "x".repeat(KLINE_FRAME_LENGTH_MAX) }),
  ];
  for (const text of garbage) assert.equal(decodeKlineFrame(text), null, text.slice(0, 200));
});

Deno.test("decodeKlineFrame() survives every truncation and single-character change of a frame", () => {
  const text = JSON.stringify(FRAME);
  for (let i = 0; i < text.length; i++) {
    decodeKlineFrame(text.slice(0, i));
    for (const char of ['"', "}", "-", "9", "\u0000"]) {
      const frame = decodeKlineFrame(text.slice(0, i) + char + text.slice(i + 1));
      if (frame !== null) assert.ok(Number(frame.candle.h) >= Number(frame.candle.l) && Number(frame.candle.l) > 0);
    }
  }
});

Deno.test("decodeKlineRow() reads a REST row and answers null for garbage", () => {
  const row = [1499040000000, "0.01634790", "0.80000000", "0.01575800", "0.01577100", "148976.11427815", 1499644799999];
  assert.deepEqual(decodeKlineRow(row), {
    t: 1499040000000,
    o: "0.01634790",
    h: "0.80000000",
    l: "0.01575800",
    c: "0.01577100",
    v: "148976.11427815",
  });
  for (
    const bad of [null, {}, [], ["x"], [1, 2, 3, 4, 5, 6], [-1, "1", "1", "1", "1", "1"], [1, "1", "1", "2", "1", "1"]]
  ) {
    assert.equal(decodeKlineRow(bad), null, JSON.stringify(bad));
  }
});
