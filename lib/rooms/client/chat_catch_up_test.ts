import assert from "node:assert/strict";
import type { RoomMessage } from "../shapes.ts";
import { ChatModel } from "./chat_model.ts";
import type { RoomAnswer } from "./room_api.ts";

const PAGE_MAX = 200;
const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** A room that keeps what is said, and a page that reads it; each read waits until it is let through. */
class Room {
  readonly said: RoomMessage[] = [];
  readonly chat: ChatModel;
  /** Reads under way; `lose` lets one fail. */
  readonly reads: { answer(): void; lose(): void }[] = [];

  constructor(saidBefore: number) {
    for (let n = 0; n < saidBefore; n++) this.say();
    this.chat = new ChatModel({
      streamId: idOf(0),
      reader: null,
      role: "anonymous",
      mutedUntil: null,
      settings: { slow_mode_s: 0, followers_only: false, pinned: null },
      page: this.#page(new URLSearchParams()),
    }, { call: (_method, path) => this.#call(path), nowMs: () => 0, newId: () => "" });
  }

  /** Says something that the page does not hear. */
  say(): RoomMessage {
    const message = {
      ...{ message_id: idOf(this.said.length + 1), stream_id: idOf(0), user_id: null, username: "ann", role: null },
      ...{ message: `Message ${this.said.length + 1}`, message_type: "TEXT", data: {} },
      created_at: "2026-01-01T00:00:00Z",
    } as RoomMessage;
    this.said.push(message);
    return message;
  }

  /** Says something that the page hears. */
  tell(): void {
    this.chat.take("chat_message", this.say());
  }

  /** Answers reads, those that follow as well, until none comes any more. */
  async answerAll(): Promise<void> {
    for (let read = await this.next(); read; read = await this.next()) read.answer();
  }

  /** The read that waits, if there is one by now. */
  async next(): Promise<{ answer(): void; lose(): void } | undefined> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    return this.reads.shift();
  }

  get missing(): string[] {
    const shown = new Set(this.chat.log.value.messages.map(({ message_id }) => message_id));
    return this.said.map(({ message_id }) => message_id).filter((id) => !shown.has(id));
  }

  #page(query: URLSearchParams): { items: RoomMessage[]; next_cursor: string | null } {
    const after = query.get("after");
    const all = after === null ? this.said : this.said.filter(({ message_id }) => message_id > after);
    const items = after === null ? all.slice(-PAGE_MAX) : all.slice(0, PAGE_MAX);
    const end = after === null ? items[0] : items.at(-1);
    return { items, next_cursor: items.length < all.length ? end?.message_id ?? null : null };
  }

  #call(path: string): Promise<RoomAnswer> {
    // What is answered is what had been said when the question came.
    const data = this.#page(new URLSearchParams(path.split("?")[1]));
    return new Promise((resolve) =>
      this.reads.push({
        answer: () => resolve({ ok: true, data }),
        lose: () => resolve({ ok: false, code: "lost", retryAfter_s: null }),
      })
    );
  }
}

Deno.test("what is heard while older messages are still read hides none of those", async () => {
  const room = new Room(3);
  for (let n = 0; n < 2 * PAGE_MAX + 50; n++) room.say();
  const done = room.chat.catchUp(true);
  for (let page = 0; page < 3; page++) {
    const read = await room.next();
    for (let n = 0; n < 50; n++) room.tell();
    read?.answer();
  }
  await room.answerAll();
  await done;
  assert.deepEqual(room.missing, []);
  room.chat.stop();
});

Deno.test("a read that is lost is done again from where it began, whatever was heard since", async () => {
  const room = new Room(3);
  for (let n = 0; n < 50; n++) room.say();
  const lost = room.chat.catchUp(false);
  (await room.next())?.lose();
  await lost;
  assert.equal(room.chat.isIncomplete.value, true);
  room.tell();
  const again = room.chat.catchUp(false);
  await room.answerAll();
  await again;
  assert.deepEqual([room.missing, room.chat.isIncomplete.value], [[], false]);
  room.chat.stop();
});

Deno.test("a connection lost while it is read what the one before missed is read for, too", async () => {
  const room = new Room(3);
  room.say();
  const done = room.chat.catchUp(true);
  const reads = [await room.next()];
  reads[0]?.answer();
  const newest = await room.next();
  // Lost and joined again while the last read is on its way.
  room.say();
  void room.chat.catchUp(true);
  newest?.answer();
  await room.answerAll();
  await done;
  assert.deepEqual(room.missing, []);
  room.chat.stop();
});

Deno.test("what is heard while the first messages of a quiet room are read stays", async () => {
  const room = new Room(0);
  const done = room.chat.catchUp(false);
  const read = await room.next();
  room.tell();
  room.tell();
  read?.answer();
  await room.answerAll();
  await done;
  assert.deepEqual(room.missing, []);
  room.chat.stop();
});
