import type { SupabaseClient } from "@supabase/supabase-js";
import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { addFactor, client, codeOf, PASSWORD, signIn, signUp } from "./auth_testing.ts";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };

async function claims(supabase: SupabaseClient) {
  const { data } = await supabase.auth.getSession();
  return decodeJwt<{ aal: string; session_id: string; amr: { method: string; timestamp: number }[] }>(
    data.session?.access_token ?? "",
  );
}

async function level(supabase: SupabaseClient) {
  const { data } = await supabase.auth.mfa.getAuthenticatorAssuranceLevel();
  return [data?.currentLevel, data?.nextLevel];
}

async function challenge(supabase: SupabaseClient, factorId: string): Promise<string> {
  const { data, error } = await supabase.auth.mfa.challenge({ factorId });
  assert.equal(error, null);
  return data?.id ?? "";
}

/** Tries a code with a new challenge: status and code of the refusal, or null. */
async function tryCode(supabase: SupabaseClient, factorId: string, code: string) {
  const { error } = await supabase.auth.mfa.challengeAndVerify({ factorId, code });
  return error === null ? null : [error.status, error.code];
}

/** Lets codes that were used be used again, for tests about something else. */
async function forgetCodes(stack: TestSupabase, factorId: string): Promise<void> {
  await stack.sql`update auth.mfa_factor_guards set last_step = 0 where factor_id = ${factorId}`;
}

