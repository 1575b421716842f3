import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack, TestBrowser } from "../../tests/web.ts";
import { totp } from "./testing.ts";

const PASSWORD = "correct horse battery";

/** A code that is good now and was not used yet: three are, of the step before, this one and the next. */
async function nextCode(secret: string, used: Set<string>): Promise<string> {
  for (const offset_ms of [-30_000, 0, 30_000]) {
    const code = await totp(secret, Date.now() + offset_ms);
    if (used.has(code)) continue;
    used.add(code);
    return code;
  }
  throw new Error("Cannot find an unused code: three are good at a time");
}

Deno.test({
  name: "the second factor over plain forms",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const [found] = await stack.sql`select to_regclass('auth.mfa_factors') is not null as there`;
    if (!found?.there) return;
    // The factors and the log come by changes of their own.
    await stack.sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const browser = new TestBrowser(web);
    const used = new Set<string>();
    const textOf = async (response: Promise<Response>) => await (await browser.follow(await response)).text();
    const fieldIn = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";
    const email = "second@example.com";
    let secret = "";

    await step(t, "an authenticator is enrolled with a picture and a key, and proven by a code", async () => {
      await textOf(browser.post("/register", { email, password: PASSWORD, next: "/settings/security" }));
      const page = await textOf(browser.post("/settings/security/enrol", {}));
      assert.match(page, /<img class="qr"[^>]* src="data:image\/svg\+xml;utf8,%3Csvg/);
      const fields = { factor_id: fieldIn(page, "factor_id"), secret: fieldIn(page, "secret") };
      secret = fields.secret;
      const wrong = await textOf(browser.post("/settings/security/verify", { ...fields, code: "12 34" }));
      assert.match(wrong, /role="alert"/);
      assert.ok(wrong.includes(secret), "the key stays on the page");
      const done = await textOf(
        browser.post("/settings/security/verify", { ...fields, code: await nextCode(secret, used) }),
      );
      assert.match(done, /role="status".*recovery codes next/);
    });

    let codes: string[] = [];
    await step(t, "recovery codes are shown once", async () => {
      const page = await textOf(browser.request("/settings/security"));
      const made = await textOf(
        browser.post("/settings/security/recovery", { client_id: fieldIn(page, "client_id") }),
      );
      codes = [...made.matchAll(/<code>([0-9a-f-]{23})<\/code>/g)].map(([, code = ""]) => code);
      assert.equal(codes.length, 10);
      const later = await textOf(browser.request("/settings/security"));
      assert.match(later, /10 codes are left/);
      assert.ok(!codes.some((code) => later.includes(code)));
    });

    await step(t, "a session below aal2 is led to the step-up, which leads back", async () => {
      const other = new TestBrowser(web);
      await (await other.post("/login/password", { email, password: PASSWORD })).body?.cancel();
      const asked = await other.post("/settings/security/recovery", { client_id: crypto.randomUUID() });
      assert.equal(asked.headers.get("location"), "/step-up?next=%2Fsettings%2Fsecurity");
      const wrong = await other.post("/step-up", { code: "000000", next: "/settings/security" });
      assert.match(wrong.headers.get("location") ?? "", /^\/step-up\?next=.*error=mfa_verification_failed/);
      const right = await other.post("/step-up", {
        code: await nextCode(secret, used),
        next: "/settings/security",
      });
      assert.equal(right.headers.get("location"), "/settings/security");
      const made = await other.post("/settings/security/recovery", { client_id: crypto.randomUUID() });
      assert.equal(made.status, 200);
      codes = [...(await made.text()).matchAll(/<code>([0-9a-f-]{23})<\/code>/g)].map(([, code = ""]) => code);
    });

    await step(t, "an administrator sees users and the log, and changes a user, after the step-up", async () => {
      await stack.sql`insert into public.admins (user_id) select id from auth.users where email = ${email}`;
      await stack
        .sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role":"admin"}' where email = ${email}`;
      const admin = new TestBrowser(web);
      await (await admin.post("/login/password", { email, password: PASSWORD })).body?.cancel();
      const right = await admin.post("/step-up", { code: await nextCode(secret, used), next: "/admin/users" });
      const page = await (await admin.follow(right)).text();
      assert.match(page, /second@example\.com/);
      const fields = { user_id: fieldIn(page, "user_id"), client_id: fieldIn(page, "client_id") };
      const set = await admin.post("/admin/users/kyc", { ...fields, status: "verified" });
      assert.equal(set.headers.get("location"), "/admin/users?done=admin.done");
      const last = await admin.post("/admin/users/role", {
        ...fields,
        client_id: crypto.randomUUID(),
        admin: "false",
      });
      assert.equal(last.headers.get("location"), "/admin/users?error=last_admin");
      const log = await (await admin.request("/admin/audit")).text();
      assert.match(log, /user\.kyc_changed/);
      const some = await (await admin.request("/admin/audit?q=auth.recovery_codes_made")).text();
      assert.match(some, /auth\.recovery_codes_made/);
      assert.doesNotMatch(some, /user\.kyc_changed/);
    });

    await step(t, "a recovery code takes the authenticator away, once", async () => {
      const refused = await browser.post("/settings/security/recover", { code: "00000-00000-00000-00000" });
      assert.equal(refused.headers.get("location"), "/settings/security?error=invalid_recovery_code");
      const page = await textOf(browser.post("/settings/security/recover", { code: codes[0] ?? "" }));
      assert.match(page, /action="\/settings\/security\/enrol"/);
      assert.match(page, /9 codes are left/);
      const again = await browser.post("/settings/security/recover", { code: codes[0] ?? "" });
      assert.equal(again.headers.get("location"), "/settings/security?error=invalid_recovery_code");
    });
  },
});
