import type { EmailDriver } from "@supabase/lite";
import postgres from "postgres";
import type { StackConfig } from "../config.ts";
import { authError } from "./answers.ts";
import { writeAudit } from "./auth_audit.ts";
import type { AuthSessions, Opening, SessionGrant } from "./auth_sessions.ts";
import { PKCE_PREFIX } from "./mail_flows.ts";
import { hashCode, makeCode, verifyLink } from "./one_time_code.ts";

/** What changing an address takes. */
export interface EmailChangeOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  sessions: AuthSessions;
  mail: EmailDriver;
  config: StackConfig["auth"]["email"];
  /** The project's address. */
  url: string;
}

/** Who wants which address, and where the links lead. */
export interface ChangeRequest {
  userId: string;
  /** The address so far, or "". */
  from: string;
  to: string;
  redirectTo: string;
  /** Whether the page waits for a code instead of tokens. */
  wantsCode: boolean;
}

/** "half": the other mailbox has to confirm too. */
export type ChangeOutcome =
  | { done: "all"; userId: string; grant: SessionGrant }
  | { done: "half"; userId: string }
  | Response;

const UNIQUE_VIOLATION = "23505";

/**
 * Changes a user's address as Supabase Auth does: with `double_confirm_changes` both mailboxes confirm, in either order,
 * so that neither a stolen session nor a slip of the finger moves an account.
 */
export class EmailChange {
  readonly #options: EmailChangeOptions;

  constructor(options: EmailChangeOptions) {
    this.#options = options;
  }

  /** Refuses an address that somebody else has. */
  async refuse(userId: string, to: string): Promise<Response | undefined> {
    const taken = await this.#options.sql`select from auth.users where email = ${to} and id <> ${userId}`;
    return taken.length === 0 ? undefined : emailExists();
  }

  /** Mails the codes. */
  async request(change: ChangeRequest): Promise<void> {
    const { sql, config } = this.#options;
    const isDouble = config.double_confirm_changes && change.from !== "";
    const [codeTo, codeFrom] = [makeCode(config.otp_length), makeCode(config.otp_length)];
    const hashTo = await hashCode(change.to, codeTo);
    const hashFrom = isDouble ? await hashCode(change.from, codeFrom) : null;
    await sql`
      update auth.users set email_change = ${change.to}, email_change_token_new = ${hashTo},
        email_change_token_current = ${hashFrom}, email_change_sent_at = now(), email_change_confirm_status = 0,
        updated_at = now()
      where id = ${change.userId}`;
    if (hashFrom !== null) await this.#send(change.from, codeFrom, hashFrom, change);
    await this.#send(change.to, codeTo, hashTo, change);
  }

  /** Takes a code by its hash; the last one needed changes the address and opens a session. */
  async verify(hash: string, opening: Opening): Promise<ChangeOutcome> {
    const { sql, config, sessions } = this.#options;
    try {
      return await sql.begin(async (tx): Promise<ChangeOutcome> => {
        const [user] = await tx<
          { id: string; email: string | null; status: number; is_expired: boolean; by: string }[]
        >`
          select id, email, email_change_confirm_status as status,
            email_change_sent_at < now() - ${config.otp_expiry} * interval '1 second' as is_expired,
            case when email_change_token_new = ${hash} then 'new' else 'current' end as by
          from auth.users
          where (email_change_token_new = ${hash} or email_change_token_current = ${hash}) and email_change <> ''
          for update`;
        if (user === undefined || user.is_expired) {
          return authError(403, "otp_expired", "Email link is invalid or has expired");
        }
        if (config.double_confirm_changes && user.email !== null && user.status === 0) {
          await tx`
            update auth.users set email_change_confirm_status = 1, updated_at = now(),
              ${tx(user.by === "new" ? "email_change_token_new" : "email_change_token_current")} = null
            where id = ${user.id}`;
          return { done: "half", userId: user.id };
        }
        await move(tx, user.id);
        return { done: "all", userId: user.id, grant: await sessions.create(tx, user.id, opening) };
      });
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION) return emailExists();
      throw error;
    }
  }

  async #send(to: string, code: string, hash: string, change: ChangeRequest): Promise<void> {
    const token = change.wantsCode ? `${PKCE_PREFIX}${hash}` : hash;
    const link = verifyLink(this.#options.url, token, "email_change", change.redirectTo);
    const what = `Confirm the change of your address from ${change.from || "none"} to ${change.to}`;
    await this.#options.mail.send({
      to,
      subject: "Confirm Email Change",
      text: `${what} with this code: ${code}\n\nOr follow this link: ${link}`,
      html: `<p>${escapeHtml(what)} with this code: <b>${code}</b></p><p><a href="${
        escapeHtml(link)
      }">Change address</a></p>`,
    });
  }
}

async function move(tx: postgres.TransactionSql, userId: string): Promise<void> {
  await tx`
    update auth.identities i set updated_at = now(),
      identity_data = i.identity_data || jsonb_build_object('email', u.email_change, 'email_verified', true)
    from auth.users u where u.id = ${userId} and i.user_id = u.id and i.provider = 'email'`;
  await tx`
    insert into auth.identities (id, provider, provider_id, user_id, identity_data, last_sign_in_at)
    select ${crypto.randomUUID()}, 'email', u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email_change,
      'email_verified', true, 'phone_verified', false), now()
    from auth.users u where u.id = ${userId}
      and not exists (select from auth.identities i where i.user_id = u.id and i.provider = 'email')`;
  await tx`
    update auth.users u set email = email_change, email_change = null, email_change_token_new = null,
      email_change_token_current = null, email_change_confirm_status = 0, email_confirmed_at = now(),
      raw_app_meta_data = u.raw_app_meta_data || jsonb_build_object('providers',
        (select jsonb_agg(distinct i.provider) from auth.identities i where i.user_id = u.id)),
      raw_user_meta_data = case when u.raw_user_meta_data ? 'email'
        then u.raw_user_meta_data || jsonb_build_object('email', email_change) else u.raw_user_meta_data end,
      updated_at = now()
    where u.id = ${userId}`;
  await writeAudit(tx, userId, "user_modified", "", {});
}

function emailExists(): Response {
  return authError(422, "email_exists", "A user with this email address has already been registered");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
