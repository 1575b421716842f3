import { createRoute } from "@hono/zod-openapi";
import { etag } from "hono/etag";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import { candlesPageSchema, wsStatsSchema } from "../../lib/market/edge/market_store.ts";
import { symbolsPageSchema } from "../../lib/market/page.ts";
import type { AppContext } from "../context.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import {
  exchangeParam,
  limitParam,
  parseTime,
  searchParam,
  symbolCursorParam,
  symbolParam,
  timeframeParam,
  timeParam,
  unwatchBody,
  watchBody,
} from "./params.ts";

/** Live data: a cache may answer bursts, never show old prices. */
const BRIEFLY = { "cache-control": "public, max-age=1" };

const symbolsRoute = createRoute({
  method: "get",
  path: "/api/v1/symbols",
  summary: "Listed symbols with their latest prices",
  request: {
    query: z.object({
      q: searchParam,
      exchange: exchangeParam,
      limit: limitParam(200, 50),
      cursor: symbolCursorParam,
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: symbolsPageSchema } } },
    ...problemsOf("bad_request", "invalid_cursor", "invalid_exchange", "invalid_limit", "upstream_unavailable"),
  },
});

const candlesRoute = createRoute({
  method: "get",
  path: "/api/v1/candles",
  summary: "Closed candles with from ≤ open time < to, oldest first; without `from` the latest ones",
  request: {
    query: z.object({
      exchange: exchangeParam,
      symbol: symbolParam,
      timeframe: timeframeParam,
      from: timeParam,
      to: timeParam,
      limit: limitParam(1_000, 500),
      /** `next_cursor` of the page before; stands in for `from`. */
      cursor: z.string().regex(/^\d{1,15}$/, "use next_cursor as it came").optional(),
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: candlesPageSchema } } },
    ...problemsOf(
      "invalid_cursor",
      "invalid_exchange",
      "invalid_limit",
      "invalid_range",
      "invalid_symbol",
      "invalid_time",
      "invalid_timeframe",
      "unknown_symbol",
      "upstream_unavailable",
    ),
  },
});

const wsStatsRoute = createRoute({
  method: "get",
  path: "/api/v1/ws-stats",
  summary: "How many exchange connections the shared feed saves",
  responses: {
    200: { description: "Live counts", content: { "application/json": { schema: wsStatsSchema } } },
    ...problemsOf("upstream_unavailable"),
  },
});

const watchRoute = createRoute({
  method: "post",
  path: "/api/v1/watch",
  summary: "Say which markets are being looked at; repeat it every 30 s",
  request: { body: { required: true, content: { "application/json": { schema: watchBody } } } },
  responses: {
    200: {
      description: "They are streamed for the next `expires_in` seconds",
      content: { "application/json": { schema: z.object({ expires_in: z.int(), topics: z.array(z.string()) }) } },
    },
    ...problemsOf("bad_request", "invalid_topic", "unknown_symbol", "watch_limit", "cross_site", "unauthenticated"),
  },
});

const unwatchRoute = createRoute({
  method: "post",
  path: "/api/v1/unwatch",
  summary: "Say that nothing is looked at any more; takes a beacon's text/plain as well",
  request: {
    body: {
      content: { "application/json": { schema: unwatchBody }, "text/plain": { schema: z.string() } },
    },
  },
  responses: { 204: { description: "Noted" }, ...problemsOf("bad_request", "cross_site", "unauthenticated") },
});

/** Adds the market's REST routes. */
export function addMarketApi(app: ApiApp, services: Services): void {
  const { store, defaultExchange } = services;
  app.openapi(symbolsRoute, async (c) => {
    const { q, exchange, limit, cursor } = c.req.valid("query");
    return c.json(await store.symbolsPage({ query: q, exchange, limit, cursor }), 200, BRIEFLY);
  });
  // Whoever polls for the next close is told in a few bytes that there is none yet.
  app.use(candlesRoute.path, etag());
  app.openapi(candlesRoute, async (c) => {
    const { exchange = defaultExchange, symbol, timeframe, from, to, limit, cursor } = c.req.valid("query");
    const fromMs = cursor === undefined ? from : readCursor(cursor);
    if (fromMs !== undefined && to !== undefined && fromMs > to) {
      throw new Refusal("invalid_range", "from is later than to");
    }
    const page = await store.candlesPage({ exchange, symbol, timeframe, fromMs, toMs: to, limit });
    return c.json(page, 200, BRIEFLY);
  });
  app.openapi(wsStatsRoute, async (c) => c.json(await store.wsStats(), 200, { "cache-control": "no-store" }));
  app.openapi(watchRoute, async (c) => {
    const { topics, client_id } = c.req.valid("json");
    const session = await sessionOf(c, services);
    return c.json(await store.watch(topics, client_id, session?.accessToken ?? null), 200);
  });
  app.openapi(unwatchRoute, async (c) => {
    const { client_id } = await readUnwatch(c);
    const session = await sessionOf(c, services);
    await store.unwatch(client_id, session?.accessToken ?? null);
    return c.body(null, 204);
  });
}

function readCursor(cursor: string): number {
  const ms = parseTime(cursor);
  if (ms === null) throw new Refusal("invalid_cursor", "The cursor is not one of ours");
  return ms;
}

/** A page that goes away can only send a beacon, which browsers label text/plain unless told otherwise. */
async function readUnwatch(c: AppContext): Promise<z.infer<typeof unwatchBody>> {
  const parsed = unwatchBody.safeParse(await c.req.text().then(JSON.parse).catch(() => null));
  if (!parsed.success) throw new Refusal("bad_request", 'The body must be JSON with a UUID in "client_id"');
  return parsed.data;
}
