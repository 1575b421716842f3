import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
const KEY = "an-edge-key-of-more-than-thirty-two-characters";

interface Taken {
  allowed: boolean;
  limit: number;
  remaining: number;
  reset_s: number;
  retry_s: number;
}

/** The two headers by which an edge vouches for an address, as the migration describes them. */
function vouch(address: string, key = KEY, atMs = Date.now()): Record<string, string> {
  const hmac = (text: string) => createHmac("sha256", key).update(text).digest("hex");
  const pseudonym = hmac(address).slice(0, 16);
  return {
    "x-outcry-address": pseudonym,
    "x-outcry-address-proof": hmac(`${pseudonym}|${Math.floor(atMs / 60_000)}`),
  };
}

// ASVS 2.4: anti-automation; 6.3.1 relies on the same buckets for sign-ins.
Deno.test("token buckets in the database (ASVS 5: 2.4.1)", async (t) => {
  await using supabase = await startTestSupabase();
  const { sql } = supabase;
  await sql`insert into public.rate_limit_rules (name, capacity, refill_per_s, shared_factor, shards, description)
    values ('test', 5, 0.5, 20, 4, 'A test''s')`;
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
  const take = async (key: string, seconds: number, cost: number | null = null) => {
    const [row] = await sql`select private.take('test', ${key}, ${cost}::numeric, ${at(seconds)}::timestamptz) as r`;
    return row?.r as Taken;
  };

  await step(t, "a burst up to the capacity passes, the next call waits exactly as long as it is told", async () => {
    for (const remaining of [4, 3, 2, 1, 0]) {
      assert.deepEqual(await take("a", 0), {
        allowed: true,
        limit: 5,
        remaining,
        reset_s: (5 - remaining) * 2,
        retry_s: 0,
      });
    }
    assert.deepEqual(await take("a", 0), { allowed: false, limit: 5, remaining: 0, reset_s: 10, retry_s: 2 });
    assert.equal((await take("a", 1.999)).allowed, false);
    assert.equal((await take("a", 2)).allowed, true);
    assert.equal((await take("a", 2)).allowed, false);
  });

  await step(
    t,
    "refusals cost nothing, a clock that goes back gives nothing, and no pause saves up more than a full bucket",
    async () => {
      for (let n = 0; n < 20; n++) await take("a", 3);
      assert.equal((await take("a", 4)).allowed, true);
      assert.equal((await take("a", 0)).allowed, false);
      assert.equal((await take("a", 4)).allowed, false);
      assert.equal((await take("a", 1_000_000)).remaining, 4);
    },
  );

  await step(t, "a dearer call takes more, and one dearer than the bucket is a mistake of ours", async () => {
    assert.equal((await take("b", 0, 3)).remaining, 2);
    assert.deepEqual(await take("b", 0, 3), { allowed: false, limit: 5, remaining: 2, reset_s: 6, retry_s: 2 });
    for (const cost of [5.01, 0, -1]) await assert.rejects(take("b", 0, cost), /does not fit/);
    await assert.rejects(sql`select private.take('no_such_rule', 'b')`, /no rate limit rule/);
  });

  await step(
    t,
    "200 calls at once never take more than the capacity, on one row or on shards, and wait for no deadlock",
    async () => {
      await sql`update public.rate_limit_rules set capacity = 50, refill_per_s = 0.001, shared_factor = 2 where name = 'test'`;
      const pool = postgres(supabase.dbUrl, { max: 20, onnotice: () => {} });
      const storm = async (key: string, of: number) => {
        const taken = await Promise.all(
          Array.from({ length: of }, () => pool`select private.take('test', ${key}) as r`),
        );
        return taken.filter(([row]) => row?.r.allowed).length;
      };
      try {
        assert.equal(await storm("crowd", 200), 50);
        const passed = await storm("shared", 300);
        assert.ok(passed <= 100, `${passed} of 100`);
        // Shards that were locked in passing are found again by a call that is alone.
        let late = 0;
        for (let n = 0; n < 60; n++) late += await storm("shared", 1);
        assert.equal(passed + late, 100);
      } finally {
        await pool.end({ timeout: 1 });
      }
      const shards =
        await sql`select shard from public.rate_limits where rule = 'test' and key = 'shared' order by shard`;
      assert.deepEqual(shards.map((row) => row.shard), [0, 1, 2, 3]);
    },
  );

  await step(t, "what a transaction took comes back when it rolls back", async () => {
    await sql.begin(async (tx) => {
      await tx`select private.take('test', 'undone', 50)`;
      throw new Error("undo");
    }).catch((error) => assert.equal(error.message, "undo"));
    const [row] = await sql`select private.take('test', 'undone', 50) as r`;
    assert.equal(row?.r.allowed, true);
  });

  await step(
    t,
    "idle buckets are removed in bounded steps, busy ones and shared ones stay, and nobody gains by it",
    async () => {
      await sql`delete from public.rate_limits`;
      await sql`insert into public.rate_limits (rule, key, shard, tokens, refilled_at)
      select 'test', 'idle' || n, 0, 0, now() - interval '2 days' from generate_series(1, 25) as n`;
      await sql`insert into public.rate_limits (rule, key, shard, tokens, refilled_at) values
      ('test', 'busy', 0, 0, now() - interval '10 seconds'), ('test', 'shared', 0, 0, now() - interval '2 days'),
      ('dropped_rule', 'x', 0, 0, now())`;
      const purge = async () => (await sql`select purge_rate_limits(10) as n`)[0]?.n;
      // A row somebody holds is passed over, not waited for.
      await sql.begin(async (tx) => {
        await tx`select private.take('test', 'idle1')`;
        let removed = 0;
        for (let calls = 0; calls < 3; calls++) {
          const n = await purge();
          assert.ok(n <= 10, `${n} rows`);
          removed += n;
        }
        assert.equal(removed, 25);
      });
      assert.equal(await purge(), 0);
      const left = await sql`select key from public.rate_limits where rule = 'test' order by key`;
      assert.deepEqual(left.map((row) => row.key), ["busy", "idle1", "shared"]);
      await assert.rejects(sql`select purge_rate_limits(1000000)`, /invalid_limit/);
    },
  );
});

