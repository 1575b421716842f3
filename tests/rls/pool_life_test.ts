import assert from "node:assert/strict";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, Dealer, makeCallers, STRANGER } from "./pool_world.ts";

const id = () => crypto.randomUUID();
const TERMS = { currency: "EUR", cycle: "manual", minimum: "10" };

Deno.test("a pool's life is led by administrators, within bounds by its manager, and hardly by hand", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [admin] = await makeCallers(sql, 1, { admin: true });
  const [ann, manager] = await makeCallers(sql, 2);
  assert.ok(admin && ann && manager);
  const dealer = await Dealer.hire(sql);
  let pools = 0;
  const create = (terms: Record<string, unknown> = {}, who = admin): Promise<Answer> =>
    ask(sql, who, "admin_create_pool", { p_pool: { name: `Pool ${pools++}`, ...TERMS, ...terms }, p_client_id: id() });
  const newPool = async (terms: Record<string, unknown> = {}): Promise<string> => (await create(terms)).pool.id;
  const lead = (
    verb: string,
    p_pool_id: string,
    more: Record<string, unknown> = {},
    who: Caller = admin,
  ): Promise<Answer> => ask(sql, who, `admin_${verb}`, { p_pool_id, p_client_id: id(), ...more });
  const pause = (poolId: string, reason: string | null = null) => lead("pause_pool", poolId, { p_reason: reason });
  const manage = (p_pool_id: string, p_changes: Record<string, unknown>, who: Caller = manager): Promise<Answer> =>
    ask(sql, who, "manage_pool", { p_pool_id, p_changes, p_client_id: id() });
  const invest = (p_pool_id: string, p_amount: string, who: Caller = ann): Promise<Answer> =>
    ask(sql, who, "invest", { p_pool_id, p_amount, p_client_id: id() });
  const redeem = (p_investment_id: string, p_units = "all"): Promise<Answer> =>
    ask(sql, ann, "redeem_investment", { p_investment_id, p_units, p_client_id: id() });
  const cancel = (p_request_id: string): Promise<Answer> =>
    ask(sql, ann, "cancel_pool_request", { p_request_id, p_client_id: id() });
  const detail = (p_pool_id: string, who: Caller = STRANGER): Promise<Answer> =>
    ask(sql, who, "pool_detail", { p_pool_id });
  const noticesOf = async (who: Caller, poolId: string): Promise<string[]> =>
    (await sql`select kind from notifications where user_id = ${who.id} and data ->> 'pool_id' = ${poolId} order by id`)
      .map(({ kind }) => kind);
  const written = async (poolId: string): Promise<string[]> =>
    (await sql`select action from audit_log where subject_id = ${poolId} and action like 'pool.%' order by at`)
      .map(({ action }) => action);
  /** A step after which the books hold. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("a draft is nobody's but its manager's, is opened once, and a closed draft shows to nobody", async () => {
    const { pool } = await create({ draft: true, manager_id: manager.id });
    assert.deepEqual([pool.status, pool.settles_at], ["draft", null]);
    assert.equal((await detail(pool.id)).code, "not_found");
    assert.equal((await detail(pool.id, manager)).pool.status, "draft");
    assert.equal((await pause(pool.id)).code, "pool_not_open");
    assert.equal((await lead("force_settlement", pool.id)).code, "pool_not_open");
    const opened = await lead("open_pool", pool.id);
    assert.deepEqual([opened.pool.status, opened.cycle.no, opened.cycle.status], ["open", 1, "open"]);
    assert.equal((await lead("open_pool", pool.id)).code, "not_waiting");
    assert.deepEqual(await written(pool.id), ["pool.created", "pool.opened"]);
    const thrown = await newPool({ draft: true });
    assert.equal((await lead("close_pool", thrown)).pool.status, "closed");
    assert.equal((await detail(thrown)).code, "not_found");
    assert.equal((await lead("open_pool", thrown)).code, "not_waiting");
  });

  await rule("terms that are none are refused with what is wrong, and a name is one pool's", async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ name: "ab" }, "invalid_pool"],
      [{ name: "x".repeat(61) }, "invalid_pool"],
      [{ name: null }, "invalid_pool"],
      [{ currency: "DOGE" }, "unknown_asset"],
      [{ cycle: "yearly" }, "invalid_pool"],
      [{ cycle: "hourly", cutoff_lead_s: 3600 }, "invalid_pool"],
      [{ minimum: "0" }, "invalid_amount"],
      [{ minimum: null }, "invalid_amount"],
      [{ minimum: "10.001" }, "invalid_amount"],
      [{ cap: "9" }, "invalid_pool"],
      [{ cap: "NaN" }, "invalid_amount"],
      [{ manager_fee_percent: "50.01" }, "invalid_pool"],
      [{ manager_fee_percent: "-1" }, "invalid_pool"],
      [{ manager_fee_percent: "NaN" }, "invalid_pool"],
      [{ platform_share_percent: "101" }, "invalid_pool"],
      [{ visibility: "secret" }, "invalid_pool"],
      [{ manager_id: id() }, "invalid_pool"],
      [{ units: "1000" }, "invalid_pool"],
      [{ description: "x".repeat(2_001) }, "invalid_pool"],
      [{ metadata: { trading: { adapter: "shell" } } }, "invalid_pool"],
      [{ metadata: { trading: { adapter: "http" } } }, "invalid_pool"],
      [{ metadata: { trading: { adapter: "http", url: "https://me:secret@module.example" } } }, "invalid_pool"],
      [{ metadata: { trading: { adapter: "http", url: "file:///etc/passwd" } } }, "invalid_pool"],
      [{ metadata: [] }, "invalid_pool"],
    ];
    for (const [terms, code] of wrong) assert.equal((await create(terms)).code, code, JSON.stringify(terms));
    assert.equal((await ask(sql, admin, "admin_create_pool", { p_pool: [], p_client_id: id() })).code, "bad_request");
    const { pool } = await create({ name: "One of its kind", cap: "500", manager_fee_percent: 12.5, cycle: "daily" });
    assert.deepEqual([pool.cap, pool.manager_fee_percent, pool.cutoff_lead_s], ["500", "12.5", 3600]);
    assert.equal((await create({ name: "one of its KIND" })).code, "name_taken");
    assert.equal((await lead("update_pool", await newPool(), { p_changes: { name: pool.name } })).code, "name_taken");
    assert.equal((await lead("update_pool", pool.id, { p_changes: { currency: "BTC" } })).code, "invalid_pool");
    const { pool: changed } = await lead("update_pool", pool.id, { p_changes: { cap: null, description: "Calm" } });
    assert.deepEqual([changed.cap, changed.description, changed.minimum], [null, "Calm", "10"]);
  });

  await rule("a paused pool takes nothing in and settles nothing; what wants out may queue", async () => {
    const poolId = await newPool();
    const { investment } = await invest(poolId, "100");
    await dealer.settle(poolId, "0");
    const waiting = await invest(poolId, "20");
    const { pool } = await pause(poolId, "The venue is down");
    assert.deepEqual([pool.status, pool.paused_reason], ["paused", "The venue is down"]);
    assert.equal((await pause(poolId)).pool.status, "paused", "paused it stays");
    assert.equal((await invest(poolId, "20")).code, "pool_paused");
    assert.equal((await lead("force_settlement", poolId)).code, "pool_paused");
    assert.equal((await lead("close_pool", poolId)).code, "pool_paused");
    await assert.rejects(dealer.settle(poolId, "100"), /pool_paused/);
    const { request } = await redeem(investment.id);
    assert.deepEqual(
      [request.status, request.cycle_no],
      ["queued", 3],
      "the cycle that was to settle has passed its cut-off",
    );
    assert.equal((await cancel(request.id)).request.status, "cancelled");
    assert.equal((await lead("resume_pool", poolId)).pool.status, "running");
    assert.equal((await cancel(waiting.investment.id)).code, "cutoff_passed", "as before the pause");
    assert.equal((await dealer.settle(poolId, "100")).subscribed, "20");
    assert.deepEqual((await noticesOf(ann, poolId)).filter((kind) => kind.startsWith("pool_")), [
      "pool_paused",
      "pool_resumed",
    ]);
  });

  await rule("in a pause what waits can be taken back, and no price from before its end is dealt at", async () => {
    for (const [cycle, ahead_ms] of [["manual", 0], ["daily", 3_600_000]] as const) {
      const poolId = await newPool({ cycle });
      await invest(poolId, "100");
      await dealer.settle(poolId, "0");
      const [taken, kept] = [(await invest(poolId, "20")).investment.id, (await invest(poolId, "30")).investment.id];
      await sql.begin(async (tx) => {
        // As if the cycle had ended by itself, or been ended.
        await tx`set local session_replication_role = replica`;
        await tx`update pool_cycles set cutoff_at = now() - interval '2 hours', ends_at = now() - interval '1 hour',
          forced_by = ${cycle === "manual" ? admin.id : null} where pool_id = ${poolId} and no = 2`;
      });
      await sql`select public.pools_due()`;
      assert.equal((await cancel(taken)).code, "cutoff_passed");
      await pause(poolId);
      const { mine } = await detail(poolId, ann);
      assert.deepEqual(mine.waiting.map((each: Answer) => each.cancellable), [true, true]);
      assert.equal((await cancel(taken)).request.status, "cancelled");
      const before = Date.now();
      const { cycle: resumed } = await lead("resume_pool", poolId);
      const ends = Date.parse(resumed.ends_at);
      assert.ok(ends >= before + ahead_ms - 1_000 && ends <= Date.now() + ahead_ms + 1_000, resumed.ends_at);
      assert.equal((await cancel(kept)).code, "cutoff_passed");
      assert.equal((await invest(poolId, "10")).investment.cycle_no, 3);
      assert.equal((await dealer.settle(poolId, "100")).subscribed, "30");
    }
  });

  await rule("a pause before the cut-off moves no dealing point", async () => {
    const poolId = await newPool({ cycle: "weekly" });
    const { cycle } = await pause(poolId);
    assert.equal((await lead("resume_pool", poolId)).cycle.ends_at, cycle.ends_at);
  });

  await rule("each piece of news is told once: a settlement's state, and the end of a pool", async () => {
    const states = async (poolId: string): Promise<string[]> =>
      (await sql`select payload from realtime.messages where topic = ${"pool:" + poolId} and event = 'state'
        order by inserted_at, id`).map(({ payload }) => `${payload.status} ${payload.cycle_no}`);
    for (const equity of ["110", "0"]) {
      const poolId = await newPool({ manager_id: manager.id, equity_move_percent_max: "100" });
      await invest(poolId, "100");
      await dealer.settle(poolId, "0");
      const told = await states(poolId);
      assert.deepEqual(told.slice(-2), ["settling 1", "running 2"]);
      assert.equal(new Set(told).size, told.length, told.join());
      await lead("close_pool", poolId);
      await dealer.settle(poolId, equity);
      assert.deepEqual((await states(poolId)).slice(told.length), ["running 2", "settling 2", "closed 2"]);
      for (const who of [ann, manager]) {
        const kinds: string[] = await noticesOf(who, poolId);
        assert.equal(kinds.filter((kind) => kind === "pool_closed").length, 1);
      }
    }
  });

  await rule("a forced settlement ends the cycle now, once, and wakes the worker", async () => {
    const poolId = await newPool({ cycle: "weekly" });
    await invest(poolId, "10");
    const { cycle } = await lead("force_settlement", poolId);
    assert.ok(Date.parse(cycle.ends_at) <= Date.now() + 1_000 && cycle.cutoff_at === cycle.ends_at);
    assert.equal(
      (await lead("force_settlement", poolId)).cycle.ends_at,
      cycle.ends_at,
      "what has ended is due as it is",
    );
    const [wake] =
      await sql`select payload from realtime.messages where topic = 'worker' and payload ->> 'pools' = ${poolId}`;
    assert.ok(wake);
    const [row] = await sql`select forced_by from pool_cycles where pool_id = ${poolId} and no = 1`;
    assert.equal(row?.forced_by, admin.id);
    assert.equal((await invest(poolId, "10")).investment.cycle_no, 2, "the price can be known");
    await dealer.settle(poolId, "0");
    assert.equal((await detail(poolId)).cycle.no, 2);
  });

  await rule(
    "a closing pool takes nothing more, pays everybody out and what waits back, and stays closed",
    async () => {
      const poolId = await newPool();
      const { investment } = await invest(poolId, "100");
      await dealer.settle(poolId, "0");
      await invest(poolId, "50");
      const { pool } = await lead("close_pool", poolId);
      assert.deepEqual([pool.status, pool.closing], ["running", true]);
      assert.equal((await invest(poolId, "10")).code, "pool_not_open");
      assert.equal((await redeem(investment.id)).code, "pool_not_open");
      await dealer.settle(poolId, "110");
      const { pool: closed, cycle, mine } = await detail(poolId, ann);
      assert.deepEqual([closed.status, closed.size, closed.investors, cycle, mine.units], [
        "closed",
        "0",
        0,
        null,
        "0",
      ]);
      const { items } = await ask(sql, ann, "my_investments", { p_pool_id: poolId });
      assert.deepEqual(
        items.map((each: Answer) => [each.status, each.amount, each.reason, each.amount_redeemed]),
        [["refused", "50", "pool_closed", null], ["redeemed", "100", null, "108.5"]],
      );
      for (const verb of ["open_pool", "resume_pool", "force_settlement", "close_pool"]) {
        assert.ok(["pool_not_open", "not_waiting"].includes((await lead(verb, poolId)).code), verb);
      }
      await assert.rejects(
        sql`update pools set status = 'open', closed_at = null where id = ${poolId}`,
        /\/admin|stays closed/,
      );
      assert.ok((await noticesOf(ann, poolId)).includes("pool_closed"));
    },
  );

  await rule(
    "a higher fee comes two cycles after whoever joins now, a lower one with the next; none is retroactive",
    async () => {
      const poolId = await newPool({ manager_fee_percent: "10" });
      await invest(poolId, "100");
      await dealer.settle(poolId, "0");
      const announce = async (fee: string) => {
        await lead("update_pool", poolId, { p_changes: { manager_fee_percent: fee } });
        const { pool, fee_changes } = await detail(poolId);
        return [
          pool.manager_fee_percent,
          ...fee_changes.map((each: Answer) => `${each.cycle_no}: ${each.manager_fee_percent}`),
        ];
      };
      assert.deepEqual(await announce("30"), ["10", "4: 30"]);
      assert.deepEqual(await announce("20"), ["10", "4: 20"], "the newest word stands");
      assert.deepEqual(await announce("20"), ["10", "4: 20"], "and said again is no news");
      assert.deepEqual(await announce("5"), ["10", "3: 5"], "and a lower one does not wait for a higher one");
      assert.deepEqual(await announce("20"), ["10", "3: 5", "4: 20"], "what was promised until then stays promised");
      await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`update public.pool_fee_changes set announced_at = now() - interval '24 hours' where pool_id = ${poolId}`;
      });
      assert.equal((await dealer.settle(poolId, "110")).fee, "1", "cycle 2 charges what it began with");
      assert.equal((await detail(poolId)).pool.manager_fee_percent, "5");
      assert.equal((await dealer.settle(poolId, (capital) => capital + 10)).fee, "0.5");
      assert.equal((await detail(poolId)).pool.manager_fee_percent, "20");
      assert.equal((await dealer.settle(poolId, (capital) => capital + 10)).fee, "2");
      assert.equal((await detail(poolId)).pool.manager_fee_percent, "20", "and holds on");
      assert.equal((await noticesOf(ann, poolId)).filter((kind) => kind === "fee_announced").length, 4);
    },
  );

  await rule("a rise announced after the cut-off is two cycles away from those who join the next one", async () => {
    const poolId = await newPool({ manager_fee_percent: "10" });
    await lead("force_settlement", poolId);
    await lead("update_pool", poolId, { p_changes: { manager_fee_percent: "11" } });
    assert.deepEqual((await detail(poolId)).fee_changes.map((each: Answer) => each.cycle_no), [4]);
  });

  await rule(
    "a manager changes words, minimum, members and fee of the own pool, and resumes what the manager paused",
    async () => {
      const poolId = await newPool({ manager_id: manager.id, visibility: "private" });
      const { pool } = await manage(poolId, { description: "Mine", minimum: "25", add_members: [ann.id] });
      assert.deepEqual([pool.description, pool.minimum], ["Mine", "25"]);
      const { items: [mine] } = await ask(sql, manager, "my_managed_pools", {});
      assert.deepEqual([mine.id, mine.members.map((each: Answer) => each.user_id)], [poolId, [ann.id]]);
      assert.ok((await invest(poolId, "25")).investment);
      for (
        const changes of [{ cap: "1" }, { status: "closed" }, { manager_id: ann.id }, { platform_share_percent: "0" }]
      ) {
        assert.equal((await manage(poolId, changes)).code, "invalid_pool", JSON.stringify(changes));
      }
      assert.equal((await manage(poolId, { add_members: ["x"] })).code, "bad_request");
      assert.equal((await manage(poolId, { description: "Not mine" }, ann)).code, "not_found");
      const byPassword = { ...manager, claims: { ...manager.claims, aal: "aal1", amr: [] } };
      assert.equal((await manage(poolId, { manager_fee_percent: "16" }, byPassword)).code, "step_up_required");
      assert.ok((await manage(poolId, { manager_fee_percent: "16" })).pool);
      assert.deepEqual((await detail(poolId, ann)).fee_changes.map((each: Answer) => each.manager_fee_percent), ["16"]);
      assert.equal((await manage(poolId, { paused: true, reason: "Holidays" })).pool.status, "paused");
      assert.equal((await manage(poolId, { paused: false })).pool.status, "open");
      await pause(poolId);
      assert.equal((await manage(poolId, { paused: false })).code, "forbidden");
      assert.equal((await detail(poolId, ann)).pool.status, "paused");
    },
  );

  await rule("administrators alone lead pools, what moves money with a fresh second factor", async () => {
    const poolId = await newPool();
    const hourOld = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) - 3_600 }];
    const before = { ...admin, claims: { ...admin.claims, amr: hourOld } };
    const acts: [string, Record<string, unknown>, string][] = [
      ["open_pool", {}, "step_up_required"],
      ["update_pool", { p_changes: {} }, "step_up_required"],
      ["force_settlement", {}, "step_up_required"],
      ["close_pool", {}, "step_up_required"],
      ["pause_pool", { p_reason: null }, "ok"],
      ["resume_pool", {}, "ok"],
      ["pool_member", { p_user_id: ann.id, p_add: true }, "ok"],
    ];
    for (const [verb, more, outcome] of acts) {
      assert.equal((await lead(verb, poolId, more, manager)).code, "not_found", verb);
      assert.equal((await lead(verb, poolId, more, before)).code ?? "ok", outcome, verb);
    }
    assert.equal((await create({}, manager)).code, "not_found");
    assert.equal((await ask(sql, manager, "admin_pools", {})).code, "not_found");
    const { items } = await ask(sql, before, "admin_pools", { p_status: "open", p_limit: 200 });
    assert.ok(items.some((each: Answer) => each.id === poolId));
    assert.deepEqual((await ask(sql, before, "admin_pool", { p_pool_id: poolId })).members.length, 1);
  });

  await rule(
    "by hand a pool is paused and resumed, which is written down; all else is refused and names /admin",
    async () => {
      const poolId = await newPool();
      const { investment } = await invest(poolId, "10");
      await dealer.settle(poolId, "0");
      await sql`update pools set status = 'paused', paused_reason = 'By hand' where id = ${poolId}`;
      assert.deepEqual(await invest(poolId, "10").then(({ code }) => code), "pool_paused");
      await sql`update pools set status = 'open' where id = ${poolId}`;
      assert.equal((await detail(poolId)).pool.status, "running", "what it was, not what was typed");
      assert.deepEqual((await written(poolId)).slice(-2), ["pool.paused", "pool.resumed"]);
      assert.deepEqual((await noticesOf(ann, poolId)).slice(-2), ["pool_paused", "pool_resumed"]);
      const attacks = [
        `update pools set unit_price = 200 where id = '${poolId}'`,
        `update pools set status = 'closed', closed_at = now() where id = '${poolId}'`,
        `update pools set status = 'paused', manager_fee_percent = 50 where id = '${poolId}'`,
        `do $$ begin update public.pools set cap = 1000000 where id = '${poolId}'; end $$`,
        `insert into pools (name, currency, manager_id, cycle, cutoff_lead, minimum, created_by)
        values ('By hand', 'EUR', '${ann.id}', 'manual', '0', 1, '${ann.id}')`,
        `update pool_lots set units = units * 2 where id = '${investment.id}'`,
        `update pool_requests set status = 'cancelled', settled_at = now() where pool_id = '${poolId}'`,
        `update pool_cycles set manager_fee_percent = 0 where pool_id = '${poolId}'`,
        `update pool_lot_changes set amount = 0 where lot_id = '${investment.id}'`,
        `insert into pool_members (pool_id, user_id, added_by) values ('${poolId}', '${ann.id}', '${ann.id}')`,
        `insert into pool_fee_changes values ('${poolId}', 9, 0, now(), '${ann.id}')`,
        `update pool_live set unit_price = 1 where pool_id = '${poolId}'`,
        `delete from pool_nav where pool_id = '${poolId}'`,
      ];
      for (const attack of attacks) await assert.rejects(sql.unsafe(attack), /\/admin/, attack);
      for (const table of ["pools", "pool_lots", "pool_cycles", "pool_requests", "pool_lot_changes"]) {
        await assert.rejects(sql.unsafe(`delete from ${table}`), /stay in the books|\/admin/, table);
      }
    },
  );

  await rule("whoever looks at a pool hears how it stands, on its topic", async () => {
    const poolId = await newPool();
    await pause(poolId);
    const [row] = await sql`select event, payload, private from realtime.messages
      where topic = ${"pool:" + poolId} order by inserted_at desc limit 1`;
    assert.deepEqual([row?.event, row?.private, row?.payload.status, row?.payload.cycle_no], [
      "state",
      true,
      "paused",
      1,
    ]);
    const draft = await newPool({ draft: true });
    assert.equal((await sql`select 1 from realtime.messages where topic = ${"pool:" + draft}`).length, 0);
  });
});
