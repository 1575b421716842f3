import assert from "node:assert/strict";
import type { TopicListener } from "../../realtime/client/connection.ts";
import type { StreamDetail } from "../answers.ts";
import type { StreamObject } from "../shapes.ts";
import type { RoomAnswer } from "./room_api.ts";
import { RoomModel } from "./room_model.ts";

const ID = "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";
const topic = (epoch: number) => `room:${ID}:${epoch}`;
const ok = (data: object) => ({ ok: true, data }) as RoomAnswer;

function detailOf(stream: Partial<StreamObject> = {}, banned = false): StreamDetail {
  return {
    stream: {
      stream_id: ID,
      streamer_id: "streamer",
      status: "LIVE",
      viewer_count: 1,
      peak_viewers: 2,
      settings: { slow_mode_s: 0, followers_only: false, pinned: null, blocked_words: null },
      view: {},
      view_seq: 0,
      ...stream,
    } as StreamObject,
    topic: banned ? null : topic(1),
    me: { role: "viewer", banned, muted_until: null, following: false, followers: 3 },
  };
}

/** A room by hand: `answer` says what its API does. */
function createRoom(answer: (method: string, path: string) => RoomAnswer, first = detailOf()) {
  const held = new Set<{ topic: string; event: string; listener: TopicListener }>();
  const asked: string[] = [];
  const beacons: string[] = [];
  const model = new RoomModel({ detail: first, reader: null, chat: { items: [], next_cursor: null }, board: [] }, {
    call: (method, path) => {
      asked.push(`${method} ${path.replace(ID, "ID").split("?")[0]}`);
      return Promise.resolve(answer(method, path));
    },
    subscribe(topic, event, listener) {
      const entry = { topic, event, listener };
      held.add(entry);
      return () => held.delete(entry);
    },
    beacon: (path) => void beacons.push(path.replace(ID, "ID")),
    nowMs: () => Date.parse("2026-10-14T14:32:08Z"),
    newId: () => "tab",
    random: () => 0,
  });
  return {
    model,
    asked,
    beacons,
    topics: () => [...new Set([...held].map((each) => each.topic))],
    join: () => [...held].forEach(({ listener }) => listener.onJoined()),
    tell: (event: string, payload: unknown) =>
      [...held].filter((each) => each.event === event).forEach(({ listener }) => listener.onPayload(payload)),
  };
}

