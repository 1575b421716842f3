import assert from "node:assert/strict";
import { axisOf, shortNumber } from "./axis.ts";

Deno.test("axisOf() puts every value between round marks, of which there are few", () => {
  for (
    const values of [
      [0],
      [],
      [5],
      [-3],
      [0.0001, 0.0002],
      [98_412.6, 99_000],
      [1, 1_000_000],
      [-250, 400],
      [3, 3, 3],
      [14_208_311, 14_100_000],
    ]
  ) {
    const { low, high, marks } = axisOf(values);
    for (const value of values) assert.ok(value >= low && value <= high, `${value} of ${values} on ${low} to ${high}`);
    assert.ok(low < high, String(values));
    assert.ok(marks.length >= 2 && marks.length <= 6, `${marks.length} marks for ${values}`);
    assert.deepEqual([marks[0], marks.at(-1)], [low, high]);
  }
});

Deno.test("axisOf() begins at 0 where values differ much, and not where they hardly do", () => {
  assert.equal(axisOf([100, 1_000]).low, 0);
  assert.ok(axisOf([990, 1_000]).low > 0);
  assert.deepEqual([axisOf([50, 60], true).low, axisOf([-50, -60], true).high], [0, 0]);
});

Deno.test("shortNumber() says a number in a few characters", () => {
  assert.deepEqual(
    [0, 950, 1_200, 14_208_311, -2_500_000_000, 0.25].map(shortNumber),
    ["0", "950", "1.2k", "14.21M", "−2.5B", "0.25"],
  );
});
