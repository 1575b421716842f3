import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, ORIGIN, startStack, TestBrowser } from "../../tests/web.ts";
import { totp } from "./testing.ts";

const PASSWORD = "correct horse battery";

Deno.test({
  name: "signing in over the API, by bearer token alone",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    await stack.sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const post = async (path: string, body: unknown, token?: string, headers: Record<string, string> = {}) => {
      const response = await web.app.request(`${ORIGIN}/api/v1/auth/${path}`, {
        method: "POST",
        headers: {
          ...headers,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      assert.deepEqual(response.headers.getSetCookie(), [], "the API sets no cookies");
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
    };
    const login = async (email: string) => (await post("login", { email, password: PASSWORD })).json;

    await step(t, "register, login, refresh and logout", async () => {
      const made = await post("register", { email: "api@example.com", password: PASSWORD });
      assert.deepEqual([made.status, made.json.status, made.json.session.token_type], [200, "signed_in", "bearer"]);
      assert.equal(made.headers.get("cache-control"), "no-store");
      const session = await login("api@example.com");
      const refreshed = await post("refresh", { refresh_token: session.refresh_token });
      assert.equal(refreshed.status, 200);
      assert.notEqual(refreshed.json.refresh_token, session.refresh_token);
      assert.equal((await post("logout", undefined, refreshed.json.access_token)).status, 204);
      const after = await post("refresh", { refresh_token: refreshed.json.refresh_token });
      assert.deepEqual([after.status, after.json.code], [401, "unauthenticated"]);
    });

    await step(t, "an address that is taken gets the answer of one that is mailed", async () => {
      const taken = await post("register", { email: "API@example.com", password: PASSWORD });
      assert.deepEqual([taken.status, taken.json], [202, { status: "confirmation_sent", session: null }]);
    });

    const hostile: [path: string, body: unknown, status: number, code: string][] = [
      ["login", { email: "api@example.com", password: "wrong" }, 401, "invalid_credentials"],
      ["login", { email: "nobody@example.com", password: PASSWORD }, 401, "invalid_credentials"],
      ["login", { email: ["api@example.com"], password: {} }, 400, "bad_request"],
      ["login", { email: "api@example.com" }, 400, "bad_request"],
      ["login", "{", 400, "bad_request"],
      ["login", "null", 400, "bad_request"],
      ["login", undefined, 400, "bad_request"],
      ["login", { email: "a@example.com", password: "x".repeat(70_000) }, 413, "body_too_large"],
      ["register", { email: "weak@example.com", password: "password1" }, 422, "weak_password"],
      ["register", { email: "not an address", password: PASSWORD }, 400, "bad_request"],
      ["refresh", { refresh_token: "nonsense" }, 401, "unauthenticated"],
      ["refresh", { refresh_token: "" }, 400, "bad_request"],
      ["logout", undefined, 401, "unauthenticated"],
      ["mfa/setup", undefined, 401, "unauthenticated"],
      ["mfa/verify", { code: "123456" }, 401, "unauthenticated"],
    ];
    for (const [path, body, status, code] of hostile) {
      await step(t, `${path} answers ${JSON.stringify(body)?.slice(0, 60)} with ${status} ${code}`, async () => {
        const answer = await post(path, body);
        assert.deepEqual([answer.status, answer.json.code], [status, code]);
        assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
      });
    }

    await step(t, "a browser's cookie is no bearer token", async () => {
      const browser = new TestBrowser(web);
      await (await browser.post("/login/password", { email: "api@example.com", password: PASSWORD })).body?.cancel();
      const response = await browser.request("/api/v1/auth/logout", { method: "POST" });
      assert.equal(response.status, 401);
      await response.body?.cancel();
      assert.equal((await browser.request("/api/v1/auth/token")).status, 200);
    });

    const hasFactors = (await stack.sql`select to_regclass('auth.mfa_factors') is not null as there`)[0]?.there;
    if (!hasFactors) return;

    await step(t, "an authenticator is set up and its codes lift the session to aal2, each once", async () => {
      await post("register", { email: "mfa@example.com", password: PASSWORD });
      const { access_token } = await login("mfa@example.com");
      const none = await post("mfa/verify", { code: "123456" }, access_token);
      assert.deepEqual([none.status, none.json.code], [403, "insufficient_factor"]);
      const setup = await post("mfa/setup", undefined, access_token);
      assert.equal(setup.status, 200);
      assert.match(setup.json.uri, /^otpauth:\/\/totp\//);
      assert.match(setup.json.qr_svg, /^<svg/);
      const { factor_id, secret } = setup.json;
      const wrong = await post("mfa/verify", { factor_id, code: "000000" }, access_token);
      assert.deepEqual([wrong.status, wrong.json.code], [422, "mfa_verification_failed"]);
      const code = await totp(secret, Date.now());
      const right = await post("mfa/verify", { factor_id, code }, access_token);
      assert.equal(right.status, 200, JSON.stringify(right.json));
      const claims = JSON.parse(atob(right.json.access_token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
      assert.equal(claims.aal, "aal2");
      const again = await post("mfa/verify", { factor_id, code }, right.json.access_token);
      assert.deepEqual([again.status, again.json.code], [422, "mfa_verification_failed"]);
    });
  },
});
