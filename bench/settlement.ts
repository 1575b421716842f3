import postgres from "postgres";
import { startTestSupabase } from "../supabase/embedded/testing.ts";
import type { BenchResult } from "./main.ts";
import { print } from "./output.ts";
import { medianOf, round } from "./statistics.ts";

const LOTS = 100_000;
const INVESTORS = 10_000;
const ROUNDS = 5;
/** What each lot was bought for, in EUR. */
const AMOUNT = 1_000;
/** Accounts of the hot-account peer besides the hot one, and how many clients there are to choose the best of. */
const ACCOUNTS = 10_000;
const CLIENTS = [1, 2, 8];
const HOT_MS = 1_500;
/** Turns of the naive loop that are measured; the rest is scaled. */
const LOOP_LOTS = 1_000;
/** Lots the loop goes over in each round, beside that round's settlement. */
const LOOP_SLICE = LOOP_LOTS / ROUNDS;

/**
 * One cycle of a pool with 100,000 lots of 10,000 investors, every lot above its mark: fees charged, marks moved, changes
 * kept, money posted, news for the investors written down, books proven, by one call of settle_pool() with the ledger's
 * triggers and its link to the audit log in place. It counts lots a second; what the worker does right after, telling each
 * investor, is timed beside it.
 *
 * `hot-account` is what a database does when every client pays into one account: two rows updated and one inserted, as in
 * pgbench's script, in one statement and so in one round trip; the best of some numbers of clients counts, in payments a
 * second. `naive-loop` does it lot by lot: fee, units and mark, the change kept, the fee posted by a transfer of its own in
 * the same ledger, each lot in one call over one connection and nobody told; measured for 1,000 turns and scaled to all.
 */
export async function settlementBench(): Promise<BenchResult> {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  print(`${LOTS} lots of ${INVESTORS} investors are made`);
  const { pool, token, subscribed_ms } = await makePool(sql);
  await tell(sql);
  const hot = await openHotAccount(sql, stack.dbUrl);
  const loop = await openLoop(sql, pool);
  const rounds: { settle_ms: number; telling_ms: number; hot_per_s: number; loop_ms: number }[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const settle_ms = await settle(sql, pool, token);
      const telling_ms = await tell(sql);
      const hot_per_s = await hot.measure();
      const loop_ms = await loop.measure();
      print(
        `round ${
          round + 1
        }: ${settle_ms} ms, all told ${telling_ms} ms later; hot account ${hot_per_s}/s; loop ${loop_ms} ms for all`,
      );
      rounds.push({ settle_ms, telling_ms, hot_per_s, loop_ms });
    }
  } finally {
    await hot.end();
  }
  const startedMs = performance.now();
  const violations = await sql`select * from public.ledger_check()`;
  if (violations.length > 0) throw new Error(`Cannot count this: ${JSON.stringify(violations.slice(0, 3))}`);
  const check_ms = Math.round(performance.now() - startedMs);
  const [sums] = await sql`
    select (select sum(amount)::text from public.ledger_entries) as ledger,
      (select sum(fees_paid)::text from public.pool_lots) as charged,
      (select sum(fee)::text from public.pool_cycles) as settled`;
  const per_s = ({ settle_ms }: { settle_ms: number }) => LOTS / (settle_ms / 1_000);
  return {
    bench: "settlement",
    ratios: {
      "hot-account": round(medianOf(rounds.map((each) => per_s(each) / each.hot_per_s)), 1),
      "naive-loop": round(medianOf(rounds.map((each) => each.loop_ms / each.settle_ms)), 1),
    },
    work: {
      ...{ lots: LOTS, investors: INVESTORS, rounds: ROUNDS },
      settle_ms: medianOf(rounds.map(({ settle_ms }) => settle_ms)),
      telling_ms: medianOf(rounds.map(({ telling_ms }) => telling_ms)),
      lots_per_s: Math.round(medianOf(rounds.map(per_s))),
      hot_account_per_s: medianOf(rounds.map(({ hot_per_s }) => hot_per_s)),
      naive_loop_ms_scaled: medianOf(rounds.map(({ loop_ms }) => loop_ms)),
      naive_loop_turns_measured: LOOP_LOTS,
      buying_all_lots_ms: subscribed_ms,
      violations: violations.length,
      ledger_check_ms: check_ms,
      ledger_sum: sums?.ledger,
      fees_charged: sums?.charged,
      fees_settled: sums?.settled,
    },
  };
}

