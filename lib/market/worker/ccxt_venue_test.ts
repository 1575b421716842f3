import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "../../../tools/simulator/server.ts";
import { canonicalDecimal } from "../../kernel/decimal.ts";
import { createLogger } from "../../kernel/log.ts";
import type { BadFrame } from "../bad_frame.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { openExchange } from "./ccxt_exchange.ts";
import { CcxtVenue } from "./ccxt_venue.ts";
import { SharedBinance } from "./shared_binance.ts";
import { until } from "./testing.ts";
import type { Venue, VenueBook, VenueTick, VenueTrade } from "./venue.ts";
import { checkExchange } from "./venues.ts";

Deno.test("CcxtVenue streams and reads any exchange of ccxt's; a minute closes when the next one starts", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-ccxt-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed: 60, seed: 1, dataDir, logger, nowMs: Date.now });
  const capabilities = { ...knownVenue("kraken") as VenueCapabilities, exchange: "other" };
  const options = { exchange: "other", capabilities, logger, nowMs: () => performance.now(), random: Math.random };
  const venue = new CcxtVenue(options, new SharedBinance(Number(new URL(simulator.url).port)));
  try {
    const markets = await venue.markets();
    const bitcoin = markets.find(({ symbol }) => symbol === "BTC-USDT");
    assert.deepEqual([bitcoin?.tick_size, bitcoin?.lot_size, bitcoin?.min_notional], ["0.01", "0.00001", "5"]);
    assert.ok((await venue.quoteVolumes()).get("BTC-USDT") as number > 0);
    const btc = (await venue.tickers()).find(({ symbol }) => symbol === "BTC-USDT");
    assert.ok(
      Number(btc?.last) > 0 && Number(btc?.low_24h) <= Number(btc?.last) && Number(btc?.last) <= Number(btc?.high_24h),
    );
    assert.equal((await venue.history({ symbol: "ETH-USDT", timeframe: "1h", limit: 500 })).length, 500);

    const ticks: VenueTick[] = [];
    const states: string[] = [];
    venue.start({
      onTick: (tick) => ticks.push(tick),
      onTrade: () => {},
      onBook: () => {},
      onBadFrame: () => {},
      onReplaced: () => {},
      onSubscribed: (symbols) => states.push(...symbols),
      onState: (state) => states.push(state),
    });
    venue.setStreams({ candles: ["BTC-USDT", "ETH-USDT"], trades: [], books: [] });
    const closes = () => ticks.filter((tick) => tick.closed && tick.symbol === "ETH-USDT");
    await until(() => closes().length >= 3, "three closes");
    assert.deepEqual(states.toSorted(), ["BTC-USDT", "ETH-USDT", "live"]);
    assert.deepEqual(venue.counts(), { sockets: 1, streams: 2 });
    const [first, second] = closes() as [VenueTick, VenueTick];
    assert.equal(second.candle.t - first.candle.t, 60_000);
    await fetch(`${simulator.url}/sim/faults`, { method: "POST", body: '{"kind":"disconnect"}' }).then((r) => r.text());
    await until(() => states.includes("reconnecting") && states.at(-1) === "live", "the reconnect");
  } finally {
    await venue.close();
    await simulator.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});

interface KrakenWorld extends AsyncDisposable {
  simulator: Simulator;
  venue: Venue;
  ticks: VenueTick[];
  trades: VenueTrade[];
  books: VenueBook[];
  bad: BadFrame[];
  states: string[];
  subscribed: string[];
  fault(fault: Record<string, unknown>): Promise<void>;
}

