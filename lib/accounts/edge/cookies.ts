import { combineChunks, createChunks, isChunkLike, stringFromBase64URL, stringToBase64URL } from "@supabase/ssr";
import { type StoredSession, storedSessionSchema } from "../session.ts";

/** Attributes of a cookie to be set; `maxAgeSeconds` 0 removes it. */
export interface CookieAttributes {
  maxAgeSeconds: number;
}

/** One request's cookies and what its answer changes about them. */
export interface CookieJar {
  /** Cookies of the request, by name. */
  readonly sent: ReadonlyMap<string, string>;
  set(name: string, value: string, attributes: CookieAttributes): void;
}

/** How long a session may rest before its refresh token dies: 7 days, as Supabase Auth is configured. */
export const SESSION_COOKIE_s = 7 * 24 * 3600;

/** How long a started sign-in may take. */
export const SIGN_IN_COOKIE_s = 600;

/** Chunks a session may have: browsers keep about 4 kB a cookie, and a session needs two. */
const CHUNKS_MAX = 5;

/**
 * Name of the session cookie. Over HTTPS the `__Host-` prefix keeps sibling domains from planting one.
 * On loopback the port is part of it, because cookies ignore ports and several stacks run side by side.
 */
export function sessionCookieName(publicUrl: string): string {
  const { protocol, port } = new URL(publicUrl);
  return protocol === "https:" ? "__Host-outcry" : `outcry-${port || "80"}`;
}

/** What the session cookie of a request says. `garbage` should be cleared. */
export type SessionCookie = { kind: "none" } | { kind: "garbage" } | { kind: "session"; session: StoredSession };

/** Whether `cookie` holds a session or a part of one. */
export function isSessionCookie(cookie: string, name: string): boolean {
  return isChunkLike(cookie, name);
}

/** Reads the session out of the request's cookies; never throws, whatever was sent. */
export async function readSessionCookie(jar: CookieJar, name: string): Promise<SessionCookie> {
  const present = [...jar.sent.keys()].filter((cookie) => isSessionCookie(cookie, name));
  if (present.length === 0) return { kind: "none" };
  if (present.length > CHUNKS_MAX) return { kind: "garbage" };
  const text = await combineChunks(name, (chunk) => jar.sent.get(chunk));
  try {
    const parsed = storedSessionSchema.safeParse(JSON.parse(stringFromBase64URL(text ?? "")));
    return parsed.success ? { kind: "session", session: parsed.data } : { kind: "garbage" };
  } catch {
    return { kind: "garbage" };
  }
}

/** Writes the session, in chunks where it needs them, and removes what an earlier one left. */
export function writeSessionCookie(jar: CookieJar, name: string, session: StoredSession): void {
  const { access_token, refresh_token, expires_at } = session;
  const chunks = createChunks(name, stringToBase64URL(JSON.stringify({ access_token, refresh_token, expires_at })));
  if (chunks.length > CHUNKS_MAX) {
    throw new RangeError(`Cannot keep the session: it takes ${chunks.length} cookies, limit is ${CHUNKS_MAX}`);
  }
  const written = new Set(chunks.map((chunk) => chunk.name));
  clearCookies(jar, (cookie) => isSessionCookie(cookie, name) && !written.has(cookie));
  for (const chunk of chunks) jar.set(chunk.name, chunk.value, { maxAgeSeconds: SESSION_COOKIE_s });
}

/** Removes the session from the browser. */
export function clearSessionCookie(jar: CookieJar, name: string): void {
  clearCookies(jar, (cookie) => isSessionCookie(cookie, name));
}

/** Whether `cookie` belongs to a sign-in under way (the PKCE verifier, which @supabase/ssr keeps). */
export function isVerifierCookie(cookie: string, name: string): boolean {
  return cookie.startsWith(`${name}-`) && /-code-verifier(\.\d+)?$/.test(cookie);
}

/** Removes what sign-ins under way have left in the browser. */
export function clearVerifierCookies(jar: CookieJar, name: string): void {
  clearCookies(jar, (cookie) => isVerifierCookie(cookie, name));
}

function clearCookies(jar: CookieJar, matches: (cookie: string) => boolean): void {
  for (const cookie of jar.sent.keys()) {
    if (matches(cookie)) jar.set(cookie, "", { maxAgeSeconds: 0 });
  }
}
