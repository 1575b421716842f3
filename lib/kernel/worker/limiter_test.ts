import assert from "node:assert/strict";
import { backoff_ms, delay } from "./backoff.ts";
import { Limiter } from "./limiter.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

Deno.test(
  "Limiter runs no more than its number at once and takes waiting tasks by priority, then arrival",
  sanitized,
  async () => {
    const limiter = new Limiter(2);
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const task = (name: string, priority: number) =>
      limiter.run(async () => {
        most = Math.max(most, ++running);
        order.push(name);
        await delay(1);
        running--;
      }, priority);
    await Promise.all([task("a", 5), task("b", 5), task("c", 2), task("d", 1), task("e", 1)]);
    assert.equal(most, 2);
    assert.deepEqual(order, ["a", "b", "d", "e", "c"]);
  },
);

Deno.test("Limiter frees the place of a task that failed", sanitized, async () => {
  const limiter = new Limiter(1);
  await assert.rejects(limiter.run(() => Promise.reject(new Error("no"))));
  assert.equal(await limiter.run(() => Promise.resolve("next")), "next");
});

Deno.test("backoff_ms() doubles up to its maximum and spreads over the upper half", () => {
  const at = (attempt: number, random: number) =>
    backoff_ms(attempt, { base_ms: 100, max_ms: 1_000, random: () => random });
  assert.deepEqual([0, 1, 2, 3, 4, 1_000].map((attempt) => at(attempt, 0)), [50, 100, 200, 400, 500, 500]);
  assert.equal(at(2, 0.5), 300);
});

Deno.test("delay() ends at once when it is aborted", sanitized, async () => {
  const stop = new AbortController();
  const waiting = delay(60_000, stop.signal);
  stop.abort();
  await waiting;
  await delay(60_000, stop.signal);
});