/** Lets answers that are there be taken. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("a viewer joins, hears the room, and says goodbye", async () => {
  const { model, asked, beacons, topics, tell } = createRoom(() => ok({ topic: topic(1), viewer_count: 7 }));
  const stop = model.start();
  await settle();
  assert.deepEqual(topics(), [topic(1)]);
  tell("viewer_count", { viewer_count: 9 });
  assert.equal(model.stream.value.viewer_count, 9);
  assert.equal(model.stream.value.peak_viewers, 9);
  await model.touch();
  stop();
  assert.deepEqual(asked, ["POST streaming/ID/join", "POST streaming/ID/touch"]);
  assert.deepEqual(topics(), []);
  assert.deepEqual(beacons, ["/api/v1/streaming/ID/leave"]);
});

Deno.test("whoever comes to a room's next topic asks once for all that was missed", async () => {
  const said = { stream_id: ID, user_id: "u", username: "ann", role: null, message: "Hello", message_type: "TEXT" };
  const line = (n: number) => ({ message_id: `m${n}`, data: {}, created_at: "2026-10-14T14:32:08Z", ...said });
  let isUp = true;
  const { model, asked, topics, tell, join } = createRoom((_, path) => {
    if (!isUp) return { ok: false, code: "lost", retryAfter_s: null };
    const missed = { chat: { items: [line(2), line(3)], next_cursor: null }, removed: ["m1"] };
    const detail = { ...detailOf({ view_seq: 1 }), topic: topic(2) };
    return ok({ topic: topic(1), viewer_count: 8, ...(path.endsWith("/touch") ? { ...detail, ...missed } : {}) });
  }, detailOf());
  const stop = model.start();
  await settle();
  join();
  tell("chat_message", line(1));
  await settle();
  asked.length = 0;
  tell("moved", { topic: topic(2), within_ms: 0 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(topics(), [topic(2)]);
  join();
  await settle();
  assert.deepEqual(asked, ["POST streaming/ID/touch"]);
  const { messages } = model.chat.log.value;
  assert.deepEqual(messages.map(({ message_id }) => message_id), ["m1", "m2", "m3"]);
  assert.deepEqual(messages.map((message) => "removed" in message), [true, false, false]);
  assert.deepEqual([model.stream.value.viewer_count, model.chat.isIncomplete.value], [8, false]);
  // After a lost connection, or when that call fails, everything is read as ever.
  asked.length = 0;
  isUp = false;
  tell("moved", { topic: topic(3), within_ms: 0 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  join();
  await settle();
  assert.deepEqual(asked, ["POST streaming/ID/touch", "GET streaming/ID"]);
  assert.equal(model.chat.isIncomplete.value, true);
  stop();
});

Deno.test("a touch that tells another topic leads there", async () => {
  let epoch = 1;
  const { model, topics } = createRoom(() => ok({ topic: topic(epoch), viewer_count: 1 }));
  const stop = model.start();
  await settle();
  epoch = 4;
  await model.touch();
  assert.deepEqual(topics(), [topic(4)]);
  stop();
});

Deno.test("whoever is banned leaves the topic and is told", async () => {
  let isBanned = false;
  const { model, topics } = createRoom((method) =>
    isBanned
      ? method === "GET" ? ok(detailOf({}, true)) : { ok: false, code: "banned", retryAfter_s: null }
      : ok({ topic: topic(1), viewer_count: 1 })
  );
  const stop = model.start();
  await settle();
  isBanned = true;
  await model.touch();
  await settle();
  assert.equal(model.me.value.banned, true);
  assert.equal(model.isLive.value, false);
  assert.deepEqual(topics(), []);
  stop();
});

Deno.test("the end of a stream is told with its length, and nothing is asked afterwards", async () => {
  const { model, asked, topics, tell } = createRoom(() => ok({ topic: topic(1), viewer_count: 1 }));
  const stop = model.start();
  await settle();
  tell("stream_ended", { stream_id: ID, duration: 90 });
  assert.equal(model.stream.value.status, "ENDED");
  assert.equal(model.stream.value.duration_seconds, 90);
  assert.deepEqual(topics(), []);
  await model.touch();
  assert.equal(asked.length, 1);
  stop();
});

Deno.test("views count upward: an older one, or none, changes nothing", async () => {
  const { model, tell } = createRoom(() => ok({ topic: topic(1), viewer_count: 1 }));
  const stop = model.start();
  await settle();
  const view = { exchange: "sim", symbol: "BTC-USDT", timeframe: "5m", range: null, drawings: [] };
  tell("view", { seq: 5, view });
  tell("view", { seq: 4, view: { ...view, symbol: "ETH-USDT" } });
  tell("view", { seq: 6, view: { symbol: 5 } });
  assert.deepEqual(model.shown.value, { seq: 5, view });
  stop();
});

Deno.test("what the room says of itself, and tips, show at once", async () => {
  const { model, tell } = createRoom(() => ok({ topic: topic(1), viewer_count: 1 }));
  const stop = model.start();
  await settle();
  tell("room_settings", { title: "Another", slow_mode_s: 20 });
  assert.equal(model.stream.value.title, "Another");
  assert.equal(model.chat.settings.value.slow_mode_s, 20);
  tell("tip_received", { from_user_id: "a", from_user: "jonas", amount: "5", tip_id: "t" });
  assert.deepEqual(model.board.value.map(({ username, amount }) => [username, amount]), [["jonas", "5.00"]]);
  stop();
});

Deno.test("a room that is not live is not joined", async () => {
  const { model, asked, topics } = createRoom(() => ok({}), detailOf({ status: "ENDED" }));
  const stop = model.start();
  await settle();
  stop();
  assert.deepEqual(asked, []);
  assert.deepEqual(topics(), []);
});

Deno.test("following changes what the page says once it is done", async () => {
  let isUp = false;
  const { model, asked } = createRoom(() =>
    isUp ? ok({ following: true, followers: 4 }) : { ok: false, code: "lost", retryAfter_s: null }
  );
  await model.setFollowing(true);
  assert.equal(model.me.value.following, false);
  isUp = true;
  await model.setFollowing(true);
  assert.deepEqual([model.me.value.following, model.me.value.followers], [true, 4]);
  assert.deepEqual(asked, ["POST users/streamer/follow", "POST users/streamer/follow"]);
});
