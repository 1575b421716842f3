import assert from "node:assert/strict";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { Dealing } from "./dealing.ts";
import { type Answer, ask, type Caller, makeCallers } from "./pool_world.ts";

const id = () => crypto.randomUUID();

/** What tests do as people. */
interface People {
  admin: Caller;
  manager: Caller;
  act: (who: Caller, name: string, args: Record<string, unknown>) => Promise<Answer>;
  newPool: (terms?: Record<string, unknown>) => Promise<string>;
}

Deno.test("nobody gets at others' money through a pool's rules", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const deal = await Dealing.open(stack);
  const [admin] = await makeCallers(sql, 1, { admin: true });
  const [manager] = await makeCallers(sql, 1);
  assert.ok(admin && manager);
  const act = (who: Caller, name: string, args: Record<string, unknown>): Promise<Answer> =>
    ask(sql, who, name, { ...args, p_client_id: id() });
  const newPool = async (terms: Record<string, unknown> = {}): Promise<string> => {
    const p_pool = { name: `Pool ${id()}`, currency: "EUR", cycle: "manual", minimum: "1", ...terms };
    return (await act(admin, "admin_create_pool", { p_pool })).pool.id;
  };
  await rounding(t, deal, stack);
  await people(t, deal, stack, { admin, manager, act, newPool });
  await step(t, "after all of it the books add up", async () => assert.deepEqual(await deal.violations(), []));
});

async function rounding(t: Deno.TestContext, deal: Dealing, { sql }: TestSupabase): Promise<void> {
  /** A pool whose unit has become so dear that its smallest part is worth a euro; one investor has all of it. */
  const dearPool = async (fee: number, money = "0.01") => {
    const { id: pool } = await deal.makePool({ fee: 0 });
    const owner = await deal.makeInvestor();
    const lot = await deal.subscribe(pool, owner, money);
    await deal.settle(pool, "0");
    for (const factor of [100, 10_000, 1_000_000]) await deal.settle(pool, (Number(money) * factor).toFixed(2));
    assert.equal((await deal.pool(pool)).unit_price, "100000000");
    await deal.byHand((tx) =>
      tx`update public.pool_cycles set manager_fee_percent = ${fee} where pool_id = ${pool} and no = 5`
    );
    return { pool, owner, lot };
  };

  await step(t, "a unit made dear takes nothing from the next one who joins", async () => {
    const { pool } = await dearPool(0);
    const bob = await deal.makeInvestor("5000");
    // One part of a unit is 1.00: of 1.99 nearly a half would be everybody else's; of 1,000.99 less than a thousandth.
    const small = await deal.subscribe(pool, bob, "1.99");
    const large = await deal.subscribe(pool, bob, "1000.99");
    await deal.settle(pool, "10000");
    assert.deepEqual(await deal.request(small), { status: "refused", reason: "amount_too_small", amount: null });
    assert.equal((await deal.lot(large)).units, "0.00001");
    assert.deepEqual([await deal.balance(bob), await deal.balance(bob, "held")], ["3999.01", "0"]);
  });

  await step(t, "nobody leaves less than a cent behind, which a single cent would multiply", async () => {
    const { id: pool } = await deal.makePool({ fee: 0 });
    const ann = await deal.makeInvestor("1000");
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    await deal.redeem(lot, "9.99999999");
    assert.deepEqual((await deal.settle(pool, "1000")).redeemed, "1000");
    assert.deepEqual([(await deal.lot(lot)).units, await deal.balance(ann)], ["0", "1000"]);
  });

  await step(t, "a fee of less than a part of a unit waits, and never takes the last part", async () => {
    // 10,000 parts; all but one leave.
    const { pool, lot } = await dearPool(15);
    await deal.redeem(lot, "0.00009999");
    await deal.settle(pool, "10000");
    assert.equal((await deal.pool(pool)).units, "0.00000001");
    const owed = async () => {
      const { mark, fees_paid, units } = await deal.lot(lot);
      return [mark, fees_paid, units];
    };
    await deal.byHand((tx) =>
      tx`update public.pool_cycles set manager_fee_percent = 15 where pool_id = ${pool} and status = 'open'`
    );
    // 15 % of 1.00 are 0.15, and the part is worth 2.00.
    assert.equal((await deal.settle(pool, "2")).fee, "0");
    assert.deepEqual(await owed(), ["100000000", "0", "0.00000001"]);
  });

  await step(t, "small lots do not pay for large ones where parts of units are coarse", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15, currency: "BTC" });
    const large = await deal.subscribe(pool, await deal.makeInvestor("1", "BTC"), "1");
    const small = await deal.subscribe(pool, await deal.makeInvestor("1", "BTC"), "0.001");
    await deal.settle(pool, "0");
    for (let cycle = 0; cycle < 20; cycle++) {
      const [row] = await sql`select trunc(private.pool_capital(${pool}, 'BTC') * 1.001, 8)::text as equity`;
      await deal.settle(pool, row?.equity);
    }
    const { unit_price } = await deal.pool(pool);
    const grown = async (lot: string, paid: number) => Number((await deal.lot(lot)).units) * Number(unit_price) / paid;
    const [ofLarge, ofSmall] = [await grown(large, 1), await grown(small, 0.001)];
    // 1.001 ** 20, less 15 % of what is new: 1.0172. A part of a unit is a thousandth of the small lot.
    assert.ok(Math.abs(ofLarge - 1.0172) < 0.0002, `large: ${ofLarge}`);
    assert.ok(Math.abs(ofSmall - 1.0172) < 0.0012, `small: ${ofSmall}`);
    const fees = Number(await deal.balance(manager, "available", "BTC"));
    assert.ok(Math.abs(fees - 0.00304) < 0.00002, `fees: ${fees}`);
  });
}

