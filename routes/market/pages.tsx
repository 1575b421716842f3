import { wrapTime } from "hono/timing";
import { LandingPage } from "../../components/market/landing_page.tsx";
import { MarketPage } from "../../components/market/market_page.tsx";
import { MarketsPage } from "../../components/market/markets_page.tsx";
import { CODES } from "../../lib/kernel/codes.ts";
import { t } from "../../lib/kernel/i18n.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { Alert } from "../../lib/market/alert_shapes.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { ExchangeList } from "../../lib/market/edge/exchange_list.ts";
import { compareDecimals } from "../../lib/market/format.ts";
import type { MarketRow } from "../../lib/market/page.ts";
import { isTimeframe } from "../../lib/market/timeframe.ts";
import { saidTo } from "../accounts/personal.ts";
import type { App, AppContext } from "../context.ts";
import { renderPage } from "../page.tsx";
import { preferencesOf } from "../preferences.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { newDraft } from "./alert_pages.tsx";
import { searchParam, symbolCursorParam } from "./params.ts";

/** Markets the landing page chooses the most traded ones from. */
const LANDING_CANDIDATES = 50;

/** Markets on one page of the list. */
const MARKETS_PER_PAGE = 50;

/** Markets of one name that are looked through for other exchanges. */
const SAME_NAME_MAX = 50;

/** Adds the pages anyone can open. Each makes one call for its data, and one more for what is the visitor's own. */
export function addMarketPages(app: App, services: Services): void {
  const { store, defaultExchange, logger } = services;
  const exchangeList = new ExchangeList(store, services.nowMs);

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
    const exchange = c.req.query("exchange") || undefined;
    if (exchange !== undefined && !EXCHANGE_PATTERN.test(exchange)) {
      throw new Refusal("invalid_exchange", CODES.invalid_exchange.title);
    }
    const query = { query: q.data, exchange, cursor: cursor.data, limit: MARKETS_PER_PAGE, spark: true };
    const [session, page] = await Promise.all([
      sessionOf(c, services),
      wrapTime(c, "supabase", store.symbolsPage(query)),
    ]);
    const isFirstPage = exchange === undefined && cursor.data === undefined && !q.data;
    const exchanges = await exchangeList.all(isFirstPage ? page.items[0]?.exchange : undefined);
    const { locale } = preferencesOf(c);
    return renderPage(c, services, {
      title: q.data ? t(locale, "markets.title_matching", { query: q.data }) : t(locale, "markets.title"),
      description: t(locale, "markets.description"),
      body: (
        <MarketsPage
          rows={page.items}
          query={q.data ?? ""}
          exchange={exchange ?? null}
          exchanges={exchanges}
          nextCursor={page.next_cursor}
        />
      ),
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
    const [session, page, alerts, elsewhere] = await Promise.all([
      sessionOf(c, services),
      wrapTime(c, "supabase", store.marketPage(exchange, symbol, timeframe)),
      ownAlerts(c, services, exchange, symbol),
      otherExchanges(services, exchangeList, exchange, symbol),
    ]);
    const { locale } = preferencesOf(c);
    const pair = `${page.symbol.base}/${page.symbol.quote}`;
    return renderPage(c, services, {
      title: t(locale, "market.title", { pair, timeframe }),
      description: t(locale, "market.description", { pair, exchange }),
      body: (
        <MarketPage
          page={page}
          timeframe={timeframe}
          alerts={alerts}
          draft={newDraft(services, page.symbol, page.ticker?.last, null, c.req.path)}
          elsewhere={elsewhere}
          {...saidTo(c)}
        />
      ),
      session,
    });
  });
}

/** The visitor's alerts on a market; null for who is not signed in, or whose session has ended. */
async function ownAlerts(c: AppContext, services: Services, exchange: string, symbol: string): Promise<Alert[] | null> {
  const session = await sessionOf(c, services);
  if (session === null) return null;
  try {
    return (await services.alerts.list(session.accessToken, exchange, symbol)).items;
  } catch (error) {
    // The market is there for everybody: what is one's own must not stand in its way.
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** Other exchanges that list the same pair. A market's page does without where they cannot be read. */
async function otherExchanges(
  { store, logger }: Services,
  list: ExchangeList,
  exchange: string,
  symbol: string,
): Promise<string[]> {
  try {
    if ((await list.all()).length < 2) return [];
    const { items } = await store.symbolsPage({ query: symbol, limit: SAME_NAME_MAX });
    return items.filter((row) => row.symbol === symbol && row.exchange !== exchange && row.active)
      .map((row) => row.exchange);
  } catch (error) {
    logger.warn("Market page has no other exchanges", { symbol, error });
    return [];
  }
}

function mostTradedFirst(rows: MarketRow[]): MarketRow[] {
  return rows.toSorted((a, b) => compareDecimals(b.ticker?.quote_volume_24h, a.ticker?.quote_volume_24h));
}
