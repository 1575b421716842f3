import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import type { AdapterFactory } from "./adapters.ts";
import type { PoolMetricsRegistry } from "./pool_metrics.ts";
import { PoolSession } from "./pool_session.ts";
import { type DuePool, NAV_ROWS_MAX, type NavRow, type PoolStore } from "./pool_store.ts";

/** How often the database is asked what is due: a settlement begins at most this much late. */
const ROUND_EVERY_ms = 2_000;

/** As many pools as `pools_due()` answers, those due first. */
const POOLS_MAX = 1_000;

/** How often the markets that pools hold are asked for: they are streamed for a minute from then on. */
const WATCH_EVERY_ms = 25_000;

/** Settlements in the database at once: each may move ten thousand lots. */
const SETTLING_MAX = 4;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_ms_MAX = 30_000;

/** What a keeper needs from outside. */
export interface PoolKeeperOptions {
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  store: PoolStore;
  adapters: AdapterFactory;
  metrics: PoolMetricsRegistry;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** Shorter than {@link ROUND_EVERY_ms} in tests. */
  roundEvery_ms?: number;
}

/** What `/healthz` tells of the keeper. */
export interface PoolKeeperHealth {
  healthy: boolean;
  role: "standby" | "settling";
  pools: number;
  /** Pools whose adapter fails, and cycles that have ended unsettled: they need a person, not another worker. */
  failing: number;
  due: number;
  contact_age_ms: number;
}

/**
 * Keeps every pool's adapter connected, tells the database what pools are worth, and settles what is due, while this
 * process holds the lease `pools`.
 */
export class PoolKeeper {
  readonly #options: PoolKeeperOptions;
  readonly #lease: Lease;
  readonly #settling = new Limiter(SETTLING_MAX);
  readonly #sessions = new Map<string, PoolSession>();
  /** When each pool was last recorded, on the monotonic clock. */
  readonly #recorded = new Map<string, number>();
  /** Sessions on their way out. */
  readonly #ending = new Map<PoolSession, Promise<void>>();
  #contact_ms: number;
  #due = 0;
  /** The markets asked for last, and when to ask again. */
  #watched = "";
  #watchAt_ms = 0;
  #nap = new AbortController();
  #token: number | null = null;

  constructor(options: PoolKeeperOptions) {
    this.#options = options;
    this.#lease = new Lease("pools", options.holder, options.rpc, options.nowMs);
    this.#contact_ms = options.nowMs();
  }

  /** How it goes. */
  health(): PoolKeeperHealth {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contact_ms);
    return {
      healthy: contact_age_ms < CONTACT_AGE_ms_MAX,
      role: this.#token === null ? "standby" : "settling",
      pools: this.#sessions.size,
      failing: [...this.#sessions.values()].filter(({ failures }) => failures > 0).length,
      due: this.#due,
      contact_age_ms,
    };
  }

  /**
   * Looks at once what is due.
   * @param poolId a pool that somebody waits for; it is tried even if its adapter failed a moment ago.
   */
  wake(poolId?: string): void {
    if (poolId !== undefined) this.#sessions.get(poolId)?.hurry();
    this.#nap.abort();
    this.#lease.wake();
  }

