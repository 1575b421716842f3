import { h, type VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { messagesOf } from "../lib/kernel/i18n.ts";
import type { PageContext } from "./layout/page_context.ts";
import { PageProvider } from "./layout/page_provider.ts";
import { createTexts, renderWith } from "./layout/texts.ts";
import type { AlertDraft } from "./market/alerts_panel.tsx";
import { ALERT_SUBJECTS } from "../lib/market/alert_form.ts";
import type { Alert } from "../lib/market/alert_shapes.ts";
import type { Candle } from "../lib/market/candle.ts";
import type { Depth } from "../lib/market/depth.ts";
import type { MonitorData } from "../lib/market/monitor.ts";
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
        alert_forms: "/assets/alerts-0.js",
        alert_toast: "/assets/alerts-0.js",
        monitor: "/assets/monitor-0.js",
        pool_view: "/assets/pools-0.js",
        room_video: "/assets/video-0.js",
        room_view: "/assets/rooms-0.js",
        studio: "/assets/studio-0.js",
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
      stale: false,
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

/** A book and trades of BTC-USDT. */
export function createDepth(overrides: Partial<Depth> = {}): Depth {
  return {
    bids: [["98412.5", "0.2092"], ["98400", "0.044"]],
    asks: [["98412.6", "0.0449"], ["98430", "0.1609"]],
    book_at: "2026-10-14T14:32:08+00:00",
    trades: [
      { id: "2", p: "98412.6", q: "0.6993", side: "buy", t: Date.UTC(2026, 9, 14, 14, 32, 8) },
      { id: "1", p: "98412.5", q: "0.162", side: "sell", t: Date.UTC(2026, 9, 14, 14, 32, 7) },
    ],
    stale: false,
    ...overrides,
  };
}

/** An alert on BTC-USDT's price. */
export function createAlert(overrides: Partial<Alert> = {}): Alert {
  return {
    id: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928",
    exchange: "sim",
    symbol: "BTC-USDT",
    timeframe: null,
    indicator: null,
    condition: "crosses_above",
    value: "98500",
    note: "",
    repeat_after_s: null,
    state: "active",
    fired_at: null,
    fired_value: null,
    fired_count: 0,
    created_at: "2026-10-14T14:32:08+00:00",
    ...overrides,
  };
}

/** What a form for a new alert starts with. */
export function createDraft(overrides: Partial<AlertDraft> = {}): AlertDraft {
  return {
    exchange: "sim",
    symbol: "BTC-USDT",
    quote: "USDT",
    subject: null,
    subjects: ALERT_SUBJECTS,
    clientId: "01a1f8c1-fd9a-734b-9e3b-c075cbb3b928",
    value: "98412.6",
    next: "/markets/sim/BTC-USDT",
    ...overrides,
  };
}

/** The monitor of one feed with something to tell of everything. */
export function createMonitor(overrides: Partial<MonitorData> = {}): MonitorData {
  const at = "2026-10-14T14:32:08+00:00";
  const [candle] = createCandles(1);
  const ohlcv = { o: "1", h: "2", l: "0.5", c: "1.5", v: "9" };
  return {
    at,
    feeds: [{
      exchange: "sim",
      state: "live",
      sockets: 1,
      streams: 27,
      reconnects: 3,
      planned_reconnects: 1,
      gaps_found: 2,
      gaps_filled: 2,
      bad_frames: "4",
      folds_checked: "23",
      folds_differing: "1",
      repairs: "1",
      ticks_per_s: "12.5",
      lag_p50_ms: 41,
      lag_p99_ms: 120,
      queued_rows: 0,
      symbols_stale: 1,
      leader: "01a1f8c1-fd9a",
      token: 7,
      terms: 2,
      leading_since: at,
      last_event_at: at,
      updated_at: at,
      age_ms: 800,
    }],
    alerts: [
      {
        id: "1",
        exchange: "sim",
        symbol: "BTC-USDT",
        kind: "symbol_silent",
        detail: {},
        opened_at: at,
        resolved_at: null,
      },
      { id: "2", exchange: "sim", symbol: "", kind: "bad_frames", detail: {}, opened_at: at, resolved_at: at },
    ],
    repairs: [{
      id: "1",
      exchange: "sim",
      symbol: "BTC-USDT",
      timeframe: "5m",
      open_time: at,
      stored: ohlcv,
      told: { ...ohlcv, c: "1.6" },
      at,
    }],
    candles: candle ? [{ exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", at, stale: false, candle }] : [],
    ...overrides,
  };
}

/** Everything a market's page shows. */
export function createMarketPage(overrides: Partial<MarketPageData> = {}): MarketPageData {
  const { ticker, spark: _, ...symbol } = createRow();
  return {
    symbol,
    ticker: ticker ?? null,
    feed: { state: "live", last_event_at: "2026-10-14T14:32:08+00:00", updated_at: "2026-10-14T14:32:08+00:00" },
    candles: createCandles(100),
    depth: null,
    rates: {},
    ...overrides,
  };
}
