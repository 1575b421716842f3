import assert from "node:assert/strict";
import type { MarketRow, SymbolsPage } from "../page.ts";
import { ExchangeList } from "./exchange_list.ts";
import type { SymbolsQuery } from "./market_store.ts";

const LISTED = ["binance:AAVE-USDT", "binance:ZEC-USDT", "kraken:BTC-USDT", "sim:BTC-USDT"];

/** Answers as symbols_page() does, one row at a time. */
function createStore() {
  const asked: SymbolsQuery[] = [];
  let isAway = false;
  return {
    asked,
    setAway: (away: boolean) => isAway = away,
    symbolsPage(query: SymbolsQuery): Promise<SymbolsPage> {
      asked.push(query);
      if (isAway) return Promise.reject(new Error("away"));
      const next = LISTED.find((key) => key > (query.cursor ?? ""));
      const [exchange, symbol] = next?.split(":") ?? [];
      const items = next === undefined ? [] : [{ exchange, symbol } as MarketRow];
      return Promise.resolve({ items, next_cursor: null });
    },
  };
}

Deno.test("the exchanges are found a step each, once a minute, and one step less where the first is known", async () => {
  const store = createStore();
  let now = 0;
  const list = new ExchangeList(store, () => now);
  assert.deepEqual(await list.all("binance"), ["binance", "kraken", "sim"]);
  assert.equal(store.asked.length, 3);
  now = 60_000;
  await list.all();
  assert.equal(store.asked.length, 3);
  now = 60_001;
  assert.deepEqual(await list.all(), ["binance", "kraken", "sim"]);
  assert.equal(store.asked.length, 7);
});

Deno.test("a failure is not kept: the next who asks tries again", async () => {
  const store = createStore();
  const list = new ExchangeList(store, () => 0);
  store.setAway(true);
  await assert.rejects(list.all());
  store.setAway(false);
  assert.equal((await list.all()).length, 3);
});
