import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { MarketStore } from "../../lib/market/edge/market_store.ts";
import { TIMEFRAME_MS } from "../../lib/market/timeframe.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { exchangeParam, symbolParam, timeframeParam, timeParam } from "./params.ts";

/** Candles of one download: more than four months of minutes, as the calls it takes fit a caller's limit. */
export const CSV_ROWS_MAX = 200_000;

/** Candles of one call to the database. */
const ROWS_PER_CALL = 10_000;

const HEADER = "open_time,open,high,low,close,volume\n";

const route = createRoute({
  method: "get",
  path: "/api/v1/candles.csv",
  summary: "Closed candles with from ≤ open time < to as a CSV file",
  description: `At most ${CSV_ROWS_MAX} candles; ask for a longer history in parts.`,
  request: {
    query: z.object({
      exchange: exchangeParam,
      symbol: symbolParam,
      timeframe: timeframeParam,
      from: timeParam,
      to: timeParam,
    }),
  },
  responses: {
    200: { description: "The file", content: { "text/csv": { schema: z.string() } } },
    ...problemsOf(
      "invalid_exchange",
      "invalid_range",
      "invalid_symbol",
      "invalid_time",
      "invalid_timeframe",
      "rate_limited",
      "unknown_symbol",
      "upstream_unavailable",
    ),
  },
});

/** Adds the download of candles. */
export function addCandleDownload(app: ApiApp, { store, defaultExchange, logger }: Services): void {
  app.openapi(route, async (c) => {
    const { exchange = defaultExchange, symbol, timeframe, from, to } = c.req.valid("query");
    if (from === undefined || to === undefined) throw new Refusal("invalid_range", "Name from and to");
    if (from > to) throw new Refusal("invalid_range", "from is later than to");
    if ((to - from) / TIMEFRAME_MS[timeframe] > CSV_ROWS_MAX) {
      throw new Refusal("invalid_range", `A file holds ${CSV_ROWS_MAX} candles: ask for a shorter range`);
    }
    const query = { exchange, symbol, timeframe, fromMs: from, toMs: to, limit: ROWS_PER_CALL };
    const pages = pagesOf(store, query);
    // The first page comes before the headers: whatever is wrong can still be said.
    const first = await pages.next();
    const headers = {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${exchange}-${symbol}-${timeframe}.csv"`,
      "cache-control": "no-store",
    };
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode(HEADER + (first.value ?? "")));
        if (first.done) controller.close();
      },
      async pull(controller) {
        try {
          const { value, done } = await pages.next();
          if (done) controller.close();
          else controller.enqueue(encoder.encode(value));
        } catch (error) {
          // A file cut short must not look whole.
          logger.warn("A download ended early", { request_id: c.get("requestId"), error });
          controller.error(error);
        }
      },
    });
    return c.body(body, 200, headers);
  });
}

async function* pagesOf(store: MarketStore, query: Parameters<MarketStore["candlesCsv"]>[0]): AsyncGenerator<string> {
  let fromMs = query.fromMs;
  for (let rows = 0; rows < CSV_ROWS_MAX;) {
    const page = await store.candlesCsv({ ...query, fromMs });
    yield page.lines;
    if (page.next_cursor === null) return;
    rows += page.rows;
    fromMs = Number(page.next_cursor);
  }
}
