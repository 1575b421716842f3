import assert from "node:assert/strict";
import type { TopicListener } from "../../realtime/client/connection.ts";
import { RoomLink } from "./room_link.ts";

const ROOM = "room:01a1f8c1-fd9a-734b-9e3b-c075cbb3b928";

/** A connection by hand: topics listened to, and a way to tell them something. */
function createConnection() {
  const held = new Set<{ topic: string; event: string; listener: TopicListener }>();
  const told: unknown[][] = [];
  const of = (topic: string, event: string) => [...held].filter((each) => each.topic === topic && each.event === event);
  const link = new RoomLink(
    {
      subscribe(topic, event, listener) {
        const entry = { topic, event, listener };
        held.add(entry);
        return () => held.delete(entry);
      },
      random: () => 0,
    },
    ["chat_message"],
    {
      onEvent: (name, payload) => void told.push([name, payload]),
      onJoined: (isAgain) => void told.push(["joined", isAgain]),
    },
  );
  return {
    link,
    told,
    listeners: () => [...held].map(({ listener }) => listener),
    topics: () => [...new Set([...held].map(({ topic }) => topic))],
    tell: (topic: string, event: string, payload: unknown) =>
      of(topic, event).forEach(({ listener }) => listener.onPayload(payload)),
    join: (topic: string) => of(topic, "moved").forEach(({ listener }) => listener.onJoined()),
  };
}

Deno.test("a room that moves is followed to its next topic, and what was missed is asked for", async () => {
  const { link, told, topics, tell, join } = createConnection();
  link.follow(`${ROOM}:1`);
  join(`${ROOM}:1`);
  tell(`${ROOM}:1`, "chat_message", { n: 1 });
  tell(`${ROOM}:1`, "moved", { topic: `${ROOM}:2` });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(topics(), [`${ROOM}:2`]);
  join(`${ROOM}:2`);
  tell(`${ROOM}:2`, "chat_message", { n: 2 });
  assert.deepEqual(told, [["joined", false], ["chat_message", { n: 1 }], ["joined", true], ["chat_message", { n: 2 }]]);
  link.stop();
  assert.deepEqual(topics(), []);
});

Deno.test("a topic that is old, of another room, or none is not followed", async () => {
  const { link, topics, tell, listeners } = createConnection();
  link.follow(`${ROOM}:7`);
  const other = "room:01a1f8c1-fd9a-734b-9e3b-c075cbb3b929:8";
  for (const topic of [`${ROOM}:7`, `${ROOM}:6`, other, "user:1", "room:x:9", 8, null, undefined]) {
    tell(`${ROOM}:7`, "moved", { topic });
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert.deepEqual(topics(), [`${ROOM}:7`], String(topic));
  }
  const before = listeners();
  link.follow(`${ROOM}:7`);
  assert.deepEqual(listeners(), before, "the same topic is not joined anew");
  link.follow(`${ROOM}:10`);
  assert.deepEqual(topics(), [`${ROOM}:10`]);
  link.stop();
});

Deno.test("who stops while on the move does not arrive", async () => {
  const { link, topics, tell } = createConnection();
  link.follow(`${ROOM}:1`);
  tell(`${ROOM}:1`, "moved", { topic: `${ROOM}:2` });
  link.stop();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(topics(), []);
});
