import assert from "node:assert/strict";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { PacedHistory, PAGES_MAX } from "./paced_history.ts";
import type { HistoryRequest } from "./venue.ts";

Deno.test("PacedHistory asks for no further page while what came cannot be stored, however many wait", async () => {
  const asked: HistoryRequest[] = [];
  let waiting: (() => void)[] = [];
  let full = false;
  const history = new PacedHistory({
    capabilities: knownVenue("sim") as VenueCapabilities,
    history(request) {
      asked.push(request);
      full = asked.length >= 20;
      return Promise.resolve([]);
    },
  }, () => full ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve());
  const pages = Promise.all(
    Array.from({ length: 300 }, () => history.history({ symbol: "BTC-USDT", timeframe: "1m", limit: 500 })),
  );
  let turns = 0;
  while (waiting.length < PAGES_MAX && ++turns < 1_000) await Promise.resolve();
  assert.ok(asked.length <= 20 + PAGES_MAX, `${asked.length} pages`);
  assert.equal(waiting.length, PAGES_MAX);
  while (asked.length < 300) {
    const ready = waiting;
    waiting = [];
    for (const resolve of ready) resolve();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await pages;
  assert.equal(asked.length, 300);
});
