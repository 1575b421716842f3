import assert from "node:assert/strict";
import { choosePinned, Demand, LINGER_MS, PINNED_SYMBOLS_MAX } from "./demand.ts";

Deno.test("choosePinned() takes active markets by volume, USDT-quoted ones first, and no more than the limit", () => {
  const market = (symbol: string, active = true) => ({ symbol, quote: symbol.split("-")[1] as string, active });
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
