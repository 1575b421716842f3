import { createServerClient } from "@supabase/ssr";
import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { SupabaseOptions } from "../../kernel/edge/supabase.ts";
import { type Provider, PROVIDERS, type StoredSession, storedSessionSchema } from "../session.ts";
import { type CookieJar, isVerifierCookie, SIGN_IN_COOKIE_s } from "./cookies.ts";

/** Time a call to Supabase Auth may take. */
export const AUTH_CALL_ms_MAX = 5_000;

/** Signing out must feel instant, and the cookies go either way. */
export const SIGN_OUT_ms_MAX = 2_000;

/** Time for which we believe what Auth says about its providers. */
const PROVIDERS_FRESH_ms = 60_000;

/** A session, or why there is none: `rejected` for good, `unavailable` for now. */
export type AuthAnswer =
  | { ok: true; session: StoredSession }
  | {
    ok: false;
    reason: "rejected" | "unavailable";
    /** Seconds to wait, where it was the caller who asked too often. */
    retryAfter_s?: number;
  };

/** How a sign-in starts. */
export interface SignInStart {
  provider: Provider;
  /** Where Supabase Auth sends the browser back to. */
  redirectTo: string;
  /** Said to the provider, such as whose account is meant. */
  queryParams?: Record<string, string>;
}

/** The few conversations the edge has with Supabase Auth, all with the publishable key. */
export interface Auth {
  /** The providers Auth is configured with; empty while Auth has never answered. */
  providers(): Promise<readonly Provider[]>;
  /** Leaves a PKCE verifier in the jar; returns the address to send the browser to, or null when that failed. */
  startSignIn(jar: CookieJar, cookieName: string, start: SignInStart): Promise<string | null>;
  /** Trades the code the provider's redirect brought for a session, with the verifier in the jar. */
  exchangeCode(jar: CookieJar, cookieName: string, code: string): Promise<AuthAnswer>;
  refresh(refreshToken: string): Promise<AuthAnswer>;
  /** Ends the session at Auth as well; false when Auth did not say so in time. */
  signOut(accessToken: string): Promise<boolean>;
}

/** Makes the edge's side of Supabase Auth. */
export function createAuth(options: SupabaseOptions & { nowMs: () => number }): Auth {
  const { url, publishableKey, nowMs } = options;
  const fetch = withinTime(options.fetch, AUTH_CALL_ms_MAX);
  // A client of its own for each call: auth-js hands whoever asks while a refresh is under way that
  // refresh's session, whoever it belongs to.
  const fresh = (bounded: typeof fetch) =>
    createClient(url, publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false, skipAutoInitialize: true },
      global: { fetch: bounded },
    }).auth;
  const withJar = (jar: CookieJar, cookieName: string) => verifierClient(options, fetch, jar, cookieName);
  return {
    providers: rememberProviders(url, publishableKey, options.fetch, nowMs),
    async startSignIn(jar, cookieName, { provider, redirectTo, queryParams }) {
      const { data } = await withJar(jar, cookieName).auth.signInWithOAuth({
        provider,
        options: { redirectTo, ...(queryParams ? { queryParams } : {}) },
      });
      return data.url;
    },
    async exchangeCode(jar, cookieName, code) {
      const { data, error } = await withJar(jar, cookieName).auth.exchangeCodeForSession(code);
      return toAnswer(data.session, error);
    },
    async refresh(refreshToken) {
      const { data, error } = await fresh(fetch).refreshSession({ refresh_token: refreshToken });
      return toAnswer(data.session, error);
    },
    async signOut(accessToken) {
      const { error } = await fresh(withinTime(options.fetch, SIGN_OUT_ms_MAX)).admin.signOut(accessToken, "local");
      return error === null;
    },
  };
}

/** A client that sees the sign-in's verifier cookies only: the session's cookie is written by us. */
function verifierClient(
  { url, publishableKey }: SupabaseOptions,
  fetch: SupabaseOptions["fetch"],
  jar: CookieJar,
  cookieName: string,
) {
  return createServerClient(url, publishableKey, {
    cookieOptions: { name: cookieName },
    global: { fetch },
    cookies: {
      getAll: () =>
        [...jar.sent].filter(([name]) => isVerifierCookie(name, cookieName)).map(([name, value]) => ({ name, value })),
      setAll: (cookies) => {
        for (const { name, value, options } of cookies) {
          if (!isVerifierCookie(name, cookieName)) continue;
          jar.set(name, value, { maxAgeSeconds: options.maxAge === 0 ? 0 : SIGN_IN_COOKIE_s });
        }
      },
    },
  });
}

function toAnswer(session: unknown, error: { status?: number | undefined } | null): AuthAnswer {
  if (error !== null) {
    const status = error.status ?? 400;
    return { ok: false, reason: status === 0 || status === 429 || status >= 500 ? "unavailable" : "rejected" };
  }
  const parsed = storedSessionSchema.safeParse(session);
  return parsed.success ? { ok: true, session: parsed.data } : { ok: false, reason: "unavailable" };
}

/**
 * Bounds a fetch for auth-js, which would retry a failing refresh for half a minute while a page waits:
 * a server error or no answer becomes status 505, the one it passes on at once.
 */
function withinTime(fetch: SupabaseOptions["fetch"], timeoutMs: number): SupabaseOptions["fetch"] {
  const failed = () => Response.json({ msg: "The sign-in service does not answer" }, { status: 505 });
  return async (input, init) => {
    try {
      const response = await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) });
      if (response.status < 500) return response;
      await response.body?.cancel();
      return failed();
    } catch {
      return failed();
    }
  };
}

const settingsSchema = z.object({ external: z.record(z.string(), z.unknown()) });

function rememberProviders(
  url: string,
  publishableKey: string,
  fetch: SupabaseOptions["fetch"],
  nowMs: () => number,
): () => Promise<readonly Provider[]> {
  let known: readonly Provider[] = [];
  let askAtMs = 0;
  let asking: Promise<readonly Provider[]> | null = null;
  const ask = async () => {
    try {
      const response = await fetch(`${url}/auth/v1/settings`, {
        headers: { apikey: publishableKey },
        signal: AbortSignal.timeout(AUTH_CALL_ms_MAX),
      });
      const { external } = settingsSchema.parse(await response.json());
      known = PROVIDERS.filter((provider) => external[provider] === true);
      askAtMs = nowMs() + PROVIDERS_FRESH_ms;
    } catch {
      // What was true a minute ago is the best guess while Auth is away; the next page asks again.
    }
    return known;
  };
  return () => {
    if (nowMs() < askAtMs) return Promise.resolve(known);
    return asking ??= ask().finally(() => asking = null);
  };
}
