import assert from "node:assert/strict";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import { createLogger } from "../../kernel/log.ts";
import type { TopicHub, TopicListener } from "../../realtime/edge/hub.ts";
import { WatchKeeper } from "../../realtime/edge/watch_keeper.ts";
import { CandleStreams, STREAMS_PER_ADDRESS_MAX } from "./candle_streams.ts";
import { MarketStore } from "./market_store.ts";

const logger = createLogger({ service: "test", write: () => {}, nowMs: () => 0 });
const MARKET = { exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", lastSeenT: null } as const;

function stored(minute: number) {
  return { t: minute * 60_000, o: "1", h: "1", l: "1", c: "1", v: "1", closed: true };
}

/** Streams whose topic is silent and whose database answers backfills when the test says so. */
function streamsOf() {
  const backfills: PromiseWithResolvers<unknown>[] = [];
  const rpc: Rpc = {
    call(name) {
      if (name !== "candles_page") return Promise.resolve(null);
      const backfill = Promise.withResolvers<unknown>();
      backfills.push(backfill);
      return backfill.promise;
    },
  };
  let listener: TopicListener | null = null;
  const hub: TopicHub = {
    listen: (_topic, given) => {
      listener = given;
      return () => {};
    },
    counts: () => ({ topics: 0, connections: 0 }),
    close: () => Promise.resolve(),
  };
  const nowMs = () => 0;
  const keeper = new WatchKeeper({ rpc, nowMs, logger });
  const streams = new CandleStreams({
    hub,
    store: new MarketStore(rpc),
    keeper,
    logger,
    nowMs,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
  });
  const broadcast = (minute: number) => {
    listener?.onBroadcast("candle", { ...stored(minute), et: minute * 60_000, token: 1 });
  };
  return { streams, keeper, backfills, broadcast };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(condition(), "condition did not come true");
}

async function idsOf(body: ReadableStream<Uint8Array>): Promise<number[]> {
  const text = await new Response(body).text();
  return [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id) / 60_000);
}

Deno.test("a reader whose backfill was read just before a close was stored gets that close from another's", async () => {
  const { streams, keeper, backfills } = streamsOf();
  const opening = [streams.open({ ...MARKET, address: "a" }), streams.open({ ...MARKET, address: "b" })];
  await until(() => backfills.length === 2);
  backfills[1]?.resolve({ items: [stored(7)], next_cursor: null });
  await opening[1];
  backfills[0]?.resolve({ items: [stored(6)], next_cursor: null });
  const bodies = await Promise.all(opening);
  streams.close();
  assert.deepEqual(await Promise.all(bodies.map(idsOf)), [[6, 7], [7]]);
  await keeper.close(1_000);
});

Deno.test("a reader that comes between a close's broadcast and its storing gets it from the feed", async () => {
  const { streams, keeper, backfills, broadcast } = streamsOf();
  const first = streams.open({ ...MARKET, address: "a" });
  await until(() => backfills.length === 1);
  backfills[0]?.resolve({ items: [stored(6)], next_cursor: null });
  await first;
  broadcast(7);
  const second = streams.open({ ...MARKET, address: "b" });
  await until(() => backfills.length === 2);
  backfills[1]?.resolve({ items: [stored(6)], next_cursor: null });
  const bodies = await Promise.all([first, second]);
  streams.close();
  assert.deepEqual(await Promise.all(bodies.map(idsOf)), [[6, 7], [6, 7]]);
  await keeper.close(1_000);
});

Deno.test("a stream that could not be opened gives its place back", async () => {
  const { streams, keeper, backfills } = streamsOf();
  const openings = Array.from({ length: STREAMS_PER_ADDRESS_MAX }, () => streams.open({ ...MARKET, address: "a" }));
  await assert.rejects(streams.open({ ...MARKET, address: "a" }), { code: "stream_limit" });
  await until(() => backfills.length === openings.length);
  for (const backfill of backfills) backfill.reject(new Error("away"));
  for (const opening of openings) await assert.rejects(opening, { message: "away" });
  const again = streams.open({ ...MARKET, address: "a" });
  await until(() => backfills.length === openings.length + 1);
  backfills.at(-1)?.resolve({ items: [], next_cursor: null });
  await again;
  assert.equal(streams.size, 1);
  streams.close();
  assert.equal(streams.size, 0);
  await keeper.close(1_000);
});