/** A pool whose first cycle bought every lot; settled by the product, seeded around its tables' triggers. */
async function makePool(sql: postgres.Sql): Promise<{ pool: string; token: number; subscribed_ms: number }> {
  const [ids] = await sql`select private.uuid_v7() as pool, gen_random_uuid() as manager`;
  const pool: string = ids?.pool;
  await byHand(sql, async (tx) => {
    await tx`insert into public.pools (id, name, currency, manager_id, status, opened_at, cycle, cutoff_lead, minimum, created_by)
      values (${pool}, 'Benchmark', 'EUR', ${ids?.manager}, 'open', now(), 'manual', '0', 1, ${ids?.manager})`;
    await tx`insert into auth.users (id, email, created_at, updated_at)
      select gen_random_uuid(), 'bench' || n || '@bench.test', now(), now() from generate_series(1, ${INVESTORS}::integer) as n`;
    await tx`insert into public.profiles (id, username, kyc_status)
      select u.id, split_part(u.email, '@', 1), 'verified' from auth.users u where u.email like 'bench%'`;
    await tx`insert into auth.users (id, email) values (${ids?.manager}, 'manager@bench.test')`;
  });
  await sql`select private.open_cycle(${pool}, 1)`;
  await sql`insert into public.ledger_accounts (owner_type, owner_id, asset, kind)
    select 'user', id, 'EUR', k from auth.users cross join unnest(array['available', 'held']) as k`;
  // All of it paid in by one transfer, and held at once: what comes before a settlement is not measured.
  await sql`select private.post_transfer('bench', gen_random_uuid(), array_agg(x.id), array_agg(x.amount)) from (
      select private.platform_account('EUR', 'world') as id, ${-LOTS * AMOUNT}::numeric as amount
      union all select a.id, ${LOTS / INVESTORS * AMOUNT}::numeric from public.ledger_accounts a
      join auth.users u on u.id = a.owner_id where a.kind = 'held' and u.email like 'bench%') as x`;
  await byHand(sql, (tx) =>
    tx`with held as (
        insert into public.ledger_holds (owner_id, asset, amount, remaining, subject_type, subject_id)
        select u.id, 'EUR', ${AMOUNT}, ${AMOUNT}, 'pool_request', private.uuid_v7()
        from generate_series(1, ${LOTS / INVESTORS}::integer) as n cross join auth.users u where u.email like 'bench%'
        returning *)
      insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, amount, hold_id)
      select subject_id, ${pool}, owner_id, 'subscribe', 1, amount, id from held`);
  const [lease] = await sql`select public.acquire_lease('pools', gen_random_uuid(), 60000) as lease`;
  await sql`update public.leases set expires_at = now() + interval '1 hour'`;
  await sql`analyze`;
  const subscribed_ms = await settle(sql, pool, lease?.lease.token);
  await sql`vacuum analyze`;
  return { pool, token: lease?.lease.token, subscribed_ms };
}

/** Milliseconds of one settlement, a fiftieth above the last. */
async function settle(sql: postgres.Sql, pool: string, token: number): Promise<number> {
  const [due] = await sql`
    select p.cycle_no, round(private.pool_capital(p.id, 'EUR') * 1.02, 2)::text as equity, private.force_cycle(p, p.manager_id)
    from public.pools p where p.id = ${pool}`;
  const startedMs = performance.now();
  const [row] = await sql`
    select public.settle_pool(${pool}, ${due?.cycle_no}, ${due?.equity}, clock_timestamp(), ${token}) as answer`;
  const spent_ms = Math.round(performance.now() - startedMs);
  const { lots_charged, already } = row?.answer.settlement;
  if (already || (due?.cycle_no > 1 && lots_charged !== LOTS)) {
    throw new Error(`Cannot count this: ${lots_charged} lots were charged`);
  }
  return spent_ms;
}

/** Milliseconds until every investor is told. */
async function tell(sql: postgres.Sql): Promise<number> {
  const startedMs = performance.now();
  let told = 0;
  for (let users = -1; users !== 0; told += users) {
    const [row] = await sql`select public.deliver_notices() as users`;
    users = row?.users;
  }
  if (told < INVESTORS) throw new Error(`Cannot count this: ${told} investors were told`);
  return Math.round(performance.now() - startedMs);
}

