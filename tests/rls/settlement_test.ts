import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { Dealing } from "./dealing.ts";

/** Longest wait for a backend to be where a test wants it. */
const WAIT_MS_MAX = 20_000;

Deno.test("pools settle to the cent", async (t) => {
  await using stack = await startTestSupabase();
  const deal = await Dealing.open(stack);
  await workedExamples(t, deal);
  await edges(t, deal, stack);
  await refusals(t, deal, stack);
  await interruptions(t, deal, stack);
  await step(t, "after all of it the books add up", async () => assert.deepEqual(await deal.violations(), []));
});

async function workedExamples(t: Deno.TestContext, deal: Dealing): Promise<void> {
  await step(t, "a lot that was bought below another's mark pays for its own profit alone", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    const [ann, bob] = [await deal.makeInvestor(), await deal.makeInvestor()];
    // 1: 1,000 at 100 are 10 units.
    const annLot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    assert.deepEqual(await deal.lot(annLot), { units: "10", mark: "100", fees_paid: "0", amount_redeemed: "0" });
    // 2: 1,200 / 10 = 120. Fee 15 % x 20 x 10 = 30, which are 30 / 120 = 0.25 units. 1,170 stay for 9.75 units: 120 each.
    const second = await deal.settle(pool, "1200");
    assert.deepEqual([second.unit_price, second.pnl, second.fee, second.units], ["120", "200", "30", "9.75"]);
    assert.deepEqual(await deal.lot(annLot), { units: "9.75", mark: "120", fees_paid: "30", amount_redeemed: "0" });
    assert.equal(await deal.balance(manager), "30");
    // 3: 877.50 / 9.75 = 90: no profit, no fee. Bob's 900 are 10 units with a mark of 90.
    const bobLot = await deal.subscribe(pool, bob, "900");
    const third = await deal.settle(pool, "877.50");
    assert.deepEqual([third.unit_price, third.pnl, third.fee, third.units], ["90", "-292.5", "0", "19.75"]);
    // 4: 19.75 x 110 = 2,172.50. Ann's mark of 120 is above it: nothing. Bob: 15 % x 20 x 10 = 30; 30 / 110 = 0.272727…,
    // rounded up to 0.27272728 units, so that 9.72727272 stay.
    const fourth = await deal.settle(pool, "2172.50");
    assert.deepEqual([fourth.unit_price, fourth.fee, fourth.lots_charged], ["110", "30", 1]);
    assert.deepEqual(await deal.lot(annLot), { units: "9.75", mark: "120", fees_paid: "30", amount_redeemed: "0" });
    assert.deepEqual(await deal.lot(bobLot), {
      units: "9.72727272",
      mark: "110",
      fees_paid: "30",
      amount_redeemed: "0",
    });
    assert.equal(await deal.balance(manager), "60");
    assert.deepEqual(await deal.violations(), []);
  });

  await step(t, "a recovery costs nothing until it passes the mark, and then for what is above it alone", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    const lot = await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    // 120: 30 of fee, 9.75 units left, mark 120. Then 80 and back to 120: nothing new.
    for (const [equity, price, fee] of [["1200", "120", "30"], ["780", "80", "0"], ["1170", "120", "0"]] as const) {
      const { unit_price, fee: charged } = await deal.settle(pool, equity);
      assert.deepEqual([unit_price, charged], [price, fee]);
    }
    // 1,267.50 / 9.75 = 130. 15 % x 10 x 9.75 = 14.625, down to 14.62; 14.62 / 130 = 0.1124615…, up to 0.11246154 units.
    const last = await deal.settle(pool, "1267.50");
    assert.deepEqual([last.unit_price, last.fee], ["130", "14.62"]);
    assert.deepEqual(await deal.lot(lot), {
      units: "9.63753846",
      mark: "130",
      fees_paid: "44.62",
      amount_redeemed: "0",
    });
    assert.equal(await deal.balance(manager), "44.62");
  });

  await step(t, "two cycles of profit are charged one upon the other", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 20, platformShare: 25 });
    const ann = await deal.makeInvestor();
    const lot = await deal.subscribe(pool, ann, "500");
    await deal.settle(pool, "0");
    const before = Number(await deal.balance("00000000-0000-0000-0000-000000000000", "fees"));
    // 5 units; 800 / 5 = 160. Fee 20 % x 60 x 5 = 60, 0.375 units; 740 stay for 4.625.
    assert.deepEqual((await deal.settle(pool, "800")).fee, "60");
    // 925 / 4.625 = 200: 20 % x 40 x 4.625 = 37, 0.185 units.
    const second = await deal.settle(pool, "925");
    assert.deepEqual([second.unit_price, second.fee], ["200", "37"]);
    assert.deepEqual((await deal.lot(lot)).units, "4.44");
    // A quarter of each fee is the platform's: 15 + 9.25.
    assert.equal(await deal.balance(manager), "72.75");
    const fees = Number(await deal.balance("00000000-0000-0000-0000-000000000000", "fees"));
    assert.equal((fees - before).toFixed(2), "24.25");
  });

  await step(t, "part of a lot is sold at the price after its fee, and the rest goes on", async () => {
    const { id: pool } = await deal.makePool({ fee: 15 });
    const ann = await deal.makeInvestor("1000");
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    assert.equal(await deal.balance(ann), "0");
    // 150 a unit. Fee 15 % x 50 x 10 = 75: half a unit. Then 4 units are 600, and 5.5 stay: 825.
    const part = await deal.redeem(lot, "4");
    const settled = await deal.settle(pool, "1500");
    assert.deepEqual([settled.fee, settled.redeemed, settled.units], ["75", "600", "5.5"]);
    assert.deepEqual(await deal.lot(lot), { units: "5.5", mark: "150", fees_paid: "75", amount_redeemed: "600" });
    assert.deepEqual(await deal.request(part), { status: "settled", reason: null, amount: "600" });
    assert.equal(await deal.balance(ann), "600");
    // 200 a unit: 1,100. Fee 15 % x 50 x 5.5 = 41.25, 0.20625 units. Who asked for 5.5 gets what is left: 5.29375 x 200.
    await deal.redeem(lot, "5.5");
    assert.equal((await deal.settle(pool, "1100")).redeemed, "1058.75");
    assert.equal(await deal.balance(ann), "1658.75");
    assert.equal(await deal.balance(pool), "0");
  });

  await step(t, "everybody leaves with all there is, dust included", async () => {
    const { id: pool } = await deal.makePool({ fee: 15 });
    const investors = [await deal.makeInvestor("200"), await deal.makeInvestor("200"), await deal.makeInvestor("200")];
    const amounts = ["33.33", "33.33", "33.34"];
    const lots: string[] = [];
    for (const [i, investor] of investors.entries()) {
      lots.push(await deal.subscribe(pool, investor, amounts[i] as string));
    }
    await deal.settle(pool, "0");
    for (const lot of lots) await deal.redeem(lot, "all");
    // 100.01 for one unit in three parts. Fee 15 % x 0.01 x 1 in all: less than a cent, so nothing. 33.3333…, 33.3333… and
    // 33.3433… are rounded down to 100.00 together; the cent that is left goes to the largest remainder, 0.3334 of a cent.
    const settled = await deal.settle(pool, "100.01");
    assert.deepEqual([settled.fee, settled.redeemed, settled.units], ["0", "100.01", "0"]);
    const left = await Promise.all(investors.map((investor) => deal.balance(investor)));
    assert.deepEqual(left, ["200", "200", "200.01"]);
    assert.equal(await deal.balance(pool), "0");
    // A loss that no price can say exactly: 100 / 3 = 33.333333333333, times 3 a cent less than there is. Nobody leaves it.
    const { id: thirds } = await deal.makePool();
    const parts: string[] = [];
    for (const investor of investors) parts.push(await deal.subscribe(thirds, investor, "100"));
    await deal.settle(thirds, "0");
    for (const part of parts) await deal.redeem(part, "all");
    const last = await deal.settle(thirds, "100");
    assert.deepEqual([last.unit_price, last.redeemed], ["33.333333333333", "100"]);
    const paid = await Promise.all(parts.map(async (part) => (await deal.lot(part)).amount_redeemed));
    assert.deepEqual(paid, ["33.34", "33.33", "33.33"]);
    // An empty pool goes on at its last price: 50.005 at 100.01 would be half a unit.
    const again = await deal.subscribe(pool, investors[0] as string, "50");
    assert.equal((await deal.settle(pool, "0")).unit_price, "100.01");
    // 50 / 100.01 = 0.499950004…
    assert.equal((await deal.lot(again)).units, "0.49995");
  });

  await step(t, "the cents of a fee go to the largest remainders, and among equals to the first lot", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    const lots: string[] = [];
    for (let i = 0; i < 3; i++) lots.push(await deal.subscribe(pool, await deal.makeInvestor(), "100"));
    await deal.settle(pool, "0");
    // 0.10 of profit a unit: 1.5 cents each, 4.5 in all, 4 of which are charged: 2, 1 and 1.
    assert.equal((await deal.settle(pool, "300.30")).fee, "0.04");
    const paid = await Promise.all(lots.map(async (lot) => (await deal.lot(lot)).fees_paid));
    assert.deepEqual(paid, ["0.02", "0.01", "0.01"]);
    assert.equal(await deal.balance(manager), "0.04");
  });

  await step(t, "redemptions come before subscriptions, at one price", async () => {
    const { id: pool } = await deal.makePool({ fee: 0 });
    const [ann, bob] = [await deal.makeInvestor("1000"), await deal.makeInvestor("1000")];
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    await deal.redeem(lot, "all");
    const bobLot = await deal.subscribe(pool, bob, "1000");
    // 125 a unit: Ann takes all 1,250, Bob's 1,000 are 8 units.
    const settled = await deal.settle(pool, "1250");
    assert.deepEqual([settled.redeemed, settled.subscribed, settled.units], ["1250", "1000", "8"]);
    assert.deepEqual([await deal.balance(ann), await deal.balance(bob), await deal.balance(bob, "held")], [
      "1250",
      "0",
      "0",
    ]);
    assert.equal((await deal.lot(bobLot)).mark, "125");
    assert.equal(await deal.balance(pool), "1000");
  });
}

