import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type Asset,
  assetsPageSchema,
  type FaucetGift,
  faucetSchema,
  type Statement,
  statementSchema,
  type ValuedWallet,
  valuedWalletSchema,
} from "../wallet_shapes.ts";

/** Where a statement goes on, and how much of it is wanted; 1,000 lines a call at most. */
export interface StatementQuery {
  asset: string;
  limit: number;
  cursor: string | null;
}

/** What is asked to be given, as text: the database decides whether it is an amount. */
export interface Amount {
  asset: string;
  amount: string;
}

/** The caller's own money, through the SQL functions made for it. Every method refuses as {@link Rpc.call} does. */
export class WalletStore {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  async wallet(accessToken: string): Promise<ValuedWallet> {
    return valuedWalletSchema.parse(await this.#rpc.call("my_wallet", {}, { accessToken }));
  }

  /** Refuses `unknown_asset`, `invalid_limit`, `invalid_cursor`. */
  async statement(accessToken: string, { asset, limit, cursor }: StatementQuery): Promise<Statement> {
    const args = { p_asset: asset, p_limit: limit, p_cursor: cursor };
    return statementSchema.parse(await this.#rpc.call("my_statement", args, { accessToken }));
  }

  /** Local mode alone (`local_only`): gives play money, so much a day (`faucet_limit`). */
  async useFaucet(accessToken: string, { asset, amount }: Amount, clientId: string): Promise<FaucetGift> {
    const args = { p_asset: asset, p_amount: amount, p_client_id: clientId };
    return faucetSchema.parse(await this.#rpc.call("use_faucet", args, { accessToken }));
  }

  /** The ledger's assets, EUR first. */
  async assets(accessToken: string): Promise<Asset[]> {
    return assetsPageSchema.parse(await this.#rpc.call("assets_page", {}, { accessToken })).items;
  }
}
