import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";

/** How often buckets that are full again are removed. */
const PURGE_EVERY_MS = 30_000;

/** Buckets removed by one call. */
const ROWS_PER_CALL = 1_000;

/** Calls of one round: what is left waits for the next. */
const CALLS_MAX = 20;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_MS_MAX = 120_000;

/** What the keeper needs from outside. */
export interface RateLimitKeeperOptions {
  rpc: Rpc;
  /** EDGE_HMAC_KEY, or null to leave the database what it knows. */
  edgeHmacKey: string | null;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
}

/** Tells the database the edge's key at start, and keeps its buckets few. Several may run: they pass each other by. */
export class RateLimitKeeper {
  readonly #options: RateLimitKeeperOptions;
  #contactMs: number;

  constructor(options: RateLimitKeeperOptions) {
    this.#options = options;
    this.#contactMs = options.nowMs();
  }

  /** How it goes. */
  health(): { healthy: boolean; contact_age_ms: number } {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return { healthy: contact_age_ms < CONTACT_AGE_MS_MAX, contact_age_ms };
  }

  /** Works until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#tellKey(signal);
    while (!signal.aborted) {
      await this.#purge(signal);
      await delay(PURGE_EVERY_MS, signal);
    }
  }

  async #tellKey(signal: AbortSignal): Promise<void> {
    const { rpc, edgeHmacKey, logger, random } = this.#options;
    if (edgeHmacKey === null) return;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const answer = await rpc.call("set_edge_hmac_key", { p_key: edgeHmacKey });
      if (answer.ok) return;
      logger.warn("Cannot tell the database the edge's key", { code: answer.code });
      if (answer.next === "reject") return;
      await delay(backoff_ms(attempt, { base_ms: 250, max_ms: 10_000, random }), signal);
    }
  }

  async #purge(signal: AbortSignal): Promise<void> {
    const { rpc, logger, nowMs } = this.#options;
    for (let calls = 0; calls < CALLS_MAX && !signal.aborted; calls++) {
      const answer = await rpc.call("purge_rate_limits", { p_limit: ROWS_PER_CALL });
      if (!answer.ok) {
        logger.warn("Cannot remove idle rate limits", { code: answer.code, detail: answer.detail });
        return;
      }
      this.#contactMs = nowMs();
      if (z.int().parse(answer.data) < ROWS_PER_CALL) return;
    }
  }
}
