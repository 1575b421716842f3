import { z } from "zod";
import { delay } from "./backoff.ts";
import type { Rpc } from "./supabase.ts";

/** How long a lease lasts without renewal: a standby takes over at most this much later, plus {@link LEASE_POLL_MS}. */
export const LEASE_TTL_MS = 7_000;

/** How often it is renewed, so that several tries may fail before it lapses. */
export const LEASE_RENEW_MS = 2_000;

/** How often at most and, halved, at least a standby asks for it. A release wakes it sooner. */
export const LEASE_POLL_MS = 1_000;

/** Held back from the end of a lease: writes sent later could meet the next holder. */
const LEASE_MARGIN_MS = 1_000;

/** Longest wait for an answer: a call that hangs must leave time for another one. */
const LEASE_ANSWER_MS_MAX = 2_000;

const leaseSchema = z.object({ name: z.string(), token: z.int().positive(), expires_at: z.string() }).nullable();

/** What asking for the lease led to. */
export type LeaseState = "held" | "lost" | "elsewhere" | "unknown";

/** One named lease as seen by one holder. */
export class Lease {
  readonly name: string;
  readonly #holder: string;
  readonly #rpc: Rpc;
  readonly #nowMs: () => number;
  #token: number | null = null;
  #until_ms = 0;
  /** Ends a standby's nap. */
  #nap = new AbortController();

  /**
   * @param holder UUID of this process's term.
   * @param nowMs a monotonic clock in ms.
   */
  constructor(name: string, holder: string, rpc: Rpc, nowMs: () => number) {
    this.name = name;
    this.#holder = holder;
    this.#rpc = rpc;
    this.#nowMs = nowMs;
  }

  /** The fencing token while the lease is surely held, else null. */
  get token(): number | null {
    return this.#token !== null && this.#nowMs() < this.#until_ms ? this.#token : null;
  }

  /**
   * Takes or renews the lease once: `held`; `elsewhere` when another holder has it; `lost` when a lease held until now
   * has passed on or lapsed; `unknown` when the database did not answer and nothing has changed yet.
   */
  async renew(): Promise<LeaseState> {
    const before = this.#token;
    const asked = this.#nowMs();
    const answer = await this.#rpc.call("acquire_lease", {
      p_name: this.name,
      p_holder: this.#holder,
      p_ttl_ms: LEASE_TTL_MS,
    }, LEASE_ANSWER_MS_MAX);
    if (!answer.ok) {
      if (before === null || this.token !== null) return "unknown";
      return this.#drop("lost");
    }
    const lease = leaseSchema.parse(answer.data);
    if (lease === null) return this.#drop(before === null ? "elsewhere" : "lost");
    // Another token means that another holder was there in between: what was known then may be wrong now.
    if (before !== null && lease.token !== before) return this.#drop("lost");
    this.#token = lease.token;
    this.#until_ms = asked + LEASE_TTL_MS - LEASE_MARGIN_MS;
    return "held";
  }

  /** Waits until it is time to ask for a lease that another has, at most {@link LEASE_POLL_MS}; standbys spread out. */
  async nap(random: () => number, signal: AbortSignal): Promise<void> {
    await delay(LEASE_POLL_MS * (0.5 + random() / 2), AbortSignal.any([signal, this.#nap.signal]));
    this.#nap = new AbortController();
  }

  /** Ends a {@link nap}, this one or the next: the lease may be free now. */
  wake(): void {
    this.#nap.abort();
  }

  /** Gives the lease back, best effort. */
  async release(): Promise<void> {
    if (this.#token === null) return;
    this.#drop("lost");
    await this.#rpc.call("release_lease", { p_name: this.name, p_holder: this.#holder });
  }

  #drop(state: LeaseState): LeaseState {
    this.#token = null;
    return state;
  }
}
