import assert from "node:assert/strict";
import { seeded } from "../../lib/kernel/seeded.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { runPoolsModel } from "./pools_model.ts";

/** Operations of one seed of the model, and how many seeds: the long run is in tests/soak. */
const MODEL_OPERATIONS = 500;
const MODEL_SEEDS = 2;

Deno.test("whatever happens to pools, every cent is somebody's", async (t) => {
  await using stack = await startTestSupabase();
  for (let seed = 1; seed <= MODEL_SEEDS; seed++) {
    await step(
      t,
      `${MODEL_OPERATIONS} random acts of users, administrators and workers agree with a model, with backends killed (seed ${seed})`,
      async () => {
        await runPoolsModel({
          dbUrl: stack.dbUrl,
          random: seeded(seed),
          operations: MODEL_OPERATIONS,
          connections: 8,
          kills: 6,
        }).catch((error) => {
          throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
        });
        const violations = await stack.sql`select * from public.ledger_check()`;
        assert.deepEqual([...violations], [], `seed ${seed}`);
      },
    );
  }
});
