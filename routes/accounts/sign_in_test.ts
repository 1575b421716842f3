import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { createTestWeb, ORIGIN, startStack, TestBrowser, type TestWeb } from "../../tests/web.ts";

const SESSION = "outcry-55380";
const DEVICE = `${SESSION}-device`;

async function tokenOf(browser: TestBrowser): Promise<string> {
  const response = await browser.request("/api/v1/auth/token");
  assert.equal(response.status, 200);
  return (await response.json()).access_token;
}

async function problemOf(response: Response): Promise<[number, string]> {
  return [response.status, (await response.json()).code];
}

/** Whether the web takes the browser for somebody. */
async function isSignedIn(browser: TestBrowser): Promise<boolean> {
  const response = await browser.request("/api/v1/auth/token");
  await response.body?.cancel();
  return response.status === 200;
}

Deno.test("signing in and out against the real stack", async (t) => {
  await using stack = await startStack();
  await stack.sql`insert into public.deployment (mode) values ('local')`;
  const web = await createTestWeb({ supabase: stack });

  await t.step("the demo button makes a whole OAuth round trip and lands on the page asked for", async () => {
    const browser = new TestBrowser(web);
    const page = await browser.signIn("/markets?q=btc");
    assert.equal(page.status, 200);
    assert.match(await page.text(), /Signed in as/);
    const paths = browser.trail.map((address) => new URL(address).pathname);
    assert.deepEqual([paths[0], paths.at(-2), paths.at(-1)], ["/auth/v1/authorize", "/auth/callback", "/markets"]);
    assert.match(browser.trail[0] ?? "", /code_challenge_method=s256/i);
    assert.equal(new URL(browser.trail.at(-1) ?? "").search, "?q=btc");
  });

  await t.step("without a page asked for, local mode lands on the simulated market", async () => {
    const browser = new TestBrowser(web);
    await browser.follow(await browser.post("/login/demo", {}));
    assert.equal(browser.trail.at(-1), `${ORIGIN}/markets/sim/BTC-USDT`);
  });

  await t.step("every cookie is httpOnly, SameSite=Lax and for the whole site, and none outlives its use", async () => {
    const browser = new TestBrowser(web);
    await (await browser.signIn()).body?.cancel();
    assert.ok(browser.setCookies.length >= 2);
    for (const line of browser.setCookies) assert.match(line, /; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.deepEqual([...browser.cookies.keys()].sort(), [SESSION, DEVICE], "the PKCE verifier is gone");
    const session = browser.setCookies.find((line) => line.startsWith(`${SESSION}=`));
    assert.match(session ?? "", /Max-Age=604800/);
  });

  await t.step("over HTTPS cookies are Secure and bound to the host", async () => {
    const secure = await createTestWeb({ supabase: stack, env: { PUBLIC_URL: "https://outcry.example" } });
    const response = await secure.app.request("https://outcry.example/login/demo", {
      method: "POST",
      headers: { origin: "https://outcry.example" },
    });
    assert.equal(response.status, 303);
    assert.match(response.headers.get("strict-transport-security") ?? "", /max-age=31536000/);
    for (const line of response.headers.getSetCookie()) assert.match(line, /^__Host-outcry-.*; Secure; /);
  });

  await t.step("the refresh token never reaches a page or an answer", async () => {
    const browser = new TestBrowser(web);
    const page = await browser.signIn();
    const cookie = JSON.parse(atob((browser.cookies.get(SESSION) ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    assert.deepEqual(Object.keys(cookie), ["access_token", "refresh_token", "expires_at"]);
    const answers = [await page.text(), await (await browser.request("/api/v1/auth/token")).text()];
    for (const answer of answers) assert.ok(!answer.includes(cookie.refresh_token));
    for (const line of web.log) {
      assert.ok(!line.includes(cookie.refresh_token) && !line.includes(cookie.access_token), line);
      assert.doesNotMatch(line, /code=|sb_|eyJ/);
    }
  });

  await t.step("the second demo button names nobody, so that the identity page asks", async () => {
    const browser = new TestBrowser(web);
    const first = await browser.post("/login/demo", { other: "1" });
    assert.doesNotMatch(first.headers.get("location") ?? "", /login=demo/);
    const asked = await browser.follow(first);
    assert.match(await asked.text(), /<form/);
    assert.equal(await isSignedIn(browser), false);
  });

  await t.step("a page opened under localhost leads to our own address, where the sign-in will end", async () => {
    const response = await web.app.request("/login?next=/markets", { headers: { host: "localhost:55380" } });
    assert.equal(response.headers.get("location"), `${ORIGIN}/login?next=/markets`);
  });

  await t.step("a signed-in visitor of /login is sent on", async () => {
    const browser = new TestBrowser(web);
    await (await browser.signIn()).body?.cancel();
    const response = await browser.request("/login?next=/markets");
    assert.deepEqual([response.status, response.headers.get("location")], [303, "/markets"]);
  });

  await t.step("the login page offers the demo in local mode, and no provider that is not configured", async () => {
    const html = await (await new TestBrowser(web).request("/login")).text();
    assert.match(html, /Continue as demo trader/);
    assert.doesNotMatch(html, /Continue with/);
  });

  await t.step("a link back from a sign-in nobody started here is refused and tells nothing", async () => {
    const browser = new TestBrowser(web);
    for (
      const query of [
        "code=01a1f8c1-fe0b-7dc2-a1c0-7abf74df43b1",
        "code=",
        "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E",
        `code=${"x".repeat(2_000)}`,
        "",
      ]
    ) {
      const response = await browser.request(`/auth/callback?${query}`);
      assert.equal(response.status, 303, query);
      assert.match(response.headers.get("location") ?? "", /^\/login\?error=sign_in_failed&next=/);
      const page = await (await browser.follow(response)).text();
      assert.doesNotMatch(page, /alert\(1\)|access_denied/);
      assert.match(page, /could not be completed/);
    }
    assert.equal(await isSignedIn(browser), false);
  });

  await t.step("a code works only in the browser that started the sign-in (login CSRF)", async () => {
    const attacker = new TestBrowser(web);
    let stolen = "";
    const started = await attacker.post("/login/demo", {});
    let hop = started.headers.get("location");
    while (hop && !hop.startsWith(ORIGIN)) {
      const response = await fetch(hop, { redirect: "manual" });
      await response.body?.cancel();
      hop = response.headers.get("location");
    }
    stolen = hop ?? "";
    assert.match(stolen, /[?&]code=/);
    const victim = new TestBrowser(web);
    await (await victim.follow(await victim.request(stolen))).body?.cancel();
    assert.equal(await isSignedIn(victim), false);
  });

  const attacks = ["//evil.example", "https://evil.example/x", "/\\evil.example", "/\t/evil.example", "/login"];
  for (const attack of attacks) {
    await t.step(`signing in with next=${JSON.stringify(attack)} stays on this site`, async () => {
      const browser = new TestBrowser(web);
      await (await browser.signIn(attack)).body?.cancel();
      assert.equal(new URL(browser.trail.at(-1) ?? "").origin, ORIGIN);
      const page = await (await new TestBrowser(web).request(`/login?next=${encodeURIComponent(attack)}`)).text();
      // The language switch comes back to this very address, which is a path of ours.
      assert.doesNotMatch(page.replaceAll(/"\/login\?next=[^"]*"/g, ""), /evil\.example/);
      const back = await new TestBrowser(web).request(`/auth/callback?error=x&next=${encodeURIComponent(attack)}`);
      assert.match(back.headers.get("location") ?? "", /^\/login\?/);
      assert.doesNotMatch(back.headers.get("location") ?? "", /evil/);
    });
  }

  await t.step("signing out ends the session at Auth and clears the cookies", async () => {
    const browser = new TestBrowser(web);
    await (await browser.signIn()).body?.cancel();
    const before = browser.cookies.get(SESSION) ?? "";
    const { refresh_token } = JSON.parse(atob(before.replaceAll("-", "+").replaceAll("_", "/")));
    const response = await browser.post("/logout", {});
    assert.deepEqual([response.status, response.headers.get("location")], [303, "/"]);
    assert.deepEqual(
      [...browser.cookies.keys()],
      [DEVICE],
      "only the browser's own mark outlives a session",
    );
    const refresh = await fetch(`${stack.url}/auth/v1/token?grant_type=refresh_token`, {
      method: "POST",
      headers: { apikey: stack.publishableKey, "content-type": "application/json" },
      body: JSON.stringify({ refresh_token }),
    });
    await refresh.body?.cancel();
    assert.ok(refresh.status >= 400, "the refresh token still works");
  });

  await t.step("signing out clears the cookies even while Auth is down", async () => {
    const browser = new TestBrowser(web);
    await (await browser.signIn()).body?.cancel();
    const down = await createTestWeb({
      supabase: stack,
      fetch: (input, init) => {
        const url = String(input instanceof Request ? input.url : input);
        return url.includes("/logout") ? Promise.reject(new TypeError("connection refused")) : fetch(input, init);
      },
    });
    const response = await down.app.request(`${ORIGIN}/logout`, {
      method: "POST",
      headers: { origin: ORIGIN, cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    assert.equal(response.status, 303);
    assert.match(response.headers.getSetCookie().join("\n"), new RegExp(`^${SESSION}=; Max-Age=0`));
  });

  await t.step("a token close to its end is renewed by the server, once for requests that come together", async () => {
    let nowMs = Date.now();
    let refreshes = 0;
    const late = await createTestWeb({
      supabase: stack,
      nowMs: () => nowMs,
      fetch: (input, init) => {
        if (String(input).includes("grant_type=refresh_token")) refreshes++;
        return fetch(input, init);
      },
    });
    const browser = new TestBrowser(late);
    await (await browser.signIn()).body?.cancel();
    const cookie = `${SESSION}=${browser.cookies.get(SESSION)}`;
    nowMs += 14 * 60_000;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => late.app.request(`${ORIGIN}/api/v1/auth/token`, { headers: { cookie } })),
    );
    const tokens = new Set(await Promise.all(answers.map(async (answer) => (await answer.json()).access_token)));
    assert.equal(refreshes, 1);
    assert.equal(tokens.size, 1);
    for (const answer of answers) assert.match(answer.headers.getSetCookie().join(), new RegExp(`^${SESSION}=ey`));
  });

  await t.step("two users whose tokens are renewed at the same moment keep their own sessions", async () => {
    let nowMs = Date.now();
    const late = await createTestWeb({ supabase: stack, nowMs: () => nowMs });
    const users = await Promise.all(["ada", "grace", "linus", "demo"].map(async (name) => {
      const browser = new TestBrowser(late);
      const started = await browser.post("/login/demo", {});
      const location = (started.headers.get("location") ?? "").replace("login=demo", `login=${name}`);
      await (await browser.follow(new Response(null, { status: 303, headers: { location } }))).body?.cancel();
      return { name, browser };
    }));
    nowMs += 14 * 60_000;
    const pages = await Promise.all(users.map(async ({ browser }) => await (await browser.request("/markets")).text()));
    pages.forEach((page, i) => assert.match(page, new RegExp(`Signed in as <strong>${users[i]?.name}</strong>`)));
    const cookies = new Set(users.map(({ browser }) => browser.cookies.get(SESSION)));
    assert.equal(cookies.size, users.length);
  });

  await t.step("garbage cookies are a visitor without a session, and are cleared", async () => {
    for (const garbage of ["x", "base64-x", "%E0%A4%A", "a".repeat(8_000), "e30"]) {
      const response = await web.app.request("/markets", {
        headers: { cookie: `${SESSION}=${garbage}; ${SESSION}.0=y` },
      });
      assert.equal(response.status, 200, garbage.slice(0, 10));
      assert.match(await response.text(), /Sign in/);
      assert.match(response.headers.getSetCookie().join("\n"), new RegExp(`${SESSION}=; Max-Age=0`));
    }
  });

  await t.step("the API takes a good bearer token", async () => {
    const browser = new TestBrowser(web);
    await (await browser.signIn()).body?.cancel();
    const token = await tokenOf(browser);
    const response = await web.app.request("/api/v1/auth/token", { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await response.json()).access_token, token);
  });

  const [header = "", payload = ""] = await forgeable(web);
  const forged = await new SignJWT({ role: "authenticated" }).setProtectedHeader({ alg: "HS256" })
    .setSubject("0197a1b2-0000-4000-8000-000000000001").setAudience("authenticated").setExpirationTime("1h")
    .sign(new TextEncoder().encode("0123456789abcdef0123456789abcdef"));
  const none = btoa('{"alg":"none"}').replace(/=+$/, "");
  for (
    const [what, authorization] of [
      ["of nobody's making", "Bearer abc.def.ghi"],
      ["signed by someone else", `Bearer ${forged}`],
      ["without a signature (alg: none)", `Bearer ${none}.${payload}.`],
      ["with its signature cut off", `Bearer ${header}.${payload}.`],
      ["of another scheme", "Basic YWRtaW46YWRtaW4="],
      ["that is empty", "Bearer "],
      ["with strange characters", "Bearer a b c"],
    ] as const
  ) {
    await t.step(`the API refuses a token ${what}, even where it needs none`, async () => {
      for (const path of ["/api/v1/auth/token", "/api/v1/symbols"]) {
        const response = await web.app.request(path, { headers: { authorization } });
        assert.deepEqual(await problemOf(response), [401, "unauthenticated"]);
      }
    });
  }

  await t.step("nobody's token is refused, and another site may not ask for one", async () => {
    assert.deepEqual(await problemOf(await web.app.request("/api/v1/auth/token")), [401, "unauthenticated"]);
    const headers = { "sec-fetch-site": "cross-site" };
    assert.deepEqual(await problemOf(await web.app.request("/api/v1/auth/token", { headers })), [403, "cross_site"]);
  });

  const mutations: [string, Record<string, string>, number][] = [
    ["by another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }, 403],
    ["by a sibling domain", { "sec-fetch-site": "same-site", origin: "https://evil.outcry.example" }, 403],
    ["by an old browser on another site", { origin: "https://evil.example" }, 403],
    ["by a sandboxed frame", { origin: "null" }, 403],
    ["with cookies and without saying from where", {}, 403],
    ["by our own page", { "sec-fetch-site": "same-origin", origin: ORIGIN }, 303],
    ["by our own page in an old browser", { origin: ORIGIN }, 303],
  ];
  for (const [what, headers, status] of mutations) {
    await t.step(`POST /logout ${what} answers ${status}`, async () => {
      const cookie = `${SESSION}=garbage`;
      const response = await web.app.request("/logout", {
        method: "POST",
        headers: { ...headers, cookie, accept: "*/*" },
      });
      await response.body?.cancel();
      assert.equal(response.status, status);
    });
  }

  await t.step("a provider nobody configured is refused", async () => {
    const browser = new TestBrowser(web);
    for (const provider of ["github", "google", "evil", ""]) {
      const response = await browser.post("/login/oauth", { provider });
      assert.equal(response.status, 404, provider);
      assert.match(await response.text(), /unknown_provider/);
    }
  });

  await web.services.close();
});

/** Header and payload of a good token, to be forged with. */
async function forgeable(web: TestWeb): Promise<string[]> {
  const browser = new TestBrowser(web);
  await (await browser.signIn()).body?.cancel();
  return (await tokenOf(browser)).split(".");
}
