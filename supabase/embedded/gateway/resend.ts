import type { EmailDriver } from "@supabase/lite";
import type postgres from "postgres";
import type { StackConfig } from "../config.ts";
import { authError, json } from "./answers.ts";
import { type AuthFields, textField } from "./auth_body.ts";
import { parseBanDuration } from "./ban_duration.ts";
import type { EmailChange } from "./email_change.ts";
import { PKCE_PREFIX } from "./mail_flows.ts";
import { hashCode, makeCode, verifyLink } from "./one_time_code.ts";

/** What mails are sent again with. */
export interface ResendOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  mail: EmailDriver;
  emailChange: EmailChange;
  config: StackConfig["auth"]["email"];
  /** The project's address. */
  url: string;
}

interface Waiting {
  id: string;
  email_change: string;
  /** Milliseconds since the last mail of its kind. */
  age_ms: number;
}

/** `POST /resend`: the mails that confirm a new account or a new address, once more. */
export class Resend {
  readonly #options: ResendOptions;

  constructor(options: ResendOptions) {
    this.#options = options;
  }

  /** Answers alike whether or not somebody waits for such a mail. */
  async handle(fields: AuthFields, url: URL, wantsCode: boolean): Promise<Response> {
    const { sql, emailChange } = this.#options;
    const [type, email] = [textField(fields, "type"), textField(fields, "email")];
    if (type !== "signup" && type !== "email_change") {
      const message = "Missing one of these types: signup, email_change, sms, phone_change";
      return authError(400, "validation_failed", message);
    }
    if (email === "") return authError(400, "validation_failed", "Type provided requires an email address");
    const isSignup = type === "signup";
    const sentAt = sql(isSignup ? "confirmation_sent_at" : "email_change_sent_at");
    const [user] = await sql<Waiting[]>`
      select id, coalesce(email_change, '') as email_change,
        extract(epoch from now() - ${sentAt})::float8 * 1000 as age_ms
      from auth.users where email = ${email} and ${sentAt} is not null
        and ${isSignup ? sql`email_confirmed_at is null` : sql`email_change <> ''`}`;
    if (user === undefined) return json(200, {});
    const wait_s = Math.ceil(((parseBanDuration(this.#options.config.max_frequency) ?? 0) - user.age_ms) / 1000);
    if (wait_s > 0) {
      const message = `For security purposes, you can only request this after ${wait_s} seconds.`;
      return authError(429, "over_email_send_rate_limit", message);
    }
    const redirectTo = url.searchParams.get("redirect_to") ?? "";
    if (isSignup) await this.#confirmAgain(user.id, email, redirectTo, wantsCode);
    else {
      await emailChange.request({ userId: user.id, from: email, to: user.email_change, redirectTo, wantsCode });
    }
    return json(200, {});
  }

  async #confirmAgain(userId: string, email: string, redirectTo: string, wantsCode: boolean): Promise<void> {
    const { sql, mail, config, url } = this.#options;
    const code = makeCode(config.otp_length);
    const hash = await hashCode(email, code);
    await sql`
      update auth.users set confirmation_token = ${hash}, confirmation_sent_at = now(), updated_at = now()
      where id = ${userId}`;
    const link = verifyLink(url, wantsCode ? `${PKCE_PREFIX}${hash}` : hash, "signup", redirectTo);
    const text = `Confirm your signup with this code: ${code}\n\nOr follow this link: ${link}`;
    const html = `<p>Confirm your signup with this code: <b>${code}</b></p>` +
      `<p><a href="${link.replaceAll("&", "&amp;")}">Confirm your address</a></p>`;
    await mail.send({ to: email, subject: "Confirm Your Signup", text, html });
  }
}
