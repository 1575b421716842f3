import type { MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { getCookie, setCookie } from "hono/cookie";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { isSessionCookie } from "../lib/accounts/edge/cookies.ts";
import { type Caller, onBehalfOf } from "../lib/kernel/edge/caller.ts";
import { clientAddress } from "../lib/kernel/edge/client_address.ts";
import { createPseudonym } from "../lib/kernel/edge/pseudonym.ts";
import { Refusal } from "../lib/kernel/problem.ts";
import { uuidv7 } from "../lib/kernel/uuid.ts";
import { type AppContext, type AppEnv, isApiPath, peerOf, RequestJar } from "./context.ts";
import { notePresence } from "./presence.ts";
import { nameSpan } from "./telemetry.ts";
import { mediaPolicy } from "./rooms/media_policy.ts";
import type { Services } from "./services.ts";
import { hasBearer, sessionOf } from "./session.ts";

type Middleware = MiddlewareHandler<AppEnv>;

/** Bytes a request's body may have: our largest, a list of topics, is a quarter of it. */
export const BODY_bytes_MAX = 64 * 1024;

/** Time a body may take to arrive. */
const BODY_ms_MAX = 10_000;

/** Methods a `Request` cannot be made with; no route has them, so nobody will read their bodies. */
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Every request passes these, in this order. */
export function middlewareOf(services: Services): Middleware[] {
  return [
    nameRequest(services),
    nameClient(services),
    nameSpan(),
    logAccess(services),
    leadHome(services),
    timing({ totalDescription: "Total", crossOrigin: false }),
    mediaPolicy(),
    secureHeadersOf(services),
    compress(),
    keepCookies(services),
    actForCaller(services),
    refuseCrossSite(services),
    limitBody,
    refuseOtherMode(services),
    refuseBadBearer(services),
    notePresence(services),
  ];
}

/** Gives each request an id of ours, which problems and logs share. */
function nameRequest({ nowMs, random }: Services): Middleware {
  return async function nameRequest(c, next) {
    c.set("requestId", uuidv7(nowMs(), random(10)));
    await next();
    c.res.headers.set("x-request-id", c.get("requestId"));
  };
}

/** Finds out whose request it is, as far as limits go. */
function nameClient({ settings }: Services): Middleware {
  return async function nameClient(c, next) {
    c.set("address", clientAddress(settings.trustedProxies, peerOf(c), (name) => c.req.header(name)));
    await next();
  };
}

/** One line a request: no query (it may hold a sign-in's code), no cookies, addresses as pseudonyms. */
function logAccess({ logger, nowMs, settings: { hmacKey } }: Services): Middleware {
  const pseudonym = hmacKey === null ? null : createPseudonym(hmacKey);
  return async function logAccess(c, next) {
    const startedMs = nowMs();
    await next();
    const address = c.get("address") ?? null;
    logger.info("Request", {
      request_id: c.get("requestId"),
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      duration_ms: nowMs() - startedMs,
      user_id: c.get("knownSession")?.user.id,
      client: address === null ? undefined : await pseudonym?.(address),
    });
  };
}

/**
 * Leads pages opened under `localhost` to our own address: cookies do not cross over to 127.0.0.1, so a
 * sign-in has to start where it will end.
 */
function leadHome({ settings }: Services): Middleware {
  const { hostname, port } = new URL(settings.publicUrl);
  const alias = hostname === "127.0.0.1" ? `localhost:${port}` : null;
  return async function leadHome(c, next) {
    if (alias === null || c.req.header("host") !== alias || c.req.method !== "GET" || isApiPath(c.req.path)) {
      return await next();
    }
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(`${settings.publicUrl}${pathname}${search}`, 302);
  };
}

/** Headers that keep the browser from being used against its user. Nothing inline runs without the nonce. */
function secureHeadersOf({ settings }: Services): Middleware {
  const supabase = settings.supabaseUrl;
  const secure = settings.publicUrl.startsWith("https:");
  // A form's whole chain of redirects counts: to Supabase Auth, from there to the provider.
  const signIn = settings.mode === "local"
    ? [supabase, "http://127.0.0.1:*", "http://localhost:*"]
    : [supabase, "https://github.com", "https://accounts.google.com"];
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'", NONCE],
      styleSrc: ["'self'", NONCE],
      imgSrc: ["'self'", "data:"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'", supabase, supabase.replace(/^http/, "ws")],
      manifestSrc: ["'self'"],
      formAction: ["'self'", ...signIn],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      objectSrc: ["'none'"],
    },
    xFrameOptions: "DENY",
    // Under "no-referrer" browsers send `Origin: null` with our own forms, which then look cross-site.
    referrerPolicy: "same-origin",
    strictTransportSecurity: secure ? "max-age=31536000; includeSubDomains" : false,
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
  });
}

