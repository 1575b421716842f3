import assert from "node:assert/strict";
import { healthOf } from "./feed_health.ts";

Deno.test("a link that is up says nothing about prices that no longer come", () => {
  assert.equal(healthOf("live", 1_000, 1_400), "fresh");
  assert.equal(healthOf("live", 1_000, 3_000), "late");
  assert.equal(healthOf("live", 1_000, 9_000), "stale");
});

Deno.test("a lost link is reconnecting however fresh its last price, and no event yet is connecting", () => {
  assert.equal(healthOf("reconnecting", 1_000, 1_001), "reconnecting");
  assert.equal(healthOf("live", 0, 9_000), "connecting");
  assert.equal(healthOf("connecting", 0, 9_000), "connecting");
});
