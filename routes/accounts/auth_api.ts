import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { isWeakPassword } from "../../lib/accounts/password.ts";
import type { StoredSession } from "../../lib/accounts/session.ts";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { type Code, CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { AppContext } from "../context.ts";
import { codeField, emailField, passwordField } from "../forms.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import { deviceHeaders } from "../presence.ts";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { hasBearer, requireSession } from "../session.ts";
import { confirmUrl } from "./mail_pages.tsx";
import { NO_STORE, orRefuse } from "./personal.ts";

const credentials = z.object({ email: emailField, password: passwordField });
const sessionSchema = z.object({
  access_token: z.string(),
  token_type: z.literal("bearer"),
  expires_at: z.iso.datetime(),
  refresh_token: z.string(),
});
const signedInSchema = z.object({ status: z.literal("signed_in"), session: sessionSchema });
const mailedSchema = z.object({ status: z.literal("confirmation_sent"), session: z.null() });
const setupSchema = z.object({ factor_id: z.uuid(), secret: z.string(), uri: z.string(), qr_svg: z.string() });

function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { "application/json": { schema } } } };
}

function answerOf<T extends z.ZodType>(description: string, schema: T) {
  return { 200: { description, content: { "application/json": { schema } } } };
}

const register = createRoute({
  method: "post",
  path: "/api/v1/auth/register",
  summary: "Make an account",
  description:
    "Where addresses must be confirmed, the answer is 202: the link in the mail signs in, and from then on the " +
    "password does. It is also the answer for an address that has an account: its owner gets a mail.",
  request: jsonBody(credentials),
  responses: {
    ...answerOf("The session, where addresses need no confirmation", signedInSchema),
    202: { description: "A mail is on its way", content: { "application/json": { schema: mailedSchema } } },
    ...problemsOf("bad_request", "weak_password", "rate_limited", "upstream_unavailable"),
  },
});
const login = createRoute({
  method: "post",
  path: "/api/v1/auth/login",
  summary: "Sign in with e-mail address and password",
  description: "Never sets cookies. Where a second factor is set up, the session is at `aal1` until it is verified.",
  request: jsonBody(credentials),
  responses: {
    ...answerOf("The session", sessionSchema),
    ...problemsOf("bad_request", "invalid_credentials", "rate_limited", "upstream_unavailable"),
  },
});
const refresh = createRoute({
  method: "post",
  path: "/api/v1/auth/refresh",
  summary: "Trade a refresh token for a new session",
  request: jsonBody(z.object({ refresh_token: z.string().min(1).max(8_192) })),
  responses: {
    ...answerOf("The session with its next refresh token", sessionSchema),
    ...problemsOf("bad_request", "unauthenticated", "rate_limited", "upstream_unavailable"),
  },
});
const logout = createRoute({
  method: "post",
  path: "/api/v1/auth/logout",
  summary: "End the bearer's session",
  responses: {
    204: { description: "The session has ended" },
    ...problemsOf("unauthenticated", "upstream_unavailable"),
  },
});
const mfaSetup = createRoute({
  method: "post",
  path: "/api/v1/auth/mfa/setup",
  summary: "Begin to set up an authenticator",
  description: "The key is shown this once. The authenticator counts once a code of it was verified.",
  responses: {
    ...answerOf("What the authenticator app needs", setupSchema),
    ...problemsOf("unauthenticated", "step_up_required", "conflict", "upstream_unavailable"),
  },
});
const mfaVerify = createRoute({
  method: "post",
  path: "/api/v1/auth/mfa/verify",
  summary: "Show a code of an authenticator",
  description: "The answer's session is at `aal2`. Without `factor_id` the first authenticator set up is meant.",
  request: jsonBody(z.object({ factor_id: z.uuid().optional(), code: codeField })),
  responses: {
    ...answerOf("The session at `aal2`", sessionSchema),
    ...problemsOf("bad_request", "unauthenticated", "insufficient_factor", "mfa_verification_failed", "not_found"),
  },
});

