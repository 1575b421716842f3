import assert from "node:assert/strict";
import {
  areaPath,
  frameOf,
  linePath,
  nearestPoint,
  rangeStart,
  spreadTags,
  timeTicks,
  valueTicks,
  xOf,
  yOf,
} from "./value_chart.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 1, 13);
const POINTS = Array.from({ length: 244 }, (_, i) => ({ t: START + i * DAY, v: 100 + i / 13 }));
const NOW = START + 243 * DAY;

function frame(fromMs: number | null = null, others: number[] = []) {
  return frameOf(POINTS, { fromMs, nowMs: NOW, others }) ?? assert.fail("no frame");
}

Deno.test("a frame holds all points with room around them, and marks that are not far off", () => {
  const whole = frame(null, [121, 400]);
  assert.equal(xOf(whole, START), 0);
  assert.ok(xOf(whole, NOW) > 90 && xOf(whole, NOW) < 97);
  for (const { v } of POINTS) assert.ok(yOf(whole, v) > 0 && yOf(whole, v) < 100);
  assert.ok(whole.high > 121 && whole.high < 130);
  assert.equal(frameOf(POINTS.slice(0, 1), { fromMs: null, nowMs: NOW }), null);
});

Deno.test("a value that does not move has a frame, too", () => {
  const flat = frameOf([{ t: 0, v: 100 }, { t: DAY, v: 100 }], { fromMs: null, nowMs: DAY }) ?? assert.fail();
  assert.equal(yOf(flat, 100), 50);
  assert.ok(valueTicks(flat).ticks.length > 0);
});

Deno.test("paths go through the points, and the area along the bottom", () => {
  const line = linePath(frame(), POINTS);
  assert.match(line, /^M0 \d+L/);
  assert.equal(line.split("L").length, POINTS.length);
  assert.equal(areaPath(frame(), POINTS), `${line}V1000H0Z`);
  assert.doesNotMatch(line, /NaN|Infinity/);
});

Deno.test("ticks are round, few, and inside", () => {
  const { ticks, digits } = valueTicks(frame());
  assert.ok(ticks.length >= 3 && ticks.length <= 9);
  assert.equal(digits, 2);
  for (const days of [0.2, 1, 7, 30, 90, 243]) {
    const shown = frame(NOW - days * DAY);
    const { ticks, mark } = timeTicks(shown);
    assert.ok(ticks.length > 0 && ticks.length <= 10, `${days} days: ${ticks.length}`);
    assert.equal(mark, days < 2 ? "hour" : days < 100 ? "day" : "month");
    for (const t of ticks) assert.ok(t >= shown.from && t < shown.to);
  }
});

Deno.test("tags on the axis never cover each other, in whatever order they come", () => {
  for (const places of [[50, 51, 49], [0, 0, 0, 0], [100, 99, 98], [10, 90], []]) {
    const spread = spreadTags(places, 9);
    const sorted = spread.toSorted((a, b) => a - b);
    for (const [i, place] of sorted.entries()) {
      assert.ok(place >= 0 && place <= 100, String(spread));
      if (i > 0) assert.ok(place - (sorted[i - 1] ?? 0) >= 8.99, String(spread));
    }
  }
});

Deno.test("a range begins so many days ago, and the pointer finds the point nearest to it", () => {
  assert.equal(rangeStart("1m", NOW), NOW - 30 * DAY);
  assert.equal(rangeStart("all", NOW), null);
  assert.deepEqual(nearestPoint(frame(), POINTS, 0), POINTS[0]);
  assert.deepEqual(nearestPoint(frame(), POINTS, 100), POINTS[POINTS.length - 1]);
});
