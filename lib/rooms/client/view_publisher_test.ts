import assert from "node:assert/strict";
import type { SharedView } from "../shapes.ts";
import { POST_APART_ms, type Posted, RETRY_ms, type ShareState, ViewPublisher } from "./view_publisher.ts";

function viewAt(from: number): SharedView {
  return { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", range: { from, to: from + 1_000 }, drawings: [] };
}

/** A clock that runs what is due when it is told to. */
function createRoom(answers: (Posted | Error)[] = []) {
  const state = { now: 0, posts: [] as { at: number; from: number }[], told: [] as ShareState[] };
  let waiting: { at: number; run: () => void }[] = [];
  const port = {
    post: (view: SharedView) => {
      state.posts.push({ at: state.now, from: view.range?.from ?? -1 });
      const answer = answers.shift() ?? "ok";
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    onState: (next: ShareState) => void state.told.push(next),
    nowMs: () => state.now,
    later: (run: () => void, delay_ms: number) => {
      const entry = { at: state.now + delay_ms, run };
      waiting.push(entry);
      return () => waiting = waiting.filter((each) => each !== entry);
    },
  };
  async function passTo(now: number): Promise<void> {
    for (;;) {
      // Answers first: what they schedule may be due as well.
      for (let i = 0; i < 5; i++) await Promise.resolve();
      const next = waiting.filter(({ at }) => at <= now).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      waiting = waiting.filter((each) => each !== next);
      state.now = Math.max(state.now, next.at);
      next.run();
    }
    state.now = now;
  }
  return { port, state, passTo };
}

Deno.test("a chart dragged for two seconds is told at most twice a second, and its last place always", async () => {
  const { port, state, passTo } = createRoom();
  const publisher = new ViewPublisher(port, null);
  for (let now = 0; now <= 2_000; now += 16) {
    await passTo(now);
    publisher.show(viewAt(now));
  }
  await passTo(4_000);
  assert.equal(state.posts.length, 5);
  for (let i = 1; i < state.posts.length; i++) {
    assert.ok((state.posts[i]?.at ?? 0) - (state.posts[i - 1]?.at ?? 0) >= POST_APART_ms);
  }
  assert.equal(state.posts.at(-1)?.from, 2_000);
});

Deno.test("what the room shows already is not told again", async () => {
  const { port, state, passTo } = createRoom();
  const publisher = new ViewPublisher(port, viewAt(1));
  publisher.show(viewAt(1));
  await passTo(10_000);
  assert.equal(state.posts.length, 0);
  publisher.show(viewAt(2));
  await passTo(20_000);
  publisher.show(viewAt(2));
  await passTo(30_000);
  assert.equal(state.posts.length, 1);
});

Deno.test("a refused or lost view is told again later, the latest one", async () => {
  const { port, state, passTo } = createRoom(["retry", new Error("offline")]);
  const publisher = new ViewPublisher(port, null);
  publisher.show(viewAt(1));
  await passTo(100);
  publisher.show(viewAt(2));
  await passTo(10_000);
  assert.deepEqual(state.posts, [{ at: 0, from: 1 }, { at: RETRY_ms, from: 2 }, { at: 2 * RETRY_ms, from: 2 }]);
  assert.deepEqual(state.told, ["waiting", "failed", "waiting", "failed", "told"]);
});

Deno.test("a view the server cannot use is told once, and the next one as ever", async () => {
  const { port, state, passTo } = createRoom(["refused"]);
  const publisher = new ViewPublisher(port, null);
  publisher.show(viewAt(1));
  await passTo(60_000);
  publisher.show(viewAt(2));
  await passTo(120_000);
  assert.deepEqual(state.posts.map(({ from }) => from), [1, 2]);
  assert.equal(state.told.at(-1), "told");
});

Deno.test("nothing is told after the stream has ended", async () => {
  const { port, state, passTo } = createRoom(["stop"]);
  const publisher = new ViewPublisher(port, null);
  publisher.show(viewAt(1));
  await passTo(100);
  publisher.show(viewAt(2));
  await passTo(10_000);
  assert.equal(state.posts.length, 1);
});
