import assert from "node:assert/strict";
import { choosePinned, Demand, LINGER_MS, PINNED_SYMBOLS_MAX } from "./demand.ts";

Deno.test("choosePinned() takes active markets by volume, USDT-quoted ones first, and no more than the limit", () => {
  const market = (symbol: string, active = true) => {
    const [base = "", quote = ""] = symbol.split("-");
    return { symbol, base, quote, active };
  };
  const markets = ["ETH-BTC", "A-USDT", "B-USDT", "OLD-USDT"].map((symbol) => market(symbol, symbol !== "OLD-USDT"));
  const volumes = new Map([["ETH-BTC", 1e9], ["A-USDT", 1], ["B-USDT", 2], ["OLD-USDT", 1e12]]);
  assert.deepEqual(choosePinned(markets, volumes), ["B-USDT", "A-USDT", "ETH-BTC"]);
  const many = Array.from({ length: 100 }, (_, i) => market(`S${i}-USDT`));
  assert.equal(choosePinned(many, new Map()).length, PINNED_SYMBOLS_MAX);
});

Deno.test("Demand streams pinned and watched symbols, and lets go of a watched one two minutes after its last watch", () => {
  const demand = new Demand("sim");
  demand.setMarkets(["BTC-USDT", "ETH-USDT"], ["BTC-USDT"]);
  demand.setWatched([
    "market:sim:ETH-USDT:5m",
    "market:sim:ETH-USDT:1m",
    "market:other:BTC-USDT:1m",
    "market:sim:NONE-USDT:1m",
    "market:sim:ETH-USDT:2m",
    "room:1:2",
  ], 1_000);
  assert.deepEqual(demand.streams(1_000), ["ETH-USDT", "BTC-USDT"]);
  assert.deepEqual([...demand.timeframes("ETH-USDT") ?? []], ["5m", "1m"]);
  assert.equal(demand.timeframes("BTC-USDT"), undefined);
  assert.equal(demand.pairs, 2);
  demand.setWatched([], 2_000);
  assert.equal(demand.timeframes("ETH-USDT"), undefined);
  assert.deepEqual(demand.streams(1_000 + LINGER_MS - 1), ["BTC-USDT", "ETH-USDT"]);
  assert.deepEqual(demand.streams(1_000 + LINGER_MS), ["BTC-USDT"]);
});

Deno.test("choosePinned() adds the busiest markets that tell what things are worth in EUR", () => {
  const usdt = Array.from(
    { length: 100 },
    (_, i) => ({ symbol: `S${i}-USDT`, base: `S${i}`, quote: "USDT", active: true }),
  );
  const rates = [["BTC", "EUR"], ["EUR", "USDT"]].map(([base = "", quote = ""]) => ({
    ...{ symbol: `${base}-${quote}`, base, quote, active: true },
  }));
  const volumes = new Map(usdt.map(({ symbol }) => [symbol, 1_000]));
  const pinned = choosePinned([...usdt, ...rates], volumes);
  assert.equal(pinned.length, PINNED_SYMBOLS_MAX + 2);
  assert.deepEqual(pinned.slice(-2).sort(), ["BTC-EUR", "EUR-USDT"]);
});

Deno.test("Demand streams what books, trades and alerts are wanted of, whether or not its candles are looked at", () => {
  const demand = new Demand("sim");
  demand.setMarkets(["A-USDT", "B-USDT", "C-USDT", "D-USDT"], []);
  demand.setWatched(["market:sim:A-USDT:book", "market:sim:B-USDT:trades", "market:sim:C-USDT:books"], 0);
  demand.setAlerted(new Set(["D-USDT", "GONE-USDT"]));
  assert.deepEqual(demand.streams(0), ["A-USDT", "B-USDT", "D-USDT"]);
  assert.deepEqual([[...demand.books], [...demand.trades]], [["A-USDT"], ["B-USDT"]]);
  assert.equal(demand.pairs, 0, "they are no timeframes");
});
