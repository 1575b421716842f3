import { decodeJwt } from "jose";
import { z } from "zod";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { StackConfig } from "../config.ts";
import type { Authentication, TokenKeys } from "../keys.ts";
import { mailRedirect } from "../mail_sink.ts";
import type { AdminUsers } from "./admin_users.ts";
import { authError, json } from "./answers.ts";
import { refuseBody } from "./auth_body.ts";
import type { AuthMethod, AuthSessions } from "./auth_sessions.ts";
import { type Caller, type InnerTokens, resolveCaller } from "./caller.ts";
import { describeSaid } from "./console_capture.ts";
import type { Lite } from "./lite.ts";
import { RateLimit } from "./rate_limit.ts";

/** What the Auth service is made of. */
export interface AuthServiceOptions {
  config: StackConfig["auth"];
  /** The project's address. */
  url: string;
  /** Whether the local identity provider may be told whom to sign in. */
  isLocal: boolean;
  keys: TokenKeys;
  innerTokens: InnerTokens;
  lite: Lite;
  sessions: AuthSessions;
  admin: AdminUsers;
  nowMs: () => number;
  logger: Logger;
}

/** Paths a browser or a verifier visits without an API key. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/authorize", "/callback", "/verify"]);
const PLAIN_PATH = /^(\/[\w.-]+)*\/?$/;
const FIVE_MINUTES_MS = 300_000;
const HOUR_MS = 3_600_000;
/** Sign-in parameters that are the Auth server's to set, never a caller's. */
const OWN_PARAMETERS = ["client_id", "redirect_uri", "response_type", "state", "scope"];
const SESSION = z.looseObject({ access_token: z.string() });
const INNER_CLAIMS = z.object({ session_id: z.string(), sub: z.string() });

/** Supabase Auth: lite's routes with hosted Auth's tokens, plus what lite lacks. */
export class AuthService {
  readonly #options: AuthServiceOptions;
  readonly #limits: Record<"sign_in" | "refresh" | "verify" | "mail", RateLimit>;