async function people(t: Deno.TestContext, deal: Dealing, { sql }: TestSupabase, world: People): Promise<void> {
  const { admin, manager, act, newPool } = world;
  await step(t, "units of a currency with many digits begin at a price that parts can say", async () => {
    const priceOf = async (currency: string) =>
      (await act(admin, "admin_create_pool", {
        p_pool: { name: `In ${currency}`, currency, cycle: "manual", minimum: "1", draft: true },
      })).pool;
    assert.deepEqual([(await priceOf("EUR")).unit_price, (await priceOf("USDT")).unit_price], ["100", "100"]);
    const { id: pool, unit_price } = await priceOf("BTC");
    assert.equal(unit_price, "1");
    const changed = await act(admin, "admin_update_pool", { p_pool_id: pool, p_changes: { currency: "EUR" } });
    assert.equal(changed.pool.unit_price, "100");
  });

  await step(t, "what is left of a lot when a redemption is cancelled is not sold by the other one", async () => {
    const [ann] = await makeCallers(sql, 1);
    assert.ok(ann);
    const pool = await newPool();
    const { investment } = await act(ann, "invest", { p_pool_id: pool, p_amount: "1000" });
    await deal.settle(pool, "0");
    const sell = async (p_units: string) =>
      (await act(ann, "redeem_investment", { p_investment_id: investment.id, p_units })).request;
    const [first, second] = [await sell("4"), await sell("6")];
    assert.equal(second.everything, true, "both are all of it");
    await act(ann, "cancel_pool_request", { p_request_id: first.id });
    assert.equal((await deal.settle(pool, "1000")).redeemed, "600");
    assert.equal((await deal.lot(investment.id)).units, "4");
  });

  await step(
    t,
    "a manager cannot pause away a settlement whose requests are locked, an administrator can",
    async () => {
      const pool = await newPool({ manager_id: manager.id });
      const pause = () => act(manager, "manage_pool", { p_pool_id: pool, p_changes: { paused: true } });
      assert.equal((await pause()).pool.status, "paused");
      await act(manager, "manage_pool", { p_pool_id: pool, p_changes: { paused: false } });
      await deal.end(pool);
      assert.equal((await pause()).code, "forbidden");
      await sql`select public.pools_due()`;
      assert.equal((await pause()).code, "forbidden");
      assert.equal(
        (await act(admin, "admin_pause_pool", { p_pool_id: pool, p_reason: null })).pool.status,
        "paused",
      );
      await act(admin, "admin_resume_pool", { p_pool_id: pool });
      await deal.settle(pool, "0");
      await act(admin, "admin_close_pool", { p_pool_id: pool });
      assert.equal((await pause()).code, "forbidden", "nor keep it from closing");
    },
  );

  await step(t, "who has left a private pool sees what it was then, not what it is", async () => {
    const [ann] = await makeCallers(sql, 1);
    assert.ok(ann);
    const pool = await newPool({ visibility: "private", manager_id: manager.id, manager_fee_percent: "0" });
    await act(admin, "admin_pool_member", { p_pool_id: pool, p_user_id: ann.id, p_add: true });
    const { investment } = await act(ann, "invest", { p_pool_id: pool, p_amount: "100" });
    const { investment: others } = await act(manager, "invest", { p_pool_id: pool, p_amount: "100" });
    await deal.settle(pool, "0");
    await act(ann, "redeem_investment", { p_investment_id: investment.id, p_units: "all" });
    await act(admin, "admin_pool_member", { p_pool_id: pool, p_user_id: ann.id, p_add: false });
    assert.equal((await deal.settle(pool, "220")).unit_price, "110");
    assert.equal((await deal.settle(pool, "150")).unit_price, "150");
    const seen = async () => [
      (await ask(sql, ann, "my_investment", { p_id: investment.id })).investment.unit_price,
      (await ask(sql, ann, "my_investments", {})).items[0].unit_price,
      (await ask(sql, ann, "my_investment_history", { p_id: investment.id })).items.at(-1).unit_price,
    ];
    assert.deepEqual(await seen(), ["110", "110", "110"]);
    assert.equal((await ask(sql, manager, "my_investment", { p_id: others.id })).investment.unit_price, "150");
  });

  await step(t, "one pool's lock and one module's garbage keep no other pool from being valued", async () => {
    const [busy, odd, well] = [await newPool(), await newPool(), await newPool()];
    const row = (pool_id: string, more = {}) => ({
      ...{ pool_id, at: new Date().toISOString(), equity: "0", exposure: null, positions: [], ...more },
    });
    // Each zero takes two characters of text, and twelve bytes of jsonb.
    const rows = [row(busy), row(odd, { positions: [Array(60_000).fill(0)] }), row(well)];
    await using one = await sql.reserve().then((own) => ({
      own,
      [Symbol.asyncDispose]: async () => {
        await own`rollback`;
        own.release();
      },
    }));
    await one.own`begin`;
    await one.own`select 1 from public.pools where id = ${busy} for no key update`;
    const [told] = await sql`select public.record_pool_nav(${deal.token}, ${sql.json(rows as never)}) as answer`;
    const answer = told?.answer;
    const codes = Object.fromEntries(answer.refused.map(({ pool_id, code }: Answer) => [pool_id, code]));
    assert.deepEqual([answer.recorded, codes[busy], codes[odd], codes[well]], [
      1,
      "equity_stale",
      "bad_request",
      undefined,
    ]);
  });
}
