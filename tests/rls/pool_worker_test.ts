import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { Dealing } from "./dealing.ts";

const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

Deno.test("the worker that runs pools is told and tells", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const deal = await Dealing.open(stack);
  const worker = createClient(stack.url, stack.secretKey, SESSIONLESS);
  const call = async (
    name: "record_pool_nav" | "report_pool_adapter" | "pools_due" | "deliver_notices",
    args: Record<string, unknown>,
  ) => {
    // deno-lint-ignore no-explicit-any -- one call for all of them: their arguments are checked by the database
    const { data, error } = await worker.rpc(name as any, args as any);
    assert.equal(error, null, error?.message ?? "");
    return data;
  };

  await step(t, "investors and managers are told what was settled", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    const ann = await deal.makeInvestor();
    await deal.byHand((tx) => tx`insert into auth.users (id, email) values (${manager}, 'manager@settled.test')`);
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    await deal.redeem(lot, "1");
    await deal.settle(pool, "1200");
    const rows = await sql`select user_id, kind, data - 'pool_id' - 'pool_name' as data from public.notifications
      where user_id in (${ann}, ${manager}) and kind <> 'kyc_changed' order by id`;
    const of = (user: string) => rows.filter(({ user_id }) => user_id === user).map(({ kind }) => kind).sort();
    assert.deepEqual(of(ann), ["fee_charged", "investment_settled", "redemption_settled"]);
    assert.deepEqual(of(manager), ["fee_received"]);
    assert.deepEqual(rows.find(({ kind }) => kind === "redemption_settled")?.data.amount, "120");
  });

  await step(t, "more than 500 are told by the worker right after, once each, of what happened then", async () => {
    await deal.byHand((tx) =>
      tx`insert into auth.users (id, email) select gen_random_uuid(), 'many' || n || '@settled.test' from generate_series(1, 1200) as n`
    );
    const [sent] = await sql`
      with users as (select array_agg(id) as ids from auth.users where email like 'many%')
      select private.notify_users(ids, 'many_told', array_fill('{}'::jsonb, array[1200])), now()::text as at, ids from users`;
    const count = async () => {
      const [row] = await sql`
        select (select count(*)::int from public.notifications where kind = 'many_told') as kept,
          (select count(distinct user_id)::int from public.notifications
            where kind = 'many_told' and read_at is null and created_at = ${sent?.at}::text::timestamptz) as users,
          (select count(*)::int from realtime.messages where payload ->> 'kind' = 'many_told') as told`;
      return [row?.kept, row?.users, row?.told];
    };
    assert.deepEqual(await count(), [0, 0, 0]);
    // Who has left meanwhile is told nothing.
    await deal.byHand((tx) => tx`delete from auth.users where id = ${sent?.ids[0]}`);
    const told = await Promise.all(Array.from({ length: 4 }, () => call("deliver_notices", {})));
    assert.deepEqual(told.toSorted(), [0, 200, 500, 500]);
    assert.deepEqual(await count(), [1199, 1199, 1199]);
    assert.equal(await call("deliver_notices", {}), 0);
    const large = sql`select private.notify_users(array_agg(id), 'many_told', array_fill(
      jsonb_build_object('text', repeat('x', 5000)), array[count(*)::integer])) from auth.users where email like 'many%'`;
    await assert.rejects(large, /too large/);
  });

  await step(t, "a worker finds what is due, and its failures are told once, at the third", async () => {
    const { id: pool, manager } = await deal.makePool();
    await deal.byHand((tx) => tx`insert into auth.users (id, email) values (${manager}, 'due@settled.test')`);
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    const find = async () =>
      (await call("pools_due", {}) as { items: Record<string, unknown>[] }).items.find(({ pool_id }) =>
        pool_id === pool
      );
    const idle = await find();
    assert.deepEqual(
      [idle?.status, idle?.due, idle?.capital, idle?.units, idle?.cycle_no, idle?.scale, idle?.adapter],
      ["running", false, "1000", "10", 2, 2, { adapter: "simulated" }],
    );
    await deal.end(pool);
    const due = await find();
    assert.deepEqual([due?.status, due?.due, due?.forced, due?.attempts], ["settling", true, true, 0]);
    const report = (p_code: string | null) =>
      call("report_pool_adapter", { p_token: deal.token, p_pool_id: pool, p_code });
    for (let n = 1; n <= 4; n++) {
      assert.deepEqual(await report("timed_out"), { adapter_status: "failing", attempts: n });
    }
    assert.deepEqual(await report(null), { adapter_status: "ok", attempts: 0 });
    const notices = await sql`select data from public.notifications where user_id = ${manager}`;
    assert.deepEqual(notices.map(({ data }) => data.code), ["timed_out"]);
    assert.equal((await deal.settleAs(pool, 2, "1000")).already, false);
    assert.equal((await find())?.status, "running");
  });

  await step(t, "what a pool is worth meanwhile is kept each ten seconds, and garbage is not", async () => {
    const { id: pool } = await deal.makePool({ movePercentMax: 50 });
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    // Closes of 100, 110 and 115.50 before today: returns 0.1 and 0.05, mean 0.075, deviation 0.0353553; times the root of
    // 365, 19.104973, that is 40.5278.
    await deal.byHand((tx) =>
      tx`insert into public.pool_nav (pool_id, at, equity, units, unit_price)
        select ${pool}, date_trunc('day', now(), 'UTC') - make_interval(days => ago) - interval '1 minute', 1000, 10, price
        from (values (2, 100), (1, 110), (0, 115.5)) as v (ago, price)`
    );
    await deal.byHand((tx) => tx`update public.pool_live set at = now() - interval '1 day' where pool_id = ${pool}`);
    await deal.byHand((tx) =>
      tx`update public.pool_cycles set opened_at = now() - interval '1 day' where pool_id = ${pool}`
    );
    await deal.byHand((tx) =>
      tx`delete from public.pool_nav where pool_id = ${pool} and at > now() - interval '10 seconds'`
    );
    const [now] = await sql`select clock_timestamp() as at`;
    const at = (ms: number) => new Date((now?.at as Date).getTime() + ms).toISOString();
    const row = (ms: number, equity: string, rest = {}) => ({
      pool_id: pool,
      at: at(ms),
      equity,
      exposure: "0.5",
      ...rest,
    });
    const record = (rows: unknown[]) => call("record_pool_nav", { p_token: deal.token, p_rows: rows });
    assert.deepEqual(await record([row(0, "1200"), row(2_000, "1080", { adapter_state: { n: 1 } })]), {
      recorded: 2,
      refused: [],
    });
    const [live] = await sql`select trim_scale(unit_price)::text as price, trim_scale(pnl)::text as pnl,
      trim_scale(drawdown)::text as drawdown, trim_scale(sharpe)::text as sharpe, adapter_status, adapter_state
      from public.pool_live where pool_id = ${pool}`;
    // 120 was the highest: 108 is a tenth below it.
    assert.deepEqual({ ...live }, {
      ...{ price: "108", pnl: "80", drawdown: "0.1", sharpe: "40.5278", adapter_status: "ok" },
      adapter_state: { n: 1 },
    });
    const points = await sql`select 1 from public.pool_nav where pool_id = ${pool} and at >= ${now?.at}`;
    assert.equal(points.length, 1, "one point in ten seconds");
    const sent = await sql`select payload from realtime.messages where topic = ${
      "pool:" + pool
    } and event = 'nav' order by inserted_at`;
    assert.deepEqual(sent.map(({ payload }) => payload.unit_price), ["120", "108"]);

    const bad: [string, unknown][] = [
      ["equity_stale", row(2_000, "1000")],
      ["equity_stale", row(-61_000, "1000")],
      ["equity_stale", row(3_600_000, "1000")],
      ["equity_implausible", row(3_000, "1500.01")],
      ["invalid_equity", row(3_000, "NaN")],
      ["invalid_equity", row(3_000, "-5")],
      ["bad_request", row(3_000, "1000", { positions: {} })],
      ["bad_request", row(3_000, "1000", { exposure: "much" })],
      ["bad_request", { ...row(3_000, "1000"), at: "soon" }],
      ["not_found", { ...row(3_000, "1000"), pool_id: crypto.randomUUID() }],
      ["bad_request", 7],
    ];
    for (const [code, each] of bad) {
      const answer = await record([each]) as { recorded: number; refused: { code: string }[] };
      assert.deepEqual([answer.recorded, answer.refused[0]?.code], [0, code], JSON.stringify(each));
    }
  });

  await step(t, "old numbers are thinned to one an hour and later to one a day, the last of each", async () => {
    const { id: pool } = await deal.makePool();
    await deal.byHand((tx) =>
      tx`insert into public.pool_nav (pool_id, at, equity, units, unit_price)
        select ${pool}, at, 1, 1, 1 from (
          select date_trunc('day', now(), 'UTC') - interval '3 days' + n * interval '10 minutes' as at from generate_series(0, 35) as n
          union all
          select date_trunc('day', now(), 'UTC') - interval '100 days' + n * interval '1 hour' from generate_series(0, 47) as n
          union all select now() - n * interval '1 minute' from generate_series(1, 9) as n) as x`
    );
    let calls = 0;
    for (let removed = 20; removed === 20; calls++) {
      const [row] = await sql`select public.thin_pool_nav(20) as removed`;
      removed = row?.removed;
    }
    // 36 in six hours leave 6, 48 in two days leave 2, today's 9 stay: 76 went, 20 at a time.
    assert.equal(calls, 4);
    const left = await sql`select at from public.pool_nav where pool_id = ${pool} order by at`;
    assert.equal(left.length, 6 + 2 + 9);
    assert.equal((left[0]?.at as Date).getUTCHours(), 23);
    assert.equal((left[2]?.at as Date).getUTCMinutes(), 50);
  });
});
