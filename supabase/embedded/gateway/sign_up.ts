import type postgres from "postgres";
import type { StackConfig } from "../config.ts";
import { json } from "./answers.ts";
import { type AuthFields, textField } from "./auth_body.ts";
import type { Resend } from "./resend.ts";
import { selectUsers } from "./user_json.ts";

/** What sign-ups are answered with. */
export interface SignUpOptions {
  /** Must be allowed to read schema auth. */
  sql: postgres.Sql;
  resend: Resend;
  config: StackConfig["auth"]["email"];
}

/** `POST /signup` for an address that has an account already, where addresses must be confirmed. */
export class SignUp {
  readonly #options: SignUpOptions;

  constructor(options: SignUpOptions) {
    this.#options = options;
  }

  /**
   * As hosted: a user made up for an account that is confirmed, so that nobody learns of it; for one that is not, the
   * mail again, and nothing else changes. Undefined for a new address.
   */
  async handleTaken(fields: AuthFields, url: URL, wantsCode: boolean): Promise<Response | undefined> {
    const { sql, resend, config } = this.#options;
    const email = textField(fields, "email");
    if (!config.enable_confirmations || email === "") return undefined;
    const [user] = await selectUsers(sql, sql`where u.email = ${email} and u.deleted_at is null`);
    if (user === undefined) return undefined;
    if (user.email_confirmed_at !== undefined) return json(200, makeUp(email, fields.data));
    const sent = await resend.handle({ ...fields, type: "signup" }, url, wantsCode);
    return sent.ok ? json(200, user) : sent;
  }
}

/** A user like the one a new address gets, but for its identities: those it has not. */
function makeUp(email: string, data: unknown): Record<string, unknown> {
  const now = new Date().toISOString();
  return {
    id: crypto.randomUUID(),
    aud: "authenticated",
    role: "authenticated",
    email,
    phone: "",
    confirmation_sent_at: now,
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: typeof data === "object" && data !== null ? data : {},
    identities: [],
    created_at: now,
    updated_at: now,
    is_anonymous: false,
  };
}
