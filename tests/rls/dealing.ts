import { createClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";

/** A pool's terms in a test. */
export interface PoolTerms {
  currency?: string;
  fee?: number;
  platformShare?: number;
  movePercentMax?: number;
  cycle?: "manual" | "hourly" | "daily" | "weekly" | "monthly";
  cutoffLead?: string;
}

/** What settle_pool() answers. */
export interface Settlement {
  pool_id: string;
  no: number;
  unit_price: string;
  pnl: string;
  fee: string;
  subscribed: string;
  redeemed: string;
  units: string;
  lots_charged: number;
  already: boolean;
}

/** A lot as its row says, numbers without trailing zeros. */
export interface Lot {
  units: string;
  mark: string;
  fees_paid: string;
  amount_redeemed: string;
}

/**
 * Deals with pools without the people around them: investors are ids with wallets, and what people would ask for by
 * functions is written as those would write it. Settlements are the product's own.
 */
export class Dealing {
  readonly #sql: postgres.Sql;
  readonly token: number;

  private constructor(sql: postgres.Sql, token: number) {
    this.#sql = sql;
    this.token = token;
  }

  /** Takes the lease that settlements need, for an hour. */
  static async open({ sql, url, secretKey }: TestSupabase): Promise<Dealing> {
    const worker = createClient(url, secretKey, { auth: { persistSession: false, autoRefreshToken: false } });
    const { data, error } = await worker.rpc("acquire_lease", {
      ...{ p_name: "pools", p_holder: crypto.randomUUID(), p_ttl_ms: 60_000 },
    });
    if (error) throw new Error(error.message);
    await sql`update public.leases set expires_at = now() + interval '1 hour' where name = 'pools'`;
    return new Dealing(sql, (data as { token: number }).token);
  }

  /** Runs statements that the tables' triggers would refuse from hand. */
  async byHand<T>(body: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
    return await this.#sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      return await body(tx);
    }) as T;
  }

  /** A pool in its first cycle, managed by somebody of its own. */
  async makePool(terms: PoolTerms = {}): Promise<{ id: string; manager: string }> {
    const {
      currency = "EUR",
      fee = 15,
      platformShare = 0,
      movePercentMax = 10_000,
      cycle = "manual",
      cutoffLead = "0",
    } = terms;
    const [id, manager] = [crypto.randomUUID(), crypto.randomUUID()];
    await this.byHand((tx) =>
      tx`insert into public.pools (id, name, currency, manager_id, status, opened_at, cycle, cutoff_lead, minimum,
          manager_fee_percent, platform_share_percent, equity_move_percent_max, created_by)
        values (${id}, ${
        "Pool " + id
      }, ${currency}, ${manager}, 'open', now(), ${cycle}, ${cutoffLead}::interval, 0.00000001,
          ${fee}, ${platformShare}, ${movePercentMax}, ${manager})`
    );
    await this.#sql`select private.open_cycle(${id}, 1)`;
    return { id, manager };
  }

  /** Somebody with money, whose identity is verified. */
  async makeInvestor(amount = "100000", asset = "EUR"): Promise<string> {
    const id = crypto.randomUUID();
    await this.#sql`insert into auth.users (id, email) values (${id}, ${id + "@pools.test"})`;
    await this.#sql`update public.profiles set kyc_status = 'verified' where id = ${id}`;
    await this
      .#sql`select private.post_transfer('test', gen_random_uuid(), array[private.platform_account(${asset}, 'world'),
      private.ledger_account('user', ${id}, ${asset}, 'available')], array[-${amount}::numeric, ${amount}::numeric])`;
    return id;
  }

  /** Queues a subscription for the pool's open cycle; the answer is the lot's id to be. */
  async subscribe(pool: string, investor: string, amount: string): Promise<string> {
    const id = await this.#uuidV7();
    const [held] = await this.#sql`
      select private.reserve(${investor}, currency, ${amount}::numeric, 'pool_request', ${id}, ${id}) as id
      from public.pools where id = ${pool}`;
    await this.byHand((tx) =>
      tx`insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, amount, hold_id)
        select ${id}, id, ${investor}, 'subscribe', cycle_no, ${amount}, ${held?.id} from public.pools where id = ${pool}`
    );
    return id;
  }

  /** Queues a redemption of a lot for the pool's open cycle. */
  async redeem(lot: string, units: string): Promise<string> {
    const id = await this.#uuidV7();
    await this.byHand((tx) =>
      tx`insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, lot_id, units, everything)
        select ${id}, l.pool_id, l.investor_id, 'redeem', p.cycle_no, l.id,
          case when ${units} = 'all' then l.units else nullif(${units}, 'all')::numeric end, ${units} = 'all'
        from public.pool_lots l join public.pools p on p.id = l.pool_id where l.id = ${lot}`
    );
    return id;
  }

  /** Ends the pool's cycle and settles it at `equity`. */
  async settle(pool: string, equity: string): Promise<Settlement> {
    return await this.settleAs(pool, await this.end(pool), equity);
  }

  /** Ends the pool's cycle as an administrator would; its number. */
  async end(pool: string): Promise<number> {
    const [row] = await this.#sql`
      select p.cycle_no, private.force_cycle(p, p.manager_id) from public.pools p where p.id = ${pool}`;
    return row?.cycle_no;
  }

  /** settle_pool() as it is, at this instant unless `at` says otherwise. */
  async settleAs(
    pool: string,
    no: number,
    equity: string,
    { at = null, token = this.token }: { at?: string | null; token?: number } = {},
  ): Promise<Settlement> {
    const [row] = await this.#sql`
      select public.settle_pool(${pool}, ${no}, ${equity}, coalesce(${at}::timestamptz, clock_timestamp()), ${token}) as answer`;
    return row?.answer.settlement;
  }

  async lot(id: string): Promise<Lot> {
    const [row] = await this.#sql<Lot[]>`
      select trim_scale(units)::text as units, trim_scale(mark)::text as mark, trim_scale(fees_paid)::text as fees_paid,
        trim_scale(amount_redeemed)::text as amount_redeemed
      from public.pool_lots where id = ${id}`;
    if (row === undefined) throw new Error(`Cannot find lot ${id}`);
    return { ...row };
  }

  async request(id: string): Promise<{ status: string; reason: string | null; amount: string | null }> {
    const [row] = await this.#sql<{ status: string; reason: string | null; amount: string | null }[]>`
      select status, reason, trim_scale(amount_settled)::text as amount from public.pool_requests where id = ${id}`;
    if (row === undefined) throw new Error(`Cannot find request ${id}`);
    return { ...row };
  }

  /** What somebody has of an asset: "0" where there is no account. */
  async balance(owner: string, kind = "available", asset = "EUR"): Promise<string> {
    const [row] = await this.#sql`
      select trim_scale(balance)::text as balance from public.ledger_accounts
      where owner_id = ${owner} and asset = ${asset} and kind = ${kind}`;
    return row?.balance ?? "0";
  }

  async pool(id: string): Promise<{ status: string; units: string; unit_price: string; cycle_no: number }> {
    const [row] = await this.#sql<{ status: string; units: string; unit_price: string; cycle_no: number }[]>`
      select status, trim_scale(units)::text as units, trim_scale(unit_price)::text as unit_price, cycle_no
      from public.pools where id = ${id}`;
    if (row === undefined) throw new Error(`Cannot find pool ${id}`);
    return { ...row };
  }

  /** What ledger_check() finds. */
  async violations(): Promise<string[]> {
    const rows = await this.#sql`select violation, subject from public.ledger_check()`;
    return rows.map(({ violation, subject }) => `${violation} ${subject}`);
  }

  async #uuidV7(): Promise<string> {
    const [row] = await this.#sql`select private.uuid_v7() as id`;
    return row?.id;
  }
}
