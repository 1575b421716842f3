import assert from "node:assert/strict";
import { exchangeNow, observeClock } from "./exchange_clock.ts";

Deno.test("the exchange's clock runs on at wall speed between events", () => {
  const clock = observeClock(null, 1_000_000, 50);
  assert.equal(exchangeNow(clock, 550), 1_000_500);
  assert.equal(exchangeNow(clock, 0), 1_000_000);
});

Deno.test("a simulated clock that runs sixty times faster is followed", () => {
  let clock = observeClock(null, 0, 0);
  for (let i = 1; i <= 30; i++) clock = observeClock(clock, i * 30_000, i * 500);
  assert.ok(Math.abs(clock.rate - 60) < 0.1, `rate is ${clock.rate}`);
});

Deno.test("network jitter does not make a real clock run", () => {
  let clock = observeClock(null, 0, 0);
  for (const [event, wall] of [[500, 620], [1_000, 1_010], [1_500, 1_640]] as const) {
    clock = observeClock(clock, event, wall);
  }
  assert.equal(clock.rate, 1);
});

Deno.test("an older event changes nothing", () => {
  const clock = observeClock(null, 10_000, 0);
  assert.equal(observeClock(clock, 9_000, 5_000), clock);
});
