import assert from "node:assert/strict";
import type { MessageObject, RoomMe } from "../shapes.ts";
import { ChatModel } from "./chat_model.ts";
import type { RoomAnswer } from "./room_api.ts";

const ME = { userId: "me", username: "ada" };

function say(n: number, overrides: Partial<MessageObject> = {}): MessageObject {
  return {
    message_id: `m${String(n).padStart(3, "0")}`,
    stream_id: "s",
    user_id: "other",
    username: "other",
    role: null,
    message: `message ${n}`,
    message_type: "TEXT",
    data: {},
    created_at: "2026-10-14T14:32:08+00:00",
    ...overrides,
  };
}

const refused = (code: string, retryAfter_s: number | null = null) => ({ ok: false, code, retryAfter_s }) as RoomAnswer;

/** A chat whose room answers what it is told to, and says what it was asked. */
function createChat({ slow_mode_s = 0, role = "viewer" as RoomMe["role"], items = [say(1)] } = {}) {
  const asked: [method: string, path: string, body?: object][] = [];
  const answers: (RoomAnswer | ((body: Record<string, string>) => RoomAnswer))[] = [];
  const state = { now: 1_000_000, ids: 0 };
  const model = new ChatModel({
    streamId: "s",
    reader: ME,
    role,
    mutedUntil: null,
    settings: { slow_mode_s, followers_only: false, pinned: null },
    page: { items, next_cursor: null },
  }, {
    call: (method, path, body) => {
      asked.push(body ? [method, path, body] : [method, path]);
      const answer = answers.shift() ?? refused("lost");
      return Promise.resolve(typeof answer === "function" ? answer((body ?? {}) as Record<string, string>) : answer);
    },
    nowMs: () => state.now,
    newId: () => `c${++state.ids}`,
  });
  const stored = (n: number) => ({ client_id, message }: Record<string, string>): RoomAnswer => ({
    ok: true,
    data: { message: say(n, { user_id: "me", client_id: client_id ?? null, message: message ?? "" }) },
  });
  const write = async (text: string) => {
    model.draft.value = text;
    await model.send();
  };
  return { model, asked, answers, state, stored, write };
}

const textsOf = (model: ChatModel) =>
  model.log.value.messages.map((message) => "removed" in message ? "–" : message.message);

Deno.test("a lost message stays where it was written, says so, and is sent again by the same id", async () => {
  const { model, asked, answers, stored, write } = createChat();
  await write("  hello ");
  assert.deepEqual(model.log.value.outgoing.map(({ message, state }) => [message, state]), [["hello", "failed"]]);
  assert.equal(model.draft.value, "");
  answers.push(stored(2));
  await model.retry("c1");
  assert.deepEqual(textsOf(model), ["message 1", "hello"]);
  assert.deepEqual(model.log.value.outgoing, []);
  const body = { client_id: "c1", message: "hello", message_type: "TEXT" };
  assert.deepEqual(asked, [["POST", "streaming/s/messages", body], ["POST", "streaming/s/messages", body]]);
});

Deno.test("what is said first is sent first, however fast it is written", async () => {
  const { model, asked, answers, stored } = createChat();
  answers.push(stored(2), stored(3), stored(4));
  const writing = ["one", "two", "three"].map((text) => {
    model.draft.value = text;
    return model.send();
  });
  assert.deepEqual(model.log.value.outgoing.map(({ message }) => message), ["one", "two", "three"]);
  await Promise.resolve();
  assert.equal(asked.length, 1, "the next one waits for the answer");
  await Promise.all(writing);
  assert.deepEqual(asked.map(([, , body]) => (body as { message: string }).message), ["one", "two", "three"]);
  assert.deepEqual(textsOf(model), ["message 1", "one", "two", "three"]);
});

Deno.test("slow mode keeps the message in the box, counts down, and sends it by the same id afterwards", async () => {
  const { model, asked, answers, state, stored, write } = createChat({ slow_mode_s: 10 });
  answers.push(refused("slow_mode", 7), stored(2));
  await write("hello");
  assert.equal(model.draft.value, "hello");
  assert.deepEqual(model.log.value.outgoing, []);
  assert.equal(model.waitUntil.value, state.now + 7_000);
  await model.send();
  assert.equal(asked.length, 1, "nothing is sent while one has to wait");
  state.now += 7_000;
  await model.send();
  assert.deepEqual(textsOf(model), ["message 1", "hello"]);
  assert.deepEqual(asked.map(([, , body]) => (body as { client_id: string }).client_id), ["c1", "c1"]);
  assert.equal(model.waitUntil.value, state.now + 10_000, "the next one waits as well");
});