async function openKraken(changed: Partial<VenueCapabilities> = {}): Promise<KrakenWorld> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-kraken-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const simulator = await startSimulator({ port: 0, speed: 60, seed: 1, dataDir, logger, nowMs: Date.now });
  const capabilities = { ...knownVenue("simkraken") as VenueCapabilities, ...changed };
  const exchange = openExchange(capabilities, `${new URL(simulator.url).host}/kraken`);
  const options = { exchange: "simkraken", logger, nowMs: () => performance.now(), random: Math.random };
  const venue = new CcxtVenue({ ...options, capabilities }, exchange);
  const world = { ticks: [], trades: [], books: [], bad: [], states: [], subscribed: [] } as Pick<
    KrakenWorld,
    "ticks" | "trades" | "books" | "bad" | "states" | "subscribed"
  >;
  venue.start({
    onTick: (tick) => world.ticks.push(tick),
    onTrade: (trade) => world.trades.push(trade),
    onBook: (book) => world.books.push(book),
    onBadFrame: (frame) => world.bad.push(frame),
    onSubscribed: (symbols) => world.subscribed.push(...symbols),
    onState: (state) => world.states.push(state),
    onReplaced: () => {},
  });
  return {
    ...world,
    simulator,
    venue,
    async fault(fault) {
      const response = await fetch(`${simulator.url}/sim/faults`, { method: "POST", body: JSON.stringify(fault) });
      assert.equal(response.status, 200, await response.text());
    },
    async [Symbol.asyncDispose]() {
      await venue.close();
      await simulator.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

/** What the simulated Binance, which tells the same market, says of a minute. */
async function truthOf({ simulator }: KrakenWorld, { symbol, candle }: VenueTick) {
  const query = `symbol=${symbol.replace("-", "")}&interval=1m&startTime=${candle.t}&limit=1`;
  const [row] = await (await fetch(`${simulator.url}/api/v3/klines?${query}`)).json();
  const [t, ...numbers] = row as [number, ...string[]];
  const [o, h, l, c, v] = numbers.slice(0, 5).map(canonicalDecimal);
  return { t, o, h, l, c, v };
}

const sanitized = { sanitizeOps: true, sanitizeResources: true };

Deno.test(
  "CcxtVenue reads a second protocol family: Kraken's names, history, candles, trades and books",
  sanitized,
  async () => {
    await using world = await openKraken();
    const { venue, ticks, trades, books } = world;
    const markets = await venue.markets();
    assert.deepEqual(markets.slice(0, 1), [{
      symbol: "BTC-USDT",
      venue_symbol: "BTC/USDT",
      base: "BTC",
      quote: "USDT",
      tick_size: "0.01",
      lot_size: "0.00000001",
      min_notional: "5",
      active: true,
    }]);
    assert.ok(
      markets.some(({ symbol }) => symbol === "DOGE-USDT") && markets.some(({ symbol }) => symbol === "BTC-EUR"),
    );
    assert.ok((await venue.quoteVolumes()).get("BTC-USDT") as number > 0);
    const history = await venue.history({ symbol: "BTC-EUR", timeframe: "1h", limit: 500 });
    assert.equal(history.length, 500);
    const fromMs = history[490]?.t as number;
    const paged = await venue.history({ symbol: "BTC-EUR", timeframe: "1h", limit: 5, fromMs });
    assert.deepEqual(paged, history.slice(490, 495));
    assert.equal((await venue.trades("ETH-USDT", 20)).length, 20);
    assert.equal((await venue.book("ETH-USDT")).bids.length, 20);

    const symbols = ["BTC-USDT", "BTC-EUR", "DOGE-USDT"];
    venue.setStreams({ candles: symbols, trades: ["BTC-USDT"], books: ["DOGE-USDT"] });
    const closes = (symbol: string) => ticks.filter((tick) => tick.closed && tick.symbol === symbol);
    await until(() => symbols.every((symbol) => closes(symbol).length >= 14), "closes after the snapshot's");
    for (const symbol of symbols) {
      const times = closes(symbol).map(({ candle }) => candle.t);
      assert.deepEqual(times, times.map((_, i) => times[0] as number + i * 60_000), "every close once, in order");
      for (const tick of closes(symbol)) assert.deepEqual(tick.candle, await truthOf(world, tick), symbol);
    }
    await until(() => trades.length > 100 && books.length > 3, "trades and books");
    const ids = trades.map(({ id }) => Number(id));
    assert.deepEqual(ids, ids.map((_, i) => ids[0] as number + i), "every trade once, in order");
    assert.deepEqual([books.at(-1)?.bids.length, books.at(-1)?.asks.length], [20, 20]);
    assert.deepEqual([world.states, world.subscribed, world.bad], [["live"], symbols, []]);
    assert.deepEqual(venue.counts(), { sockets: 1, streams: 5 });
  },
);

Deno.test(
  "CcxtVenue comes back after a lost socket, silence and bad frames, and tells no trade twice",
  sanitized,
  async () => {
    await using world = await openKraken({ silence_ms_max: 2_500 });
    const { venue, states, trades } = world;
    await venue.markets();
    venue.setStreams({ candles: ["BTC-USDT", "ETH-USDT"], trades: ["BTC-USDT"], books: [] });
    const isBack = (losses: number) => () =>
      states.filter((state) => state === "reconnecting").length >= losses && states.at(-1) === "live";
    await until(isBack(0), "the first streams");
    await world.fault({ kind: "frame", text: '{"channel":"ohlc","type":"update","data":[{"symbol":"NO/NE"' });
    await until(() => world.bad.length === 1, "the bad frame");
    assert.deepEqual([world.bad[0]?.reason, states], ["not_json", ["live"]]);
    await world.fault({ kind: "disconnect" });
    await until(isBack(1), "the reconnect");
    await world.fault({ kind: "stall", duration_ms: 4_000 });
    await until(isBack(2), "the silence to be noticed, and the reconnect");
    const before = trades.length;
    await until(() => trades.length > before, "trades to go on");
    assert.equal(new Set(trades.map(({ id }) => id)).size, trades.length);
    assert.equal(venue.counts().sockets, 1);
  },
);

Deno.test(
  "CcxtVenue asks for candles that an exchange does not stream, and folds widths that it lacks",
  sanitized,
  async () => {
    const streams = { candles: false, trades: false, books: false, tickers: false };
    await using world = await openKraken({
      streams,
      timeframes: ["1m", "5m", "15m", "1h", "1d"],
      historyCandlesMax: 20,
    });
    await using whole = await openKraken();
    const { venue, ticks } = world;
    await venue.markets();
    await whole.venue.markets();
    const all = await whole.venue.history({ symbol: "BTC-USDT", timeframe: "4h", limit: 60 });
    const fromMs = all[10]?.t as number;
    const folded = await venue.history({ symbol: "BTC-USDT", timeframe: "4h", limit: 20, fromMs });
    assert.deepEqual(folded, all.slice(10, 10 + folded.length));
    assert.ok(folded.length >= 4, `${folded.length}`);
    venue.setStreams({ candles: ["BTC-USDT"], trades: [], books: [] });
    await until(() => ticks.some((tick) => tick.closed) && world.states.includes("live"), "a close");
    for (const tick of ticks.filter(({ closed }) => closed)) assert.deepEqual(tick.candle, await truthOf(world, tick));
    assert.deepEqual(venue.counts(), { sockets: 0, streams: 1 });
  },
);

Deno.test("checkExchange() takes any of ccxt's exchanges with a history of minutes, and no other", () => {
  for (const exchange of ["sim", "simkraken", "binance", "kraken", "coinbase", "okx", "bitstamp", "btcmarkets"]) {
    assert.equal(checkExchange(exchange).ok, true, exchange);
  }
  for (const exchange of ["nonesuch", "constructor", "mercado", "__proto__"]) {
    assert.equal(checkExchange(exchange).ok, false, exchange);
  }
});