/** Reads the request's cookies and writes what changed, with the attributes every cookie of ours has. */
function keepCookies({ settings }: Services): Middleware {
  const secure = settings.publicUrl.startsWith("https:");
  return async function keepCookies(c, next) {
    const jar = new RequestJar(getCookie(c));
    c.set("jar", jar);
    await next();
    for (const [name, { value, maxAgeSeconds }] of jar.changes) {
      setCookie(c, name, value, { httpOnly: true, sameSite: "Lax", path: "/", secure, maxAge: maxAgeSeconds });
    }
    // A cache that kept a session's cookie would hand it to the next visitor.
    if (jar.changes.size > 0) c.res.headers.set("cache-control", "no-store");
  };
}

/**
 * Whatever the request sets off is done on behalf of its caller, whose limits count then. Programs are told what is left
 * of them.
 */
function actForCaller({ devices }: Services): Middleware {
  return async function actForCaller(c, next) {
    const isProgram = isApiPath(c.req.path);
    const caller: Caller = {
      address: c.get("address") ?? null,
      device: () => isProgram ? Promise.resolve(null) : devices.placeOf(c.get("jar")),
      rateLimit: null,
    };
    await onBehalfOf(caller, next);
    if (!isProgram) return;
    for (const [name, value] of caller.rateLimit?.headers ?? []) c.res.headers.set(name, value);
  };
}

/**
 * Refuses changes that another site makes a browser ask for. Browsers say where a request comes from,
 * beacons and forms included; programs that send no cookies have nothing to protect here.
 */
function refuseCrossSite({ settings, cookieName }: Services): Middleware {
  return async function refuseCrossSite(c, next) {
    if (!SAFE_METHODS.has(c.req.method) && !hasBearer(c) && !isSameSite(c, settings.publicUrl, cookieName)) {
      throw new Refusal("cross_site", "The request was made by another site");
    }
    await next();
  };
}

function isSameSite(c: AppContext, publicUrl: string, cookieName: string): boolean {
  const fetchSite = c.req.header("sec-fetch-site");
  if (fetchSite !== undefined) return fetchSite === "same-origin" || fetchSite === "none";
  const origin = c.req.header("origin");
  if (origin !== undefined) return origin === publicUrl;
  return ![...c.get("jar").sent.keys()].some((cookie) => isSessionCookie(cookie, cookieName));
}

/** Bounds a body in size and in time before anyone reads it. */
const limitBody: Middleware = async function limitBody(c, next) {
  const { body } = c.req.raw;
  if (body !== null && !FORBIDDEN_METHODS.has(c.req.method.toUpperCase())) {
    if (Number(c.req.header("content-length") ?? 0) > BODY_bytes_MAX) throw tooLarge();
    const { url, method, headers } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, body: await readWithin(body) });
  }
  await next();
};

async function readWithin(body: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), BODY_ms_MAX);
  const startedMs = performance.now();
  const bytes = new Uint8Array(BODY_bytes_MAX);
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > BODY_bytes_MAX) {
        await reader.cancel();
        throw tooLarge();
      }
      bytes.set(value, length);
      length += value.length;
    }
  } finally {
    clearTimeout(timer);
  }
  if (performance.now() - startedMs >= BODY_ms_MAX) throw new Refusal("bad_request", "The body did not arrive in time");
  return bytes.slice(0, length);
}

function tooLarge(): Refusal {
  return new Refusal("body_too_large", `A body may have ${BODY_bytes_MAX} bytes`);
}

/** Refuses everything that touches data while the database belongs to the other mode. */
function refuseOtherMode({ deployment }: Services): Middleware {
  return async function refuseOtherMode(c, next) {
    if (!c.req.path.startsWith("/assets/") && c.req.path !== "/healthz") await deployment.requireOwn();
    await next();
  };
}

/** A bearer token must be good even where none is needed: whoever sends one means to be someone. */
function refuseBadBearer(services: Services): Middleware {
  return async function refuseBadBearer(c, next) {
    if (isApiPath(c.req.path) && hasBearer(c)) await sessionOf(c, services);
    await next();
  };
}
