import { z } from "zod";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import type { AdapterState, PoolPosition } from "../adapter.ts";

/** Longest wait for a settlement: somewhat more than the database gives it, so that it is the one to end it. */
export const SETTLE_ms_MAX = 130_000;

/** Rows recorded by one call. */
export const NAV_ROWS_MAX = 200;

const time = z.iso.datetime({ offset: true });

/** One item of `pools_due()`. */
const duePoolSchema = z.object({
  pool_id: z.string(),
  name: z.string(),
  status: z.string(),
  currency: z.string(),
  scale: z.int(),
  /** What the ledger says it owns. */
  capital: z.string(),
  cycle_no: z.int(),
  cycle_opened_at: time,
  /** Null until a manual cycle is forced. */
  ends_at: time.nullable(),
  /** To be settled now. */
  due: z.boolean(),
  /** `pools.metadata.trading`: judged by the adapter it names. */
  adapter: z.unknown(),
  adapter_state: z.unknown(),
});

const dueSchema = z.object({ items: z.array(duePoolSchema) });

const settlementSchema = z.object({
  settlement: z.object({ unit_price: z.string(), pnl: z.string(), fee: z.string(), already: z.boolean() }),
});

const recordedSchema = z.object({
  refused: z.array(z.object({ pool_id: z.string(), code: z.string() })),
});

/** A pool that trades, as the database sees it. */
export type DuePool = z.infer<typeof duePoolSchema>;

/** What a settlement came to. */
export type Settlement = z.infer<typeof settlementSchema>["settlement"];

/** A pool's value as `record_pool_nav()` takes it. */
export interface NavRow {
  pool_id: string;
  /** RFC 3339. */
  at: string;
  equity: string;
  exposure: string | null;
  positions: readonly PoolPosition[];
  adapter_state: AdapterState;
}

/** What the database answered, parsed; or its refusal. */
export type Answer<T> = { ok: true; value: T } | Extract<RpcResult, { ok: false }>;

/** Pools' rows in the database; every write takes the lease's token. Throws when an answer has another shape. */
export class PoolStore {
  readonly #rpc: Pick<Rpc, "call">;

  constructor(rpc: Pick<Rpc, "call">) {
    this.#rpc = rpc;
  }

  /**
   * All pools that trade, and those closed lately whose adapter is not stopped; those whose cycle has ended count as
   * settling from here on.
   */
  async due(): Promise<Answer<readonly DuePool[]>> {
    return parsed(await this.#rpc.call("pools_due", {}), (data) => dueSchema.parse(data).items);
  }

  /** Settles a cycle, once however often it is asked for. */
  async settle(
    token: number,
    { pool_id, cycle_no }: Pick<DuePool, "pool_id" | "cycle_no">,
    equity: string,
    asOf_ms: number,
  ): Promise<Answer<Settlement>> {
    const answer = await this.#rpc.call("settle_pool", {
      p_pool_id: pool_id,
      p_cycle_no: cycle_no,
      p_equity: equity,
      p_equity_at: new Date(asOf_ms).toISOString(),
      p_token: token,
    }, SETTLE_ms_MAX);
    return parsed(answer, (data) => settlementSchema.parse(data).settlement);
  }

  /** Records what pools are worth; answers those it did not believe, with a code each. */
  async recordNav(token: number, rows: readonly NavRow[]): Promise<Answer<{ pool_id: string; code: string }[]>> {
    const answer = await this.#rpc.call("record_pool_nav", { p_token: token, p_rows: rows });
    return parsed(answer, (data) => recordedSchema.parse(data).refused);
  }

  /** Says why a pool's adapter gave nothing of use, or with null that it did. */
  async report(token: number, pool_id: string, code: string | null): Promise<Answer<null>> {
    const answer = await this.#rpc.call("report_pool_adapter", { p_token: token, p_pool_id: pool_id, p_code: code });
    return parsed(answer, () => null);
  }

  /** Says that a closed pool's adapter holds nothing any more: from here on the pool is not listed. */
  async stopped(token: number, pool_id: string): Promise<Answer<null>> {
    return parsed(await this.#rpc.call("record_pool_stopped", { p_token: token, p_pool_id: pool_id }), () => null);
  }

  /** Keeps the prices of markets coming for a minute. */
  async watch(token: number, holder: string, topics: readonly string[]): Promise<Answer<null>> {
    const args = { p_token: token, p_holder: holder, p_topics: [...topics] };
    return parsed(await this.#rpc.call("watch_for_pools", args), () => null);
  }
}

function parsed<T>(answer: RpcResult, parse: (data: unknown) => T): Answer<T> {
  return answer.ok ? { ok: true, value: parse(answer.data) } : answer;
}