async function edges(t: Deno.TestContext, deal: Dealing, { sql }: TestSupabase): Promise<void> {
  await step(t, "a pool that lost everything pays nothing, gives back what waits and closes", async () => {
    const { id: pool } = await deal.makePool();
    const [ann, bob] = [await deal.makeInvestor("1000"), await deal.makeInvestor("500")];
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    const waiting = await deal.subscribe(pool, bob, "500");
    const settled = await deal.settle(pool, "0");
    assert.deepEqual([settled.unit_price, settled.pnl, settled.units], ["0", "-1000", "0"]);
    assert.deepEqual(await deal.request(waiting), { status: "refused", reason: "pool_wiped", amount: null });
    assert.deepEqual([await deal.balance(bob), await deal.balance(bob, "held")], ["500", "0"]);
    assert.equal((await deal.lot(lot)).units, "0");
    const { status, cycle_no } = await deal.pool(pool);
    assert.deepEqual([status, cycle_no], ["closed", 2]);
  });

  await step(t, "a pool that an administrator closes redeems every lot and gives back what waits", async () => {
    const { id: pool } = await deal.makePool({ fee: 15 });
    const [ann, bob] = [await deal.makeInvestor("1000"), await deal.makeInvestor("500")];
    const lots = [await deal.subscribe(pool, ann, "600"), await deal.subscribe(pool, ann, "400")];
    await deal.settle(pool, "0");
    await deal.redeem(lots[0] as string, "1");
    const waiting = await deal.subscribe(pool, bob, "500");
    await deal.byHand((tx) => tx`update public.pools set closing = true where id = ${pool}`);
    // 110: fees 9 and 6, then 985 for everybody.
    const settled = await deal.settle(pool, "1100");
    assert.deepEqual([settled.fee, settled.redeemed, settled.units], ["15", "1085", "0"]);
    assert.deepEqual(await deal.request(waiting), { status: "refused", reason: "pool_closed", amount: null });
    assert.deepEqual([await deal.balance(ann), await deal.balance(bob)], ["1085", "500"]);
    assert.equal((await deal.pool(pool)).status, "closed");
  });

  await step(t, "a pool without units is worth what it has, nothing, and its cycle passes", async () => {
    const { id: pool } = await deal.makePool();
    const settled = await deal.settle(pool, "0");
    assert.deepEqual([settled.unit_price, settled.pnl, settled.units], ["100", "0", "0"]);
    const { status, cycle_no } = await deal.pool(pool);
    assert.deepEqual([status, cycle_no], ["open", 2]);
    const no = await deal.end(pool);
    await assert.rejects(deal.settleAs(pool, no, "5"), /equity_implausible/);
  });

  await step(t, "a subscription too small for a part of a unit is given back", async () => {
    const { id: pool } = await deal.makePool({ currency: "BTC" });
    const ann = await deal.makeInvestor("1", "BTC");
    // 1e-8 / 100 = 1e-10 units: less than 1e-8.
    const request = await deal.subscribe(pool, ann, "0.00000001");
    await deal.settle(pool, "0");
    assert.deepEqual(await deal.request(request), { status: "refused", reason: "amount_too_small", amount: null });
    assert.deepEqual([await deal.balance(ann, "available", "BTC"), await deal.balance(ann, "held", "BTC")], ["1", "0"]);
  });

  await step(t, "what is announced for a cycle holds from it on, and not before", async () => {
    const { id: pool } = await deal.makePool({ fee: 10 });
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.byHand((tx) =>
      tx`insert into public.pool_fee_changes (pool_id, cycle_no, manager_fee_percent, announced_by, announced_at)
        values (${pool}, 3, 30, gen_random_uuid(), now() - interval '24 hours')`
    );
    await deal.settle(pool, "0");
    // 10 % of 100; then 30 % of what is new.
    assert.equal((await deal.settle(pool, "1100")).fee, "10");
    const { fee } = await deal.settle(pool, "1199");
    // 1,090 / 9.90909090 = 110.0000001… before; 1,199 / 9.90909090 = 121.0000001…: 30 % x 11 x 9.9090909 = 32.70.
    assert.equal(fee, "32.7");
  });

  await step(t, "a higher fee waits for a day however quickly cycles are forced, a lower one does not", async () => {
    const { id: pool } = await deal.makePool({ fee: 10 });
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.byHand((tx) =>
      tx`insert into public.pool_fee_changes (pool_id, cycle_no, manager_fee_percent, announced_by)
        values (${pool}, 2, 5, gen_random_uuid()), (${pool}, 3, 50, gen_random_uuid())`
    );
    await deal.settle(pool, "0");
    assert.equal((await deal.settle(pool, "1100")).fee, "5");
    assert.equal((await deal.settle(pool, "1195")).fee, "5", "5 % of 100: the rise waits");
    const [waits] = await sql`select cycle_no, manager_fee_percent::text as fee from public.pool_fee_changes
      where pool_id = ${pool} and cycle_no > 2`;
    assert.deepEqual(waits, { cycle_no: 5, fee: "50" });
    await deal.byHand((tx) =>
      tx`update public.pool_fee_changes set announced_at = now() - interval '24 hours' where pool_id = ${pool}`
    );
    assert.equal((await deal.settle(pool, "1290")).fee, "5", "cycle 4 keeps what it began with");
    assert.equal((await deal.settle(pool, "1385")).fee, "50");
  });

  await step(t, "cycles end at full hours, days, Mondays and months of UTC, and leave time for requests", async () => {
    const ends = async (cycle: string, lead: string, from: string) => {
      const [row] =
        await sql`select to_char(private.cycle_end(${cycle}, ${lead}::interval, ${from}::timestamptz) at time zone 'UTC',
        'YYYY-MM-DD HH24:MI') as at`;
      return row?.at;
    };
    assert.equal(await ends("hourly", "5 minutes", "2026-03-29T00:30:00Z"), "2026-03-29 01:00");
    assert.equal(await ends("hourly", "5 minutes", "2026-03-29T00:55:00Z"), "2026-03-29 02:00");
    assert.equal(await ends("daily", "1 hour", "2026-10-24T22:59:59Z"), "2026-10-25 00:00");
    assert.equal(await ends("daily", "1 hour", "2026-10-24T23:00:00Z"), "2026-10-26 00:00");
    assert.equal(await ends("weekly", "4 hours", "2026-11-20T12:00:00Z"), "2026-11-23 00:00");
    assert.equal(await ends("monthly", "1 day", "2026-12-31T12:00:00Z"), "2027-02-01 00:00");
    assert.equal(await ends("manual", "0", "2026-12-31T12:00:00Z"), null);
  });
}

