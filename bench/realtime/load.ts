/**
 * The other end of the benchmarks: many clients in one process. Obeys lines on standard input:
 * `expect <frames>` answers once that many updates have come in all; `stamp` starts to note how long
 * updates took, `latency` tells of those noted since it was last asked.
 */
import type { Buffer } from "node:buffer";
import { createInterface } from "node:readline";
import process from "node:process";
import { quantileOf, round } from "../statistics.ts";
import { type Greeting, PLAIN, realtimeGreeting, SOCKET_IO } from "./greetings.ts";
import { RawClient } from "./raw_client.ts";

const [kind, port, clientCount, apiKey, topic] = process.argv.slice(2) as [string, string, string, string, string];
/** Frames shorter than this are greetings, heartbeats and replies, not updates. */
const UPDATE_BYTES_MIN = 150;
/** How many clients greet at once, so that the listen queue does not overflow. */
const GREETING_AT_ONCE_MAX = 50;
const STAMP_MARK = '"at":"';
const STAMP_LENGTH = 17;
/** A stock client's; ours hangs up on a client that is silent for three of them. */
const HEARTBEAT_INTERVAL_ms = 25_000;

const greeting: Greeting = kind === "outcry"
  ? realtimeGreeting(apiKey, topic)
  : kind === "socketio"
  ? SOCKET_IO
  : PLAIN;
const clients: RawClient[] = [];
let received = 0;
let waiting: { frames: number; resolve: () => void } | null = null;
let latencies_ms: number[] | null = null;

await connectAll();
if (kind === "outcry") {
  setInterval(() => {
    for (const client of clients) client.send('[null,"0","phoenix","heartbeat",{}]');
  }, HEARTBEAT_INTERVAL_ms);
}
print({ connected: clients.length });
createInterface({ input: process.stdin }).on("line", async (line) => {
  const [command, count] = line.split(" ");
  if (command === "expect") {
    const frames = Number(count);
    if (received < frames) await new Promise<void>((resolve) => waiting = { frames, resolve });
    print({ received });
  }
  if (command === "stamp") print(latencies_ms = []);
  if (command === "latency") {
    const noted = latencies_ms ?? [];
    latencies_ms = [];
    print({ p50_ms: round(quantileOf(noted, 0.5)), p99_ms: round(quantileOf(noted, 0.99)), frames: noted.length });
  }
  if (command === "end") process.exit(0);
});

async function connectAll(): Promise<void> {
  let left = Number(clientCount);
  const one = async () => {
    while (left-- > 0) clients.push(await openClient());
  };
  await Promise.all(Array.from({ length: GREETING_AT_ONCE_MAX }, one));
}

function openClient(): Promise<RawClient> {
  return new Promise((resolve, reject) => {
    let greeted = false;
    const client = new RawClient(Number(port), greeting.path, {
      onOpen() {
        if (greeting.first !== null) client.send(greeting.first);
        greeted = greeting === PLAIN;
        if (greeted) resolve(client);
      },
      onFrame(opcode, payload) {
        if (greeted && payload.length >= UPDATE_BYTES_MIN) return countUpdate(payload);
        if (opcode !== 1) return;
        const text = payload.toString();
        // Engine.IO's own ping.
        if (kind === "socketio" && text === "2") return client.send("3");
        if (greeted) return;
        const { send, done } = greeting.answer(text);
        if (send !== undefined) client.send(send);
        greeted = done === true;
        if (greeted) resolve(client);
      },
      onClose(error) {
        if (!greeted) return reject(error ?? new Error("A client's connection closed before it was greeted"));
        throw error ?? new Error("A client lost its connection");
      },
    });
  });
}

function countUpdate(payload: Buffer): void {
  received++;
  if (latencies_ms !== null) {
    const start = payload.indexOf(STAMP_MARK) + STAMP_MARK.length;
    const at_ms = Number(payload.subarray(start, start + STAMP_LENGTH).toString());
    latencies_ms.push(performance.timeOrigin + performance.now() - at_ms);
  }
  if (waiting === null || received < waiting.frames) return;
  waiting.resolve();
  waiting = null;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
