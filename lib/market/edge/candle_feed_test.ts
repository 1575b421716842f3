import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import type { TopicHub, TopicListener } from "../../realtime/edge/hub.ts";
import type { Candle } from "../candle.ts";
import { CandleFeed, type CandleReader } from "./candle_feed.ts";

const WIDTH_ms = 60_000;

function candle(minute: number, closed = true): Candle {
  return { t: minute * WIDTH_ms, o: "1", h: "1", l: "1", c: String(minute), v: "1", closed };
}

/** A feed whose topic the test speaks for, with a database that holds the closed minutes given. */
function feedOf(stored: number[]) {
  let listener: TopicListener | null = null;
  const state = { loads: [] as number[], failing: false, stopped: false };
  const hub: TopicHub = {
    listen: (_topic, given) => {
      listener = given;
      return () => state.stopped = true;
    },
    counts: () => ({ topics: 1, connections: 1 }),
    close: () => Promise.resolve(),
  };
  const feed = new CandleFeed({
    hub,
    topic: "market:sim:BTC-USDT:1m",
    width_ms: WIDTH_ms,
    loadAfter: (t) => {
      state.loads.push(t / WIDTH_ms);
      if (state.failing) return Promise.reject(new Error("away"));
      return Promise.resolve(stored.filter((minute) => minute * WIDTH_ms > t).map((minute) => candle(minute)));
    },
    logger: createLogger({ service: "test", write: () => {}, nowMs: () => 0 }),
  });
  const broadcast = (given: Candle, token = 1) => listener?.onBroadcast("candle", { ...given, et: given.t, token });
  return { feed, state, broadcast, goLive: () => listener?.onState("live") };
}

/** A reader that keeps what it is told, closed minutes as numbers and forming ones as text. */
class Told implements CandleReader {
  readonly told: (number | string)[] = [];
  onClosed({ t }: Candle): void {
    this.told.push(t / WIDTH_ms);
  }
  onForming({ t }: Candle): void {
    this.told.push(`~${t / WIDTH_ms}`);
  }
  onState(): void {}
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("a feed tells closed candles once, in order, and forming ones between", async () => {
  const { feed, broadcast } = feedOf([]);
  const reader = new Told();
  feed.add(reader);
  for (const given of [candle(1), candle(2, false), candle(2), candle(2), candle(1), candle(2, false)]) {
    broadcast(given);
  }
  await settled();
  assert.deepEqual(reader.told, [1, "~2", 2]);
});

Deno.test("a feed reads a gap from the database before it tells what came after", async () => {
  const { feed, broadcast, state } = feedOf([2, 3]);
  const reader = new Told();
  feed.add(reader);
  for (const given of [candle(1), candle(4), candle(5)]) broadcast(given);
  await settled();
  assert.deepEqual(reader.told, [1, 2, 3, 4, 5]);
  assert.deepEqual(state.loads, [1]);
});

Deno.test("a feed asks once about a gap the exchange really has, not at every tick after it", async () => {
  const { feed, broadcast, state } = feedOf([]);
  feed.add(new Told());
  broadcast(candle(1));
  for (let i = 0; i < 20; i++) broadcast(candle(3, false));
  await settled();
  for (let i = 0; i < 20; i++) broadcast(candle(3, false));
  await settled();
  assert.deepEqual(state.loads, [1]);
});

Deno.test("a feed catches up whenever its topic comes back", async () => {
  const { feed, broadcast, goLive } = feedOf([2, 3]);
  const reader = new Told();
  feed.add(reader);
  broadcast(candle(1));
  goLive();
  await settled();
  assert.deepEqual(reader.told, [1, 2, 3]);
});

Deno.test("a feed holds closes back while the database is away, and goes on with forming ones", async () => {
  const { feed, broadcast, state } = feedOf([2, 3]);
  const reader = new Told();
  feed.add(reader);
  broadcast(candle(1));
  state.failing = true;
  broadcast(candle(4));
  await settled();
  broadcast(candle(5, false));
  assert.deepEqual(reader.told, [1, "~5"]);
  feed.close();
  assert.equal(state.stopped, true);
});

Deno.test("a candle one reader found in the database reaches the others, although nobody broadcast it", async () => {
  const { feed, broadcast } = feedOf([]);
  const early = new Told();
  feed.add(early);
  broadcast(candle(1));
  feed.noteClosed(candle(2));
  broadcast(candle(2));
  await settled();
  assert.deepEqual(early.told, [1, 2]);
  assert.deepEqual(feed.recent.map(({ candle: { t } }) => t / WIDTH_ms), [1, 2]);
});

Deno.test("a feed ignores a worker whose lease has passed to another", async () => {
  const { feed, broadcast } = feedOf([]);
  const reader = new Told();
  feed.add(reader);
  broadcast(candle(1), 5);
  broadcast(candle(2), 4);
  broadcast(candle(2, false), 6);
  await settled();
  assert.deepEqual(reader.told, [1, "~2"]);
});