async function refusals(t: Deno.TestContext, deal: Dealing, { sql }: TestSupabase): Promise<void> {
  await step(t, "what an adapter cannot mean is refused, and nothing moves", async () => {
    const { id: pool } = await deal.makePool({ movePercentMax: 50 });
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    const no = await deal.end(pool);
    const [earlier] = await sql`select ends_at - interval '1 millisecond' as at, now() + interval '1 minute' as later
      from public.pool_cycles where pool_id = ${pool} and no = ${no}`;
    for (const equity of ["NaN", "-1", "Infinity", "1e309", "", "1,000", "0x10", "1000.001", "1".repeat(16), " 1000"]) {
      await assert.rejects(deal.settleAs(pool, no, equity), /invalid_equity/, equity);
    }
    for (const equity of ["1500.01", "499.99", "0"]) {
      await assert.rejects(deal.settleAs(pool, no, equity), /equity_implausible/, equity);
    }
    await assert.rejects(deal.settleAs(pool, no, "1000", { at: earlier?.at }), /equity_stale/);
    await assert.rejects(deal.settleAs(pool, no, "1000", { at: earlier?.later }), /equity_stale/);
    await assert.rejects(deal.settleAs(pool, no, "1000", { at: "2001-01-01T00:00:00Z" }), /equity_stale/);
    await assert.rejects(deal.settleAs(pool, no, "1000", { token: deal.token - 1 }), /stale_lease/);
    await assert.rejects(deal.settleAs(pool, no + 1, "1000"), /not_found/);
    assert.equal((await deal.settleAs(pool, no, "1500")).pnl, "500");
  });

  await step(t, "a cycle that has not ended, or of a paused pool, waits", async () => {
    const { id: pool } = await deal.makePool({ cycle: "daily", cutoffLead: "1 hour" });
    await assert.rejects(deal.settleAs(pool, 1, "0"), /not_due/);
    const no = await deal.end(pool);
    await deal.byHand((tx) => tx`update public.pools set status = 'paused', resumes_as = 'open' where id = ${pool}`);
    await assert.rejects(deal.settleAs(pool, no, "0"), /pool_paused/);
    await deal.byHand((tx) => tx`update public.pools set status = 'open', resumes_as = null where id = ${pool}`);
    assert.equal((await deal.settleAs(pool, no, "0")).already, false);
    await deal.byHand((tx) => tx`update public.pools set status = 'paused', resumes_as = 'open' where id = ${pool}`);
    assert.equal((await deal.settleAs(pool, no, "0")).already, true, "what is settled answers whatever happens later");
  });
}

