import assert from "node:assert/strict";
import { Turnstile } from "./turnstile.ts";

/** Enters, and notes who came in and who was sent away, in that order. */
function crowd(turnstile: Turnstile) {
  const seen: string[] = [];
  const enter = (name: string, isUrgent = false) =>
    turnstile.enter(isUrgent).then((isIn) => void seen.push(isIn ? name : `${name} was sent away`));
  return { seen, enter };
}

Deno.test("Who finds no place waits for one, the urgent first, each kind in its order", async () => {
  const turnstile = new Turnstile({ places_max: 1, waiting_max: 2, wait_ms_max: 60_000 });
  const { seen, enter } = crowd(turnstile);
  const all = [enter("first"), enter("a"), enter("b"), enter("worker", true), enter("second worker", true)];
  await all[0];
  assert.equal(turnstile.waiting, 4);
  for (let i = 0; i < 5; i++) {
    turnstile.leave();
    await Promise.resolve();
  }
  await Promise.all(all);
  assert.deepEqual(seen, ["first", "worker", "second worker", "a", "b"]);
  // All places are free again.
  await enter("late");
  assert.equal(seen.at(-1), "late");
});

Deno.test("Beyond the limits on who waits and how long one is sent away, and leaves no gap", async () => {
  const turnstile = new Turnstile({ places_max: 1, waiting_max: 1, wait_ms_max: 5 });
  const { seen, enter } = crowd(turnstile);
  await enter("in");
  const waiting = enter("patient");
  await enter("one too many");
  const urgent = enter("worker", true);
  await Promise.all([waiting, urgent]);
  assert.deepEqual(seen.toSorted(), [
    "in",
    "one too many was sent away",
    "patient was sent away",
    "worker was sent away",
  ]);
  assert.equal(turnstile.waiting, 0);
  turnstile.leave();
  await enter("next");
  assert.equal(seen.at(-1), "next");
});
