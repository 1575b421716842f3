import type postgres from "postgres";
import { z } from "zod";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { HookConfig, StackConfig } from "../config.ts";
import { authError, json } from "./answers.ts";

/** What hooks are called with. */
export interface AuthHooksOptions {
  config: StackConfig["auth"]["hook"];
  logger: Logger;
}

/** What a hook decided: go on, or an answer instead. */
export type HookOutcome = { go: true } | { go: false; refusal: Response; logsOut: boolean };

/** Hosted Auth's limit for a hook in the database. */
const HOOK_MS_MAX = 2_000;

const OUTPUT = z.object({
  decision: z.string().optional(),
  message: z.string().default(""),
  should_logout_user: z.boolean().default(false),
  error: z.object({ http_code: z.int().min(100).max(599).default(500), message: z.string().default("") }).optional(),
});

const GO: HookOutcome = { go: true };

/** The Postgres hooks of config.toml's `[auth.hook.…]`: https://supabase.com/docs/guides/auth/auth-hooks */
export class AuthHooks {
  readonly #options: AuthHooksOptions;

  constructor(options: AuthHooksOptions) {
    this.#options = options;
  }

  /**
   * Asks whether a password that was judged may count.
   * @param tx its user must be allowed to become supabase_auth_admin, as which hosted Auth runs hooks.
   */
  async passwordAttempt(
    tx: postgres.TransactionSql,
    { userId, valid, address }: { userId: string; valid: boolean; address: string },
  ): Promise<HookOutcome> {
    const hook = this.#options.config.password_verification_attempt;
    const event = { user_id: userId, valid };
    return await this.#ask(tx, "password-verification", hook, event, address, (message, logsOut) => ({
      go: false,
      refusal: authError(
        400,
        "invalid_credentials",
        message || "Further password verification attempts will be rejected.",
      ),
      logsOut,
    }));
  }

  /** Asks whether a code that was judged may count. A rejection signs the user out everywhere. */
  async factorAttempt(
    tx: postgres.TransactionSql,
    { userId, factorId, valid, address }: { userId: string; factorId: string; valid: boolean; address: string },
  ): Promise<HookOutcome> {
    const hook = this.#options.config.mfa_verification_attempt;
    const event = { user_id: userId, factor_id: factorId, factor_type: "totp", valid };
    return await this.#ask(tx, "mfa-verification", hook, event, address, (message) => ({
      go: false,
      refusal: authError(
        403,
        "mfa_verification_rejected",
        message || "Further MFA verification attempts will be rejected.",
      ),
      logsOut: true,
    }));
  }

  async #ask(
    tx: postgres.TransactionSql,
    name: string,
    hook: HookConfig | undefined,
    event: Record<string, string | boolean>,
    address: string,
    reject: (message: string, logsOut: boolean) => HookOutcome,
  ): Promise<HookOutcome> {
    if (hook === undefined || !hook.enabled) return GO;
    const metadata = { uuid: crypto.randomUUID(), time: new Date().toISOString(), name, ip_address: address };
    let output: z.infer<typeof OUTPUT>;
    try {
      output = OUTPUT.parse(await run(tx, hook, { metadata, ...event }));
    } catch (error) {
      this.#options.logger.error("An Auth hook failed", { hook: name, error });
      return { go: false, refusal: authError(500, "unexpected_failure", "Error running hook"), logsOut: false };
    }
    if (output.error !== undefined && output.error.message !== "") {
      const { http_code, message } = output.error;
      // As hosted, whose hooks' errors have no code of their own.
      return { go: false, refusal: json(http_code, { code: http_code, msg: message }), logsOut: false };
    }
    return output.decision === "reject" ? reject(output.message, output.should_logout_user) : GO;
  }
}

/** Within the caller's transaction: a second connection for each would leave none when many come at once. */
async function run(tx: postgres.TransactionSql, hook: HookConfig, event: Record<string, unknown>): Promise<unknown> {
  const [schema = "", name = ""] = hook.uri.split("/").slice(-2);
  return await tx.savepoint(async (inner) => {
    await inner`set local role supabase_auth_admin`;
    await inner`select set_config('statement_timeout', ${String(HOOK_MS_MAX)}, true)`;
    const [row] = await inner`
      select ${inner(schema)}.${inner(name)}(${inner.json(event as postgres.JSONValue)}::jsonb) as output`;
    await inner`set local role none`;
    await inner`select set_config('statement_timeout', '0', true)`;
    return row?.output;
  });
}
