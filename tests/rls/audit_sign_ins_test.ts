import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

// ASVS 16.3: sign-ins and changes of how one signs in are logged.
Deno.test("sign-ins, sign-outs and changes of how one signs in reach the audit log (ASVS 5: 16.3.1)", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const client = createClient(stack.url, stack.publishableKey, SESSIONLESS);
  const email = "ann@example.test";
  const password = "correct horse battery staple 7";
  const { data } = await client.auth.signUp({ email, password });
  const id = data.user?.id ?? "";
  const actions = async () => {
    const rows = await sql`select action from public.audit_log where action like 'auth.%' order by at, id`;
    return rows.map((row) => row.action);
  };

  await step(t, "a registration makes a user, an identity and a session", async () => {
    const told = new Set(await actions());
    // Whether the address counts as confirmed at once is a setting.
    told.delete("auth.email_confirmed");
    assert.deepEqual([...told].toSorted(), ["auth.identity_linked", "auth.signed_in", "auth.user_created"]);
    const [row] = await sql`
      select actor, session_id, subject_id, detail from public.audit_log where action = 'auth.signed_in'`;
    assert.equal(row?.actor, id);
    assert.equal(row?.subject_id, row?.session_id);
    assert.equal(row?.detail.user_id, id);
  });

  await step(t, "a sign-in and a sign-out are one row each", async () => {
    const before = (await actions()).length;
    const again = createClient(stack.url, stack.publishableKey, SESSIONLESS);
    assert.equal((await again.auth.signInWithPassword({ email, password })).error, null);
    assert.equal((await again.auth.signOut({ scope: "local" })).error, null);
    assert.deepEqual((await actions()).slice(before), ["auth.signed_in", "auth.signed_out"]);
  });

  await step(t, "a role, a ban, a password and a level are written down, without secrets", async () => {
    const before = (await actions()).length;
    await sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "admin"}' where id = ${id}`;
    await sql`update auth.users set banned_until = now() + interval '1 day' where id = ${id}`;
    await sql`update auth.users set encrypted_password = 'hash-of-it' where id = ${id}`;
    await sql`update auth.users set email = 'new@example.test' where id = ${id}`;
    await sql`update auth.sessions set aal = 'aal2' where user_id = ${id}`;
    await sql`update auth.users set last_sign_in_at = now() where id = ${id}`;
    assert.deepEqual((await actions()).slice(before), [
      "auth.role_changed",
      "auth.ban_changed",
      "auth.password_changed",
      "auth.email_changed",
      "auth.aal_changed",
    ]);
    const [role] = await sql`select detail from public.audit_log where action = 'auth.role_changed'`;
    assert.deepEqual(role?.detail, { to: "admin" });
    const [leak] = await sql`select count(*)::integer as n from public.audit_log a
      where a::text ~ 'hash-of-it|example\\.test|127\\.0\\.0\\.1'`;
    assert.equal(leak?.n, 0);
  });

  await step(t, "second factors are written down", async () => {
    const before = (await actions()).length;
    const factor = crypto.randomUUID();
    await sql`insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
      values (${factor}, ${id}, 'totp', 'unverified', now(), now())`;
    await sql`update auth.mfa_factors set status = 'verified' where id = ${factor}`;
    await sql`delete from auth.mfa_factors where id = ${factor}`;
    assert.deepEqual((await actions()).slice(before), [
      "auth.factor_added",
      "auth.factor_verified",
      "auth.factor_removed",
    ]);
  });

  await step(
    t,
    "whoever's ways of signing in change hears of it, but for what belongs to the registration",
    async () => {
      const told = async () =>
        (await sql`select kind from public.notifications where user_id = ${id} order by id`).map(({ kind }) => kind);
      assert.deepEqual(await told(), [], "the account was a minute old at most");
      await sql`update auth.users set created_at = now() - interval '1 day' where id = ${id}`;
      const factor = crypto.randomUUID();
      await sql`update auth.users set encrypted_password = 'another-hash' where id = ${id}`;
      await sql`update auth.users set email = 'newer@example.test' where id = ${id}`;
      await sql`insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
      values (${factor}, ${id}, 'totp', 'unverified', now(), now())`;
      await sql`update auth.mfa_factors set status = 'verified' where id = ${factor}`;
      await sql`delete from auth.mfa_factors where id = ${factor}`;
      assert.deepEqual(await told(), ["password_changed", "email_changed", "factor_added", "factor_removed"]);
    },
  );

  await step(t, "names that pass for the house are nobody's", async () => {
    const given = createClient(stack.url, stack.publishableKey, SESSIONLESS);
    const { data } = await given.auth.signUp({ email: "support@example.test", password });
    const [profile] = await sql`select username from public.profiles where id = ${data.user?.id ?? ""}`;
    assert.equal(profile?.username, "trader_support");
    for (const username of ["admin", "root", "outcry_team", "_support", "admin_2"]) {
      const { error } = await given.rpc("update_profile", { p_changes: { username } });
      assert.equal(error?.message, "username_taken", username);
    }
    const { error } = await given.rpc("update_profile", { p_changes: { username: "supporter" } });
    assert.equal(error, null);
  });

  await step(t, "a missing table keeps the others from nothing", async () => {
    await sql.begin(async (tx) => {
      await tx`drop table auth.identities cascade`;
      const [row] = await tx`select private.attach_auth_audit() as n`;
      assert.equal(row?.n, 3);
      throw new Error("undo");
    }).catch((error) => assert.equal(error.message, "undo"));
  });

  await step(t, "a token without a session of ours keeps nobody from signing out", async () => {
    await sql.begin(async (tx) => {
      const claims = JSON.stringify({ sub: id, role: "", session_id: "none" });
      await tx`select set_config('request.jwt.claims', ${claims}, true)`;
      await tx`select private.audit('test.happened', 'thing', null)`;
      const [row] = await tx`select actor, session_id, actor_role from public.audit_log where action = 'test.happened'`;
      assert.deepEqual({ ...row }, { actor: id, session_id: null, actor_role: "postgres" });
    });
  });

  await step(t, "administrators read it page by page, and nobody else does", async () => {
    const session = (await sql`select id from auth.sessions where user_id = ${id}`)[0]?.id;
    const page = (claims: Record<string, unknown>, args: string) =>
      sql.begin(async (tx) => {
        await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
        await tx`set local role authenticated`;
        const [row] = await tx.unsafe(`select public.audit_page(${args}) as r`);
        return row?.r;
      });
    const claims = {
      sub: id,
      role: "authenticated",
      session_id: session,
      aal: "aal2",
      amr: [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) }],
      app_metadata: { role: "admin" },
    };
    await assert.rejects(page(claims, ""), /not_found/);
    await sql`insert into public.admins (user_id) values (${id})`;
    await assert.rejects(page({ ...claims, app_metadata: {} }, ""), /not_found/);
    await assert.rejects(page({ ...claims, aal: "aal1" }, ""), /step_up_required/);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { items, next_cursor }: { items: { id: string }[]; next_cursor: string | null } = await page(
        claims,
        `p_action => 'auth', p_limit => 3${cursor === null ? "" : `, p_cursor => '${cursor}'`}`,
      );
      seen.push(...items.map((item) => item.id));
      cursor = next_cursor;
    } while (cursor !== null && seen.length < 100);
    const rows = await sql`select id from public.audit_log where action like 'auth.%' order by at desc, id desc`;
    assert.deepEqual(seen, rows.map((row) => row.id));
    const { items } = await page(claims, `p_actor => '${id}', p_action => 'auth.signed_in'`);
    assert.equal(items.length, 2);
    assert.equal((await page(claims, `p_subject_id => '${id}', p_action => 'auth.role_changed'`)).items.length, 1);
    for (const args of ["p_limit => 0", "p_limit => 201", "p_cursor => 'x'", "p_action => 'A b'"]) {
      await assert.rejects(page(claims, args), /invalid_|bad_request/, args);
    }
  });

  await step(t, "an account's removal ends its sessions, all of it written down", async () => {
    const before = (await actions()).length;
    await sql.begin(async (tx) => {
      // The last administrator stays otherwise.
      await tx`set local session_replication_role = replica`;
      await tx`delete from public.admins where user_id = ${id}`;
    });
    await sql`delete from auth.users where id = ${id}`;
    const told = (await actions()).slice(before);
    assert.ok(told.includes("auth.user_deleted") && told.includes("auth.signed_out"), told.join());
  });
});
