import assert from "node:assert/strict";
import type { TopicListener } from "../../realtime/client/connection.ts";
import type { RoomAnswer } from "./room_api.ts";
import { StudioModel } from "./studio_model.ts";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";

/** A desk whose server answers what it is told to. */
function createDesk({ isOwner = true, topic = `room:${ID}:1` as string | null, answers = [] as RoomAnswer[] } = {}) {
  const state = { now: 0, calls: [] as [string, unknown][], stale: 0 };
  const topics = new Map<string, Map<string, TopicListener>>();
  const model = new StudioModel({
    streamId: ID,
    topic,
    isOwner,
    peak: 5,
    chat: {
      streamId: ID,
      reader: { userId: ID, username: "mara" },
      role: isOwner ? "streamer" : "moderator",
      mutedUntil: null,
      settings: { slow_mode_s: 0, followers_only: false, pinned: null },
      page: { items: [], next_cursor: null },
    },
  }, {
    call(method, path, body) {
      state.calls.push([`${method} ${path}`, body]);
      const answer = answers.shift() ?? { ok: true, data: { topic, viewer_count: 3 } };
      return Promise.resolve(answer);
    },
    nowMs: () => state.now,
    newId: () => ID,
    random: () => 0,
    subscribe(name, event, listener) {
      const events = topics.get(name) ?? new Map<string, TopicListener>();
      topics.set(name, events.set(event, listener));
      return () => {
        events.delete(event);
        if (events.size === 0) topics.delete(name);
      };
    },
    onStale: () => state.stale++,
  });
  const tell = (event: string, payload: unknown) => {
    for (const events of topics.values()) events.get(event)?.onPayload(payload);
  };
  return { model, state, topics, tell };
}

Deno.test("the streamer's page says that it is there, and counts whoever watches", async () => {
  const { model, state, topics, tell } = createDesk();
  const stop = model.start();
  await model.touch();
  assert.deepEqual(state.calls[0], [`POST streaming/${ID}/touch`, {}]);
  assert.equal(model.viewers.value, 3);
  assert.ok(state.stale > 0);
  assert.equal(model.peak.value, 5, "of before this page");
  tell("viewer_count", { viewer_count: 9 });
  tell("viewer_count", { viewer_count: 4 });
  tell("viewer_count", { viewer_count: "x" });
  assert.deepEqual([model.viewers.value, model.peak.value], [4, 9]);
  assert.deepEqual([...topics.keys()], [`room:${ID}:1`]);
  stop();
  assert.equal(topics.size, 0);
});

Deno.test("a moderator's page counts as a viewer's tab, and never as the streamer", async () => {
  const { model, state } = createDesk({ isOwner: false });
  const stop = model.start();
  await model.touch();
  for (const [, body] of state.calls) assert.deepEqual(body, { tab_id: ID });
  stop();
});

Deno.test("a room that moved while nothing was heard is found by saying that one is there", async () => {
  const { model, topics } = createDesk({
    answers: [{ ok: true, data: { topic: `room:${ID}:2`, viewer_count: 1 } }],
  });
  const stop = model.start();
  await model.touch();
  assert.deepEqual([...topics.keys()], [`room:${ID}:2`]);
  stop();
});

Deno.test("a server that does not answer is asked again, and after a minute the page says so", async () => {
  const lost: RoomAnswer = { ok: false, code: "lost", retryAfter_s: null };
  const { model, state } = createDesk({ answers: [lost, lost, lost] });
  const stop = model.start();
  await model.touch();
  assert.equal(model.isSilent.value, false);
  state.now = 61_000;
  await model.touch();
  assert.equal(model.isSilent.value, true);
  await model.touch();
  assert.equal(model.isSilent.value, false);
  stop();
});

Deno.test("the end ends it, whoever tells of it", async () => {
  const told = createDesk();
  told.model.start();
  told.tell("stream_ended", { stream_id: ID, duration: 5 });
  const answered = createDesk({ answers: [{ ok: false, code: "stream_ended", retryAfter_s: null }] });
  answered.model.start();
  await answered.model.touch();
  for (const { model, topics } of [told, answered]) {
    assert.equal(model.hasEnded.value, true);
    assert.equal(topics.size, 0);
  }
});

Deno.test("a stream that is not live is not touched, and nothing is joined", async () => {
  const { model, state, topics } = createDesk({ topic: null });
  model.start();
  await model.touch();
  assert.deepEqual([state.calls.length, topics.size, model.hasEnded.value], [0, 0, false]);
});