Deno.test({
  name: "supabase.auth.mfa enrols, challenges and verifies authenticator apps as hosted",
  ...STRICT,
  async fn(t) {
    await using stack = await startTestSupabase();

    await step(
      t,
      "enrolling gives a picture, a secret and an otpauth URI, and lists the factor as unverified",
      async () => {
        const { supabase } = await signUp(stack, "enrol@example.com");
        const { data, error } = await supabase.auth.mfa.enroll({
          factorType: "totp",
          friendlyName: "Ada's phone",
          issuer: "Outcry",
        });
        assert.equal(error, null);
        assert.ok(data?.type === "totp");
        assert.equal(data.friendly_name, "Ada's phone");
        assert.match(data.totp.qr_code, /^data:image\/svg\+xml;utf-8,<svg /);
        assert.match(data.totp.secret, /^[A-Z2-7]{32}$/);
        const uri = new URL(data.totp.uri);
        assert.equal(uri.protocol, "otpauth:");
        assert.equal(
          decodeURIComponent(uri.pathname.replace(/^\/+/, "")).split("/").at(-1),
          "Outcry:enrol@example.com",
        );
        assert.deepEqual([uri.searchParams.get("secret"), uri.searchParams.get("issuer")], [
          data.totp.secret,
          "Outcry",
        ]);
        const listed = await supabase.auth.mfa.listFactors();
        assert.deepEqual(listed.data?.all.map(({ id, status, friendly_name }) => [id, status, friendly_name]), [
          [data.id, "unverified", "Ada's phone"],
        ]);
        assert.deepEqual([listed.data?.totp, await level(supabase)], [[], ["aal1", "aal1"]]);
      },
    );

    await step(
      t,
      "the right code raises the session to aal2, keeps it over a refresh and ends weaker sessions",
      async () => {
        const { supabase } = await signUp(stack, "raise@example.com");
        const other = await signIn(stack, "raise@example.com");
        const abandoned = await supabase.auth.mfa.enroll({ factorType: "totp", friendlyName: "abandoned" });
        const before = await claims(supabase);
        const { factorId } = await addFactor(supabase);
        const after = await claims(supabase);
        assert.deepEqual([after.aal, after.session_id], ["aal2", before.session_id]);
        assert.deepEqual(after.amr.map(({ method }) => method), ["totp", "password"]);
        assert.deepEqual(after.amr[1], before.amr[0]);
        assert.ok(Math.abs((after.amr[0]?.timestamp ?? 0) - Date.now() / 1000) < 10);
        assert.deepEqual(await level(supabase), ["aal2", "aal2"]);
        assert.equal((await other.auth.refreshSession()).error?.code, "refresh_token_not_found");
        const { data } = await supabase.auth.mfa.listFactors();
        assert.deepEqual(data?.all.map(({ id, status }) => [id, status]), [[factorId, "verified"]]);
        assert.notEqual(abandoned.data?.id, factorId);

        assert.equal((await supabase.auth.refreshSession()).error, null);
        const refreshed = await claims(supabase);
        assert.deepEqual([refreshed.aal, refreshed.amr], ["aal2", after.amr]);
        const [row] = await stack.sql`select aal, factor_id, user_id from auth.sessions where id = ${after.session_id}`;
        assert.deepEqual([row?.aal, row?.factor_id, row?.user_id], ["aal2", factorId, after.sub]);

        const again = await signIn(stack, "raise@example.com");
        assert.deepEqual(await level(again), ["aal1", "aal2"]);
        assert.deepEqual((await claims(again)).amr.map(({ method }) => method), ["password"]);
        // Signing in elsewhere takes nothing from the strong session.
        assert.equal((await supabase.auth.refreshSession()).error, null);
      },
    );

    await step(t, "a wrong code is refused, and so is a right one that was used before", async () => {
      const { supabase } = await signUp(stack, "replay@example.com");
      const { data } = await supabase.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" });
      assert.ok(data?.type === "totp");
      const failed = [422, "mfa_verification_failed"];
      for (const code of ["", "12345", "abcdef", codeOf(data.totp.secret, 20)]) {
        assert.deepEqual([code, await tryCode(supabase, data.id, code)], [code, failed]);
      }
      const code = codeOf(data.totp.secret);
      assert.equal(await tryCode(supabase, data.id, code), null);
      assert.deepEqual(await tryCode(supabase, data.id, code), failed);
      // The code of the half minute before comes from somebody who looked on.
      assert.deepEqual(await tryCode(supabase, data.id, codeOf(data.totp.secret, -1)), failed);
      assert.equal(await tryCode(supabase, data.id, codeOf(data.totp.secret, 1)), null);
    });

    await step(t, "a challenge is good once, for its factor, for five minutes", async () => {
      const { supabase } = await signUp(stack, "challenge@example.com");
      const { factorId, secret } = await addFactor(supabase);
      const { factorId: otherFactor } = await addFactor(supabase, "tablet");
      const verify = async (challengeId: string) => {
        await forgetCodes(stack, factorId);
        const { error } = await supabase.auth.mfa.verify({ factorId, challengeId, code: codeOf(secret) });
        return error === null ? null : [error.status, error.code];
      };
      const { data } = await supabase.auth.mfa.challenge({ factorId });
      assert.ok(Math.abs((data?.expires_at ?? 0) - Date.now() / 1000 - 300) < 10);
      assert.equal(await verify(data?.id ?? ""), null);
      assert.deepEqual(await verify(data?.id ?? ""), [422, "mfa_ip_address_mismatch"]);
      assert.deepEqual(await verify(crypto.randomUUID()), [422, "mfa_factor_not_found"]);
      assert.deepEqual(await verify(await challenge(supabase, otherFactor)), [422, "mfa_factor_not_found"]);
      const late = await challenge(supabase, factorId);
      await stack.sql`update auth.mfa_challenges set created_at = now() - interval '301 seconds' where id = ${late}`;
      assert.deepEqual(await verify(late), [422, "mfa_challenge_expired"]);
    });

    await step(t, "of many requests with one code, one gets through", async () => {
      const { supabase } = await signUp(stack, "race@example.com");
      const { data } = await supabase.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" });
      assert.ok(data?.type === "totp");
      const factorId = data.id;
      const code = codeOf(data.totp.secret);
      const { data: { session } } = await supabase.auth.getSession();
      const challenges = await Promise.all(Array.from({ length: 4 }, () => challenge(supabase, factorId)));
      const statuses = await Promise.all(challenges.map(async (challenge_id) => {
        const response = await fetch(`${stack.url}/auth/v1/factors/${factorId}/verify`, {
          method: "POST",
          headers: { apikey: stack.publishableKey, authorization: `Bearer ${session?.access_token}` },
          body: JSON.stringify({ challenge_id, code }),
        });
        await response.body?.cancel();
        return response.status;
      }));
      assert.deepEqual(statuses.sort(), [200, 422, 422, 422]);
    });

    await step(t, "guessing is slowed, even the right code then waits, and other factors do not", async () => {
      const { supabase } = await signUp(stack, "guess@example.com");
      const { factorId, secret } = await addFactor(supabase);
      const { factorId: otherFactor, secret: otherSecret } = await addFactor(supabase, "tablet");
      for (let i = 0; i < 5; i++) {
        assert.deepEqual(await tryCode(supabase, factorId, "000000"), [422, "mfa_verification_failed"]);
      }
      const right = codeOf(secret, 1);
      assert.deepEqual(await tryCode(supabase, factorId, right), [429, "over_request_rate_limit"]);
      assert.equal(await tryCode(supabase, otherFactor, codeOf(otherSecret, 1)), null);
      const passed = stack.sql`update auth.mfa_factor_guards set blocked_until = now() where factor_id = ${factorId}`;
      await passed;
      assert.deepEqual(await tryCode(supabase, factorId, "000000"), [422, "mfa_verification_failed"]);
      const [guard] = await stack.sql<{ wait: number }[]>`
        select extract(epoch from blocked_until - now())::float8 as wait from auth.mfa_factor_guards
        where factor_id = ${factorId}`;
      assert.ok(guard !== undefined && guard.wait > 50 && guard.wait <= 60, `${guard?.wait}`);
    });

    await step(t, "names are unique, factors are counted, and a further one needs the first", async () => {
      const { supabase } = await signUp(stack, "many@example.com");
      const enrol = async (who: SupabaseClient, friendlyName: string) => {
        const { error } = await who.auth.mfa.enroll({ factorType: "totp", friendlyName });
        return error === null ? null : [error.status, error.code];
      };
      await addFactor(supabase, "first");
      assert.deepEqual(await enrol(supabase, "first"), [422, "mfa_factor_name_conflict"]);
      const weak = await signIn(stack, "many@example.com");
      assert.deepEqual(await enrol(weak, "thief's"), [403, "insufficient_aal"]);
      for (let i = 2; i <= 10; i++) assert.equal(await enrol(supabase, `factor ${i}`), null);
      assert.deepEqual(await enrol(supabase, "one more"), [422, "too_many_enrolled_mfa_factors"]);
      // Enrolments that nobody went on with make room after five minutes.
      await stack
        .sql`update auth.mfa_factors set created_at = created_at - interval '6 minutes' where status = 'unverified'`;
      assert.equal(await enrol(supabase, "one more"), null);
      const phone = await supabase.auth.mfa.enroll({ factorType: "phone", friendlyName: "sms", phone: "+33123456789" });
      assert.deepEqual([phone.error?.status, phone.error?.code], [422, "mfa_phone_enroll_not_enabled"]);
    });

    await step(t, "removing a verified factor needs aal2 and takes it away everywhere", async () => {
      const email = "remove@example.com";
      const { supabase } = await signUp(stack, email);
      const { factorId } = await addFactor(supabase);
      const weak = await signIn(stack, email);
      const refused = await weak.auth.mfa.unenroll({ factorId });
      assert.deepEqual([refused.error?.status, refused.error?.code], [422, "insufficient_aal"]);
      const removed = await supabase.auth.mfa.unenroll({ factorId });
      assert.deepEqual([removed.error, removed.data?.id], [null, factorId]);
      await supabase.auth.refreshSession();
      const { aal, amr } = await claims(supabase);
      assert.deepEqual([aal, amr.map(({ method }) => method)], ["aal1", ["password"]]);
      assert.deepEqual(await level(supabase), ["aal1", "aal1"]);
      const unverified = await weak.auth.mfa.enroll({ factorType: "totp", friendlyName: "again" });
      assert.equal((await weak.auth.mfa.unenroll({ factorId: unverified.data?.id ?? "" })).error, null);
    });

    await step(t, "with a factor, password and address change at aal2 alone", async () => {
      const email = "sensitive@example.com";
      const { supabase } = await signUp(stack, email);
      await addFactor(supabase);
      const weak = await signIn(stack, email);
      for (const attributes of [{ password: "another horse" }, { email: "thief@example.com" }]) {
        const { error } = await weak.auth.updateUser(attributes);
        assert.deepEqual([error?.status, error?.code], [401, "insufficient_aal"]);
      }
      assert.equal((await weak.auth.updateUser({ data: { nick: "n" } })).error, null);
      assert.equal((await supabase.auth.updateUser({ password: "another horse" })).error, null);
    });

    await step(t, "nobody reaches another's factor, nor any without a session", async () => {
      const { supabase } = await signUp(stack, "owner@example.com");
      const { factorId, secret } = await addFactor(supabase);
      const { supabase: stranger } = await signUp(stack, "stranger@example.com");
      const found = await stranger.auth.mfa.challenge({ factorId });
      assert.deepEqual([found.error?.status, found.error?.code], [404, "mfa_factor_not_found"]);
      assert.equal((await stranger.auth.mfa.unenroll({ factorId })).error?.code, "mfa_factor_not_found");
      const challengeId = await challenge(supabase, factorId);
      const verified = await stranger.auth.mfa.verify({ factorId, challengeId, code: codeOf(secret, 1) });
      assert.equal(verified.error?.code, "mfa_factor_not_found");
      for (const authorization of [undefined, `Bearer ${stack.secretKey}`]) {
        const headers = { apikey: stack.publishableKey, ...(authorization === undefined ? {} : { authorization }) };
        const response = await fetch(`${stack.url}/auth/v1/factors`, { method: "POST", headers, body: "{}" });
        assert.deepEqual([response.status, (await response.json()).error_code], [401, "no_authorization"]);
      }
      const malformed = await supabase.auth.mfa.challenge({ factorId: "not-an-id" });
      assert.equal(malformed.error?.status, 404);
      const { data: { session } } = await supabase.auth.getSession();
      await supabase.auth.signOut();
      const headers = { apikey: stack.publishableKey, authorization: `Bearer ${session?.access_token}` };
      const gone = await fetch(`${stack.url}/auth/v1/factors/${factorId}`, { method: "DELETE", headers });
      assert.deepEqual([gone.status, (await gone.json()).error_code], [403, "session_not_found"]);
    });

    await step(t, "auth.admin.mfa lists and deletes factors, which weakens their sessions", async () => {
      const { supabase, session } = await signUp(stack, "helped@example.com");
      const { factorId } = await addFactor(supabase);
      const { auth: { admin } } = client(stack, { key: stack.secretKey });
      const userId = session.user.id;
      const listed = await admin.mfa.listFactors({ userId });
      assert.deepEqual(listed.data?.factors.map(({ id, status }) => [id, status]), [[factorId, "verified"]]);
      assert.deepEqual((await admin.getUserById(userId)).data.user?.factors?.map(({ id }) => id), [factorId]);
      assert.equal((await admin.mfa.deleteFactor({ userId, id: factorId })).error, null);
      assert.equal((await admin.mfa.deleteFactor({ userId, id: factorId })).error?.code, "mfa_factor_not_found");
      await supabase.auth.refreshSession();
      assert.deepEqual(await level(supabase), ["aal1", "aal1"]);
      const { error } = await supabase.auth.admin.mfa.listFactors({ userId });
      assert.deepEqual([error?.status, error?.code], [403, "not_admin"]);
    });

    await step(t, "secrets are encrypted, each for its own row, and no API role reads the tables", async () => {
      const { supabase, session } = await signUp(stack, "secret@example.com");
      const { factorId, secret } = await addFactor(supabase);
      const [row] = await stack.sql<{ text: string }[]>`
        select f::text as text from auth.mfa_factors f where id = ${factorId}`;
      assert.equal(row?.text.includes(secret), false);
      // As the next start does: its grants on everything in the schema must not last.
      for (const script of ["bootstrap.sql", "mfa.sql"]) {
        await stack.sql.unsafe(await Deno.readTextFile(new URL(script, import.meta.url)));
      }
      const grants = await stack.sql`
        select r.rolname, t.relname from pg_class t cross join pg_roles r
        where t.relnamespace = 'auth'::regnamespace and t.relname like 'mfa\\_%' and t.relkind = 'r'
          and r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
          and has_table_privilege(r.oid, t.oid, 'select, insert, update, delete')`;
      assert.deepEqual([...grants], []);
      // A thief who can write rows cannot lend their own secret to another's factor.
      const { supabase: thief } = await signUp(stack, "lender@example.com");
      const lent = await addFactor(thief);
      await stack.sql`
        update auth.mfa_factors set secret = (select secret from auth.mfa_factors where id = ${lent.factorId})
        where id = ${factorId}`;
      const refused = await tryCode(supabase, factorId, codeOf(lent.secret, 1));
      assert.equal(refused?.[0], 500);
      assert.equal(session.user.email, "secret@example.com");
    });

    await step(t, "a stolen password alone meets the second factor at every sign-in", async () => {
      const { supabase } = await signUp(stack, "stolen@example.com");
      const { factorId, secret } = await addFactor(supabase);
      const thief = client(stack);
      const { data } = await thief.auth.signInWithPassword({ email: "stolen@example.com", password: PASSWORD });
      assert.equal(data.user?.factors?.[0]?.id, factorId);
      assert.deepEqual(await level(thief), ["aal1", "aal2"]);
      assert.equal((await claims(thief)).aal, "aal1");
      assert.equal(await tryCode(thief, factorId, codeOf(secret, 1)), null);
      assert.deepEqual(await level(thief), ["aal2", "aal2"]);
      assert.equal((await supabase.auth.refreshSession()).error, null);
    });
  },
});
