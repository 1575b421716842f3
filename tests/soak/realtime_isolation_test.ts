import assert from "node:assert/strict";
import { runIsolation } from "./realtime_isolation.ts";

// The clients are a process that ends with its standard input.
Deno.test("no private message reaches a stranger while members are banned and tokens change", async () => {
  const seed = 20_261_120;
  const size = {
    seed,
    topics: 20,
    users: 40,
    topicsPerUser: 5,
    deliveries: 10_000,
    requestsPerRound: 1,
    eventsPerSecond: 50,
  };
  const report = await runIsolation(size, () => {});
  const { foreign, late, intruders, missed } = report;
  assert.deepEqual({ foreign, late, intruders, missed }, { foreign: 0, late: 0, intruders: 0, missed: 0 }, `${seed}`);
  assert.ok(report.bans > 3 && report.tokenChanges > 3 && report.refusedJoins > 0, JSON.stringify(report));
});
