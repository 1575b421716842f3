import { createClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, ORIGIN, TestBrowser } from "../../tests/web.ts";

const PASSWORD = "correct horse battery";
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

interface Mail {
  to: string;
  subject: string;
  text: string;
}

// ASVS 5: 6.3.8: neither registration nor sign-in tells who has an account; 2.3.1: no sign-in before the address is proven.
Deno.test({
  name: "signing up where addresses must be confirmed (ASVS 5: 2.3.1, 6.3.8)",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase({ webUrl: ORIGIN, confirmations: true });
    await stack.sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const auth = createClient(stack.url, stack.publishableKey, SESSIONLESS).auth;
    const mailsTo = async (to: string): Promise<Mail[]> =>
      (await (await fetch(stack.mailUrl)).json() as Mail[]).filter((mail) => mail.to === to);
    const linkIn = (mail: Mail | undefined) => new URL(/https?:\S+/.exec(mail?.text ?? "")?.[0] ?? "about:blank");
    const post = async (path: string, body: unknown) => {
      const response = await web.app.request(`${ORIGIN}/api/v1/auth/${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return { status: response.status, json: await response.json() };
    };
    const waits = [202, { status: "confirmation_sent", session: null }];

    await step(t, "by the form: a mail, whose link signs in", async () => {
      const browser = new TestBrowser(web);
      const email = "form@example.com";
      const answer = await browser.post("/register", { email, password: PASSWORD, next: "/settings" });
      assert.equal(answer.headers.get("location"), "/login/sent");
      const page = await (await browser.follow(answer)).text();
      assert.ok(page.includes(`href="${stack.mailUrl}"`), "local mode shows the way to the mailbox");
      const early = await browser.post("/login/password", { email, password: PASSWORD });
      assert.match(early.headers.get("location") ?? "", /error=invalid_credentials/);
      const [mail] = await mailsTo(email);
      const { pathname, searchParams } = linkIn(mail);
      assert.deepEqual([pathname, searchParams.get("type")], ["/auth/confirm", "signup"]);
      const opened = await browser.post("/auth/confirm", Object.fromEntries(searchParams));
      assert.equal(opened.headers.get("location"), "/settings");
      assert.equal((await browser.request("/api/v1/auth/token")).status, 200);
      const late = await new TestBrowser(web).post("/login/password", { email, password: PASSWORD });
      assert.doesNotMatch(late.headers.get("location") ?? "", /error/);
    });

    await step(t, "over the API: 202, alike for an address that is new, taken or waiting", async () => {
      for (const email of ["api@example.com", "api@example.com", "form@example.com"]) {
        // Auth sends one mail a second to an address that waits.
        await stack
          .sql`update auth.users set confirmation_sent_at = now() - interval '1 minute' where email = ${email}`;
        const { status, json } = await post("register", { email, password: PASSWORD });
        assert.deepEqual([status, json], waits, email);
      }
      const wrong = { email: "api@example.com", password: PASSWORD };
      assert.deepEqual((await post("login", wrong)).json.code, "invalid_credentials");
      // The owner of a taken address is told, and gets in by the link.
      const [mail] = await mailsTo("form@example.com");
      assert.equal(linkIn(mail).searchParams.get("type"), "magiclink");
    });

    await step(t, "in the mailbox a browser finds the links, and nothing that runs", async () => {
      const response = await fetch(stack.mailUrl, { headers: { accept: "text/html" } });
      assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
      const html = await response.text();
      assert.match(html, /<a href="http:\/\/127\.0\.0\.1:55380\/auth\/confirm\?next=[^"]*&amp;token_hash=/);
      assert.doesNotMatch(html, /<script|onload/);
    });

    await step(t, "Auth itself answers as hosted: a user made up for an address that is taken", async () => {
      const fresh = await auth.signUp({ email: "direct@example.com", password: PASSWORD });
      assert.equal(fresh.error, null);
      assert.deepEqual([fresh.data.session, fresh.data.user?.identities?.length], [null, 1]);
      assert.equal(fresh.data.user?.email_confirmed_at, undefined);
      const taken = await auth.signUp({ email: "form@example.com", password: "another horse battery" });
      assert.equal(taken.error, null);
      const [row] = await stack.sql`select id from auth.users where email = 'form@example.com'`;
      assert.deepEqual([taken.data.session, taken.data.user?.identities], [null, []]);
      assert.notEqual(taken.data.user?.id, row?.id);
      const same = (user: object | null) => Object.keys(user ?? {}).sort();
      assert.deepEqual(same(taken.data.user), same(fresh.data.user));
      assert.equal((await auth.signInWithPassword({ email: "form@example.com", password: PASSWORD })).error, null);
    });

    await step(t, "Auth says that an address waits only to who knows the password", async () => {
      const email = "direct@example.com";
      const right = await auth.signInWithPassword({ email, password: PASSWORD });
      assert.deepEqual([right.error?.status, right.error?.code], [400, "email_not_confirmed"]);
      const wrong = await auth.signInWithPassword({ email, password: "wrong horse battery" });
      const nobody = await auth.signInWithPassword({ email: "nobody@example.com", password: "wrong horse battery" });
      assert.deepEqual([wrong.error?.code, wrong.error?.message], [nobody.error?.code, nobody.error?.message]);
      assert.equal(wrong.error?.code, "invalid_credentials");
    });

    await step(t, "who signs up again while waiting gets the mail again, and changes nothing", async () => {
      const email = "direct@example.com";
      const early = await auth.signUp({ email, password: "another horse battery" });
      assert.equal(early.error?.code ?? null, early.error === null ? null : "over_email_send_rate_limit");
      await stack.sql`update auth.users set confirmation_sent_at = now() - interval '1 minute' where email = ${email}`;
      const before = (await mailsTo(email)).length;
      const again = await auth.signUp({ email, password: "another horse battery" });
      assert.deepEqual([again.error, again.data.session], [null, null]);
      const mails = await mailsTo(email);
      assert.equal(mails.length, before + 1);
      const code = /\b\d{10}\b/.exec(mails[0]?.text ?? "")?.[0] ?? "";
      assert.equal((await auth.verifyOtp({ email, token: code, type: "signup" })).error, null);
      assert.equal((await auth.signInWithPassword({ email, password: "another horse battery" })).error?.status, 400);
      assert.equal((await auth.signInWithPassword({ email, password: PASSWORD })).error, null);
    });
  },
});
