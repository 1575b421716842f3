import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type WithdrawalAnswer,
  withdrawalAnswerSchema,
  type WithdrawalsPage,
  withdrawalsPageSchema,
} from "../withdrawal_shapes.ts";
import type { Amount } from "./wallet_store.ts";

/** Units of an investment to be redeemed first: a decimal number, or "all". */
export interface Redemption {
  investment_id: string;
  units: string;
}

/** Money to leave the wallet, as text: the database decides whether it is an amount, and may. */
export interface NewWithdrawal extends Amount {
  destination: string;
  redeem: Redemption | null;
}

/** Where a list goes on, and how much of it is wanted; 200 a call at most. */
export interface Paging {
  limit: number;
  cursor: string | null;
}

/** The caller's own withdrawals. Every method refuses as {@link Rpc.call} does; `clientId` makes a change happen once. */
export class WithdrawalStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /**
   * Sets money aside to be paid out once approved. Refuses `invalid_amount`, `unknown_asset`, `invalid_destination`,
   * `kyc_required`, `withdrawals_frozen`, `insufficient_aal`, `insufficient_funds`, `rate_missing` and `rate_stale`;
   * with a redemption `not_found`, `invalid_units` and `units_exceeded` as well.
   */
  async request(
    accessToken: string,
    { asset, amount, destination, redeem }: NewWithdrawal,
    clientId: string,
  ): Promise<WithdrawalAnswer> {
    const args = {
      p_asset: asset,
      p_amount: amount,
      p_destination: destination,
      p_client_id: clientId,
      p_redeem: redeem === null ? null : { ...redeem },
    };
    return withdrawalAnswerSchema.parse(await this.#rpc.call("request_withdrawal", args, { accessToken }));
  }

  /** Changes what is not null, which voids an approval. Refuses as {@link request}, and `not_waiting`, `payout_started`. */
  async change(
    accessToken: string,
    id: string,
    { amount, destination }: { amount: string | null; destination: string | null },
    clientId: string,
  ): Promise<WithdrawalAnswer> {
    const args = { p_id: id, p_amount: amount, p_destination: destination, p_client_id: clientId };
    return withdrawalAnswerSchema.parse(await this.#rpc.call("change_withdrawal", args, { accessToken }));
  }

  /** Refuses `not_found`, `not_waiting`, and `payout_started` once a provider may have been told. */
  async cancel(accessToken: string, id: string, clientId: string): Promise<WithdrawalAnswer> {
    const args = { p_id: id, p_client_id: clientId };
    return withdrawalAnswerSchema.parse(await this.#rpc.call("cancel_withdrawal", args, { accessToken }));
  }

  /** Refuses `not_found`, which others' are, too. */
  async one(accessToken: string, id: string): Promise<WithdrawalAnswer> {
    return withdrawalAnswerSchema.parse(await this.#rpc.call("my_withdrawal", { p_id: id }, { accessToken }));
  }

  async list(accessToken: string, { limit, cursor }: Paging): Promise<WithdrawalsPage> {
    const args = { p_limit: limit, p_cursor: cursor };
    return withdrawalsPageSchema.parse(await this.#rpc.call("my_withdrawals", args, { accessToken }));
  }
}
