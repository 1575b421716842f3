import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type Earnings,
  earningsSchema,
  type Leaderboard,
  leaderboardSchema,
  sentSchema,
  type Tip,
  tipAnswerSchema,
  type TipTerms,
  tipTermsSchema,
  viewAnswerSchema,
} from "../answers.ts";
import type { MessageObject } from "../shapes.ts";
import type { Asker } from "./room_store.ts";

/** A tip as it is asked for: EUR as text, with words that may be empty; the same `clientId` tips once. */
export interface NewTip {
  clientId: string;
  amount: string;
  message: string;
}

/** Money and shared data of rooms, through the SQL functions made for them. Every method refuses as {@link Rpc.call} does. */
export class TipStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /**
   * Refuses `tip_to_self`, `invalid_amount`, `below_minimum`, `above_maximum`, `insufficient_aal`, `insufficient_funds`, `invalid_message`,
   * `blocked_word`, `banned`, `muted`, `stream_ended`, `conflict`, `not_found`.
   */
  async tip(accessToken: string, streamId: string, { clientId, amount, message }: NewTip): Promise<Tip> {
    const args = { p_stream_id: streamId, p_client_id: clientId, p_amount: amount, p_message: message };
    return tipAnswerSchema.parse(await this.#rpc.call("tip", args, { accessToken })).tip;
  }

  /** What the platform asks of tips. */
  async terms(accessToken: Asker): Promise<TipTerms> {
    return tipTermsSchema.parse(await this.#rpc.call("tip_terms", {}, { accessToken }));
  }

  /** Refuses `not_found`, `banned`, `invalid_limit`. */
  async leaderboard(accessToken: Asker, streamId: string, limit: number): Promise<Leaderboard> {
    const args = { p_stream_id: streamId, p_limit: limit };
    return leaderboardSchema.parse(await this.#rpc.call("leaderboard", args, { accessToken }));
  }

  /** Of the last 30 days, or of a range of up to 366 (Unix ms). Refuses `invalid_range`. */
  async earnings(
    accessToken: string,
    { fromMs, toMs }: { fromMs: number | null; toMs: number | null },
  ): Promise<Earnings> {
    const args = { p_from: textOf(fromMs), p_to: textOf(toMs) };
    return earningsSchema.parse(await this.#rpc.call("my_earnings", args, { accessToken }));
  }

  /** Shows viewers another chart; answers its number. Refuses `invalid_view`, `unknown_symbol`, `not_owner`, `stream_ended`. */
  async setView(accessToken: string, streamId: string, view: unknown): Promise<number> {
    const args = { p_stream_id: streamId, p_view: view };
    return viewAnswerSchema.parse(await this.#rpc.call("set_view", args, { accessToken })).seq;
  }

  /** Puts what a public pool is worth into the chat. Refuses `forbidden`, `not_found`, `stream_ended`, `muted`, `conflict`. */
  async postPoolCard(accessToken: string, streamId: string, poolId: string, clientId: string): Promise<MessageObject> {
    const args = { p_stream_id: streamId, p_pool_id: poolId, p_client_id: clientId };
    return sentSchema.parse(await this.#rpc.call("post_pool_card", args, { accessToken })).message;
  }
}

function textOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
