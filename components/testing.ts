import { h, type VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { messagesOf } from "../lib/kernel/i18n.ts";
import type { PageContext } from "./layout/page_context.ts";
import { PageProvider } from "./layout/page_provider.ts";
import { createTexts, renderWith } from "./layout/texts.ts";
import type { Candle } from "../lib/market/candle.ts";
import type { MarketPageData, MarketRow } from "../lib/market/page.ts";

/** A page's context as rendering tests use it. */
export function createContext(overrides: Partial<PageContext> = {}): PageContext {
  return {
    localMode: true,
    path: "/",
    nonce: "bm9uY2U",
    returnTo: "/",
    locale: "en",
    timeZone: "UTC",
    theme: "dark",
    user: null,
    realtime: { url: "http://127.0.0.1:54321", publishableKey: "sb_publishable_test" },
    assets: {
      css: "/assets/app-0.css",
      boot: "/assets/boot-0.js",
      islands: {
        feed_status: "/assets/live-0.js",
        market_chart: "/assets/chart-0.js",
        markets_table: "/assets/live-0.js",
        ticker_strip: "/assets/live-0.js",
      },
      preload: { feed_status: ["/assets/chunk-0.js"], market_chart: ["/assets/chunk-0.js"] },
      icon: "/assets/icon-0.svg",
      fonts: ["/assets/inter-0.woff2"],
    },
    ...overrides,
  };
}

/** Renders a part of a page as a document would: with the page's context and texts. */
export function renderPart(part: VNode, overrides: Partial<PageContext> = {}): string {
  const context = createContext(overrides);
  const { locale, timeZone } = context;
  const texts = createTexts({ locale, timeZone, messages: messagesOf(locale) });
  return renderWith(texts, () => renderToString(h(PageProvider.Provider, { value: context, children: part })));
}

/** A listed market with a price. */
export function createRow(overrides: Partial<MarketRow> = {}): MarketRow {
  return {
    exchange: "sim",
    symbol: "BTC-USDT",
    venue_symbol: "BTCUSDT",
    base: "BTC",
    quote: "USDT",
    tick_size: "0.01",
    lot_size: "0.00001",
    min_notional: "5",
    active: true,
    ticker: {
      last: "98412.6",
      at: "2026-10-14T14:32:08+00:00",
      open_24h: "96452.99",
      high_24h: "98627.55",
      low_24h: "95729.19",
      volume_24h: "18442.7138",
      quote_volume_24h: "1802345678.12",
    },
    spark: ["96452.99", "97000", "98412.6"],
    ...overrides,
  };
}

/** Candles of fifteen minutes, the last one closing at 98,412.60. */
export function createCandles(count: number): Candle[] {
  const start = Date.UTC(2026, 9, 14, 0, 0);
  return Array.from({ length: count }, (_, i) => ({
    t: start + i * 900_000,
    o: "98336.4",
    h: "98447.9",
    l: "98318.2",
    c: i === count - 1 ? "98412.6" : "98300",
    v: "12.5",
    closed: true,
  }));
}

/** Everything a market's page shows. */
export function createMarketPage(overrides: Partial<MarketPageData> = {}): MarketPageData {
  const { ticker, spark: _, ...symbol } = createRow();
  return {
    symbol,
    ticker: ticker ?? null,
    feed: { state: "live", last_event_at: "2026-10-14T14:32:08+00:00", updated_at: "2026-10-14T14:32:08+00:00" },
    candles: createCandles(100),
    ...overrides,
  };
}
