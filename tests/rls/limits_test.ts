import assert from "node:assert/strict";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { Authenticator } from "../../routes/accounts/testing.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import type { Limit } from "../../lib/accounts/limits.ts";

/** A client that keeps no session beyond itself needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
const PASSWORD = "correct horse battery staple 7";

interface Person {
  id: string;
  client: SupabaseClient;
}

async function signUp(stack: TestSupabase, email: string): Promise<Person> {
  const client = createClient(stack.url, stack.publishableKey, SESSIONLESS);
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  assert.equal(error, null);
  return { id: data.user?.id ?? "", client };
}

/** Sets up an authenticator and shows its first code: the client is at aal2 afterwards. */
async function enrol({ client }: Person): Promise<void> {
  const { data } = await client.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" });
  assert.ok(data);
  const code = await new Authenticator(data.totp.secret).next();
  assert.equal((await client.auth.mfa.challengeAndVerify({ factorId: data.id, code })).error, null);
}

/** The code a call was refused with, or "ok". */
async function codeOf(call: PromiseLike<{ error: { message: string } | null }>): Promise<string> {
  return (await call).error?.message ?? "ok";
}

Deno.test("limits are the user's to tighten, the day's to loosen and an administrator's to bound", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const ann = await signUp(stack, "ann@example.test");
  const admin = await signUp(stack, "admin@example.test");
  await sql`insert into public.admins (user_id) values (${admin.id})`;
  await sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "admin"}' where id = ${admin.id}`;

  const limits = async ({ client }: Person): Promise<Record<string, Limit>> => {
    const { data, error } = await client.rpc("my_limits");
    assert.equal(error, null);
    return Object.fromEntries((data.items as Limit[]).map((limit) => [limit.name, limit]));
  };
  const set = ({ client }: Person, p_name: string, p_value: string | null, p_client_id = crypto.randomUUID()) =>
    client.rpc("set_my_limit", { p_name, p_value, p_client_id });
  const inSql = async (name: string, user = ann) =>
    (await sql`select trim_scale(private.user_limit(${user.id}, ${name}))::text as v`)[0]?.v;
  const audited = async (action: string) =>
    await sql`select detail from public.audit_log where action = ${action} order by at desc, id desc`;

  await step(t, "everybody has the platform's defaults, as decimal strings with a unit", async () => {
    const all = await limits(ann);
    assert.deepEqual(Object.keys(all), [
      "order_eur_max",
      "positions_max",
      "daily_loss_eur_max",
      "cooldown_s",
      "withdrawal_eur_per_day_max",
    ]);
    assert.deepEqual(all["order_eur_max"], {
      name: "order_eur_max",
      unit: "eur",
      tighter: "lower",
      value: "5000",
      default_value: "5000",
      ceiling: "100000",
      own_ceiling: false,
      pending_value: null,
      pending_at: null,
    });
    assert.equal(await inSql("order_eur_max"), "5000");
    await assert.rejects(sql`select private.user_limit(${ann.id}, 'no_such')`, /There is no limit/);
  });

  // ASVS 2.3: limits of the business logic are the server's, and hold per user.
  await step(t, "a tighter value counts at once, a looser one after 24 hours (ASVS 5: 2.3.2)", async () => {
    assert.equal((await set(ann, "order_eur_max", "1000.5")).data.value, "1000.5");
    const { data } = await set(ann, "order_eur_max", "2000");
    assert.deepEqual([data.value, data.pending_value], ["1000.5", "2000"]);
    const wait_h = (Date.parse(data.pending_at) - Date.now()) / 3_600_000;
    assert.ok(wait_h > 23.9 && wait_h < 24.1, `${wait_h} h`);
    assert.equal(await inSql("order_eur_max"), "1000.5");
    await sql`update public.user_limits set pending_at = now() - interval '1 second' where user_id = ${ann.id}`;
    assert.equal(await inSql("order_eur_max"), "2000");
    const now = (await limits(ann))["order_eur_max"];
    assert.deepEqual([now?.value, now?.pending_value], ["2000", null]);
  });

  await step(t, "what was pending is dropped by keeping the value, and starts anew with another one", async () => {
    await set(ann, "order_eur_max", "3000");
    await sql`update public.user_limits set pending_at = now() + interval '1 minute' where user_id = ${ann.id}`;
    const again = (await set(ann, "order_eur_max", "90000")).data;
    assert.ok(Date.parse(again.pending_at) - Date.now() > 86_000_000, "a day from now, not a minute");
    const kept = (await set(ann, "order_eur_max", "2000")).data;
    assert.deepEqual([kept.value, kept.pending_value], ["2000", null]);
  });

  await step(t, "of a pause the longer one is the tighter", async () => {
    assert.equal((await set(ann, "cooldown_s", "60")).data.value, "60");
    const shorter = (await set(ann, "cooldown_s", "30")).data;
    assert.deepEqual([shorter.value, shorter.pending_value], ["60", "30"]);
  });

  await step(t, "nobody gets past the loosest value, and what is no value is refused", async () => {
    assert.equal(await codeOf(set(ann, "order_eur_max", "100000.01")), "limit_ceiling");
    for (const value of ["-1", "1e3", "1,5", "1.234", "NaN", "Infinity", "", " 1", "9".repeat(11), null]) {
      assert.equal(await codeOf(set(ann, "order_eur_max", value)), "invalid_limit_value", String(value));
    }
    assert.equal(await codeOf(set(ann, "positions_max", "1.5")), "invalid_limit_value");
    assert.equal(await codeOf(set(ann, "no_such", "1")), "not_found");
    assert.equal(await codeOf(ann.client.from("user_limits").select()), "permission denied for table user_limits");
  });

  await step(t, "a request sent twice is done once, and its id serves nothing else", async () => {
    const id = crypto.randomUUID();
    const first = (await set(ann, "positions_max", "10", id)).data;
    await set(ann, "positions_max", "5");
    assert.deepEqual((await set(ann, "positions_max", "10", id)).data, first);
    assert.equal(await inSql("positions_max"), "5");
    assert.equal(await codeOf(set(ann, "positions_max", "9", id)), "conflict");
  });

  await step(t, "twenty changes at once leave nothing looser than the tightest of them", async () => {
    const seed = Math.floor(Math.random() * 1e6);
    const values = Array.from({ length: 20 }, (_, i) => 100 + (seed * (i + 7)) % 1_900);
    await Promise.all(values.map((value) => set(ann, "order_eur_max", String(value))));
    assert.equal(await inSql("order_eur_max"), String(Math.min(...values)), `seed ${seed}`);
  });

  await step(t, "who has an authenticator shows it to loosen, not to tighten", async () => {
    const ben = await signUp(stack, "ben@example.test");
    await enrol(ben);
    const elsewhere = { id: ben.id, client: createClient(stack.url, stack.publishableKey, SESSIONLESS) };
    await elsewhere.client.auth.signInWithPassword({ email: "ben@example.test", password: PASSWORD });
    assert.equal(await codeOf(set(elsewhere, "order_eur_max", "6000")), "step_up_required");
    assert.equal(await codeOf(set(elsewhere, "order_eur_max", "4000")), "ok");
    assert.equal(await codeOf(set(ben, "order_eur_max", "6000")), "ok");
    const [notice] = await sql`select data from public.notifications where user_id = ${ben.id}
      and kind = 'limit_loosening'`;
    assert.equal(notice?.data.value, "6000");
  });

  const ceiling = ({ client }: Person, p_ceiling: string | null, p_client_id = crypto.randomUUID()) =>
    client.rpc("admin_set_ceiling", { p_user_id: ann.id, p_name: "daily_loss_eur_max", p_ceiling, p_client_id });

  // ASVS 8.2.1: functions take an explicit permission; 7.5.3: sensitive ones a second factor anew.
  await step(
    t,
    "ceilings are an administrator's, with a second factor shown lately (ASVS 5: 7.5.3, 8.2.1)",
    async () => {
      assert.equal(await codeOf(ceiling(ann, "100")), "not_found");
      await admin.client.auth.refreshSession();
      assert.equal(await codeOf(ceiling(admin, "100")), "step_up_required");
      await enrol(admin);
      assert.equal((await ceiling(admin, "100")).data.value, "100");
      assert.equal(await inSql("daily_loss_eur_max"), "100");
      assert.equal(await codeOf(set(ann, "daily_loss_eur_max", "101")), "limit_ceiling");
      const [told] = await sql`select 1 from public.notifications where user_id = ${ann.id}
      and kind = 'limit_ceiling_changed'`;
      assert.ok(told);
      assert.equal((await ceiling(admin, null)).data.value, "1000");
      assert.equal(await codeOf(ceiling(admin, "x")), "invalid_limit_value");
    },
  );

  await step(t, "the platform's table is edited whole, and a default is never looser than the loosest", async () => {
    const edit = ({ client }: Person, p_default_value: string, p_ceiling: string) =>
      client.rpc("set_limit_rule", {
        p_name: "withdrawal_eur_per_day_max",
        p_default_value,
        p_ceiling,
        p_client_id: crypto.randomUUID(),
      });
    assert.equal(await codeOf(edit(ann, "1", "2")), "not_found");
    assert.equal(await codeOf(edit(admin, "3", "2")), "invalid_limit_value");
    assert.equal(await codeOf(edit(admin, "1500", "2500")), "ok");
    assert.equal(await inSql("withdrawal_eur_per_day_max"), "1500");
    const { data } = await admin.client.rpc("limit_rules_page");
    assert.equal(data.items.find((rule: Limit) => rule.name === "withdrawal_eur_per_day_max").ceiling, "2500");
  });

  // ASVS 16.2 and 16.4: what is written down says who, what and when, and cannot be changed.
  await step(t, "every change is written down, from the dashboard too (ASVS 5: 16.2.1, 16.4.2)", async () => {
    const [mine] = await audited("limit.changed");
    assert.equal(mine?.detail.name, "order_eur_max");
    const [bound] = await audited("limit.ceiling_changed");
    assert.deepEqual(bound?.detail, { name: "daily_loss_eur_max", from: { ceiling: "100" } });
    await sql`update public.limit_rules set ceiling = 300 where name = 'positions_max'`;
    const [rule] = await audited("limit.rule_changed");
    assert.deepEqual([rule?.detail.from.ceiling, rule?.detail.to.ceiling], ["200", "300"]);
    await sql`update public.profiles set kyc_status = 'pending' where id = ${ann.id}`;
    const [kyc] = await audited("user.kyc_changed");
    assert.deepEqual(kyc?.detail, { from: "none", to: "pending" });
    await assert.rejects(
      sql`update public.audit_log set detail = '{}' where action = 'limit.changed'`,
      /only ever added to|forbidden/,
    );
  });
});
