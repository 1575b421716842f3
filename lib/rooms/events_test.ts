import assert from "node:assert/strict";
import { readRoomEvent } from "./events.ts";
import { isRemoved, roomMessageSchema, viewOf } from "./shapes.ts";

const ID = "0193b3e0-0000-7000-8000-000000000001";
const MESSAGE = {
  ...{ message_id: ID, stream_id: ID, user_id: ID, username: "ann", role: null, message: "Hello", data: {} },
  ...{ message_type: "TEXT", created_at: "2026-11-20T10:00:00Z" },
};
const VIEW = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", range: null, drawings: [] };

Deno.test("an event is read by its name, and what a later version adds to it is left out", () => {
  const read = readRoomEvent("chat_message", { ...MESSAGE, id: ID, colour: "red" });
  assert.deepEqual(read, { name: "chat_message", payload: MESSAGE });
  const ban = { user_id: ID, removed: true };
  assert.deepEqual(readRoomEvent("message_removed", ban), { name: "message_removed", payload: ban });
  const back = { message_id: ID, removed: false, message: MESSAGE };
  assert.deepEqual(readRoomEvent("message_removed", back), { name: "message_removed", payload: back });
  const settings = { slow_mode_s: 5, followers_only: false, pinned: null };
  assert.deepEqual(readRoomEvent("room_settings", settings)?.payload, settings);
});

Deno.test("what is no event of a room, or malformed, is null", () => {
  for (const name of ["", "said", "toString", "__proto__", "constructor"]) {
    assert.equal(readRoomEvent(name, MESSAGE), null, name);
  }
  for (const payload of [null, undefined, "x", [], {}, { ...MESSAGE, message: 7 }, { ...MESSAGE, message_type: "x" }]) {
    assert.equal(readRoomEvent("chat_message", payload), null);
  }
  assert.equal(readRoomEvent("viewer_count", { viewer_count: "7" }), null);
  assert.equal(readRoomEvent("view", { seq: 1, view: { ...VIEW, timeframe: "7m" } }), null);
});

Deno.test("a removed message is told from one that stands, with its content or without", () => {
  const { message_id, stream_id, created_at } = MESSAGE;
  const removed = { message_id, stream_id, created_at, removed: true, removed_by_name: null };
  assert.ok(isRemoved(roomMessageSchema.parse(removed)));
  const forModerators = roomMessageSchema.parse({ ...MESSAGE, ...removed });
  assert.deepEqual([isRemoved(forModerators), forModerators.message], [true, "Hello"]);
  assert.equal(isRemoved(roomMessageSchema.parse(MESSAGE)), false);
  assert.equal(roomMessageSchema.safeParse({ message_id, stream_id, created_at }).success, false);
});

Deno.test("a room has the chart its streamer shares, and none when it cannot be read", () => {
  assert.deepEqual(viewOf({ view: VIEW }), VIEW);
  for (const view of [{}, { ...VIEW, symbol: 7 }, { ...VIEW, drawings: [{}] }]) assert.equal(viewOf({ view }), null);
});
