import { createClient, type Session, type SupabaseClient } from "@supabase/supabase-js";
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, exportSPKI, importJWK, jwtVerify, SignJWT } from "jose";
import assert from "node:assert/strict";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const PASSWORD = "correct horse";

function client(stack: TestSupabase): SupabaseClient {
  return createClient(stack.url, stack.publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
}

async function signUp(stack: TestSupabase, email: string): Promise<{ supabase: SupabaseClient; session: Session }> {
  const supabase = client(stack);
  const { data, error } = await supabase.auth.signUp({ email, password: PASSWORD, options: { data: { nick: "n" } } });
  assert.equal(error, null);
  assert.ok(data.session);
  return { supabase, session: data.session };
}

async function forgetMails(stack: TestSupabase): Promise<void> {
  const response = await fetch(stack.mailUrl, { method: "DELETE" });
  await response.body?.cancel();
}

/** Asks Auth who the token's owner is. */
async function getUser(stack: TestSupabase, token: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { apikey: stack.publishableKey, authorization: `Bearer ${token}` };
  const response = await fetch(`${stack.url}/auth/v1/user`, { headers });
  return { status: response.status, body: await response.json() };
}

Deno.test({
  name: "Auth answers stock supabase-js as a hosted project does",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    const dataDir = await Deno.makeTempDir({ prefix: "outcry-auth-" });
    await using folder = new AsyncDisposableStack();
    folder.defer(() => Deno.remove(dataDir, { recursive: true }));
    await using stack = await startTestSupabase({ dataDir });

    await step(t, "a new user's token carries hosted Auth's claims and verifies through the JWKS", async () => {
      const { supabase, session } = await signUp(stack, "claims@example.com");
      const jwks = createRemoteJWKSet(new URL(`${stack.url}/auth/v1/.well-known/jwks.json`));
      const { payload, protectedHeader } = await jwtVerify(session.access_token, jwks, { algorithms: ["ES256"] });
      assert.equal(protectedHeader.alg, "ES256");
      assert.equal(payload.iss, `${stack.url}/auth/v1`);
      assert.equal(payload.sub, session.user.id);
      assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 900);
      assert.deepEqual(
        { ...payload, iss: 0, sub: 0, iat: 0, exp: 0, session_id: 0, amr: 0, user_metadata: 0 },
        {
          ...{ iss: 0, sub: 0, iat: 0, exp: 0, session_id: 0, amr: 0, user_metadata: 0 },
          aud: "authenticated",
          role: "authenticated",
          email: "claims@example.com",
          phone: "",
          app_metadata: { provider: "email", providers: ["email"] },
          aal: "aal1",
          is_anonymous: false,
        },
      );
      assert.equal((payload.user_metadata as Record<string, unknown>).nick, "n");
      assert.equal((payload.amr as { method: string }[])[0]?.method, "password");
      const { data, error } = await supabase.auth.getClaims();
      assert.equal(error, null);
      assert.equal(data?.claims.sub, session.user.id);
    });

    await step(t, "refreshing rotates the token and keeps session and amr; an old one is refused later", async () => {
      const { supabase, session } = await signUp(stack, "refresh@example.com");
      const { data, error } = await supabase.auth.refreshSession();
      assert.equal(error, null);
      assert.notEqual(data.session?.refresh_token, session.refresh_token);
      const [before, after] = [decodeJwt(session.access_token), decodeJwt(data.session?.access_token ?? "")];
      assert.equal(after.session_id, before.session_id);
      assert.deepEqual(after.amr, before.amr);
      await supabase.auth.refreshSession();
      const again = await client(stack).auth.refreshSession({ refresh_token: session.refresh_token });
      assert.equal(again.error?.code, "refresh_token_already_used");
    });

    await step(t, "changed metadata reaches the next token", async () => {
      const { supabase, session } = await signUp(stack, "metadata@example.com");
      await supabase.auth.updateUser({ data: { nick: "other" } });
      await stack
        .sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role":"admin"}' where id = ${session.user.id}`;
      const { data } = await supabase.auth.refreshSession();
      const claims = decodeJwt(data.session?.access_token ?? "");
      assert.equal((claims.app_metadata as Record<string, unknown>).role, "admin");
      assert.equal((claims.user_metadata as Record<string, unknown>).nick, "other");
    });

    await step(t, "after signing out the token's session is gone for Auth", async () => {
      const { supabase, session } = await signUp(stack, "out@example.com");
      assert.equal((await getUser(stack, session.access_token)).status, 200);
      assert.equal((await supabase.auth.signOut()).error, null);
      const { status, body } = await getUser(stack, session.access_token);
      assert.deepEqual([status, body.error_code, body.code], [403, "session_not_found", 403]);
    });

    await step(t, "a changed password ends the user's other sessions", async () => {
      const { session: other } = await signUp(stack, "password@example.com");
      const supabase = client(stack);
      await supabase.auth.signInWithPassword({ email: "password@example.com", password: PASSWORD });
      assert.equal((await supabase.auth.updateUser({ password: "another horse" })).error, null);
      assert.equal((await supabase.auth.getUser()).error, null);
      assert.equal((await getUser(stack, other.access_token)).body.error_code, "session_not_found");
    });

    await step(t, "a wrong password and a taken address are refused with Auth's codes", async () => {
      await signUp(stack, "taken@example.com");
      const wrong = await client(stack).auth.signInWithPassword({ email: "taken@example.com", password: "nonsense" });
      assert.deepEqual([wrong.error?.status, wrong.error?.code], [400, "invalid_credentials"]);
      const taken = await client(stack).auth.signUp({ email: "taken@example.com", password: PASSWORD });
      assert.deepEqual([taken.error?.status, taken.error?.code], [422, "user_already_exists"]);
      const weak = await client(stack).auth.signUp({ email: "weak@example.com", password: "short" });
      assert.deepEqual([weak.error?.status, weak.error?.code], [422, "weak_password"]);
    });

    await step(t, "bodies of the wrong shape are refused with a code", async () => {
      const password = PASSWORD;
      const hostile: [path: string, body: string][] = [
        ["token?grant_type=password", "null"],
        ["token?grant_type=password", "[]"],
        ["token?grant_type=password", JSON.stringify({ email: ["a@example.com"], password: {} })],
        ["signup", JSON.stringify({ email: `${"a".repeat(5000)}@example.com`, password })],
        ["signup", JSON.stringify({ email: "nul@example.com", password, data: { nick: "\u0000" } })],
        ["signup", "{"],
      ];
      for (const [path, body] of hostile) {
        const response = await fetch(`${stack.url}/auth/v1/${path}`, {
          method: "POST",
          headers: { apikey: stack.publishableKey, "content-type": "application/json" },
          body,
        });
        const { error_code } = await response.json();
        assert.equal(response.status, 400, `${path} ${body.slice(0, 60)}`);
        assert.match(error_code, /^(bad_json|validation_failed)$/);
      }
      // A backslash before it makes it a text about a NUL.
      const { session } = await signUp(stack, "backslash@example.com");
      const { error } = await client(stack).auth.signUp({
        email: "backslash2@example.com",
        password,
        options: { data: { nick: String.raw`\u0000` } },
      });
      assert.deepEqual([error, session.user.email], [null, "backslash@example.com"]);
    });

    await step(t, "forged, expired, unsigned and public-key-as-secret tokens are refused everywhere", async () => {
      const { session } = await signUp(stack, "forged@example.com");
      const claims = decodeJwt(session.access_token);
      const [jwk] = (await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json()).keys;
      const publicKey = await importJWK({ ...jwk, ext: true }, "ES256", { extractable: true }) as unknown as CryptoKey;
      const secret = new TextEncoder().encode(await exportSPKI(publicKey));
      const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
        "sign",
        "verify",
      ]);
      const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("=", "");
      const [header, payload, signature] = session.access_token.split(".");
      const forged = {
        otherKey: await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: jwk.kid }).sign(privateKey),
        publicKeyAsSecret: await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: jwk.kid }).sign(secret),
        unsigned: `${part({ alg: "none", typ: "JWT" })}.${part({ ...claims, role: "service_role" })}.`,
        changed: `${header}.${part({ ...claims, role: "service_role" })}.${signature}`,
        cut: `${header}.${payload}`,
        nonsense: "not-a-token",
      };
      for (const [name, token] of Object.entries(forged)) {
        const { status, body } = await getUser(stack, token);
        assert.deepEqual([name, status, body.error_code], [name, 403, "bad_jwt"]);
        const headers = { apikey: stack.publishableKey, authorization: `Bearer ${token}` };
        const rest = await fetch(`${stack.url}/rest/v1/rpc/ws_stats`, { method: "POST", headers });
        assert.deepEqual([name, rest.status, (await rest.json()).code], [name, 401, "PGRST301"]);
      }
    });

    await step(t, "an expired token is refused as expired", async () => {
      const { session } = await signUp(stack, "expired@example.com");
      const { signingJwk } = JSON.parse(await Deno.readTextFile(`${dataDir}/supabase-keys.json`));
      const sign = async (exp: number) =>
        await new SignJWT({ ...decodeJwt(session.access_token), exp }).setProtectedHeader({ alg: "ES256" })
          .sign(await importJWK(signingJwk, "ES256"));
      const nowS = Math.floor(Date.now() / 1000);
      assert.equal((await getUser(stack, await sign(nowS + 60))).status, 200);
      const token = await sign(nowS - 1);
      const { status, body } = await getUser(stack, token);
      assert.deepEqual([status, body.error_code], [403, "bad_jwt"]);
      const headers = { apikey: stack.publishableKey, authorization: `Bearer ${token}` };
      const rest = await fetch(`${stack.url}/rest/v1/rpc/ws_stats`, { method: "POST", headers });
      assert.deepEqual([rest.status, (await rest.json()).code], [401, "PGRST303"]);
    });

    await step(t, "the JWKS holds the public half alone", async () => {
      const jwks = await (await fetch(`${stack.url}/auth/v1/.well-known/jwks.json`)).json();
      assert.equal(jwks.keys.length, 1);
      assert.equal("d" in jwks.keys[0], false);
      createLocalJWKSet(jwks);
    });

    await step(t, "settings tell truly which providers are on", async () => {
      const headers = { apikey: stack.publishableKey };
      const settings = await (await fetch(`${stack.url}/auth/v1/settings`, { headers })).json();
      assert.deepEqual(
        [settings.external.github, settings.external.google, settings.external.email, settings.disable_signup],
        [true, false, true, false],
      );
      const health = await fetch(`${stack.url}/auth/v1/health`, { headers });
      assert.deepEqual([health.status, (await health.json()).name], [200, "GoTrue"]);
    });

    await step(t, "a magic link is kept by the mail sink and signs in with hosted claims", async () => {
      await forgetMails(stack);
      const supabase = client(stack);
      const email = "magic@example.com";
      const emailRedirectTo = "http://127.0.0.1:8000/hello";
      assert.equal((await supabase.auth.signInWithOtp({ email, options: { emailRedirectTo } })).error, null);
      const mails: { to: string; text: string; html: string }[] = await (await fetch(stack.mailUrl)).json();
      assert.equal(mails.length, 1);
      assert.equal(mails[0]?.to, email);
      const link = /https?:\S+/.exec(mails[0]?.text ?? "")?.[0] ?? "";
      assert.ok(link.startsWith(`${stack.url}/auth/v1/verify?`), link);
      const followed = await fetch(link, { redirect: "manual" });
      await followed.body?.cancel();
      const target = new URL(followed.headers.get("location") ?? "");
      assert.equal(target.origin + target.pathname, emailRedirectTo);
      const token = new URLSearchParams(target.hash.slice(1)).get("access_token") ?? "";
      const claims = decodeJwt(token);
      assert.deepEqual([claims.email, (claims.amr as { method: string }[])[0]?.method], [email, "otp"]);
      assert.equal((await getUser(stack, token)).status, 200);
    });

    await step(t, "an e-mailed code signs in, once", async () => {
      await forgetMails(stack);
      const email = "code@example.com";
      await client(stack).auth.signInWithOtp({ email });
      const [mail]: { text: string }[] = await (await fetch(stack.mailUrl)).json();
      const token = /\b\d{10}\b/.exec(mail?.text ?? "")?.[0] ?? "";
      const { data, error } = await client(stack).auth.verifyOtp({ email, token, type: "magiclink" });
      assert.equal(error, null);
      assert.equal(data.user?.email, email);
      assert.equal(
        (await client(stack).auth.verifyOtp({ email, token, type: "magiclink" })).error?.code,
        "otp_expired",
      );
    });
  },
});
