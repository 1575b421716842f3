import assert from "node:assert/strict";
import type { Candle } from "../candle.ts";
import type { MonitorData } from "../monitor.ts";
import { observeOffset } from "./clock_offset.ts";
import { monitorKey, refreshRows, rowFreshness, takeCandle, toRows } from "./monitor_rows.ts";

const NOW = 1_000_000;

function candle(t: number, c = "100"): Candle {
  return { t, o: "100", h: "110", l: "90", c, v: "1", closed: true };
}

function told(symbol: string, t = 60_000, stale = false): MonitorData["candles"][number] {
  return { exchange: "sim", symbol, timeframe: "1m", at: "1970-01-01T00:01:00Z", stale, candle: candle(t) };
}

Deno.test("a broadcast moves its row, but not from an old leader and not back in time", () => {
  const [row] = toRows([told("A")]);
  assert.ok(row);
  const moved = takeCandle(row, { ...candle(120_000, "101"), closed: false, et: 130_000, token: 5 }, NOW);
  assert.equal(moved.candle.c, "101");
  assert.equal(rowFreshness(moved, NOW + 999), "fresh");
  assert.equal(rowFreshness(moved, NOW + 5_001), "stale");
  assert.equal(takeCandle(moved, { ...candle(180_000), et: 190_000, token: 4 }, NOW), moved);
  assert.equal(takeCandle(moved, { ...candle(60_000), et: 190_000, token: 5 }, NOW), moved);
  const again = takeCandle(moved, { ...candle(120_000, "101"), et: 130_000, token: 5 }, NOW + 6_000);
  assert.equal(rowFreshness(again, NOW + 6_000), "stale", "the same event told again makes no price younger");
});

Deno.test("a refresh keeps the rows' order and what is heard live, adds new markets last, and drops those gone", () => {
  const [a, b, c] = toRows([told("A"), told("B"), told("C")]);
  assert.ok(a && b && c);
  const live = takeCandle(b, { ...candle(120_000, "105"), closed: false, et: 130_000, token: 1 }, NOW);
  const rows = refreshRows([a, live, c], [told("D"), told("B"), told("A", 120_000, true)], NOW + 1_000);
  assert.deepEqual(rows.map(monitorKey), ["sim:A", "sim:B", "sim:D"]);
  assert.equal(rows[0]?.candle.t, 120_000);
  assert.equal(rows[1]?.candle.c, "105");
  assert.equal(rowFreshness(rows[0] ?? a, NOW), "stale");
  assert.equal(rowFreshness(rows[2] ?? a, NOW), "snapshot");
});

Deno.test("the clock's offset is taken from the middle of the way, and a slow answer does not spoil a good one", () => {
  const good = observeOffset(null, 10_000, 4_000, 4_020);
  assert.deepEqual(good, { offset_ms: 5_990, roundTrip_ms: 20 });
  assert.equal(observeOffset(good, 11_500, 5_000, 6_000), good);
  assert.equal(observeOffset(good, 12_000, 6_000, 6_010).offset_ms, 5_995);
});
