import type { Logger } from "../../kernel/log.ts";
import { backoff_ms } from "../../kernel/worker/backoff.ts";
import type { Limiter } from "../../kernel/worker/limiter.ts";
import type { AdapterCode, AdapterResult, PoolAssignment, PoolMetrics, TradingAdapter } from "../adapter.ts";
import type { AdapterFactory } from "./adapters.ts";
import type { PoolMetricsRegistry } from "./pool_metrics.ts";
import type { DuePool, NavRow, PoolStore } from "./pool_store.ts";

/** First and longest wait before a pool's adapter is asked again after it failed. */
const BACKOFF_base_ms = 1_000;
const BACKOFF_ms_MAX = 30_000;

/** How often the database is told of a failure that lasts, while nothing is due. */
const REPORT_EVERY_ms = 60_000;

/** A pool's status after its last settlement. */
const CLOSED = "closed";

/** What the database may answer to a settlement that is nobody's fault. */
const PUT_OFF = ["pool_paused", "not_due", "stale_lease"];

/** What a session needs from outside. */
export interface PoolSessionOptions {
  store: PoolStore;
  adapters: AdapterFactory;
  /** Shared by all sessions: settlements in the database at once. */
  settling: Limiter;
  metrics: PoolMetricsRegistry;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** Called after a settlement: the pool has a new cycle. */
  onSettled: () => void;
}

/**
 * One pool while this process holds the lease: its adapter, connected to the pool's cycle, and its settlements. Turns
 * are taken one after the other, and no turn of another pool waits for them.
 */
export class PoolSession {
  readonly #options: PoolSessionOptions;
  readonly #over = new AbortController();
  #pool: DuePool;
  #adapter: TradingAdapter | null = null;
  /** The settings that the adapter was made of. */
  #made = "";
  /** What the adapter is connected to. */
  #connected = "";
  #unsubscribe: (() => Promise<void>) | null = null;
  /** What was told last, and whether it waits to be recorded. */
  #latest: PoolMetrics | null = null;
  #unrecorded = false;
  /** What came of the last metrics since a turn looked: null for nothing. */
  #listened: "ok" | AdapterCode | null = null;
  #turn: Promise<void> | null = null;
  #failures = 0;
  #retryAt_ms = 0;
  /** What the database was told last; undefined before anything. */
  #reported: string | null | undefined;
  #reportAt_ms = 0;

