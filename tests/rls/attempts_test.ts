import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { addFactor, client, PASSWORD, signIn, signUp } from "../../supabase/embedded/auth_testing.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";

const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
const KEY = "an-edge-key-of-more-than-thirty-two-characters";
const MARK = "ab".repeat(32);

/** The two headers by which the edge vouches for an address. */
function vouch(address: string): Record<string, string> {
  const hmac = (text: string) => createHmac("sha256", KEY).update(text).digest("hex");
  const pseudonym = hmac(address).slice(0, 16);
  return {
    "x-outcry-address": pseudonym,
    "x-outcry-address-proof": hmac(`${pseudonym}|${Math.floor(Date.now() / 60_000)}`),
  };
}

// ASVS 5: 6.3.1 (brute force), 2.4.1, 2.3.2.
Deno.test("attempts in the database get slower and slower (ASVS 5: 2.3.2, 2.4.1, 6.3.1)", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql`insert into public.attempt_rules (name, free_attempts, first_delay_s, delay_s_max, forget_one_s, description)
    values ('test', 3, 1, 60, 100, 'A test''s')`;
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
  const count = async (key: string, seconds: number) =>
    (await sql`select private.count_attempt('test', ${key}, ${at(seconds)}::timestamptz) as wait`)[0]?.wait as number;

  await step(t, "after the free ones each waits twice as long as the one before, up to the longest", async () => {
    assert.deepEqual([await count("a", 0), await count("a", 0), await count("a", 0)], [0, 0, 0]);
    let now = 0;
    for (const wait of [1, 2, 4, 8, 16, 32, 60, 60]) {
      assert.equal(await count("a", now), wait);
      assert.equal(await count("a", now + wait - 0.5), 1, "nothing is gained by trying early");
      assert.equal(await count("a", now + wait), 0);
      now += wait;
    }
    assert.equal(await count("b", now), 0, "keys know nothing of each other");
  });

  await step(t, "what was counted is forgotten bit by bit, and a clock that goes back forgets nothing", async () => {
    for (let n = 0; n < 3; n++) await count("c", 0);
    assert.equal(await count("c", 100), 0);
    // One was forgotten and one added: the next waits a second again.
    assert.equal(await count("c", 100), 1);
    assert.equal(await count("c", 50), 51);
    for (let n = 0; n < 3; n++) assert.equal(await count("c", 1_000), 0);
  });

  await step(t, "of 100 at once no more pass than are free", async () => {
    const pool = postgres(stack.dbUrl, { max: 20, onnotice: () => {} });
    try {
      const waits = await Promise.all(
        Array.from({ length: 100 }, () => pool`select private.count_attempt('test', 'crowd') as wait`),
      );
      assert.equal(waits.filter(([row]) => row?.wait === 0).length, 3);
    } finally {
      await pool.end({ timeout: 1 });
    }
  });

  await step(t, "that it begins is written down once (ASVS 5: 16.3.3)", async () => {
    const rows =
      await sql`select detail from public.audit_log where action = 'auth.attempts_slowed' and subject_id = 'crowd'`;
    assert.deepEqual(rows.map(({ detail }) => detail), [{ rule: "test" }]);
  });

  await step(t, "a flood of made-up addresses adds at most 60 rows a minute to the log", async () => {
    await sql`select private.count_attempt('test', 'flood' || n, clock_timestamp()) from generate_series(1, 200) as n, generate_series(1, 3)`;
    const [row] = await sql`select count(*)::integer as n from public.audit_log
      where action = 'auth.attempts_slowed' and subject_id like 'flood%'`;
    assert.ok(row?.n > 0 && row?.n <= 60, `${row?.n} rows`);
    const [slow] = await sql`select count(*)::integer as n from private.attempt_counts
      where key like 'flood%' and blocked_until is not null`;
    assert.equal(slow?.n, 200, "all of them are slowed down");
    await sql`delete from private.attempt_counts where key like 'flood%'`;
  });

  await step(t, "what is forgotten is removed with the buckets, what still counts stays", async () => {
    await sql`insert into private.attempt_counts (rule, key, attempts, counted_at, blocked_until) values
      ('test', 'old', 2, now() - interval '201 seconds', null), ('dropped', 'x', 1, now(), null),
      ('test', 'young', 2, now() - interval '199 seconds', null),
      ('test', 'blocked', 2, now() - interval '1 day', now() + interval '1 minute')`;
    await sql`delete from private.attempt_counts where key in ('a', 'b', 'c', 'crowd')`;
    const [row] = await sql`select public.purge_rate_limits(100) as n`;
    assert.equal(row?.n, 2);
    const left = await sql`select key from private.attempt_counts order by key`;
    assert.deepEqual(left.map(({ key }) => key), ["blocked", "young"]);
  });
});

