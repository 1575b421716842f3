import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import { sideBySide } from "../../kernel/worker/side_by_side.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";
import type { PaymentProvider, Payout, PayoutAnswer } from "./payments/provider.ts";
import type { PaymentSettings } from "./payments/settings.ts";

/** A wake may be missed: then a payout waits no longer than this. */
const POLL_ms = 5_000;

/** Payouts claimed at a time: asked for side by side, all are done while their claim lasts. */
const PAYOUTS_PER_CLAIM = 10;

/** Claims of one turn before the lease is looked at again. */
const CLAIMS_MAX = 20;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_ms_MAX = 30_000;

const claimedSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    asset: z.string(),
    amount: z.string(),
    destination: z.string(),
    attempts: z.int(),
    /** Whether it was claimed before, so that the provider may know of it. */
    again: z.boolean(),
  })),
  released: z.int(),
});

/** How payouts ended, as `finish_payout()` takes it. */
export type PayoutOutcome = "paid" | "pending" | "failed" | "refused";

/** What a keeper needs from outside. */
export interface PayoutKeeperOptions {
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  /** Null where nobody pays out: then withdrawals whose redemption is settled are still moved on. */
  provider: PaymentProvider | null;
  /** What the database is told of the provider. */
  settings: PaymentSettings | null;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** Told of each payout asked for. */
  onOutcome?: (outcome: PayoutOutcome) => void;
}

/** What `/healthz` tells of the keeper. */
export interface PayoutHealth {
  healthy: boolean;
  role: "standby" | "paying";
  provider: string | null;
  contact_age_ms: number;
}

/**
 * Has approved withdrawals paid while this process holds the lease `payouts`. Whoever dies between claiming, asking and
 * booking leaves a claim that runs out: the next one asks again under the same id, which the provider pays once and the
 * ledger books once.
 */
export class PayoutKeeper {
  readonly #options: PayoutKeeperOptions;
  readonly #lease: Lease;
  #contactMs: number;
  #nap = new AbortController();

  constructor(options: PayoutKeeperOptions) {
    this.#options = options;
    this.#lease = new Lease("payouts", options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
  }

  /** How it goes. */
  health(): PayoutHealth {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return {
      healthy: contact_age_ms < CONTACT_AGE_ms_MAX,
      role: this.#lease.token === null ? "standby" : "paying",
      provider: this.#options.provider?.name ?? null,
      contact_age_ms,
    };
  }

  /** Something may be due. */
  wake(): void {
    this.#nap.abort();
    this.#lease.wake();
  }

  /** Pays or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#tellProvider(signal);
      // A provider that takes its time must not cost the lease.
      await sideBySide(signal, (any) => this.#keepLease(any), (any) => this.#keepPaying(any));
    } finally {
      await this.#lease.release();
    }
  }

  async #tellProvider(signal: AbortSignal): Promise<void> {
    const { rpc, settings, logger, random } = this.#options;
    if (settings === null) return;
    const args = { p_name: settings.provider, p_secret: settings.secret, p_checkout_url: settings.url };
    for (let attempt = 0; !signal.aborted; attempt++) {
      const answer = await rpc.call("set_payment_provider", args);
      if (answer.ok) return;
      logger.warn("Cannot tell the database of the payment provider", { code: answer.code });
      if (answer.next === "reject") return;
      await delay(backoff_ms(attempt, { base_ms: 250, max_ms: 10_000, random }), signal);
    }
  }

  async #keepLease(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const held = this.#lease.token !== null;
      const state = await this.#lease.renew();
      if (state !== "unknown") this.#contactMs = this.#options.nowMs();
      if (state === "held" && !held) this.#nap.abort();
      if (state === "held" || state === "unknown") await delay(LEASE_RENEW_MS, signal);
      else await this.#lease.nap(this.#options.random, signal);
    }
  }

  async #keepPaying(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#nap = new AbortController();
      await this.#turn(signal);
      await delay(POLL_ms, AbortSignal.any([signal, this.#nap.signal]));
    }
  }

  /** Pays what is due, a bounded number of claims. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { rpc, provider, logger } = this.#options;
    for (let claims = 0; claims < CLAIMS_MAX && !signal.aborted; claims++) {
      const { token } = this.#lease;
      if (token === null) return;
      const limit = provider === null ? 0 : PAYOUTS_PER_CLAIM;
      const answer = await rpc.call("claim_payouts", { p_token: token, p_limit: limit });
      if (!answer.ok) {
        logger.warn("Payouts could not be read", { code: answer.code, detail: answer.detail });
        return;
      }
      this.#contactMs = this.#options.nowMs();
      const { items, released } = claimedSchema.parse(answer.data);
      if (provider !== null) {
        await Promise.all(items.map(({ again, ...payout }) => this.#pay(provider, token, payout, again, signal)));
      }
      if (items.length < limit && released === 0) return;
    }
  }

  async #pay(
    provider: PaymentProvider,
    token: number,
    payout: Payout & { attempts: number },
    again: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { rpc, logger, onOutcome } = this.#options;
    let answer: PayoutAnswer | null = again ? await provider.getPayout(payout.id, signal) : null;
    if (answer === null || (answer.ok && answer.state === "unknown")) {
      answer = await provider.createPayout(payout, signal);
    }
    // Stopping is no failure of the provider's: the claim runs out, and the next holder asks.
    if (signal.aborted && !answer.ok) return;
    const outcome = outcomeOf(answer);
    if (outcome === "failed" || outcome === "refused") {
      logger.warn("A payout was not made", {
        withdrawal_id: payout.id,
        outcome,
        code: answer.code,
        attempts: payout.attempts + 1,
      });
    }
    const finished = await rpc.call("finish_payout", {
      p_token: token,
      p_id: payout.id,
      p_outcome: outcome,
      p_code: answer.code,
    });
    // Its claim runs out, and it is asked about again.
    if (!finished.ok) {
      logger.warn("A payout could not be finished", {
        withdrawal_id: payout.id,
        code: finished.code,
        detail: finished.detail,
      });
    }
    onOutcome?.(outcome);
  }
}

function outcomeOf(answer: PayoutAnswer): PayoutOutcome {
  if (!answer.ok || answer.state === "unknown") return "failed";
  return answer.state;
}
