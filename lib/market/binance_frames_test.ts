import assert from "node:assert/strict";
import { seeded } from "../kernel/seeded.ts";
import type { BadFrameReason } from "./bad_frame.ts";
import { bookFault, type DecodedFrame, decodeFrame, decodeKlineRow, FRAME_LENGTH_MAX } from "./binance_frames.ts";
import { BINANCE_DEPTH, BINANCE_KLINE, BINANCE_TRADE } from "./testdata/venue_frames.ts";

const KLINE: DecodedFrame = {
  kind: "kline",
  id: "ETHBTC",
  interval: "1m",
  candle: { t: 1579482900000, o: "0.01913200", h: "0.01913700", l: "0.01913200", c: "0.01913500", v: "5.08400000" },
  closed: false,
  et: 1579482921215,
};

const TRADE: DecodedFrame = {
  kind: "trade",
  id: "ETHBTC",
  tradeId: 158410082,
  price: "0.01914100",
  quantity: "0.00700000",
  side: "buy",
  at: 1579481530910,
  et: 1579481530911,
};

Deno.test("decodeFrame() reads klines and trades, raw and wrapped, however their fields are ordered", () => {
  assert.deepEqual(decodeFrame(JSON.stringify(BINANCE_KLINE)), KLINE);
  assert.deepEqual(decodeFrame(JSON.stringify({ stream: "ethbtc@kline_1m", data: BINANCE_KLINE })), KLINE);
  const closed = { ...BINANCE_KLINE, k: { ...BINANCE_KLINE.k, x: true } };
  assert.deepEqual(decodeFrame(JSON.stringify(closed)), { ...KLINE, closed: true });
  const quiet = { ...BINANCE_KLINE, k: { ...BINANCE_KLINE.k, f: -1, L: -1, n: 0 } };
  assert.deepEqual(decodeFrame(JSON.stringify(quiet)), KLINE);
  const { k, ...rest } = BINANCE_KLINE;
  assert.deepEqual(decodeFrame(JSON.stringify({ k: Object.fromEntries(Object.entries(k).reverse()), ...rest })), KLINE);
  assert.deepEqual(decodeFrame(JSON.stringify(BINANCE_TRADE)), TRADE);
  assert.deepEqual(decodeFrame(JSON.stringify({ stream: "ethbtc@trade", data: BINANCE_TRADE })), TRADE);
  assert.deepEqual(decodeFrame(JSON.stringify({ ...BINANCE_TRADE, m: true, b: 1, a: 2 })), { ...TRADE, side: "sell" });
});

Deno.test("decodeFrame() reads the top of a book with its symbol from the stream's name, and at most twenty levels", () => {
  const book = decodeFrame(JSON.stringify(BINANCE_DEPTH));
  assert.deepEqual(book, {
    kind: "book",
    id: "ETHBTC",
    updateId: 160,
    bids: BINANCE_DEPTH.data.bids,
    asks: BINANCE_DEPTH.data.asks,
  });
  const many = Array.from({ length: 30 }, (_, i) => [`${30 - i}`, "1"]);
  const deep = decodeFrame(JSON.stringify({ stream: "a@depth20", data: { lastUpdateId: 1, bids: many, asks: [] } }));
  assert.equal(deep.kind === "book" && deep.bids.length, 20);
});

Deno.test("decodeFrame() tells that the server is about to end, raw and wrapped", () => {
  for (const text of ['{"e":"serverShutdown","E":1770123456789}', '{"event":{"e":"serverShutdown","E":1}}']) {
    assert.deepEqual(decodeFrame(text), { kind: "shutdown" });
  }
});