Deno.test("a changed message is another one, and moderators wait for nothing", async () => {
  const { model, asked, answers, stored, write } = createChat({ slow_mode_s: 10, role: "moderator" });
  answers.push(refused("blocked_word"), stored(2));
  await write("bad");
  assert.equal(model.refusal.value?.code, "blocked_word");
  await write("good");
  assert.deepEqual(asked.map(([, , body]) => (body as { client_id: string }).client_id), ["c1", "c2"]);
  assert.equal(model.waitUntil.value, 0);
  assert.equal(model.refusal.value, null);
});

Deno.test("a refused message does not displace what was written meanwhile", async () => {
  const { model, answers, write } = createChat();
  answers.push(() => {
    model.draft.value = "something else";
    return refused("duplicate_message", 20);
  });
  await write("first");
  assert.equal(model.draft.value, "something else");
  assert.deepEqual(model.log.value.outgoing.map(({ message, state }) => [message, state]), [["first", "failed"]]);
  model.discard("c1");
  assert.deepEqual(model.log.value.outgoing, []);
});

Deno.test("whoever is muted learns until when, and an emoji alone is sent as one", async () => {
  const { model, asked, answers, state, write } = createChat();
  answers.push(refused("muted", 60));
  await write("🚀🚀");
  assert.equal(model.mutedUntil.value, state.now + 60_000);
  assert.equal((asked[0]?.[2] as { message_type: string }).message_type, "EMOJI");
});

Deno.test("after a lost connection what was said is read by after=, page by page, and removals too", async () => {
  const { model, asked, answers } = createChat();
  const gap = { message_id: "m001", stream_id: "s", created_at: "", removed: true, removed_by_name: "ines" };
  answers.push(
    { ok: true, data: { items: [say(2), say(3)], next_cursor: "m003" } },
    { ok: true, data: { items: [say(4)], next_cursor: null } },
    { ok: true, data: { items: [gap, say(2), say(3), say(4)], next_cursor: null } },
  );
  await model.catchUp(true);
  assert.deepEqual(textsOf(model), ["–", "message 2", "message 3", "message 4"]);
  assert.deepEqual(asked.map(([, path]) => path), [
    "streaming/s/chat?limit=200&after=m001",
    "streaming/s/chat?limit=200&after=m003",
    "streaming/s/chat?limit=200",
  ]);
  model.stop();
});

Deno.test("who missed more than there is time for begins anew, and keeps what is on its way", async () => {
  const { model, answers, write } = createChat();
  await write("mine");
  for (let i = 0; i < 5; i++) answers.push({ ok: true, data: { items: [say(i + 2)], next_cursor: `m00${i + 2}` } });
  answers.push({ ok: true, data: { items: [say(900)], next_cursor: "m900" } });
  await model.catchUp(false);
  assert.deepEqual(textsOf(model), ["message 900"]);
  assert.equal(model.log.value.olderCursor, "m900");
  assert.equal(model.log.value.outgoing.length, 1);
  model.stop();
});

Deno.test("a chat that could not be caught up with says so until it could", async () => {
  const { model, answers } = createChat();
  await model.catchUp(false);
  assert.equal(model.isIncomplete.value, true);
  answers.push({ ok: true, data: { items: [], next_cursor: null } });
  await model.catchUp(false);
  assert.equal(model.isIncomplete.value, false);
  model.stop();
});

Deno.test("moderators' acts change the chat when they are done, and say why not when they are not", async () => {
  const { model, asked, answers } = createChat({ role: "moderator" });
  const gone = { ...say(1), removed: true, removed_by_name: "ada" };
  answers.push(
    { ok: true, data: { message: gone } },
    { ok: true, data: { message: say(1) } },
    refused("cannot_moderate"),
  );
  assert.equal(await model.setRemoved("m001", true), true);
  assert.deepEqual(textsOf(model), ["–"]);
  assert.equal(await model.setRemoved("m001", false), true);
  assert.deepEqual(textsOf(model), ["message 1"]);
  assert.equal(await model.ban("other"), false);
  assert.equal(model.refusal.value?.code, "cannot_moderate");
  assert.equal(model.log.value.bannedIds.size, 0);
  assert.deepEqual(asked.map(([method, path]) => `${method} ${path}`), [
    "DELETE streaming/s/messages/m001",
    "POST streaming/s/messages/m001/restore",
    "POST streaming/s/bans",
  ]);
});

Deno.test("settings, removals and messages are taken as the room tells them, and nonsense is not", () => {
  const { model } = createChat();
  model.take("chat_message", say(2));
  model.take("chat_message", { message_id: 5 });
  model.take("message_removed", { user_id: "other", removed: true });
  model.take("message_removed", "x");
  model.take("room_settings", { slow_mode_s: 30 });
  model.take("room_settings", { pinned: say(2) });
  model.take("unheard_of", {});
  assert.equal(model.log.value.messages.length, 2);
  assert.deepEqual([...model.log.value.bannedIds], ["other"]);
  const { slow_mode_s, pinned } = model.settings.value;
  assert.deepEqual([slow_mode_s, pinned?.message_id], [30, "m002"]);
});
