import { needsRefresh, secondFactorAtMs, type SessionUser, type StoredSession, userOf } from "../session.ts";
import type { Auth, AuthAnswer } from "./auth.ts";
import { clearSessionCookie, type CookieJar, readSessionCookie, writeSessionCookie } from "./cookies.ts";
import type { TokenVerifier } from "./tokens.ts";

/** Who is calling, verified, and the token to call Supabase with as them. */
export interface Session {
  user: SessionUser;
  accessToken: string;
  /** When the access token expires, in Unix ms. */
  expiresAtMs: number;
  /** Auth's id of the session; null when the token names none. */
  sessionId: string | null;
  /** `aal2` once a second factor was shown in this session. */
  aal: "aal1" | "aal2";
  /** When that was last, in Unix ms; null when it was not. */
  secondFactorAtMs: number | null;
}

/** What sessions are made of. */
export interface SessionsOptions {
  auth: Pick<Auth, "refresh">;
  tokens: TokenVerifier;
  cookieName: string;
  nowMs: () => number;
}

/**
 * Time for which a refresh is shared with requests that still carry the old cookies. Supabase Auth
 * accepts a used refresh token for 10 s as well.
 */
const REFRESH_SHARED_ms = 10_000;

/** Refreshes remembered at once, so that a flood of stale cookies cannot fill the memory. */
const REFRESHES_MAX = 10_000;

interface SharedRefresh {
  answer: Promise<AuthAnswer>;
  untilMs: number;
}

/** Finds out who calls, from cookies or a bearer token, and keeps sessions fresh. */
export class Sessions {
  readonly #auth: Pick<Auth, "refresh">;
  readonly #tokens: TokenVerifier;
  readonly #cookieName: string;
  readonly #nowMs: () => number;
  /** By refresh token: a page's requests come together, and the second use of a token would end the session. */
  readonly #refreshes = new Map<string, SharedRefresh>();

  constructor({ auth, tokens, cookieName, nowMs }: SessionsOptions) {
    this.#auth = auth;
    this.#tokens = tokens;
    this.#cookieName = cookieName;
    this.#nowMs = nowMs;
  }

  /**
   * The session in the request's cookies, renewed when it is about to end; null when there is none.
   * Cookies that cannot be used are cleared. While Auth is away they are kept.
   */
  async fromCookies(jar: CookieJar): Promise<Session | null> {
    const cookie = await readSessionCookie(jar, this.#cookieName);
    if (cookie.kind === "none") return null;
    if (cookie.kind === "garbage") return this.#forget(jar);
    const kept = cookie.session;
    if (!needsRefresh(kept, this.#nowMs())) {
      const session = await this.#verified(kept).catch(() => "unknown" as const);
      if (session === "unknown") return null;
      // A token that fails although it should still live: its key was rotated or it was tampered with.
      return session ?? this.#forget(jar);
    }
    const answer = await this.#refresh(kept.refresh_token);
    if (answer.ok) {
      const session = await this.#verified(answer.session).catch(() => null);
      writeSessionCookie(jar, this.#cookieName, answer.session);
      return session;
    }
    if (answer.reason === "rejected") return this.#forget(jar);
    return await this.#verified(kept).catch(() => null);
  }

  /**
   * The session of a bearer token, or null when the token is refused.
   * @throws Refusal `upstream_unavailable` when it cannot be told.
   */
  async fromBearer(token: string): Promise<Session | null> {
    const claims = await this.#tokens.verify(token);
    return claims && {
      user: userOf(claims),
      accessToken: token,
      expiresAtMs: claims.exp * 1000,
      sessionId: claims.session_id ?? null,
      aal: claims.aal ?? "aal1",
      secondFactorAtMs: secondFactorAtMs(claims),
    };
  }

  async #verified(session: StoredSession): Promise<Session | null> {
    return await this.fromBearer(session.access_token);
  }

  #forget(jar: CookieJar): null {
    clearSessionCookie(jar, this.#cookieName);
    return null;
  }

  async #refresh(refreshToken: string): Promise<AuthAnswer> {
    const nowMs = this.#nowMs();
    for (const [token, { untilMs }] of this.#refreshes) {
      if (untilMs > nowMs && this.#refreshes.size <= REFRESHES_MAX) break;
      this.#refreshes.delete(token);
    }
    const shared = this.#refreshes.get(refreshToken);
    if (shared) return await shared.answer;
    const answer = this.#auth.refresh(refreshToken);
    this.#refreshes.set(refreshToken, { answer, untilMs: nowMs + REFRESH_SHARED_ms });
    const settled = await answer;
    // An outage is no answer: the next request may try again.
    if (!settled.ok && settled.reason === "unavailable") this.#refreshes.delete(refreshToken);
    return settled;
  }
}
