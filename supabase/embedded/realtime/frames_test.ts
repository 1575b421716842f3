import assert from "node:assert/strict";
import { seeded } from "../../../lib/kernel/seeded.ts";
import { CLOSE, decodeUtf8, encodeFrame, FrameDecoder, type FrameSink, OPCODE } from "./frames.ts";

const MESSAGE_BYTES_MAX = 70_000;

/** A client's frame, masked. */
function clientFrame(opcode: number, payload: Uint8Array, fin = true, key = [1, 2, 3, 4]): Uint8Array {
  const plain = encodeFrame(opcode, payload);
  const header = plain.length - payload.length;
  const frame = new Uint8Array(plain.length + 4);
  frame.set(plain.subarray(0, header));
  if (!fin) frame[0] = (frame[0] as number) & 0x7f;
  frame[1] = (frame[1] as number) | 0x80;
  frame.set(key, header);
  for (let i = 0; i < payload.length; i++) {
    frame[header + 4 + i] = (payload[i] as number) ^ (key[i % 4] as number);
  }
  return frame;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function record(): { sink: FrameSink; seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    sink: {
      onText: (message) => seen.push(`text:${message}`),
      onBinary: (bytes) => seen.push(`binary:${bytes.length}`),
      onPing: (bytes) => seen.push(`ping:${decodeUtf8(bytes)}`),
      onPong: () => seen.push("pong"),
      onClose: (code) => seen.push(`close:${code}`),
    },
  };
}

function decode(bytes: Uint8Array, chunkBytes = bytes.length): { seen: string[]; code: number | null } {
  const { sink, seen } = record();
  const decoder = new FrameDecoder(MESSAGE_BYTES_MAX, sink);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const code = decoder.push(bytes.slice(at, at + chunkBytes));
    if (code !== null) return { seen, code };
  }
  return { seen, code: null };
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

Deno.test("FrameDecoder reads the same messages whatever the chunks are", () => {
  const stream = concat(
    clientFrame(OPCODE.text, text("hällo")),
    clientFrame(OPCODE.binary, new Uint8Array(300)),
    clientFrame(OPCODE.text, text("a"), false),
    clientFrame(OPCODE.ping, text("still there?")),
    clientFrame(OPCODE.continuation, text("b"), false),
    clientFrame(OPCODE.continuation, text("c")),
    clientFrame(OPCODE.text, new Uint8Array(0)),
    clientFrame(OPCODE.binary, new Uint8Array(66_000)),
    clientFrame(OPCODE.close, new Uint8Array([3, 232])),
  );
  const want = [
    "text:hällo",
    "binary:300",
    "ping:still there?",
    "text:abc",
    "text:",
    "binary:66000",
    "close:1000",
  ];
  for (const chunkBytes of [stream.length, 1, 2, 3, 7, 1_000]) {
    assert.deepEqual(decode(stream, chunkBytes), { seen: want, code: null }, `chunks of ${chunkBytes}`);
  }
});

Deno.test("FrameDecoder closes with the code RFC 6455 names", () => {
  const cases: [string, Uint8Array, number][] = [
    ["unmasked", encodeFrame(OPCODE.text, text("x")), CLOSE.protocolError],
    ["reserved bit", concat(new Uint8Array([0xc1, 0x80, 0, 0, 0, 0])), CLOSE.protocolError],
    ["unknown opcode", concat(new Uint8Array([0x83, 0x80, 0, 0, 0, 0])), CLOSE.protocolError],
    ["fragmented ping", clientFrame(OPCODE.ping, text("x"), false), CLOSE.protocolError],
    ["long ping", clientFrame(OPCODE.ping, new Uint8Array(126)), CLOSE.protocolError],
    ["close of one byte", clientFrame(OPCODE.close, new Uint8Array(1)), CLOSE.protocolError],
    ["continuation of nothing", clientFrame(OPCODE.continuation, text("x")), CLOSE.protocolError],
    [
      "new message inside another",
      concat(clientFrame(OPCODE.text, text("x"), false), clientFrame(OPCODE.text, text("y"))),
      CLOSE.protocolError,
    ],
    ["invalid UTF-8", clientFrame(OPCODE.text, new Uint8Array([0xc3, 0x28])), CLOSE.invalidText],
    ["too large", clientFrame(OPCODE.binary, new Uint8Array(MESSAGE_BYTES_MAX + 1)), CLOSE.tooBig],
    [
      "too large in parts",
      concat(
        clientFrame(OPCODE.binary, new Uint8Array(40_000), false),
        clientFrame(OPCODE.continuation, new Uint8Array(40_000)),
      ),
      CLOSE.tooBig,
    ],
    [
      "eight-byte length",
      new Uint8Array([0x82, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]),
      CLOSE.tooBig,
    ],
  ];
  for (const [name, bytes, code] of cases) assert.equal(decode(bytes).code, code, name);
});

Deno.test("FrameDecoder refuses a message of too many fragments", () => {
  const part = clientFrame(OPCODE.continuation, new Uint8Array(0), false);
  const { sink, seen } = record();
  const decoder = new FrameDecoder(MESSAGE_BYTES_MAX, sink);
  let code = decoder.push(clientFrame(OPCODE.text, new Uint8Array(0), false));
  for (let i = 0; i < 2_000 && code === null; i++) code = decoder.push(part.slice());
  assert.equal(code, CLOSE.tooBig);
  assert.deepEqual(seen, []);
});

Deno.test("FrameDecoder survives 100,000 mutated streams without throwing", () => {
  const seed = 20_261_120;
  const random = seeded(seed);
  const base = concat(
    clientFrame(OPCODE.text, text('["1","1","realtime:room","phx_join",{}]')),
    clientFrame(OPCODE.binary, new Uint8Array([3, 1, 1, 4, 1, 0, 1, 49, 49])),
    clientFrame(OPCODE.ping, text("p")),
    clientFrame(OPCODE.text, text("part"), false),
    clientFrame(OPCODE.continuation, text("whole")),
  );
  let refused = 0;
  for (let round = 0; round < 100_000; round++) {
    const bytes = base.slice(0, 1 + Math.floor(random() * base.length));
    for (let i = Math.floor(random() * 4); i >= 0; i--) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    try {
      if (decode(bytes, 1 + Math.floor(random() * bytes.length)).code !== null) refused++;
    } catch (error) {
      throw new Error(`Threw in round ${round} of seed ${seed}`, { cause: error });
    }
  }
  assert.ok(refused > 10_000, `only ${refused} streams were refused`);
});
