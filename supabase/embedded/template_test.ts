import assert from "node:assert/strict";
import { join } from "node:path";
import { createLogger } from "../../lib/kernel/log.ts";
import { databaseSources } from "./database_sources.ts";
import { databaseTemplate, templateFolder } from "./template.ts";
import { databaseSnapshot } from "./template_testing.ts";
import { startTestSupabase, step } from "./testing.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };

async function archivesIn(folder: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  return names.filter((name) => name.endsWith(".tar")).toSorted();
}

Deno.test("a new database is a copy of the template, and the copy is what the migrations make", STRICT, async (t) => {
  const templates = await Deno.makeTempDir({ prefix: "outcry-templates-" });
  try {
    await using made = await startTestSupabase({ templates });
    const [archive = ""] = await archivesIn(templates);
    assert.match(archive, /^[0-9a-f]{32}-[0-9a-f]{8}-\d+\.tar$/);
    await using copied = await startTestSupabase({ templates });
    await using migrated = await startTestSupabase({ templates: null });
    assert.deepEqual(await archivesIn(templates), [archive]);

    await step(t, "schema, rights, settings and rows are the same as without a template", async () => {
      const expected = await databaseSnapshot(migrated.sql);
      assert.ok(Object.values(expected).every((part) => part.length > 0), "a part of the snapshot is empty");
      // Rows that differ were made by chance, such as a key: with a template all deployments would share it.
      assert.deepEqual(await databaseSnapshot(copied.sql), expected);
      assert.deepEqual(await databaseSnapshot(made.sql), expected);
    });

    await step(t, "keys and passwords are each deployment's own, and the archive holds none of them", async () => {
      const bytes = new TextDecoder("latin1").decode(await Deno.readFile(join(templates, archive)));
      for (const stack of [made, copied]) {
        for (const secret of [stack.publishableKey, stack.secretKey, new URL(stack.dbUrl).password]) {
          assert.equal(bytes.includes(secret), false);
        }
        assert.deepEqual([...await stack.sql`select * from public.deployment`], []);
      }
      const verifiers = (sql: typeof made.sql) =>
        sql`select rolname, rolpassword from pg_authid where rolpassword is not null order by 1`.values();
      const [one, other] = [await verifiers(made.sql), await verifiers(copied.sql)];
      assert.deepEqual(one.map(([name]) => name), ["authenticator", "postgres"]);
      for (const [index, [, verifier]] of one.entries()) assert.notEqual(verifier, other[index]?.[1]);
    });
  } finally {
    await Deno.remove(templates, { recursive: true });
  }
});

Deno.test("a template's key holds every script and migration a database is made from", async () => {
  const logger = createLogger({ service: "test", write: () => {}, nowMs: () => Date.now() });
  const folder = await Deno.makeTempDir({ prefix: "outcry-templates-" });
  try {
    const key = (await databaseTemplate(folder, logger))?.key ?? "";
    const sources = await databaseSources();
    const migrations = await Array.fromAsync(Deno.readDir(new URL("../migrations", import.meta.url)), (e) => e.name);
    const names = ["bootstrap.sql", "mfa.sql", "realtime/schema.sql", ...migrations.toSorted()];
    assert.deepEqual(sources.map(([name]) => name), ["@supabase/lite", ...names]);
    assert.match(sources[0]?.[1] ?? "", /^\d+\.\d+\.\d+/);
    for (const [name, text] of sources) assert.ok(text !== "" && key.includes(JSON.stringify([name, text])), name);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("templates lie in OUTCRY_CACHE, else in the user's cache folder, else nowhere", () => {
  const folderFor = (env: Record<string, string>) => templateFolder((name) => env[name]);
  assert.equal(folderFor({ OUTCRY_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" }), "/a/templates");
  assert.equal(folderFor({ XDG_CACHE_HOME: "/b", HOME: "/c" }), "/b/outcry/templates");
  assert.equal(folderFor({ XDG_CACHE_HOME: "relative", HOME: "/c" }), "/c/.cache/outcry/templates");
  assert.equal(folderFor({}), undefined);
});
