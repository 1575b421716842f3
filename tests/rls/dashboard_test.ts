import assert from "node:assert/strict";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { ask, makeAdministrator, makeSaver } from "./money_people.ts";

/** What a statement typed into the Supabase dashboard comes to: "done", or why it was refused. */
type Typed = (statement: string) => Promise<string>;

Deno.test("in the Supabase dashboard, which has no identity, the rules of /admin hold", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const ann = await makeAdministrator(stack, "ann");
  const ada = await makeSaver(stack, "ada", { EUR: "5000" });
  const make = async (name: string) => {
    const args = {
      p_pool: { name, currency: "EUR", cycle: "manual", minimum: "10" },
      p_client_id: crypto.randomUUID(),
    };
    return (await ask(ann.supabase, "admin_create_pool", args)).pool.id as string;
  };
  const pool = await make("Harbour Basis");
  await ask(ada.supabase, "invest", { p_pool_id: pool, p_amount: "500", p_client_id: crypto.randomUUID() });
  const wanted = await ask(ada.supabase, "request_withdrawal", {
    ...{ p_asset: "EUR", p_amount: "300", p_destination: "DE89 3704 0044 0532 0130 00" },
    p_client_id: crypto.randomUUID(),
  });
  const withdrawal = wanted.withdrawal.id as string;

  // As the table editor and the SQL editor connect: the owner's role, no claims.
  const typed: Typed = (statement) =>
    sql.unsafe(statement).then(() => "done", (error) => `${error.message}${error.detail ? `: ${error.detail}` : ""}`);
  const entries = (action: string, subject: string) =>
    sql`select actor, actor_role, detail from public.audit_log where action = ${action} and subject_id = ${subject}
      order by at desc, id desc`;
  const noticesOf = async (id: string, kind: string) =>
    (await sql`select data from public.notifications where user_id = ${id} and kind = ${kind} order by id desc`)
      .map(({ data }) => data);
  /** A statement that goes through, and is found in the audit log as nobody's. */
  const may = async (statement: string, action: string, subject: string) => {
    assert.equal(await typed(statement), "done", statement);
    const [entry] = await entries(action, subject);
    assert.ok(entry, `${statement} is not in the audit log as ${action}`);
    assert.equal(entry.actor, null);
    return entry.detail;
  };
  const statusOf = async (id: string) => (await sql`select status from public.pools where id = ${id}`)[0]?.status;

  await step(t, "it sets a KYC status, whose user is told; a rejection says why", async () => {
    const set = (what: string) => `update public.profiles set ${what} where id = '${ada.id}'`;
    await may(set("kyc_status = 'pending'"), "user.kyc_changed", ada.id);
    assert.match(await typed(set("kyc_status = 'rejected'")), /Give a kyc_reason/);
    const detail = await may(set("kyc_status = 'rejected', kyc_reason = 'Blurred'"), "user.kyc_changed", ada.id);
    assert.deepEqual(detail, { from: "pending", to: "rejected", reason: "Blurred" });
    assert.deepEqual((await noticesOf(ada.id, "kyc_changed"))[0], { status: "rejected", reason: "Blurred" });
    assert.match(await typed(set("kyc_reason = null")), /Give a kyc_reason/);
    assert.match(await typed(set("kyc_status = 'excellent'")), /check constraint/);
    await may(set("kyc_status = 'verified', kyc_reason = null"), "user.kyc_changed", ada.id);
  });

  await step(t, "it sets limits within what limits may be", async () => {
    await may(
      "update public.limit_rules set ceiling = 150 where name = 'positions_max'",
      "limit.rule_changed",
      "positions_max",
    );
    const loose = "update public.limit_rules set default_value = ceiling + 1 where name = 'positions_max'";
    assert.match(await typed(loose), /check constraint/);
    const own = `insert into public.user_limits (user_id, name, ceiling) values ('${ada.id}', 'positions_max', 7)`;
    await may(own, "limit.ceiling_changed", ada.id);
    const gone = await may(`delete from public.user_limits where user_id = '${ada.id}'`, "limit.changed", ada.id);
    assert.deepEqual(gone, { name: "positions_max", from: { ceiling: "7" } });
  });

  await step(t, "it makes and unmakes administrators, and the token follows; the last one stays", async () => {
    const jobs = async () =>
      (await sql`select payload from public.auth_jobs where user_id = ${ada.id} and kind = 'set_role' order by id`)
        .map(({ payload }) => payload.role);
    await may(`insert into public.admins (user_id) values ('${ada.id}')`, "admin.granted", ada.id);
    assert.deepEqual(await noticesOf(ada.id, "admin_granted"), [{}]);
    await may(`delete from public.admins where user_id = '${ada.id}'`, "admin.removed", ada.id);
    assert.deepEqual(await jobs(), ["admin", null]);
    assert.match(await typed("delete from public.admins"), /last_admin/);
    // What a function did is written down once, by the function.
    const before = (await sql`select 1 from public.audit_log where action = 'admin.granted'`).length;
    const args = { p_user_id: ada.id, p_client_id: crypto.randomUUID() };
    assert.equal((await ask(ann.supabase, "admin_set_role", { ...args, p_admin: true })).admin, true);
    assert.equal((await sql`select 1 from public.audit_log where action = 'admin.granted'`).length, before + 1);
    assert.deepEqual(await jobs(), ["admin", null, "admin"]);
    await ask(ann.supabase, "admin_set_role", { ...args, p_admin: false, p_client_id: crypto.randomUUID() });
  });

  await step(t, "it pauses and resumes a pool, whose investors are told", async () => {
    const set = (what: string) => `update public.pools set ${what} where id = '${pool}'`;
    await may(set("status = 'paused', paused_reason = 'Under review'"), "pool.paused", pool);
    assert.equal(await statusOf(pool), "paused");
    assert.equal((await noticesOf(ada.id, "pool_paused"))[0]?.reason, "Under review");
    const more = { p_pool_id: pool, p_amount: "100", p_client_id: crypto.randomUUID() };
    assert.equal(await ask(ada.supabase, "invest", more), "pool_paused");
    // It becomes what it was, whatever is typed.
    await may(set("status = 'running'"), "pool.resumed", pool);
    assert.equal(await statusOf(pool), "open");
  });

  await step(t, "everything else about pools is refused there, with the page that does it", async () => {
    for (
      const what of [
        "status = 'closed', closed_at = now()",
        "status = 'running'",
        "status = 'draft'",
        "manager_fee_percent = 50",
        "name = 'Mine'",
        "minimum = 1",
        "unit_price = 1000",
        "units = 5",
        `manager_id = '${ada.id}'`,
        "closing = true",
        `metadata = '{"trading": {"adapter": "http", "url": "https://example.com"}}'`,
        `status = 'paused', resumes_as = 'open', paused_by = '${ann.id}', unit_price = 5`,
      ]
    ) assert.match(await typed(`update public.pools set ${what} where id = '${pool}'`), /\/admin\/pools/, what);
    const rows = [
      `insert into public.pools (name, currency, manager_id, cycle, cutoff_lead, minimum, created_by)
        values ('By hand', 'EUR', '${ann.id}', 'daily', '1 hour', 10, '${ann.id}')`,
      `update public.pool_requests set amount = 1 where pool_id = '${pool}'`,
      `update public.pool_requests set status = 'cancelled', settled_at = now() where pool_id = '${pool}'`,
      `update public.pool_cycles set ends_at = now(), cutoff_at = now() where pool_id = '${pool}'`,
      `insert into public.pool_members (pool_id, user_id, added_by) values ('${pool}', '${ada.id}', '${ann.id}')`,
      `insert into public.pool_fee_changes (pool_id, cycle_no, manager_fee_percent, announced_by)
        values ('${pool}', 1, 50, '${ann.id}')`,
      `insert into public.pool_lots (id, pool_id, investor_id, no, units, mark, units_bought, price_bought, amount_bought,
        cycle_bought, bought_at) values (gen_random_uuid(), '${pool}', '${ada.id}', 1, 1, 100, 1, 100, 100, 1, now())`,
      `insert into public.pool_nav (pool_id, at, equity, units, unit_price) values ('${pool}', now(), 1, 1, 1)`,
      `do $$ begin update public.pools set unit_price = 1 where id = '${pool}'; end $$`,
    ];
    for (const statement of rows) assert.match(await typed(statement), /\/admin\/pools/, statement);
    for (const table of ["pools", "pool_cycles", "pool_lots", "pool_lot_changes", "pool_requests"]) {
      assert.notEqual(await typed(`truncate public.${table} cascade`), "done", table);
    }
    assert.notEqual(await typed(`delete from public.pools where id = '${pool}'`), "done");
    assert.equal(await statusOf(pool), "open");
  });

  await step(t, "it rejects a withdrawal and says why, and does nothing else to one", async () => {
    const set = (what: string) => `update public.withdrawals set ${what} where id = '${withdrawal}'`;
    for (
      const what of [
        `status = 'approved', approved_by = '${ann.id}', approved_at = now()`,
        "status = 'approved'",
        "status = 'paid', paid_at = now()",
        "destination = 'FR76 3000 6000 0112 3456'",
        "amount = 5000",
        `user_id = '${ann.id}'`,
      ]
    ) assert.match(await typed(set(what)), /\/admin\/withdrawals/, what);
    assert.match(await typed(set("status = 'rejected'")), /Give a reason/);
    const { balances } = await ask(ada.supabase, "my_wallet");
    await may(set("status = 'rejected', reason = 'Unknown account'"), "withdrawal.rejected", withdrawal);
    assert.equal((await noticesOf(ada.id, "withdrawal_rejected"))[0]?.reason, "Unknown account");
    const [after] = (await ask(ada.supabase, "my_wallet")).balances;
    assert.equal(Number(after.available) - Number(balances[0].available), 300);
  });

  await step(t, "it credits nobody, and touches no entry of the ledger nor of the audit log", async () => {
    const credit = `insert into public.credits (user_id, asset, amount, eur, status, requested_by)
      values ('${ada.id}', 'EUR', 100, 100, 'awaiting_approval', '${ann.id}')`;
    assert.match(await typed(credit), /\/admin/);
    for (
      const statement of [
        `update public.ledger_accounts set balance = balance + 1 where owner_id = '${ada.id}'`,
        "update public.ledger_entries set amount = amount",
        "delete from public.ledger_entries",
        "delete from public.ledger_transfers",
        "delete from public.ledger_holds",
        "truncate public.ledger_entries cascade",
        "update public.audit_log set actor = null",
        "delete from public.audit_log",
      ]
    ) assert.notEqual(await typed(statement), "done", statement);
    assert.deepEqual([...await sql`select * from public.ledger_check()`], []);
  });

  await step(t, "what needs an identity cannot be called without one, either", async () => {
    for (
      const call of [
        `public.admin_approve_withdrawal('${withdrawal}', gen_random_uuid())`,
        `public.admin_credit_user('${ada.id}', 'EUR', '1', gen_random_uuid())`,
        `public.admin_force_settlement('${pool}', gen_random_uuid())`,
        "public.admin_dashboard()",
      ]
    ) assert.match(await typed(`select ${call}`), /not_found/, call);
  });
});
