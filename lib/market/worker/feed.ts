import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import type { FeedTotals } from "./feed_recorder.ts";
import { FeedSession, MARKETS_INTERVAL_MS } from "./feed_session.ts";
import { FeedStore } from "./feed_store.ts";
import { QuarantineKeeper } from "./quarantine_keeper.ts";
import type { Venue } from "./venue.ts";
import { WarmVenue } from "./warm_venue.ts";

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
  /** The exchange's rows, where what passes them is recorded; otherwise the feed opens its own. */
  store?: FeedStore;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
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
  readonly #totals: FeedTotals = {
    reconnects: 0,
    replaced: 0,
    gapsFound: 0,
    gapsFilled: 0,
    foldsChecked: 0,
    foldsDiffering: 0,
    repairs: 0,
  };
  readonly #store: FeedStore;
  readonly #quarantine: QuarantineKeeper;
  readonly #warm: WarmVenue;
  #role: FeedHealth["role"] = "starting";
  #session: FeedSession | null = null;
  /** The last term's session, while something of it may still be under way. */
  #left: FeedSession | null = null;
  #contactMs: number;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#lease = new Lease(`feed:${options.exchange}`, options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
    this.#store = options.store ?? new FeedStore(options.rpc, options.exchange);
    const { openVenue, logger, nowMs } = options;
    this.#warm = new WarmVenue({ openVenue, logger, nowMs, listingAge_ms_max: MARKETS_INTERVAL_MS });
    this.#quarantine = new QuarantineKeeper({ store: this.#store, nowMs: options.nowMs, wallMs: options.wallMs });
  }

  /** Looks at the watches at once, and at the alerts when they have changed. */
  wake(what: { alerts: boolean }): void {
    this.#session?.wake(what);
  }

  /** Asks for a lease that has been given back. */
  leaseReleased(name: string): void {
    if (name === this.#lease.name) this.#lease.wake();
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
        const state = await this.#renew();
        if (state === "held") await this.#term(signal);
        else this.#setRole("standby");
        if (state === "elsewhere") this.#warm.keep();
        await this.#lease.nap(this.#options.random, signal);
      }
    } finally {
      this.#setRole("stopped");
      await this.#lease.release();
      await this.#warm.close();
      await this.#left?.settled();
    }
  }

  async #term(signal: AbortSignal): Promise<void> {
    const { exchange, logger } = this.#options;
    const session = new FeedSession({
      ...this.#options,
      ...this.#warm.take(),
      store: this.#store,
      totals: this.#totals,
      quarantine: this.#quarantine,
      token: () => this.#lease.token,
    });
    this.#session = session;
    this.#left = session;
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
    // A term that follows begins alone. Whoever stops gives the lease back first.
    if (!signal.aborted) await session.settled();
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
