import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { client, codeIn, follow, linkIn, PASSWORD, signIn, signUp, takeMails } from "./auth_testing.ts";
import { readConfig } from "./config.ts";
import { AuthSessions } from "./gateway/auth_sessions.ts";
import { EmailChange } from "./gateway/email_change.ts";
import { MailFlows } from "./gateway/mail_flows.ts";
import { UserUpdate } from "./gateway/user_update.ts";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const PAGE = "http://127.0.0.1:8000/hello";
const STRICT = { sanitizeOps: true, sanitizeResources: true };

function amrOf(token: string | undefined): string | undefined {
  return decodeJwt<{ amr: { method: string }[] }>(token ?? "").amr[0]?.method;
}

/** Asks for a change of address and returns the two mails' links. */
async function askForChange(stack: TestSupabase, from: string, to: string) {
  const { supabase, session } = await signUp(stack, from);
  await takeMails(stack);
  const { data, error } = await supabase.auth.updateUser({ email: to }, { emailRedirectTo: PAGE });
  assert.equal(error, null);
  assert.deepEqual([data.user?.email, data.user?.new_email], [from, to]);
  const mails = await takeMails(stack);
  assert.deepEqual(mails.map((mail) => mail.to), [from, to]);
  return { supabase, session, mails };
}

