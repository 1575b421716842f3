import assert from "node:assert/strict";
import postgres from "postgres";

/** Somebody with a live session, made in SQL: hundreds at once would be too many passwords to hash. */
export interface Caller {
  id: string;
  claims: Record<string, unknown>;
}

/** What a call came to: its answer, or the code of its refusal. */
// deno-lint-ignore no-explicit-any -- JSON whose shape each test knows
export type Answer = any;

const PEOPLE_MAX = 20_000;

/** Users with verified identities and money, in sessions that showed a second factor a moment ago. */
export async function makeCallers(
  sql: postgres.Sql,
  count: number,
  { eur = 1_000, verified = true, admin = false } = {},
): Promise<Caller[]> {
  assert.ok(count <= PEOPLE_MAX);
  const people = Array.from({ length: count }, () => ({ id: crypto.randomUUID(), session: crypto.randomUUID() }));
  const [ids, sessions] = [people.map(({ id }) => id), people.map(({ session }) => session)];
  await sql.begin(async (tx) => {
    await tx`insert into auth.users (id, email) select id, id || '@pools.test' from unnest(${ids}::uuid[]) as id`;
    await tx`insert into auth.sessions (id, user_id) select s, u from unnest(${sessions}::uuid[], ${ids}::uuid[]) as x(s, u)`;
    await tx`update public.profiles set kyc_status = ${verified ? "verified" : "none"} where id = any(${ids}::uuid[])`;
    if (admin) await tx`insert into public.admins (user_id) select id from unnest(${ids}::uuid[]) as id`;
    if (eur > 0) {
      await tx`select private.post_transfer('seed', gen_random_uuid(),
        array[private.platform_account('EUR', 'world')] || array_agg(private.ledger_account('user', id, 'EUR', 'available')),
        array[-${eur}::numeric * ${count}] || array_agg(${eur}::numeric)) from unnest(${ids}::uuid[]) as id`;
    }
  });
  const amr = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) }];
  return people.map(({ id, session }) => ({
    id,
    claims: {
      ...{ sub: id, role: "authenticated", session_id: session, aal: "aal2", amr },
      app_metadata: admin ? { role: "admin" } : {},
    },
  }));
}

/** Somebody without an account. */
export const STRANGER: Caller = { id: "", claims: { role: "anon" } };

/** Calls a function as the API does for `who`; refusals are answered as `{ code, detail, hint? }`. */
export async function ask(
  sql: postgres.Sql,
  who: Caller,
  name: string,
  args: Record<string, unknown>,
): Promise<Answer> {
  const named = Object.keys(args).map((key, i) => `${key} => $${i + 1}`).join(", ");
  try {
    return await sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify(who.claims)}, true),
        set_config('role', ${String(who.claims.role)}, true)`;
      const [row] = await tx.unsafe(`select public.${name}(${named}) as answer`, Object.values(args) as never[]);
      return row?.answer;
    });
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === "PGRST") {
      // PostgREST's own way to refuse with headers.
      const { message, details, hint } = JSON.parse(error.message);
      return { code: message, detail: details, hint };
    }
    if (!(error instanceof postgres.PostgresError) || !error.code.startsWith("PT")) throw error;
    return { code: error.message, detail: error.detail, ...(error.hint === undefined ? {} : { hint: error.hint }) };
  }
}

/** The worker that deals: it settles what is due at the equity it is told. */
export class Dealer {
  readonly #sql: postgres.Sql;
  readonly #token: number;

  private constructor(sql: postgres.Sql, token: number) {
    this.#sql = sql;
    this.#token = token;
  }

  static async hire(sql: postgres.Sql): Promise<Dealer> {
    const [row] = await sql`select public.acquire_lease('pools', gen_random_uuid(), 60000) as lease`;
    await sql`update public.leases set expires_at = now() + interval '1 hour' where name = 'pools'`;
    return new Dealer(sql, row?.lease.token);
  }

  /** Ends the pool's cycle and settles it at `equity`, or at `of(capital)`. */
  async settle(poolId: string, equity: string | ((capital: number) => number)): Promise<Answer> {
    const sql = this.#sql;
    await sql.begin(async (tx) => {
      // As a cycle ends by itself, long after its cut-off.
      await tx`set local session_replication_role = replica`;
      await tx`update public.pool_cycles c set cutoff_at = least(c.cutoff_at, clock_timestamp()), ends_at = clock_timestamp()
        from public.pools p where p.id = ${poolId} and c.pool_id = p.id and c.no = p.cycle_no`;
      await tx`update public.pool_cycles set cutoff_at = ends_at where pool_id = ${poolId} and cutoff_at is null and ends_at is not null`;
    });
    await sql`select public.pools_due()`;
    const [pool] = await sql`select p.cycle_no, private.pool_capital(p.id, p.currency)::text as capital
      from public.pools p where p.id = ${poolId}`;
    const worth = typeof equity === "string" ? equity : String(equity(Number(pool?.capital)));
    const [row] = await sql`select public.settle_pool(${poolId}, ${pool?.cycle_no}, ${worth}, clock_timestamp(),
      ${this.#token}) as answer`;
    return row?.answer.settlement;
  }

  /** What an adapter says a pool is worth now. */
  async value(poolId: string, equity: string, more: Record<string, unknown> = {}): Promise<void> {
    const row = { pool_id: poolId, at: new Date().toISOString(), equity, exposure: "0", positions: [], ...more };
    const [answer] = await this.#sql`select public.record_pool_nav(${this.#token}, ${
      this.#sql.json([row] as never)
    }) as answer`;
    assert.deepEqual(answer?.answer.refused, []);
  }
}
