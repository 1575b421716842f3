import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { AppEnv } from "./context.ts";

/** Under which OpenTelemetry keeps the span that is under way, in every implementation of its API. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** The little of OpenTelemetry's span that we need. */
interface Span {
  updateName(name: string): unknown;
  setAttribute(name: string, value: string): unknown;
}

/**
 * Names the request's span by its route, so that traces of one route stand together and no name holds what somebody
 * wrote into an address. Deno makes the span when it runs with `OTEL_DENO=true`; without it nothing happens here. What
 * Deno itself says about the request (`url.full`, `url.query`) cannot be taken back here: the collector must drop it.
 */
export function nameSpan(): MiddlewareHandler<AppEnv> {
  if (Deno.env.get("OTEL_DENO") !== "true") {
    return async function nameSpan(_c, next) {
      await next();
    };
  }
  return async function nameSpan(c, next) {
    const span = activeSpan();
    await next();
    if (span === null) return;
    // The last that matched; middleware stands under "*".
    const route = routePath(c, -1);
    const known = route === "*" || route === "/*" ? "" : route;
    span.updateName(`${c.req.method} ${known}`.trimEnd());
    if (known !== "") span.setAttribute("http.route", known);
    span.setAttribute("outcry.request_id", c.get("requestId"));
  };
}

function activeSpan(): Span | null {
  const context: unknown = Deno.telemetry.contextManager.active();
  if (typeof context !== "object" || context === null || !("getValue" in context)) return null;
  return typeof context.getValue === "function" ? context.getValue(SPAN_KEY) ?? null : null;
}
