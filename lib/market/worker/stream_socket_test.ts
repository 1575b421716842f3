import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import type { SharedBinance, SocketClient, SocketHooks } from "./shared_binance.ts";
import { StreamSocket } from "./stream_socket.ts";
import { until } from "./testing.ts";

/** A socket in memory that acknowledges what it is asked. */
class FakeClient implements SocketClient {
  url = "";
  error: unknown;
  closed = false;
  readonly hooks: SocketHooks;

  constructor(hooks: SocketHooks) {
    this.hooks = hooks;
  }

  onMessage(_event: { data: unknown }): void {}

  onError(): void {}

  connect(): Promise<void> {
    queueMicrotask(() => this.hooks.onOpen());
    return Promise.resolve();
  }

  send(message: unknown): Promise<void> {
    const { id } = message as { id: number };
    queueMicrotask(() => this.onMessage({ data: JSON.stringify({ result: null, id }) }));
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

function open() {
  const clients: FakeClient[] = [];
  const exchange = {
    openSocket(hooks: SocketHooks) {
      const client = new FakeClient(hooks);
      clients.push(client);
      return client;
    },
    closeSocket: (client: FakeClient) => client.close(),
  } as unknown as SharedBinance;
  const frames: [data: unknown, splicing: boolean][] = [];
  const replaced: string[] = [];
  const lost: string[] = [];
  const confirmed: string[][] = [];
  const socket = new StreamSocket({
    exchange,
    capabilities: { ...knownVenue("sim") as VenueCapabilities, plannedReconnect_ms: 600 },
    logger: createLogger({ service: "test", write: () => {}, nowMs: () => 0 }),
    nowMs: () => performance.now(),
    random: () => 0,
    listener: {
      onFrame: (data, splicing) => frames.push([data, splicing]) > 0,
      onConfirmed: (streams) => confirmed.push(streams),
      onLost: (reason) => lost.push(reason),
      onReplaced: (reason) => replaced.push(reason),
    },
  });
  socket.setStreams(new Set(["a@trade"]));
  return { socket, clients, frames, replaced, lost, confirmed };
}

const sanitized = { sanitizeOps: true, sanitizeResources: true };

Deno.test("what only the new socket has told is not lost when the old one is let go", sanitized, async () => {
  const { socket, clients, frames, replaced, lost, confirmed } = open();
  try {
    await until(() => clients.length === 2, "the second socket", 10_000);
    const [old, next] = clients as [FakeClient, FakeClient];
    old.onMessage({ data: "4" });
    next.onMessage({ data: "4" });
    // The old one has this on its way for ever.
    next.onMessage({ data: "5" });
    assert.deepEqual(frames, [["4", false]], "the old one still tells");
    assert.equal(old.closed, false);
    await until(() => replaced.length === 1, "the replacement", 10_000);
    assert.equal(old.closed, true);
    next.onMessage({ data: "6" });
    assert.deepEqual(frames, [["4", false], ["4", true], ["5", true], ["6", false]]);
    assert.deepEqual([lost, confirmed], [[], [["a@trade"]]]);
  } finally {
    socket.close();
  }
});

Deno.test(
  "an old socket that breaks while it is being replaced costs nothing once the new one carries all",
  sanitized,
  async () => {
    const { socket, clients, frames, replaced, lost } = open();
    try {
      await until(() => clients.length === 2 && socket.open === 2, "the second socket", 10_000);
      const [old, next] = clients as [FakeClient, FakeClient];
      await Promise.resolve();
      next.onMessage({ data: "5" });
      old.hooks.onGone("cut");
      assert.deepEqual([frames, lost, replaced.length], [[["5", true]], [], 1]);
      assert.equal(socket.open, 1);
    } finally {
      socket.close();
    }
  },
);
