import assert from "node:assert/strict";
import { unzipSync } from "fflate";
import { step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { createTestWeb, ORIGIN, startStack, TestBrowser, type TestWeb } from "../../tests/web.ts";

const PASSWORD = "correct horse battery";
const LINUX = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };

/** The audit log and Auth's factors come by migrations of their own; stand-ins keep these tests about the pages. */
async function ensureNeighbours({ sql }: TestSupabase): Promise<void> {
  await sql.unsafe(`do $$ begin
    if to_regproc('private.audit') is null then
      create function private.audit(text, text, text, jsonb) returns void language sql as 'select null::void';
    end if;
    if to_regclass('auth.mfa_factors') is null then
      create table auth.mfa_factors (id uuid primary key, user_id uuid not null, status text not null);
    end if;
  end $$`);
}

async function register(web: TestWeb, email: string, next = "/settings"): Promise<TestBrowser> {
  const browser = new TestBrowser(web);
  const page = await browser.follow(await browser.post("/register", { email, password: PASSWORD, next }));
  assert.equal(page.status, 200, await page.clone().text());
  await page.body?.cancel();
  return browser;
}

/** Posts from a page of ours and follows to the page it leads to. */
async function submit(browser: TestBrowser, path: string, fields: Record<string, string>): Promise<string> {
  const page = await browser.follow(await browser.post(path, fields));
  return await page.text();
}

async function textOf(browser: TestBrowser, path: string): Promise<string> {
  return await (await browser.request(path)).text();
}

/** The newest mail's link, as its reader's browser would open it. */
async function mailedLink(stack: TestSupabase): Promise<URL> {
  const [mail]: { text: string }[] = await (await fetch(stack.mailUrl)).json();
  return new URL(/https?:\S+/.exec(mail?.text ?? "")?.[0] ?? "");
}

/** Opens the newest mail's link and presses its page's button. */
async function openMailed(stack: TestSupabase, browser: TestBrowser): Promise<Response> {
  const link = await mailedLink(stack);
  assert.equal(link.origin + link.pathname, `${ORIGIN}/auth/confirm`);
  const page = await textOf(browser, link.pathname + link.search);
  assert.match(page, /<form action="\/auth\/confirm" method="post"/);
  return await browser.follow(await browser.post("/auth/confirm", Object.fromEntries(link.searchParams)));
}

