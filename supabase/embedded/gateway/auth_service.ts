import { decodeJwt } from "jose";
import { z } from "zod";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { StackConfig } from "../config.ts";
import type { Authentication, TokenKeys } from "../keys.ts";
import { mailOrder } from "../mail_sink.ts";
import type { AdminUsers } from "./admin_users.ts";
import { authError, json } from "./answers.ts";
import { type AuthBody, readAuthBody, textField } from "./auth_body.ts";
import { AuthLimits } from "./auth_limits.ts";
import type { AuthMethod, AuthSessions, Opening } from "./auth_sessions.ts";
import { type Caller, type InnerTokens, resolveCaller } from "./caller.ts";
import { describeSaid } from "./console_capture.ts";
import type { GenerateLink } from "./generate_link.ts";
import type { Lite } from "./lite.ts";
import { type MailFlows, PKCE_PREFIX } from "./mail_flows.ts";
import type { MfaFactors } from "./mfa_factors.ts";
import { refusePassword } from "./password_rules.ts";
import type { PasswordGrant } from "./password_grant.ts";
import type { Resend } from "./resend.ts";
import type { AccessToken, SessionAnswers } from "./session_answers.ts";
import type { SignUp } from "./sign_up.ts";
import type { UserUpdate } from "./user_update.ts";
import type { Verification } from "./verification.ts";

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
  answers: SessionAnswers;
  admin: AdminUsers;
  generateLink: GenerateLink;
  mfa: MfaFactors;
  flows: MailFlows;
  passwordGrant: PasswordGrant;
  resend: Resend;
  signUp: SignUp;
  verification: Verification;
  userUpdate: UserUpdate;
  nowMs: () => number;
  logger: Logger;
}

/** A request on its way through the service. */
interface Visit extends AuthBody {
  path: string;
  url: URL;
  address: string;
  caller: Caller | undefined;
}

/** Paths a browser or a verifier visits without an API key. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/authorize", "/callback", "/verify"]);
const PLAIN_PATH = /^(\/[\w.-]+)*\/?$/;
/** Requests that have a mail sent, and the type of link in it. */
const MAIL_TYPES: Record<string, string> = {
  "/otp": "magiclink",
  "/magiclink": "magiclink",
  "/recover": "recovery",
  "/signup": "signup",
};
/** Sign-in parameters that are the Auth server's to set, never a caller's. */
const OWN_PARAMETERS = ["client_id", "redirect_uri", "response_type", "state", "scope"];
const SESSION = z.looseObject({ access_token: z.string(), user: z.looseObject({}).optional() });
const USER = z.looseObject({ id: z.string(), aud: z.string() });
const USER_CLAIMS = z.object({ session_id: z.string(), sub: z.string() });

/** Supabase Auth: lite's routes with hosted Auth's tokens, plus what lite lacks. */
export class AuthService {
  readonly #options: AuthServiceOptions;
  readonly #limits: AuthLimits;

  constructor(options: AuthServiceOptions) {
    this.#options = options;
    this.#limits = new AuthLimits(options.config.rate_limit, options.nowMs);
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
    if (!this.#limits.mayGoOn(request.method, path, url, address)) {
      return authError(429, "over_request_rate_limit", "Request rate limit reached");
    }
    if (path === "/admin" || path.startsWith("/admin/")) return await this.#handleAdmin(request, path, caller);
    if (caller?.token !== undefined && !caller.token.judged.ok) return refuseToken(caller.token.judged);
    const body = await readAuthBody(request);
    if (body instanceof Response) return body;
    return await this.#route({ ...body, path, url, address, caller });
  }

  async #route(visit: Visit): Promise<Response> {
    const { request, fields, path, url, address } = visit;
    const { mfa, userUpdate, verification, config } = this.#options;
    const ask = (asked: Request) => this.#ask(visit, asked);
    if (path === "/factors" || path.startsWith("/factors/")) {
      const claims = userClaims(visit.caller);
      if (claims === undefined) {
        return authError(401, "no_authorization", "This endpoint requires a valid Bearer token");
      }
      const caller = { userId: claims.sub, sessionId: claims.session_id, address };
      return await mfa.handle(request, path.slice("/factors".length), caller);
    }
    if (path === "/verify" && request.method === "HEAD") {
      // Mail scanners look at links so: that must not use them up.
      return new Response(null, { status: 405, headers: { allow: "GET, POST" } });
    }
    if (path === "/verify" && request.method === "GET") {
      return await verification.get(request, url, this.#opening(visit, "otp"), ask);
    }
    if (fields === undefined) return await ask(request);
    if (path === "/verify") return await verification.post(request, fields, this.#opening(visit, "otp"), ask);
    if (path === "/user" && request.method === "PUT") {
      const claims = userClaims(visit.caller);
      if (claims !== undefined) return await userUpdate.handle(request, fields, claims.session_id, ask);
    }
    if (path === "/token" && url.searchParams.get("grant_type") === "password") {
      return await this.#options.passwordGrant.handle(request, fields, this.#opening(visit, "password"), ask);
    }
    if (path === "/signup" && textField(fields, "password") !== "") {
      const refusal = refusePassword(textField(fields, "password"), config);
      if (refusal !== undefined) return refusal;
    }
    return await this.#sendMail(visit, ask);
  }

  /** Asks for what may send a mail, and remembers the page that waits for its code. */
  async #sendMail(visit: Visit, ask: (request: Request) => Promise<Response>): Promise<Response> {
    const { request, fields, path } = visit;
    const { flows, sessions, resend, signUp } = this.#options;
    const type = path === "/resend" ? textField(fields, "type") : MAIL_TYPES[path];
    if (type === undefined || fields === undefined) return await ask(request);
    const wantsCode = flows.wantsCode(fields);
    if (wantsCode instanceof Response) return wantsCode;
    const email = textField(fields, "email");
    const isNew = type === "magiclink" && !(await sessions.hasUser(email));
    const taken = type === "signup" && path === "/signup"
      ? await signUp.handleTaken(fields, visit.url, wantsCode)
      : undefined;
    const response = path === "/resend"
      ? await resend.handle(fields, visit.url, wantsCode)
      : taken ?? await ask(request);
    if (!response.ok) return response;
    if (isNew) await sessions.unproven(email);
    if (wantsCode) await flows.remember(email, type, fields);
    return response;
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

  async #handleAdmin(request: Request, path: string, caller: Caller | undefined): Promise<Response> {
    const judged = caller?.token?.judged;
    if (judged !== undefined && !judged.ok) return refuseToken(judged);
    if (caller?.role !== "service_role") return authError(403, "not_admin", "User not allowed");
    if (path === "/admin/generate_link") return await this.#options.generateLink.handle(request);
    return await this.#options.admin.handle(request, path.slice("/admin".length));
  }

