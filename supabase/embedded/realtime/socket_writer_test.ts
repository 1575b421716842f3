import assert from "node:assert/strict";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { Batch, FrameRun } from "./outbox.ts";
import { openWriter, type SocketWriter, StreamWriter, type WriterOwner } from "./socket_writer.ts";
import { waitFor } from "./testing.ts";

const strict = { sanitizeOps: true, sanitizeResources: true };
// More than two sockets' kernel buffers hold.
const FULL_BYTES = 16 * 1024 * 1024;

/** A writer on one end of a TCP connection, and the other end, which reads nothing until told. */
interface Pair extends AsyncDisposable {
  writer: SocketWriter;
  peer: Socket;
  /** What the writer's owner was told. */
  told: { writable: number; destroyed: number };
}

async function openPair(make: (socket: Socket, owner: WriterOwner) => SocketWriter = openWriter): Promise<Pair> {
  const server = createServer({ pauseOnConnect: false });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  peer.on("error", () => {});
  peer.pause();
  const socket = await accepted;
  socket.on("error", () => {});
  const told = { writable: 0, destroyed: 0 };
  const owner = {
    onWritable: () => void told.writable++,
    destroy() {
      told.destroyed++;
      socket.destroy();
    },
  };
  return {
    writer: make(socket, owner),
    peer,
    told,
    async [Symbol.asyncDispose]() {
      peer.destroy();
      socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function batchOf(...pieces: Uint8Array[]): Batch {
  return new FrameRun(pieces.map((bytes) => ({ bytes, conflationKey: null }))).appendTo(new Batch());
}

/** Bytes that tell their own position, so that a gap, a repetition or a swap shows. */
function numbered(start: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) % 251);
}

function assertNumbered(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== i % 251) assert.fail(`byte ${i} of ${bytes.length} is ${bytes[i]}, expected ${i % 251}`);
  }
}

async function readAll(peer: Socket, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  const take = (chunk: Uint8Array) => {
    bytes.set(chunk, at);
    at += chunk.length;
  };
  peer.on("data", take);
  peer.resume();
  await waitFor(`${length} bytes`, () => at >= length);
  peer.off("data", take);
  return bytes;
}

const openStreamWriter = (socket: Socket, owner: WriterOwner) => new StreamWriter(socket, owner);

for (const [name, make] of [["handle", openWriter], ["stream", openStreamWriter]] as const) {
  const open = () => openPair(make);

  Deno.test(`A ${name} writer finishes a write the kernel takes only in part, once, in order`, strict, async () => {
    await using pair = await open();
    const { writer, peer, told } = pair;
    // A new socket may have to wait for its first write: not what is meant here.
    if (!writer.write(batchOf(numbered(0, 1)))) await waitFor("the socket to be ready", () => told.writable === 1);
    told.writable = 0;
    let written = 1;
    let batches = 0;
    // Odd sizes, so that the kernel's limit falls inside a frame.
    while (written < FULL_BYTES) {
      const bytes = numbered(written, 60_001);
      written += bytes.length;
      batches++;
      if (!writer.write(batchOf(bytes))) break;
    }
    assert.ok(written < FULL_BYTES, "the kernel is full at some time");
    assert.ok(writer.waitingBytes > 0, "what waits is counted");
    assert.equal(told.writable, 0);
    assertNumbered(await readAll(peer, written));
    await waitFor("word that it may go on", () => told.writable === 1);
    assert.equal(writer.waitingBytes, 0);
    assert.ok(batches > 1);
  });

  Deno.test(`A ${name} writer takes a batch of many large frames at once`, strict, async () => {
    await using pair = await open();
    const { writer, peer, told } = pair;
    const frames = Array.from({ length: 40 }, (_, i) => numbered(i * 200_003, 200_003));
    assert.equal(writer.write(batchOf(...frames)), false);
    assertNumbered(await readAll(peer, 40 * 200_003));
    await waitFor("word that it may go on", () => told.writable === 1);
    writer.write(batchOf(numbered(0, 10)));
    assertNumbered(await readAll(peer, 10));
  });

  Deno.test(`A ${name} writer survives a peer that resets in mid-write`, strict, async () => {
    await using pair = await open();
    const { writer, peer, told } = pair;
    while (writer.write(batchOf(new Uint8Array(500_000))));
    peer.resetAndDestroy();
    if (name === "handle") await waitFor("the owner to be told", () => told.destroyed > 0);
    assert.equal(told.writable, 0);
  });
}

Deno.test("A handle writer's spare request serves other sockets while one waits", strict, async () => {
  await using full = await openPair();
  await using free = await openPair();
  let written = 0;
  for (let more = true; more; written += 300_000) more = full.writer.write(batchOf(numbered(written, 300_000)));
  free.writer.write(batchOf(numbered(0, 1_000)));
  assertNumbered(await readAll(free.peer, 1_000));
  assert.equal(full.told.writable, 0);
  assertNumbered(await readAll(full.peer, written));
  await waitFor("the full one to be told", () => full.told.writable === 1);
});

Deno.test("openWriter() writes through a stream that has no handle", strict, async () => {
  const stream = new PassThrough();
  const writer = openWriter(stream, { onWritable: () => {}, destroy: () => {} });
  assert.ok(writer instanceof StreamWriter);
  writer.write(batchOf(numbered(0, 100)));
  const [chunk] = await stream.take(1).toArray() as Uint8Array[];
  assertNumbered(chunk ?? new Uint8Array(1));
  stream.destroy();
});
