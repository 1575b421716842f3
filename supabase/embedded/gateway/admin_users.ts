import postgres from "postgres";
import { z } from "zod";
import { UUID_PATTERN } from "../../../lib/kernel/uuid.ts";
import { authError, json } from "./answers.ts";
import { parseBanDuration } from "./ban_duration.ts";
import { normaliseEmail } from "./email_address.ts";
import type { MfaFactors } from "./mfa_factors.ts";
import { type PasswordRules, refusePassword } from "./password_rules.ts";
import { selectUsers, userJson } from "./user_json.ts";

const PAGE_SIZE = 50;
const PAGE_SIZE_MAX = 1_000;
const PASSWORD_LENGTH_MAX = 72;
const UNIQUE_VIOLATION = "23505";

const METADATA = z.record(z.string(), z.unknown());

const ATTRIBUTES = z.object({
  id: z.string().regex(UUID_PATTERN).optional(),
  email: z.string().transform(normaliseEmail).pipe(z.string()).optional(),
  phone: z.string().max(32).optional(),
  password: z.string().max(PASSWORD_LENGTH_MAX).nullish(),
  email_confirm: z.boolean().optional(),
  phone_confirm: z.boolean().optional(),
  user_metadata: METADATA.nullish(),
  app_metadata: METADATA.nullish(),
  role: z.string().max(255).optional(),
  ban_duration: z.string().max(64).optional(),
});
type Attributes = z.infer<typeof ATTRIBUTES>;

/** Auth's admin API for users, for the secret key alone: the caller has been checked. */
export class AdminUsers {
  readonly #sql: postgres.Sql;
  readonly #rules: PasswordRules;
  readonly #mfa: MfaFactors;

  /** @param sql must be allowed to write schema auth and to run pgcrypto. */
  constructor(sql: postgres.Sql, rules: PasswordRules, mfa: MfaFactors) {
    this.#sql = sql;
    this.#rules = rules;
    this.#mfa = mfa;
  }