  constructor(options: AuthServiceOptions) {
    this.#options = options;
    const { config: { rate_limit }, nowMs } = options;
    const perFiveMinutes = (count_max: number) => new RateLimit({ count_max, window_ms: FIVE_MINUTES_MS }, nowMs);
    this.#limits = {
      sign_in: perFiveMinutes(rate_limit.sign_in_sign_ups),
      refresh: perFiveMinutes(rate_limit.token_refresh),
      verify: perFiveMinutes(rate_limit.token_verifications),
      mail: new RateLimit({ count_max: rate_limit.email_sent, window_ms: HOUR_MS }, nowMs),
    };
  }

  /** Answers a request under /auth/v1. */
  async handle(request: Request, address: string): Promise<Response> {
    const url = new URL(request.url);
    const path = url.pathname.slice("/auth/v1".length);
    // The server behind decodes paths: written otherwise, one would pass by the rules below.
    if (!PLAIN_PATH.test(path)) return authError(404, "not_found", "Nothing here");
    if (path.startsWith("/.well-known/")) return this.#wellKnown(path);
    let caller: Caller | undefined;
    if (!OPEN_PATHS.has(path)) {
      const resolved = await resolveCaller(request, this.#options.keys);
      if (resolved instanceof Response) return resolved;
      caller = resolved;
    }
    if (!this.#mayGoOn(path, url, address)) {
      return authError(429, "over_request_rate_limit", "Request rate limit reached");
    }
    if (path === "/admin" || path.startsWith("/admin/")) return await this.#handleAdmin(request, path, caller);
    if (caller?.token !== undefined && !caller.token.judged.ok) return refuseToken(caller.token.judged);
    const refusal = await refuseBody(request);
    if (refusal !== undefined) return refusal;
    return await this.#handleLite(request, path, url, address, caller);
  }

  #wellKnown(path: string): Response {
    const { keys, url } = this.#options;
    const cached = { "cache-control": "public, max-age=600" };
    if (path === "/.well-known/jwks.json") return json(200, keys.jwks(), cached);
    if (path === "/.well-known/openid-configuration") {
      const issuer = `${url}/auth/v1`;
      return json(200, { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` }, cached);
    }
    return authError(404, "not_found", "Nothing here");
  }

  #mayGoOn(path: string, url: URL, address: string): boolean {
    const isRefresh = path === "/token" && url.searchParams.get("grant_type") === "refresh_token";
    if (isRefresh) return this.#limits.refresh.take(address);
    if (path === "/token" || path === "/signup") return this.#limits.sign_in.take(address);
    if (path === "/verify") return this.#limits.verify.take(address);
    if (["/otp", "/magiclink", "/recover", "/resend", "/reauthenticate"].includes(path)) {
      return this.#limits.mail.take(address);
    }
    return true;
  }

  async #handleAdmin(request: Request, path: string, caller: Caller | undefined): Promise<Response> {
    const judged = caller?.token?.judged;
    if (judged !== undefined && !judged.ok) return refuseToken(judged);
    if (caller?.role !== "service_role") return authError(403, "not_admin", "User not allowed");
    return await this.#options.admin.handle(request, path.slice("/admin".length));
  }

  async #handleLite(
    request: Request,
    path: string,
    url: URL,
    address: string,
    caller: Caller | undefined,
  ): Promise<Response> {
    const inner = await this.#innerRequest(request, path, url, caller);
    const redirect = url.searchParams.get("redirect_to") ?? undefined;
    const { result, said } = await mailRedirect.run(redirect, () => this.#options.lite.fetch(inner));
    if (result.status >= 500) {
      const request_id = request.headers.get("sb-request-id");
      this.#options.logger.warn("The Auth server failed", { request_id, path, said: describeSaid(said) });
    }
    const judged = caller?.token?.judged;
    if (path === "/user" && request.method === "PUT" && result.ok && judged?.ok) {
      await this.#afterUserUpdate(request, judged.claims);
    }
    const opening = { method: methodOf(path, url), address, userAgent: request.headers.get("user-agent") ?? "" };
    const isRefresh = url.searchParams.get("grant_type") === "refresh_token";
    return await this.#resign(result, isRefresh ? undefined : opening);
  }

  async #innerRequest(request: Request, path: string, url: URL, caller: Caller | undefined): Promise<Request> {
    const headers = new Headers(request.headers);
    if (caller !== undefined) headers.set("apikey", caller.apiKey);
    const judged = caller?.token?.judged;
    if (judged?.ok) headers.set("authorization", `Bearer ${await this.#options.innerTokens.of(judged.claims)}`);
    else headers.delete("authorization");
    if (path !== "/authorize") return new Request(request.clone(), { headers });
    // Every other parameter would reach the provider: one could replace ours.
    for (const name of OWN_PARAMETERS) url.searchParams.delete(name);
    if (!this.#options.isLocal) url.searchParams.delete("login");
    return new Request(url, { method: request.method, headers });
  }

  /** A changed password ends the user's other sessions, as hosted. */
  async #afterUserUpdate(request: Request, claims: Record<string, unknown>): Promise<void> {
    const body = z.object({ password: z.string() }).safeParse(await request.json().catch(() => undefined));
    const who = INNER_CLAIMS.safeParse(claims);
    if (body.success && who.success) await this.#options.sessions.endOthers(who.data.sub, who.data.session_id);
  }

  /** Replaces a lite token, wherever the answer carries one, by ours. */
  async #resign(response: Response, opening: Parameters<AuthSessions["open"]>[1] | undefined): Promise<Response> {
    const location = response.headers.get("location");
    if (location !== null) {
      const [target = "", fragment = ""] = location.split("#", 2);
      const values = new URLSearchParams(fragment);
      const token = values.get("access_token");
      if (token === null) return response;
      const made = await this.#makeToken(token, opening);
      if (made instanceof Response) return made;
      values.set("access_token", made.token);
      values.set("expires_at", String(made.exp));
      values.set("expires_in", String(this.#options.config.jwt_expiry));
      const headers = new Headers(response.headers);
      headers.set("location", `${target}#${values}`);
      return new Response(null, { status: response.status, headers });
    }
    if (!response.ok || !response.headers.get("content-type")?.includes("json")) return response;
    const text = await response.text();
    const session = SESSION.safeParse(JSON.parse(text));
    if (!session.success) return new Response(text, response);
    const made = await this.#makeToken(session.data.access_token, opening);
    if (made instanceof Response) return made;
    const body = { ...session.data, access_token: made.token, expires_at: made.exp };
    return new Response(JSON.stringify(body), response);
  }

  async #makeToken(
    innerToken: string,
    opening: Parameters<AuthSessions["open"]>[1] | undefined,
  ): Promise<{ token: string; exp: number } | Response> {
    const { sessions, keys, url, config, nowMs } = this.#options;
    const { session_id } = INNER_CLAIMS.parse(decodeJwt(innerToken));
    if (opening !== undefined) await sessions.open(session_id, opening);
    const facts = await sessions.claims(session_id);
    if (!facts.ok) {
      if (facts.code === "session_not_found") {
        return authError(403, facts.code, "Session from session_id claim in JWT does not exist");
      }
      await sessions.end(session_id);
      return authError(400, facts.code, "User is banned");
    }
    const iat = Math.floor(nowMs() / 1000);
    const exp = iat + config.jwt_expiry;
    return { token: await keys.sign({ iss: `${url}/auth/v1`, ...facts.claims, iat, exp }), exp };
  }
}

function methodOf(path: string, url: URL): AuthMethod {
  if (path === "/verify") return "otp";
  if (path === "/callback" || url.searchParams.get("grant_type") === "pkce") return "oauth";
  return "password";
}

/** Supabase Auth's words for a token it does not take. */
function refuseToken(judged: Authentication & { ok: false }): Response {
  const reason = {
    InvalidJWTExpiration: "token has invalid claims: token is expired",
    MalformedJWT: "token is malformed: token contains an invalid number of segments",
    InvalidJWTToken: "token signature is invalid: signature is invalid",
  }[judged.code];
  return authError(403, "bad_jwt", `invalid JWT: unable to parse or verify signature, ${reason}`);
}
