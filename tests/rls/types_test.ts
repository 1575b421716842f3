import assert from "node:assert/strict";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { DATABASE_TYPES_PATH, databaseTypes } from "../../tools/db_types.ts";

Deno.test("the committed database types are those of the migrations", async () => {
  await using supabase = await startTestSupabase();
  assert.equal(
    await Deno.readTextFile(DATABASE_TYPES_PATH),
    await databaseTypes(supabase.dbUrl),
    "run `deno task db:types` while `deno task dev` runs",
  );
});
