import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, Dealer, makeCallers, STRANGER } from "./pool_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";

Deno.test("what investors ask for waits for a pool's dealing point", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  // Enough connections for those who come at once.
  const many = postgres(stack.dbUrl, { max: 25, onnotice: () => {} });
  await using _ = { [Symbol.asyncDispose]: () => many.end({ timeout: 1 }) };
  const [admin] = await makeCallers(sql, 1, { admin: true });
  const [ann, bob, cleo] = await makeCallers(sql, 3);
  assert.ok(admin && ann && bob && cleo);
  const dealer = await Dealer.hire(sql);
  let pools = 0;
  const newPool = async (terms: Record<string, unknown> = {}): Promise<string> => {
    const p_pool = { name: `Pool ${pools++}`, currency: "EUR", cycle: "manual", minimum: "10", ...terms };
    return (await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: id() })).pool.id;
  };
  const invest = (who: Caller, p_pool_id: string, p_amount: string, p_client_id = id(), db = sql): Promise<Answer> =>
    ask(db, who, "invest", { p_pool_id, p_amount, p_client_id });
  const redeem = (who: Caller, p_investment_id: string, p_units: string, db = sql): Promise<Answer> =>
    ask(db, who, "redeem_investment", { p_investment_id, p_units, p_client_id: id() });
  const cancel = (who: Caller, p_request_id: string, db = sql): Promise<Answer> =>
    ask(db, who, "cancel_pool_request", { p_request_id, p_client_id: id() });
  const detail = (who: Caller, p_pool_id: string): Promise<Answer> => ask(sql, who, "pool_detail", { p_pool_id });
  const wallet = async (who: Caller) => (await ask(sql, who, "my_wallet", {})).balances[0];
  const lotOf = async (who: Caller, poolId: string, amount: string): Promise<string> =>
    (await invest(who, poolId, amount)).investment.id;
  /** A cycle of the pool that ends by itself, `inMs` from now, with its cut-off as far away. */
  const endsIn = (poolId: string, inMs: number) =>
    sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.pool_cycles c set (cutoff_at, ends_at) =
          row (clock_timestamp() + ${inMs} * interval '1 ms', clock_timestamp() + ${inMs} * interval '1 ms' + interval '1 hour')
        from public.pools p where p.id = c.pool_id and c.no = p.cycle_no and p.id = ${poolId}`;
    });
  /** A step after which the books hold. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("a subscription's money is set aside at once, and becomes units at the settlement", async () => {
    const poolId = await newPool();
    const [dora] = await makeCallers(sql, 1);
    assert.ok(dora);
    const { investment } = await invest(dora, poolId, "250.50");
    assert.deepEqual([investment.status, investment.amount, investment.units], ["queued", "250.5", null]);
    assert.deepEqual(await wallet(dora), { asset: "EUR", scale: 2, available: "749.5", held: "250.5", eur: "1000" });
    assert.equal((await dealer.settle(poolId, "0")).subscribed, "250.5");
    const told = await ask(sql, dora, "my_investment", { p_id: investment.id });
    assert.deepEqual(
      [told.investment.status, told.investment.units, told.investment.value, told.investment.no],
      ["active", "2.505", "250.5", 1],
    );
    assert.deepEqual(told.requests.map((each: Answer) => [each.kind, each.status]), [["subscribe", "settled"]]);
    assert.deepEqual(await wallet(dora), { asset: "EUR", scale: 2, available: "749.5", held: "0", eur: "749.5" });
    const kinds = await sql`select kind from notifications where user_id = ${dora.id} order by id`;
    assert.deepEqual(kinds.map(({ kind }) => kind), ["kyc_changed", "investment_queued", "investment_settled"]);
    assert.equal((await detail(STRANGER, poolId)).pool.investors, 1);
  });

  await rule("no amount that is none, none below the minimum, above the cap or above the wallet is taken", async () => {
    const poolId = await newPool({ cap: "500" });
    for (const amount of ["-1", "0", "NaN", "1e309", "Infinity", "", "10.001", `0.${"1".repeat(19)}`, " 10"]) {
      assert.equal((await invest(ann, poolId, amount)).code, "invalid_amount", amount);
    }
    assert.equal((await invest(ann, poolId, "9.99")).code, "below_minimum");
    assert.equal((await invest(ann, poolId, "500.01")).code, "cap_exceeded");
    assert.equal((await invest(ann, await newPool(), "1000.01")).code, "insufficient_funds");
    const [unknown] = await makeCallers(sql, 1, { verified: false });
    assert.ok(unknown);
    assert.equal((await invest(unknown, poolId, "10")).code, "kyc_required");
    assert.equal((await invest(ann, NOTHING, "10")).code, "not_found");
    assert.equal((await invest(ann, await newPool({ draft: true }), "10")).code, "not_found");
    assert.equal((await wallet(ann)).held, "0");
  });

  await rule("asked twice with one client id it is one investment, and with other content a conflict", async () => {
    const poolId = await newPool();
    const clientId = id();
    const answers = await Promise.all([1, 2, 3, 4].map(() => invest(bob, poolId, "20", clientId, many)));
    assert.equal(new Set(answers.map(({ investment }) => investment.id)).size, 1);
    assert.equal((await invest(bob, poolId, "21", clientId)).code, "conflict");
    assert.equal((await wallet(bob)).held, "20");
    await cancel(bob, answers[0].investment.id);
  });

  await rule("50 subscribers at once fill a cap exactly, and one who leaves makes room for one", async () => {
    const poolId = await newPool({ cap: "200" });
    const people = await makeCallers(sql, 50, { eur: 100 });
    const answers = await Promise.all(people.map((who) => invest(who, poolId, "10", id(), many)));
    const taken = answers.filter(({ investment }) => investment);
    assert.equal(taken.length, 20);
    assert.ok(answers.every(({ investment, code }) => investment || code === "cap_exceeded"));
    await dealer.settle(poolId, "0");
    assert.equal((await invest(ann, poolId, "10")).code, "cap_exceeded", "what it owns counts");
    const [first] = people.filter((_, i) => answers[i].investment);
    assert.ok(first);
    await redeem(first, answers.find(({ investment }) => investment).investment.id, "all");
    assert.equal((await invest(ann, poolId, "10")).code, "cap_exceeded", "and nobody has left yet");
    await dealer.settle(poolId, "200");
    assert.ok((await invest(ann, poolId, "10")).investment);
  });

  await rule("redemptions at once never sell more than a lot's units, waiting ones counted", async () => {
    const poolId = await newPool();
    const lot = await lotOf(cleo, poolId, "100");
    await dealer.settle(poolId, "0");
    const answers = await Promise.all(Array.from({ length: 12 }, () => redeem(cleo, lot, "0.3", many)));
    assert.equal(answers.filter(({ request }) => request).length, 3);
    assert.ok(answers.every(({ request, code }) => request || code === "units_exceeded"));
    const { request } = await redeem(cleo, lot, "all");
    assert.deepEqual([request.units, request.everything], ["0.1", true]);
    assert.equal((await redeem(cleo, lot, "all")).code, "units_exceeded");
    const { investment } = await ask(sql, cleo, "my_investment", { p_id: lot });
    assert.equal(investment.redeeming_units, "1");
    assert.equal((await dealer.settle(poolId, "100")).redeemed, "100");
    assert.equal((await redeem(cleo, lot, "0.00000001")).code, "units_exceeded");
    assert.equal((await wallet(cleo)).available, "1000");
  });

  await rule("units are a number above zero with eight digits, of one's own investment", async () => {
    const poolId = await newPool();
    const lot = await lotOf(cleo, poolId, "100");
    assert.equal((await redeem(cleo, lot, "all")).code, "not_found", "it has bought nothing yet");
    await dealer.settle(poolId, "0");
    for (const units of ["0", "-1", "NaN", "1e3", "0.000000001", "", "ALL", "Infinity"]) {
      assert.equal((await redeem(cleo, lot, units)).code, "invalid_units", units);
    }
    assert.equal((await redeem(ann, lot, "1")).code, "not_found");
    assert.equal((await redeem(cleo, NOTHING, "1")).code, "not_found");
    assert.equal((await redeem(cleo, lot, "1.00000001")).code, "units_exceeded");
    assert.equal((await redeem(cleo, lot, "1")).request.everything, true);
  });

  await rule(
    "a request is taken back before the cut-off and not after it; what comes later joins the next cycle",
    async () => {
      const poolId = await newPool({ cycle: "hourly" });
      const early = await lotOf(bob, poolId, "30");
      assert.equal((await cancel(ann, early)).code, "not_found");
      const { request } = await cancel(bob, early);
      assert.deepEqual([request.status, request.cancellable], ["cancelled", false]);
      assert.equal((await cancel(bob, early)).code, "not_waiting");
      assert.equal((await wallet(bob)).held, "0");
      const locked = await lotOf(bob, poolId, "40");
      await endsIn(poolId, 0);
      assert.equal((await cancel(bob, locked)).code, "cutoff_passed");
      const late = await invest(bob, poolId, "50");
      assert.equal(late.investment.cycle_no, 2);
      const { mine } = await detail(bob, poolId);
      assert.deepEqual(mine.waiting.map((each: Answer) => [each.cycle_no, each.cancellable]), [[1, false], [2, true]]);
      assert.equal((await cancel(bob, late.investment.id)).request.status, "cancelled");
      assert.equal((await dealer.settle(poolId, "0")).subscribed, "40");
    },
  );

  await rule("a cancellation that meets the cut-off or the settlement happens wholly or not at all", async () => {
    for (let round = 0; round < 6; round++) {
      const poolId = await newPool({ cycle: "hourly" });
      const people = await makeCallers(sql, 12, { eur: 10 });
      const lots = await Promise.all(people.map((who) => lotOf(who, poolId, "10")));
      await endsIn(poolId, 15);
      const dealing = dealer.settle(poolId, "0");
      const [settled, ...answers] = await Promise.all([
        dealing,
        ...people.map((who, i) => cancel(who, lots[i] ?? "", many)),
      ]);
      const back = answers.filter(({ request }) => request?.status === "cancelled").length;
      assert.ok(answers.every(({ request, code }) => request || ["cutoff_passed", "not_waiting"].includes(code)));
      assert.equal(Number(settled.subscribed), 10 * (12 - back), `round ${round}`);
      const sums = await sql`select sum(balance) as total from ledger_accounts a
        where a.owner_id = any(${people.map((who) => who.id)}) and a.kind = 'available'`;
      assert.equal(Number(sums[0]?.total), 10 * back);
    }
  });

  await rule(
    "subscriptions while a pool settles are in that settlement or wait for the next one, none is lost",
    async () => {
      const poolId = await newPool();
      const people = await makeCallers(sql, 40, { eur: 10 });
      const [settled, ...answers] = await Promise.all([
        dealer.settle(poolId, "0"),
        ...people.map((who) => invest(who, poolId, "10", id(), many)),
      ]);
      assert.equal(answers.filter(({ investment }) => investment).length, 40);
      const left = await sql`select 1 from public.pool_requests r join public.pools p on p.id = r.pool_id
      where p.id = ${poolId} and r.status = 'queued' and r.cycle_no < p.cycle_no`;
      assert.equal(left.length, 0, "nobody slips in behind the cut-off of what is being settled");
      const again = await dealer.settle(poolId, (capital) => capital);
      assert.equal(Number(settled.subscribed) + Number(again.subscribed), 400);
      assert.equal((await detail(STRANGER, poolId)).pool.investors, 40);
    },
  );

  await rule("nobody has more than fifty requests waiting", async () => {
    const poolId = await newPool();
    const lot = await lotOf(ann, poolId, "100");
    await dealer.settle(poolId, "0");
    const waiting = (await ask(sql, ann, "my_investments", {})).items.filter((each: Answer) =>
      each.status === "queued"
    ).length;
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`insert into public.pool_requests (pool_id, investor_id, kind, cycle_no, lot_id, units)
        select ${poolId}, ${ann.id}, 'redeem', 2, ${lot}, 0.00000001 from generate_series(1, ${
        50 - waiting - 1
      }::integer)`;
    });
    const answers = await Promise.all([redeem(ann, lot, "0.1", many), invest(ann, poolId, "10", id(), many)]);
    assert.deepEqual(answers.map(({ code }) => code).filter(Boolean), ["request_limit"]);
  });

  await rule("the fee that a settlement would take now is told lot by lot, above each lot's own mark", async () => {
    const poolId = await newPool({ manager_fee_percent: "20" });
    const [eve] = await makeCallers(sql, 1, { eur: 10_000 });
    assert.ok(eve);
    const first = await lotOf(eve, poolId, "1000");
    await dealer.settle(poolId, "0");
    await lotOf(eve, poolId, "600");
    // 10 units of 120: the first lot pays 20 % of 200 = 40, a third of a unit, and its mark is 120.
    await dealer.settle(poolId, "1200");
    await dealer.value(poolId, "1846");
    const { mine, live, pool } = await detail(eve, poolId);
    // 9.66666666 + 5 units, 1846 / 14.66666666 = 125.863636420847…
    assert.deepEqual([pool.unit_price, pool.settled_price, live.pnl], ["125.863636420847", "120", "86"]);
    assert.deepEqual(
      mine.lots.map((
        lot: Answer,
      ) => [lot.units, lot.mark, lot.value, lot.gain, lot.new_profit, lot.fee_now, lot.fees_paid]),
      [
        // 9.66666666 × 5.863636420847 = 56.6818…, of which 20 % are 11.33636…
        ["9.66666666", "120", "1216.68", "216.68", "56.68", "11.33", "40"],
        // 5 × 5.863636420847 = 29.3181…, 5.86363…
        ["5", "120", "629.32", "29.32", "29.32", "5.86", "0"],
      ],
    );
    assert.deepEqual(
      [mine.units, mine.value, mine.gain, mine.fee_now, mine.fees_paid],
      ["14.66666666", "1846", "246", "17.19", "40"],
    );
    const { items } = await ask(sql, eve, "my_investment_history", { p_id: first, p_points: 10 });
    assert.deepEqual(items.map((each: Answer) => [each.kind, each.units, each.value]), [
      ["bought", "10", "1000"],
      ["charged", "9.66666666", "1160"],
      [null, "9.66666666", "1216.68"],
    ]);
    const other = await newPool();
    await lotOf(eve, other, "200");
    await dealer.settle(other, "0");
    await invest(eve, other, "50");
    await dealer.value(poolId, "1846", { at: new Date().toISOString() });
    const all = await ask(sql, eve, "my_value_history", { p_points: 50 });
    assert.deepEqual([all.currency, all.totals], ["EUR", [{
      ...{ currency: "EUR", investments: 4, value: "2046", paid_in: "1800", gain: "246", gain_percent: "13.6667" },
      ...{ fees_paid: "40", waiting: "50" },
    }]]);
    assert.equal(all.items.length, 50);
    assert.deepEqual([all.items[0].value, all.items.at(-1).value], ["1000", "2046"]);
    const values = new Set(all.items.map((each: Answer) => each.value));
    assert.ok(values.has("1760") || values.has("1846"), "between the settlements, by one of them or by what was told");
    for (const p_points of [1, 501, null]) {
      assert.equal((await ask(sql, eve, "my_value_history", { p_points })).code, "invalid_limit");
    }
    const told = await dealer.settle(poolId, "1846");
    assert.ok(Math.abs(Number(told.fee) - 17.19) <= 0.0101, told.fee);
  });

  await rule(
    "a private pool is not there for strangers, by its page, its list, its topic or a subscription",
    async () => {
      const poolId = await newPool({ visibility: "private" });
      const [friend, stranger] = await makeCallers(sql, 2);
      assert.ok(friend && stranger);
      const reads = (who: Caller, p_pool_id: string) =>
        Promise.all([
          ...["pool_detail", "pool_performance", "pool_positions"].map((name) => ask(sql, who, name, { p_pool_id })),
          invest(who.id === "" ? stranger : who, p_pool_id, "10"),
        ]);
      const canReadTopic = async (who: Caller) => {
        const [row] = await sql.begin(async (tx) => {
          await tx`select set_config('request.jwt.claims', ${JSON.stringify(who.claims)}, true)`;
          return await tx`select coalesce(private.can_read_topic(${"pool:" + poolId}), false) as may`;
        });
        return row?.may;
      };
      const listed = async (who: Caller, p_scope = "all") =>
        (await ask(sql, who, "pools_page", { p_scope, p_limit: 200 })).items.some((each: Answer) => each.id === poolId);
      for (const who of [stranger, STRANGER]) {
        assert.deepEqual(await reads(who, poolId), await reads(who, NOTHING));
        assert.equal((await detail(who, poolId)).code, "not_found");
        assert.deepEqual([await canReadTopic(who), await listed(who)], [false, false]);
      }
      const member = (p_add: boolean) =>
        ask(sql, admin, "admin_pool_member", { p_pool_id: poolId, p_user_id: friend.id, p_add, p_client_id: id() });
      await member(true);
      assert.deepEqual([await canReadTopic(friend), await listed(friend), await listed(friend, "mine")], [
        true,
        true,
        false,
      ]);
      const { investment } = await invest(friend, poolId, "10");
      await member(false);
      // Whoever has money in it sees it.
      assert.deepEqual([await canReadTopic(friend), await listed(friend, "mine")], [true, true]);
      await cancel(friend, investment.id);
      assert.deepEqual([(await detail(friend, poolId)).code, await canReadTopic(friend)], ["not_found", false]);
      assert.equal((await ask(sql, friend, "my_investment", { p_id: investment.id })).investment.status, "cancelled");
      assert.equal((await detail(admin, poolId)).pool.id, poolId);
      assert.equal((await ask(sql, stranger, "my_investment", { p_id: investment.id })).code, "not_found");
    },
  );

  await rule("what takes no more money is not among the open pools: full, closing or paused ones", async () => {
    const [investor] = await makeCallers(sql, 1, { eur: 1_000 });
    assert.ok(investor);
    const isOpen = async (poolId: string) =>
      (await ask(sql, investor, "pools_page", { p_scope: "open", p_limit: 200 })).items
        .some((each: Answer) => each.id === poolId);
    const capped = await newPool({ minimum: "10", cap: "100" });
    await invest(investor, capped, "85");
    assert.equal(await isOpen(capped), true, "15 are left");
    const { investment } = await invest(investor, capped, "10");
    assert.equal(await isOpen(capped), false, "5 are less than the minimum");
    assert.equal((await invest(investor, capped, "10")).code, "cap_exceeded");
    await cancel(investor, investment.id);
    assert.equal(await isOpen(capped), true);
    for (const [name, more] of [["admin_pause_pool", { p_reason: null }], ["admin_close_pool", {}]] as const) {
      const poolId = await newPool();
      assert.equal(await isOpen(poolId), true);
      await ask(sql, admin, name, { p_pool_id: poolId, p_client_id: id(), ...more });
      assert.equal(await isOpen(poolId), false, name);
    }
  });

  await rule("lists go on at their cursors, and refuse what is no cursor, limit or scope of theirs", async () => {
    const found: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer = await ask(sql, STRANGER, "pools_page", { p_limit: 2, p_cursor: cursor });
      found.push(...page.items.map((each: Answer) => each.id));
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < 100);
    const rows =
      await sql`select id from pools where visibility = 'public' and status not in ('draft', 'closed') order by id desc`;
    assert.deepEqual(found, rows.map((row) => row.id));
    const refusals: [string, Record<string, unknown>, string][] = [
      ["pools_page", { p_limit: 201 }, "invalid_limit"],
      ["pools_page", { p_cursor: "x" }, "invalid_cursor"],
      ["pools_page", { p_scope: "none" }, "bad_request"],
      ["my_investments", { p_limit: 0 }, "invalid_limit"],
      ["pool_performance", { p_pool_id: found[0], p_points: 1001 }, "invalid_limit"],
    ];
    for (const [name, args, code] of refusals) assert.equal((await ask(sql, ann, name, args)).code, code, name);
    const one = await ask(sql, ann, "my_investments", { p_limit: 1 });
    const two = await ask(sql, ann, "my_investments", { p_limit: 1, p_cursor: one.next_cursor });
    assert.ok(two.items[0].id < one.items[0].id);
  });
});
