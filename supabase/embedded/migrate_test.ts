import assert from "node:assert/strict";
import { join } from "node:path";
import { createLogger } from "../../lib/kernel/log.ts";
import { StartError } from "./errors.ts";
import { migrate } from "./migrate.ts";
import { startTestSupabase, step } from "./testing.ts";

Deno.test({
  name: "migrations are applied once, in order, and recorded as the Supabase CLI does",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase();
    const folder = await Deno.makeTempDir({ prefix: "outcry-migrations-" });
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => Deno.remove(folder, { recursive: true }));
    const write = (name: string, script: string) => Deno.writeTextFile(join(folder, name), script);
    const lines: string[] = [];
    const logger = createLogger({ service: "test", write: (line) => lines.push(line), nowMs: () => 0 });

    await step(t, "the project's own are all there, with name and statements", async () => {
      const rows = await stack.sql<{ version: string; name: string; statements: string[] }[]>`
        select version, name, statements from supabase_migrations.schema_migrations order by version`;
      const files = [...Deno.readDirSync(new URL("../migrations/", import.meta.url))].map(({ name }) => name).sort();
      assert.deepEqual(rows.map(({ version, name }) => `${version}_${name}.sql`), files);
      assert.ok(
        rows.every(({ statements }) => statements.length > 0 && statements.every((text) => !text.endsWith(";"))),
      );
    });

    await step(t, "new ones are applied in order, others are no migrations", async () => {
      await write("99990101000002_second.sql", "insert into public.steps values (2); -- done\n");
      await write(
        "99990101000001_first.sql",
        "-- makes it\ncreate table public.steps (n int);\ninsert into public.steps values (1);",
      );
      await write("notes.sql", "select nonsense");
      assert.deepEqual(await migrate(stack.sql, folder, logger), ["99990101000001", "99990101000002"]);
      assert.deepEqual((await stack.sql`select n from public.steps`).map(({ n }) => n), [1, 2]);
      const [row] = await stack.sql`
        select name, statements from supabase_migrations.schema_migrations where version = '99990101000001'`;
      assert.deepEqual(row, {
        name: "first",
        statements: ["-- makes it\ncreate table public.steps (n int)", "insert into public.steps values (1)"],
      });
      assert.deepEqual(await migrate(stack.sql, folder, logger), []);
      assert.match(lines.join(), /migrations this code does not have/);
    });

    await step(t, "a failing one names file, statement and line, and leaves nothing of itself", async () => {
      await write(
        "99990101000003_third.sql",
        "create table public.half (n int);\n\ninsert into public.nowhere values (1);",
      );
      const error = await migrate(stack.sql, folder, logger).catch((reason) => reason);
      assert.ok(error instanceof StartError);
      assert.match(
        error.message,
        /^Migration "99990101000003_third.sql" failed at statement 2 \(line 3\): relation "public.nowhere" does not exist/,
      );
      const [row] = await stack.sql`select to_regclass('public.half') as half`;
      assert.equal(row?.half, null);
      await write("99990101000003_third.sql", "create table public.half (n int);");
      assert.deepEqual(await migrate(stack.sql, folder, logger), ["99990101000003"]);
    });

    await step(t, "two runners at once apply each file once", async () => {
      await write("99990101000004_fourth.sql", "select pg_sleep(0.05); insert into public.steps values (4);");
      const applied = await Promise.all([migrate(stack.sql, folder, logger), migrate(stack.sql, folder, logger)]);
      assert.deepEqual(applied.flat(), ["99990101000004"]);
    });
  },
});