Deno.test({
  name: "where somebody is known, and what Supabase Auth asks (ASVS 5: 6.3.1, 6.3.3, 16.3.1)",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    await sql`select public.set_edge_hmac_key(${KEY})`;
    const asAnyone = (headers: Record<string, string> = {}) =>
      createClient(stack.url, stack.publishableKey, { ...SESSIONLESS, global: { headers } });
    const asUser = (token: string, headers: Record<string, string> = {}) =>
      asAnyone({ ...headers, authorization: `Bearer ${token}` });
    const begin = async (email: string, address: string, device: string | null = null) =>
      (await asAnyone(vouch(address)).rpc("begin_sign_in", { p_kind: "password", p_email: email, p_device: device }))
        .error;
    const places = async () =>
      (await sql`select place from private.known_places order by place`).map(({ place }) => place as string);

    await step(t, "a session older than minutes, or one that has ended, makes no place known", async () => {
      const { supabase, session } = await signUp(stack, "old@example.com");
      const [, payload = ""] = session.access_token.split(".");
      const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
      const finishWith = (amr: unknown) =>
        sql.begin(async (tx) => {
          await tx`select set_config('request.jwt.claims', ${JSON.stringify({ ...claims, amr })}, true)`;
          await tx`select public.finish_sign_in(${MARK})`;
        });
      await finishWith([{ method: "password", timestamp: Math.floor(Date.now() / 1000) - 301 }]);
      await finishWith("nonsense");
      assert.deepEqual(await places(), []);
      await supabase.auth.signOut();
      const late = await asUser(session.access_token, vouch("192.0.2.1")).rpc("finish_sign_in", { p_device: MARK });
      assert.equal(late.error?.message, "unauthenticated");
      assert.deepEqual(await places(), []);
      assert.equal((await asAnyone().rpc("finish_sign_in")).error?.code, "42501");
    });

    await step(
      t,
      "a sign-in makes its device and its vouched address known, but no address that is only claimed",
      async () => {
        const { session } = await signUp(stack, "owner@example.com");
        const claimed = { ...vouch("192.0.2.9"), "x-outcry-address-proof": "0".repeat(64) };
        assert.equal((await asUser(session.access_token, claimed).rpc("finish_sign_in")).error, null);
        assert.deepEqual(await places(), []);
        const own = asUser(session.access_token, vouch("192.0.2.1"));
        assert.equal((await own.rpc("finish_sign_in", { p_device: MARK })).error, null);
        assert.deepEqual(await places(), [`address:${vouch("192.0.2.1")["x-outcry-address"]}`, `device:${MARK}`]);
        assert.equal((await own.rpc("finish_sign_in", { p_device: "nonsense" })).error?.message, "bad_request");
      },
    );

    await step(t, "a password alone makes nothing known to an account with a second factor", async () => {
      const { supabase } = await signUp(stack, "strong@example.com");
      await addFactor(supabase);
      const weak = (await (await signIn(stack, "strong@example.com")).auth.getSession()).data.session;
      assert.equal(
        (await asUser(weak?.access_token ?? "").rpc("finish_sign_in", { p_device: "cd".repeat(32) })).error,
        null,
      );
      assert.ok(!(await places()).includes(`device:${"cd".repeat(32)}`));
      const strong = (await supabase.auth.getSession()).data.session;
      assert.equal(
        (await asUser(strong?.access_token ?? "").rpc("finish_sign_in", { p_device: "cd".repeat(32) })).error,
        null,
      );
      assert.ok((await places()).includes(`device:${"cd".repeat(32)}`));
    });

    await step(
      t,
      "what takes an attempt back from an address is a password or a code, no link or provider",
      async () => {
        const { session } = await signUp(stack, "washer@example.com");
        const [, payload = ""] = session.access_token.split(".");
        const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
        // An account with a second factor is never known by its first one.
        await sql`insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
        values (gen_random_uuid(), ${claims.sub}, 'x', 'totp', 'verified', now(), now(), 'x')`;
        const address = vouch("192.0.2.40")["x-outcry-address"] ?? "";
        await sql`insert into private.attempt_counts (rule, key, attempts, counted_at, blocked_until)
        values ('password_address', ${address}, 55, now(), now() + interval '10 minutes')`;
        const leftAfter = async (method: string) => {
          await sql.begin(async (tx) => {
            const amr = [{ method, timestamp: Math.floor(Date.now() / 1000) }];
            await tx`select set_config('request.jwt.claims', ${JSON.stringify({ ...claims, amr })}, true),
            set_config('request.headers', ${JSON.stringify(vouch("192.0.2.40"))}, true)`;
            await tx`select public.finish_sign_in(null)`;
          });
          const [row] = await sql`select attempts, blocked_until is not null as blocked from private.attempt_counts
          where rule = 'password_address' and key = ${address}`;
          return [row?.attempts, row?.blocked];
        };
        assert.deepEqual(await leftAfter("otp"), [55, true]);
        assert.deepEqual(await leftAfter("oauth"), [55, true]);
        assert.deepEqual(await leftAfter("password"), [54, false]);
      },
    );

    await step(
      t,
      "refusals come with Retry-After to whoever calls REST, and the answer with what is left",
      async () => {
        const call = async (address: string) => {
          const response = await fetch(`${stack.url}/rest/v1/rpc/begin_sign_in`, {
            method: "POST",
            headers: { apikey: stack.publishableKey, "content-type": "application/json", ...vouch(address) },
            body: JSON.stringify({ p_kind: "mail", p_email: "somebody@example.com" }),
          });
          return { status: response.status, headers: response.headers, text: await response.text() };
        };
        const first = await call("192.0.2.50");
        assert.equal(first.status, 204, first.text);
        assert.match(first.headers.get("ratelimit-policy") ?? "", /^"sign_in";q=120;w=30$/);
        assert.equal(first.headers.get("ratelimit-remaining"), "119");
        for (let n = 0; n < 4; n++) await call("192.0.2.50");
        const refused = await call("192.0.2.50");
        assert.equal(refused.status, 429);
        assert.ok(Number(refused.headers.get("retry-after")) > 20);
        const { code, message, hint } = JSON.parse(refused.text);
        assert.deepEqual([code, message, hint], ["PT429", "rate_limited", refused.headers.get("retry-after")]);
      },
    );

    await step(t, "Auth's hook rejects passwords once too many were wrong, in the words of a wrong one", async () => {
      const tryPassword = async (password: string) => {
        const { error } = await client(stack).auth.signInWithPassword({ email: "owner@example.com", password });
        return error === null ? null : [error.status, error.code, error.message];
      };
      const wrong = [400, "invalid_credentials", "Invalid login credentials"];
      for (let n = 0; n < 9; n++) assert.deepEqual(await tryPassword("wrong"), wrong);
      assert.equal(await tryPassword(PASSWORD), null, "nine are free, and the right one forgives them");
      for (let n = 0; n < 12; n++) assert.deepEqual(await tryPassword("wrong"), wrong);
      await sql`update private.attempt_counts set blocked_until = now() + interval '1 hour' where rule = 'auth_password'`;
      assert.deepEqual(await tryPassword(PASSWORD), wrong, "the right one does not stand out");
      // Its owner, where known, goes through the web, which tells the hook.
      assert.equal(await begin("owner@example.com", "192.0.2.77"), null);
      assert.deepEqual(await tryPassword(PASSWORD), wrong, "a stranger's attempt through the web opens nothing");
      assert.equal(await begin("owner@example.com", "192.0.2.77", MARK), null);
      assert.deepEqual(await tryPassword("wrong"), wrong);
      assert.equal(await tryPassword(PASSWORD), null);
      assert.deepEqual(await tryPassword(PASSWORD), wrong, "once");
      const [row] = await sql`select count(*)::integer as n from public.audit_log a join auth.users u on u.id = a.actor
        where a.action = 'auth.password_refused' and u.email = 'owner@example.com'`;
      assert.ok(row?.n >= 19, `${row?.n} are written down`);
    });

    await step(t, "Auth's hook for codes answers 429 and leaves every session alone", async () => {
      const supabase = await signIn(stack, "strong@example.com");
      const [factor] = (await supabase.auth.mfa.listFactors()).data?.totp ?? [];
      await sql`insert into private.attempt_counts (rule, key, attempts, counted_at, blocked_until)
        select 'auth_factor', id::text, 12, now(), now() + interval '90 seconds' from auth.users
        where email = 'strong@example.com'`;
      const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId: factor?.id ?? "", code: "000000" });
      assert.equal(error?.status, 429);
      assert.match(error?.message ?? "", /^Too many codes: try again in \d+ s$/);
      assert.equal((await supabase.auth.refreshSession()).error, null);
    });

    await step(t, "hooks are Auth's alone, and one that fails lets nobody in", async () => {
      for (const role of ["anon", "authenticated", "service_role"]) {
        const [row] =
          await sql`select has_function_privilege(${role}, 'private.hook_password_verification_attempt(jsonb)', 'execute')
          or has_function_privilege(${role}, 'private.hook_mfa_verification_attempt(jsonb)', 'execute') as may`;
        assert.equal(row?.may, false, role);
      }
      await signUp(stack, "broken@example.com");
      await sql`alter function private.hook_password_verification_attempt(jsonb) rename to elsewhere`;
      const { error } = await client(stack).auth.signInWithPassword({
        email: "broken@example.com",
        password: PASSWORD,
      });
      assert.equal(error?.status, 500);
      await sql`alter function private.elsewhere(jsonb) rename to hook_password_verification_attempt`;
      await signIn(stack, "broken@example.com");
    });

    await step(t, "phone and security key count as second factors as Auth names them (ASVS 5: 7.5.3)", async () => {
      const { session } = await signUp(stack, "factors@example.com");
      const [, payload = ""] = session.access_token.split(".");
      const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
      const requires = (method: string) =>
        sql.begin(async (tx) => {
          const amr = [{ method, timestamp: Math.floor(Date.now() / 1000) }];
          await tx`select set_config('request.jwt.claims', ${JSON.stringify({ ...claims, aal: "aal2", amr })}, true)`;
          await tx`select private.require_aal2()`;
        });
      for (const method of ["totp", "mfa/phone", "mfa/webauthn"]) await requires(method);
      for (const method of ["password", "otp", "phone", "mfa/recovery"]) {
        await assert.rejects(requires(method), /step_up_required/, method);
      }
    });

    await step(
      t,
      "an administrator's edit holds from the next attempt on, is audited, and must make sense",
      async () => {
        const { session } = await signUp(stack, "admin@example.com");
        const claims = {
          sub: session.user.id,
          role: "authenticated",
          session_id: (await sql`select id from auth.sessions where user_id = ${session.user.id}`)[0]?.id,
          aal: "aal2",
          amr: [{ method: "totp", timestamp: Math.floor(Date.now() / 1000) }],
          app_metadata: { role: "admin" },
        };
        const call = (text: string) =>
          sql.begin(async (tx) => {
            await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
            await tx`set local role authenticated`;
            return (await tx.unsafe(`select ${text} as r`))[0]?.r;
          });
        const edit = (values: string) => call(`public.set_attempt_rule('password', ${values}, gen_random_uuid())`);
        await assert.rejects(edit("1, 5, 10, 100"), /not_found/);
        await sql`insert into public.admins (user_id) values (${session.user.id})`;
        await edit("1, 5, 10, 100");
        assert.equal(await begin("edited@example.com", "192.0.2.90"), null);
        assert.equal((await begin("edited@example.com", "192.0.2.90"))?.hint, "5");
        const { items } = await call("public.attempt_rules_page()");
        assert.equal(items.find(({ name }: { name: string }) => name === "password").free_attempts, 1);
        const [row] =
          await sql`select actor from public.audit_log where action = 'attempt_rule.changed' order by at desc limit 1`;
        assert.equal(row?.actor, session.user.id);
        for (const values of ["0, 5, 10, 100", "1, 20, 10, 100", "1, 5, 10, 0", "null, 5, 10, 100"]) {
          await assert.rejects(edit(values), /bad_request/, values);
        }
      },
    );
  },
});
