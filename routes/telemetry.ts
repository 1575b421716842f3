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

/** The little of an OpenTelemetry histogram that we need. */
interface Histogram {
  record(value: number, attributes: Readonly<Record<string, string | number>>): void;
}

/** Upper bounds of the histogram's buckets in seconds: what a page and an answer of the API should take, and far beyond. */
const BOUNDS_s = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Methods that are told apart: a name somebody made up would be a series of its own. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/**
 * Names the request's span by its route and counts its time as `http.request.duration` (in Prometheus
 * `http_request_duration_seconds`) by method, route and status, so that traces of one route stand together and no name holds what somebody
 * wrote into an address. Deno makes the span when it runs with `OTEL_DENO=true`; without it nothing happens here. What
 * Deno itself says about the request (`url.full`, `url.query`) cannot be taken back here: the collector must drop it.
 */
export function nameSpan(): MiddlewareHandler<AppEnv> {
  if (Deno.env.get("OTEL_DENO") !== "true") {
    return async function nameSpan(_c, next) {
      await next();
    };
  }
  const duration = durations();
  return async function nameSpan(c, next) {
    const span = activeSpan();
    const started_ms = performance.now();
    await next();
    // The last that matched; middleware stands under "*".
    const route = routePath(c, -1);
    const known = route === "*" || route === "/*" ? "" : route;
    duration.record((performance.now() - started_ms) / 1_000, {
      "http.request.method": METHODS.has(c.req.method) ? c.req.method : "_OTHER",
      "http.route": known,
      "http.response.status_code": c.res.status,
    });
    if (span === null) return;
    span.updateName(`${c.req.method} ${known}`.trimEnd());
    if (known !== "") span.setAttribute("http.route", known);
    span.setAttribute("outcry.request_id", c.get("requestId"));
  };
}

/** Sent to the collector now and then: a web that runs in many places has nothing that could be scraped. */
function durations(): Histogram {
  return Deno.telemetry.meterProvider.getMeter("outcry").createHistogram("http.request.duration", {
    description: "Time until an answer begins",
    unit: "s",
    advice: { explicitBucketBoundaries: BOUNDS_s },
  });
}

function activeSpan(): Span | null {
  const context: unknown = Deno.telemetry.contextManager.active();
  if (typeof context !== "object" || context === null || !("getValue" in context)) return null;
  return typeof context.getValue === "function" ? context.getValue(SPAN_KEY) ?? null : null;
}
