import assert from "node:assert/strict";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { attemptsOf, readCatalogue, unruled } from "./matrix/attempts.ts";
import { Matrix } from "./matrix/matrix.ts";
import { mutationsOf } from "./matrix/mutations.ts";
import { tryOverRest } from "./matrix/over_rest.ts";
import { seedWorld } from "./matrix/world.ts";

// ASVS 5: 8.2.1 (functions are for whom they are for), 8.2.2 (one's own rows alone), 8.2.3 (no field of a profile that is
// the house's to set), 8.3.1 (all of it in the database), 8.3.2 (in functions, revoked sessions and taken roles count at
// once), 8.3.3 (with the caller's own token), 8.4.1 (nothing a tenant does affects another).
Deno.test("nobody reaches what is another tenant's (ASVS 5: 8.2.1, 8.2.2, 8.2.3, 8.3.1, 8.3.2, 8.3.3, 8.4.1)", async (t) => {
  await using stack = await startTestSupabase();
  const catalogue = await readCatalogue(stack.sql);
  assert.deepEqual(unruled(catalogue), [], "every table, view and function the API could expose needs its rule");
  const mutations = await mutationsOf(stack.sql, catalogue);
  const world = await seedWorld(stack);

  await Matrix.use(world, attemptsOf(catalogue, world), async (matrix) => {
    await step(t, "both tenants have rows in every table that holds tenants' rows", async () => {
      assert.deepEqual(await matrix.unseeded(), []);
    });

    await step(t, "every caller fares as the rules say, sees nobody else's rows and changes none", async () => {
      assert.deepEqual(await matrix.run(), []);
    });

    await step(t, "a policy, a grant or a guard weakened anywhere is noticed", async () => {
      const survivors: string[] = [];
      for (const { name, sql, objects } of mutations) {
        if (await matrix.runMutated(sql, objects) === null) survivors.push(name);
      }
      assert.deepEqual(survivors, []);
      // Or they were killed by something else.
      assert.equal(await matrix.runMutated("select 1", []), null);
      assert.ok(mutations.length > 500, `${mutations.length} mutations`);
    });
  });

  await step(t, "over HTTP, with real tokens, it is the same", async () => {
    assert.deepEqual(await tryOverRest(world, catalogue), []);
  });
});
