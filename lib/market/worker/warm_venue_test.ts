import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { type Venue, VenueError, type VenueMarket } from "./venue.ts";
import { WarmVenue } from "./warm_venue.ts";

const MARKET = { symbol: "BTC-USDT" } as VenueMarket;

function open() {
  const clock = { now: 0 };
  const opened: { asked: number; closed: boolean }[] = [];
  const answers = { ok: true };
  const warm = new WarmVenue({
    openVenue() {
      const state = { asked: 0, closed: false };
      opened.push(state);
      return {
        capabilities: knownVenue("sim") as VenueCapabilities,
        markets() {
          state.asked++;
          return answers.ok ? Promise.resolve([MARKET]) : Promise.reject(new VenueError("away"));
        },
        quoteVolumes: () => Promise.resolve(new Map()),
        close() {
          state.closed = true;
          return Promise.resolve();
        },
      } as unknown as Venue;
    },
    logger: createLogger({ service: "test", write: () => {}, nowMs: () => 0 }),
    nowMs: () => clock.now,
    listingAge_ms_max: 600_000,
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  return { warm, clock, opened, answers, settle };
}

Deno.test("WarmVenue reads the markets once while standing by, and again when they have grown old", async () => {
  const { warm, clock, opened, settle } = open();
  for (let second = 0; second < 600; second++) {
    clock.now = second * 1_000;
    warm.keep();
    await Promise.resolve();
  }
  await settle();
  assert.deepEqual(opened.map(({ asked }) => asked), [1]);
  clock.now = 600_000;
  warm.keep();
  await settle();
  assert.deepEqual(opened.map(({ asked }) => asked), [2]);
  const { listing } = warm.take();
  assert.deepEqual(listing?.markets, [MARKET]);
  await warm.close();
  assert.equal(opened[0]?.closed, false, "whoever took it closes it");
});

Deno.test("WarmVenue gives a venue without a list when that is old or was never read, and closes what nobody took", async () => {
  const { warm, clock, opened, answers, settle } = open();
  assert.equal(warm.take().listing, null);
  answers.ok = false;
  warm.keep();
  await settle();
  warm.keep();
  await settle();
  assert.equal(opened[1]?.asked, 1, "an exchange that does not answer is left alone for a while");
  answers.ok = true;
  clock.now = 60_000;
  warm.keep();
  await settle();
  clock.now = 700_000;
  assert.equal(warm.take().listing, null);
  warm.keep();
  await warm.close();
  assert.deepEqual(opened.map(({ closed }) => closed), [false, false, true]);
});