/** Adds signing in for programs: tokens in bodies and headers, never in cookies. */
export function addAuthApi(app: ApiApp, services: Services): void {
  const { auth, authApi } = services;
  app.openapi(register, async (c) => {
    const { email, password } = c.req.valid("json");
    if (isWeakPassword(password, email)) throw refusal("weak_password");
    const options = { redirectTo: confirmUrl(services, "/"), locale: preferencesOf(c).locale };
    const answer = await authApi.signUp(email, password, options);
    if (!answer.ok && answer.code !== "conflict") orRefuse(answer);
    if (!answer.ok) await authApi.mailLink(email, { ...options, create: false });
    const session = answer.ok ? answer.data : null;
    const headers = { "cache-control": NO_STORE };
    if (session === null) return c.json({ status: "confirmation_sent" as const, session: null }, 202, headers);
    await noteDevice(c, services, session);
    return c.json({ status: "signed_in" as const, session: toAnswer(session) }, 200, headers);
  });
  app.openapi(login, async (c) => {
    const { email, password } = c.req.valid("json");
    const session = orRefuse(await authApi.signIn(email, password));
    await noteDevice(c, services, session);
    return c.json(toAnswer(session), 200, { "cache-control": NO_STORE });
  });
  app.openapi(refresh, async (c) => {
    const answer = await auth.refresh(c.req.valid("json").refresh_token);
    if (!answer.ok && answer.retryAfter_s !== undefined) {
      throw new Refusal("rate_limited", CODES.rate_limited.title, answer.retryAfter_s);
    }
    if (!answer.ok) throw refusal(answer.reason === "rejected" ? "unauthenticated" : "upstream_unavailable");
    return c.json(toAnswer(answer.session), 200, { "cache-control": NO_STORE });
  });
  app.openapi(logout, async (c) => {
    const { accessToken } = await requireBearer(c, services);
    if (!await auth.signOut(accessToken)) throw refusal("upstream_unavailable");
    return c.body(null, 204);
  });
  app.openapi(mfaSetup, async (c) => {
    const { accessToken } = await requireBearer(c, services);
    const name = `Outcry ${new Date(services.nowMs()).toISOString().slice(0, 19)}`;
    const { factorId, secret, uri, qrSvg } = orRefuse(await authApi.enrol(accessToken, name));
    return c.json({ factor_id: factorId, secret, uri, qr_svg: qrSvg }, 200, { "cache-control": NO_STORE });
  });
  app.openapi(mfaVerify, async (c) => {
    const { accessToken } = await requireBearer(c, services);
    const { factor_id, code } = c.req.valid("json");
    const id = factor_id ?? orRefuse(await authApi.factors(accessToken)).find(({ verified }) => verified)?.id;
    if (id === undefined) throw refusal("insufficient_factor");
    const session = orRefuse(await authApi.verifyFactor(accessToken, id, code));
    return c.json(toAnswer(session), 200, { "cache-control": NO_STORE });
  });
}

/** The caller by bearer token: a cookie is the browser's, and no other site's form shall end its session. */
async function requireBearer(c: AppContext, services: Services): Promise<Session> {
  if (!hasBearer(c)) throw refusal("unauthenticated");
  return await requireSession(c, services);
}

/** A program's device; that it could not be noted does not keep it from signing in. */
async function noteDevice(
  c: AppContext,
  { sessions, devices, logger }: Services,
  stored: StoredSession,
): Promise<void> {
  try {
    const session = await sessions.fromBearer(stored.access_token);
    if (session !== null) await devices.touch(session, deviceHeaders(c), null, true);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    logger.warn("Device not noted", { request_id: c.get("requestId"), code: error.code });
  }
}

function toAnswer({ access_token, refresh_token, expires_at }: StoredSession): z.infer<typeof sessionSchema> {
  return { access_token, token_type: "bearer", expires_at: new Date(expires_at * 1000).toISOString(), refresh_token };
}

function refusal(code: Code): Refusal {
  return new Refusal(code, CODES[code].title);
}
