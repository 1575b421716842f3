import { createClient } from "@supabase/supabase-js";
import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { IdentityProvider } from "./identity/identity_provider.ts";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const CALLBACK = "http://127.0.0.1:8000/auth/callback";
const HOPS_MAX = 6;

/** A stock client that keeps the PKCE verifier as a browser would. */
function client(stack: TestSupabase) {
  const kept = new Map<string, string>();
  return createClient(stack.url, stack.publishableKey, {
    auth: {
      flowType: "pkce",
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (name) => kept.get(name) ?? null,
        setItem: (name, value) => void kept.set(name, value),
        removeItem: (name) => void kept.delete(name),
      },
    },
  });
}

/** Follows redirects as a browser would until one leaves the stack. */
async function follow(stack: TestSupabase, from: string): Promise<URL> {
  let at = from;
  for (let hop = 0; hop < HOPS_MAX && at.startsWith(stack.url); hop++) {
    const response = await fetch(at, { redirect: "manual" });
    await response.body?.cancel();
    const location = response.headers.get("location");
    assert.ok(location, `${response.status} at ${at}`);
    at = new URL(location, at).href;
  }
  return new URL(at);
}

async function signIn(stack: TestSupabase, login: string) {
  const supabase = client(stack);
  const options = { redirectTo: CALLBACK, queryParams: { login } };
  const { data } = await supabase.auth.signInWithOAuth({ provider: "github", options });
  const target = await follow(stack, data.url ?? "");
  assert.equal(target.origin + target.pathname, CALLBACK);
  const code = target.searchParams.get("code") ?? "";
  return { supabase, code, ...await supabase.auth.exchangeCodeForSession(code) };
}

Deno.test({
  name: "a demo person signs in by a true OAuth and PKCE round trip",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase();

    await step(t, "the session is that person's, and the same name is the same person next time", async () => {
      const first = await signIn(stack, "demo-trader");
      assert.equal(first.error, null);
      assert.equal(first.data.user?.email, "demo-trader@demo.outcry.local");
      assert.equal(first.data.user?.app_metadata.provider, "github");
      assert.equal(first.data.user?.user_metadata.full_name, "Demo Trader");
      const claims = decodeJwt(first.data.session?.access_token ?? "");
      assert.equal((claims.amr as { method: string }[])[0]?.method, "oauth");
      const again = await signIn(stack, "demo-trader");
      assert.equal(again.data.user?.id, first.data.user?.id);
      const other = await signIn(stack, "somebody-else");
      assert.notEqual(other.data.user?.id, first.data.user?.id);
    });

    await step(t, "a code is good once, and not without its verifier", async () => {
      const { supabase, code } = await signIn(stack, "once");
      const again = await supabase.auth.exchangeCodeForSession(code);
      assert.ok(again.error);
      const headers = { apikey: stack.publishableKey, "content-type": "application/json" };
      const url = `${stack.url}/auth/v1/authorize?provider=github&login=thief&redirect_to=${CALLBACK}` +
        `&code_challenge=${"a".repeat(43)}&code_challenge_method=s256`;
      const stolen = (await follow(stack, url)).searchParams.get("code");
      const body = JSON.stringify({ auth_code: stolen, code_verifier: "b".repeat(43) });
      const response = await fetch(`${stack.url}/auth/v1/token?grant_type=pkce`, { method: "POST", headers, body });
      assert.deepEqual([response.status, (await response.json()).error_code], [400, "bad_code_verifier"]);
    });

    await step(t, "without PKCE the token in the fragment carries hosted claims", async () => {
      const target = await follow(
        stack,
        `${stack.url}/auth/v1/authorize?provider=github&login=plain&redirect_to=${CALLBACK}`,
      );
      const values = new URLSearchParams(target.hash.slice(1));
      const claims = decodeJwt(values.get("access_token") ?? "");
      assert.equal(claims.iss, `${stack.url}/auth/v1`);
      assert.equal((claims.user_metadata as Record<string, unknown>).user_name, "plain");
      assert.equal(values.get("expires_in"), "900");
    });

    await step(t, "people are sent back to the site alone", async () => {
      const url = `${stack.url}/auth/v1/authorize?provider=github&login=lost&redirect_to=https://evil.example/`;
      assert.equal((await follow(stack, url)).origin, "http://127.0.0.1:8000");
    });

    await step(t, "a caller cannot replace the client's own parameters", async () => {
      const url =
        `${stack.url}/auth/v1/authorize?provider=github&login=lost&redirect_uri=https://evil.example/&client_id=x&state=y`;
      const response = await fetch(url, { redirect: "manual" });
      await response.body?.cancel();
      const target = new URL(response.headers.get("location") ?? "");
      assert.equal(target.searchParams.get("redirect_uri"), `${stack.url}/auth/v1/callback`);
      assert.deepEqual(target.searchParams.getAll("client_id"), ["outcry-local"]);
    });

    await step(t, "a path written in another way passes by no rule", async () => {
      for (const path of ["%61uthorize", "/authorize", "x/..%2fauthorize", "authorize;x"]) {
        const url = `${stack.url}/auth/v1/${path}?provider=github&redirect_uri=https://evil.example/&apikey=`;
        const response = await fetch(url + stack.publishableKey, { redirect: "manual" });
        await response.body?.cancel();
        assert.deepEqual([response.status, response.headers.get("location")], [404, null], path);
      }
    });

    await step(t, "without a name a page asks for one, without scripts", async () => {
      const url = `${stack.url}/auth/v1/authorize?provider=github&redirect_to=${CALLBACK}`;
      const page = await fetch(url);
      const html = await page.text();
      assert.equal(page.status, 200);
      assert.match(html, /Local mode/);
      assert.equal(/<script/i.test(html), false);
      assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
      const state = /name="state" value="([^"]+)"/.exec(html)?.[1];
      assert.ok(state);
    });
  },
});

