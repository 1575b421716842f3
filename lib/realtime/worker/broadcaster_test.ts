import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { ATTEMPTS_MAX, BATCH_MESSAGES_MAX, type Broadcast, Broadcaster } from "./broadcaster.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

interface Received {
  headers: Headers;
  messages: { topic: string; event: string; payload: { n: number }; private: boolean }[];
}

interface Door {
  url: string;
  received: Received[];
  /** Statuses to answer with, one a request; 202 once they are used up. */
  statuses: number[];
  /** Called with each request before it is answered. */
  onRequest: () => Promise<void> | void;
  stop(): Promise<void>;
}

function openDoor(): Door {
  const door: Door = { url: "", received: [], statuses: [], onRequest: () => {}, stop: () => server.shutdown() };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { messages } = await request.json();
    await door.onRequest();
    const status = new URL(request.url).pathname === "/realtime/v1/api/broadcast" ? door.statuses.shift() ?? 202 : 404;
    if (status === 202) door.received.push({ headers: request.headers, messages });
    return new Response(null, { status });
  });
  door.url = `http://127.0.0.1:${server.addr.port}`;
  return door;
}

function openBroadcaster(url: string, queue_messages_max?: number, messages_per_s_max: number | null = null) {
  const clock = { ms: 0 };
  const counts = { sent: 0, failed: 0, replaced: 0 };
  const lines: string[] = [];
  const broadcaster = new Broadcaster({
    url,
    secretKey: "sb_secret_of_the_test",
    logger: createLogger({ service: "test", write: (line) => lines.push(line), nowMs: () => 0 }),
    random: () => 0,
    nowMs: () => clock.ms,
    messages_per_s_max,
    observe: (outcome, messages) => counts[outcome] += messages,
    flush_interval_ms: 5,
    ...(queue_messages_max === undefined ? {} : { queue_messages_max }),
  });
  return { broadcaster, counts, lines, clock };
}

function message(topic: string, n: number, replaceable: boolean): Broadcast {
  return { topic, event: "candle", payload: { n }, replaceable };
}

