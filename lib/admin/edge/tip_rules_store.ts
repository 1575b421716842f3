import type { Rpc } from "../../kernel/edge/supabase.ts";
import { type TipRuleChanges, type TipRules, tipRulesSchema } from "../tip_rules.ts";

/**
 * What the platform asks of tips, as an administrator sees and sets it. Every method refuses as {@link Rpc.call} does:
 * `not_found` to whoever is none, `step_up_required` without a fresh second factor.
 */
export class TipRulesStore {
  readonly #rpc: Rpc;
  readonly #accessToken: string;

  constructor(rpc: Rpc, accessToken: string) {
    this.#rpc = rpc;
    this.#accessToken = accessToken;
  }

  async rules(): Promise<TipRules> {
    return tipRulesSchema.parse(await this.#call("admin_tip_rules", {})).rules;
  }

  /** Holds from the next tip on; `clientId` makes it happen once. Refuses `bad_request` for rules that cannot be. */
  async set(changes: TipRuleChanges, clientId: string): Promise<TipRules> {
    const args = { p_rules: changes, p_client_id: clientId };
    return tipRulesSchema.parse(await this.#call("admin_set_tip_rules", args)).rules;
  }

  #call: Rpc["call"] = (name, args) => this.#rpc.call(name, args, { accessToken: this.#accessToken });
}
