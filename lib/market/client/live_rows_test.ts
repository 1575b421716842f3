import assert from "node:assert/strict";
import type { MarketRow } from "../page.ts";
import { applyPrice, applyRow, isNewer, type LiveRow } from "./live_rows.ts";

const TICKER = {
  last: "100",
  at: "2026-10-14T14:32:08Z",
  open_24h: "90",
  high_24h: "110",
  low_24h: "80",
  volume_24h: "5",
  quote_volume_24h: "500",
  stale: false,
};

const ROW: MarketRow = {
  exchange: "sim",
  symbol: "BTC-USDT",
  venue_symbol: "BTCUSDT",
  base: "BTC",
  quote: "USDT",
  tick_size: "0.01",
  lot_size: "0.0001",
  min_notional: "5",
  active: true,
  ticker: TICKER,
  spark: ["1", "2"],
};

const LIVE: LiveRow = { row: ROW, tick: "flat", sequence: 0 };

Deno.test("applyPrice() moves the price and stretches the day's range", () => {
  const up = applyPrice(LIVE, "111.5");
  assert.deepEqual([up.tick, up.sequence, up.row.ticker?.last, up.row.ticker?.high_24h], ["up", 1, "111.5", "111.5"]);
  const down = applyPrice(up, "79");
  assert.deepEqual([down.tick, down.sequence, down.row.ticker?.low_24h], ["down", 2, "79"]);
});

Deno.test("applyPrice() is no tick when the price is the same, however it is written", () => {
  assert.equal(applyPrice(LIVE, "100.00"), LIVE);
});

Deno.test("applyRow() takes the server's day but keeps a live price, and the sparkline either way", () => {
  const { spark: _, ...fresh } = { ...ROW, ticker: { ...TICKER, last: "95", volume_24h: "9" } };
  const live = applyRow(LIVE, fresh, true);
  assert.deepEqual([live.row.ticker?.last, live.row.ticker?.volume_24h, live.sequence], ["100", "9", 0]);
  const stale = applyRow(LIVE, fresh, false);
  assert.deepEqual([stale.row.ticker?.last, stale.tick, stale.sequence], ["95", "down", 1]);
  assert.deepEqual(stale.row.spark, ["1", "2"]);
});

Deno.test("isNewer() drops lower tokens and older candles", () => {
  const event = { t: 60_000, o: "1", h: "1", l: "1", c: "1", v: "1", closed: false, et: 1, token: 4 };
  assert.equal(isNewer(undefined, event), true);
  assert.equal(isNewer({ token: 4, t: 60_000 }, event), true);
  assert.equal(isNewer({ token: 5, t: 0 }, event), false);
  assert.equal(isNewer({ token: 4, t: 120_000 }, event), false);
  assert.equal(isNewer({ token: 3, t: 120_000 }, event), true);
});
