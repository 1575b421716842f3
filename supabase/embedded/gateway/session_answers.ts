import type postgres from "postgres";
import type { TokenKeys } from "../keys.ts";
import { authError, json } from "./answers.ts";
import type { AuthSessions, SessionGrant } from "./auth_sessions.ts";
import { userJson } from "./user_json.ts";

/** What answers with tokens are made of. */
export interface SessionAnswersOptions {
  sql: postgres.Sql;
  sessions: AuthSessions;
  keys: TokenKeys;
  /** The project's address. */
  url: string;
  /** How long an access token lives, in seconds. */
  jwtExpiry: number;
  nowMs: () => number;
}

/** An access token of ours; `exp` is in seconds. */
export interface AccessToken {
  token: string;
  exp: number;
  userId: string;
  factors: unknown[] | null;
}

/** Makes access tokens with hosted Auth's claims, and the answers that carry them. */
export class SessionAnswers {
  readonly #options: SessionAnswersOptions;

  constructor(options: SessionAnswersOptions) {
    this.#options = options;
  }

  /** A token for a session, or the refusal to make one. */
  async accessToken(sessionId: string): Promise<AccessToken | Response> {
    const { sessions, keys, url, jwtExpiry, nowMs } = this.#options;
    const facts = await sessions.claims(sessionId);
    if (!facts.ok) {
      if (facts.code === "session_not_found") {
        return authError(403, facts.code, "Session from session_id claim in JWT does not exist");
      }
      if (facts.code === "session_expired") return authError(400, facts.code, "Invalid Refresh Token: Session Expired");
      await sessions.end(sessionId);
      return authError(400, facts.code, "User is banned");
    }
    const iat = Math.floor(nowMs() / 1000);
    const exp = iat + jwtExpiry;
    const token = await keys.sign({ iss: `${url}/auth/v1`, ...facts.claims, iat, exp });
    return { token, exp, userId: facts.claims.sub as string, factors: facts.factors };
  }

  /** The answer that hands a session over: tokens and the user. */
  async answer({ sessionId, refreshToken }: SessionGrant): Promise<Response> {
    const made = await this.accessToken(sessionId);
    if (made instanceof Response) return made;
    return json(200, {
      access_token: made.token,
      token_type: "bearer",
      expires_in: this.#options.jwtExpiry,
      expires_at: made.exp,
      refresh_token: refreshToken,
      user: await userJson(this.#options.sql, made.userId),
    }, { "cache-control": "no-store" });
  }

  /** The fragment of an address that hands a session over to a page. */
  async fragment({ sessionId, refreshToken }: SessionGrant, type: string): Promise<URLSearchParams | Response> {
    const made = await this.accessToken(sessionId);
    if (made instanceof Response) return made;
    return new URLSearchParams({
      access_token: made.token,
      expires_at: String(made.exp),
      expires_in: String(this.#options.jwtExpiry),
      refresh_token: refreshToken,
      token_type: "bearer",
      type,
    });
  }
}
