import type postgres from "postgres";
import { z } from "zod";
import type { StackConfig } from "../config.ts";
import { authError, json } from "./answers.ts";
import type { AdminUsers } from "./admin_users.ts";
import { normaliseEmail } from "./email_address.ts";
import { hashCode, makeCode, verifyLink } from "./one_time_code.ts";
import { refusePassword } from "./password_rules.ts";
import { userJson } from "./user_json.ts";

/** What links for administrators are made with. */
export interface GenerateLinkOptions {
  /** Must be allowed to write schema auth. */
  sql: postgres.Sql;
  admin: AdminUsers;
  config: StackConfig["auth"];
  /** The project's address. */
  url: string;
}

const ADDRESS = z.string().transform(normaliseEmail).pipe(z.string());
const REQUEST = z.object({
  type: z.enum(["signup", "invite", "magiclink", "recovery", "email_change_current", "email_change_new"]),
  email: ADDRESS,
  new_email: ADDRESS.optional(),
  password: z.string().optional(),
  data: z.record(z.string(), z.unknown()).nullish(),
  redirect_to: z.string().optional(),
});
type LinkRequest = z.infer<typeof REQUEST>;

interface Found {
  id: string;
  is_confirmed: boolean;
}

/** `POST /admin/generate_link`: the link a mail would carry, for whoever sends mails themselves. */
export class GenerateLink {
  readonly #options: GenerateLinkOptions;

  constructor(options: GenerateLinkOptions) {
    this.#options = options;
  }

  /** Answers a request of the secret key. */
  async handle(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { allow: "POST" } });
    const given = REQUEST.safeParse(await request.json().catch(() => undefined));
    if (!given.success) {
      const [issue] = given.error.issues;
      return authError(400, "validation_failed", `Invalid ${issue?.path.join(".") || "body"}: ${issue?.message}`);
    }
    const { sql, config, url } = this.#options;
    const userId = await this.#userFor(given.data);
    if (userId instanceof Response) return userId;
    const { type, email, new_email } = given.data;
    const address = type === "email_change_new" ? new_email ?? "" : email;
    const code = makeCode(config.email.otp_length);
    const hash = await hashCode(address, code);
    await this.#keep(given.data, userId, hash);
    const redirect_to = new URL(request.url).searchParams.get("redirect_to") ?? given.data.redirect_to ??
      config.site_url;
    return json(200, {
      ...await userJson(sql, userId),
      action_link: verifyLink(url, hash, type.startsWith("email_change") ? "email_change" : type, redirect_to),
      email_otp: code,
      hashed_token: hash,
      verification_type: type,
      redirect_to,
    }, { "cache-control": "no-store" });
  }

  async #userFor({ type, email, new_email, password, data }: LinkRequest): Promise<string | Response> {
    const { sql, admin, config } = this.#options;
    const [user] = await sql<Found[]>`
      select id, email_confirmed_at is not null as is_confirmed from auth.users where email = ${email}`;
    if (type === "signup" || type === "invite") {
      if (user?.is_confirmed) {
        return authError(422, "email_exists", "A user with this email address has already been registered");
      }
      if (type === "signup") {
        if (!password) return authError(400, "validation_failed", "Signup requires a valid password");
        const refusal = refusePassword(password, config);
        if (refusal !== undefined) return refusal;
      }
      const attributes = { user_metadata: data ?? {}, ...(type === "signup" ? { password } : {}) };
      if (user !== undefined) return await admin.change(user.id, attributes);
      return await admin.insert({ email, ...attributes });
    }
    if (user === undefined) {
      if (type === "magiclink") return await admin.insert({ email, user_metadata: data ?? {} });
      return authError(404, "user_not_found", "User with this email not found");
    }
    if (!type.startsWith("email_change")) return user.id;
    if (new_email === undefined) return authError(400, "validation_failed", "A new_email is needed");
    const taken = await sql`select from auth.users where email = ${new_email}`;
    if (taken.length === 0) return user.id;
    return authError(422, "email_exists", "A user with this email address has already been registered");
  }

  async #keep({ type, new_email }: LinkRequest, userId: string, hash: string): Promise<void> {
    const { sql } = this.#options;
    if (type === "magiclink" || type === "recovery") {
      await sql`update auth.users set recovery_token = ${hash}, recovery_sent_at = now() where id = ${userId}`;
    } else if (type === "signup" || type === "invite") {
      await sql`
        update auth.users set confirmation_token = ${hash}, confirmation_sent_at = now(),
          invited_at = case when ${type === "invite"} then now() else invited_at end
        where id = ${userId}`;
    } else {
      await sql`
        update auth.users set email_change_sent_at = now(), email_change = ${new_email ?? ""},
          email_change_confirm_status = 0,
          ${sql(type === "email_change_new" ? "email_change_token_new" : "email_change_token_current")} = ${hash}
        where id = ${userId}`;
    }
  }
}
