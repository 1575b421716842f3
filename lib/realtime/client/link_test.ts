import assert from "node:assert/strict";
import { type LinkEvent, type LinkState, nextLink, phaseOf, retryDelayMs } from "./link.ts";

function run(events: LinkEvent[]): LinkState {
  return events.reduce<LinkState>(nextLink, new Map());
}

Deno.test("a link connects, goes live, is lost, and lives again", () => {
  const steps: [LinkEvent, string][] = [
    [{ kind: "asked", topic: "a" }, "connecting"],
    [{ kind: "joined", topic: "a" }, "live"],
    [{ kind: "lost", topic: "a" }, "reconnecting"],
    [{ kind: "joined", topic: "a" }, "live"],
  ];
  let state: LinkState = new Map();
  for (const [event, phase] of steps) {
    state = nextLink(state, event);
    assert.equal(phaseOf(state), phase);
  }
});

Deno.test("one lost topic is enough to be reconnecting", () => {
  const state = run([
    { kind: "asked", topic: "a" },
    { kind: "asked", topic: "b" },
    { kind: "joined", topic: "a" },
    { kind: "lost", topic: "b" },
  ]);
  assert.equal(phaseOf(state), "reconnecting");
  assert.equal(phaseOf(nextLink(state, { kind: "left", topic: "b" })), "live");
});

Deno.test("going offline loses every topic at once", () => {
  const state = run([{ kind: "asked", topic: "a" }, { kind: "joined", topic: "a" }, { kind: "offline" }]);
  assert.equal(phaseOf(state), "reconnecting");
});

Deno.test("late events of a topic that was left change nothing", () => {
  const state = run([
    { kind: "asked", topic: "a" },
    { kind: "left", topic: "a" },
    { kind: "lost", topic: "a" },
    { kind: "joined", topic: "a" },
  ]);
  assert.equal(state.size, 0);
  assert.equal(phaseOf(state), "connecting");
});

Deno.test("asking again for a joined topic does not make it join again", () => {
  const state = run([{ kind: "asked", topic: "a" }, { kind: "joined", topic: "a" }, { kind: "asked", topic: "a" }]);
  assert.equal(phaseOf(state), "live");
});

Deno.test("retryDelayMs() doubles, is spread over half its length, and is bounded", () => {
  assert.deepEqual([1, 2, 3].map((tries) => retryDelayMs(tries, 1)), [500, 1_000, 2_000]);
  assert.equal(retryDelayMs(1, 0), 250);
  assert.equal(retryDelayMs(1_000, 1), 15_000);
});
