import type { JWTPayload } from "jose";
import type postgres from "postgres";

/** How a session was opened, as `amr` names it. */
export type AuthMethod = "password" | "otp" | "oauth";

/** What a session's access token says, and whether it may be given out. */
export type SessionClaims = { ok: true; claims: JWTPayload } | { ok: false; code: "session_not_found" | "user_banned" };

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
  aal: string | null;
  amr: { method: string; timestamp: number }[];
}

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

  /** The claims of a living session's user, as Supabase Auth writes them, without iss, iat and exp. */
  async claims(sessionId: string): Promise<SessionClaims> {
    const [row] = await this.#sql<SessionRow[]>`
      select u.id as sub, coalesce(u.aud, 'authenticated') as aud, coalesce(u.role, 'authenticated') as role,
        u.email, u.phone, coalesce(u.raw_app_meta_data, '{}') as app_metadata,
        coalesce(u.raw_user_meta_data, '{}') as user_metadata, u.is_anonymous,
        coalesce(u.banned_until > now(), false) as banned, s.aal,
        (select coalesce(jsonb_agg(jsonb_build_object(
            'method', c.authentication_method, 'timestamp', extract(epoch from c.updated_at)::bigint)
            order by c.updated_at desc), '[]')
          from auth.mfa_amr_claims c where c.session_id = s.id) as amr
      from auth.sessions s join auth.users u on u.id = s.user_id
      where s.id = ${sessionId}`;
    if (row === undefined) return { ok: false, code: "session_not_found" };
    if (row.banned) return { ok: false, code: "user_banned" };
    const { sub, aud, role, email, phone, app_metadata, user_metadata, is_anonymous, aal, amr } = row;
    return {
      ok: true,
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

  /** Ends a session. */
  async end(sessionId: string): Promise<void> {
    await this.#sql`delete from auth.sessions where id = ${sessionId}`;
  }

  /** Ends a user's sessions but one, as a changed password demands. */
  async endOthers(userId: string, keptSessionId: string): Promise<void> {
    await this.#sql`delete from auth.sessions where user_id = ${userId} and id <> ${keptSessionId}`;
  }
}
