import type postgres from "postgres";
import { authError } from "./answers.ts";
import { writeAudit } from "./auth_audit.ts";
import { type AuthFields, textField } from "./auth_body.ts";
import type { AuthHooks } from "./auth_hooks.ts";
import type { AuthSessions, Opening, SessionGrant } from "./auth_sessions.ts";
import type { SessionAnswers } from "./session_answers.ts";
import type { Ask } from "./verification.ts";

/** What passwords are judged with. */
export interface PasswordGrantOptions {
  /** Must be allowed to write schema auth and to run pgcrypto. */
  sql: postgres.Sql;
  sessions: AuthSessions;
  answers: SessionAnswers;
  hooks: AuthHooks;
}

interface Judged {
  id: string | null;
  is_valid: boolean;
  is_confirmed: boolean;
}

/** Of an account with a password. */
type JudgedUser = Judged & { id: string };

/** A hash of a text nobody knows, at the cost of all others: an address without a password takes as long to refuse. */
const NOBODYS_HASH = "$2a$10$eImiTXuWVxfM37uY4JANjQePfQ0yQ0Z6kT8hFQb8VNHnJ1gXJx7vW";

/**
 * `POST /token?grant_type=password` in hosted Auth's order: the password, then the hook, then whether the address is
 * confirmed. The Auth server behind asks for the last first, which tells anyone who has an account.
 */
export class PasswordGrant {
  readonly #options: PasswordGrantOptions;

  constructor(options: PasswordGrantOptions) {
    this.#options = options;
  }

  /** Judges a password and opens a session when all is well. The Auth server answers where there is none to judge. */
  async handle(request: Request, fields: AuthFields, opening: Opening, ask: Ask): Promise<Response> {
    const { sql, answers } = this.#options;
    const [email, password] = [textField(fields, "email"), textField(fields, "password")];
    const user = email === "" || password === "" ? undefined : await this.#judge(email, password);
    if (user === undefined) return await ask(request);
    const outcome = await sql.begin((tx) => this.#decide(tx, user, opening));
    return outcome instanceof Response ? outcome : await answers.answer(outcome);
  }

  async #decide(tx: postgres.TransactionSql, user: JudgedUser, opening: Opening): Promise<Response | SessionGrant> {
    const { hooks, sessions } = this.#options;
    const { id: userId, is_valid: valid } = user;
    const verdict = await hooks.passwordAttempt(tx, { userId, valid, address: opening.address });
    if (!verdict.go) {
      if (verdict.logsOut) await tx`delete from auth.sessions where user_id = ${userId}`;
      return verdict.refusal;
    }
    if (!valid) return authError(400, "invalid_credentials", "Invalid login credentials");
    if (!user.is_confirmed) return authError(400, "email_not_confirmed", "Email not confirmed");
    await writeAudit(tx, userId, "login", opening.address, { provider: "email" });
    return await sessions.create(tx, userId, opening);
  }

  /** Undefined for an address without an account, or one without a password; time does not tell them apart either. */
  async #judge(email: string, password: string): Promise<JudgedUser | undefined> {
    // pgcrypto knows bcrypt by its first name; what follows is the same.
    const [judged] = await this.#options.sql<Judged[]>`
      select u.id, u.email_confirmed_at is not null as is_confirmed,
        substr(extensions.crypt(${password}, h.hash), 4) = substr(h.hash, 4) as is_valid
      from (select 1) as one
      left join auth.users u on u.email = ${email} and u.encrypted_password <> '' and u.deleted_at is null
      cross join lateral (
        select coalesce(regexp_replace(u.encrypted_password, '^[$]2[by][$]', '$2a$'), ${NOBODYS_HASH}) as hash) h`;
    return judged === undefined || judged.id === null ? undefined : { ...judged, id: judged.id };
  }
}
