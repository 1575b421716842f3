import assert from "node:assert/strict";
import type { MarketModel } from "../../market/client/market_model.ts";
import type { MarketPageData, MarketRow } from "../../market/page.ts";
import type { Timeframe } from "../../market/timeframe.ts";
import type { SharedView } from "../shapes.ts";
import { FollowModel } from "./follow_model.ts";

function pageOf(symbol: string): MarketPageData {
  return { symbol: { exchange: "sim", symbol } } as MarketPageData;
}

function viewOf(symbol: string, timeframe: Timeframe = "5m"): SharedView {
  return {
    exchange: "sim",
    symbol,
    timeframe,
    range: null,
    drawings: [{ id: symbol, kind: "level", points: [{ t: 1, p: "2" }], text: "" }],
  };
}

/** A follower whose markets say what happened to them. */
function createFollow(first = "BTC-USDT", listed = ["BTC-USDT", "ETH-USDT"]) {
  const events: string[] = [];
  const follow = new FollowModel({ page: pageOf(first), timeframe: "5m" }, {
    open(page, timeframe) {
      const { symbol } = page.symbol;
      return {
        page,
        start: () => {
          events.push(`start ${symbol} ${timeframe}`);
          return () => void events.push(`stop ${symbol}`);
        },
        pick: (next: Timeframe) => void events.push(`pick ${symbol} ${next}`),
      } as unknown as MarketModel;
    },
    rows: (search) => {
      const symbol = new URLSearchParams(search).get("q");
      const found = listed.filter((each) => each === symbol).map((each) => ({ exchange: "sim", symbol: each }));
      return Promise.resolve(found as MarketRow[]);
    },
  });
  return { follow, events };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("the streamer's market and timeframe are followed", async () => {
  const { follow, events } = createFollow();
  const stop = follow.start();
  follow.show(viewOf("BTC-USDT", "1h"));
  follow.show(viewOf("ETH-USDT", "15m"));
  await settle();
  assert.deepEqual(events, ["start BTC-USDT 5m", "pick BTC-USDT 1h", "stop BTC-USDT", "start ETH-USDT 15m"]);
  assert.deepEqual(follow.drawings().map(({ id }) => id), ["ETH-USDT"]);
  stop();
  assert.equal(events.at(-1), "stop ETH-USDT");
});

Deno.test("who looks around alone is left alone, and catches up when following again", async () => {
  const { follow, events } = createFollow();
  const stop = follow.start();
  follow.detach();
  follow.show(viewOf("ETH-USDT"));
  await settle();
  assert.deepEqual(events, ["start BTC-USDT 5m"]);
  assert.deepEqual(follow.drawings(), [], "drawings of another market are not shown");
  follow.followAgain();
  await settle();
  assert.deepEqual(events.slice(1), ["stop BTC-USDT", "start ETH-USDT 5m"]);
  stop();
});

Deno.test("of two changes in a row the last one is shown, and one that cannot be read is said to be", async () => {
  const { follow, events } = createFollow();
  const stop = follow.start();
  follow.show(viewOf("ETH-USDT"));
  follow.show(viewOf("BTC-USDT", "1d"));
  await settle();
  assert.deepEqual(events, ["start BTC-USDT 5m", "pick BTC-USDT 1d"]);
  follow.show(viewOf("NO-MARKET"));
  await settle();
  assert.equal(follow.isLost.value, true);
  assert.equal(follow.market.value?.page.symbol.symbol, "BTC-USDT");
  stop();
});
