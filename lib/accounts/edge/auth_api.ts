import { z } from "zod";
import type { Code } from "../../kernel/codes.ts";
import type { SupabaseOptions } from "../../kernel/edge/supabase.ts";
import { type StoredSession, storedSessionSchema } from "../session.ts";
import { AUTH_CALL_ms_MAX } from "./auth.ts";

/** What Auth answered, or why it refused, in our own codes. */
export type AuthResult<T> =
  | { ok: true; data: T }
  | {
    ok: false;
    code: Code;
    /** Seconds to wait, where a limit says so. */
    retryAfter_s?: number | null;
  };

/** Kinds of links Auth mails. */
export const LINK_TYPES = ["email", "magiclink", "recovery", "signup", "invite", "email_change"] as const;

/** See {@link LINK_TYPES}. */
export type LinkType = (typeof LINK_TYPES)[number];

/** An authenticator of a user. */
export interface Factor {
  id: string;
  name: string;
  verified: boolean;
  createdAt: string;
}

/** An authenticator being set up: shown to its user once. */
export interface Enrolment {
  factorId: string;
  secret: string;
  /** `otpauth://` address, which the code is a picture of. */
  uri: string;
  /** The code as an SVG document. */
  qrSvg: string;
}

/** Where a mailed link leads, and in which language its reader reads. */
export interface MailOptions {
  redirectTo: string;
  locale?: string;
}

/** Supabase Auth's API as its users call it: each call stands alone and keeps no session. */
export interface AuthApi {
  /** A session when addresses need no confirmation, else null. `conflict` when the address has an account. */
  signUp(email: string, password: string, options: MailOptions): Promise<AuthResult<StoredSession | null>>;
  signIn(email: string, password: string): Promise<AuthResult<StoredSession>>;
  /** Mails a link that signs in; `create` makes an account for an address without one. */
  mailLink(email: string, options: MailOptions & { create: boolean }): Promise<AuthResult<null>>;
  mailReset(email: string, options: MailOptions): Promise<AuthResult<null>>;
  /** A session; null when the link was good but another one, sent elsewhere, has to be opened too. */
  openLink(type: LinkType, tokenHash: string): Promise<AuthResult<StoredSession | null>>;
  setPassword(accessToken: string, password: string): Promise<AuthResult<null>>;
  changeEmail(accessToken: string, email: string, options: MailOptions): Promise<AuthResult<null>>;
  factors(accessToken: string): Promise<AuthResult<Factor[]>>;
  enrol(accessToken: string, name: string): Promise<AuthResult<Enrolment>>;
  /** Shows a code of the authenticator; the new session is at `aal2`. */
  verifyFactor(accessToken: string, factorId: string, code: string): Promise<AuthResult<StoredSession>>;
  removeFactor(accessToken: string, factorId: string): Promise<AuthResult<null>>;
}

const factorSchema = z.object({
  id: z.uuid(),
  friendly_name: z.string().nullish(),
  factor_type: z.string(),
  status: z.string(),
  created_at: z.string(),
});
const userSchema = z.object({ factors: z.array(factorSchema).nullish() });
const enrolmentSchema = z.object({
  id: z.uuid(),
  totp: z.object({ qr_code: z.string(), secret: z.string(), uri: z.string() }),
});
const challengeSchema = z.object({ id: z.uuid() });
const failureSchema = z.object({
  error_code: z.string().optional(),
  code: z.union([z.string(), z.number()]).optional(),
  msg: z.string().optional(),
});
const sessionSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  expires_in: z.number().optional(),
  expires_at: z.number().optional(),
});
const anything = z.unknown();
/** Auth answers a sign-up for an address that has an account with a user made up, who alone has no identities. */
const madeUpSchema = z.object({ identities: z.array(z.unknown()).max(0) });

/** How long Auth says to wait: "after 51 seconds", "try again in 3 s". */
const WAIT = /\b(\d{1,5}) ?s(?:ec|econds?)?\b/;

/** Auth's codes that mean something of ours; the rest goes by the status. */
const CODE_OF_AUTH: Readonly<Record<string, Code>> = {
  invalid_credentials: "invalid_credentials",
  email_not_confirmed: "invalid_credentials",
  user_banned: "invalid_credentials",
  weak_password: "weak_password",
  same_password: "weak_password",
  user_already_exists: "conflict",
  email_exists: "conflict",
  mfa_verification_failed: "mfa_verification_failed",
  mfa_challenge_expired: "mfa_verification_failed",
  mfa_factor_not_found: "not_found",
  mfa_factor_name_conflict: "conflict",
  too_many_enrolled_mfa_factors: "conflict",
  insufficient_aal: "step_up_required",
  otp_expired: "sign_in_failed",
  session_not_found: "unauthenticated",
  session_expired: "unauthenticated",
  bad_jwt: "unauthenticated",
  no_authorization: "unauthenticated",
  over_request_rate_limit: "rate_limited",
  over_email_send_rate_limit: "rate_limited",
};