  /** Answers a request; `path` is what follows /auth/v1/admin. */
  async handle(request: Request, path: string): Promise<Response> {
    const [, collection, id, part, factorId, ...rest] = path.split("/");
    const isFactors = part === "factors" && rest.length === 0;
    if (collection !== "users" || (part !== undefined && !isFactors)) {
      return authError(404, "not_found", "Nothing here");
    }
    try {
      if (id === undefined || id === "") {
        if (request.method === "GET") return await this.#list(new URL(request.url));
        if (request.method === "POST") return await this.#withAttributes(request, (given) => this.#create(given));
        return methodNotAllowed("GET, POST");
      }
      if (!UUID_PATTERN.test(id)) return authError(404, "validation_failed", "user_id must be an UUID");
      if (isFactors) return await this.#mfa.handleAdmin(request, id, factorId);
      if (request.method === "GET") return await this.#answer(id);
      if (request.method === "PUT") return await this.#withAttributes(request, (given) => this.#update(id, given));
      if (request.method === "DELETE") return await this.#delete(id, request);
      return methodNotAllowed("GET, PUT, DELETE");
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.code === UNIQUE_VIOLATION) {
        return error.constraint_name?.includes("phone")
          ? authError(422, "phone_exists", "A user with this phone number has already been registered")
          : authError(422, "email_exists", "A user with this email address has already been registered");
      }
      throw error;
    }
  }

  async #withAttributes(request: Request, act: (given: Attributes) => Promise<Response>): Promise<Response> {
    const body: unknown = await request.json().catch(() => undefined);
    if (body === undefined) return authError(400, "bad_json", "Could not parse request body as JSON");
    const given = ATTRIBUTES.safeParse(body);
    if (!given.success) {
      const [issue] = given.error.issues;
      return authError(400, "validation_failed", `Invalid ${issue?.path.join(".") || "body"}: ${issue?.message}`);
    }
    const { password, ban_duration } = given.data;
    const refusal = typeof password === "string" ? refusePassword(password, this.#rules) : undefined;
    if (refusal !== undefined) return refusal;
    if (ban_duration !== undefined && parseBanDuration(ban_duration) === undefined) {
      return authError(400, "validation_failed", `invalid format for ban duration: ${ban_duration}`);
    }
    return await act(given.data);
  }

  async #create(given: Attributes): Promise<Response> {
    if (!given.email && !given.phone) {
      return authError(400, "validation_failed", "Cannot create a user without either an email or phone");
    }
    return await this.#answer(await this.insert(given));
  }

  /** Makes a user, whose attributes have been checked; returns the id. */
  async insert(given: Attributes): Promise<string> {
    const id = given.id ?? crypto.randomUUID();
    const providers = [...(given.email ? ["email"] : []), ...(given.phone ? ["phone"] : [])];
    const appMetadata = { provider: providers[0], providers };
    await this.#sql.begin(async (sql) => {
      await sql`
        insert into auth.users (id, email, phone, role, raw_app_meta_data, raw_user_meta_data)
        values (${id}, ${given.email ?? null}, ${given.phone ?? null}, ${given.role ?? "authenticated"},
          ${sql.json(appMetadata as postgres.JSONValue)}, '{}')`;
      if (given.email) {
        await sql`
          insert into auth.identities (id, provider, provider_id, user_id, identity_data, last_sign_in_at)
          values (${crypto.randomUUID()}, 'email', ${id}, ${id},
            ${sql.json({ sub: id, email: given.email, email_verified: false, phone_verified: false })}, now())`;
      }
      await change(sql, id, given);
    });
    return id;
  }

  /** Changes a user's password and metadata, which have been checked; returns the id. */
  async change(id: string, given: Pick<Attributes, "password" | "user_metadata">): Promise<string> {
    await this.#sql.begin((sql) => change(sql, id, given));
    return id;
  }

  async #update(id: string, given: Attributes): Promise<Response> {
    await this.#sql.begin(async (sql) => {
      const [user] = await sql`select id from auth.users where id = ${id} for update`;
      if (user === undefined) return;
      if (given.email) {
        await sql`update auth.users set email = ${given.email} where id = ${id}`;
        await sql`
          update auth.identities set identity_data = identity_data || ${
          sql.json({ email: given.email })
        }, updated_at = now()
          where user_id = ${id} and provider = 'email'`;
      }
      if (given.phone) await sql`update auth.users set phone = ${given.phone} where id = ${id}`;
      if (given.role) await sql`update auth.users set role = ${given.role} where id = ${id}`;
      await change(sql, id, given);
      // Whoever knew the old password is out.
      if (given.password) await sql`delete from auth.sessions where user_id = ${id}`;
    });
    return await this.#answer(id);
  }

  async #delete(id: string, request: Request): Promise<Response> {
    const body: unknown = await request.json().catch(() => undefined);
    const isSoft = z.object({ should_soft_delete: z.literal(true) }).safeParse(body).success;
    const deleted = isSoft
      ? await this.#sql`
          with forgotten as (delete from auth.identities where user_id = ${id}),
            ended as (delete from auth.sessions where user_id = ${id})
          update auth.users set deleted_at = now(), updated_at = now(), encrypted_password = null, phone = null,
            email = encode(sha256(convert_to(email, 'UTF8')), 'hex'), raw_user_meta_data = '{}', raw_app_meta_data = '{}',
            confirmation_token = null, recovery_token = null, email_change = null, email_change_token_new = null,
            email_change_token_current = null, reauthentication_token = null
          where id = ${id} and deleted_at is null returning id`
      : await this.#sql`delete from auth.users where id = ${id} returning id`;
    return deleted.length === 0 ? userNotFound() : json(200, {});
  }

  async #list(url: URL): Promise<Response> {
    const page = whole(url.searchParams.get("page"), 1);
    const perPage = whole(url.searchParams.get("per_page"), PAGE_SIZE);
    if (page === undefined || perPage === undefined || perPage > PAGE_SIZE_MAX) {
      return authError(400, "validation_failed", "Bad Pagination Parameters");
    }
    const [counted] = await this.#sql<{ total: number }[]>`select count(*)::integer as total from auth.users`;
    const total = counted?.total ?? 0;
    const users = await selectUsers(
      this.#sql,
      this.#sql`order by u.created_at desc, u.id limit ${perPage} offset ${(page - 1) * perPage}`,
    );
    const last = Math.max(1, Math.ceil(total / perPage));
    const link = (to: number, rel: string) => `<${url.pathname}?page=${to}&per_page=${perPage}>; rel="${rel}"`;
    const links = [...(page < last ? [link(page + 1, "next")] : []), link(last, "last")];
    return json(200, { users, aud: "authenticated" }, { "x-total-count": String(total), link: links.join(", ") });
  }

  async #answer(id: string): Promise<Response> {
    const user = await userJson(this.#sql, id);
    return user === undefined ? userNotFound() : json(200, user);
  }
}

/** Changes what creating and updating have in common. */
async function change(sql: postgres.TransactionSql, id: string, given: Attributes): Promise<void> {
  if (given.password) {
    await sql`update auth.users set encrypted_password = extensions.crypt(${given.password}, extensions.gen_salt('bf', 10))
      where id = ${id}`;
  }
  if (given.email_confirm) {
    await sql`update auth.users set email_confirmed_at = coalesce(email_confirmed_at, now()), confirmation_token = null
      where id = ${id}`;
    await sql`update auth.identities set identity_data = identity_data || '{"email_verified": true}'
      where user_id = ${id} and provider = 'email'`;
  }
  if (given.phone_confirm) {
    await sql`update auth.users set phone_confirmed_at = coalesce(phone_confirmed_at, now()) where id = ${id}`;
  }
  for (
    const [column, added] of [["raw_user_meta_data", given.user_metadata], [
      "raw_app_meta_data",
      given.app_metadata,
    ]] as const
  ) {
    if (!added) continue;
    // A null removes its key, as in Auth.
    await sql`update auth.users set ${sql(column)} = (
        select coalesce(jsonb_object_agg(m.key, m.value) filter (where m.value <> 'null'), '{}')
        from jsonb_each(coalesce(${sql(column)}, '{}') || ${sql.json(added as postgres.JSONValue)}) as m)
      where id = ${id}`;
  }
  const ban_ms = given.ban_duration === undefined ? undefined : parseBanDuration(given.ban_duration);
  if (ban_ms !== undefined) {
    await sql`update auth.users set banned_until =
      case when ${ban_ms}::float8 > 0 then now() + ${ban_ms}::float8 * interval '1 millisecond' end where id = ${id}`;
  }
  await sql`update auth.users set updated_at = now() where id = ${id}`;
}

function whole(text: string | null, fallback: number): number | undefined {
  if (text === null || text === "") return fallback;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function userNotFound(): Response {
  return authError(404, "user_not_found", "User not found");
}

function methodNotAllowed(allow: string): Response {
  return new Response(null, { status: 405, headers: { allow } });
}
