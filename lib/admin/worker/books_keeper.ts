import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import { type BooksMetrics, businessSchema } from "./books_metrics.ts";

/** How often the figures are read. */
const READ_EVERY_ms = 60_000;

/** Age of the ledger's last check at which the next one is due. */
export const CHECK_AGE_s = 3_600;

/** Pause after a check that failed: each reads everything there is. */
const CHECK_RETRY_ms = 600_000;

/** Longest time of a check, which reads all entries there are; the database cuts it off as well. */
const CHECK_ms_MAX = 125_000;

/** Time a check that runs is waited for when the process leaves. */
const LEAVE_ms_MAX = 1_000;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_ms_MAX = 180_000;

const checkSchema = z.object({
  violations: z.int(),
  took_ms: z.int(),
  samples: z.array(z.object({ violation: z.string(), subject: z.string() })),
});

/** What a keeper needs from outside. */
export interface BooksKeeperOptions {
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  metrics: BooksMetrics;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
}

/**
 * Has the ledger checked each hour, and tells Prometheus each minute how the business stands, while this process holds
 * the lease `books`.
 */
export class BooksKeeper {
  readonly #options: BooksKeeperOptions;
  readonly #lease: Lease;
  #contactMs: number;
  #readAtMs = 0;
  #checkAtMs = 0;
  #checking: Promise<void> | null = null;
  #keeping = false;

  constructor(options: BooksKeeperOptions) {
    this.#options = options;
    this.#lease = new Lease("books", options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
  }

  /** How it goes. */
  health(): { healthy: boolean; role: "standby" | "keeping"; contact_age_ms: number } {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return {
      healthy: contact_age_ms < CONTACT_AGE_ms_MAX,
      role: this.#keeping ? "keeping" : "standby",
      contact_age_ms,
    };
  }

  /** Keeps the books or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const token = await this.#token();
        if (token !== null && this.#options.nowMs() >= this.#readAtMs) await this.#read(token);
        await delay(LEASE_RENEW_MS, signal);
      }
      // The database ends it as well; waiting only keeps a short one from being cut off.
      if (this.#checking !== null) {
        const over = new AbortController();
        await Promise.race([this.#checking, delay(LEAVE_ms_MAX, over.signal)]);
        over.abort();
      }
    } finally {
      this.#setKeeping(false);
      await this.#lease.release();
    }
  }

  async #token(): Promise<number | null> {
    if (await this.#lease.renew() !== "unknown") this.#contactMs = this.#options.nowMs();
    const { token } = this.#lease;
    this.#setKeeping(token !== null);
    return token;
  }

  async #read(token: number): Promise<void> {
    const { rpc, metrics, nowMs, logger } = this.#options;
    this.#readAtMs = nowMs() + READ_EVERY_ms;
    const answer = await rpc.call("business_metrics", {});
    if (!answer.ok) {
      logger.warn("Cannot read the business's figures", { code: answer.code, detail: answer.detail });
      return;
    }
    const business = businessSchema.parse(answer.data);
    metrics.show(business);
    const isDue = business.ledger_check_age_s === null || business.ledger_check_age_s >= CHECK_AGE_s;
    if (!isDue || this.#checking !== null || nowMs() < this.#checkAtMs) return;
    this.#checkAtMs = nowMs() + CHECK_RETRY_ms;
    // Beside the loop: the lease has to be renewed while a long ledger is read.
    this.#checking = this.#check(token).finally(() => this.#checking = null);
  }

  async #check(p_token: number): Promise<void> {
    const { rpc, logger } = this.#options;
    const answer = await rpc.call("check_ledger", { p_token }, CHECK_ms_MAX);
    if (!answer.ok) {
      logger.warn("Cannot check the ledger", { code: answer.code, detail: answer.detail });
      return;
    }
    const { violations, took_ms, samples } = checkSchema.parse(answer.data);
    // What it found is shown at once.
    this.#readAtMs = 0;
    if (violations === 0) logger.info("The ledger holds", { took_ms });
    else logger.error("The ledger does not hold", { violations, took_ms, samples });
  }

  #setKeeping(keeping: boolean): void {
    if (keeping === this.#keeping) return;
    this.#keeping = keeping;
    if (keeping) this.#readAtMs = 0;
    else this.#options.metrics.clear();
    this.#options.logger.info("The keeper of the books changed its role", { role: keeping ? "keeping" : "standby" });
  }
}
