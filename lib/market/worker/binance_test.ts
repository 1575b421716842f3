import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "../../../tools/simulator/server.ts";
import { createLogger } from "../../kernel/log.ts";
import { BinanceVenue } from "./binance.ts";
import { SharedBinance, STREAMS_PER_SOCKET_MAX } from "./shared_binance.ts";
import { VenueError, type VenueListener, type VenueTick } from "./venue.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

interface World extends AsyncDisposable {
  simulator: Simulator;
  venue: BinanceVenue;
  ticks: VenueTick[];
  subscribed: string[][];
  states: string[];
  listener: VenueListener;
  fault(fault: Record<string, unknown>): Promise<void>;
  stats(): Promise<{ open_sockets: number; streams: number; connections_total: number; messages_in: number }>;
}

async function openWorld(speed = 60): Promise<World> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-venue-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed, seed: 1, dataDir, logger, nowMs: Date.now });
  const options = { exchange: "sim", logger, nowMs: () => performance.now(), random: Math.random };
  const venue = new BinanceVenue(options, Number(new URL(simulator.url).port));
  const ticks: VenueTick[] = [];
  const subscribed: string[][] = [];
  const states: string[] = [];
  return {
    simulator,
    venue,
    ticks,
    subscribed,
    states,
    listener: {
      onTick: (tick) => ticks.push(tick),
      onSubscribed: (symbols) => subscribed.push(symbols),
      onState: (state) => states.push(state),
    },
    async fault(fault) {
      const response = await fetch(`${simulator.url}/sim/faults`, { method: "POST", body: JSON.stringify(fault) });
      assert.equal(response.status, 200, await response.text());
    },
    async stats() {
      return await (await fetch(`${simulator.url}/sim/stats`)).json();
    },
    async [Symbol.asyncDispose]() {
      await venue.close();
      await simulator.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

async function until(condition: () => boolean | Promise<boolean>, what: string, wait_ms_max = 15_000): Promise<void> {
  const deadline = performance.now() + wait_ms_max;
  while (!await condition()) {
    assert.ok(performance.now() < deadline, `Gave up waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("BinanceVenue lists spot markets with their steps and reads history as exact text", sanitized, async () => {
  await using world = await openWorld();
  const markets = await world.venue.markets();
  assert.equal(markets.length, 23);
  assert.deepEqual(markets.find(({ symbol }) => symbol === "BTC-USDT"), {
    symbol: "BTC-USDT",
    venue_symbol: "BTC/USDT",
    base: "BTC",
    quote: "USDT",
    tick_size: "0.01",
    lot_size: "0.00001",
    min_notional: "5",
    active: true,
  });
  assert.ok((await world.venue.quoteVolumes()).get("BTC-USDT") as number > 0);
  const latest = await world.venue.history({ symbol: "BTC-USDT", timeframe: "5m", limit: 500 });
  assert.equal(latest.length, 500);
  const fromMs = latest[100]?.t as number;
  const paged = await world.venue.history({ symbol: "BTC-USDT", timeframe: "5m", limit: 10, fromMs });
  assert.deepEqual(paged, latest.slice(100, 110));
  await assert.rejects(world.venue.history({ symbol: "NONE-USDT", timeframe: "1m", limit: 1 }), VenueError);
});

Deno.test("BinanceVenue streams every symbol through one socket and tells of closes", sanitized, async () => {
  await using world = await openWorld();
  const { venue, ticks } = world;
  const symbols = (await venue.markets()).map(({ symbol }) => symbol);
  venue.start(world.listener);
  venue.setStreams(symbols.slice(0, 5));
  await until(() => world.states.includes("live"), "the first streams");
  venue.setStreams(symbols);
  await until(() => venue.counts().streams === 23, "all streams");
  await until(() => new Set(ticks.filter((t) => t.closed).map((t) => t.symbol)).size === 23, "a close of each symbol");
  const stats = await world.stats();
  assert.deepEqual([stats.open_sockets, stats.streams, stats.connections_total], [1, 23, 1]);
  assert.equal(stats.messages_in, 2, "one control message for each batch");
  const close = ticks.find((tick) => tick.closed) as VenueTick;
  const [row] = await venue.history({ symbol: close.symbol, timeframe: "1m", limit: 1, fromMs: close.candle.t });
  assert.deepEqual(row, close.candle);
  venue.setStreams(symbols.slice(0, 2));
  await until(async () => (await world.stats()).streams === 2, "the others to be let go");
  assert.deepEqual(venue.counts(), { sockets: 1, streams: 2 });
});

Deno.test("BinanceVenue reconnects after a disconnect and confirms its streams again", sanitized, async () => {
  await using world = await openWorld();
  const symbols = (await world.venue.markets()).map(({ symbol }) => symbol);
  world.venue.start(world.listener);
  world.venue.setStreams(symbols);
  await until(() => world.states.at(-1) === "live", "the first streams");
  await world.fault({ kind: "disconnect" });
  await until(() => world.states.includes("reconnecting") && world.states.at(-1) === "live", "the socket to be back");
  assert.deepEqual(world.subscribed.at(-1)?.toSorted(), symbols.toSorted());
  const before = world.ticks.length;
  await until(() => world.ticks.length > before, "frames to go on");
  const stats = await world.stats();
  assert.deepEqual([stats.open_sockets, stats.connections_total], [1, 2]);
});

Deno.test("BinanceVenue takes five seconds of silence for a dead socket and opens a new one", sanitized, async () => {
  await using world = await openWorld();
  await world.venue.markets();
  world.venue.start(world.listener);
  world.venue.setStreams(["BTC-USDT", "ETH-USDT"]);
  await until(() => world.ticks.length > 0, "the first frame");
  const started = performance.now();
  await world.fault({ kind: "stall", duration_ms: 6_500 });
  await until(() => world.states.includes("reconnecting"), "the silence to be noticed");
  assert.ok(performance.now() - started >= 4_500, "not before it was silent for five seconds");
  const before = world.ticks.length;
  await until(() => world.ticks.length > before && world.states.at(-1) === "live", "frames to go on");
  assert.equal((await world.stats()).open_sockets, 1);
});

Deno.test("BinanceVenue waits as long as a 429 tells it to and then gets its answer", sanitized, async () => {
  await using world = await openWorld();
  await world.venue.markets();
  await world.fault({ kind: "429", count: 2 });
  const started = performance.now();
  const candles = await world.venue.history({ symbol: "BTC-USDT", timeframe: "1m", limit: 2 });
  assert.equal(candles.length, 2);
  // Each refusal says Retry-After: 1.
  assert.ok(performance.now() - started >= 1_900);
});

Deno.test("SharedBinance opens a second socket only for the 1,025th stream", () => {
  const exchange = new SharedBinance(1);
  const urls = new Set<string>();
  for (let i = 0; i < STREAMS_PER_SOCKET_MAX; i++) urls.add(exchange.streamUrl(`s${i}@kline_1m`));
  assert.deepEqual([...urls], ["ws://127.0.0.1:1/ws/0"]);
  assert.equal(exchange.streamUrl("one-more@kline_1m"), "ws://127.0.0.1:1/ws/1");
  exchange.releaseStream("s7@kline_1m");
  assert.equal(exchange.streamUrl("in-its-place@kline_1m"), "ws://127.0.0.1:1/ws/0");
});

Deno.test("SharedBinance sends nothing beyond loopback when it is told to stay there, and all of it to Binance otherwise", () => {
  const hosts = (value: unknown): string[] =>
    typeof value === "string"
      ? [new URL(value).host]
      : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(hosts)
      : [];
  assert.deepEqual([...new Set(hosts(new SharedBinance(4_321).urls.api))], ["127.0.0.1:4321"]);
  assert.ok(new SharedBinance().streamUrl("x").startsWith("wss://stream.binance.com:9443/ws/"));
});
