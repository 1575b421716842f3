/**
 * The other end of the fan-out benchmark: many WebSocket clients in one process, over raw sockets so that
 * their own cost stays small. Obeys lines on standard input: `expect <frames>` answers once they have come.
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import process from "node:process";

/** How a kind of server is greeted: the upgrade's path, and what is said until the client is subscribed. */
interface Greeting {
  path: string;
  /** Text to send when a text frame arrives, or null; `done` ends the greeting. */
  answer(frame: string): { send?: string; done?: boolean };
  first?: string;
}

const [kind, port, clientCount, query] = process.argv.slice(2) as [string, string, string, string?];
/** Frames shorter than this are greetings, heartbeats and replies, not updates. */
const UPDATE_BYTES_MIN = 150;
/** How many clients greet at once, so that the listen queue does not overflow. */
const GREETING_AT_ONCE_MAX = 50;

const greetings: Record<string, Greeting> = {
  plain: { path: "/", answer: () => ({}) },
  socketio: {
    path: "/socket.io/?EIO=4&transport=websocket",
    answer(frame) {
      if (frame.startsWith("0")) return { send: "40" };
      return { done: frame.startsWith("40") };
    },
  },
  outcry: {
    path: `/realtime/v1/websocket?vsn=2.0.0&apikey=${query ?? ""}`,
    first: JSON.stringify(["1", "1", "realtime:market:sim:BTC-USDT:1m", "phx_join", {
      config: {
        private: true,
        broadcast: { ack: false, self: false },
        presence: { enabled: false, key: "" },
        postgres_changes: [],
      },
    }]),
    answer(frame) {
      if (frame.includes('"status":"error"')) throw new Error(`The join was refused: ${frame}`);
      return { done: frame.includes('"phx_reply"') && frame.includes('"ok"') };
    },
  },
};

const greeting = greetings[kind] as Greeting;
let received = 0;
let bytes = 0;
let waiting: { frames: number; resolve: () => void } | null = null;

await connectAll();
print({ connected: Number(clientCount) });
createInterface({ input: process.stdin }).on("line", async (line) => {
  const [command, count] = line.split(" ");
  if (command === "expect") {
    const frames = Number(count);
    if (received < frames) await new Promise<void>((resolve) => waiting = { frames, resolve });
    print({ received, bytes });
  }
  if (command === "end") process.exit(0);
});

async function connectAll(): Promise<void> {
  let left = Number(clientCount);
  const one = async () => {
    while (left-- > 0) await openClient();
  };
  await Promise.all(Array.from({ length: GREETING_AT_ONCE_MAX }, one));
}

function openClient(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(port) });
    let buffered: Buffer = Buffer.alloc(0);
    let upgraded = false;
    let greeted = false;
    const greetedNow = () => {
      greeted = true;
      resolve();
    };
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on(
      "close",
      () => greeted ? fail("a client lost its connection") : reject(new Error("closed before it was greeted")),
    );
    socket.write(
      `GET ${greeting.path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    socket.on("data", (chunk: Buffer) => {
      buffered = buffered.length ? Buffer.concat([buffered, chunk]) : chunk;
      if (!upgraded) {
        const end = buffered.indexOf("\r\n\r\n");
        if (end === -1) return;
        if (!buffered.subarray(0, 12).toString().endsWith("101")) {
          return reject(new Error(buffered.subarray(0, end).toString()));
        }
        upgraded = true;
        buffered = buffered.subarray(end + 4);
        if (greeting.first) sendText(socket, greeting.first);
        else if (kind === "plain") greetedNow();
      }
      buffered = readFrames(buffered, (opcode, payload) => {
        if (opcode === 9) return sendFrame(socket, 10, payload);
        if (payload.length >= UPDATE_BYTES_MIN && greeted) return countUpdate(payload.length);
        if (opcode !== 1) return;
        const text = payload.toString();
        if (text === "2") return sendText(socket, "3");
        if (greeted) return;
        const { send, done } = greeting.answer(text);
        if (send) sendText(socket, send);
        if (done) greetedNow();
      });
    });
  });
}

function countUpdate(length: number): void {
  received++;
  bytes += length;
  if (waiting && received >= waiting.frames) {
    waiting.resolve();
    waiting = null;
  }
}

/** Reads whole unmasked frames off the front; answers what is left. */
function readFrames(data: Buffer, take: (opcode: number, payload: Buffer) => void): Buffer {
  let at = 0;
  while (data.length - at >= 2) {
    const opcode = data.readUInt8(at) & 0x0f;
    let length = data.readUInt8(at + 1) & 0x7f;
    let head = 2;
    if (length === 126) {
      if (data.length - at < 4) break;
      length = data.readUInt16BE(at + 2);
      head = 4;
    } else if (length === 127) {
      if (data.length - at < 10) break;
      length = Number(data.readBigUInt64BE(at + 2));
      head = 10;
    }
    if (data.length - at < head + length) break;
    take(opcode, data.subarray(at + head, at + head + length));
    at += head + length;
  }
  return at === 0 ? data : data.subarray(at);
}

function sendText(socket: Socket, text: string): void {
  sendFrame(socket, 1, Buffer.from(text));
}

/** Client frames are masked; a mask of zeros is a mask. */
function sendFrame(socket: Socket, opcode: number, payload: Buffer): void {
  const head = payload.length < 126
    ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
    : Buffer.from([0x80 | opcode, 0xfe, payload.length >> 8, payload.length & 0xff]);
  socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
}

function fail(message: string): never {
  throw new Error(message);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
