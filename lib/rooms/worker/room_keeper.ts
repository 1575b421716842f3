import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import { sideBySide } from "../../kernel/worker/side_by_side.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import type { RoomMetrics } from "./room_metrics.ts";

/** How often rooms are looked at: their viewers are told a new number at most this often, too. */
const TURN_EVERY_ms = 1_000;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_ms_MAX = 30_000;

const turnSchema = z.object({
  rooms: z.int(),
  viewers: z.int(),
  messages: z.int().nonnegative(),
  told: z.int(),
  expired: z.int(),
  ended: z.int(),
  raised: z.int(),
});

/** What a keeper needs from outside. */
export interface RoomKeeperOptions {
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  metrics: RoomMetrics;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
}

/** What `/healthz` tells of the keeper. */
export interface RoomKeeperHealth {
  healthy: boolean;
  role: "standby" | "counting";
  rooms: number;
  viewers: number;
  /** Since the last turn of who counts, or since the database last said that another does. */
  contact_age_ms: number;
}

/**
 * Counts viewers and tells rooms, ends abandoned rooms and raises the epochs that wait, once a second, while this process
 * holds the lease `rooms`. All it knows is in the database, so that whoever takes over goes on with the next turn.
 */
export class RoomKeeper {
  readonly #options: RoomKeeperOptions;
  readonly #lease: Lease;
  #contactMs: number;
  #isCounting = false;
  #rooms = 0;
  #viewers = 0;
  #nap = new AbortController();

  constructor(options: RoomKeeperOptions) {
    this.#options = options;
    this.#lease = new Lease("rooms", options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
  }

  /** How it goes. */
  health(): RoomKeeperHealth {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return {
      healthy: contact_age_ms < CONTACT_AGE_ms_MAX,
      role: this.#isCounting ? "counting" : "standby",
      rooms: this.#rooms,
      viewers: this.#viewers,
      contact_age_ms,
    };
  }

  /** The lease may be free. */
  wake(): void {
    this.#nap.abort();
    this.#lease.wake();
  }

  /** Counts or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      // Side by side, so that a slow turn cannot cost the lease.
      await sideBySide(signal, (any) => this.#keepLease(any), (any) => this.#keepCounting(any));
    } finally {
      this.#setCounting(false);
      await this.#lease.release();
    }
  }

  async #keepLease(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = this.#lease.token;
      const state = await this.#lease.renew();
      // Of who counts, turns tell how it goes.
      if (state === "elsewhere" || state === "lost") this.#contactMs = this.#options.nowMs();
      if (this.#lease.token !== before) this.#nap.abort();
      if (state === "held") await delay(LEASE_RENEW_MS, signal);
      else await this.#lease.nap(this.#options.random, signal);
    }
  }

  async #keepCounting(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#nap = new AbortController();
      const startedMs = this.#options.nowMs();
      const { token } = this.#lease;
      this.#setCounting(token !== null);
      if (token !== null) await this.#turn(token);
      const rest_ms = TURN_EVERY_ms - (this.#options.nowMs() - startedMs);
      await delay(Math.max(0, rest_ms), AbortSignal.any([signal, this.#nap.signal]));
    }
  }

  async #turn(p_token: number): Promise<void> {
    const { rpc, metrics, logger, nowMs } = this.#options;
    const askedMs = nowMs();
    const answer = await rpc.call("rooms_due", { p_token });
    if (!answer.ok) {
      logger.warn("Cannot run the rooms", { code: answer.code, detail: answer.detail });
      return;
    }
    const turn = turnSchema.parse(answer.data);
    this.#contactMs = nowMs();
    this.#rooms = turn.rooms;
    this.#viewers = turn.viewers;
    metrics.seconds.observe((nowMs() - askedMs) / 1_000);
    metrics.show(turn);
    if (turn.ended > 0) logger.info("Rooms without their streamer were ended", { rooms: turn.ended });
  }

  #setCounting(isCounting: boolean): void {
    if (isCounting === this.#isCounting) return;
    this.#isCounting = isCounting;
    this.#contactMs = this.#options.nowMs();
    this.#options.metrics.held.set(isCounting ? 1 : 0);
    if (!isCounting) {
      this.#rooms = 0;
      this.#viewers = 0;
      this.#options.metrics.clear();
    }
    this.#options.logger.info("The rooms' keeper changed its role", { role: isCounting ? "counting" : "standby" });
  }
}
