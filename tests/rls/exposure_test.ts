import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

/** Functions anyone may call with the publishable key. A new one must be added here on purpose. */
const OPEN_TO_EVERYONE = [
  "begin_sign_in",
  "candles_csv",
  "candles_page",
  "catch_up",
  "chat_page",
  "deployment_mode",
  "join_stream",
  "leaderboard",
  "leave_stream",
  "market_depth",
  "market_page",
  "monitor_page",
  "pool_detail",
  "pool_performance",
  "pool_positions",
  "pools_page",
  "profile_page",
  "rates_page",
  "receive_payment",
  "room_viewers",
  "stream_detail",
  "stream_stats",
  "streams_page",
  "symbols_page",
  "take_rate_limit",
  "tip_terms",
  "touch_viewer",
  "unwatch",
  "user_streams",
  "watch",
  "ws_stats",
];

/** Tables whose rows their owner may select; everything else goes through functions. */
const OPEN_TO_OWNERS = ["devices", "notifications", "profiles"];

Deno.test("what the API exposes", async (t) => {
  await using supabase = await startTestSupabase();
  const { sql } = supabase;

  await step(t, "every table of the public schema has row-level security on", async () => {
    const open = await sql`
      select relname from pg_class where relnamespace = 'public'::regnamespace
        and relkind in ('r', 'p') and not relrowsecurity`;
    assert.deepEqual([...open], []);
  });

  await step(t, "tables are granted to nobody but for what policies show their owners", async () => {
    const granted = await sql`
      select table_name, grantee, privilege_type from information_schema.role_table_grants
      where table_schema = 'public' and grantee in ('anon', 'authenticated', 'PUBLIC')
      order by table_name`;
    assert.deepEqual(
      granted.map((row) => `${row.grantee} ${row.privilege_type} ${row.table_name}`),
      OPEN_TO_OWNERS.map((table) => `authenticated SELECT ${table}`),
    );
  });

  await step(t, "anonymous callers may execute exactly the functions that are meant for them", async () => {
    const rows = await sql`
      select distinct proname from pg_proc where pronamespace = 'public'::regnamespace
        and has_function_privilege('anon', oid, 'execute') order by proname`;
    assert.deepEqual(rows.map((row) => row.proname), OPEN_TO_EVERYONE);
  });

  await step(
    t,
    "no exposed function or view returns numeric or bigint, which JSON would turn into floats",
    async () => {
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
    },
  );

  await step(t, "every security definer function pins its search path", async () => {
    const loose = await sql`
      select proname from pg_proc where pronamespace in ('public'::regnamespace, 'private'::regnamespace)
        and prosecdef and not coalesce(proconfig @> array['search_path=""'], false)`;
    assert.deepEqual([...loose], []);
  });

  await step(t, "a table read with the publishable key is refused and says nothing of its rows", async () => {
    const client = createClient(supabase.url, supabase.publishableKey, SESSIONLESS);
    for (const table of ["symbols", "candles", "watches", "leases", "deployment", "tickers", "feed_status"]) {
      const { data, error } = await client.from(table).select();
      assert.equal(data, null, table);
      assert.equal(error?.code, "42501", table);
    }
  });

  await step(t, "the worker's functions refuse the publishable key", async () => {
    const client = createClient(supabase.url, supabase.publishableKey, SESSIONLESS);
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
