import assert from "node:assert/strict";
import type { Ohlcv } from "./fold.ts";
import { RollingTicker } from "./ticker.ts";

const WIDTH = 300_000;

function candle(i: number, price: number): Ohlcv {
  const text = (value: number) => String(value);
  return { t: i * WIDTH, o: text(price), h: text(price + 2), l: text(price - 2), c: text(price + 1), v: "0.1" };
}

Deno.test("RollingTicker covers the last 24 hours and adds the forming candle", () => {
  const ticker = new RollingTicker();
  assert.equal(ticker.stats(null), null);
  for (let i = 0; i < 400; i++) ticker.push(candle(i, 1_000 + i));
  ticker.push(candle(5, 1));
  assert.deepEqual(ticker.stats(null), {
    last: "1400",
    open_24h: "1112",
    high_24h: "1401",
    low_24h: "1110",
    volume_24h: "28.8",
    quote_volume_24h: ticker.stats(null)?.quote_volume_24h,
  });
  // Each candle's mean price is its open + 0.25; 288 of them with volume 0.1.
  assert.equal(
    Number(ticker.stats(null)?.quote_volume_24h).toFixed(4),
    (28.8 * ((1_112 + 1_399) / 2 + 0.25)).toFixed(4),
  );
  const forming = { t: 400 * WIDTH, o: "1400", h: "2000", l: "9", c: "10", v: "1" };
  const stats = ticker.stats(forming);
  assert.deepEqual([stats?.last, stats?.high_24h, stats?.low_24h, stats?.volume_24h], ["10", "2000", "9", "29.8"]);
});
