import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type CREDIT_STATES,
  type CreditAnswer,
  creditSchema,
  type CreditsPage,
  creditsPageSchema,
} from "../credit_shapes.ts";
import type { Amount } from "./wallet_store.ts";

/** Which credits to list. */
export interface CreditQuery {
  status: (typeof CREDIT_STATES)[number] | null;
  limit: number;
  cursor: string | null;
}

/** A credit to ask for. */
export interface NewCredit extends Amount {
  userId: string;
  reason: string | null;
}

/**
 * What administrators book to users' wallets. Every method refuses as {@link Rpc.call} does: `not_found` to whoever is
 * no administrator, `step_up_required` without a fresh second factor.
 */
export class CreditStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /**
   * Books money at once, or has it wait for a second administrator. Refuses `own_account`, `invalid_amount`,
   * `unknown_asset`, `rate_missing` and `rate_stale`.
   */
  async credit(accessToken: string, credit: NewCredit, clientId: string): Promise<CreditAnswer> {
    const args = {
      p_user_id: credit.userId,
      p_asset: credit.asset,
      p_amount: credit.amount,
      p_client_id: clientId,
      p_reason: credit.reason,
    };
    return creditSchema.parse(await this.#rpc.call("admin_credit_user", args, { accessToken }));
  }

  /** Posts what another administrator asked for. Refuses `own_request`, `own_account` and `not_waiting`. */
  async approve(accessToken: string, creditId: string, clientId: string): Promise<CreditAnswer> {
    const args = { p_credit_id: creditId, p_client_id: clientId };
    return creditSchema.parse(await this.#rpc.call("admin_approve_credit", args, { accessToken }));
  }

  /** Refuses what another administrator asked for; they read the reason. Refuses `own_request` and `not_waiting`. */
  async reject(accessToken: string, creditId: string, reason: string | null, clientId: string): Promise<CreditAnswer> {
    const args = { p_credit_id: creditId, p_client_id: clientId, p_reason: reason };
    return creditSchema.parse(await this.#rpc.call("admin_reject_credit", args, { accessToken }));
  }

  /** Takes back what one asked for oneself. Refuses `forbidden` for others' and `not_waiting`. */
  async withdraw(accessToken: string, creditId: string, clientId: string): Promise<CreditAnswer> {
    const args = { p_credit_id: creditId, p_client_id: clientId };
    return creditSchema.parse(await this.#rpc.call("admin_withdraw_credit", args, { accessToken }));
  }

  async list(accessToken: string, { status, limit, cursor }: CreditQuery): Promise<CreditsPage> {
    const args = { p_status: status, p_limit: limit, p_cursor: cursor };
    return creditsPageSchema.parse(await this.#rpc.call("admin_credits", args, { accessToken }));
  }
}