  /** Works or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    const { roundEvery_ms = ROUND_EVERY_ms } = this.#options;
    const over = new AbortController();
    const renewing = this.#renew(AbortSignal.any([signal, over.signal]));
    try {
      while (!signal.aborted) {
        this.#nap = new AbortController();
        await this.#setToken(this.#lease.token);
        if (this.#token !== null) await this.#round(this.#token);
        await delay(roundEvery_ms, AbortSignal.any([signal, this.#nap.signal]));
      }
    } finally {
      over.abort();
      await this.#setToken(null);
      await renewing;
      await this.#lease.release();
    }
  }

  /** Apart from the rounds, so that none of them can cost the lease. */
  async #renew(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.#lease.token;
      const state = await this.#lease.renew();
      if (state !== "unknown") this.#contact_ms = this.#options.nowMs();
      if (this.#lease.token !== before) this.#nap.abort();
      if (state === "held") await delay(LEASE_RENEW_MS, signal);
      else await this.#lease.nap(this.#options.random, signal);
    }
  }

  /** Begins or ends this process's term. What an earlier term knew, another process may have changed. */
  async #setToken(token: number | null): Promise<void> {
    if (token === this.#token) return;
    this.#token = token;
    this.#options.metrics.held.set(token === null ? 0 : 1);
    this.#options.logger.info("The pools' keeper changed its role", { role: token === null ? "standby" : "settling" });
    const ended = [...this.#sessions.values()].map((session) => session.end());
    this.#sessions.clear();
    this.#recorded.clear();
    this.#watched = "";
    await Promise.all([...ended, ...this.#ending.values()]);
  }

  async #round(token: number): Promise<void> {
    const { store, logger } = this.#options;
    const answer = await store.due();
    if (!answer.ok) {
      logger.warn("Cannot ask which pools are due", { code: answer.code, detail: answer.detail });
      return;
    }
    this.#contact_ms = this.#options.nowMs();
    const pools = answer.value;
    this.#due = pools.filter(({ due }) => due).length;
    for (const pool of pools) this.#session(pool).update(pool, token);
    this.#dropOthers(pools);
    await Promise.all([this.#watch(pools, token), this.#record(token)]);
    this.#measureAge(pools);
  }

  #session(pool: DuePool): PoolSession {
    const known = this.#sessions.get(pool.pool_id);
    if (known !== undefined) return known;
    const { store, adapters, metrics, logger, nowMs, random } = this.#options;
    const settling = this.#settling;
    const onSettled = () => this.wake();
    const session = new PoolSession(pool, { store, adapters, settling, metrics, logger, nowMs, random, onSettled });
    this.#sessions.set(pool.pool_id, session);
    this.#recorded.set(pool.pool_id, nowMs());
    return session;
  }

  /** Ends the sessions of pools that are not listed any more: closed ones are until they have stopped. */
  #dropOthers(pools: readonly DuePool[]): void {
    if (pools.length >= POOLS_MAX) {
      this.#options.logger.error("There are too many pools to run all of them", { max: POOLS_MAX });
    }
    const listed = new Set(pools.map(({ pool_id }) => pool_id));
    for (const [id, session] of this.#sessions) {
      if (listed.has(id)) continue;
      this.#sessions.delete(id);
      this.#recorded.delete(id);
      this.#ending.set(session, session.end().finally(() => this.#ending.delete(session)));
    }
  }

  /** Has the markets streamed whose prices pools are valued by: perhaps nobody else looks at them. */
  async #watch(pools: readonly DuePool[], token: number): Promise<void> {
    const { store, adapters, holder, nowMs, logger } = this.#options;
    const topics = new Set(pools.map(({ adapter }) => adapters.topicOf(adapter)).filter((topic) => topic !== null));
    const wanted = [...topics].toSorted();
    if (wanted.length === 0 || (wanted.join() === this.#watched && nowMs() < this.#watchAt_ms)) return;
    const answer = await store.watch(token, holder, wanted);
    if (!answer.ok) {
      logger.warn("Cannot watch the markets of pools", { code: answer.code, detail: answer.detail });
      return;
    }
    this.#watched = wanted.join();
    this.#watchAt_ms = nowMs() + WATCH_EVERY_ms;
  }

  async #record(token: number): Promise<void> {
    const { store, logger, nowMs } = this.#options;
    const rows = [...this.#sessions.values()].map((session) => session.takeRow()).filter((row) => row !== null);
    for (let from = 0; from < rows.length; from += NAV_ROWS_MAX) {
      const part: NavRow[] = rows.slice(from, from + NAV_ROWS_MAX);
      const answer = await store.recordNav(token, part);
      if (!answer.ok) {
        logger.warn("Cannot record what pools are worth", { code: answer.code, detail: answer.detail });
        return;
      }
      const refused = new Set(answer.value.map(({ pool_id }) => pool_id));
      for (const { pool_id } of part) {
        if (refused.has(pool_id)) continue;
        this.#recorded.set(pool_id, nowMs());
        this.#sessions.get(pool_id)?.recorded();
      }
      await Promise.all(answer.value.map(({ pool_id, code }) => this.#sessions.get(pool_id)?.refused(code, token)));
    }
  }

  #measureAge(pools: readonly DuePool[]): void {
    const now = this.#options.nowMs();
    const ages = pools.filter(({ status }) => status !== "paused" && status !== "closed")
      .map(({ pool_id }) => now - (this.#recorded.get(pool_id) ?? now));
    this.#options.metrics.navAge.set(ages.reduce((oldest, age) => Math.max(oldest, age), 0) / 1_000);
  }
}
