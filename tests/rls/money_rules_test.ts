import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, Dealer, makeCallers } from "./pool_world.ts";

/** What a request behind a settlement may wait before it is told to come again. */
const BUSY_ms_MAX = 6_000;

const id = () => crypto.randomUUID();

/** The same caller, whose second factor was shown an hour ago. */
function anHourAgo(who: Caller): Caller {
  const amr = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) - 3_600 }];
  return { ...who, claims: { ...who.claims, amr } };
}

Deno.test(
  { name: "rules of money between asking and settling", sanitizeOps: true, sanitizeResources: true },
  async (t) => {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    const dealer = await Dealer.hire(sql);
    const [admin, second] = await makeCallers(sql, 2, { admin: true });
    const [ann, bob, old, next] = await makeCallers(sql, 4);
    assert.ok(admin && second && ann && bob && old && next);
    const act = (who: Caller, name: string, args: Record<string, unknown> = {}): Promise<Answer> =>
      ask(sql, who, name, { p_client_id: id(), ...args });
    const newPool = async (terms: Record<string, unknown> = {}): Promise<string> => {
      const p_pool = {
        name: `Pool ${id()}`,
        currency: "EUR",
        cycle: "manual",
        minimum: "1",
        equity_move_percent_max: "1000",
        ...terms,
      };
      return (await act(admin, "admin_create_pool", { p_pool })).pool.id;
    };
    const invest = async (who: Caller, p_pool_id: string, p_amount: string): Promise<string> =>
      (await act(who, "invest", { p_pool_id, p_amount })).investment.id;
    const setKyc = (by: Caller, p_user_id: string, p_status: string) =>
      act(by, "admin_set_kyc", { p_user_id, p_status, p_reason: "x" });
    const investment = async (who: Caller, p_id: string) => (await ask(sql, who, "my_investment", { p_id })).investment;
    const euros = async (who: Caller) => {
      const { balances } = await ask(sql, who, "my_wallet", {});
      const [eur] = balances.filter(({ asset }: { asset: string }) => asset === "EUR");
      return `${eur.available} / ${eur.held}`;
    };
    const noticesOf = async ({ id }: Caller, kind: string) =>
      (await sql`select data from public.notifications where user_id = ${id} and kind = ${kind} order by id`).map((
        row,
      ) => row.data);

    await step(t, "who is not verified any more buys nothing; the others do, and the money is back", async () => {
      const pool = await newPool();
      const [annLot, bobLot] = [await invest(ann, pool, "300"), await invest(bob, pool, "200")];
      const bobBefore = await euros(bob);
      await setKyc(admin, bob.id, "rejected");
      const settled = await dealer.settle(pool, "0");
      assert.deepEqual([settled.subscribed, settled.units], ["300", "3"]);
      const [mine, his] = [await investment(ann, annLot), await investment(bob, bobLot)];
      assert.deepEqual([mine.status, mine.units], ["active", "3"]);
      assert.deepEqual([his.status, his.reason, his.units], ["refused", "kyc_required", null]);
      assert.deepEqual([bobBefore, await euros(bob)], ["800 / 200", "1000 / 0"]);
      const [told] = await noticesOf(bob, "request_refused");
      assert.deepEqual([told.reason, told.amount, told.request_id], ["kyc_required", "200", bobLot]);
      // Whoever is in it gets out, verified or not.
      await setKyc(admin, ann.id, "pending");
      await act(ann, "redeem_investment", { p_investment_id: annLot, p_units: "all" });
      assert.equal((await dealer.settle(pool, "300")).redeemed, "300");
      await setKyc(admin, ann.id, "verified");
      await setKyc(admin, bob.id, "verified");
    });

    await step(t, "a KYC status takes a factor shown lately, and is never set by its own user", async () => {
      assert.equal((await setKyc(anHourAgo(admin), bob.id, "pending")).code, "step_up_required");
      for (const status of ["verified", "none", "rejected"]) {
        assert.equal((await setKyc(admin, admin.id, status)).code, "own_account");
      }
      assert.equal((await setKyc(second, admin.id, "verified")).status, "verified");
      const [row] = await sql`select kyc_status from public.profiles where id = ${bob.id}`;
      assert.equal(row?.kyc_status, "verified");
    });

    await step(t, "a new manager is paid from the next cycle on, which is audited, told and shown", async () => {
      const pool = await newPool({ manager_id: old.id });
      await invest(ann, pool, "100");
      await dealer.settle(pool, "0");
      // The profit can be seen coming.
      const p_changes = { manager_id: next.id };
      assert.equal(
        (await act(admin, "admin_update_pool", { p_pool_id: pool, p_changes })).pool.manager.user_id,
        next.id,
      );
      const { pool: shown, cycle } = await ask(sql, ann, "pool_detail", { p_pool_id: pool });
      assert.deepEqual([shown.manager.user_id, cycle.manager.user_id], [next.id, old.id]);
      const { pool: seen } = await ask(sql, admin, "admin_pool", { p_pool_id: pool });
      assert.equal(seen.cycle_now.manager.user_id, old.id);
      const [acted] =
        await sql`select detail from public.audit_log where action = 'pool.manager_changed' and subject_id = ${pool}`;
      assert.deepEqual(acted?.detail, { from: old.id, to: next.id, cycle_no: 3 });
      for (const who of [ann, old, next]) {
        assert.deepEqual((await noticesOf(who, "manager_changed")).map(({ cycle_no }) => cycle_no), [3]);
      }
      // Saying the same again is no news.
      await act(admin, "admin_update_pool", { p_pool_id: pool, p_changes });
      assert.equal((await noticesOf(ann, "manager_changed")).length, 1);
      // Whoever is owed a fee does not go before it is paid.
      await sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${old.id}, 'EUR', 'available')],
      array[1000, -1000])`;
      assert.equal((await act(old, "delete_my_account")).code, "balance_left");
      assert.equal((await dealer.settle(pool, "200")).fee, "15");
      assert.deepEqual([await euros(old), await euros(next)], ["15 / 0", "1000 / 0"]);
      // 185 / 1.85 = 100 … 200: the mark is 200, so that 15 % of 50 are new.
      const { fee } = await dealer.settle(pool, (capital) => Number((capital * 1.5).toFixed(2)));
      assert.ok(Number(fee) > 0);
      assert.deepEqual([await euros(old), await euros(next)], ["15 / 0", `${1_000 + Number(fee)} / 0`]);
    });

    await step(
      t,
      "an export tells what was one's own, and nothing of a private pool after one has left it",
      async () => {
        const pool = await newPool({ visibility: "private", manager_id: old.id });
        const add = { p_pool_id: pool, p_user_id: ann.id, p_add: true };
        await act(admin, "admin_pool_member", add);
        await act(admin, "admin_pool_member", { ...add, p_user_id: bob.id });
        const [lot, other] = [await invest(ann, pool, "100"), await invest(bob, pool, "100")];
        await dealer.settle(pool, "0");
        const exported = async (who: Caller, lotId: string) => {
          const data = await ask(sql, who, "export_my_data", {});
          return data.investments.find((each: Answer) => each.id === lotId);
        };
        await act(ann, "redeem_investment", { p_investment_id: lot, p_units: "all" });
        await act(admin, "admin_pool_member", { ...add, p_add: false });
        await act(admin, "admin_pool_member", { ...add, p_user_id: bob.id, p_add: false });
        await dealer.settle(pool, "220");
        await dealer.settle(pool, (capital) => Number((capital * 1.4).toFixed(2)));
        const [pools] = await sql`select trim_scale(unit_price)::text as price from public.pools where id = ${pool}`;
        const left = await exported(ann, lot);
        const [redeemed] = await sql`select trim_scale(price)::text as price from public.pool_requests
      where lot_id = ${lot} and kind = 'redeem'`;
        assert.equal(left.unit_price, redeemed?.price);
        assert.notEqual(left.unit_price, pools?.price);
        assert.equal((await exported(bob, other)).unit_price, pools?.price);
      },
    );

    await step(t, "behind a long settlement a request is told to come again, and is done once then", async () => {
      const pool = await newPool({ manager_id: old.id });
      const lot = await invest(ann, pool, "100");
      await dealer.settle(pool, "0");
      const [p_client_id, before] = [id(), await euros(bob)];
      const calls: [who: Caller, name: string, args: Record<string, unknown>][] = [
        [bob, "invest", { p_pool_id: pool, p_amount: "50", p_client_id }],
        [ann, "redeem_investment", { p_investment_id: lot, p_units: "1" }],
        [admin, "admin_pause_pool", { p_pool_id: pool, p_reason: "x" }],
        [old, "manage_pool", { p_pool_id: pool, p_changes: { minimum: "2" } }],
      ];
      // A settlement holds the pool's row until all of it is written.
      const settling = postgres(stack.dbUrl, { max: 1 });
      const [free, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const holding = settling.begin(async (tx) => {
        await tx`select 1 from public.pools where id = ${pool} for no key update`;
        held.resolve();
        await free.promise;
      });
      await held.promise;
      const began = performance.now();
      const answers = await Promise.all(calls.map(([who, name, args]) => act(who, name, args)));
      const took_ms = performance.now() - began;
      free.resolve();
      await holding;
      await settling.end();
      for (const { code, hint } of answers) assert.deepEqual([code, hint], ["busy", "5"]);
      assert.ok(took_ms < BUSY_ms_MAX, `${Math.round(took_ms)} ms`);
      assert.equal(await euros(bob), before);
      // Who does not manage it waits for nothing, and learns nothing.
      assert.equal((await act(bob, "manage_pool", { p_pool_id: pool, p_changes: { minimum: "2" } })).code, "not_found");
      const again = { p_pool_id: pool, p_amount: "50", p_client_id };
      const [one, two] = [await act(bob, "invest", again), await act(bob, "invest", again)];
      assert.equal(one.investment.id, two.investment.id);
      const [queued] = await sql`select count(*)::integer as n from public.pool_requests where investor_id = ${bob.id}
      and pool_id = ${pool}`;
      assert.equal(queued?.n, 1);
    });

    await step(t, "after all of it the books add up", async () => {
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });
  },
);
