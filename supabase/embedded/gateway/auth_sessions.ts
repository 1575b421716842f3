import type { JWTPayload } from "jose";
import type postgres from "postgres";
import { factorsOf } from "./user_json.ts";

/** How a session was opened or strengthened, as `amr` names it. */
export type AuthMethod =
  | "password"
  | "otp"
  | "oauth"
  | "totp"
  | "magiclink"
  | "recovery"
  | "email/signup"
  | "email_change";

/** What a session's access token says, and whether it may be given out. */
export type SessionClaims =
  | { ok: true; claims: JWTPayload; factors: unknown[] | null }
  | { ok: false; code: "session_not_found" | "session_expired" | "user_banned" };

/** Where a session was opened from. */
export interface Opening {
  method: AuthMethod;
  address: string;
  userAgent: string;
}

interface SessionRow {
  sub: string;
  aud: string;
  role: string;
  email: string | null;
  phone: string | null;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  is_anonymous: boolean;
  banned: boolean;
  expired: boolean;
  aal: string | null;
  amr: { method: string; timestamp: number }[];
  factors: unknown[] | null;
}

type Sql = postgres.Sql | postgres.TransactionSql;

const USER_AGENT_LENGTH_MAX = 500;

/** The part of the Auth schema that access tokens are made from. */
export class AuthSessions {
  readonly #sql: postgres.Sql;

  /** @param sql must be allowed to write schema auth. */
  constructor(sql: postgres.Sql) {
    this.#sql = sql;
  }

