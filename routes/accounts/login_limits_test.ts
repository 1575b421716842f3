import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, ORIGIN, startStack, type TestWeb } from "../../tests/web.ts";
import { totp } from "./testing.ts";

const PASSWORD = "correct horse battery";
const OWNER = "owner@example.com";
const HOME = "198.51.100.1";
const KEY = "0123456789abcdef0123456789abcdef";

interface Answer {
  status: number;
  code: string | undefined;
  headers: Headers;
  // deno-lint-ignore no-explicit-any -- answers of every route, told apart by their status
  json: any;
}

/** A program at an address, as far as HTTP goes. */
function programAt(web: TestWeb, hostname: string) {
  return async (path: string, body: unknown, token?: string): Promise<Answer> => {
    const response = await web.app.request(`${ORIGIN}/api/v1/auth/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    }, { remoteAddr: { transport: "tcp", hostname, port: 1 } });
    const json = await response.json();
    return { status: response.status, code: json.code, headers: response.headers, json };
  };
}

/** Posts the sign-in form as a browser with these cookies; answers where it leads. */
async function submit(web: TestWeb, hostname: string, cookies: string, email: string, password: string) {
  const response = await web.app.request(`${ORIGIN}/login/password`, {
    method: "POST",
    headers: { origin: ORIGIN, cookie: cookies },
    body: new URLSearchParams({ email, password, next: "/markets" }),
  }, { remoteAddr: { transport: "tcp", hostname, port: 1 } });
  await response.body?.cancel();
  return { location: response.headers.get("location"), cookies: response.headers.getSetCookie() };
}

function login(web: TestWeb, hostname: string, email: string, password = PASSWORD): Promise<Answer> {
  return programAt(web, hostname)("login", { email, password });
}

// ASVS 5: 2.4.1, 6.1.1, 6.3.1 (brute force, credential stuffing, no malicious lockout), 6.3.8 (no valid users deduced).
Deno.test({
  name: "guessing passwords gets slower and slower, and nobody else notices (ASVS 5: 2.4.1, 6.3.1, 6.3.8)",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    await sql`select public.set_edge_hmac_key(${KEY})`;
    const web = await createTestWeb({ supabase: stack });
    for (const [email, home] of [[OWNER, HOME], ["other@example.com", "198.51.100.2"]] as const) {
      assert.equal((await programAt(web, home)("register", { email, password: PASSWORD })).status, 200);
      assert.equal((await login(web, home, email)).status, 200);
    }

    await step(
      t,
      "of 300 wrong passwords at once all but a few are refused with 429, a code and Retry-After",
      async () => {
        const others: Promise<Answer>[] = [];
        const answers: Answer[] = [];
        for (let round = 0; round < 15; round++) {
          const tried = Array.from({ length: 20 }, (_, n) => login(web, "203.0.113.66", OWNER, `wrong ${round} ${n}`));
          if (round % 5 === 2) others.push(login(web, "198.51.100.2", "other@example.com"), login(web, HOME, OWNER));
          answers.push(...await Promise.all(tried));
        }
        const judged = answers.filter(({ status }) => status === 401);
        const refused = answers.filter(({ status }) => status === 429);
        assert.equal(judged.length + refused.length, 300);
        // Five are free; the delays after them let through one more each second, two, four …
        assert.ok(judged.length >= 5 && judged.length <= 12, `${judged.length} were judged`);
        assert.ok(judged.every(({ code }) => code === "invalid_credentials"));
        for (const { code, headers } of refused) {
          assert.equal(code, "rate_limited");
          assert.match(headers.get("content-type") ?? "", /^application\/problem\+json/);
          assert.ok(Number(headers.get("retry-after")) >= 1, headers.get("retry-after") ?? "none");
        }
        assert.deepEqual((await Promise.all(others)).map(({ status }) => status), Array(6).fill(200));
      },
    );

    await step(t, "the right password from there is refused too, from where its owner is known it is not", async () => {
      // From here on a slow machine must not wait a delay out unawares.
      await sql`update public.attempt_rules set first_delay_s = 600 where name in ('password', 'factor')`;
      await sql`update private.attempt_counts set blocked_until = now() + interval '10 minutes' where rule = 'password'`;
      assert.equal((await login(web, "203.0.113.66", OWNER)).code, "rate_limited");
      assert.equal((await login(web, "203.0.113.99", OWNER)).code, "rate_limited", "other addresses share the account");
      assert.equal((await login(web, HOME, OWNER)).status, 200);
      assert.equal((await login(web, "203.0.113.66", OWNER)).code, "rate_limited", "which forgives no stranger");
    });

    await step(t, "a browser that has signed in before is known by its mark, wherever it is", async () => {
      const mark = `outcry-55380-device=${"ab".repeat(16)}`;
      assert.match((await submit(web, "192.0.2.10", mark, OWNER, PASSWORD)).location ?? "", /error=rate_limited/);
      const first = await submit(web, HOME, mark, OWNER, PASSWORD);
      assert.equal(first.location, "/markets");
      assert.equal((await submit(web, "192.0.2.10", mark, OWNER, PASSWORD)).location, "/markets");
      const stranger = await submit(web, "192.0.2.11", "", OWNER, PASSWORD);
      assert.match(stranger.location ?? "", /error=rate_limited&next=%2Fmarkets&wait=\d+$/);
      const told = await web.app.request(`${ORIGIN}${stranger.location}`, { headers: { "accept-language": "fr" } });
      assert.match(await told.text(), /Trop de tentatives\u00a0: réessayez dans \d+ s/);
    });

    await step(t, "an address without an account is answered alike", async () => {
      const story = async (email: string, hostname: string) => {
        const told: [number, string | undefined, boolean][] = [];
        for (let n = 0; n < 12; n++) {
          const { status, code, headers } = await login(web, hostname, email, "wrong");
          told.push([status, code, headers.has("retry-after")]);
        }
        return told.slice(0, 6);
      };
      await programAt(web, "198.51.100.3")("register", { email: "third@example.com", password: PASSWORD });
      const [known, unknown] = [
        await story("third@example.com", "203.0.113.67"),
        await story("nobody@example.com", "203.0.113.68"),
      ];
      assert.deepEqual(known, unknown);
      assert.deepEqual(known.map(([status]) => status), [401, 401, 401, 401, 401, 429]);
    });

    await step(t, "one address that tries many accounts is slowed down as well", async () => {
      await sql`update public.attempt_rules set free_attempts = 20, first_delay_s = 60 where name = 'password_address'`;
      const tried = await Promise.all(
        Array.from({ length: 40 }, (_, n) => login(web, "203.0.113.70", `victim${n}@example.com`, "password1")),
      );
      assert.equal(tried.filter(({ code }) => code === "invalid_credentials").length, 20);
      assert.equal(tried.filter(({ code }) => code === "rate_limited").length, 20);
      assert.equal((await login(web, "203.0.113.71", "victim0@example.com", "password1")).status, 401);
    });

    await step(t, "signing in forgives what was mistyped before it", async () => {
      for (let round = 0; round < 2; round++) {
        const place = `192.0.2.${100 + round}`;
        for (let n = 0; n < 4; n++) assert.equal((await login(web, place, "other@example.com", "oops")).status, 401);
        assert.equal((await login(web, place, "other@example.com")).status, 200);
      }
    });

    await step(t, "links and registrations are limited by account too, and say nothing of it", async () => {
      const statuses = async (email: string) => {
        const answers: Answer[] = [];
        for (let n = 0; n < 5; n++) {
          answers.push(await programAt(web, `192.0.2.${150 + n}`)("register", { email, password: PASSWORD }));
        }
        return answers.map(({ code, status }) => code ?? status);
      };
      // Its owner's own registration counts.
      assert.deepEqual(await statuses(OWNER), [202, 202, "rate_limited", "rate_limited", "rate_limited"]);
      assert.deepEqual(await statuses("new@example.com"), [200, 202, 202, "rate_limited", "rate_limited"]);
    });

    await step(t, "authenticator codes are limited by account, but not where its owner is known", async () => {
      const at = programAt(web, "198.51.100.9");
      const email = "mfa@example.com";
      const { json } = await at("register", { email, password: PASSWORD });
      const setup = await at("mfa/setup", {}, json.session.access_token);
      const code = await totp(setup.json.secret, Date.now());
      const strong = await at("mfa/verify", { factor_id: setup.json.factor_id, code }, json.session.access_token);
      assert.equal(strong.status, 200, JSON.stringify(strong.json));
      // A thief of the password is not known by it.
      const thief = programAt(web, "203.0.113.80");
      const stolen = (await thief("login", { email, password: PASSWORD })).json.access_token;
      const tried = [];
      for (let n = 0; n < 6; n++) tried.push((await thief("mfa/verify", { code: "000000" }, stolen)).code);
      assert.deepEqual(tried.slice(0, 5), Array(5).fill("mfa_verification_failed"));
      assert.equal(tried[5], "rate_limited");
      await sql`delete from auth.mfa_factor_guards`;
      assert.equal((await thief("mfa/verify", { code: "000000" }, stolen)).code, "rate_limited");
      const own = (await at("login", { email, password: PASSWORD })).json.access_token;
      assert.equal((await at("mfa/verify", { code: "000000" }, own)).code, "mfa_verification_failed");
    });

    await step(
      t,
      "made-up links, codes and refresh tokens use up their sender's share, and nobody else's",
      async () => {
        // Not refilled while the test runs; Auth itself counts all of it for the web's one address.
        await sql`update public.rate_limit_rules set capacity = 20, refill_per_s = 0.001 where name in ('auth_link', 'auth_refresh')`;
        const flooder = "203.0.113.90";
        const open = async (hostname: string) => {
          const response = await web.app.request(`${ORIGIN}/auth/confirm`, {
            method: "POST",
            headers: { origin: ORIGIN },
            body: new URLSearchParams({ token_hash: "0".repeat(64), type: "magiclink" }),
          }, { remoteAddr: { transport: "tcp", hostname, port: 1 } });
          await response.body?.cancel();
          return new URL(response.headers.get("location") ?? "", ORIGIN).searchParams;
        };
        const opened: URLSearchParams[] = [];
        for (let n = 0; n < 22; n++) opened.push(await open(flooder));
        assert.deepEqual(
          opened.map((said) => said.get("error")),
          [...Array(20).fill("sign_in_failed"), "rate_limited", "rate_limited"],
        );
        assert.ok(Number(opened.at(-1)?.get("wait")) >= 1);
        assert.equal((await open(HOME)).get("error"), "sign_in_failed");

        const renew = (hostname: string, token: string) =>
          programAt(web, hostname)("refresh", { refresh_token: token });
        const renewed: Answer[] = [];
        for (let n = 0; n < 22; n++) renewed.push(await renew(flooder, `made-up-${n}`));
        assert.deepEqual(
          renewed.map(({ code }) => code),
          [...Array(20).fill("unauthenticated"), "rate_limited", "rate_limited"],
        );
        assert.ok(Number(renewed.at(-1)?.headers.get("retry-after")) >= 1);
        const { json } = await login(web, HOME, OWNER);
        assert.equal((await renew(flooder, json.refresh_token)).code, "rate_limited");
        assert.equal((await renew(HOME, json.refresh_token)).status, 200, "a token refused unseen is still good");
      },
    );

    await step(t, "nothing of it names an address, an account or a password in the log (ASVS 5: 16.2.5)", () => {
      const log = web.log.join("\n");
      assert.doesNotMatch(log, /203\.0\.113|198\.51\.100|owner@|correct horse|wrong \d/);
      return Promise.resolve();
    });
  },
});
