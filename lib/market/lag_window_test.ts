import assert from "node:assert/strict";
import { LAG_WINDOW_MS, LagWindow, SAMPLES_MAX } from "./lag_window.ts";

Deno.test("LagWindow gives nearest-rank quantiles, and none without samples", () => {
  const window = new LagWindow();
  assert.deepEqual(window.quantiles([0.5, 0.99], 0), [null, null]);
  for (let lag = 1; lag <= 100; lag++) window.add(lag, 0);
  assert.deepEqual(window.quantiles([0, 0.5, 0.99, 1], 0), [1, 50, 99, 100]);
});

Deno.test("LagWindow forgets samples older than its window, and the oldest when it is full", () => {
  const window = new LagWindow();
  window.add(1_000, 0);
  window.add(5, 1);
  assert.deepEqual(window.quantiles([1], LAG_WINDOW_MS), [1_000]);
  assert.deepEqual(window.quantiles([1], LAG_WINDOW_MS + 1), [5]);
  for (let i = 0; i < SAMPLES_MAX; i++) window.add(7, 2);
  assert.deepEqual(window.quantiles([0, 1], 2), [7, 7]);
});

Deno.test("LagWindow takes an event from the future as one without delay", () => {
  const window = new LagWindow();
  window.add(-40, 0);
  assert.deepEqual(window.quantiles([1], 0), [0]);
});