Deno.test("decodeFrame() says why a frame cannot be used", () => {
  const kline = (change: Record<string, unknown>) =>
    JSON.stringify({ ...BINANCE_KLINE, k: { ...BINANCE_KLINE.k, ...change } });
  const trade = (change: Record<string, unknown>) => JSON.stringify({ ...BINANCE_TRADE, ...change });
  const depth = (change: Record<string, unknown>) =>
    JSON.stringify({ ...BINANCE_DEPTH, data: { ...BINANCE_DEPTH.data, ...change } });
  const { t } = BINANCE_KLINE.k;
  const frames: Record<Exclude<BadFrameReason, "not_text">, string[]> = {
    too_long: ["x".repeat(FRAME_LENGTH_MAX + 1), kline({ pad: " ".repeat(5_000_000) })],
    not_json: ["", "{", '{"e":"kline"', JSON.stringify(BINANCE_KLINE).slice(0, 180), "NaN", '{"e":"kline","E":NaN}'],
    unknown_event: ["null", "5", '"kline"', "[]", '{"result":null,"id":9}', '{"e":"forceOrder"}', '{"data":null}'],
    missing_field: [
      '{"e":"kline"}',
      '{"e":"kline","E":1,"k":null}',
      kline({ o: undefined }),
      kline({ t: undefined }),
      kline({ x: "true" }),
      kline({ s: 5 }),
      trade({ p: undefined }),
      trade({ m: 1 }),
      depth({ asks: undefined }),
    ],
    bad_number: [
      kline({ o: 0.001 }),
      kline({ o: "1e-3" }),
      kline({ h: "1e309" }),
      kline({ c: "NaN" }),
      kline({ c: null }),
      kline({ o: "1".repeat(100) }),
      kline({ o: "00.1" }),
      kline({ o: "1." }),
      trade({ p: "Infinity" }),
      trade({ q: "1e5" }),
      trade({ t: -5 }),
      depth({ bids: [["1"]] }),
      depth({ bids: [[1, 2]] }),
      depth({ lastUpdateId: "160" }),
    ],
    bad_price: [
      kline({ l: "0" }),
      kline({ l: "0.00000000" }),
      kline({ l: "-1" }),
      kline({ h: "0.0001" }),
      kline({ l: "0.02" }),
      kline({ v: "-5" }),
      trade({ p: "0.00000000" }),
      trade({ p: "-1" }),
      trade({ q: "0" }),
      depth({ bids: [["0", "1"]] }),
      depth({ bids: [["0.0027", "1"]] }),
      depth({ asks: [["2", "1"], ["1", "1"]] }),
    ],
    bad_time: [
      JSON.stringify({ ...BINANCE_KLINE, E: "soon" }),
      JSON.stringify({ ...BINANCE_KLINE, E: -1 }),
      kline({ t: 1.5 }),
      kline({ t: t + 1 }),
      kline({ t: t + 600_000 }),
      kline({ t: t - 900_000 }),
      trade({ T: null }),
    ],
    clock_skew: [],
    out_of_order: [],
    duplicate: [],
    closed_twice: [],
  };
  for (const [reason, texts] of Object.entries(frames)) {
    for (const text of texts) assert.deepEqual(decodeFrame(text), { kind: "bad", reason }, text.slice(0, 300));
  }
});

Deno.test("decodeFrame() never throws, and takes nothing insane from 100,000 mutated frames", () => {
  const texts = [
    JSON.stringify(BINANCE_KLINE),
    JSON.stringify({ stream: "ethbtc@kline_1m", data: BINANCE_KLINE }),
    JSON.stringify(BINANCE_TRADE),
    JSON.stringify({ stream: "ethbtc@trade", data: BINANCE_TRADE }),
    JSON.stringify(BINANCE_DEPTH),
  ];
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pieces = ['"', "}", "{", "[", ",", "-", "9", "0", ".", "e", ":", "\\", "\u0000", "é", "null", "1e309", '""'];
  for (let i = 0; i < 100_000; i++) {
    let text = texts[i % texts.length] as string;
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = below(text.length + 1);
      const kind = below(4);
      if (kind === 0) text = text.slice(0, at);
      else if (kind === 1) text = text.slice(0, at) + text.slice(at + 1 + below(12));
      else if (kind === 2) text = text.slice(0, at) + (pieces[below(pieces.length)] ?? "") + text.slice(at + below(3));
      else text += (texts[below(texts.length)] ?? "").slice(at);
    }
    const context = `seed ${seed}, frame ${i}: ${text}`;
    const frame = decodeFrame(text);
    if (frame.kind === "kline") {
      const { o, h, l, c, v } = frame.candle;
      const [open, high, low, close] = [o, h, l, c].map(Number) as [number, number, number, number];
      assert.ok(low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close) && Number(v) >= 0, context);
      assert.ok(Number.isFinite(high) && Number.isSafeInteger(frame.et), context);
    } else if (frame.kind === "trade") {
      assert.ok(Number(frame.price) > 0 && Number(frame.quantity) > 0 && Number.isSafeInteger(frame.tradeId), context);
    } else if (frame.kind === "book") {
      assert.equal(bookFault(frame.bids, frame.asks), null, context);
    }
    // The quick way must never take what the slow one, which reads the JSON, would not.
    if (frame.kind !== "bad") assert.doesNotThrow(() => JSON.parse(text), context);
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
