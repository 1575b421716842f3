import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { bookLevelSchema, tradeSchema } from "../../lib/market/depth.ts";
import { monitorSchema } from "../../lib/market/monitor.ts";
import { ratesPageSchema } from "../../lib/market/rates.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { assetsParam, exchangeParam, symbolParam, symbolPartParam, timeframeParam } from "./params.ts";

/** Live data: a cache may answer bursts, never show old prices. */
const BRIEFLY = { "cache-control": "public, max-age=1" };

const market = z.object({ exchange: exchangeParam, symbol: symbolParam });
const refusals = problemsOf("invalid_exchange", "invalid_symbol", "unknown_symbol", "upstream_unavailable");

const bookSchema = z.object({
  bids: z.array(bookLevelSchema),
  asks: z.array(bookLevelSchema),
  at: z.string().nullable(),
  stale: z.boolean(),
});

const bookRoute = createRoute({
  method: "get",
  path: "/api/v1/book",
  summary: "The top of a market's order book, best first",
  description: "Kept up while somebody watches `market:<exchange>:<symbol>:book`; `stale` says that nobody does.",
  request: { query: market },
  responses: { 200: { description: "The book", content: { "application/json": { schema: bookSchema } } }, ...refusals },
});

const tradesSchema = z.object({ items: z.array(tradeSchema), next_cursor: z.null(), stale: z.boolean() });

const tradesRoute = createRoute({
  method: "get",
  path: "/api/v1/trades",
  summary: "A market's latest trades, newest first",
  description: "Kept up while somebody watches `market:<exchange>:<symbol>:trades`; `stale` says that nobody does.",
  request: { query: market },
  responses: { 200: { description: "Trades", content: { "application/json": { schema: tradesSchema } } }, ...refusals },
});

const ratesRoute = createRoute({
  method: "get",
  path: "/api/v1/rates",
  summary: "What assets are worth in EUR, and how old that is",
  request: { query: z.object({ assets: assetsParam }) },
  responses: {
    200: { description: "Rates by asset", content: { "application/json": { schema: ratesPageSchema } } },
    ...problemsOf("bad_request", "upstream_unavailable"),
  },
});

const monitorRoute = createRoute({
  method: "get",
  path: "/api/v1/monitor",
  summary: "How the feeds do, what is wrong with their data, and the newest candles",
  request: { query: z.object({ exchange: exchangeParam, symbol: symbolPartParam, timeframe: timeframeParam }) },
  responses: {
    200: { description: "The monitor", content: { "application/json": { schema: monitorSchema } } },
    ...problemsOf("invalid_exchange", "invalid_symbol", "invalid_timeframe", "upstream_unavailable"),
  },
});

/** Adds books, trades, rates and the monitor. */
export function addDepthApi(app: ApiApp, { store, defaultExchange }: Services): void {
  app.openapi(bookRoute, async (c) => {
    const { exchange = defaultExchange, symbol } = c.req.valid("query");
    const { bids, asks, book_at, stale } = await store.depth(exchange, symbol);
    return c.json({ bids, asks, at: book_at, stale }, 200, BRIEFLY);
  });
  app.openapi(tradesRoute, async (c) => {
    const { exchange = defaultExchange, symbol } = c.req.valid("query");
    const { trades, stale } = await store.depth(exchange, symbol);
    return c.json({ items: trades, next_cursor: null, stale }, 200, BRIEFLY);
  });
  app.openapi(ratesRoute, async (c) => {
    const { assets } = c.req.valid("query");
    const { items, next_cursor } = await store.rates();
    const wanted = assets === undefined ? items : items.filter(({ asset }) => assets.includes(asset));
    return c.json({ items: wanted, next_cursor }, 200, BRIEFLY);
  });
  app.openapi(monitorRoute, async (c) => c.json(await store.monitor(c.req.valid("query")), 200, BRIEFLY));
}
