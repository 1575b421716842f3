import assert from "node:assert/strict";
import postgres from "postgres";
import { insist, killNowAndThen, onlyRow } from "./killing.ts";
import type { LedgerModelOptions } from "./ledger_model.ts";
import { type Caller, makeCallers } from "./pool_world.ts";

/** People of one run: few, so that they meet on the same accounts and pools. */
const USERS = 8;
const POOLS = 2;
/** What each begins with, in cents. */
const SEED_CENTS = 500_00n;

/** Answers that are no errors: somebody has too little, or was too late. */
const REFUSALS = [
  ...["insufficient_funds", "faucet_limit", "request_limit", "units_exceeded", "cutoff_passed", "not_waiting"],
  ...["hold_exceeded", "pool_not_open"],
];

/** What is done, how often in a hundred. */
const WEIGHTS = {
  faucet: 8,
  credit: 4,
  transfer: 18,
  invest: 30,
  redeem: 16,
  cancel: 9,
  withdraw: 7,
  settle: 8,
} as const;
type Kind = keyof typeof WEIGHTS;
/** In a long run money is put in and taken out more often between settlements: each of them looks at every lot. */
const SETTLEMENTS_MAX = 400;
const KINDS = Object.entries(WEIGHTS).flatMap(([kind, weight]) => Array.from({ length: weight }, () => kind as Kind));

interface Operation {
  kind: Kind;
  clientId: string;
  user: number;
  other: number;
  pool: number;
  cents: bigint;
  /** Between 0 and 1, for whatever has to be chosen when its turn comes. */
  chance: number;
  twice: boolean;
}

/** What was said yes to. */
interface Tally {
  /** Money that came from outside, by user. */
  funded: bigint[];
  moved: bigint[];
  /** Client ids of what the ledger keeps them with. */
  posted: Set<string>;
  invested: { count: number; cents: bigint }[];
  redemptions: Set<string>;
  cancelled: Set<string>;
  withdrawals: Set<string>;
  settled: number;
}

/**
 * Does what users, administrators and workers do with money and pools, at random and over many connections, some of it
 * asked twice, while backends are killed; then compares the books with what was confirmed: every yes counts once, nothing
 * counts twice, and nobody has more or less than what they put in and got out.
 */
export async function runPoolsModel(
  { dbUrl, random, operations, connections, kills }: LedgerModelOptions,
): Promise<{ settled: number; invested: number; redeemed: number }> {
  // The driver may wait in vain for a connection that was killed while it opened.
  const sql = postgres(dbUrl, { max: connections, connect_timeout: 2, onnotice: () => {} });
  const chief = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    const world = await makeWorld(chief);
    const settleShare = Math.min(1, SETTLEMENTS_MAX / (operations * WEIGHTS.settle / 100));
    const list = Array.from({ length: operations }, () => makeOperation(random, settleShare));
    const tally: Tally = {
      funded: world.users.map(() => SEED_CENTS),
      moved: world.users.map(() => 0n),
      posted: new Set(),
      invested: world.users.map(() => ({ count: 0, cents: 0n })),
      redemptions: new Set(),
      cancelled: new Set(),
      withdrawals: new Set(),
      settled: 0,
    };
    let [done, next] = [0, 0];
    const killer = killNowAndThen(chief, { kills, word: "model.", progress: () => done / operations });
    await Promise.all(Array.from({ length: connections }, async () => {
      for (let i = next++; i < list.length; i = next++) {
        await act(sql, world, list[i] as Operation, tally);
        done++;
      }
    }));
    await killer;
    // What waits after the last cut-off is settled, so that all of it is in one of two places: a wallet or a pool.
    for (const pool of world.pools) {
      for (let n = 0; n < 2; n++) await chief`select model.settle(${pool}, null, 1, ${world.token})`;
    }
    return await compare(chief, world, tally);
  } finally {
    await Promise.all([sql.end({ timeout: 1 }), chief.end({ timeout: 1 })]);
  }
}

interface World {
  users: Caller[];
  admin: Caller;
  pools: string[];
  token: number;
}