/** Clients that all pay into one account. */
async function openHotAccount(sql: postgres.Sql, dbUrl: string) {
  await sql.unsafe(`
    create table public.bench_accounts (id integer primary key, balance numeric not null) with (fillfactor = 50);
    insert into public.bench_accounts select n, 0 from generate_series(0, ${ACCOUNTS}) as n;
    create table public.bench_history (account integer not null, amount numeric not null, at timestamptz not null default now());`);
  await sql`vacuum analyze public.bench_accounts`;
  const clients = Array.from({ length: Math.max(...CLIENTS) }, () => postgres(dbUrl, { max: 1, onnotice: () => {} }));
  let next = 0;
  const rate = async (count: number) => {
    let paid = 0;
    const startedMs = performance.now();
    await Promise.all(
      clients.slice(0, count).map(async (client) => {
        while (performance.now() - startedMs < HOT_MS) {
          const account = 1 + (next++ * 7_919) % ACCOUNTS;
          await client`
          with payer as (update public.bench_accounts set balance = balance - 1 where id = ${account}),
            hot as (update public.bench_accounts set balance = balance + 1 where id = 0)
          insert into public.bench_history (account, amount) values (${account}, 1)`;
          paid++;
        }
      }),
    );
    return Math.round(paid / ((performance.now() - startedMs) / 1_000));
  };
  return {
    measure: async () => {
      const rates: number[] = [];
      for (const count of CLIENTS) rates.push(await rate(count));
      return Math.max(...rates);
    },
    end: async () => {
      await Promise.all(clients.map((client) => client.end({ timeout: 1 })));
    },
  };
}

/** Does lot by lot what a settlement does, on copies of some lots; the money moves between two wallets in the ledger. */
async function openLoop(sql: postgres.Sql, pool: string) {
  const [row] = await sql`
    select private.ledger_account('user', gen_random_uuid(), 'EUR', 'available') as payer,
      private.ledger_account('user', gen_random_uuid(), 'EUR', 'available') as manager`;
  await sql`select private.post_transfer('bench', gen_random_uuid(),
    array[private.platform_account('EUR', 'world'), ${row?.payer}::uuid], array[-1000000, 1000000]::numeric[])`;
  await sql.unsafe(`
    create table public.bench_lots (like public.pool_lots including all);
    create table public.bench_lot_changes (like public.pool_lot_changes including all);
    create function public.bench_charge_lot(p_lot uuid, p_gain numeric, p_cycle integer, p_payer uuid, p_manager uuid) returns void
    language plpgsql as $$
    declare
      v_lot public.bench_lots;
      v_price numeric;
      v_fee numeric;
      v_units numeric;
    begin
      select * into v_lot from public.bench_lots l where l.id = p_lot for update;
      v_price := round(v_lot.mark * p_gain, 12);
      v_fee := trunc((v_price - v_lot.mark) * v_lot.units * 0.15, 2);
      v_units := ceil(v_fee / v_price * 100000000) * 0.00000001;
      update public.bench_lots set fees_paid = fees_paid + v_fee, units = units - v_units, mark = v_price where id = p_lot;
      insert into public.bench_lot_changes (lot_id, cycle_no, kind, units, amount, price)
      values (p_lot, p_cycle, 'charged', -v_units, v_fee, v_price);
      perform private.post_transfer('bench_fee', gen_random_uuid(), array[p_payer, p_manager], array[-v_fee, v_fee]);
    end
    $$`);
  await sql`insert into public.bench_lots select * from public.pool_lots l where l.pool_id = ${pool} order by l.no limit ${LOOP_SLICE}`;
  const lots = await sql`select id from public.bench_lots order by no`;
  let cycle = 0;
  return {
    measure: async () => {
      cycle++;
      const startedMs = performance.now();
      for (const { id } of lots) {
        await sql`select public.bench_charge_lot(${id}, 1.02, ${cycle}, ${row?.payer}, ${row?.manager})`;
      }
      return Math.round((performance.now() - startedMs) / lots.length * LOTS);
    },
  };
}

/** Statements that tables' triggers would refuse from hand. */
async function byHand(sql: postgres.Sql, body: (tx: postgres.TransactionSql) => Promise<unknown>): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await body(tx);
  });
}
