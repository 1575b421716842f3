import assert from "node:assert/strict";
import type { MessageObject } from "../shapes.ts";
import { ChatModel } from "./chat_model.ts";
import type { RoomAnswer } from "./room_api.ts";

const idOf = (n: number) => `m${String(n).padStart(4, "0")}`;

function say(n: number): MessageObject {
  return {
    message_id: idOf(n),
    stream_id: "s",
    user_id: "other",
    username: "other",
    role: null,
    message: `message ${n}`,
    message_type: "TEXT",
    data: {},
    created_at: "2026-10-14T14:32:08+00:00",
  };
}

/** A room in which `count` messages were said, and a chat that knows the last ten of them. */
function createChat(count: number) {
  const all = Array.from({ length: count }, (_, i) => say(i + 1));
  const state = { isLost: false, asked: 0 };
  const page = (query: URLSearchParams): RoomAnswer => {
    state.asked++;
    if (state.isLost) return { ok: false, code: "lost", retryAfter_s: null };
    const limit = Number(query.get("limit"));
    const [after, before] = [query.get("after"), query.get("before")];
    if (after !== null) {
      const rest = all.filter(({ message_id }) => message_id > after);
      const items = rest.slice(0, limit);
      return { ok: true, data: { items, next_cursor: rest.length > limit ? items.at(-1)?.message_id : null } };
    }
    const rest = all.filter(({ message_id }) => before === null || message_id < before);
    const items = rest.slice(-limit);
    return { ok: true, data: { items, next_cursor: rest.length > limit ? items[0]?.message_id : null } };
  };
  const model = new ChatModel({
    streamId: "s",
    reader: null,
    role: "moderator",
    mutedUntil: null,
    settings: { slow_mode_s: 0, followers_only: false, pinned: null },
    page: { items: all.slice(-10), next_cursor: idOf(count - 9) },
  }, {
    call: (method, path, body) =>
      Promise.resolve(
        method === "GET"
          ? page(new URL(path, "http://x").searchParams)
          : { ok: true, data: body ? {} : { message: { ...say(5), removed: true, removed_by_name: "me" } } },
      ),
    nowMs: () => 0,
    newId: () => "c",
  });
  const shown = () => (model.past.log.value ?? model.log.value).messages.map(({ message_id }) => message_id);
  return { model, state, shown };
}

const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => idOf(from + i));

Deno.test("a message that is there is gone to without asking for anything", async () => {
  const { model, state } = createChat(1_000);
  assert.equal(await model.open(idOf(995)), true);
  assert.deepEqual([model.past.log.value, model.past.target.value, state.asked], [null, { messageId: idOf(995) }, 0]);
});

Deno.test("an old message is shown among its neighbours by two requests, while the chat goes on behind", async () => {
  const { model, state, shown } = createChat(1_000);
  assert.equal(await model.open(idOf(400)), true);
  assert.equal(state.asked, 2);
  assert.deepEqual(shown(), run(350, 449));
  model.take("chat_message", say(1_001));
  assert.deepEqual(shown(), run(350, 449));
  assert.equal(model.log.value.messages.at(-1)?.message_id, idOf(1_001));
  model.openNewest();
  assert.deepEqual(shown(), run(991, 1_001));
});

Deno.test("a room's first message can be gone to", async () => {
  const { model, shown } = createChat(300);
  assert.equal(await model.open(idOf(1)), true);
  assert.deepEqual(shown(), run(1, 50));
  await model.readOlder();
  assert.deepEqual(shown(), run(1, 50));
});

Deno.test("scrolling reads on in both directions until what is shown is the chat again, without a gap", async () => {
  const { model, shown } = createChat(1_000);
  await model.open(idOf(600));
  await model.readOlder();
  assert.deepEqual(shown(), run(350, 649));
  await model.past.readNewer();
  await model.past.readNewer();
  assert.equal(model.past.log.value === null, true);
  assert.deepEqual(shown(), run(350, 1_000));
  await model.readOlder();
  assert.deepEqual(shown()[0], idOf(150));
});

Deno.test("what cannot be read leaves the chat, or its older part, as it was", async () => {
  const { model, state, shown } = createChat(1_000);
  state.isLost = true;
  assert.equal(await model.open(idOf(400)), false);
  assert.deepEqual([model.past.log.value, model.past.target.value], [null, null]);
  state.isLost = false;
  await model.open(idOf(400));
  state.isLost = true;
  await model.past.readNewer();
  await model.readOlder();
  assert.deepEqual(shown(), run(350, 449));
});

Deno.test("an older part hears of removals and bans, and what is removed in it leaves no gap in the chat", async () => {
  const { model } = createChat(1_000);
  await model.open(idOf(5));
  await model.setRemoved(idOf(5), true);
  const found = model.past.log.value?.messages.find(({ message_id }) => message_id === idOf(5));
  assert.ok(found && "removed" in found);
  assert.equal(model.log.value.messages[0]?.message_id, idOf(991));
  model.take("message_removed", { message_id: idOf(6), removed: true });
  assert.ok("removed" in (model.past.log.value?.messages[5] ?? {}));
  model.take("message_removed", { user_id: "other", removed: true });
  assert.equal(model.past.log.value?.bannedIds.has("other"), true);
});
