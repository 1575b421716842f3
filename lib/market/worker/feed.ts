import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { Quarantine } from "../bad_frame.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import { FeedSession, type FeedTotals } from "./feed_session.ts";
import { FeedStore } from "./feed_store.ts";
import type { Venue } from "./venue.ts";

/** Without an answer from the database for this long a feed counts as unhealthy. */
const CONTACT_AGE_MS_MAX = 30_000;

/** What a feed needs from outside. */
export interface FeedOptions {
  exchange: string;
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  broadcaster: Broadcaster;
  logger: Logger;
  metrics: FeedMetrics;
  /** Makes the exchange's venue anew for each term. */
  openVenue: () => Venue;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** See FeedSessionOptions. */
  marketsInterval_ms?: number;
}

/** What `/healthz` tells of a feed. */
export interface FeedHealth {
  exchange: string;
  role: "starting" | "feeding" | "standby" | "stopped";
  healthy: boolean;
  [detail: string]: unknown;
}

/**
 * Feeds one exchange while this process holds the lease `feed:<exchange>`, and stands by while another does. All writes
 * carry the lease's token, so that a process that was away too long cannot write any more.
 */
export class Feed {
  readonly #options: FeedOptions;
  readonly #lease: Lease;
  readonly #totals: FeedTotals = { reconnects: 0, replaced: 0, gapsFound: 0, gapsFilled: 0 };
  readonly #quarantine = new Quarantine();
  #role: FeedHealth["role"] = "starting";
  #session: FeedSession | null = null;
  #contactMs: number;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lease = new Lease(`feed:${options.exchange}`, options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
  }

  /** Looks at the watches at once. */
  wake(): void {
    this.#session?.wake();
  }

  /** How it goes. */
  health(): FeedHealth {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return {
      exchange: this.#options.exchange,
      role: this.#role,
      healthy: this.#role !== "stopped" && contact_age_ms < CONTACT_AGE_MS_MAX,
      contact_age_ms,
      ...this.#totals,
      bad_frames: Object.fromEntries(this.#quarantine.counts),
      ...this.#session?.status,
    };
  }

  /** Feeds or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        if (await this.#renew() === "held") await this.#term(signal);
        else this.#setRole("standby");
        // Standbys do not all ask at once.
        await delay(LEASE_RENEW_MS * (0.5 + this.#options.random() / 2), signal);
      }
    } finally {
      this.#setRole("stopped");
      await this.#lease.release();
    }
  }

  async #term(signal: AbortSignal): Promise<void> {
    const { exchange, rpc, logger } = this.#options;
    const session = new FeedSession({
      ...this.#options,
      venue: this.#options.openVenue(),
      store: new FeedStore(rpc, exchange),
      totals: this.#totals,
      quarantine: this.#quarantine,
      token: () => this.#lease.token,
    });
    this.#session = session;
    this.#setRole("feeding");
    const lost = new AbortController();
    const ended = new AbortController();
    const renewing = this.#keepLease(ended.signal, () => lost.abort());
    try {
      const end = await session.run(AbortSignal.any([signal, lost.signal]));
      logger.info("A term of feeding has ended", { exchange, end: lost.signal.aborted ? "stale_lease" : end });
    } finally {
      ended.abort();
      this.#session = null;
      await renewing;
    }
  }

  async #keepLease(ended: AbortSignal, onLost: () => void): Promise<void> {
    while (!ended.aborted) {
      await delay(LEASE_RENEW_MS, ended);
      if (ended.aborted) return;
      const state = await this.#renew();
      if (state === "lost" || state === "elsewhere") return onLost();
    }
  }

  async #renew(): Promise<Awaited<ReturnType<Lease["renew"]>>> {
    const state = await this.#lease.renew();
    if (state !== "unknown") this.#contactMs = this.#options.nowMs();
    else this.#options.logger.warn("Cannot renew the lease yet", { exchange: this.#options.exchange });
    return state;
  }

  #setRole(role: FeedHealth["role"]): void {
    if (role === this.#role) return;
    this.#role = role;
    const { exchange, logger, metrics } = this.#options;
    metrics.held.set({ exchange }, role === "feeding" ? 1 : 0);
    logger.info("The feed changed its role", { exchange, role });
  }
}
