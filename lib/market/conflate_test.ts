import assert from "node:assert/strict";
import { Conflator } from "./conflate.ts";

Deno.test("Conflator lets at most two values a second through on each topic, the latest of them", () => {
  const conflator = new Conflator<number>();
  const seen: { topic: string; value: number; at: number }[] = [];
  for (let at = 0; at <= 3_000; at += 20) {
    conflator.offer("a", at);
    if (at % 1_000 === 0) conflator.offer("b", -at);
    for (const due of conflator.due(at)) seen.push({ ...due, at });
  }
  const a = seen.filter(({ topic }) => topic === "a");
  assert.deepEqual(a.map(({ at }) => at), [0, 500, 1_000, 1_500, 2_000, 2_500, 3_000]);
  assert.ok(a.every(({ value, at }) => value === at), "the latest value wins");
  assert.equal(seen.filter(({ topic }) => topic === "b").length, 4);
});

Deno.test("Conflator sends a value once, and none that was dropped because a close overtook it", () => {
  const conflator = new Conflator<number>();
  conflator.offer("a", 1);
  assert.equal(conflator.due(0).length, 1);
  assert.equal(conflator.due(10_000).length, 0);
  conflator.offer("a", 2);
  conflator.drop("a");
  assert.equal(conflator.due(20_000).length, 0);
  conflator.offer("a", 3);
  conflator.retain(() => false);
  assert.equal(conflator.size, 0);
});
