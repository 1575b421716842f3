import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type LISTED_PAYMENTS,
  type PaymentAnswer,
  paymentAnswerSchema,
  type PaymentsPage,
  paymentsPageSchema,
} from "../payments.ts";
import type { Paging } from "./admin_store.ts";

/**
 * Payments that matched no deposit, as an administrator sees them and decides about them. Every method refuses as
 * {@link Rpc.call} does: `not_found` to whoever is none, `step_up_required` without a fresh second factor. `clientId` makes
 * a decision happen once.
 */
export class AdminPaymentStore {
  readonly #rpc: Rpc;
  readonly #accessToken: string;

  constructor(rpc: Rpc, accessToken: string) {
    this.#rpc = rpc;
    this.#accessToken = accessToken;
  }

  /** @param status null for all of them. */
  async list(status: (typeof LISTED_PAYMENTS)[number] | null, { limit, cursor }: Paging): Promise<PaymentsPage> {
    const args = { p_status: status, p_limit: limit, p_cursor: cursor };
    return paymentsPageSchema.parse(await this.#call("admin_payments", args));
  }

  /**
   * Says whose a payment is; it is booked at once, or when a second administrator has approved. Refuses `own_account`,
   * `not_waiting`, `unknown_asset`, `invalid_amount`, `rate_missing` and `rate_stale`.
   */
  async assign(id: string, userId: string, note: string | null, clientId: string): Promise<PaymentAnswer> {
    const args = { p_payment_id: id, p_user_id: userId, p_client_id: clientId, p_note: note };
    return paymentAnswerSchema.parse(await this.#call("admin_assign_payment", args));
  }

  /** Marks a payment as given back at its provider. Refuses `reason_required` and `not_waiting`. */
  async giveBack(id: string, note: string, clientId: string): Promise<PaymentAnswer> {
    const args = { p_payment_id: id, p_note: note, p_client_id: clientId };
    return paymentAnswerSchema.parse(await this.#call("admin_return_payment", args));
  }

  /**
   * Has done what another administrator decided. Refuses `own_request`, `own_account`, `not_waiting`, and `conflict` when
   * something else was decided since `revision` was looked at.
   */
  async approve(id: string, revision: number, clientId: string): Promise<PaymentAnswer> {
    const args = { p_payment_id: id, p_revision: revision, p_client_id: clientId };
    return paymentAnswerSchema.parse(await this.#call("admin_approve_payment", args));
  }

  /** Takes back what was decided and waits for approval. Refuses `not_waiting`. */
  async reopen(id: string, clientId: string): Promise<PaymentAnswer> {
    const args = { p_payment_id: id, p_client_id: clientId };
    return paymentAnswerSchema.parse(await this.#call("admin_reopen_payment", args));
  }

  #call: Rpc["call"] = (name, args) => this.#rpc.call(name, args, { accessToken: this.#accessToken });
}
