import assert from "node:assert/strict";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { runConcurrency } from "./concurrency.ts";

// ASVS 5: 8.2.2 and 8.4.1 under load; 8.3.1 in that grants outlive it. The long run is tests/soak/tenants.ts.
Deno.test("fifty users at once get their own rows, no errors, and no grant comes back (ASVS 5: 8.2.2, 8.4.1)", async () => {
  await using stack = await startTestSupabase();
  const seed = 20_261_120;
  const report = await runConcurrency(stack, { seed, users: 50, requests: 2_000 });
  const { foreign, errors, grantsChanged } = report;
  assert.deepEqual({ foreign, errors, grantsChanged }, { foreign: [], errors: [], grantsChanged: [] }, `seed ${seed}`);
  assert.ok(report.refusals > 500, `${report.refusals} refusals`);
});
