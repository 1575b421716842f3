import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "../../../tools/simulator/server.ts";
import { createLogger } from "../../kernel/log.ts";
import type { BadFrame } from "../bad_frame.ts";
import { BINANCE, knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { BinanceVenue } from "./binance.ts";
import { SharedBinance } from "./shared_binance.ts";
import { type VenueBook, VenueError, type VenueListener, type VenueTick, type VenueTrade } from "./venue.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

interface World extends AsyncDisposable {
  simulator: Simulator;
  nowMs: () => number;
  venue: BinanceVenue;
  ticks: VenueTick[];
  trades: VenueTrade[];
  books: VenueBook[];
  bad: BadFrame[];
  replaced: string[];
  subscribed: string[][];
  states: string[];
  listener: VenueListener;
  fault(fault: Record<string, unknown>): Promise<void>;
  stats(): Promise<{ open_sockets: number; streams: number; connections_total: number; messages_in: number }>;
}

/** @param haste how many times as fast the venue's own clock runs. */
async function openWorld(speed = 60, changed: Partial<VenueCapabilities> = {}, haste = 1): Promise<World> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-venue-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed, seed: 1, dataDir, logger, nowMs: Date.now });
  const capabilities = { ...knownVenue("sim") as VenueCapabilities, ...changed };
  const nowMs = () => performance.now() * haste;
  const options = { exchange: "sim", capabilities, logger, nowMs, random: Math.random };
  const venue = new BinanceVenue(options, Number(new URL(simulator.url).port));
  const ticks: VenueTick[] = [];
  const trades: VenueTrade[] = [];
  const books: VenueBook[] = [];
  const bad: BadFrame[] = [];
  const replaced: string[] = [];
  const subscribed: string[][] = [];
  const states: string[] = [];
  return {
    simulator,
    nowMs,
    venue,
    ticks,
    trades,
    books,
    bad,
    replaced,
    subscribed,
    states,
    listener: {
      onTick: (tick) => ticks.push(tick),
      onTrade: (trade) => trades.push(trade),
      onBook: (book) => books.push(book),
      onBadFrame: (frame) => bad.push(frame),
      onReplaced: (reason) => replaced.push(reason),
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

function candlesOf(candles: string[]) {
  return { candles, trades: [], books: [] };
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
  venue.setStreams(candlesOf(symbols.slice(0, 5)));
  await until(() => world.states.includes("live"), "the first streams");
  venue.setStreams(candlesOf(symbols));
  await until(() => venue.counts().streams === 23, "all streams");
  await until(() => new Set(ticks.filter((t) => t.closed).map((t) => t.symbol)).size === 23, "a close of each symbol");
  const stats = await world.stats();
  assert.deepEqual([stats.open_sockets, stats.streams, stats.connections_total], [1, 23, 1]);
  assert.equal(stats.messages_in, 2, "one control message for each batch");
  const close = ticks.find((tick) => tick.closed) as VenueTick;
  const [row] = await venue.history({ symbol: close.symbol, timeframe: "1m", limit: 1, fromMs: close.candle.t });
  assert.deepEqual(row, close.candle);
  venue.setStreams(candlesOf(symbols.slice(0, 2)));
  await until(async () => (await world.stats()).streams === 2, "the others to be let go");
  assert.deepEqual(venue.counts(), { sockets: 1, streams: 2 });
});

Deno.test("BinanceVenue reconnects after a disconnect and confirms its streams again", sanitized, async () => {
  await using world = await openWorld();
  const symbols = (await world.venue.markets()).map(({ symbol }) => symbol);
  world.venue.start(world.listener);
  world.venue.setStreams(candlesOf(symbols));
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
  world.venue.setStreams(candlesOf(["BTC-USDT", "ETH-USDT"]));
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
  for (let i = 0; i < BINANCE.streamsPerSocketMax; i++) assert.equal(exchange.socketOf(`s${i}@kline_1m`), 0);
  assert.equal(exchange.socketOf("one-more@kline_1m"), 1);
  exchange.releaseStream("s7@kline_1m");
  assert.equal(exchange.socketOf("in-its-place@kline_1m"), 0);
});

Deno.test("SharedBinance sends nothing beyond loopback when it is told to stay there, and all of it to Binance otherwise", () => {
  const hosts = (value: unknown): string[] =>
    typeof value === "string"
      ? [new URL(value).host]
      : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(hosts)
      : [];
  assert.deepEqual([...new Set(hosts(new SharedBinance(4_321).urls.api))], ["127.0.0.1:4321"]);
  assert.equal(new SharedBinance().combinedUrl(), "wss://stream.binance.com:9443/stream");
});

Deno.test("BinanceVenue streams trades and books beside candles, on the same socket", sanitized, async () => {
  await using world = await openWorld();
  const { venue, trades, books } = world;
  await venue.markets();
  venue.start(world.listener);
  const latest = await venue.trades("BTC-USDT", 50);
  assert.equal(latest.length, 50);
  venue.setStreams({ candles: ["BTC-USDT", "ETH-USDT"], trades: ["BTC-USDT"], books: ["ETH-USDT"] });
  await until(() => trades.length >= 200 && books.length >= 5, "trades and books");
  const stats = await world.stats();
  assert.deepEqual([stats.open_sockets, stats.streams, stats.messages_in], [1, 4, 1]);
  const ids = trades.map(({ id }) => Number(id));
  assert.deepEqual(ids, ids.map((_, i) => ids[0] as number + i), "every trade once, in order");
  // The stream may begin with what the first view has shown; ids tell.
  assert.ok(trades.every(({ symbol, at }) => symbol === "BTC-USDT" && at >= (latest[0]?.at as number)));
  const book = books.at(-1) as VenueBook;
  assert.deepEqual([book.symbol, book.bids.length, book.asks.length, book.depth], ["ETH-USDT", 20, 20, 20]);
  assert.ok(Number(book.bids[0]?.[0]) < Number(book.asks[0]?.[0]) && book.at !== null);
  assert.equal((await venue.book("ETH-USDT")).bids.length, 20);
  venue.setStreams({ candles: ["BTC-USDT"], trades: [], books: [] });
  await until(async () => (await world.stats()).streams === 1, "the others to be let go");
  assert.deepEqual(world.bad, []);
});

Deno.test(
  "BinanceVenue replaces a socket before its planned age, and when the server says it will end, without a gap",
  sanitized,
  async () => {
    await using world = await openWorld(60, { plannedReconnect_ms: 1_000 });
    const { venue, trades, ticks } = world;
    const symbols = (await venue.markets()).map(({ symbol }) => symbol);
    venue.start(world.listener);
    venue.setStreams({ candles: symbols, trades: ["BTC-USDT", "ETH-USDT"], books: ["BTC-USDT"] });
    const opened: number[] = [];
    await until(async () => {
      opened.push((await world.stats()).open_sockets);
      return world.replaced.length >= 2;
    }, "two replacements");
    await until(async () => (await world.stats()).open_sockets === 1, "the old socket to be closed");
    assert.equal(Math.max(...opened), 2, "two sockets at most, while they overlap");
    assert.deepEqual(world.states, ["live"], "nothing was lost");
    for (const symbol of ["BTC-USDT", "ETH-USDT"]) {
      const ids = trades.filter((trade) => trade.symbol === symbol).map(({ id }) => Number(id));
      assert.deepEqual(ids, ids.map((_, i) => ids[0] as number + i), "no trade is missing or told twice");
    }
    for (const symbol of symbols) {
      const closes = ticks.filter((tick) => tick.closed && tick.symbol === symbol).map(({ candle }) => candle.t);
      assert.deepEqual(closes, closes.map((_, i) => closes[0] as number + i * 60_000), `closes of ${symbol}`);
    }
    assert.deepEqual(world.bad, []);
    assert.equal(world.subscribed.length, 1, "nothing has to be read again");
  },
);

Deno.test("BinanceVenue moves to a new socket when the server announces its end", sanitized, async () => {
  await using world = await openWorld();
  await world.venue.markets();
  world.venue.start(world.listener);
  world.venue.setStreams(candlesOf(["BTC-USDT"]));
  await until(() => world.states.includes("live"), "the stream");
  await world.fault({ kind: "frame", text: '{"e":"serverShutdown","E":1770123456789}' });
  await until(() => world.replaced.length === 1, "the replacement");
  assert.deepEqual([world.states, world.bad], [["live"], []]);
  assert.equal((await world.stats()).open_sockets, 1);
});

Deno.test("BinanceVenue reads the statistics of all markets in one request", sanitized, async () => {
  await using world = await openWorld();
  const markets = await world.venue.markets();
  const tickers = await world.venue.tickers();
  assert.deepEqual(tickers.map(({ symbol }) => symbol).sort(), markets.map(({ symbol }) => symbol).sort());
  for (const { at, last, high_24h: high, low_24h: low } of tickers) {
    assert.ok((at ?? 0) > 0 && Number(low) <= Number(last) && Number(last) <= Number(high), `${low} ${last} ${high}`);
  }
});

Deno.test("BinanceVenue keeps every frame it cannot use, and the feed goes on", sanitized, async () => {
  await using world = await openWorld();
  await world.venue.markets();
  world.venue.start(world.listener);
  world.venue.setStreams({ candles: ["BTC-USDT"], trades: ["BTC-USDT"], books: [] });
  await until(() => world.ticks.some((tick) => tick.closed) && world.trades.length > 0, "a close and a trade");
  // From here on nothing true comes between: what follows is judged by this close and this trade.
  await world.fault({ kind: "gap", duration_ms: 120_000, symbol: "BTCUSDT" });
  const close = world.ticks.findLast((tick) => tick.closed) as VenueTick;
  const { t, o, h, l, c, v } = close.candle;
  const k = { t, T: t + 59_999, s: "BTCUSDT", i: "1m", o, c, h, l, v: String(Number(v) + 1), x: true };
  const trade = world.trades.at(-1) as VenueTrade;
  const sent: [BadFrame["reason"], string, number?][] = [
    ["too_long", '{"e":"kline"', 5_000_000],
    ["not_json", '{"e":"kline","E":16725157'],
    ["unknown_event", '{"e":"forceOrder","E":1}'],
    ["closed_twice", JSON.stringify({ e: "kline", E: close.et, s: "BTCUSDT", k })],
    ["bad_price", JSON.stringify({ e: "kline", E: close.et, s: "BTCUSDT", k: { ...k, l: "0" } })],
    ["bad_number", JSON.stringify({ e: "kline", E: close.et, s: "BTCUSDT", k: { ...k, h: "1e309" } })],
    [
      "out_of_order",
      JSON.stringify({ e: "trade", E: trade.at, s: "BTCUSDT", t: Number(trade.id) - 1, p: "1", q: "1", T: 1, m: true }),
    ],
  ];
  for (const [i, [reason, text, length]] of sent.entries()) {
    await world.fault({ kind: "frame", text, ...(length ? { length } : {}) });
    await until(() => world.bad.length > i, reason);
  }
  assert.deepEqual(world.bad.map(({ reason }) => reason), sent.map(([reason]) => reason));
  assert.deepEqual(world.bad.map(({ raw }) => raw.trimEnd()), sent.map(([, text]) => text));
  assert.equal(world.bad[0]?.bytes, 5_000_000);
  await world.fault({ kind: "clear" });
  const before = world.ticks.length;
  await until(() => world.ticks.length > before, "frames to go on");
  assert.deepEqual(world.states, ["live"]);
});

Deno.test(
  "BinanceVenue tries to connect no more often than the exchange allows, however long it is away",
  sanitized,
  async () => {
    await using world = await openWorld(60, { attemptsPerMinuteMax: 3 }, 40);
    await world.venue.markets();
    await world.simulator.stop();
    const losses: number[] = [];
    world.venue.start({
      ...world.listener,
      onState: (state) => state === "reconnecting" && losses.push(world.nowMs()),
    });
    world.venue.setStreams(candlesOf(["BTC-USDT"]));
    await until(() => losses.length >= 8, "eight losses");
    for (const [i, at] of losses.entries()) {
      // The clock is looked at every ten seconds of this test's fast time.
      const before = losses[i - 3] ?? Number.NEGATIVE_INFINITY;
      assert.ok(at - before >= 50_000, `${losses.map(Math.round)}`);
    }
  },
);
