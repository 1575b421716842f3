import assert from "node:assert/strict";
import { Batch, conflate, type Frame, FrameRun } from "./outbox.ts";

function frame(text: string, conflationKey: string | null = null): Frame {
  return { bytes: new TextEncoder().encode(text), conflationKey };
}

function textOf(batch: Batch): string {
  return new TextDecoder().decode(batch.bytes());
}

Deno.test("sockets that queue the same frames share one batch and its bytes", () => {
  const root = new Batch();
  const [a, b] = [frame("a"), frame("b")];
  const first = root.append(a).append(b);
  const second = root.append(a).append(b);
  assert.equal(first, second);
  assert.equal(first.bytes(), second.bytes());
  assert.equal(textOf(first), "ab");
});

Deno.test("sockets that queue different frames get their own, in order", () => {
  const root = new Batch();
  const [a, b, c] = [frame("a"), frame("b"), frame("c")];
  const first = root.append(a).append(b).append(c);
  const second = root.append(b).append(c);
  const third = root.append(a).append(c);
  assert.deepEqual([textOf(first), textOf(second), textOf(third)], ["abc", "bc", "ac"]);
  assert.deepEqual([first.byteLength, second.count], [3, 2]);
});

Deno.test("conflate() keeps the newest frame of each key and every frame without one", () => {
  const batch = new Batch().append(frame("1", "k")).append(frame("x")).append(frame("2", "k")).append(frame("3", "j"));
  const { batch: kept, dropped } = conflate(batch);
  assert.equal(textOf(kept), "x23");
  assert.equal(dropped, 1);
});

Deno.test("a run leads sockets from one batch to one batch, and others to their own", () => {
  const root = new Batch();
  const run = new FrameRun([frame("a"), frame("b")]);
  const other = root.append(frame("x"));
  const first = run.appendTo(root);
  assert.equal(textOf(run.appendTo(other)), "xab");
  assert.equal(run.appendTo(root), first);
  assert.equal(textOf(first), "ab");
  assert.equal(new FrameRun([]).appendTo(other), other);
});