const CLIENT = { clientId: "client", clientSecret: "secret", redirectUri: "http://127.0.0.1:1/callback" };
const VERIFIER = "v".repeat(43);

async function ask(provider: IdentityProvider, parameters: Record<string, string>): Promise<Response> {
  const query = new URLSearchParams({ client_id: "client", redirect_uri: CLIENT.redirectUri, ...parameters });
  return await provider.handle(new Request(`http://127.0.0.1/local/identity/login/oauth/authorize?${query}`));
}

async function exchange(
  provider: IdentityProvider,
  parameters: Record<string, string>,
): Promise<Record<string, string>> {
  const body = new URLSearchParams({
    client_id: "client",
    client_secret: "secret",
    redirect_uri: CLIENT.redirectUri,
    ...parameters,
  });
  const url = "http://127.0.0.1/local/identity/login/oauth/access_token";
  return await (await provider.handle(new Request(url, { method: "POST", body }))).json();
}

async function codeFor(provider: IdentityProvider, parameters: Record<string, string>): Promise<string> {
  const response = await ask(provider, { login: "ada", state: "s&1", ...parameters });
  const target = new URL(response.headers.get("location") ?? "");
  assert.equal(target.searchParams.get("state"), "s&1");
  return target.searchParams.get("code") ?? "";
}

Deno.test("IdentityProvider binds a code to its client, address, verifier and minute", async () => {
  let nowMs = 1_000_000;
  const provider = new IdentityProvider(CLIENT, () => nowMs);
  assert.ok((await exchange(provider, { code: await codeFor(provider, {}) })).access_token);
  const refusals: [Record<string, string>, string][] = [
    [{ client_secret: "guess" }, "incorrect_client_credentials"],
    [{ redirect_uri: "http://127.0.0.1:1/other" }, "redirect_uri_mismatch"],
  ];
  for (const [parameters, error] of refusals) {
    const code = await codeFor(provider, {});
    assert.equal((await exchange(provider, { code, ...parameters })).error, error);
    assert.equal((await exchange(provider, { code })).error, "bad_verification_code");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(VERIFIER)));
  const pkce = {
    code_challenge: digest.toBase64({ alphabet: "base64url", omitPadding: true }),
    code_challenge_method: "S256",
  };
  assert.ok((await exchange(provider, { code: await codeFor(provider, pkce), code_verifier: VERIFIER })).access_token);
  assert.equal((await exchange(provider, { code: await codeFor(provider, pkce) })).error, "bad_verification_code");
  const late = await codeFor(provider, {});
  nowMs += 60_000;
  assert.equal((await exchange(provider, { code: late })).error, "bad_verification_code");
});

Deno.test("IdentityProvider sends nobody to a foreign address and takes no odd names", async () => {
  const provider = new IdentityProvider(CLIENT, () => 0);
  const foreign: Record<string, string>[] = [{ redirect_uri: "https://evil.example/" }, { client_id: "other" }];
  for (const parameters of foreign) {
    const response = await ask(provider, { login: "ada", ...parameters });
    assert.deepEqual([response.status, response.headers.get("location")], [400, null]);
  }
  for (const login of ["", "Ada", "a b", "x".repeat(33), '"><script>alert(1)</script>']) {
    const response = await ask(provider, { login });
    assert.equal(response.status, 400);
    assert.equal((await response.text()).includes("<script>"), false);
  }
});
