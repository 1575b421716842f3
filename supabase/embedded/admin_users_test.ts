import { createClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { parseBanDuration } from "./gateway/ban_duration.ts";
import { startTestSupabase, step, type TestSupabase } from "./testing.ts";

const PASSWORD = "correct horse";

function client(stack: TestSupabase, key: string) {
  return createClient(stack.url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: readWhole },
  });
}

/** deleteUser() leaves its answer unread, which would count as our leak. */
async function readWhole(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  return new Response(response.status === 204 ? null : await response.arrayBuffer(), response);
}

Deno.test({
  name: "auth.admin creates, lists, reads, changes and deletes users",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startTestSupabase();
    const { auth: { admin } } = client(stack, stack.secretKey);
    const signIn = (email: string, password: string) =>
      client(stack, stack.publishableKey).auth.signInWithPassword({ email, password });

    await step(t, "a created user signs in, with the metadata given", async () => {
      const { data, error } = await admin.createUser({
        email: "Made@Example.com",
        password: PASSWORD,
        email_confirm: true,
        user_metadata: { nick: "m", gone: null },
        app_metadata: { role: "admin" },
      });
      assert.equal(error, null);
      assert.equal(data.user?.email, "made@example.com");
      assert.ok(data.user?.email_confirmed_at);
      assert.deepEqual(data.user?.user_metadata, { nick: "m" });
      assert.deepEqual(data.user?.app_metadata, { provider: "email", providers: ["email"], role: "admin" });
      assert.equal(data.user?.identities?.[0]?.provider, "email");
      const signedIn = await signIn("made@example.com", PASSWORD);
      assert.equal(signedIn.data.user?.id, data.user?.id);
      assert.equal(signedIn.data.user?.app_metadata.role, "admin");
    });

    await step(t, "an unconfirmed user cannot sign in until confirmed", async () => {
      const { data } = await admin.createUser({ email: "later@example.com", password: PASSWORD });
      assert.equal((await signIn("later@example.com", PASSWORD)).error?.code, "email_not_confirmed");
      await admin.updateUserById(data.user?.id ?? "", { email_confirm: true });
      assert.equal((await signIn("later@example.com", PASSWORD)).error, null);
    });

    await step(t, "changing merges metadata, moves the address and ends sessions with the password", async () => {
      const { data: { user } } = await admin.createUser({
        email: "change@example.com",
        password: PASSWORD,
        email_confirm: true,
        user_metadata: { a: 1, b: { c: null } },
      });
      const before = client(stack, stack.publishableKey);
      await before.auth.signInWithPassword({ email: "change@example.com", password: PASSWORD });
      const { data, error } = await admin.updateUserById(user?.id ?? "", {
        email: "changed@example.com",
        password: "another horse",
        user_metadata: { a: null, d: 2 },
        app_metadata: { plan: "x" },
      });
      assert.equal(error, null);
      assert.deepEqual(data.user?.user_metadata, { b: { c: null }, d: 2 });
      assert.equal(data.user?.app_metadata.plan, "x");
      assert.equal((await before.auth.getUser()).error?.name, "AuthSessionMissingError");
      assert.equal((await signIn("changed@example.com", "another horse")).error, null);
    });

    await step(t, "a banned user gets no new tokens until the ban is lifted", async () => {
      const { data: { user } } = await admin.createUser({
        email: "ban@example.com",
        password: PASSWORD,
        email_confirm: true,
      });
      const supabase = client(stack, stack.publishableKey);
      await supabase.auth.signInWithPassword({ email: "ban@example.com", password: PASSWORD });
      const { data } = await admin.updateUserById(user?.id ?? "", { ban_duration: "24h" });
      const banned_until = (data.user as unknown as { banned_until: string }).banned_until;
      assert.ok(Math.abs(Date.parse(banned_until) - Date.now() - 86_400_000) < 60_000);
      assert.equal((await signIn("ban@example.com", PASSWORD)).error?.code, "user_banned");
      assert.equal((await supabase.auth.refreshSession()).error?.code, "user_banned");
      await admin.updateUserById(user?.id ?? "", { ban_duration: "none" });
      assert.equal((await signIn("ban@example.com", PASSWORD)).error, null);
    });

    await step(t, "lists are paged, with totals", async () => {
      const { data: all } = await admin.listUsers();
      assert.ok(all.users.length >= 4);
      const { data: page } = await admin.listUsers({ page: 2, perPage: 2 });
      assert.deepEqual(page.users.map(({ id }) => id), all.users.slice(2, 4).map(({ id }) => id));
      const { total, lastPage } = page as typeof page & { total: number; lastPage: number };
      assert.deepEqual([total, lastPage], [all.users.length, Math.ceil(all.users.length / 2)]);
    });

    await step(t, "bad input is refused with Auth's codes", async () => {
      const code = async (attributes: Record<string, unknown>) => {
        const { error } = await admin.createUser(attributes);
        return [error?.status, error?.code];
      };
      assert.deepEqual(await code({ email: "made@example.com" }), [422, "email_exists"]);
      assert.deepEqual(await code({}), [400, "validation_failed"]);
      assert.deepEqual(await code({ email: "nonsense" }), [400, "validation_failed"]);
      assert.deepEqual(await code({ email: "weak@example.com", password: "short" }), [422, "weak_password"]);
      assert.deepEqual(await code({ email: "ban2@example.com", ban_duration: "a while" }), [400, "validation_failed"]);
      const missing = await admin.getUserById(crypto.randomUUID());
      assert.deepEqual([missing.error?.status, missing.error?.code], [404, "user_not_found"]);
      for (const query of ["page=0", "page=x", "per_page=1001", "page=1;drop"]) {
        const headers = { apikey: stack.secretKey };
        const response = await fetch(`${stack.url}/auth/v1/admin/users?${query}`, { headers });
        assert.deepEqual([query, response.status], [query, 400]);
        await response.body?.cancel();
      }
    });

    await step(t, "a deleted user is gone; a softly deleted one cannot sign in", async () => {
      for (const isSoft of [false, true]) {
        const email = `delete-${isSoft}@example.com`;
        const { data: { user } } = await admin.createUser({ email, password: PASSWORD, email_confirm: true });
        const supabase = client(stack, stack.publishableKey);
        await supabase.auth.signInWithPassword({ email, password: PASSWORD });
        assert.equal((await admin.deleteUser(user?.id ?? "", isSoft)).error, null);
        assert.ok((await supabase.auth.getUser()).error);
        assert.equal((await signIn(email, PASSWORD)).error?.code, "invalid_credentials");
        const [row] = await stack.sql`select email, deleted_at from auth.users where id = ${user?.id ?? ""}`;
        assert.equal(row !== undefined, isSoft);
        if (isSoft) assert.notEqual(row?.email, email);
      }
    });

    await step(t, "nobody but the secret key may", async () => {
      const anonymous = client(stack, stack.publishableKey);
      const { error } = await anonymous.auth.admin.listUsers();
      assert.deepEqual([error?.status, error?.code], [403, "not_admin"]);
      await anonymous.auth.signInWithPassword({ email: "made@example.com", password: PASSWORD });
      const { data } = await anonymous.auth.getSession();
      // An administrator's own token is no secret key either, not even beside it.
      for (const apikey of [stack.publishableKey, stack.secretKey]) {
        const headers = { apikey, authorization: `Bearer ${data.session?.access_token}` };
        const response = await fetch(`${stack.url}/auth/v1/admin/users`, { headers });
        assert.deepEqual([response.status, (await response.json()).error_code], [403, "not_admin"]);
      }
    });
  },
});

Deno.test("parseBanDuration() reads Go's durations and refuses the rest", () => {
  assert.equal(parseBanDuration("none"), 0);
  assert.equal(parseBanDuration("24h"), 86_400_000);
  assert.equal(parseBanDuration("1h30m0.5s"), 5_400_500);
  for (const text of ["", "1d", "h", "-1h", "1h ", "none1h"]) assert.equal(parseBanDuration(text), undefined);
});