async function interruptions(t: Deno.TestContext, deal: Dealing, stack: TestSupabase): Promise<void> {
  await step(t, "a cycle settles once: thirty workers at once get the same answer", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    const no = await deal.end(pool);
    const wide = postgres(stack.dbUrl, { max: 30, onnotice: () => {} });
    const answers = await Promise.all(Array.from({ length: 30 }, async (_, i) => {
      // Each has heard something else.
      const [row] = await wide`select public.settle_pool(${pool}, ${no}, ${
        String(1200 + i)
      }, clock_timestamp(), ${deal.token}) as a`;
      return row?.a.settlement;
    }));
    await wide.end();
    assert.equal(answers.filter(({ already }) => !already).length, 1);
    const { already: _, ...first } = answers[0];
    for (const { already: _, ...answer } of answers) assert.deepEqual(answer, first);
    assert.equal(await deal.balance(manager), first.fee);
    const { already, ...again } = await deal.settleAs(pool, no, "1");
    assert.deepEqual([already, again], [true, first]);
  });

  await step(t, "a settlement whose backend is killed has not happened", async () => {
    const { id: pool, manager } = await deal.makePool({ fee: 15 });
    const ann = await deal.makeInvestor("2000");
    const lot = await deal.subscribe(pool, ann, "1000");
    await deal.settle(pool, "0");
    await deal.redeem(lot, "2");
    await deal.subscribe(pool, ann, "1000");
    const no = await deal.end(pool);
    const state = async () => [
      await deal.lot(lot),
      await deal.pool(pool),
      await deal.balance(ann),
      await deal.balance(ann, "held"),
      await deal.balance(pool),
      await deal.balance(manager),
    ];
    const before = await state();
    // Everything but the money is written when it comes to Ann's account, which somebody holds.
    const holder = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
    const victim = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
    try {
      await holder.begin(async (tx) => {
        await tx`select 1 from public.ledger_accounts where owner_id = ${ann} for update`;
        const [row] = await victim`select pg_backend_pid() as pid`;
        const killed = assert.rejects(
          victim`select public.settle_pool(${pool}, ${no}, '1500', clock_timestamp(), ${deal.token})`,
        );
        await waitForLock(stack.sql, row?.pid);
        await stack.sql`select pg_terminate_backend(${row?.pid})`;
        await killed;
      });
    } finally {
      await Promise.all([holder.end({ timeout: 1 }), victim.end({ timeout: 1 })]);
    }
    assert.deepEqual(await state(), before);
    assert.deepEqual(await deal.violations(), []);
    assert.equal((await deal.settleAs(pool, no, "1500")).already, false);
    assert.deepEqual(await deal.violations(), []);
  });

  await step(t, "a settlement that would make money out of nothing takes itself back", async () => {
    const { id: pool } = await deal.makePool();
    const lot = await deal.subscribe(pool, await deal.makeInvestor(), "1000");
    await deal.settle(pool, "0");
    // As if a bug, or a hand, had given somebody units.
    await deal.byHand((tx) => tx`update public.pool_lots set units = units + 1 where id = ${lot}`);
    const no = await deal.end(pool);
    await assert.rejects(deal.settleAs(pool, no, "1000"), /do not add up/);
    assert.ok((await deal.violations()).includes(`wrong_lot ${lot}`));
    await deal.byHand((tx) => tx`update public.pool_lots set units = units - 1 where id = ${lot}`);
    // A hold that is not what was asked for.
    const request = await deal.subscribe(pool, await deal.makeInvestor(), "10");
    await deal.byHand((tx) => tx`update public.pool_requests set cycle_no = ${no} where id = ${request}`);
    await deal.byHand((tx) => tx`update public.ledger_holds set remaining = 5 where subject_id = ${request}`);
    await assert.rejects(deal.settleAs(pool, no, "1000"), /holds of a cycle/);
    await deal.byHand((tx) => tx`update public.ledger_holds set remaining = 10 where subject_id = ${request}`);
    assert.equal((await deal.settleAs(pool, no, "1000")).subscribed, "10");
  });
}

/** Waits until a backend waits for a lock. */
async function waitForLock(sql: postgres.Sql, pid: number): Promise<void> {
  const endMs = performance.now() + WAIT_MS_MAX;
  while (performance.now() < endMs) {
    const [row] = await sql`select wait_event_type from pg_stat_activity where pid = ${pid}`;
    if (row?.wait_event_type === "Lock") return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Cannot find backend ${pid} waiting for a lock`);
}