async function makeWorld(sql: postgres.Sql): Promise<World> {
  const users = await makeCallers(sql, USERS, { eur: Number(SEED_CENTS) / 100 });
  const [admin] = await makeCallers(sql, 1, { eur: 0, admin: true });
  assert.ok(admin);
  // A second factor that is fresh however long it takes.
  const amr = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) + 1_000_000 }];
  for (const { claims } of [...users, admin]) claims.amr = amr;
  await sql`select public.claim_deployment_mode('local')`;
  await sql`update public.rate_limit_rules set capacity = 1000000, refill_per_s = 100000`;
  const [lease] = await sql`select public.acquire_lease('pools', coalesce(
    (select holder from public.leases where name = 'pools'), gen_random_uuid()), 60000) as lease`;
  await sql`update public.leases set expires_at = now() + interval '1 day' where name = 'pools'`;
  await sql.unsafe(HELPERS);
  const pools: string[] = [];
  for (let i = 0; i < POOLS; i++) {
    const terms = { name: `Model ${crypto.randomUUID()}`, cycle: "manual", minimum: "0.01", manager_fee_percent: "15" };
    const [row] = await sql`select model.act(${sql.json(admin.claims as never)}, 'create', ${
      sql.json(terms)
    }, gen_random_uuid()) as a`;
    pools.push(row?.a.pool.id);
  }
  return { users, admin, pools, token: lease?.lease.token };
}

/** One statement for each act, so that a killed one can be asked again as a whole. */
const HELPERS = `
  create schema if not exists model;
  create or replace function model.act(p_claims jsonb, p_kind text, p_args jsonb, p_client_id uuid) returns jsonb
  language plpgsql as $$
  begin
    perform set_config('request.jwt.claims', p_claims::text, true);
    case p_kind
      when 'create' then return public.admin_create_pool(p_args, p_client_id);
      when 'faucet' then return public.use_faucet('EUR', p_args ->> 'amount', p_client_id);
      when 'credit' then return public.admin_credit_user((p_args ->> 'user')::uuid, 'EUR', p_args ->> 'amount', p_client_id);
      when 'invest' then return public.invest((p_args ->> 'pool')::uuid, p_args ->> 'amount', p_client_id);
      when 'redeem' then return public.redeem_investment((p_args ->> 'lot')::uuid, p_args ->> 'units', p_client_id);
      when 'cancel' then return public.cancel_pool_request((p_args ->> 'request')::uuid, p_client_id);
      when 'withdraw' then return public.request_withdrawal('EUR', p_args ->> 'amount', 'DE89370400440532013000', p_client_id,
        case when p_args ? 'lot' then jsonb_build_object('investment_id', p_args ->> 'lot', 'units', 'all') end);
      when 'transfer' then return to_jsonb(private.post_transfer('model', p_client_id, array[
          private.ledger_account('user', (p_args ->> 'from')::uuid, 'EUR', 'available'),
          private.ledger_account('user', (p_args ->> 'to')::uuid, 'EUR', 'available')],
        array[-(p_args ->> 'amount')::numeric, (p_args ->> 'amount')::numeric]));
    end case;
  end $$;
  create or replace function model.settle(p_pool uuid, p_no integer, p_factor numeric, p_token integer) returns jsonb
  language plpgsql as $$
  declare
    v_pool public.pools;
    v_capital numeric;
  begin
    -- As the worker that holds the secret key.
    perform set_config('request.jwt.claims', '{"role": "service_role"}', true);
    select * into v_pool from public.pools p where p.id = p_pool for no key update;
    p_no := coalesce(p_no, v_pool.cycle_no);
    if v_pool.cycle_no = p_no then
      perform private.force_cycle(v_pool, v_pool.manager_id);
    end if;
    v_capital := private.pool_capital(p_pool, 'EUR');
    return public.settle_pool(p_pool, p_no, round(case when v_pool.units > 0 then v_capital * p_factor else v_capital end, 2)::text,
      clock_timestamp(), p_token);
  end $$;`;

