import { type Caller, currentCaller, onBehalfOf } from "../../kernel/edge/caller.ts";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import type { Logger } from "../../kernel/log.ts";

/** How often a watch is renewed; it lives for 60 s. */
export const RENEW_EVERY_ms = 30_000;

/** Time before a failed renewal is tried again. */
const RETRY_AFTER_ms = 5_000;

/** Calls under way at once: renewals spread out instead of arriving together. */
export const CALLS_AT_ONCE_MAX = 8;

/** Time a call may take; a late one is repeated before the watch expires. */
const CALL_ms_MAX = 5_000;

const TICK_ms = 1_000;

/** What the keeper needs. */
export interface WatchKeeperOptions {
  rpc: Rpc;
  nowMs: () => number;
  logger: Logger;
}

interface Watch {
  topic: string;
  /** Whoever asked: renewals count against them, not against whose call happens to be under way. */
  caller: Caller | null;
  dueAtMs: number;
  calling: boolean;
}

/**
 * Tells the database on behalf of streaming clients which topics they look at, for as long as they do.
 * Each client is a session of its own in the statistics; the calls of all of them share few connections.
 */
export class WatchKeeper {
  readonly #rpc: Rpc;
  readonly #nowMs: () => number;
  readonly #logger: Logger;
  readonly #watches = new Map<string, Watch>();
  /** Clients that left and of whom the database has not been told yet. */
  readonly #left: { clientId: string; caller: Caller | null }[] = [];
  #calls = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #idle: PromiseWithResolvers<void> | null = null;

  constructor({ rpc, nowMs, logger }: WatchKeeperOptions) {
    this.#rpc = rpc;
    this.#nowMs = nowMs;
    this.#logger = logger;
  }

  /**
   * Watches `topic` for `clientId` from now on.
   * @throws Refusal as the SQL function watch() words it: `unknown_symbol`, `watch_limit`…
   */
  async add(clientId: string, topic: string): Promise<void> {
    await this.#watch(clientId, topic);
    this.#watches.set(clientId, {
      topic,
      caller: currentCaller(),
      dueAtMs: this.#nowMs() + RENEW_EVERY_ms,
      calling: false,
    });
    this.#timer ??= setInterval(() => this.#renewDue(), TICK_ms);
  }

  /** Stops watching for `clientId`. */
  remove(clientId: string): void {
    const watch = this.#watches.get(clientId);
    if (watch === undefined) return;
    this.#watches.delete(clientId);
    this.#left.push({ clientId, caller: watch.caller });
    if (this.#watches.size === 0) this.#stopTimer();
    this.#unwatchNext();
  }

  /** Tells the database of everyone who left, for at most `timeoutMs`; rows it misses expire by themselves. */
  async close(timeoutMs: number): Promise<void> {
    for (const clientId of [...this.#watches.keys()]) this.remove(clientId);
    if (this.#calls === 0) return;
    this.#idle = Promise.withResolvers<void>();
    const timer = setTimeout(() => this.#idle?.resolve(), timeoutMs);
    await this.#idle.promise;
    clearTimeout(timer);
    this.#left.length = 0;
  }

  async #watch(clientId: string, topic: string): Promise<void> {
    await this.#rpc.call("watch", { p_topics: [topic], p_client_id: clientId }, { timeoutMs: CALL_ms_MAX });
  }

  #renewDue(): void {
    const nowMs = this.#nowMs();
    for (const [clientId, watch] of this.#watches) {
      if (this.#calls >= CALLS_AT_ONCE_MAX) return;
      if (watch.calling || watch.dueAtMs > nowMs) continue;
      this.#renew(clientId, watch);
    }
  }

  #renew(clientId: string, watch: Watch): void {
    watch.calling = true;
    this.#calls++;
    onBehalfOf(watch.caller, () => this.#watch(clientId, watch.topic)).then(() => {
      watch.dueAtMs = this.#nowMs() + RENEW_EVERY_ms;
    }, (error) => {
      watch.dueAtMs = this.#nowMs() + RETRY_AFTER_ms;
      this.#logger.warn("Watch was not renewed", { topic: watch.topic, error });
    }).finally(() => {
      watch.calling = false;
      this.#called();
      this.#renewDue();
      // It may have left while the call was under way, which then came last.
      if (this.#watches.get(clientId) !== watch) {
        this.#left.push({ clientId, caller: watch.caller });
        this.#unwatchNext();
      }
    });
  }

  #unwatchNext(): void {
    while (this.#calls < CALLS_AT_ONCE_MAX) {
      const left = this.#left.shift();
      if (left === undefined) return;
      this.#calls++;
      const unwatch = () => this.#rpc.call("unwatch", { p_client_id: left.clientId }, { timeoutMs: CALL_ms_MAX });
      onBehalfOf(left.caller, unwatch).catch((error) => {
        this.#logger.debug("Watch was left to expire", { error });
      }).finally(() => {
        this.#called();
        this.#unwatchNext();
      });
    }
  }

  #called(): void {
    this.#calls--;
    if (this.#calls === 0 && this.#left.length === 0) this.#idle?.resolve();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
