/** What a pool's adapter trades for: it changes at settlements only. */
export interface PoolAssignment {
  pool_id: string;
  /** The open cycle. Profit is counted from its start. */
  cycle_no: number;
  /** Money the cycle began with, a decimal string in `currency`; "0" before the first subscription is settled. */
  capital: string;
  currency: string;
  /** Digits behind the point that money of `currency` may have. */
  scale: number;
  /** When the cycle began, Unix ms. */
  openedAt_ms: number;
  /** Whether positions may be opened; false while the pool is paused. */
  trading: boolean;
}

/** What a pool is worth, as its adapter says. */
export interface PoolPnl {
  /** Capital and profit or loss together, a decimal string of at most the currency's digits; never below zero. */
  equity: string;
  /** Profit or loss since the cycle began; `equity` less the capital. */
  pnl: string;
  /** The time the numbers are of, Unix ms. */
  asOf_ms: number;
}

/** One open position; every number is a decimal string. */
export interface PoolPosition {
  /** One of the platform's symbols, or the module's own name for it. */
  symbol: string;
  side: "long" | "short";
  /** In units of what is held; never below zero. */
  quantity: string;
  entry_price: string;
  mark_price: string;
  /** In the pool's currency. */
  pnl: string;
}

/** What `subscribeToMetrics` tells. */
export interface PoolMetrics extends PoolPnl {
  /** Value of all positions over equity, a decimal string; null when there is no equity to compare with. */
  exposure: string | null;
  positions: readonly PoolPosition[];
}

/**
 * Why an adapter gave nothing that can be used. Stable: administrators and tests match on it.
 *
 * - configuration: `invalid_config`, `unknown_adapter`, `unknown_symbol`, `url_refused`, `secret_missing`
 * - no answer: `adapter_timeout`, `adapter_unreachable`, `adapter_failed` (5xx), `adapter_refused` (4xx), `not_connected`
 * - an answer nobody can trust: `adapter_redirect`, `answer_too_large`, `wrong_signature`, `answer_replayed`,
 *   `answer_not_json`, `answer_malformed`
 * - numbers nobody may settle with: `wrong_pool`, `wrong_cycle`, `wrong_currency`, `wrong_capital`, `invalid_equity`,
 *   `equity_mismatch`, `stale_answer`, `future_answer`
 * - no price to value positions with: `price_stale`
 * - on our side: `adapter_stopped`, `adapter_broken`, `database_unavailable`
 */
export const ADAPTER_CODES = [
  "invalid_config",
  "unknown_adapter",
  "unknown_symbol",
  "url_refused",
  "secret_missing",
  "adapter_timeout",
  "adapter_unreachable",
  "adapter_failed",
  "adapter_refused",
  "not_connected",
  "adapter_redirect",
  "answer_too_large",
  "wrong_signature",
  "answer_replayed",
  "answer_not_json",
  "answer_malformed",
  "wrong_pool",
  "wrong_cycle",
  "wrong_currency",
  "wrong_capital",
  "invalid_equity",
  "equity_mismatch",
  "stale_answer",
  "future_answer",
  "price_stale",
  "adapter_stopped",
  "adapter_broken",
  "database_unavailable",
] as const;

/** Why an adapter gave nothing that can be used. */
export type AdapterCode = typeof ADAPTER_CODES[number];

/** What was asked for, or why there is nothing. Adapters throw for bugs alone. */
export type AdapterResult<T> = { ok: true; value: T } | { ok: false; code: AdapterCode };

/** What an assignment is known by. */
export type PoolSubject = Pick<PoolAssignment, "pool_id" | "cycle_no">;

/** Told each time metrics were asked for, of what came of it; it must not throw. */
export type MetricsListener = (metrics: AdapterResult<PoolMetrics>) => void;

/** What an adapter keeps between calls and processes, in the database: small, and no secrets. */
export type AdapterState = Readonly<Record<string, string | number | null>>;

/**
 * Trades one pool's money. Every call ends within a bounded time, may be made again, and answers failures as values.
 * What it says of money is checked before it is answered: no adapter hands on another pool's, another cycle's or an
 * impossible number.
 */
export interface TradingAdapter {
  /**
   * Begins (or goes on) to trade `assignment`. Called at each cycle's start with the new capital, after a restart of
   * either side with the same one, and to resume after {@link pauseTrading}.
   */
  connect(assignment: PoolAssignment): Promise<AdapterResult<null>>;
  /**
   * What the pool is worth now.
   * @param asOf_ms_min numbers of an earlier time are of no use, Unix ms; a cycle's end when it is to be settled.
   */
  getPoolPnL(asOf_ms_min?: number): Promise<AdapterResult<PoolPnl>>;
  /** What the pool holds now. */
  getPositions(): Promise<AdapterResult<readonly PoolPosition[]>>;
  /** Tells `listener` of the pool every few seconds, until the answered function is called; one call at a time. */
  subscribeToMetrics(listener: MetricsListener): () => Promise<void>;
  /** Opens no new positions until connected again; what is open stays, and is still told of. */
  pauseTrading(reason: string): Promise<AdapterResult<null>>;
  /**
   * Closes every position as fast as it can and trades no more until connected again.
   * @param subject what to stop when it is not connected here: another process was to do it.
   */
  emergencyStop(reason: string, subject?: PoolSubject): Promise<AdapterResult<null>>;
  /** What to keep in the database for the next process. */
  state(): AdapterState;
}