function makeOperation(random: () => number, settleShare: number): Operation {
  const drawn = KINDS[Math.floor(random() * KINDS.length)] ?? "invest";
  const kind = drawn === "settle" && random() >= settleShare ? "redeem" : drawn;
  const user = Math.floor(random() * USERS);
  return {
    ...{ kind, user, other: (user + 1 + Math.floor(random() * (USERS - 1))) % USERS },
    clientId: crypto.randomUUID(),
    pool: Math.floor(random() * POOLS),
    cents: BigInt(1 + Math.floor(random() * 60_00)),
    chance: random(),
    twice: random() < 0.2,
  };
}

async function act(sql: postgres.Sql, world: World, operation: Operation, tally: Tally): Promise<void> {
  const { kind, user, other, cents, twice } = operation;
  const chosen = await choose(sql, world, operation);
  if (chosen === null) return;
  const { ask, target } = chosen;
  const isRefusal = (message: string) => REFUSALS.includes(message);
  const answers = await Promise.all([insist(ask, isRefusal), ...(twice ? [insist(ask, isRefusal)] : [])]);
  // An answer may differ while money comes and goes between the two; a yes is a yes.
  const answer = answers.find((each) => each !== null) as Record<string, { status?: string; id?: string }> | undefined;
  if (answer === undefined) return;
  if (kind === "faucet" || (kind === "credit" && answer.credit?.status === "posted")) add(tally.funded, user, cents);
  if (kind === "faucet" || kind === "transfer") tally.posted.add(operation.clientId);
  if (kind === "transfer") {
    add(tally.moved, user, -cents);
    add(tally.moved, other, cents);
  }
  const invested = tally.invested[user];
  if (kind === "invest" && invested) [invested.count, invested.cents] = [invested.count + 1, invested.cents + cents];
  if (kind === "redeem") tally.redemptions.add(String(answer.request?.id));
  if (kind === "cancel") tally.cancelled.add(target);
  if (kind === "withdraw") tally.withdrawals.add(String(answer.withdrawal?.id));
  if (kind === "settle") tally.settled++;
}

function add(sums: bigint[], place: number, cents: bigint): void {
  sums[place] = (sums[place] ?? 0n) + cents;
}

/** The one statement of an operation; null when there is nothing to do it to. */
async function choose(
  sql: postgres.Sql,
  { users, admin, pools, token }: World,
  { kind, clientId, user, other, pool, cents, chance }: Operation,
): Promise<{ ask: () => Promise<unknown>; target: string } | null> {
  const [caller, amount] = [users[user] as Caller, euros(cents)];
  const asked = (args: Record<string, string>, who = caller, target = "") => ({
    target,
    ask: async () => {
      const { a } = await onlyRow(
        sql`select model.act(${sql.json(who.claims as never)}, ${kind}, ${sql.json(args)}, ${clientId}) as a`,
      );
      return a;
    },
  });
  const find = (query: () => postgres.PendingQuery<{ id: string }[]>) =>
    insist(async () => (await query())[0]?.id ?? "", () => false);
  switch (kind) {
    case "faucet":
      return asked({ amount });
    case "credit":
      return asked({ user: caller.id, amount }, admin);
    case "transfer":
      return asked({ from: caller.id, to: (users[other] as Caller).id, amount });
    case "invest":
      return asked({ pool: pools[pool] as string, amount });
    case "redeem":
    case "withdraw": {
      // Half of the withdrawals are of what is in the wallet.
      const lot = kind === "withdraw" && chance < 0.5
        ? ""
        : await find(() =>
          sql`select id from public.pool_lots where investor_id = ${caller.id} and units > 0
          order by md5(id::text || ${String(chance)}) limit 1`
        );
      if (kind === "withdraw") return asked(lot ? { amount, lot } : { amount });
      return lot ? asked({ lot, units: chance < 0.4 ? "all" : (chance / 10).toFixed(8) }) : null;
    }
    case "cancel": {
      const request = await find(() =>
        sql`select id from public.pool_requests where investor_id = ${caller.id} and status = 'queued'
          order by md5(id::text || ${String(chance)}) limit 1`
      );
      return request ? asked({ request }, caller, request) : null;
    }
    case "settle": {
      const id = pools[pool] as string;
      const cycle = await insist(() => onlyRow(sql`select cycle_no from public.pools where id = ${id}`), () => false);
      const no = cycle?.cycle_no ?? null;
      return {
        target: id,
        ask: () => onlyRow(sql`select model.settle(${id}, ${no}, ${0.9 + chance / 5}, ${token})`),
      };
    }
  }
}

