import assert from "node:assert/strict";
import { barOfTime, barTimes, timeOfBar } from "./chart_time.ts";

const MINUTE = 60_000;
const WHOLE = barTimes([0, 1, 2, 3].map((i) => ({ t: 1_000 * MINUTE + i * MINUTE })), MINUTE);
const HOLED = barTimes([0, 1, 60, 61].map((i) => ({ t: 1_000 * MINUTE + i * MINUTE })), MINUTE);

Deno.test("a place in bars and its time lead to each other, beyond either end too", () => {
  for (const bar of [-20, -0.5, 0, 1.25, 2, 3, 3.5, 40]) {
    const time = timeOfBar(WHOLE, bar);
    assert.ok(time !== null);
    assert.equal(barOfTime(WHOLE, time), bar);
  }
  assert.equal(timeOfBar(WHOLE, 5), 1_005 * MINUTE);
  assert.equal(timeOfBar(WHOLE, -2), 998 * MINUTE);
});

Deno.test("times in a gap are where the gap is", () => {
  assert.equal(barOfTime(HOLED, 1_030 * MINUTE), 2);
  assert.equal(barOfTime(HOLED, 1_060 * MINUTE), 2);
  assert.equal(barOfTime(HOLED, 1_062 * MINUTE), 4);
});

Deno.test("without candles, or with no number, there is no place", () => {
  assert.equal(timeOfBar(barTimes([], MINUTE), 1), null);
  assert.equal(barOfTime(barTimes([], MINUTE), 1), null);
  assert.equal(timeOfBar(WHOLE, NaN), null);
  assert.equal(barOfTime(WHOLE, Infinity), null);
});
