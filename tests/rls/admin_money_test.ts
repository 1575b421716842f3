import assert from "node:assert/strict";
import type postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, Dealer, makeCallers } from "./pool_world.ts";

/** Pools of the dashboard's load test, each with a month of hourly values. */
const POOLS_MANY = 60;

/** Longest the dashboard may take for {@link POOLS_MANY} pools: it is looked at many times a day. */
const DASHBOARD_ms_MAX = 1_500;

Deno.test("administrators see at a glance how the money is", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [admin] = await makeCallers(sql, 1, { eur: 0, admin: true });
  const people = await makeCallers(sql, 2, { eur: 10_000 });
  const [ada, bob] = people;
  assert.ok(admin && ada && bob);
  const dealer = await Dealer.hire(sql);
  const clientId = () => crypto.randomUUID();
  const call = async (who: Caller, name: string, args: Record<string, unknown> = {}): Promise<Answer> => {
    const answer = await ask(sql, who, name, args);
    assert.equal(answer?.code, undefined, `${name}: ${answer?.code} ${answer?.detail}`);
    return answer;
  };
  const dashboard = () => call(admin, "admin_dashboard");
  const metrics = async () => (await sql`select public.business_metrics() as m`)[0]?.m;
  const makePool = async (name: string, more: Record<string, unknown> = {}) => {
    const p_pool = { name, currency: "EUR", cycle: "manual", minimum: "0.01", manager_fee_percent: "0", ...more };
    return (await call(admin, "admin_create_pool", { p_pool, p_client_id: clientId() })).pool.id as string;
  };
  const invest = (who: Caller, p_pool_id: string, p_amount: string) =>
    call(who, "invest", { p_pool_id, p_amount, p_client_id: clientId() });
  const totals = (
    { aum_eur, pnl_today_eur, pnl_cycle_eur, rates_missing }: Answer,
  ) => [aum_eur, pnl_today_eur, pnl_cycle_eur, rates_missing];
  let alpha = "";
  let beta = "";

  await step(t, "where nothing has happened it says so, and has thirty days of nothing", async () => {
    const empty = await dashboard();
    assert.deepEqual(totals(empty), ["0", "0", "0", []]);
    assert.deepEqual([empty.pools, empty.investors, empty.active_investments, empty.ledger], [0, 0, 0, null]);
    assert.deepEqual(empty.settlement, { next: null, overdue: [], failing: [], last: [] });
    assert.equal(empty.series.length, 30);
    const today = new Date().toISOString().slice(0, 10);
    assert.deepEqual(empty.series.at(-1), { day: today, aum_eur: "0", subscribed_eur: "0", redeemed_eur: "0" });
    assert.equal((await metrics()).ledger_violations, null);
  });

  await step(t, "what pools are worth follows their adapters, and results are today's and the cycle's", async () => {
    alpha = await makePool("Alpha");
    await invest(ada, alpha, "1000");
    await invest(bob, alpha, "500");
    assert.deepEqual(totals(await dashboard()), ["0", "0", "0", []], "what waits is its owners' own");
    await dealer.settle(alpha, "0");
    assert.deepEqual(totals(await dashboard()), ["1500", "0", "0", []]);
    await dealer.value(alpha, "1530.25");
    assert.deepEqual(totals(await dashboard()), ["1530.25", "30.25", "30.25", []]);
    await dealer.settle(alpha, "1560");
    assert.deepEqual(totals(await dashboard()), ["1560", "60", "0", []], "booked today, and nothing open");
    const { investors, active_investments, settlement, series } = await dashboard();
    assert.deepEqual([investors, active_investments], [2, 2]);
    assert.deepEqual(
      settlement.last.map(({ name, no, pnl, forced }: Answer) => [name, no, pnl, forced]),
      [["Alpha", 2, "60", false], ["Alpha", 1, "0", false]],
    );
    assert.match(settlement.last[0].took_s, /^\d+(\.\d+)?$/);
    assert.deepEqual([series.at(-1).subscribed_eur, series.at(-1).redeemed_eur, series.at(-1).aum_eur], [
      ...["1500", "0", "1560"],
    ]);
  });

  await step(t, "a currency without a rate leaves no total, and is named; an old rate is none", async () => {
    beta = await makePool("Beta", { currency: "BTC" });
    await sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('BTC', 'world'), private.ledger_account('user', ${bob.id}, 'BTC', 'available')],
      array[-1::numeric, 1::numeric])`;
    await invest(bob, beta, "0.5");
    await dealer.settle(beta, "0");
    assert.deepEqual(totals(await dashboard()), [null, null, null, ["BTC"]]);
    assert.equal((await metrics()).pool_aum_eur, null);
    assert.equal((await dashboard()).series.at(-1).aum_eur, null);
    assert.equal((await dashboard()).series.at(-2).aum_eur, "0", "yesterday there was nothing to value");
    await sql`insert into public.rates (asset, eur, exchange, via, at, updated_at)
      values ('BTC', 50000, 'sim', 'BTC-EUR', now(), now() + interval '1 hour')`;
    assert.deepEqual(totals(await dashboard()), ["26560", "60", "0", []]);
    assert.deepEqual([(await metrics()).pool_aum_eur, (await metrics()).active_investments], ["26560", 3]);
    await sql`update public.rates set updated_at = now() - interval '61 seconds'`;
    assert.deepEqual((await dashboard()).rates_missing, ["BTC"]);
    await sql`update public.rates set updated_at = now() + interval '1 hour'`;
  });

  await step(t, "past days show what pools were worth at their ends, and what went in and out", async () => {
    await age(sql, alpha, 3);
    const days = Object.fromEntries(
      (await dashboard()).series.map(({ day, ...rest }: Answer) => [daysAgo(day), rest]),
    );
    assert.equal(days[4].aum_eur, "0");
    // Settled at noon three days ago; by the evening it had lost 60, and nothing was heard of it until today.
    assert.deepEqual(days[3], { aum_eur: "1440", subscribed_eur: "1500", redeemed_eur: "0" });
    assert.deepEqual(days[2], { aum_eur: "1440", subscribed_eur: "0", redeemed_eur: "0" });
    const now = await dashboard();
    // Of the 60 that were booked today, as many more were lost before midnight.
    assert.deepEqual(totals(now).slice(1, 3), ["120", "0"]);
    assert.equal(now.aum_eur, "26560");
  });

  await step(t, "a settlement that is late and an adapter that fails are named; a paused pool is neither", async () => {
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.pool_cycles c set cutoff_at = now() - interval '3 minutes', ends_at = now() - interval '3 minutes',
        attempts = 2, last_error = 'adapter_timeout' where c.pool_id = ${beta} and c.status = 'open'`;
      await tx`insert into public.pool_live (pool_id, adapter_status, adapter_error) values (${beta}, 'failing', 'adapter_timeout')
        on conflict (pool_id) do update set adapter_status = 'failing', adapter_error = 'adapter_timeout'`;
    });
    const { settlement } = await dashboard();
    assert.deepEqual(
      settlement.overdue.map(({ name, attempts, last_error }: Answer) => [name, attempts, last_error]),
      [["Beta", 2, "adapter_timeout"]],
    );
    assert.deepEqual(settlement.failing.map(({ name, error }: Answer) => [name, error]), [["Beta", "adapter_timeout"]]);
    assert.deepEqual([(await metrics()).settlements_overdue, (await metrics()).pools_failing], [1, 1]);
    await call(admin, "admin_pause_pool", { p_pool_id: beta, p_reason: "x", p_client_id: clientId() });
    const paused = await dashboard();
    assert.deepEqual([paused.settlement.overdue, paused.pools_paused], [[], 1]);
    assert.equal((await metrics()).settlements_overdue, 0);
  });

  await step(t, "what waits for administrators is counted and valued", async () => {
    await call(ada, "request_withdrawal", {
      ...{ p_asset: "EUR", p_amount: "250.5", p_destination: "DE89 3704 0044 0532 0130 00", p_client_id: clientId() },
    });
    const [other] = await makeCallers(sql, 1, { eur: 0, admin: true });
    assert.ok(other);
    const credit = { p_user_id: bob.id, p_asset: "EUR", p_amount: "5000", p_client_id: clientId() };
    await call(other, "admin_credit_user", credit);
    await sql`update public.profiles set kyc_status = 'pending' where id = ${bob.id}`;
    const { withdrawals, credits, kyc_pending } = await dashboard();
    assert.deepEqual([withdrawals.waiting, withdrawals.eur, credits.waiting, credits.eur, kyc_pending], [
      ...[1, "250.5", 1, "5000", 1],
    ]);
    const told = await metrics();
    assert.deepEqual([told.pending_withdrawals, told.pending_withdrawals_eur], [1, "250.5"]);
  });

  await step(t, "the ledger's check is kept; what it found is told once, until it holds again", async () => {
    const [lease] = await sql`select public.acquire_lease('books', gen_random_uuid(), 60000) as lease`;
    const check = async () => (await sql`select public.check_ledger(${lease?.lease.token}) as c`)[0]?.c;
    await check();
    assert.deepEqual([(await dashboard()).ledger.violations, (await dashboard()).ledger.samples], [0, []]);
    const bend = (by: number) =>
      sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`update public.ledger_accounts set balance = balance + ${by}
          where owner_id = ${ada.id} and kind = 'available' and asset = 'EUR'`;
      });
    const told = async () => (await sql`select 1 from public.notifications where kind = 'ledger_broken'`).length;
    const admins = (await sql`select 1 from public.admins`).length;
    await bend(1);
    const first = await check();
    assert.deepEqual(first.samples.map(({ violation }: Answer) => violation), ["wrong_balance"]);
    assert.equal(await told(), admins);
    const second = await check();
    assert.equal(second.broken_since, first.broken_since);
    assert.equal(await told(), admins);
    assert.equal((await dashboard()).ledger.violations, 1);
    await bend(-1);
    assert.deepEqual([(await check()).violations, (await dashboard()).ledger.broken_since], [0, null]);
  });

  await step(t, `${POOLS_MANY} pools with a month of values take no longer than ${DASHBOARD_ms_MAX} ms`, async () => {
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`insert into public.pools (name, currency, manager_id, status, cycle, cutoff_lead, minimum, created_by, units,
          unit_price, cycle_no, opened_at)
        select 'Many ' || n, 'EUR', ${admin.id}, 'running', 'daily', '1 hour', 10, ${admin.id}, 10, 100, 31, now() - interval '31 days'
        from generate_series(1, ${POOLS_MANY}::integer) as n`;
      await tx`insert into public.pool_cycles (pool_id, no, status, cutoff_at, ends_at, manager_fee_percent,
          platform_share_percent, manager_id, settled_at, equity, pnl, unit_price, fee, subscribed, redeemed)
        select p.id, n, 'settled', now() - make_interval(days => 31 - n), now() - make_interval(days => 31 - n), 15, 0, p.manager_id,
          now() - make_interval(days => 31 - n), 1000, 1, 100, 0, 0, 0
        from public.pools p, generate_series(1, 30) as n where p.name like 'Many %'`;
      await tx`insert into public.pool_nav (pool_id, at, equity, units, unit_price)
        select p.id, now() - make_interval(hours => n), 1000, 10, 100
        from public.pools p, generate_series(1, 720) as n where p.name like 'Many %'`;
    });
    await sql`analyze public.pools, public.pool_cycles, public.pool_nav`;
    const began = performance.now();
    const many = await dashboard();
    const took_ms = performance.now() - began;
    assert.equal(many.series[15].aum_eur, String(POOLS_MANY * 1_000));
    assert.ok(took_ms < DASHBOARD_ms_MAX, `${Math.round(took_ms)} ms`);
  });
});

/** Moves a pool's first settlement back to noon so many days ago, with a loss of 60 of it at six in the evening. */
async function age(sql: postgres.Sql, poolId: string, days: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`delete from public.pool_nav where pool_id = ${poolId}`;
    await tx`update public.pool_cycles set settled_at = x.at, ends_at = x.at, cutoff_at = x.at
      from (select date_trunc('day', now(), 'utc') - make_interval(days => ${days}) + interval '12 hours' as at) as x
      where pool_id = ${poolId} and no = 1`;
    await tx`insert into public.pool_nav (pool_id, at, equity, units, unit_price)
      select ${poolId}, c.settled_at + interval '6 hours', 1440, 15, 96 from public.pool_cycles c
      where c.pool_id = ${poolId} and c.no = 1`;
  });
}

function daysAgo(day: string): number {
  return Math.round((Date.parse(new Date().toISOString().slice(0, 10)) - Date.parse(day)) / 86_400_000);
}