function euros(cents: bigint): string {
  return `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`;
}

async function compare(sql: postgres.Sql, { users, pools }: World, tally: Tally) {
  const ids = users.map(({ id }) => id);
  const rows = await sql<Record<"id" | "wallet" | "asked" | "paid" | "back" | "count", string>[]>`
    select u.id, (
        select coalesce(sum(balance * 100), 0)::bigint::text from public.ledger_accounts where owner_id = u.id) as wallet,
      (select coalesce(sum(amount * 100), 0)::bigint::text from public.pool_requests
        where investor_id = u.id and kind = 'subscribe') as asked,
      (select count(*)::text from public.pool_requests where investor_id = u.id and kind = 'subscribe') as count,
      (select coalesce(sum(amount_settled * 100) filter (where kind = 'subscribe'), 0)::bigint::text
        from public.pool_requests where investor_id = u.id) as paid,
      (select coalesce(sum(amount_settled * 100) filter (where kind = 'redeem'), 0)::bigint::text
        from public.pool_requests where investor_id = u.id) as back
    from unnest(${ids}::uuid[]) as u(id)`;
  const of = new Map(rows.map((row) => [row.id, row]));
  const posted = await sql<{ client_id: string }[]>`
    select client_id from public.ledger_transfers where actor = any(${ids}::uuid[]) and operation in ('faucet', 'model')`;
  const stored = new Set(posted.map(({ client_id }) => client_id));
  assert.deepEqual(
    stored.symmetricDifference(tally.posted),
    new Set(),
    "transfers that were not confirmed, or not done",
  );
  for (const [i, id] of ids.entries()) {
    const { wallet = "", asked = "", paid = "", back = "", count = "" } = of.get(id) ?? {};
    const expected = (tally.funded[i] ?? 0n) + (tally.moved[i] ?? 0n) - BigInt(paid) + BigInt(back);
    assert.equal(BigInt(wallet), expected, `user ${i}: what came in and went out`);
    assert.deepEqual({ count: Number(count), cents: BigInt(asked) }, tally.invested[i], `user ${i}: investments`);
  }
  const requests = await sql<{ id: string; kind: string; status: string; withdrawal_id: string | null }[]>`
    select id, kind, status, withdrawal_id from public.pool_requests where pool_id = any(${pools}::uuid[])`;
  const redeemed = requests.filter(({ kind }) => kind === "redeem");
  const redemptions = redeemed.filter(({ withdrawal_id }) => withdrawal_id === null).map(({ id }) => id);
  assert.deepEqual(new Set(redemptions), tally.redemptions, "redemptions");
  const withdrawals = await sql<{ id: string; status: string }[]>`
    select id, status from public.withdrawals where user_id = any(${ids}::uuid[])`;
  assert.deepEqual(new Set(withdrawals.map(({ id }) => id)), tally.withdrawals, "withdrawals");
  assert.ok(withdrawals.every(({ status }) => status !== "locked_until_settlement"), "no withdrawal waits any more");
  const cancelled = requests.filter(({ status }) => status === "cancelled").map(({ id }) => id);
  assert.deepEqual(new Set(cancelled), tally.cancelled, "cancellations");
  assert.ok(requests.every(({ status }) => status !== "queued"), "nothing waits any more");
  const invested = requests.filter(({ kind, status }) => kind === "subscribe" && status === "settled").length;
  assert.ok(invested > 0 && tally.settled > 0, `${invested} investments, ${tally.settled} settlements`);
  return { settled: tally.settled, invested, redeemed: redeemed.length };
}