  constructor(pool: DuePool, options: PoolSessionOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Takes the pool as the database sees it now, and begins a turn unless one is being taken. */
  update(pool: DuePool, token: number): void {
    this.#pool = pool;
    if (this.#turn !== null || this.#over.signal.aborted) return;
    if (this.#options.nowMs() < this.#retryAt_ms) return;
    this.#turn = this.#take(token).finally(() => this.#turn = null);
  }

  /** Forgets how long to wait: somebody has asked for something. */
  hurry(): void {
    this.#retryAt_ms = 0;
  }

  /** What is to be recorded of the pool, once. */
  takeRow(): NavRow | null {
    // What cannot be settled with is not shown as if all were well; a closed pool is worth nothing any more.
    if (this.#pool.status === CLOSED) return null;
    if (this.#latest === null || !this.#unrecorded || (this.#pool.due && this.#failures > 0)) return null;
    this.#unrecorded = false;
    return this.#row(this.#latest);
  }

  /** Says that a row of the pool was recorded: with it the database takes the adapter for well. */
  recorded(): void {
    this.#reported = null;
  }

  /** Says that what was to be recorded of the pool was not believed. */
  async refused(code: string, token: number): Promise<void> {
    // A due pool's settlement says the same, and counts. A market that stood still has the time it had before.
    if (!this.#pool.due && code !== "equity_stale") await this.#fail(code, token);
  }

  /** Lets go of the pool at once, as another process may have it: its trading goes on. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#unsubscribe?.();
    await this.#turn;
  }

  async #take(token: number): Promise<void> {
    const pool = this.#pool;
    try {
      const code = pool.status === CLOSED
        ? await this.#stop(pool, token)
        : await this.#connect(pool) ?? await this.#settle(pool, token);
      if (code === "ok") await this.#succeed(token);
      else if (code !== null && code !== "adapter_stopped") await this.#fail(code, token);
    } catch (error) {
      const { logger } = this.#options;
      logger.error("A pool's turn failed", { pool_id: pool.pool_id, error });
      await this.#fail("adapter_broken", token);
    }
  }

  /** Makes the adapter and connects it to the pool's cycle, unless that is done; answers why not, if so. */
  async #connect(pool: DuePool): Promise<string | null> {
    const made = await this.#make(pool);
    if (!made.ok) return made.code;
    const adapter = made.value;
    const assignment = assignmentOf(pool);
    const wanted = JSON.stringify(assignment);
    if (wanted !== this.#connected) {
      // Listened to anew, so that a new cycle's first numbers come at once.
      await this.#unsubscribe?.();
      this.#unsubscribe = null;
      const done = await this.#assign(adapter, assignment);
      if (!done.ok) return done.code;
      this.#connected = wanted;
    }
    this.#unsubscribe ??= adapter.subscribeToMetrics((metrics) => this.#listen(metrics));
    return null;
  }

  /** The adapter that the pool's settings ask for: a new one when they have changed. */
  async #make(pool: DuePool): Promise<AdapterResult<TradingAdapter>> {
    const settings = JSON.stringify(pool.adapter);
    if (this.#adapter !== null && settings === this.#made) return { ok: true, value: this.#adapter };
    await this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#latest = null;
    this.#adapter = null;
    const made = this.#options.adapters.make(pool.adapter, pool.adapter_state, this.#over.signal);
    if (!made.ok) return made;
    this.#adapter = made.value;
    this.#made = settings;
    this.#connected = "";
    return made;
  }

  /** Has everything sold that a closed pool still holds, whoever connected it; answers why not, if so. */
  async #stop(pool: DuePool, token: number): Promise<string | null> {
    await this.#unsubscribe?.();
    this.#unsubscribe = null;
    const { store, logger } = this.#options;
    const { pool_id, name } = pool;
    const made = await this.#make(pool);
    const stopped = made.ok ? await made.value.emergencyStop("The pool is closed", pool) : made;
    if (!stopped.ok) {
      logger.error("A closed pool's adapter was not stopped", { pool_id, name, code: stopped.code });
      return stopped.code;
    }
    const told = await store.stopped(token, pool_id);
    if (told.ok) logger.info("A closed pool's adapter was stopped", { pool_id, name });
    return null;
  }

  #assign(adapter: TradingAdapter, assignment: PoolAssignment): Promise<AdapterResult<null>> {
    // Only what trades this very cycle can be paused; everything else is connected, to pause or not.
    const paused = JSON.stringify({ ...assignment, trading: true }) === this.#connected;
    return paused ? adapter.pauseTrading("The pool is paused") : adapter.connect(assignment);
  }

  #listen(metrics: AdapterResult<PoolMetrics>): void {
    // Of a cycle that has ended, or on the way out.
    if (this.#connected === "" || (!metrics.ok && metrics.code === "adapter_stopped")) return;
    this.#listened = metrics.ok ? "ok" : metrics.code;
    if (metrics.ok) {
      this.#latest = metrics.value;
      this.#unrecorded = true;
    } else if (metrics.code === "not_connected") {
      this.#connected = "";
    }
  }

  /** Settles the pool's cycle if it is due; answers "ok", why that failed, or null when there was nothing to find out. */
  async #settle(pool: DuePool, token: number): Promise<string | null> {
    const adapter = this.#adapter;
    if (!pool.due || pool.ends_at === null || adapter === null) {
      const listened = this.#listened;
      this.#listened = null;
      return listened;
    }
    const { metrics, store, settling, nowMs, logger, onSettled } = this.#options;
    const began_ms = nowMs();
    // The database's times are finer: the next millisecond is surely not before the end.
    const pnl = await adapter.getPoolPnL(Date.parse(pool.ends_at) + 1);
    if (!pnl.ok) {
      metrics.settlements.inc({ result: "no_equity" });
      if (pnl.code === "not_connected") this.#connected = "";
      return pnl.code;
    }
    const { equity, asOf_ms } = pnl.value;
    // What the adapter knows now is kept before anybody is paid by it, so that the next process says the same.
    if (Object.keys(adapter.state()).length > 0) {
      await store.recordNav(token, [this.#row({ exposure: null, positions: [], ...this.#latest, ...pnl.value })]);
    }
    // From here on nobody knows which cycle the adapter's numbers would be shown with, until it is connected anew.
    this.#connected = "";
    this.#latest = null;
    const settled = await settling.run(() => store.settle(token, pool, equity, asOf_ms));
    if (!settled.ok) {
      metrics.settlements.inc({ result: settled.next === "retry" ? "unknown" : "refused" });
      logger.warn("A pool was not settled", { pool_id: pool.pool_id, no: pool.cycle_no, code: settled.code });
      return PUT_OFF.includes(settled.code) ? null : settled.code;
    }
    metrics.settlements.inc({ result: settled.value.already ? "already" : "settled" });
    metrics.settlementSeconds.observe((nowMs() - began_ms) / 1_000);
    logger.info("A pool was settled", { pool_id: pool.pool_id, no: pool.cycle_no, ...settled.value });
    onSettled();
    return "ok";
  }

  #row({ equity, asOf_ms, exposure, positions }: PoolMetrics): NavRow {
    return {
      pool_id: this.#pool.pool_id,
      at: new Date(asOf_ms).toISOString(),
      equity,
      exposure,
      positions,
      adapter_state: this.#adapter?.state() ?? {},
    };
  }

  async #succeed(token: number): Promise<void> {
    this.#failures = 0;
    if (this.#reported !== null) await this.#report(null, token);
  }

  async #fail(code: string, token: number): Promise<void> {
    const { nowMs, random, metrics } = this.#options;
    metrics.failures.inc({ code });
    this.#retryAt_ms = nowMs() +
      backoff_ms(this.#failures++, { base_ms: BACKOFF_base_ms, max_ms: BACKOFF_ms_MAX, random });
    // Each failing settlement counts; what else lasts is told now and then.
    if (this.#pool.due || code !== this.#reported || nowMs() >= this.#reportAt_ms) await this.#report(code, token);
  }

  async #report(code: string | null, token: number): Promise<void> {
    const { store, nowMs, logger } = this.#options;
    const { pool_id, name } = this.#pool;
    if (code !== this.#reported) {
      if (code === null) logger.info("A pool's adapter answers", { pool_id, name });
      else logger.warn("A pool's adapter gives nothing of use", { pool_id, name, code });
    }
    const told = await store.report(token, pool_id, code);
    if (!told.ok) return;
    this.#reported = code;
    this.#reportAt_ms = nowMs() + REPORT_EVERY_ms;
  }
}

function assignmentOf(
  { pool_id, cycle_no, capital, currency, scale, cycle_opened_at, status }: DuePool,
): PoolAssignment {
  const openedAt_ms = Date.parse(cycle_opened_at);
  return { pool_id, cycle_no, capital, currency, scale, openedAt_ms, trading: status !== "paused" };
}
