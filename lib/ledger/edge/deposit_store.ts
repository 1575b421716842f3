import type { Rpc } from "../../kernel/edge/supabase.ts";
import { CODES } from "../../kernel/codes.ts";
import { Refusal } from "../../kernel/problem.ts";
import {
  type DepositAnswer,
  depositAnswerSchema,
  type DepositsPage,
  depositsPageSchema,
  type PaymentReceipt,
  receivedSchema,
} from "../deposit_shapes.ts";
import type { Amount } from "./wallet_store.ts";
import type { Paging } from "./withdrawal_store.ts";

/** Money on its way in. Every method refuses as {@link Rpc.call} does. */
export class DepositStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Refuses `invalid_amount`, `unknown_asset`, `deposit_limit`, and `deposits_unavailable` without a provider. */
  async start(accessToken: string, { asset, amount }: Amount, clientId: string): Promise<DepositAnswer> {
    const args = { p_asset: asset, p_amount: amount, p_client_id: clientId };
    return depositAnswerSchema.parse(await this.#rpc.call("start_deposit", args, { accessToken }));
  }

  /** Refuses `not_found`, which others' are, too. */
  async one(accessToken: string, id: string): Promise<DepositAnswer> {
    return depositAnswerSchema.parse(await this.#rpc.call("my_deposit", { p_id: id }, { accessToken }));
  }

  async list(accessToken: string, { limit, cursor }: Paging): Promise<DepositsPage> {
    const args = { p_limit: limit, p_cursor: cursor };
    return depositsPageSchema.parse(await this.#rpc.call("my_deposits", args, { accessToken }));
  }

  /**
   * Hands on what a provider says, byte for byte: the database has the secret it is signed with, we have none.
   * Refuses `invalid_signature`, `signature_expired`, `bad_request`, `conflict` and `deposit_mismatch`.
   * @param signature the header `t=<Unix s>,v1=<HMAC-SHA256 in hexadecimal>`.
   */
  async receive(provider: string, signature: string, body: string): Promise<PaymentReceipt> {
    const args = { p_provider: provider, p_signature: signature, p_body: body };
    const answer = receivedSchema.parse(await this.#rpc.call("receive_payment", args));
    if (!answer.ok) throw new Refusal(answer.code, CODES[answer.code].title);
    return { event_id: answer.event_id, outcome: answer.outcome };
  }
}
