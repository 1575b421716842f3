import assert from "node:assert/strict";
import ccxt from "ccxt";
import { createLogger } from "../../kernel/log.ts";
import { RestCaller } from "./rest_caller.ts";
import { VenueError } from "./venue.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

function newCaller(pause_ms: () => number = () => 0): RestCaller {
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const limits = { concurrencyMax: 2, attemptsMax: 3, backoffBase_ms: 1, backoffMax_ms: 2 };
  return new RestCaller({ ...limits, logger, random: Math.random, pause_ms });
}

Deno.test("RestCaller tries again what the network lost, a bounded number of times", sanitized, async () => {
  const caller = newCaller();
  let calls = 0;
  const lost = () => {
    calls++;
    return Promise.reject(new ccxt.RequestTimeout("late"));
  };
  await assert.rejects(caller.ask("x", 0, lost), (error) => error instanceof VenueError && /late/.test(error.message));
  assert.equal(calls, 3);
  assert.equal(await caller.ask("x", 0, () => calls === 4 ? Promise.resolve("yes") : lost()), "yes");
});

Deno.test("RestCaller does not repeat what the exchange refuses", sanitized, async () => {
  let calls = 0;
  await assert.rejects(
    newCaller().ask("x", 0, () => {
      calls++;
      return Promise.reject(new ccxt.BadSymbol("none"));
    }),
    VenueError,
  );
  assert.equal(calls, 1);
});

Deno.test("RestCaller asks nothing once it is closed, and its waits end", sanitized, async () => {
  const caller = newCaller(() => 600_000);
  const asked = caller.ask("x", 0, () => Promise.resolve("never"));
  caller.close();
  await assert.rejects(asked, /the venue is closed/);
});
