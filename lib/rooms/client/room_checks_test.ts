import assert from "node:assert/strict";
import { isMessage, readLines, readView } from "./room_checks.ts";

const MESSAGE = { message_id: "1", message: "x", message_type: "TEXT", username: null, created_at: "", data: {} };

Deno.test("what is neither a message nor a gap is left out of the history", () => {
  const gap = { message_id: "2", removed: true };
  const items = [MESSAGE, gap, null, "x", 7, {}, { ...MESSAGE, message: 5 }, { ...MESSAGE, data: null }, {
    removed: true,
  }];
  assert.deepEqual(readLines(items), [MESSAGE, gap]);
  assert.deepEqual(readLines(undefined), []);
  assert.equal(isMessage({ ...MESSAGE, username: 5 }), false);
});

Deno.test("a view is read as far as it can be drawn", () => {
  const view = { exchange: "sim", symbol: "BTC-USDT", timeframe: "5m", range: { from: 1, to: 2 }, drawings: [] };
  assert.deepEqual(readView(view), view);
  assert.equal(readView({ ...view, range: { from: 2, to: 1 } })?.range, null);
  assert.equal(readView({ ...view, range: "x" })?.range, null);
  for (const bad of [null, {}, { ...view, timeframe: "7m" }, { ...view, symbol: 5 }]) assert.equal(readView(bad), null);
  const level = { id: "a", kind: "level", points: [{ t: 1, p: "2" }], text: "" };
  const drawings = [
    level,
    { ...level, kind: "trend" },
    { ...level, points: [{ t: 1, p: "x" }] },
    { ...level, kind: "circle" },
    null,
  ];
  assert.deepEqual(readView({ ...view, drawings })?.drawings, [level]);
});