Deno.test("whom a call counts against", async (t) => {
  await using supabase = await startTestSupabase();
  const { sql } = supabase;
  const worker = createClient(supabase.url, supabase.secretKey, SESSIONLESS);
  const anyone = (headers: Record<string, string> = {}) =>
    createClient(supabase.url, supabase.publishableKey, { ...SESSIONLESS, global: { headers } });
  await sql`update public.rate_limit_rules set capacity = 3, refill_per_s = 0.001, shared_factor = 2, shards = 1
    where name = 'market_read'`;
  const empty = () => sql`delete from public.rate_limits`;
  /** Calls ws_stats() until it is refused; answers how many passed. */
  const spend = async (client: ReturnType<typeof anyone>) => {
    for (let n = 0; n < 20; n++) {
      const { error, status } = await client.rpc("ws_stats");
      if (error === null) continue;
      assert.deepEqual([status, error.message], [429, "rate_limited"]);
      assert.match(error.details, /^Too many requests: try again in \d+ s$/);
      return n;
    }
    return Infinity;
  };

  await step(t, "before the database knows the edge's key, all anonymous callers share one bucket", async () => {
    assert.equal(await spend(anyone(vouch("192.0.2.1"))), 6);
    assert.equal(await spend(anyone(vouch("192.0.2.2"))), 0);
    await empty();
  });

  await step(t, "the worker tells the key; telling it again changes nothing; others may not", async () => {
    assert.equal((await worker.rpc("set_edge_hmac_key", { p_key: KEY })).data, true);
    assert.equal((await worker.rpc("set_edge_hmac_key", { p_key: KEY })).data, false);
    assert.equal((await worker.rpc("set_edge_hmac_key", { p_key: "short" })).status, 400);
    assert.equal((await anyone().rpc("set_edge_hmac_key", { p_key: KEY })).error?.code, "42501");
    const [row] = await sql`select count(*)::integer as n from public.audit_log where action = 'edge_key.changed'`;
    assert.equal(row?.n, 1);
    const [leak] = await sql`select count(*)::integer as n from public.audit_log a where a::text like ${`%${KEY}%`}`;
    assert.equal(leak?.n, 0);
  });

  await step(t, "keys of any length give the HMAC of RFC 2104", async () => {
    for (const key of [KEY, "x".repeat(64), "y".repeat(65), "clé-".repeat(40)]) {
      await sql`select set_edge_hmac_key(${key})`;
      const [row] = await sql`select private.edge_hmac('text|1') as hmac`;
      assert.equal(row?.hmac, createHmac("sha256", key).update("text|1").digest("hex"), key);
    }
    await sql`select set_edge_hmac_key(${KEY})`;
  });

  await step(t, "an address the edge vouches for has a bucket of its own", async () => {
    assert.equal(await spend(anyone(vouch("192.0.2.1"))), 3);
    assert.equal(await spend(anyone(vouch("192.0.2.2"))), 3);
    assert.equal(await spend(anyone(vouch("192.0.2.1"))), 0);
    assert.equal(await spend(anyone()), 6);
    await empty();
  });

  await step(t, "a proof that is forged, old, for another address or half there gains nothing", async () => {
    const good = vouch("192.0.2.9");
    const forged: Record<string, string>[] = [
      vouch("192.0.2.9", `${KEY}x`),
      vouch("192.0.2.9", KEY, Date.now() - 3 * 60_000),
      vouch("192.0.2.9", KEY, Date.now() + 3 * 60_000),
      { ...vouch("192.0.2.10"), "x-outcry-address-proof": good["x-outcry-address-proof"] ?? "" },
      { "x-outcry-address": good["x-outcry-address"] ?? "" },
      { "x-outcry-address": good["x-outcry-address"] ?? "", "x-outcry-address-proof": "" },
      { ...good, "x-outcry-address": "shared" },
      { "x-forwarded-for": "198.51.100.7", "x-real-ip": "198.51.100.7" },
    ];
    assert.equal(await spend(anyone()), 6);
    for (const headers of forged) assert.equal(await spend(anyone(headers)), 0, JSON.stringify(headers));
    assert.equal(await spend(anyone(good)), 3);
    assert.equal(
      await spend(anyone(vouch("192.0.2.9", KEY, Date.now() - 50_000))),
      0,
      "a minute early or late is the same address",
    );
    await empty();
  });

  await step(t, "users have buckets of their own, whatever address they come from; the worker has none", async () => {
    const users = await Promise.all(["ann", "ben"].map(async (name) => {
      const client = anyone(vouch("192.0.2.1"));
      const { data } = await client.auth.signUp({ email: `${name}@example.test`, password: "correct horse 7 staple" });
      return anyone({ ...vouch("192.0.2.1"), authorization: `Bearer ${data.session?.access_token}` });
    }));
    assert.deepEqual(await Promise.all(users.map(spend)), [3, 3]);
    assert.equal(await spend(anyone(vouch("192.0.2.1"))), 3);
    for (let n = 0; n < 10; n++) assert.equal((await worker.rpc("ws_stats")).error, null);
    const keys = await sql`select distinct split_part(key, ':', 1) as kind, count(*)::integer as n
      from public.rate_limits where rule = 'market_read' group by 1 order by 1`;
    assert.deepEqual([...keys], [{ kind: "address", n: 1 }, { kind: "user", n: 2 }]);
    await empty();
  });

  await step(
    t,
    "every function the publishable key reaches takes from a bucket, but for the one word deployment_mode() says",
    async () => {
      const args: Record<string, Record<string, unknown>> = {
        candles_page: { p_exchange: "sim", p_symbol: "X", p_timeframe: "1m" },
        market_page: { p_exchange: "sim", p_symbol: "X", p_timeframe: "1m" },
        symbols_page: {},
        ws_stats: {},
        watch: { p_topics: ["market:sim:X:1m"], p_client_id: crypto.randomUUID() },
        unwatch: { p_client_id: crypto.randomUUID() },
        begin_sign_in: { p_kind: "password", p_email: "nobody@example.test" },
      };
      await sql`update public.rate_limit_rules set capacity = 1, refill_per_s = 0.001, shared_factor = 1, shards = 1`;
      for (const [name, given] of Object.entries(args)) {
        await empty();
        const rule = name === "begin_sign_in" ? "sign_in" : name.endsWith("watch") ? "watch" : "market_read";
        await sql`select private.take(${rule}, 'shared')`;
        assert.equal((await anyone().rpc(name, given)).error?.message, "rate_limited", name);
      }
      assert.equal((await anyone().rpc("deployment_mode")).error, null);
      await empty();
    },
  );

  await step(t, "take_rate_limit() says what is left, of the caller's own bucket alone", async () => {
    const client = anyone(vouch("192.0.2.3"));
    const first = await client.rpc("take_rate_limit", { p_rule: "watch" });
    assert.deepEqual(first.data, { allowed: true, limit: 1, remaining: 0, reset_s: 1000, retry_s: 0 });
    assert.equal((await client.rpc("take_rate_limit", { p_rule: "watch" })).data.allowed, false);
    assert.equal((await anyone(vouch("192.0.2.4")).rpc("take_rate_limit", { p_rule: "watch" })).data.allowed, true);
    assert.equal((await client.rpc("take_rate_limit", { p_rule: "none" })).status, 404);
  });

  await step(t, "an administrator's edit holds from the next call on, is audited, and must make sense", async () => {
    const { data } = await anyone().auth.signUp({ email: "admin@example.test", password: "correct horse 7 staple" });
    const id = data.user?.id ?? "";
    const claims = {
      sub: id,
      role: "authenticated",
      session_id: (await sql`select id from auth.sessions where user_id = ${id}`)[0]?.id,
      aal: "aal2",
      amr: [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) }],
      app_metadata: { role: "admin" },
    };
    const call = (text: string) =>
      sql.begin(async (tx) => {
        await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
        await tx`set local role authenticated`;
        const [row] = await tx.unsafe(`select ${text} as r`);
        return row?.r;
      });
    const edit = (capacity: string) => call(`public.set_rate_limit('watch', ${capacity}, 0.001, gen_random_uuid())`);
    await assert.rejects(edit("2"), /not_found/);
    await assert.rejects(call("public.rate_limits_page()"), /not_found/);
    await sql`insert into public.admins (user_id) values (${id})`;
    await edit("2");
    await empty();
    const client = anyone(vouch("192.0.2.5"));
    const taken = [];
    for (let n = 0; n < 3; n++) taken.push((await client.rpc("take_rate_limit", { p_rule: "watch" })).data.allowed);
    assert.deepEqual(taken, [true, true, false]);
    const { items } = await call("public.rate_limits_page()");
    const capacities = new Map(items.map((item: { name: string; capacity: string }) => [item.name, item.capacity]));
    assert.deepEqual([capacities.get("market_read"), capacities.get("watch")], ["1", "2"]);
    const [row] =
      await sql`select actor, detail from public.audit_log where action = 'rate_limit.changed' order by at desc limit 1`;
    assert.equal(row?.actor, id);
    assert.deepEqual([row?.detail.from.capacity, row?.detail.to.capacity], [1, 2]);
    for (const capacity of ["0", "-1", "1e9", "null", "'NaN'"]) {
      await assert.rejects(edit(capacity), /bad_request/, capacity);
    }
    await assert.rejects(call("public.set_rate_limit('none', 2, 1, gen_random_uuid())"), /not_found/);
    // Nobody edits the table itself with a key.
    assert.equal((await worker.from("rate_limit_rules").select()).error?.code, "42501");
    assert.equal((await worker.from("rate_limits").select()).error?.code, "42501");
  });
});
