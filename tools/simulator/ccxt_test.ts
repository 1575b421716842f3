import assert from "node:assert/strict";
import ccxt from "ccxt";
import { MINUTE_MS } from "./price.ts";
import type { Simulator } from "./server.ts";
import { getJson, withSimulator } from "./testing.ts";

/** ccxt's stock class with its addresses pointed at the simulator, and nothing else changed. */
function stockBinance({ url }: Simulator) {
  const exchange = new ccxt.pro.binance({ options: { fetchMarkets: { types: ["spot"] }, fetchCurrencies: false } });
  const { host } = new URL(url);
  const point = (node: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(node)) {
      if (typeof value === "string") {
        const address = new URL(value);
        node[name] = `${address.protocol.startsWith("ws") ? "ws" : "http"}://${host}${
          address.pathname.replace(/\/$/, "")
        }`;
      } else if (typeof value === "object" && value !== null) {
        point(value as Record<string, unknown>);
      }
    }
  };
  point(exchange.urls["api"] as Record<string, unknown>);
  return exchange;
}

// sanitizeOps and sanitizeResources stay off: ccxt keeps timers and a keep-alive pool of its own after close().
Deno.test("stock ccxt.pro.binance loads markets, fetches and watches with URL overrides alone", async () => {
  await withSimulator({ speed: 60 }, async (simulator) => {
    const exchange = stockBinance(simulator);
    try {
      const markets = await exchange.loadMarkets();
      assert.equal(Object.keys(markets).length, 23);
      const btc = exchange.market("BTC/USDT");
      assert.deepEqual(
        [btc.id, btc.active, btc.spot, btc.precision.price, btc.precision.amount, btc.limits.cost?.min],
        [
          "BTCUSDT",
          true,
          true,
          0.01,
          0.00001,
          5,
        ],
      );
      const candles = await exchange.fetchOHLCV("BTC/USDT", "1h", undefined, 500);
      assert.equal(candles.length, 500);
      const day = await exchange.fetchOHLCV("ETH/USDT", "1d", Date.UTC(2025, 5, 1), 3);
      assert.equal(day[0]?.[0], Date.UTC(2025, 5, 1));
      const ticker = await exchange.fetchTicker("ETH/BTC");
      assert(ticker.last !== undefined && ticker.bid !== undefined && ticker.bid < (ticker.ask ?? 0));
      const book = await exchange.fetchOrderBook("SOL/USDT", 20);
      assert.equal(book.bids.length, 20);
      const trades = await exchange.fetchTrades("BTC/EUR", undefined, 50);
      assert.equal(trades.length, 50);
      await assert.rejects(exchange.fetchOHLCV("BTC/USDT", "1w"), /Invalid interval/);

      await watchCandles(exchange);
      const { body: stats } = await getJson(`${simulator.url}/sim/stats`);
      assert.deepEqual([stats.open_sockets, stats.streams], [1, 3], "three symbols on one socket");
      const seen = await exchange.watchTrades("BTC/USDT");
      assert(seen.length > 0 && seen[0]?.symbol === "BTC/USDT");
      const followed = await exchange.watchOrderBook("ETH/USDT");
      assert(Number(followed.bids[0]?.[0]) < Number(followed.asks[0]?.[0]));
    } finally {
      await exchange.close();
    }
  });
});

async function watchCandles(exchange: InstanceType<typeof ccxt.pro.binance>): Promise<void> {
  const pairs = ["BTC/USDT", "ETH/USDT", "ETH/EUR"];
  const opens = new Map<string, number>();
  const moved = new Set<string>();
  const deadline = Date.now() + 60_000;
  while (moved.size < pairs.length) {
    assert(Date.now() < deadline, `only ${[...moved]} moved on to the next minute`);
    const update = await exchange.watchOHLCVForSymbols(pairs.map((pair) => [pair, "1m"]));
    for (const [pair, frames] of Object.entries(update)) {
      const open = Number(frames["1m"]?.at(-1)?.[0]);
      assert.equal(open % MINUTE_MS, 0);
      const before = opens.get(pair);
      if (before !== undefined && open === before + MINUTE_MS) moved.add(pair);
      opens.set(pair, open);
    }
  }
}