/** Makes the calls, each bounded in time. */
export function createAuthApi(options: SupabaseOptions & { nowMs: () => number }): AuthApi {
  const call = createCall(options);
  const session = async (result: Promise<AuthResult<unknown>>): Promise<AuthResult<StoredSession>> => {
    const answer = await result;
    if (!answer.ok) return answer;
    const found = sessionIn(answer.data, options.nowMs());
    return found === null ? { ok: false, code: "invalid_credentials" } : { ok: true, data: found };
  };
  const maybeSession = async (result: Promise<AuthResult<unknown>>): Promise<AuthResult<StoredSession | null>> => {
    const answer = await result;
    return answer.ok ? { ok: true, data: sessionIn(answer.data, options.nowMs()) } : answer;
  };
  const done = async (result: Promise<AuthResult<unknown>>): Promise<AuthResult<null>> => {
    const answer = await result;
    return answer.ok ? { ok: true, data: null } : answer;
  };
  const back = (redirectTo: string) => `?redirect_to=${encodeURIComponent(redirectTo)}`;
  const dataOf = (locale: string | undefined) => locale === undefined ? {} : { data: { locale } };
  return {
    async signUp(email, password, { redirectTo, locale }) {
      const body = { email, password, ...dataOf(locale) };
      const answer = await call("POST", `/signup${back(redirectTo)}`, anything, { body });
      if (!answer.ok) return answer;
      if (madeUpSchema.safeParse(answer.data).success) return { ok: false, code: "conflict" };
      return { ok: true, data: sessionIn(answer.data, options.nowMs()) };
    },
    signIn: (email, password) =>
      session(call("POST", "/token?grant_type=password", anything, { body: { email, password } })),
    mailLink: (email, { redirectTo, locale, create }) =>
      done(call("POST", `/otp${back(redirectTo)}`, anything, {
        body: { email, create_user: create, ...dataOf(locale) },
      })),
    mailReset: (email, { redirectTo }) =>
      done(call("POST", `/recover${back(redirectTo)}`, anything, { body: { email } })),
    openLink: (type, token_hash) => maybeSession(call("POST", "/verify", anything, { body: { type, token_hash } })),
    setPassword: (token, password) => done(call("PUT", "/user", anything, { token, body: { password } })),
    changeEmail: (token, email, { redirectTo }) =>
      done(call("PUT", `/user${back(redirectTo)}`, anything, { token, body: { email } })),
    async factors(token) {
      const answer = await call("GET", "/user", userSchema, { token });
      if (!answer.ok) return answer;
      const totp = (answer.data.factors ?? []).filter((factor) => factor.factor_type === "totp");
      return {
        ok: true,
        data: totp.map(({ id, friendly_name, status, created_at }) => ({
          id,
          name: friendly_name ?? "",
          verified: status === "verified",
          createdAt: created_at,
        })),
      };
    },
    async enrol(token, name) {
      const body = { factor_type: "totp", friendly_name: name, issuer: "Outcry" };
      const answer = await call("POST", "/factors", enrolmentSchema, { token, body });
      if (!answer.ok) return answer;
      const { id, totp: { qr_code, secret, uri } } = answer.data;
      return { ok: true, data: { factorId: id, secret, uri, qrSvg: svgOf(qr_code) } };
    },
    async verifyFactor(token, factorId, code) {
      const path = `/factors/${encodeURIComponent(factorId)}`;
      const challenge = await call("POST", `${path}/challenge`, challengeSchema, { token, body: {} });
      if (!challenge.ok) return challenge;
      const body = { challenge_id: challenge.data.id, code };
      return await session(call("POST", `${path}/verify`, anything, { token, body }));
    },
    removeFactor: (token, factorId) =>
      done(call("DELETE", `/factors/${encodeURIComponent(factorId)}`, anything, { token })),
  };
}

interface CallParts {
  token?: string;
  body?: object;
}

function createCall({ url, publishableKey, fetch }: SupabaseOptions) {
  return async <T>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    schema: z.ZodType<T>,
    { token, body }: CallParts,
  ): Promise<AuthResult<T>> => {
    try {
      const response = await fetch(`${url}/auth/v1${path}`, {
        method,
        headers: {
          apikey: publishableKey,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(AUTH_CALL_ms_MAX),
      });
      const text = await response.text();
      if (!response.ok) return { ok: false, ...failureOf(response.status, text) };
      const parsed = schema.safeParse(text === "" ? {} : JSON.parse(text));
      return parsed.success ? { ok: true, data: parsed.data } : { ok: false, code: "upstream_unavailable" };
    } catch {
      return { ok: false, code: "upstream_unavailable" };
    }
  };
}

/** Auth's own words are dropped: they may name what only the owner of an address may know. */
function failureOf(status: number, text: string): { code: Code; retryAfter_s?: number } {
  const failure = failureSchema.safeParse(parseJson(text)).data;
  const code = codeOf(status, failure?.error_code ?? failure?.code);
  const wait_s = code === "rate_limited" ? WAIT.exec(failure?.msg ?? "")?.[1] : undefined;
  return wait_s === undefined ? { code } : { code, retryAfter_s: Number(wait_s) };
}

function codeOf(status: number, said: string | number | undefined): Code {
  const known = CODE_OF_AUTH[String(said ?? "")];
  if (known !== undefined) return known;
  if (status === 429) return "rate_limited";
  if (status >= 500) return "upstream_unavailable";
  if (status === 401 || status === 403) return "unauthenticated";
  return status === 404 ? "not_found" : "bad_request";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The session an answer holds, if any; Auth tells its end as a time or as a duration. */
function sessionIn(data: unknown, nowMs: number): StoredSession | null {
  const parsed = sessionSchema.safeParse(data);
  if (!parsed.success) return null;
  const { access_token, refresh_token, expires_at, expires_in = 0 } = parsed.data;
  const stored = { access_token, refresh_token, expires_at: expires_at ?? Math.floor(nowMs / 1000) + expires_in };
  return storedSessionSchema.safeParse(stored).data ?? null;
}

/** The picture itself: auth-js gets it bare, some versions of Auth wrap it into a data URL. */
function svgOf(qrCode: string): string {
  const at = qrCode.indexOf("<svg");
  return at >= 0 ? qrCode.slice(at) : decodeURIComponent(qrCode.replace(/^data:[^,]*,/, ""));
}
