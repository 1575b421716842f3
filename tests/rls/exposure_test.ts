import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";

/** Functions anyone may call with the publishable key. A new one must be added here on purpose. */
const OPEN_TO_EVERYONE = [
  "candles_page",
  "deployment_mode",
  "market_page",
  "symbols_page",
  "unwatch",
  "watch",
  "ws_stats",
];

Deno.test("what the API exposes", async (t) => {
  await using supabase = await startTestSupabase();
  const { sql } = supabase;

  await t.step("every table of the public schema has row-level security on", async () => {
    const open = await sql`
      select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relrowsecurity`;
    assert.deepEqual([...open], []);
  });

  await t.step("no table is granted to anyone who holds the publishable key", async () => {
    const granted = await sql`
      select table_name, grantee, privilege_type from information_schema.role_table_grants
      where table_schema = 'public' and grantee in ('anon', 'authenticated', 'PUBLIC')`;
    assert.deepEqual([...granted], []);
  });

  await t.step("anonymous callers may execute exactly the functions that are meant for them", async () => {
    const rows = await sql`
      select distinct proname from pg_proc where pronamespace = 'public'::regnamespace
        and has_function_privilege('anon', oid, 'execute') order by proname`;
    assert.deepEqual(rows.map((row) => row.proname), OPEN_TO_EVERYONE);
  });

  await t.step("no exposed function or view returns numeric or bigint, which JSON would turn into floats", async () => {
    const functions = await sql`
      select p.proname from pg_proc p where p.pronamespace = 'public'::regnamespace
        and (p.prorettype in ('numeric'::regtype, 'bigint'::regtype)
          or exists (select 1 from unnest(p.proallargtypes, p.proargmodes) as a(type, mode)
            where a.mode in ('o', 't') and a.type in ('numeric'::regtype, 'bigint'::regtype)))`;
    const views = await sql`
      select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm') and a.attnum > 0
        and a.atttypid in ('numeric'::regtype, 'bigint'::regtype)`;
    assert.deepEqual([...functions, ...views], []);
  });

  await t.step("every security definer function pins its search path", async () => {
    const loose = await sql`
      select proname from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and prosecdef and not coalesce(proconfig @> array['search_path=""'], false)`;
    assert.deepEqual([...loose], []);
  });

  await t.step("a table read with the publishable key is refused and says nothing of its rows", async () => {
    const client = createClient(supabase.url, supabase.publishableKey);
    for (const table of ["symbols", "candles", "watches", "leases", "deployment", "tickers", "feed_status"]) {
      const { data, error } = await client.from(table).select();
      assert.equal(data, null, table);
      assert.equal(error?.code, "42501", table);
    }
  });

  await t.step("the worker's functions refuse the publishable key", async () => {
    const client = createClient(supabase.url, supabase.publishableKey);
    const calls: [string, Record<string, unknown>][] = [
      ["record_candles", { p_exchange: "sim", p_token: 1, p_rows: [] }],
      ["record_symbols", { p_exchange: "sim", p_token: 1, p_rows: [] }],
      ["record_feed", { p_exchange: "sim", p_token: 1, p_status: {}, p_tickers: [] }],
      ["acquire_lease", { p_name: "feed:sim", p_holder: crypto.randomUUID(), p_ttl_ms: 5000 }],
      ["claim_deployment_mode", { p_mode: "production" }],
      ["active_watches", { p_exchange: "sim" }],
    ];
    for (const [name, args] of calls) {
      const { error, status } = await client.rpc(name, args);
      assert.equal(error?.code, "42501", name);
      assert.equal(status, 401, name);
    }
  });
});