Deno.test({
  name: "mailed links and codes work with stock supabase-js",
  ...STRICT,
  async fn(t) {
    await using stack = await startTestSupabase();

    await step(t, "a server-rendered page verifies a link's token_hash, once, as magiclink or email", async () => {
      for (const type of ["magiclink", "email"] as const) {
        const email = `hash-${type}@example.com`;
        assert.equal((await client(stack).auth.signInWithOtp({ email })).error, null);
        const token_hash = linkIn((await takeMails(stack))[0]).searchParams.get("token") ?? "";
        const { data, error } = await client(stack).auth.verifyOtp({ token_hash, type });
        assert.deepEqual([error, data.user?.email, amrOf(data.session?.access_token)], [null, email, "otp"]);
        const again = await client(stack).auth.verifyOtp({ token_hash, type });
        assert.deepEqual([again.error?.status, again.error?.code], [403, "otp_expired"]);
      }
    });

    await step(
      t,
      "an address that asked for a link is neither confirmed nor signed in before it is followed",
      async () => {
        const email = "asked@example.com";
        await client(stack).auth.signInWithOtp({ email });
        const [row] = await stack.sql`
        select u.email_confirmed_at, (select count(*)::int from auth.sessions s where s.user_id = u.id) as sessions
        from auth.users u where email = ${email}`;
        assert.deepEqual([row?.email_confirmed_at, row?.sessions], [null, 0]);
        await follow(linkIn((await takeMails(stack))[0]));
        const [after] = await stack.sql`
        select u.email_confirmed_at is not null as confirmed, i.identity_data ->> 'email_verified' as verified
        from auth.users u join auth.identities i on i.user_id = u.id where u.email = ${email}`;
        assert.deepEqual([after?.confirmed, after?.verified], [true, "true"]);
      },
    );

    await step(t, "a PKCE page gets a code from the link, which it alone exchanges, once", async () => {
      const email = "pkce@example.com";
      const supabase = client(stack, { flowType: "pkce" });
      await supabase.auth.signInWithOtp({ email, options: { emailRedirectTo: PAGE } });
      const [mail] = await takeMails(stack);
      const link = linkIn(mail);
      assert.match(link.searchParams.get("token") ?? "", /^pkce_/);
      const target = await follow(link);
      assert.deepEqual([target.origin + target.pathname, target.hash], [PAGE, ""]);
      const code = target.searchParams.get("code") ?? "";
      const thief = client(stack, { flowType: "pkce" });
      await thief.auth.signInWithOtp({ email: "thief@example.com" });
      await takeMails(stack);
      assert.ok((await thief.auth.exchangeCodeForSession(code)).error);
      const { data, error } = await supabase.auth.exchangeCodeForSession(code);
      assert.deepEqual([error, data.user?.email, amrOf(data.session?.access_token)], [null, email, "magiclink"]);
      const [{ count } = { count: 0 }] = await stack.sql<{ count: number }[]>`
        select count(*)::int from auth.sessions s join auth.users u on u.id = s.user_id where u.email = ${email}`;
      assert.equal(count, 1);
      assert.equal((await follow(link)).hash.includes("otp_expired"), true);
    });

    await step(t, "a PKCE link verifies by its token_hash as well", async () => {
      await client(stack, { flowType: "pkce" }).auth.signInWithOtp({ email: "both@example.com" });
      const token_hash = linkIn((await takeMails(stack))[0]).searchParams.get("token") ?? "";
      const { data, error } = await client(stack).auth.verifyOtp({ token_hash, type: "email" });
      assert.deepEqual([error, data.user?.email], [null, "both@example.com"]);
    });

    await step(t, "a mail scanner's HEAD uses no link up", async () => {
      await client(stack).auth.signInWithOtp({ email: "scanned@example.com" });
      const link = linkIn((await takeMails(stack))[0]);
      assert.equal((await fetch(link, { method: "HEAD", redirect: "manual" })).status, 405);
      assert.ok((await follow(link)).hash.includes("access_token"));
    });

    await step(t, "a forgotten password is replaced through the mailbox, which ends other sessions", async () => {
      const email = "forgot@example.com";
      const { supabase: old } = await signUp(stack, email);
      await takeMails(stack);
      const page = client(stack);
      assert.equal((await page.auth.resetPasswordForEmail(email, { redirectTo: PAGE })).error, null);
      const token_hash = linkIn((await takeMails(stack))[0]).searchParams.get("token") ?? "";
      const { error } = await page.auth.verifyOtp({ token_hash, type: "recovery" });
      assert.equal(error, null);
      assert.equal((await page.auth.updateUser({ password: "another horse" })).error, null);
      assert.equal((await old.auth.refreshSession()).error?.code, "refresh_token_not_found");
      await signIn(stack, email, "another horse");
      const { error: gone } = await client(stack).auth.signInWithPassword({ email, password: PASSWORD });
      assert.equal(gone?.code, "invalid_credentials");
      // Nobody learns from the answer who has an account.
      assert.equal((await page.auth.resetPasswordForEmail("nobody@example.com")).error, null);
      assert.deepEqual(await takeMails(stack), []);
    });

    await step(t, "an address moves when both mailboxes have confirmed, in either order", async () => {
      for (const order of [[0, 1], [1, 0]] as const) {
        const [from, to] = [`from-${order[0]}@example.com`, `to-${order[0]}@example.com`];
        const { supabase, mails } = await askForChange(stack, from, to);
        const first = await follow(linkIn(mails[order[0]]));
        assert.equal(first.origin + first.pathname, PAGE);
        assert.match(decodeURIComponent(first.hash), /^#message=Confirmation\+link\+accepted/);
        assert.equal((await supabase.auth.getUser()).data.user?.email, from);
        // The same mailbox twice is not both.
        assert.ok((await follow(linkIn(mails[order[0]]))).hash.includes("otp_expired"));
        const second = await follow(linkIn(mails[order[1]]));
        assert.ok(second.hash.includes("access_token") && second.hash.includes("type=email_change"), second.hash);
        assert.equal((await supabase.auth.getUser()).data.user?.email, to);
        await supabase.auth.refreshSession();
        const { data } = await supabase.auth.getSession();
        assert.equal(decodeJwt(data.session?.access_token ?? "").email, to);
        await signIn(stack, to);
      }
    });

    await step(t, "both confirmations work by code and by token_hash", async () => {
      const [from, to] = ["codes-from@example.com", "codes-to@example.com"];
      const { supabase, mails } = await askForChange(stack, from, to);
      const page = client(stack);
      const half = await page.auth.verifyOtp({ email: from, token: codeIn(mails[0]), type: "email_change" });
      assert.deepEqual([half.error, half.data.session], [null, null]);
      const token_hash = linkIn(mails[1]).searchParams.get("token") ?? "";
      const { data, error } = await page.auth.verifyOtp({ token_hash, type: "email_change" });
      assert.deepEqual([error, data.user?.email], [null, to]);
      const { data: { user } } = await supabase.auth.getUser();
      const [identity] = user?.identities ?? [];
      assert.deepEqual([user?.email, user?.new_email, identity?.identity_data?.email], [to, undefined, to]);
    });

    await step(t, "a taken address is refused at the start and at the end, an old link always", async () => {
      await signUp(stack, "taken@example.com");
      const { supabase } = await signUp(stack, "wants@example.com");
      const { error } = await supabase.auth.updateUser({ email: "Taken@example.com" });
      assert.deepEqual([error?.status, error?.code], [422, "email_exists"]);
      const race = await askForChange(stack, "slow@example.com", "wanted@example.com");
      await follow(linkIn(race.mails[0]));
      await signUp(stack, "wanted@example.com");
      assert.ok((await follow(linkIn(race.mails[1]))).hash.includes("email_exists"));
      assert.equal((await race.supabase.auth.getUser()).data.user?.email, "slow@example.com");
      const late = await askForChange(stack, "late@example.com", "later@example.com");
      await stack.sql`
        update auth.users set email_change_sent_at = now() - interval '61 minutes' where email = 'late@example.com'`;
      assert.ok((await follow(linkIn(late.mails[0]))).hash.includes("otp_expired"));
    });

    await step(t, "links lead to our own pages alone", async () => {
      const { mails } = await askForChange(stack, "lead@example.com", "led@example.com");
      const link = linkIn(mails[0]);
      link.searchParams.set("redirect_to", "https://evil.example/");
      assert.equal((await follow(link)).origin, "http://127.0.0.1:8000");
    });

    await step(t, "a PKCE page that changed the address gets a code in the end", async () => {
      const supabase = client(stack, { flowType: "pkce" });
      await supabase.auth.signUp({ email: "code-from@example.com", password: PASSWORD });
      await takeMails(stack);
      await supabase.auth.updateUser({ email: "code-to@example.com" }, { emailRedirectTo: PAGE });
      const mails = await takeMails(stack);
      await follow(linkIn(mails[0]));
      const target = await follow(linkIn(mails[1]));
      const { data, error } = await supabase.auth.exchangeCodeForSession(target.searchParams.get("code") ?? "");
      assert.deepEqual([error, data.user?.email], [null, "code-to@example.com"]);
    });

    await step(t, "a mail that got lost is sent again, not too often, and the first one is void then", async () => {
      const { auth: { admin } } = client(stack, { key: stack.secretKey });
      const email = "lost@example.com";
      await admin.generateLink({ type: "signup", email, password: PASSWORD });
      const resend = async (who: string) =>
        (await client(stack).auth.resend({ type: "signup", email: who, options: { emailRedirectTo: PAGE } })).error
          ?.code;
      assert.equal(await resend(email), "over_email_send_rate_limit");
      await stack.sql`update auth.users set confirmation_sent_at = now() - interval '2 seconds' where email = ${email}`;
      assert.deepEqual([await resend(email), await resend("nobody@example.com")], [undefined, undefined]);
      const mails = await takeMails(stack);
      assert.deepEqual(mails.map(({ to }) => to), [email]);
      const target = await follow(linkIn(mails[0]));
      assert.equal(target.origin + target.pathname, PAGE);
      assert.ok(target.hash.includes("access_token"));

      const change = await askForChange(stack, "lost-from@example.com", "lost-to@example.com");
      await stack.sql`
        update auth.users set email_change_sent_at = now() - interval '2 seconds' where email = 'lost-from@example.com'`;
      const { error } = await client(stack).auth.resend({ type: "email_change", email: "lost-from@example.com" });
      assert.equal(error, null);
      assert.deepEqual((await takeMails(stack)).map(({ to }) => to), ["lost-from@example.com", "lost-to@example.com"]);
      assert.ok((await follow(linkIn(change.mails[0]))).hash.includes("otp_expired"));
    });

    await step(t, "reauthenticate() mails a code that an old session needs for a new password, once", async () => {
      const email = "stale@example.com";
      const { supabase, session } = await signUp(stack, email);
      await takeMails(stack);
      assert.equal((await supabase.auth.reauthenticate()).error, null);
      const nonce = codeIn((await takeMails(stack))[0]);
      const config = (await readConfig(new URL("../config.toml", import.meta.url).pathname, () => undefined)).auth;
      config.email.secure_password_change = true;
      const sql = stack.sql;
      const sessions = new AuthSessions(sql);
      const mail = { send: () => Promise.resolve() };
      const flows = new MailFlows(sql, 60);
      const emailChange = new EmailChange({ sql, sessions, mail, config: config.email, url: stack.url });
      const update = new UserUpdate({ sql, sessions, emailChange, flows, config, nowMs: () => Date.now() });
      const sessionId = decodeJwt<{ session_id: string }>(session.access_token).session_id;
      const change = async (fields: Record<string, string>) => {
        const request = new Request(`${stack.url}/auth/v1/user`, { method: "PUT" });
        const ask = () => Promise.resolve(new Response("{}"));
        const response = await update.handle(request, { password: "another horse", ...fields }, sessionId, ask);
        return response.ok ? null : (await response.json()).error_code;
      };
      assert.equal(await change({}), null);
      await sql`update auth.sessions set created_at = now() - interval '25 hours' where id = ${sessionId}`;
      assert.equal(await change({}), "reauthentication_needed");
      assert.equal(await change({ nonce: "000000" }), "reauthentication_not_valid");
      assert.equal(await change({ nonce }), null);
      assert.equal(await change({ nonce }), "reauthentication_not_valid");
    });

    await step(t, "auth.admin.generateLink makes each kind of link, for the secret key alone", async () => {
      const { auth: { admin } } = client(stack, { key: stack.secretKey });
      await signUp(stack, "linked@example.com");
      const options = { redirectTo: PAGE };
      for (
        const request of [
          { type: "magiclink", email: "linked@example.com", options },
          { type: "magiclink", email: "new-by-link@example.com", options },
          { type: "recovery", email: "linked@example.com", options },
          { type: "invite", email: "invited@example.com", options: { ...options, data: { nick: "i" } } },
          { type: "signup", email: "made@example.com", password: PASSWORD, options },
        ] as const
      ) {
        const { data, error } = await admin.generateLink(request);
        assert.deepEqual([request.type, error], [request.type, null]);
        const { hashed_token, email_otp, verification_type, action_link } = data.properties ?? {};
        assert.deepEqual([data.user?.email, verification_type], [request.email, request.type]);
        assert.match(email_otp ?? "", /^\d{10}$/);
        const target = await follow(new URL(action_link ?? ""));
        assert.equal(target.origin + target.pathname, PAGE);
        const token = new URLSearchParams(target.hash.slice(1)).get("access_token") ?? "";
        assert.equal(decodeJwt(token).email, request.email, target.href);
        const again = await client(stack).auth.verifyOtp({ token_hash: hashed_token ?? "", type: request.type });
        assert.equal(again.error?.code, "otp_expired");
      }
      await signIn(stack, "made@example.com");
      const newEmail = "moved@example.com";
      const current = await admin.generateLink({ type: "email_change_current", email: "made@example.com", newEmail });
      await follow(new URL(current.data.properties?.action_link ?? ""));
      assert.deepEqual(await takeMails(stack), []);
      const refusals = [
        [{ type: "signup", email: "linked@example.com", password: PASSWORD }, "email_exists"],
        [{ type: "signup", email: "weak@example.com", password: "password1" }, "weak_password"],
        [{ type: "recovery", email: "nobody@example.com" }, "user_not_found"],
        [{ type: "recovery", email: "no address" }, "validation_failed"],
      ] as const;
      for (const [request, code] of refusals) {
        assert.equal((await admin.generateLink(request)).error?.code, code);
      }
      const { error } = await client(stack).auth.admin.generateLink({ type: "magiclink", email: "linked@example.com" });
      assert.deepEqual([error?.status, error?.code], [403, "not_admin"]);
    });
  },
});
