import assert from "node:assert/strict";
import { encodeComment, encodeEvent, EventStream, type Frame, FRAMES_WAITING_MAX } from "./event_stream.ts";

const decoder = new TextDecoder();

function streamOf() {
  const state = { closes: 0, nowMs: 0 };
  const stream = new EventStream({ onClose: () => state.closes++, nowMs: () => state.nowMs });
  return { stream, state };
}

function frame(text: string): Frame {
  return encodeEvent({ event: "x", data: text });
}

async function readAll(stream: EventStream): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of stream.body) texts.push(decoder.decode(chunk));
  return texts;
}

Deno.test("encodeEvent() keeps a value with line breaks from forging a second event", () => {
  const text = decoder.decode(encodeEvent({ event: "candle", data: "a\n\nevent: forged", id: "7" }));
  assert.equal(text, 'id: 7\nevent: candle\ndata: "a\\n\\nevent: forged"\n\n');
});

Deno.test("send() delivers every frame in order while the reader keeps up", async () => {
  const { stream } = streamOf();
  const reading = readAll(stream);
  for (let i = 0; i < 10; i++) stream.send(frame(String(i)));
  stream.close();
  assert.deepEqual(await reading, Array.from({ length: 10 }, (_, i) => decoder.decode(frame(String(i)))));
});

Deno.test("sendLatest() delivers a frame once to a reader that waits for it", async () => {
  const { stream } = streamOf();
  const reading = readAll(stream);
  for (const text of ["a", "b"]) {
    stream.sendLatest(frame(text));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  stream.close();
  assert.deepEqual(await reading, ["a", "b"].map((text) => decoder.decode(frame(text))));
});

Deno.test("sendLatest() keeps only the newest frame for a reader that is behind", async () => {
  const { stream } = streamOf();
  for (let i = 0; i < 1_000; i++) stream.sendLatest(frame(String(i)));
  const reader = stream.body.getReader();
  let last = "";
  let count = 0;
  while (!last.includes('"999"')) {
    last = decoder.decode((await reader.read()).value);
    count++;
  }
  assert.ok(count < 30, `read ${count} frames`);
  await reader.cancel();
});

Deno.test("send() drops a replaceable frame that an older reader has not seen yet", async () => {
  const { stream } = streamOf();
  for (let i = 0; i < 16; i++) stream.send(frame("filler"));
  stream.sendLatest(frame("forming"));
  stream.send(frame("closed"));
  const reader = stream.body.getReader();
  const texts: string[] = [];
  for (let i = 0; i < 17; i++) texts.push(decoder.decode((await reader.read()).value));
  assert.equal(texts.at(-1), decoder.decode(frame("closed")));
  await reader.cancel();
});

Deno.test("send() cuts off a reader that is too far behind, once", () => {
  const { stream, state } = streamOf();
  for (let i = 0; i < FRAMES_WAITING_MAX + 100; i++) stream.send(frame(String(i)));
  assert.equal(stream.closed, true);
  assert.equal(state.closes, 1);
});

Deno.test("sendIfReady() ends the stream of a reader that took nothing for a minute", () => {
  const { stream, state } = streamOf();
  for (let i = 0; i < 20; i++) stream.send(frame(String(i)));
  state.nowMs = 59_000;
  stream.sendIfReady(encodeComment("hb"));
  assert.equal(stream.closed, false);
  state.nowMs = 61_000;
  stream.sendIfReady(encodeComment("hb"));
  assert.equal(stream.closed, true);
});

Deno.test("a reader that goes away ends the stream once", async () => {
  const { stream, state } = streamOf();
  await stream.body.cancel();
  stream.close();
  stream.send(frame("late"));
  assert.equal(state.closes, 1);
});