function payloads(door: Door, topic: string): number[] {
  return door.received.flatMap(({ messages }) => messages).filter((m) => m.topic === topic).map((m) => m.payload.n);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `Gave up waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

Deno.test("Broadcaster sends private messages in batches with the secret key", sanitized, async () => {
  const door = openDoor();
  const { broadcaster, counts } = openBroadcaster(door.url);
  for (let n = 0; n < 450; n++) broadcaster.send(message(`t${n % 3}`, n, false));
  await until(() => counts.sent === 450, "every message to be sent");
  await broadcaster.close();
  await door.stop();
  assert.ok(door.received.length <= 4, `${door.received.length} requests`);
  assert.ok(door.received.every(({ messages }) => messages.length <= BATCH_MESSAGES_MAX));
  const { headers, messages } = door.received[0] as Received;
  assert.equal(headers.get("apikey"), "sb_secret_of_the_test");
  assert.equal(headers.get("authorization"), "Bearer sb_secret_of_the_test");
  assert.deepEqual(messages[0], { topic: "t0", event: "candle", payload: { n: 0 }, private: true });
});

Deno.test(
  "Broadcaster keeps the order within a topic, and only the latest forming candle that waits",
  sanitized,
  async () => {
    const door = openDoor();
    const { broadcaster, counts } = openBroadcaster(door.url);
    broadcaster.send(message("a", 1, true));
    broadcaster.send(message("b", 10, true));
    broadcaster.send(message("a", 2, true));
    broadcaster.send(message("a", 3, false));
    broadcaster.send(message("a", 4, true));
    broadcaster.send(message("a", 5, true));
    await broadcaster.close();
    await door.stop();
    assert.deepEqual(payloads(door, "a"), [3, 5]);
    assert.deepEqual(payloads(door, "b"), [10]);
    assert.deepEqual(counts, { sent: 3, failed: 0, replaced: 3 });
  },
);

Deno.test(
  "Broadcaster delivers every close in order through failing sends, and drops what newer candles overtook",
  sanitized,
  async () => {
    const door = openDoor();
    door.statuses.push(500, 429, 503);
    const { broadcaster, counts } = openBroadcaster(door.url);
    let requests = 0;
    door.onRequest = () => {
      // While the first batch fails, newer candles come in.
      if (++requests === 1) {
        broadcaster.send(message("a", 3, true));
        broadcaster.send(message("b", 12, false));
      }
    };
    broadcaster.send(message("a", 1, false));
    broadcaster.send(message("a", 2, true));
    broadcaster.send(message("b", 11, false));
    await until(() => payloads(door, "a").length === 2 && payloads(door, "b").length === 2, "closes to arrive");
    await broadcaster.close();
    await door.stop();
    assert.deepEqual(payloads(door, "a"), [1, 3]);
    assert.deepEqual(payloads(door, "b"), [11, 12]);
    assert.deepEqual(counts, { sent: 4, failed: 0, replaced: 1 });
  },
);

Deno.test(
  "Broadcaster gives a batch up after bounded tries, counts it, and goes on with the next",
  sanitized,
  async () => {
    const door = openDoor();
    door.statuses.push(...Array.from({ length: ATTEMPTS_MAX }, () => 500));
    const { broadcaster, counts, lines } = openBroadcaster(door.url);
    broadcaster.send(message("a", 1, false));
    await until(() => counts.failed === 1, "the batch to be given up");
    broadcaster.send(message("a", 2, false));
    await until(() => counts.sent === 1, "the next batch");
    await broadcaster.close();
    await door.stop();
    assert.deepEqual(payloads(door, "a"), [2]);
    assert.ok(!lines.join().includes("sb_secret"), "the key stays out of the log");
  },
);

Deno.test("Broadcaster does not repeat a batch that the server refuses as malformed", sanitized, async () => {
  const door = openDoor();
  door.statuses.push(422);
  const { broadcaster, counts } = openBroadcaster(door.url);
  broadcaster.send(message("a", 1, false));
  await until(() => counts.failed === 1, "the refusal");
  await broadcaster.close();
  await door.stop();
  assert.deepEqual(payloads(door, "a"), []);
});

Deno.test(
  "Broadcaster's full queue lets go of forming candles first and never of a close while one waits",
  sanitized,
  async () => {
    const door = openDoor();
    const { broadcaster, counts } = openBroadcaster(door.url, 4);
    broadcaster.send(message("a", 1, true));
    broadcaster.send(message("b", 2, false));
    broadcaster.send(message("c", 3, true));
    broadcaster.send(message("d", 4, false));
    broadcaster.send(message("e", 5, false));
    broadcaster.send(message("f", 6, false));
    broadcaster.send(message("g", 7, true));
    assert.equal(broadcaster.queued, 4);
    await broadcaster.close();
    await door.stop();
    assert.deepEqual(door.received.flatMap(({ messages }) => messages.map((m) => m.payload.n)), [2, 4, 5, 6]);
    assert.equal(counts.failed, 3);
  },
);

Deno.test("Broadcaster closes in bounded time when nobody answers", sanitized, async () => {
  const door = openDoor();
  let release = () => {};
  door.onRequest = () => new Promise<void>((resolve) => release = resolve);
  const { broadcaster } = openBroadcaster(door.url);
  broadcaster.send(message("a", 1, false));
  const started = performance.now();
  await broadcaster.close(100);
  assert.ok(performance.now() - started < 2_000);
  release();
  await door.stop();
});

Deno.test(
  "Broadcaster sends forming candles less often near the plan's limit, the newest ones, and closes at once",
  sanitized,
  async () => {
    const door = openDoor();
    const { broadcaster, counts, clock } = openBroadcaster(door.url, undefined, 100);
    broadcaster.setReaders("sim", new Map([["busy", 39], ["quiet", 1]]));
    // 100 a second, of which 20 are kept back: two of the busy topic's 40.
    for (let n = 0; n < 2; n++) {
      broadcaster.send(message("busy", n, true));
      await until(() => counts.sent === n + 1, "what the budget allows");
    }
    for (let n = 2; n < 6; n++) broadcaster.send(message("busy", n, true));
    broadcaster.send(message("quiet", 6, true));
    broadcaster.send(message("other", 7, false));
    await until(() => counts.sent === 3, "what must go");
    assert.deepEqual([payloads(door, "other"), payloads(door, "busy"), payloads(door, "quiet")], [[7], [0, 1], []]);
    assert.equal(broadcaster.queued, 2, "of each topic the newest waits");
    clock.ms = 1_000;
    await until(() => counts.sent === 5, "the rest in its turn");
    assert.deepEqual([payloads(door, "busy"), payloads(door, "quiet")], [[0, 1, 5], [6]]);
    clock.ms = 2_000;
    broadcaster.send(message("busy", 8, true));
    broadcaster.send(message("busy", 9, true));
    await until(() => counts.sent === 6, "another");
    broadcaster.send(message("busy", 10, true));
    broadcaster.send(message("busy", 11, false));
    await until(() => counts.sent === 7, "the close");
    assert.deepEqual(payloads(door, "busy"), [0, 1, 5, 9, 11]);
    await broadcaster.close();
    await door.stop();
  },
);