  /** The Auth server's answer to `asked`, with our tokens in it. */
  async #ask(visit: Visit, asked: Request): Promise<Response> {
    const { request, path, url, fields } = visit;
    const grant = path === "/token" ? url.searchParams.get("grant_type") : null;
    // Once exchanged, the code is forgotten.
    const method = grant === "pkce"
      ? await this.#options.flows.methodOf(textField(fields, "auth_code"))
      : methodOf(path);
    const redirect = url.searchParams.get("redirect_to") ?? undefined;
    const tokenPrefix = textField(fields, "code_challenge") === "" ? "" : PKCE_PREFIX;
    const inner = await this.#innerRequest(asked, visit);
    const { result, said } = await mailOrder.run({ redirect, tokenPrefix }, () => this.#options.lite.fetch(inner));
    if (result.status >= 500) {
      const request_id = request.headers.get("sb-request-id");
      this.#options.logger.warn("The Auth server failed", { request_id, path, said: describeSaid(said) });
    }
    return await this.#resign(result, grant === "refresh_token" ? undefined : this.#opening(visit, method));
  }

  async #innerRequest(asked: Request, { path, caller }: Visit): Promise<Request> {
    const headers = new Headers(asked.headers);
    if (caller !== undefined) headers.set("apikey", caller.apiKey);
    const judged = caller?.token?.judged;
    if (judged?.ok) headers.set("authorization", `Bearer ${await this.#options.innerTokens.of(judged.claims)}`);
    else headers.delete("authorization");
    if (path !== "/authorize") return new Request(asked, { headers });
    // Every other parameter would reach the provider: one could replace ours.
    const url = new URL(asked.url);
    for (const name of OWN_PARAMETERS) url.searchParams.delete(name);
    if (!this.#options.isLocal) url.searchParams.delete("login");
    return new Request(url, { method: asked.method, headers });
  }

  #opening({ address, request }: Visit, method: AuthMethod): Opening {
    return { method, address, userAgent: request.headers.get("user-agent") ?? "" };
  }

  /** Replaces a lite token, wherever the answer carries one, by ours, and tells users their factors. */
  async #resign(response: Response, opening: Opening | undefined): Promise<Response> {
    const location = response.headers.get("location");
    if (location !== null) return await this.#resignLocation(response, location, opening);
    if (!response.ok || !response.headers.get("content-type")?.includes("json")) return response;
    const body: unknown = JSON.parse(await response.text());
    const session = SESSION.safeParse(body);
    if (!session.success) {
      const user = USER.safeParse(body);
      const factors = user.success ? await this.#options.sessions.factors(user.data.id) : null;
      return new Response(JSON.stringify(factors === null ? body : { ...user.data, factors }), response);
    }
    const made = await this.#makeToken(session.data.access_token, opening);
    if (made instanceof Response) return made;
    const user = made.factors === null ? session.data.user : { ...session.data.user, factors: made.factors };
    const answer = {
      ...session.data,
      access_token: made.token,
      expires_at: made.exp,
      ...(user === undefined ? {} : { user }),
    };
    return new Response(JSON.stringify(answer), response);
  }

  async #resignLocation(response: Response, location: string, opening: Opening | undefined): Promise<Response> {
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

  async #makeToken(innerToken: string, opening: Opening | undefined): Promise<AccessToken | Response> {
    const { sessions, answers } = this.#options;
    const { session_id } = USER_CLAIMS.parse(decodeJwt(innerToken));
    if (opening !== undefined) await sessions.open(session_id, opening);
    return await answers.accessToken(session_id);
  }
}

function methodOf(path: string): AuthMethod {
  if (path === "/verify") return "otp";
  return path === "/callback" ? "oauth" : "password";
}

/** Whose token came with the request, when it is a user's. */
function userClaims(caller: Caller | undefined): z.infer<typeof USER_CLAIMS> | undefined {
  const judged = caller?.token?.judged;
  return judged?.ok ? USER_CLAIMS.safeParse(judged.claims).data : undefined;
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
