import { signal } from "@preact/signals";
import { fetchJson } from "../../realtime/client/fetch_json.ts";
import type { CandleEvent } from "../candle.ts";
import { LagWindow } from "../lag_window.ts";
import type { FeedReport, MonitorData } from "../monitor.ts";
import type { Timeframe } from "../timeframe.ts";
import { type ClockOffset, observeOffset } from "./clock_offset.ts";
import { followMarket } from "./market_feed.ts";
import { monitorKey, type MonitorRow, refreshRows, takeCandle, toRows } from "./monitor_rows.ts";

/** How often the feeds are read again while somebody looks. */
const REFRESH_MS = 3_000;

/** How often what was heard is drawn: twenty rows twice a second each would be forty drawings. */
const REDRAW_MS = 250;

/** Readings kept of each feed: five minutes. */
const READINGS_MAX = 100;

/** Rows followed at once: each is a channel, and a connection has a hundred at most. */
export const ROWS_FOLLOWED_MAX = 40;

/** An event's time counts for delays while the exchange's clock and the server's agree this well. */
const CLOCKS_AGREE_MS = 5_000;

/** What is looked at. */
export interface MonitorFilter {
  exchange: string | null;
  /** Part of a symbol. */
  symbol: string | null;
  timeframe: Timeframe;
}

/** A feed's figures over the last minutes, as decimal strings, oldest first. */
export interface FeedReadings {
  ticks: readonly string[];
  lags: readonly string[];
}

/** Delay from the exchange's event to this browser, in ms; null while it cannot be measured. */
export interface BrowserLag {
  p50_ms: number | null;
  p99_ms: number | null;
}

/** The monitor's page, kept up to date. */
export class MonitorModel {
  readonly data = signal<MonitorData | null>(null);
  readonly rows = signal<readonly MonitorRow[]>([]);
  readonly readings = signal<Readonly<Record<string, FeedReadings>>>({});
  readonly browserLags = signal<Readonly<Record<string, BrowserLag>>>({});
  /** The last reading failed: what is shown is old. */
  readonly isOld = signal(false);
  readonly nowMs = signal(0);
  readonly #filter: MonitorFilter;
  readonly #stops = new Map<string, () => void>();
  readonly #heard = new Map<string, MonitorRow>();
  readonly #lags = new Map<string, LagWindow>();
  #offset: ClockOffset | null = null;
  #isReading = false;

  constructor(data: MonitorData, filter: MonitorFilter) {
    this.data.value = data;
    this.rows.value = toRows(data.candles);
    this.#filter = filter;
    this.#note(data.feeds);
  }

  /** Goes live; returns a function that ends everything. */
  start(): () => void {
    const refresh = () => {
      if (document.visibilityState === "visible") void this.#refresh();
    };
    refresh();
    const refreshing = setInterval(refresh, REFRESH_MS);
    const drawing = setInterval(() => this.#draw(), REDRAW_MS);
    document.addEventListener("visibilitychange", refresh);
    return () => {
      clearInterval(refreshing);
      clearInterval(drawing);
      document.removeEventListener("visibilitychange", refresh);
      this.follow([]);
    };
  }

  /** Follows exactly the rows of these keys, the first {@link ROWS_FOLLOWED_MAX} of them. */
  follow(keys: readonly string[]): void {
    const wanted = new Set(keys.slice(0, ROWS_FOLLOWED_MAX));
    for (const [key, stop] of this.#stops) {
      if (wanted.has(key)) continue;
      this.#stops.delete(key);
      stop();
    }
    for (const row of this.rows.peek()) {
      const key = monitorKey(row);
      if (!wanted.has(key) || this.#stops.has(key)) continue;
      const { exchange, symbol } = row;
      const listener = { onCandle: (event: CandleEvent) => this.#hear(key, exchange, event), onJoined: () => {} };
      this.#stops.set(key, followMarket({ exchange, symbol, timeframe: this.#filter.timeframe }, listener));
    }
  }

  #hear(key: string, exchange: string, event: CandleEvent): void {
    const now = Date.now();
    const row = this.#heard.get(key) ?? this.rows.peek().find((each) => monitorKey(each) === key);
    if (row !== undefined) this.#heard.set(key, takeCandle(row, event, now));
    if (this.#offset === null) return;
    const lag_ms = now + this.#offset.offset_ms - event.et;
    if (Math.abs(lag_ms) >= CLOCKS_AGREE_MS) return;
    let lags = this.#lags.get(exchange);
    if (lags === undefined) this.#lags.set(exchange, lags = new LagWindow());
    lags.add(lag_ms, now);
  }

  #draw(): void {
    if (document.visibilityState !== "visible") return;
    this.nowMs.value = Date.now();
    if (this.#heard.size === 0) return;
    this.rows.value = this.rows.peek().map((row) => this.#heard.get(monitorKey(row)) ?? row);
    this.#heard.clear();
  }

  async #refresh(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const { exchange, symbol, timeframe } = this.#filter;
    const params = { timeframe, ...exchange === null ? {} : { exchange }, ...symbol === null ? {} : { symbol } };
    const sentMs = Date.now();
    try {
      const data = await fetchJson(`/api/v1/monitor?${new URLSearchParams(params)}`) as MonitorData;
      const now = Date.now();
      this.#offset = observeOffset(this.#offset, Date.parse(data.at), sentMs, now);
      this.data.value = data;
      this.#draw();
      this.rows.value = refreshRows(this.rows.peek(), data.candles, now);
      this.#note(data.feeds);
      this.isOld.value = false;
    } catch {
      // Asked again in three seconds; till then the page says that its figures are old.
      this.isOld.value = true;
    } finally {
      this.#isReading = false;
    }
  }

  #note(feeds: readonly FeedReport[]): void {
    const now = Date.now();
    const before = this.readings.peek();
    this.readings.value = Object.fromEntries(feeds.map(({ exchange, ticks_per_s, lag_p99_ms }) => {
      const { ticks = [], lags = [] } = before[exchange] ?? {};
      return [exchange, { ticks: push(ticks, ticks_per_s), lags: push(lags, lag_p99_ms) }];
    }));
    this.browserLags.value = Object.fromEntries(feeds.map(({ exchange }) => {
      const [p50_ms = null, p99_ms = null] = this.#lags.get(exchange)?.quantiles([0.5, 0.99], now) ?? [];
      return [exchange, { p50_ms, p99_ms }];
    }));
  }
}

function push(readings: readonly string[], value: string | number | null): readonly string[] {
  return value === null ? readings : [...readings, String(value)].slice(-READINGS_MAX);
}
