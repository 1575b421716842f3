import { wrapTime } from "hono/timing";
import { LandingPage } from "../../components/market/landing_page.tsx";
import { MarketPage } from "../../components/market/market_page.tsx";
import { MarketsPage } from "../../components/market/markets_page.tsx";
import { CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { compareDecimals } from "../../lib/market/format.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import { isTimeframe } from "../../lib/market/timeframe.ts";
import type { App } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { searchParam, symbolCursorParam } from "./params.ts";

/** Markets the landing page chooses the most traded ones from. */
const LANDING_CANDIDATES = 50;

/** Markets on one page of the list. */
const MARKETS_PER_PAGE = 50;

/** Adds the pages anyone can open. Each makes one call for its data. */
export function addMarketPages(app: App, services: Services): void {
  const { store, defaultExchange, logger } = services;

  app.get("/", async (c) => {
    const query = { exchange: defaultExchange, limit: LANDING_CANDIDATES, spark: true };
    const [session, tickers] = await Promise.all([
      sessionOf(c, services),
      // The front door opens even while the database is away.
      wrapTime(c, "supabase", store.symbolsPage(query).then(({ items }) => mostTradedFirst(items))).catch((error) => {
        logger.warn("Landing page has no prices", { request_id: c.get("requestId"), error });
        return [];
      }),
    ]);
    const { locale } = preferencesOf(c);
    return renderPage(c, services, {
      title: t(locale, "landing.title"),
      description: t(locale, "landing.description"),
      body: <LandingPage tickers={tickers} />,
      session,
    });
  });

  app.get("/markets", async (c) => {
    const q = searchParam.safeParse(c.req.query("q")?.trim());
    if (!q.success) throw new Refusal("bad_request", `Cannot use the search: ${q.error.issues[0]?.message}`);
    const cursor = symbolCursorParam.safeParse(c.req.query("cursor"));
    if (!cursor.success) throw new Refusal("invalid_cursor", CODES.invalid_cursor.title);
    const query = { query: q.data, cursor: cursor.data, limit: MARKETS_PER_PAGE, spark: true };
    const [session, page] = await Promise.all([
      sessionOf(c, services),
      wrapTime(c, "supabase", store.symbolsPage(query)),
    ]);
    const { locale } = preferencesOf(c);
    return renderPage(c, services, {
      title: q.data ? t(locale, "markets.title_matching", { query: q.data }) : t(locale, "markets.title"),
      description: t(locale, "markets.description"),
      body: <MarketsPage rows={page.items} query={q.data ?? ""} nextCursor={page.next_cursor} />,
      session,
      query: q.data ?? "",
    });
  });

  app.get("/markets/:exchange/:symbol", async (c) => {
    const { exchange, symbol } = c.req.param();
    const timeframe = c.req.query("timeframe") ?? "1m";
    if (!EXCHANGE_PATTERN.test(exchange)) throw new Refusal("invalid_exchange", CODES.invalid_exchange.title);
    if (!SYMBOL_PATTERN.test(symbol)) throw new Refusal("invalid_symbol", CODES.invalid_symbol.title);
    if (!isTimeframe(timeframe)) throw new Refusal("invalid_timeframe", CODES.invalid_timeframe.title);
    const [session, page] = await Promise.all([
      sessionOf(c, services),
      wrapTime(c, "supabase", store.marketPage(exchange, symbol, timeframe)),
    ]);
    const { locale } = preferencesOf(c);
    const pair = `${page.symbol.base}/${page.symbol.quote}`;
    return renderPage(c, services, {
      title: t(locale, "market.title", { pair, timeframe }),
      description: t(locale, "market.description", { pair, exchange }),
      body: <MarketPage page={page} timeframe={timeframe} />,
      session,
    });
  });
}

function mostTradedFirst(rows: MarketRow[]): MarketRow[] {
  return rows.toSorted((a, b) => compareDecimals(b.ticker?.quote_volume_24h, a.ticker?.quote_volume_24h));
}
