import type { MiddlewareHandler } from "hono";
import type { DeviceHeaders } from "../lib/accounts/device.ts";
import { isSessionCookie } from "../lib/accounts/edge/cookies.ts";
import { Refusal } from "../lib/kernel/problem.ts";
import { endSession } from "./accounts/personal.ts";
import { type AppContext, type AppEnv, isApiPath } from "./context.ts";
import type { Services } from "./services.ts";
import { sessionOf } from "./session.ts";

/** What the request's headers tell of its device. */
export function deviceHeaders(c: AppContext): DeviceHeaders {
  return {
    userAgent: c.req.header("user-agent") ?? "",
    languages: c.req.header("accept-language") ?? "",
    brands: c.req.header("sec-ch-ua") ?? "",
    platform: c.req.header("sec-ch-ua-platform") ?? "",
  };
}

/**
 * Before a signed-in visitor gets a page: notes the device, and notices when the session was ended elsewhere, which
 * its access token would hide for minutes. `/session` asks at once, for pages that were told so over Realtime.
 */
export function notePresence(services: Services): MiddlewareHandler<AppEnv> {
  return async function notePresence(c, next) {
    if (!isPage(c) || !hasSessionCookie(c, services)) return await next();
    const session = await sessionOf(c, services);
    if (session === null) return await next();
    try {
      const now = c.req.path === "/session";
      if (!await services.devices.touch(session, deviceHeaders(c), c.get("jar"), now)) {
        const { pathname, search } = new URL(c.req.url);
        c.set("knownSession", null);
        return endSession(c, services, now ? c.req.query("next") ?? "/" : `${pathname}${search}`);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // A page about markets is worth showing while the database cannot tell devices.
      services.logger.warn("Device not noted", { request_id: c.get("requestId"), code: error.code });
    }
    await next();
  };
}

function isPage(c: AppContext): boolean {
  const { path, method } = c.req;
  return method === "GET" && !isApiPath(path) && !path.startsWith("/assets/") && !path.startsWith("/auth/");
}

function hasSessionCookie(c: AppContext, { cookieName }: Services): boolean {
  return [...c.get("jar").sent.keys()].some((cookie) => isSessionCookie(cookie, cookieName));
}
