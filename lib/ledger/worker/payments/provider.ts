/** Money to be sent off: the id is the withdrawal's, by which a provider knows it for ever. */
export interface Payout {
  id: string;
  asset: string;
  /** A decimal string. */
  amount: string;
  destination: string;
}

/**
 * Where a payout stands by the provider's own word: `pending` is under way; `refused` was not paid and never will be;
 * `unknown` was never asked for.
 */
export type PayoutState = "pending" | "paid" | "refused" | "unknown";

/**
 * What asking a provider led to. Without its word nothing is known: it may have been paid, so that it has to be asked
 * again. The code says why, for people who look after it.
 */
export type PayoutAnswer = { ok: true; state: PayoutState; code: string | null } | { ok: false; code: string };

/** Whoever sends money off for us. Neither method throws for what the network or the provider answers. */
export interface PaymentProvider {
  readonly name: string;
  /** Has it paid, once for each id however often it is asked. Never answers `unknown`. */
  createPayout(payout: Payout, signal: AbortSignal): Promise<PayoutAnswer>;
  /** How it stands. */
  getPayout(id: string, signal: AbortSignal): Promise<PayoutAnswer>;
}
