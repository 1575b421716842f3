/** Run by `deno task test:live` on a machine that may speak to the real exchanges; the suite stays at home. */
import assert from "node:assert/strict";
import { createLogger } from "../../lib/kernel/log.ts";
import type { BadFrame } from "../../lib/market/bad_frame.ts";
import { TIMEFRAME_MS, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import type { VenueBook, VenueTick, VenueTrade } from "../../lib/market/worker/venue.ts";
import { openVenue } from "../../lib/market/worker/venues.ts";

/** Longer than a minute, so that at least one closes. */
const STREAM_MS = 75_000;

const VENUES: readonly [exchange: string, symbol: string][] = [
  ["binance", "BTC-USDT"],
  ["kraken", "BTC-USD"],
  ["coinbase", "BTC-USD"],
];

for (const [exchange, symbol] of VENUES) {
  Deno.test({
    name: `${exchange} is as we think it is: markets, history and a minute of its streams`,
    // ccxt keeps timers and a keep-alive pool of its own after close().
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => checkVenue(exchange, symbol),
  });
}

async function checkVenue(exchange: string, symbol: string): Promise<void> {
  const lines: string[] = [];
  const logger = createLogger({ service: "contract", write: (line) => lines.push(line), nowMs: Date.now });
  const venue = openVenue({ exchange, logger, nowMs: () => performance.now(), random: Math.random }, 0);
  const ticks: VenueTick[] = [];
  const trades: VenueTrade[] = [];
  const books: VenueBook[] = [];
  const bad: BadFrame[] = [];
  const states: string[] = [];
  try {
    const market = (await venue.markets()).find((listed) => listed.symbol === symbol);
    assert.ok(market?.active, `${symbol} is not listed`);
    assert.ok(Number(market.tick_size) > 0 && Number(market.lot_size) > 0);
    for (const timeframe of TIMEFRAMES) {
      const candles = await venue.history({ symbol, timeframe, limit: 50 });
      assert.ok(candles.length >= 10, `${timeframe}: ${candles.length} candles`);
      assert.ok(candles.every(({ t }) => t % TIMEFRAME_MS[timeframe] === 0), timeframe);
      const age_ms = Date.now() - (candles.at(-1)?.t ?? 0);
      assert.ok(age_ms < 3 * TIMEFRAME_MS[timeframe] + 60_000, `${timeframe}: the last candle is ${age_ms} ms old`);
    }
    assert.ok((await venue.trades(symbol, 10)).length > 0);
    assert.ok((await venue.book(symbol)).bids.length > 0);
    venue.start({
      onTick: (tick) => ticks.push(tick),
      onTrade: (trade) => trades.push(trade),
      onBook: (book) => books.push(book),
      onBadFrame: (frame) => bad.push(frame),
      onSubscribed: () => {},
      onState: (state, reason) => states.push(`${state} ${reason ?? ""}`),
      onReplaced: () => {},
    });
    venue.setStreams({ candles: [symbol], trades: [symbol], books: [symbol] });
    await new Promise((resolve) => setTimeout(resolve, STREAM_MS));
    const seen = JSON.stringify({
      ticks: ticks.length,
      trades: trades.length,
      books: books.length,
      states,
      bad,
      lines,
    });
    assert.equal(states[0]?.trim(), "live", seen);
    assert.ok(ticks.some((tick) => tick.closed), seen);
    assert.ok(trades.length > 0 && books.length > 0 && bad.length === 0, seen);
    assert.ok(venue.counts().sockets <= 2, seen);
  } finally {
    await venue.close();
  }
}
