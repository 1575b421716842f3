import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type AdminWithdrawalsPage,
  adminWithdrawalsSchema,
  type DecidedWithdrawal,
  decidedWithdrawalSchema,
  type WithdrawalState,
} from "../withdrawals.ts";
import type { Paging } from "./admin_store.ts";

/**
 * Withdrawals as an administrator sees them and decides about them. Every method refuses as {@link Rpc.call} does:
 * `not_found` to whoever is none, `step_up_required` without a fresh second factor. `clientId` makes a decision happen
 * once.
 */
export class AdminWithdrawalStore {
  readonly #rpc: Rpc;
  readonly #accessToken: string;

  constructor(rpc: Rpc, accessToken: string) {
    this.#rpc = rpc;
    this.#accessToken = accessToken;
  }

  /** @param status null for all of them. */
  async list(status: WithdrawalState | null, { limit, cursor }: Paging): Promise<AdminWithdrawalsPage> {
    const args = { p_status: status, p_limit: limit, p_cursor: cursor };
    return adminWithdrawalsSchema.parse(await this.#call("admin_withdrawals", args));
  }

  /**
   * Has somebody else's withdrawal paid. Refuses `own_request`, `not_waiting`, `kyc_required`, `withdrawals_frozen`, and
   * `conflict` when it was changed since `revision` was looked at.
   */
  async approve(id: string, revision: number | null, clientId: string): Promise<DecidedWithdrawal> {
    const args = { p_id: id, p_client_id: clientId, p_revision: revision };
    return decidedWithdrawalSchema.parse(await this.#call("admin_approve_withdrawal", args));
  }

  /** Gives the money back to its owner, who reads the reason. Refuses `reason_required`, `not_waiting`, `payout_started`. */
  async reject(id: string, reason: string, clientId: string): Promise<DecidedWithdrawal> {
    const args = { p_id: id, p_reason: reason, p_client_id: clientId };
    return decidedWithdrawalSchema.parse(await this.#call("admin_reject_withdrawal", args));
  }

  #call: Rpc["call"] = (name, args) => this.#rpc.call(name, args, { accessToken: this.#accessToken });
}
