import assert from "node:assert/strict";
import { RateLimit } from "./gateway/rate_limit.ts";

Deno.test("RateLimit lets a key in so often per window, each key on its own", () => {
  let nowMs = 0;
  const limit = new RateLimit({ count_max: 2, window_ms: 1_000 }, () => nowMs);
  assert.deepEqual([limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")], [true, true, false, true]);
  nowMs = 999;
  assert.equal(limit.take("a"), false);
  nowMs = 1_000;
  assert.equal(limit.take("a"), true);
});

Deno.test("RateLimit forgets the oldest keys rather than grow", () => {
  const limit = new RateLimit({ count_max: 1, window_ms: 1_000 }, () => 0);
  for (let i = 0; i < 10_001; i++) assert.equal(limit.take(`key ${i}`), true);
  assert.equal(limit.take("key 10000"), false);
  assert.equal(limit.take("key 0"), true);
});
