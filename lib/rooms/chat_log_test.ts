import assert from "node:assert/strict";
import { seeded } from "../kernel/seeded.ts";
import type { MessageObject } from "./shapes.ts";
import {
  addMessages,
  addOlder,
  applyRemoval,
  CHAT_MESSAGES_MAX,
  createLog,
  dropped,
  failed,
  isHidden,
  lastId,
  sending,
} from "./chat_log.ts";

const ME = "01a1f8c1-0000-7000-8000-000000000001";
const OTHER = "01a1f8c1-0000-7000-8000-000000000002";

function say(n: number, overrides: Partial<MessageObject> = {}): MessageObject {
  return {
    message_id: `01a1f8c1-${String(n).padStart(4, "0")}-7000-8000-000000000000`,
    stream_id: ME,
    user_id: OTHER,
    username: "other",
    role: null,
    message: `message ${n}`,
    message_type: "TEXT",
    data: {},
    created_at: "2026-10-14T14:32:08+00:00",
    ...overrides,
  };
}

const numbersOf = (messages: readonly { message_id: string }[]) =>
  messages.map(({ message_id }) => Number(message_id.slice(9, 13)));

Deno.test("history and live messages become one list, in order and each once, in whatever order they come", () => {
  const seed = Date.now() % 100_000;
  const random = seeded(seed);
  let log = createLog([], null);
  const all = Array.from({ length: 300 }, (_, i) => i);
  const waiting = [...all, ...all.slice(0, 100)].sort(() => random() - 0.5);
  while (waiting.length > 0) {
    log = addMessages(log, waiting.splice(0, 1 + Math.floor(random() * 5)).map((n) => say(n)), ME);
  }
  assert.deepEqual(numbersOf(log.messages), all, `seed ${seed}`);
  assert.equal(lastId(log), say(299).message_id);
});

Deno.test("a page keeps its newest messages, and can read the ones it let go again", () => {
  let log = createLog([], null);
  const items = Array.from(
    { length: CHAT_MESSAGES_MAX },
    (_, i) => say(0, { message_id: `01a1f8c1-0000-7000-8000-${String(i).padStart(12, "0")}` }),
  );
  log = addMessages(log, items, ME);
  assert.equal(log.olderCursor, null);
  log = addMessages(log, [say(9_998), say(9_999)], ME);
  assert.equal(log.messages.length, CHAT_MESSAGES_MAX);
  assert.equal(log.olderCursor, items[2]?.message_id);
  assert.equal(addOlder(log, items.slice(0, 2), null).olderCursor, log.olderCursor, "a full log takes no more");
});

Deno.test("older pages go before, and the first one ends them", () => {
  const log = addOlder(createLog([say(5), say(6)], "c5"), [say(3), say(4)], "c3");
  assert.deepEqual(numbersOf(log.messages), [3, 4, 5, 6]);
  assert.equal(log.olderCursor, "c3");
  assert.equal(addOlder(log, [say(1)], null).olderCursor, null);
});

Deno.test("what is sent is shown as on its way until the room has it, whichever of answer and broadcast comes first", () => {
  const sent = { client_id: "c1", message: "hello", message_type: "TEXT" as const };
  const log = sending(createLog([say(1)], null), sent);
  assert.deepEqual(log.outgoing.map(({ state }) => state), ["sending"]);

  const told = say(2, { user_id: ME, message: "hello" });
  const answered = { ...told, client_id: "c1" };
  for (const order of [[told, answered], [answered, told]]) {
    const after = order.reduce((before, message) => addMessages(before, [message], ME), log);
    assert.deepEqual(after.outgoing, []);
    assert.deepEqual(numbersOf(after.messages), [1, 2]);
  }
  assert.equal(addMessages(log, [say(2, { message: "hello" })], ME).outgoing.length, 1, "somebody else said the same");
});

Deno.test("of two alike on their way, a broadcast ends one", () => {
  let log = createLog([], null);
  for (const client_id of ["c1", "c2"]) log = sending(log, { client_id, message: "gm", message_type: "TEXT" });
  log = addMessages(log, [say(1, { user_id: ME, message: "gm" })], ME);
  assert.deepEqual(log.outgoing.map(({ client_id }) => client_id), ["c2"]);
  log = addMessages(log, [say(1, { user_id: ME, message: "gm", client_id: "c1" })], ME);
  assert.deepEqual(log.outgoing.map(({ client_id }) => client_id), ["c2"]);
});

Deno.test("what failed says so, is tried again by the same id, or is taken back", () => {
  const sent = { client_id: "c1", message: "hello", message_type: "TEXT" as const };
  let log = failed(sending(createLog([], null), sent), "c1");
  assert.equal(log.outgoing[0]?.state, "failed");
  log = sending(log, sent);
  assert.deepEqual(log.outgoing, [{ ...sent, state: "sending" }]);
  assert.deepEqual(dropped(log, "c1").outgoing, []);
});

Deno.test("removed messages and those of the banned are hidden, and shown again when given back", () => {
  const [one, two, three] = [say(1), say(2), say(3, { user_id: ME })];
  let log = createLog([one, two, three], null);
  const hidden = () => numbersOf(log.messages.filter((message) => isHidden(log, message)));
  log = applyRemoval(log, { message_id: two.message_id, removed: true });
  assert.deepEqual(hidden(), [2]);
  log = applyRemoval(log, { user_id: OTHER, removed: true });
  assert.deepEqual(hidden(), [1, 2]);
  log = applyRemoval(log, { user_id: OTHER, removed: false });
  assert.deepEqual(hidden(), [2]);
  log = applyRemoval(log, { message_id: two.message_id, removed: false });
  assert.deepEqual(hidden(), []);
  assert.deepEqual(log.messages[1], two);
});

Deno.test("a gap whose content nobody told stays a gap until it is told", () => {
  const { message_id, stream_id, created_at } = say(1);
  const gap = { message_id, stream_id, created_at, removed: true as const, removed_by_name: "ines" };
  let log = createLog([gap], null);
  log = applyRemoval(log, { message_id, removed: false });
  assert.equal(isHidden(log, log.messages[0] ?? gap), true);
  log = applyRemoval(log, { message_id, removed: false, message: say(1) });
  assert.equal(isHidden(log, log.messages[0] ?? gap), false);
});
