import { CODES } from "../lib/kernel/codes.ts";
import { Refusal } from "../lib/kernel/problem.ts";
import type { Session } from "../lib/accounts/edge/sessions.ts";
import { type AppContext, isApiPath } from "./context.ts";
import type { Services } from "./services.ts";

/**
 * Who calls: a bearer token on the API, the session cookie elsewhere. Looked up once a request.
 * @throws Refusal `unauthenticated` for a bearer token that is forged, expired or malformed.
 */
export async function sessionOf(c: AppContext, services: Services): Promise<Session | null> {
  const running = c.get("session");
  if (running) return await running;
  const lookup = findSession(c, services);
  c.set("session", lookup);
  const session = await lookup;
  c.set("knownSession", session);
  return session;
}

/** Whether the request names its caller by a bearer token, which no other site can make a browser send. */
export function hasBearer(c: AppContext): boolean {
  return isApiPath(c.req.path) && c.req.header("authorization") !== undefined;
}

async function findSession(c: AppContext, { sessions }: Services): Promise<Session | null> {
  if (!hasBearer(c)) return await sessions.fromCookies(c.get("jar"));
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const session = token === undefined ? null : await sessions.fromBearer(token);
  if (session === null) throw new Refusal("unauthenticated", "The access token is not accepted");
  return session;
}

/**
 * The caller's session.
 * @throws Refusal `unauthenticated` when nobody is signed in.
 */
export async function requireSession(c: AppContext, services: Services): Promise<Session> {
  const session = await sessionOf(c, services);
  if (session === null) throw new Refusal("unauthenticated", CODES.unauthenticated.title);
  return session;
}
