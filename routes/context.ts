import type { Context, Hono } from "hono";
import type { TimingVariables } from "hono/timing";
import type { CookieAttributes, CookieJar } from "../lib/accounts/edge/cookies.ts";
import type { Session } from "../lib/accounts/edge/sessions.ts";
import type { MediaAllowance } from "./rooms/media_policy.ts";

/** What travels with a request through middleware and routes. */
export interface AppVariables extends TimingVariables {
  requestId: string;
  /** The client's address as limits count it; null when it cannot be told. */
  address?: string | null;
  /** CSP nonce, set by the secure headers. */
  secureHeadersNonce?: string;
  jar: RequestJar;
  /** What this page may do with media beyond every page's policy. */
  media?: MediaAllowance;
  /** Who calls, looked up at most once a request. */
  session?: Promise<Session | null>;
  /** The same once known, for pages that must not wait or fail again. */
  knownSession?: Session | null;
}

/** Hono's environment: bindings are what `Deno.serve` says about the connection, absent in tests. */
export interface AppEnv {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: AppVariables;
}

/** A request's context. */
export type AppContext = Context<AppEnv>;

/** The app or a part of it. */
export type App = Hono<AppEnv>;

/** Cookies of one request; changes are written once, when the answer is ready. */
export class RequestJar implements CookieJar {
  readonly sent: ReadonlyMap<string, string>;
  readonly changes = new Map<string, CookieAttributes & { value: string }>();

  constructor(sent: Record<string, string>) {
    this.sent = new Map(Object.entries(sent));
  }

  set(name: string, value: string, { maxAgeSeconds }: CookieAttributes): void {
    this.changes.set(name, { value, maxAgeSeconds });
  }
}

/** Whether a path belongs to the API, which answers programs. */
export function isApiPath(path: string): boolean {
  return path.startsWith("/api/") || path === "/healthz";
}

/** Whom limits count; "unknown" where nobody can tell. */
export function addressOf(c: AppContext): string {
  return c.get("address") ?? "unknown";
}

/** The address of whoever connected; null where there is no connection, as in tests. */
export function peerOf(c: AppContext): string | null {
  const peer = c.env?.remoteAddr;
  return peer && "hostname" in peer ? peer.hostname : null;
}
