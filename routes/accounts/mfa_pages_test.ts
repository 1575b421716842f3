import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack, TestBrowser } from "../../tests/web.ts";
import { Authenticator } from "./testing.ts";

const PASSWORD = "correct horse battery";

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
    const textOf = async (response: Promise<Response>) => await (await browser.follow(await response)).text();
    const fieldIn = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? "";
    const email = "second@example.com";
    let phone = new Authenticator("");

    await step(t, "an authenticator is enrolled with a picture and a key, and proven by a code", async () => {
      await textOf(browser.post("/register", { email, password: PASSWORD, next: "/settings/security" }));
      const page = await textOf(browser.post("/settings/security/enrol", {}));
      assert.match(page, /<img class="qr"[^>]* src="data:image\/svg\+xml;utf8,%3Csvg/);
      const fields = { factor_id: fieldIn(page, "factor_id"), secret: fieldIn(page, "secret") };
      phone = new Authenticator(fields.secret);
      const wrong = await textOf(browser.post("/settings/security/verify", { ...fields, code: "12 34" }));
      assert.match(wrong, /role="alert"/);
      assert.ok(wrong.includes(fields.secret), "the key stays on the page");
      const done = await textOf(
        browser.post("/settings/security/verify", { ...fields, code: await phone.next() }),
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
      assert.deepEqual(await (await other.request("/step-up/needed?for=fresh")).json(), { needed: true });
      const right = await other.post("/step-up", {
        code: await phone.next(),
        next: "/settings/security",
      });
      assert.equal(right.headers.get("location"), "/settings/security");
      assert.deepEqual(await (await other.request("/step-up/needed?for=fresh")).json(), { needed: false });
      const made = await other.post("/settings/security/recovery", { client_id: crypto.randomUUID() });
      assert.equal(made.status, 200);
      codes = [...(await made.text()).matchAll(/<code>([0-9a-f-]{23})<\/code>/g)].map(([, code = ""]) => code);
    });

    await step(t, "a page's dialog is answered in JSON, and in the page's language", async () => {
      const headers = { accept: "application/json", "accept-language": "fr" };
      const body = new URLSearchParams({ code: "12", next: "//evil.example" });
      const refused = await browser.request("/step-up", { method: "POST", headers, body });
      assert.equal(refused.status, 422);
      assert.equal(refused.headers.get("content-type"), "application/problem+json");
      const { code, detail } = await refused.json();
      assert.deepEqual([code, detail], ["mfa_verification_failed", "Ce code n’est pas accepté"]);
      const stranger = await new TestBrowser(web).request("/step-up/needed", { headers });
      assert.match(stranger.headers.get("location") ?? "", /^\/login/);
    });

    await step(t, "a recovery code takes the authenticator, the other codes and the other sessions away", async () => {
      const other = new TestBrowser(web);
      await (await other.post("/login/password", { email, password: PASSWORD })).body?.cancel();
      assert.equal((await other.request("/settings/security")).status, 200);
      const refused = await browser.post("/settings/security/recover", { code: "00000-00000-00000-00000" });
      assert.equal(refused.headers.get("location"), "/settings/security?error=invalid_recovery_code");
      const page = await textOf(browser.post("/settings/security/recover", { code: codes[0] ?? "" }));
      assert.match(page, /action="\/settings\/security\/enrol"/);
      assert.match(page, /0 codes are left/);
      for (const code of codes.slice(0, 2)) {
        const again = await browser.post("/settings/security/recover", { code });
        assert.equal(again.headers.get("location"), "/settings/security?error=invalid_recovery_code");
      }
      const ended = await other.request("/settings/security");
      assert.equal(ended.headers.get("location"), "/login?next=%2Fsettings%2Fsecurity&error=session_ended");
    });
  },
});
