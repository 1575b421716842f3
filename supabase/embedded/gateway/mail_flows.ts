import type postgres from "postgres";
import { authError } from "./answers.ts";
import { type AuthFields, textField } from "./auth_body.ts";
import type { AuthMethod } from "./auth_sessions.ts";

/** What a mailed link's token begins with when the page that asked waits for a code (PKCE) rather than tokens. */
export const PKCE_PREFIX = "pkce_";

const CHALLENGE = /^[a-zA-Z0-9._~-]{43,128}$/;
const METHODS: Record<string, AuthMethod> = {
  magiclink: "magiclink",
  recovery: "recovery",
  signup: "email/signup",
  email_change: "email_change",
};

/** Remembers which page asked for a mail, so that following its link gives a code that this page alone can use. */
export class MailFlows {
  readonly #sql: postgres.Sql;
  readonly #linkSMax: number;

  /** @param linkSMax how long a mailed link is good, in seconds. */
  constructor(sql: postgres.Sql, linkSMax: number) {
    this.#sql = sql;
    this.#linkSMax = linkSMax;
  }

  /** Whether the page that asks waits for a code, or the refusal of what it sent. */
  wantsCode(fields: AuthFields | undefined): boolean | Response {
    const challenge = textField(fields, "code_challenge");
    const method = textField(fields, "code_challenge_method").toLowerCase();
    if (challenge === "" && method === "") return false;
    if (challenge === "" || method === "") {
      const message = "PKCE flow requires code_challenge_method and code_challenge";
      return authError(400, "validation_failed", message);
    }
    if (!CHALLENGE.test(challenge) || !["s256", "plain"].includes(method)) {
      return authError(400, "validation_failed", "Invalid code_challenge or code_challenge_method");
    }
    return true;
  }

  /** Keeps the challenge of the page that had a mail of this type sent to `email`. */
  async remember(email: string, type: string, fields: AuthFields | undefined): Promise<void> {
    const method = METHODS[type] ?? type;
    await this.#sql`
      insert into auth.flow_state (id, user_id, authentication_method, provider_type, code_challenge, code_challenge_method)
      select ${crypto.randomUUID()}, u.id, ${method}, ${method}, ${textField(fields, "code_challenge")},
        ${textField(fields, "code_challenge_method").toLowerCase()}
      from auth.users u where u.email = ${email}`;
  }

  /** The code for the page that asked last, once its link was followed; undefined when none waits. */
  async issueCode(userId: string, type: string): Promise<string | undefined> {
    const code = crypto.randomUUID();
    // The exchange has its own few minutes, from now.
    const issued = await this.#sql`
      update auth.flow_state set auth_code = ${code}, auth_code_issued_at = now(), created_at = now(), updated_at = now()
      where id = (
        select id from auth.flow_state
        where user_id = ${userId} and authentication_method = ${METHODS[type] ?? type} and auth_code is null
          and created_at > now() - ${this.#linkSMax} * interval '1 second'
        order by created_at desc limit 1)
      returning id`;
    return issued.length === 0 ? undefined : code;
  }

  /** How the session that a code is exchanged for was opened. */
  async methodOf(code: string): Promise<AuthMethod> {
    const [flow] = await this.#sql<{ authentication_method: string }[]>`
      select authentication_method from auth.flow_state where auth_code = ${code}`;
    return Object.values(METHODS).find((method) => method === flow?.authentication_method) ?? "oauth";
  }

  /** What a link or code of type "email" or "invite" stands for, by the code's hash. */
  async typeOf(type: string, hash: string): Promise<string> {
    if (type === "invite") return "signup";
    if (type !== "email") return type;
    const [found] = await this.#sql`select from auth.users where confirmation_token = ${hash}`;
    return found === undefined ? "magiclink" : "signup";
  }
}
