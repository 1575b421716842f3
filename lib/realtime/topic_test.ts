import assert from "node:assert/strict";
import { marketTopic, parseMarketTopic } from "./topic.ts";

Deno.test("a market topic comes apart into what it was made of", () => {
  assert.deepEqual(parseMarketTopic(marketTopic("sim", "BTC-USDT", "1m")), {
    exchange: "sim",
    symbol: "BTC-USDT",
    timeframe: "1m",
  });
});

Deno.test("parseMarketTopic() refuses other topics, missing parts and endless text", () => {
  for (const topic of ["", "market", "market:sim:BTC-USDT", "market::BTC-USDT:1m", "user:a:b:c", "market:a:b:c:d"]) {
    assert.equal(parseMarketTopic(topic), null, topic);
  }
  assert.equal(parseMarketTopic(`market:sim:${"A".repeat(300)}:1m`), null);
});
