import assert from "node:assert/strict";
import { EXCHANGE_PATTERN } from "./candle.ts";
import { TIMEFRAMES } from "./timeframe.ts";
import { deriveCapabilities, KNOWN_VENUES, knownVenue } from "./venue_capabilities.ts";

Deno.test("every venue we know has a name, a pace, and minutes to fold from", () => {
  assert.equal(new Set(KNOWN_VENUES.map(({ exchange }) => exchange)).size, KNOWN_VENUES.length);
  for (const venue of KNOWN_VENUES) {
    assert.match(venue.exchange, EXCHANGE_PATTERN);
    assert.ok(venue.name !== "" && venue.timeframes.includes("1m"), venue.exchange);
    assert.ok(venue.controlInterval_ms >= 300 && venue.attemptsPerMinuteMax <= 30, venue.exchange);
    assert.ok((venue.plannedReconnect_ms ?? 0) < 24 * 3_600_000, venue.exchange);
    assert.ok(venue.bookLevels <= 20 && venue.historyCandlesMax >= 100, venue.exchange);
  }
  assert.deepEqual([knownVenue("sim")?.local, knownVenue("binance")?.local, knownVenue("okx")], [
    true,
    false,
    undefined,
  ]);
});

Deno.test("an exchange we do not know gets careful capabilities from what ccxt claims", () => {
  const has = { fetchOHLCV: true, watchOHLCV: true, watchTrades: "emulated", watchOrderBook: true };
  const timeframes = { "1m": "60", "5m": "300", "1h": "3600", "1w": "w" };
  const derived = deriveCapabilities({ id: "some", name: "Some", has, timeframes });
  assert.deepEqual(derived?.timeframes, ["1m", "5m", "1h"]);
  assert.deepEqual(derived?.streams, { candles: true, trades: false, books: true, tickers: false });
  assert.deepEqual([derived?.protocol, derived?.attemptsPerMinuteMax, derived?.bookLevels], ["ccxt", 5, 20]);
  const all = Object.fromEntries(TIMEFRAMES.map((timeframe) => [timeframe, ""]));
  assert.equal(deriveCapabilities({ id: "a", name: "A", has: {}, timeframes: all }), null);
  assert.equal(deriveCapabilities({ id: "a", name: "A", has, timeframes: { "15m": "" } }), null);
});
