import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  investedSchema,
  type Investment,
  type InvestmentDetail,
  investmentDetailSchema,
  type InvestmentHistory,
  investmentHistorySchema,
  type InvestmentsPage,
  investmentsPageSchema,
  type PoolRequest,
  requestedSchema,
  type ValueHistory,
  valueHistorySchema,
} from "../investment_shapes.ts";
import {
  type Performance,
  performanceSchema,
  type PoolDetail,
  poolDetailSchema,
  type PoolScope,
  type PoolsPage,
  poolsPageSchema,
  type Positions,
  positionsSchema,
} from "../pool_shapes.ts";

/** Which part of a list is wanted. */
export interface PageQuery {
  limit: number;
  cursor: string | null;
}

/** Who asks: a user by their access token, null for anybody. */
export type Asker = string | null;

/** Pools and what the caller has in them, through the SQL functions made for it. Every method refuses as {@link Rpc.call} does. */
export class PoolStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Public pools, and private ones the caller may see. Refuses `invalid_limit`, `invalid_cursor`. */
  async list(accessToken: Asker, { scope, limit, cursor }: PageQuery & { scope: PoolScope }): Promise<PoolsPage> {
    const args = { p_limit: limit, p_cursor: cursor, p_scope: scope };
    return poolsPageSchema.parse(await this.#rpc.call("pools_page", args, { accessToken }));
  }

  /** Refuses `not_found`, as the next two do. */
  async detail(accessToken: Asker, poolId: string): Promise<PoolDetail> {
    return poolDetailSchema.parse(await this.#rpc.call("pool_detail", { p_pool_id: poolId }, { accessToken }));
  }

  /**
   * What a unit was worth since `fromMs` (null: ever since), thinned to about `points`.
   * Refuses `invalid_limit` besides.
   */
  async performance(
    accessToken: Asker,
    poolId: string,
    { fromMs, points }: { fromMs: number | null; points: number },
  ): Promise<Performance> {
    const args = {
      p_pool_id: poolId,
      p_from: fromMs === null ? null : new Date(fromMs).toISOString(),
      p_points: points,
    };
    return performanceSchema.parse(await this.#rpc.call("pool_performance", args, { accessToken }));
  }

  async positions(accessToken: Asker, poolId: string): Promise<Positions> {
    return positionsSchema.parse(await this.#rpc.call("pool_positions", { p_pool_id: poolId }, { accessToken }));
  }

  /**
   * Sets money aside for units at the next settlement. Refuses `pool_not_open`, `pool_paused`, `below_minimum`,
   * `cap_exceeded`, `insufficient_funds`, `invalid_amount`, `kyc_required`, `not_found`, `conflict`.
   */
  async invest(accessToken: string, poolId: string, amount: string, clientId: string): Promise<Investment> {
    const args = { p_pool_id: poolId, p_amount: amount, p_client_id: clientId };
    return investedSchema.parse(await this.#rpc.call("invest", args, { accessToken })).investment;
  }

  /** Queues a redemption of some units, or of "all". Refuses `not_found`, `invalid_units`, `units_exceeded`, `conflict`. */
  async redeem(accessToken: string, investmentId: string, units: string, clientId: string): Promise<PoolRequest> {
    const args = { p_investment_id: investmentId, p_units: units, p_client_id: clientId };
    return requestedSchema.parse(await this.#rpc.call("redeem_investment", args, { accessToken })).request;
  }

  /** Takes a waiting request back. Refuses `cutoff_passed`, `not_waiting`, `not_found`, `conflict`. */
  async cancel(accessToken: string, requestId: string, clientId: string): Promise<PoolRequest> {
    const args = { p_request_id: requestId, p_client_id: clientId };
    return requestedSchema.parse(await this.#rpc.call("cancel_pool_request", args, { accessToken })).request;
  }

  /** The caller's investments, newest first, of one pool or of all. Refuses `invalid_limit`, `invalid_cursor`. */
  async investments(
    accessToken: string,
    { limit, cursor, poolId = null }: PageQuery & { poolId?: string | null },
  ): Promise<InvestmentsPage> {
    const args = { p_limit: limit, p_cursor: cursor, p_pool_id: poolId };
    return investmentsPageSchema.parse(await this.#rpc.call("my_investments", args, { accessToken }));
  }

  /** Refuses `not_found`. */
  async investment(accessToken: string, id: string): Promise<InvestmentDetail> {
    return investmentDetailSchema.parse(await this.#rpc.call("my_investment", { p_id: id }, { accessToken }));
  }

  /** Refuses `not_found`, `invalid_limit`. */
  async history(accessToken: string, id: string, points: number): Promise<InvestmentHistory> {
    const args = { p_id: id, p_points: points };
    return investmentHistorySchema.parse(await this.#rpc.call("my_investment_history", args, { accessToken }));
  }

  /** What all of the caller's investments come to, now and in at most `points` moments. Refuses `invalid_limit`. */
  async valueHistory(accessToken: string, points: number): Promise<ValueHistory> {
    return valueHistorySchema.parse(await this.#rpc.call("my_value_history", { p_points: points }, { accessToken }));
  }
}
