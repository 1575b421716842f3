import type postgres from "postgres";
import type { StackConfig } from "../config.ts";
import { authError, json } from "./answers.ts";
import { type AuthFields, textField, withFields } from "./auth_body.ts";
import type { AuthSessions, LiveSession } from "./auth_sessions.ts";
import type { EmailChange } from "./email_change.ts";
import type { MailFlows } from "./mail_flows.ts";
import { hashCode } from "./one_time_code.ts";
import { refusePassword } from "./password_rules.ts";
import { userJson } from "./user_json.ts";
import type { Ask } from "./verification.ts";

/** What users change themselves with. */
export interface UserUpdateOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  sessions: AuthSessions;
  emailChange: EmailChange;
  flows: MailFlows;
  config: StackConfig["auth"];
  nowMs: () => number;
}

/** A session this young has just shown the password, as hosted. */
const FRESH_MS_MAX = 86_400_000;

/** `PUT /user`: the rules of hosted Auth that the Auth server behind lacks. */
export class UserUpdate {
  readonly #options: UserUpdateOptions;

  constructor(options: UserUpdateOptions) {
    this.#options = options;
  }

  /** Changes the user of a session whose token has been checked. */
  async handle(request: Request, fields: AuthFields, sessionId: string, ask: Ask): Promise<Response> {
    const { sql, sessions, emailChange, flows } = this.#options;
    const session = await sessions.find(sql, sessionId);
    if (session === undefined) {
      return authError(403, "session_not_found", "Session from session_id claim in JWT does not exist");
    }
    const email = textField(fields, "email");
    const movesTo = email === "" || email === session.email ? undefined : email;
    const wantsCode = flows.wantsCode(fields);
    if (wantsCode instanceof Response) return wantsCode;
    const refusal = await this.#refuse(fields, session, movesTo);
    if (refusal !== undefined) return refusal;
    const { email: _email, nonce: _nonce, ...rest } = fields;
    const changed = await ask(withFields(request, rest));
    if (!changed.ok) return changed;
    if (typeof fields.password === "string") await sessions.endOthers(session.user_id, sessionId);
    if (movesTo === undefined) return changed;
    await changed.body?.cancel();
    if (wantsCode) await flows.remember(session.email, "email_change", fields);
    const redirectTo = new URL(request.url).searchParams.get("redirect_to") ?? this.#options.config.site_url;
    await emailChange.request({ userId: session.user_id, from: session.email, to: movesTo, redirectTo, wantsCode });
    return json(200, await userJson(sql, session.user_id));
  }

  async #refuse(fields: AuthFields, session: LiveSession, movesTo: string | undefined): Promise<Response | undefined> {
    const { config, emailChange } = this.#options;
    const setsPassword = typeof fields.password === "string";
    if (session.has_mfa && session.aal !== "aal2" && (setsPassword || movesTo !== undefined)) {
      const message = "AAL2 session is required to update email or password when MFA is enabled.";
      return authError(401, "insufficient_aal", message);
    }
    if (setsPassword) {
      const refusal = refusePassword(textField(fields, "password"), config) ?? await this.#refuseStale(fields, session);
      if (refusal !== undefined) return refusal;
    }
    return movesTo === undefined ? undefined : await emailChange.refuse(session.user_id, movesTo);
  }

  /** With `secure_password_change` an old session needs the code that `GET /reauthenticate` mails. */
  async #refuseStale(fields: AuthFields, session: LiveSession): Promise<Response | undefined> {
    const { sql, config, nowMs } = this.#options;
    if (!config.email.secure_password_change) return undefined;
    if (nowMs() - session.created_at.getTime() <= FRESH_MS_MAX) return undefined;
    const nonce = textField(fields, "nonce");
    if (nonce === "") return authError(400, "reauthentication_needed", "Password update requires reauthentication");
    const hash = await hashCode(session.email, nonce);
    const taken = await sql`
      update auth.users set reauthentication_token = null, updated_at = now()
      where id = ${session.user_id} and reauthentication_token = ${hash}
        and reauthentication_sent_at > now() - ${config.email.otp_expiry} * interval '1 second'
      returning id`;
    if (taken.length > 0) return undefined;
    return authError(422, "reauthentication_not_valid", "Nonce has expired or is invalid");
  }
}