Deno.test({
  name: "accounts over plain forms",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    await stack.sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    await ensureNeighbours(stack);
    const web = await createTestWeb({ supabase: stack });

    await step(t, "an account is made, signed out of and signed in to by password", async () => {
      const browser = await register(web, "ada@example.com");
      assert.match(await textOf(browser, "/settings"), /ada@example\.com/);
      await (await browser.post("/logout", {})).body?.cancel();
      const away = await browser.request("/settings");
      assert.equal(away.headers.get("location"), "/login?next=%2Fsettings");
      const page = await submit(browser, "/login/password", {
        email: " ADA@example.com ",
        password: PASSWORD,
        next: "/settings",
      });
      assert.match(page, /ada@example\.com/);
    });

    await step(t, "a wrong password, an unknown address and nonsense are told alike", async () => {
      const answers = new Set<string>();
      for (
        const [email, password] of [
          ["ada@example.com", "wrong password"],
          ["nobody@example.com", PASSWORD],
          ["not an address", PASSWORD],
          ["ada@example.com", "x".repeat(500)],
          ["", ""],
        ] as const
      ) {
        const response = await new TestBrowser(web).post("/login/password", { email, password });
        answers.add(new URL(response.headers.get("location") ?? "", "http://x").searchParams.get("error") ?? "");
      }
      assert.deepEqual([...answers], ["invalid_credentials"]);
    });

    await step(t, "after signing in only paths of ours are gone to", async () => {
      for (const next of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]) {
        const response = await new TestBrowser(web).post("/login/password", {
          email: "ada@example.com",
          password: PASSWORD,
          next,
        });
        assert.equal(response.headers.get("location"), "/markets/sim/BTC-USDT", next);
      }
    });

    for (const password of ["short", "password123", "aaaaaaaaaaaa", "weakling@example", "x".repeat(90)]) {
      await step(t, `a new account may not have the password ${password.slice(0, 20)}`, async () => {
        const response = await new TestBrowser(web).post("/register", { email: "weakling@example.com", password });
        assert.match(response.headers.get("location") ?? "", /^\/register\?.*error=weak_password/);
      });
    }

    await step(t, "a taken address looks like one that gets a mail, and the mail signs its owner in", async () => {
      const response = await new TestBrowser(web).post("/register", {
        email: "ada@example.com",
        password: "other horse 9",
        next: "/settings",
      });
      assert.equal(response.headers.get("location"), "/login/sent");
      const owner = new TestBrowser(web);
      const page = await openMailed(stack, owner);
      assert.match(await page.text(), /ada@example\.com/);
    });

    await step(t, "a mailed link signs in once, and asks before it does", async () => {
      const browser = new TestBrowser(web);
      const sent = await browser.post("/login/link", { email: "link@example.com", next: "/settings" });
      assert.equal(sent.headers.get("location"), "/login/sent");
      const page = await openMailed(stack, browser);
      assert.match(await page.text(), /link@example\.com/);
      const again = new TestBrowser(web);
      const refused = await openMailed(stack, again);
      assert.match(refused.url === "" ? again.trail.at(-1) ?? "" : refused.url, /error=sign_in_failed/);
    });

    await step(t, "a changed address counts once every link mailed for it was opened", async () => {
      const browser = await register(web, "old@example.com");
      await (await fetch(stack.mailUrl, { method: "DELETE" })).body?.cancel();
      const asked = await browser.post("/settings/email", { email: "new@example.com" });
      assert.equal(asked.headers.get("location"), "/settings?done=accounts.email_sent");
      const mails: { text: string }[] = await (await fetch(stack.mailUrl)).json();
      assert.ok(mails.length >= 1);
      for (const { text } of mails) {
        const link = new URL(/https?:\S+/.exec(text)?.[0] ?? "");
        await (await browser.follow(
          await browser.post("/auth/confirm", Object.fromEntries(link.searchParams)),
        )).body?.cancel();
      }
      assert.match(await textOf(browser, "/settings"), /new@example\.com/);
    });

    await step(t, "malformed links are refused", async () => {
      for (const query of ["", "token_hash=x&type=email", `token_hash=${"a".repeat(56)}&type=admin`, "type=email"]) {
        const response = await new TestBrowser(web).request(`/auth/confirm?${query}`);
        assert.match(response.headers.get("location") ?? "", /^\/login\?error=sign_in_failed/);
      }
    });

    await step(t, "a reset link leads to a new password, which then signs in", async () => {
      await register(web, "reset@example.com");
      const browser = new TestBrowser(web);
      const unknown = await browser.post("/password/reset", { email: "unknown@example.com" });
      const known = await browser.post("/password/reset", { email: "reset@example.com" });
      assert.equal(unknown.headers.get("location"), known.headers.get("location"));
      const page = await openMailed(stack, browser);
      assert.match(await page.text(), /action="\/password\/new"/);
      const saved = await browser.post("/password/new", { password: "a new long horse" });
      assert.equal(saved.headers.get("location"), "/settings/security?done=accounts.saved");
      const weak = await browser.post("/password/new", { password: "password" });
      assert.match(weak.headers.get("location") ?? "", /error=weak_password/);
      const signedIn = await new TestBrowser(web).post("/login/password", {
        email: "reset@example.com",
        password: "a new long horse",
        next: "/settings",
      });
      assert.equal(signedIn.headers.get("location"), "/settings");
    });

    await step(t, "the profile is changed, and what the database refuses is told on the page", async () => {
      const browser = await register(web, "profile@example.com");
      const unsaved = await browser.request("/settings", { headers: { "accept-language": "es" } });
      assert.match(await unsaved.text(), /<option value="es" selected/, "never saved, it offers what the page speaks");
      const fields = { username: "Profile_9", locale: "fr", time_zone: "Europe/Paris", theme: "light" };
      const page = await submit(browser, "/settings/profile", fields);
      assert.match(page, /value="profile_9"/);
      assert.match(page, /<html lang="fr"/);
      const elsewhere = new TestBrowser(web);
      const signedIn = { email: "profile@example.com", password: PASSWORD, next: "/settings" };
      assert.match(await submit(elsewhere, "/login/password", signedIn), /<html lang="fr"/);
      for (
        const [changes, code] of [
          [{ username: "ada" }, "username_taken"],
          [{ username: "a\u202eb" }, "invalid_profile"],
          [{ username: "ＡＤＡ" }, "invalid_profile"],
          [{ username: "a\0b" }, "bad_request"],
          [{ time_zone: "Mars/Olympus" }, "invalid_time_zone"],
          [{ theme: "neon" }, "bad_request"],
        ] as const
      ) {
        const response = await browser.post("/settings/profile", { ...fields, ...changes });
        assert.equal(response.headers.get("location"), `/settings?error=${code}`);
      }
    });

    await step(t, "revoking a device in one browser ends the other's session, and not its own", async () => {
      const first = await register(web, "devices@example.com");
      const second = new TestBrowser(web);
      await submit(second, "/login/password", { email: "devices@example.com", password: PASSWORD, next: "/settings" });
      await (await second.request("/markets", { headers: LINUX })).body?.cancel();
      await (await second.request("/session", { headers: LINUX })).body?.cancel();
      const page = await textOf(first, "/settings/devices");
      const rows = [...page.matchAll(/<tr><td>.*?<\/tr>/g)].map(([row]) => row);
      const other = rows.find((row) => !row.includes("This device")) ?? "";
      const fieldOf = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(other)?.[1] ?? "";
      const fields = { device_id: fieldOf("device_id"), client_id: fieldOf("client_id") };
      const revoked = await first.post("/settings/devices/revoke", fields);
      assert.equal(revoked.headers.get("location"), "/settings/devices?done=accounts.device_revoked");
      const ended = await second.request("/session?next=/markets");
      assert.equal(ended.headers.get("location"), "/login?next=%2Fmarkets&error=session_ended");
      assert.deepEqual([...second.cookies.keys()], ["outcry-55380-device"]);
      assert.equal((await first.request("/settings/devices")).status, 200);
    });

    await step(t, "somebody else's device cannot be revoked", async () => {
      const stranger = await register(web, "stranger@example.com");
      const [device] = await stack.sql`select id from public.devices d join auth.users u on u.id = d.user_id
        where u.email = 'devices@example.com'`.catch(() => stack.sql`select id from public.devices limit 1`);
      const response = await stranger.post("/settings/devices/revoke", {
        device_id: String(device?.id),
        client_id: crypto.randomUUID(),
      });
      assert.equal(response.status, 404);
    });

    await step(t, "one's data comes as a ZIP of JSON and CSV", async () => {
      const browser = await register(web, "export@example.com");
      const response = await browser.post("/settings/data/export", {});
      assert.equal(response.headers.get("content-type"), "application/zip");
      assert.equal(response.headers.get("cache-control"), "no-store");
      const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
      assert.ok("profile.json" in files && "account.csv" in files);
      assert.match(new TextDecoder().decode(files["account.json"]), /export@example\.com/);
      const listed = (name: string) => JSON.parse(new TextDecoder().decode(files[name])) as Record<string, unknown>[];
      assert.ok(listed("limits.json").some(({ name, value }) => name === "order_eur_max" && value === "5000"));
      assert.deepEqual(listed("identities.json").map(({ provider }) => provider), ["email"]);
      assert.ok(listed("activity.json").some(({ action }) => action === "auth.signed_in"));
    });

    await step(t, "an account is deleted only by its own name, and is signed out at once", async () => {
      const browser = await register(web, "leaver@example.com");
      const wrong = await browser.post("/settings/data/delete", { client_id: crypto.randomUUID(), username: "ada" });
      assert.equal(wrong.headers.get("location"), "/settings/data?error=delete_mismatch");
      const right = await browser.post("/settings/data/delete", { client_id: crypto.randomUUID(), username: "leaver" });
      assert.equal(right.headers.get("location"), "/goodbye", web.log.slice(-3).join("\n"));
      const [job] = await stack.sql`select kind, status from public.auth_jobs`;
      assert.deepEqual({ ...job }, { kind: "delete_user", status: "queued" });
      assert.equal((await browser.request("/settings")).status, 302 + 1);
    });

    await step(t, "pages of one's own are never stored and need a sign-in", async () => {
      const browser = await register(web, "store@example.com");
      const paths = [
        "/settings",
        "/settings/security",
        "/settings/devices",
        "/settings/data",
        "/notifications",
        "/step-up",
      ];
      for (const path of paths) {
        const page = await browser.request(path);
        assert.deepEqual([path, page.status, page.headers.get("cache-control")], [path, 200, "no-store"]);
        const anonymous = await new TestBrowser(web).request(path);
        assert.match(anonymous.headers.get("location") ?? "", /^\/login\?next=/);
      }
    });

    await step(t, "for who is no administrator there is no administration", async () => {
      const user = await register(web, "nobody-special@example.com");
      const [log] = await stack.sql`select to_regproc('public.audit_page') is not null as there`;
      const paths = log?.there ? ["/admin/users", "/admin/audit"] : ["/admin/users"];
      for (const browser of [user, new TestBrowser(web)]) {
        for (const path of paths) {
          assert.equal((await browser.request(path)).status, 404, path);
        }
        const [path, fields] = [`/admin/users/${crypto.randomUUID()}`, { client_id: crypto.randomUUID() }];
        assert.equal((await browser.post(`${path}/kyc`, { ...fields, status: "verified" })).status, 404);
        assert.equal((await browser.post(`${path}/role`, { ...fields, admin: "true" })).status, 404);
        assert.equal((await browser.post(`${path}/sessions`, fields)).status, 404);
      }
    });

    await step(t, "an administrator below the second factor is led to the step-up", async () => {
      const email = "admin@example.com";
      await (await register(web, email)).post("/logout", {});
      await stack.sql`insert into public.admins (user_id) select id from auth.users where email = ${email}`;
      await stack
        .sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role":"admin"}' where email = ${email}`;
      const browser = new TestBrowser(web);
      await (await browser.post("/login/password", { email, password: PASSWORD })).body?.cancel();
      for (const path of ["/admin/users"]) {
        const response = await browser.request(path);
        assert.equal(response.headers.get("location"), `/step-up?next=${encodeURIComponent(path)}`);
      }
      assert.match(await textOf(browser, "/step-up?next=/admin/users"), /href="\/settings\/security"/);
    });

    await step(t, "another site's forms change nothing", async () => {
      const browser = await register(web, "csrf@example.com");
      for (
        const path of ["/settings/profile", "/settings/data/delete", "/login/password", "/step-up", "/auth/confirm"]
      ) {
        const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
        const response = await browser.request(path, {
          method: "POST",
          headers,
          body: new URLSearchParams({ a: "b" }),
        });
        assert.equal(response.status, 403, path);
      }
    });
  },
});