  /** Remembers how a new session was opened, for the `amr` of every token it will get. */
  async open(sessionId: string, { method, address, userAgent }: Opening): Promise<void> {
    await this.#sql`
      with opened as (
        update auth.sessions set ip = ${address || null}::inet, user_agent = ${
      userAgent.slice(0, USER_AGENT_LENGTH_MAX)
    }
        where id = ${sessionId} returning id
      )
      insert into auth.mfa_amr_claims (session_id, authentication_method)
      select id, ${method} from opened
      on conflict (session_id, authentication_method) do update set updated_at = now()`;
  }

  /** Makes a session for a user, within the caller's transaction. */
  async create(sql: postgres.TransactionSql, userId: string, opening: Opening): Promise<SessionGrant> {
    const sessionId = crypto.randomUUID();
    await sql`
      insert into auth.sessions (id, user_id, aal, ip, user_agent)
      values (${sessionId}, ${userId}, 'aal1', ${opening.address || null}::inet,
        ${opening.userAgent.slice(0, USER_AGENT_LENGTH_MAX)})`;
    await sql`insert into auth.mfa_amr_claims (session_id, authentication_method) values (${sessionId}, ${opening.method})`;
    await sql`update auth.users set last_sign_in_at = now(), updated_at = now() where id = ${userId}`;
    return { sessionId, refreshToken: await insertRefreshToken(sql, userId, sessionId, null) };
  }

  /**
   * Raises a session to aal2 with a proven factor and gives it a new refresh token, within the caller's transaction.
   * @returns undefined when the session has ended meanwhile.
   */
  async strengthen(
    sql: postgres.TransactionSql,
    { userId, sessionId, factorId }: { userId: string; sessionId: string; factorId: string },
  ): Promise<SessionGrant | undefined> {
    const raised = await sql`
      update auth.sessions set aal = 'aal2', factor_id = ${factorId}, updated_at = now()
      where id = ${sessionId} and user_id = ${userId} returning id`;
    if (raised.length === 0) return undefined;
    await sql`
      insert into auth.mfa_amr_claims (session_id, authentication_method) values (${sessionId}, 'totp')
      on conflict (session_id, authentication_method) do update set updated_at = now()`;
    const [current] = await sql<{ token: string }[]>`
      update auth.refresh_tokens set revoked = true, updated_at = now()
      where id = (select id from auth.refresh_tokens where session_id = ${sessionId} and not revoked
        order by created_at desc limit 1)
      returning token`;
    return { sessionId, refreshToken: await insertRefreshToken(sql, userId, sessionId, current?.token ?? null) };
  }

  /** Takes aal2 from the sessions that have it by a factor that is gone. */
  async weaken(sql: postgres.TransactionSql, factorId: string): Promise<void> {
    await sql`
      with weakened as (
        update auth.sessions set aal = 'aal1', factor_id = null, updated_at = now()
        where factor_id = ${factorId} returning id
      )
      delete from auth.mfa_amr_claims c using weakened w
      where c.session_id = w.id and c.authentication_method = 'totp'`;
  }

  /** The claims of a living session's user, as Supabase Auth writes them, without iss, iat and exp. */
  async claims(sessionId: string): Promise<SessionClaims> {
    const [row] = await this.#sql<SessionRow[]>`
      select u.id as sub, coalesce(u.aud, 'authenticated') as aud, coalesce(u.role, 'authenticated') as role,
        u.email, u.phone, coalesce(u.raw_app_meta_data, '{}') as app_metadata,
        coalesce(u.raw_user_meta_data, '{}') as user_metadata, u.is_anonymous,
        coalesce(u.banned_until > now(), false) as banned, coalesce(s.not_after <= now(), false) as expired, s.aal,
        (select coalesce(jsonb_agg(jsonb_build_object(
            'method', c.authentication_method, 'timestamp', extract(epoch from c.updated_at)::bigint)
            order by c.updated_at desc), '[]')
          from auth.mfa_amr_claims c where c.session_id = s.id) as amr,
        ${factorsOf(this.#sql)} as factors
      from auth.sessions s join auth.users u on u.id = s.user_id
      where s.id = ${sessionId}`;
    if (row === undefined) return { ok: false, code: "session_not_found" };
    if (row.expired) return { ok: false, code: "session_expired" };
    if (row.banned) return { ok: false, code: "user_banned" };
    const { sub, aud, role, email, phone, app_metadata, user_metadata, is_anonymous, aal, amr } = row;
    return {
      ok: true,
      factors: row.factors,
      claims: {
        sub,
        aud,
        role,
        email: email ?? "",
        phone: phone ?? "",
        app_metadata,
        user_metadata,
        aal: aal ?? "aal1",
        amr,
        session_id: sessionId,
        is_anonymous,
      },
    };
  }

  /** A user's factors as Auth shows them, or null. */
  async factors(userId: string): Promise<unknown[] | null> {
    const [row] = await this.#sql<{ factors: unknown[] | null }[]>`
      select ${factorsOf(this.#sql)} as factors from auth.users u where u.id = ${userId}`;
    return row?.factors ?? null;
  }

  /** The user, assurance and age of a living session; undefined when it has ended. */
  async find(sql: Sql, sessionId: string): Promise<LiveSession | undefined> {
    const [row] = await sql<LiveSession[]>`
      select s.user_id, coalesce(s.aal, 'aal1') as aal, s.created_at, coalesce(u.email, '') as email,
        exists (select from auth.mfa_factors f where f.user_id = u.id and f.status = 'verified') as has_mfa
      from auth.sessions s join auth.users u on u.id = s.user_id where s.id = ${sessionId}`;
    return row;
  }

  /** Whether an address has an account. */
  async hasUser(email: string): Promise<boolean> {
    const found = await this.#sql`select from auth.users where email = ${email}`;
    return found.length > 0;
  }

  /**
   * Corrects what the Auth server does for a new address that asked for a link: it takes it for confirmed before anyone
   * followed the link, and opens a session that nobody holds.
   */
  async unproven(email: string): Promise<void> {
    await this.#sql`
      with changed as (
        update auth.users set email_confirmed_at = null,
          raw_user_meta_data = raw_user_meta_data || '{"email_verified": false}'
        where email = ${email} and created_at > now() - interval '1 minute' returning id
      )
      delete from auth.sessions s using changed c where s.user_id = c.id
        and not exists (select from auth.mfa_amr_claims a where a.session_id = s.id)`;
  }

  /** Ends a session. */
  async end(sessionId: string): Promise<void> {
    await this.#sql`delete from auth.sessions where id = ${sessionId}`;
  }

  /** Ends a user's sessions but one, as a changed password demands. */
  async endOthers(userId: string, keptSessionId: string): Promise<void> {
    await this.#sql`delete from auth.sessions where user_id = ${userId} and id <> ${keptSessionId}`;
  }
}

/** What a new token answer is made from. */
export interface SessionGrant {
  sessionId: string;
  refreshToken: string;
}

/** A session and whose it is. */
export interface LiveSession {
  user_id: string;
  aal: string;
  created_at: Date;
  /** The user's address, or "". */
  email: string;
  /** Whether the user has a verified factor. */
  has_mfa: boolean;
}

async function insertRefreshToken(
  sql: postgres.TransactionSql,
  userId: string,
  sessionId: string,
  parent: string | null,
): Promise<string> {
  const token = crypto.randomUUID();
  await sql`
    insert into auth.refresh_tokens (id, token, user_id, session_id, parent)
    values (${crypto.randomUUID()}, ${token}, ${userId}, ${sessionId}, ${parent})`;
  return token;
}
