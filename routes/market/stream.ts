import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import { addressOf } from "../context.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { exchangeParam, parseTime, symbolParam, timeframeParam } from "./params.ts";

const route = createRoute({
  method: "get",
  path: "/api/v1/stream/candles",
  summary: "Live candles as server-sent events",
  description:
    "Events: `candle` (closed ones carry `id`, their open time; send it as `Last-Event-ID` to resume after " +
    "it) and `status` with `state` live or reconnecting.",
  request: { query: z.object({ exchange: exchangeParam, symbol: symbolParam, timeframe: timeframeParam }) },
  responses: {
    200: { description: "The stream", content: { "text/event-stream": { schema: z.string() } } },
    ...problemsOf(
      "invalid_cursor",
      "invalid_exchange",
      "invalid_symbol",
      "invalid_timeframe",
      "unknown_symbol",
      "stream_limit",
      "watch_limit",
      "upstream_unavailable",
    ),
  },
});

/** Adds the stream of candles. */
export function addCandleStream(app: ApiApp, { streams, defaultExchange }: Services): void {
  app.openapi(route, async (c) => {
    const { exchange = defaultExchange, symbol, timeframe } = c.req.valid("query");
    const headers = {
      "content-type": "text/event-stream; charset=utf-8",
      // no-transform keeps proxies and the runtime from holding events back to compress them.
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    };
    const lastSeenT = readLastEventId(c.req.header("last-event-id"));
    if (c.req.method === "HEAD") return c.body(null, 200, headers);
    const body = await streams.open({ exchange, symbol, timeframe, lastSeenT, address: addressOf(c) });
    return c.body(body, 200, headers);
  });
}

function readLastEventId(header: string | undefined): number | null {
  if (header === undefined || header === "") return null;
  const t = /^\d{1,15}$/.test(header) ? parseTime(header) : null;
  if (t === null) throw new Refusal("invalid_cursor", "Last-Event-ID is not one of ours");
  return t;
}
