import assert from "node:assert/strict";
import { findGaps, gapLength } from "./gaps.ts";

Deno.test("findGaps() finds every run between candles and nothing at the ends", () => {
  const minute = 60_000;
  const gaps = findGaps("1m", [0, 1, 4, 5, 7].map((i) => i * minute));
  assert.deepEqual(gaps, [{ from: 2 * minute, to: 4 * minute }, { from: 6 * minute, to: 7 * minute }]);
  assert.deepEqual(gaps.map((gap) => gapLength("1m", gap)), [2, 1]);
  assert.deepEqual(findGaps("1h", []), []);
  assert.deepEqual(findGaps("1h", [3_600_000]), []);
  assert.deepEqual(findGaps("5m", [0, 300_000, 600_000]), []);
});
