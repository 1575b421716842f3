import type { Logger } from "../../kernel/log.ts";
import type { RpcResult } from "../../kernel/worker/supabase.ts";
import type { LagWindow } from "../lag_window.ts";
import type { AlertRunner } from "./alert_runner.ts";
import type { CandleWriter } from "./candle_writer.ts";
import type { DepthPublisher } from "./depth_publisher.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import { type FeedAlert, type FeedState, type FeedStore, ROWS_PER_CALL_MAX, type TickerRow } from "./feed_store.ts";
import type { FoldAuditor } from "./fold_auditor.ts";
import type { QuarantineKeeper } from "./quarantine_keeper.ts";
import { STALE_MS, type SymbolAges } from "./symbol_ages.ts";
import type { SymbolStream } from "./symbol_stream.ts";
import type { VenueClock } from "./venue_clock.ts";
import type { Venue } from "./venue.ts";

/** Silence of a symbol that operators hear of: longer than one reconnect takes. */
export const SILENT_ALERT_MS = 15_000;

/** Time that history may take to close a gap before operators hear of it. */
export const GAP_ALERT_MS = 60_000;

/** Bad frames a minute that are no accident any more. */
export const BAD_FRAMES_ALERT = 10;

/** Difference between the exchange's clock and ours that operators hear of. */
export const CLOCK_SKEW_ALERT_MS = 60_000;

/** How often rates are worked out: they count for a minute. */
const RATES_INTERVAL_MS = 10_000;

/** How often the list of what is wrong is told again though nothing has changed. */
const ALERTS_INTERVAL_MS = 30_000;

/** Counters that outlive a session, shown in the feed's status. */
export interface FeedTotals {
  reconnects: number;
  /** Sockets replaced as planned, without a gap. */
  replaced: number;
  gapsFound: number;
  gapsFilled: number;
  foldsChecked: number;
  foldsDiffering: number;
  repairs: number;
}

/** What a recorder looks at. */
export interface FeedRecorderOptions {
  venue: Venue;
  store: FeedStore;
  logger: Logger;
  metrics: FeedMetrics;
  totals: FeedTotals;
  streams: ReadonlyMap<string, SymbolStream>;
  writer: CandleWriter;
  depth: DepthPublisher;
  alerts: AlertRunner;
  auditor: FoldAuditor;
  quarantine: QuarantineKeeper;
  ages: SymbolAges;
  lags: LagWindow;
  clock: VenueClock;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
  /** The lease is lost. */
  onStale: () => void;
  /** The database refuses what it is told: a bug. */
  onBug: (error: Error) => void;
}

/** Stores, every two seconds, what others see of a feed: its state, tickers, depth, bad frames, rates and what is wrong. */
export class FeedRecorder {
  readonly #options: FeedRecorderOptions;
  readonly #tickersSent = new Map<string, number>();
  /** When each symbol was first seen catching up, on the monotonic clock. */
  readonly #catchingUpMs = new Map<string, number>();
  #ticks = 0;
  #ticksPerSecond = 0;
  #countedMs: number;
  #ratesMs = Number.NEGATIVE_INFINITY;
  #alertsMs = Number.NEGATIVE_INFINITY;
  #alertsTold = "";

  constructor(options: FeedRecorderOptions) {
    this.#options = options;
    this.#countedMs = options.nowMs();
  }

  /** A frame with a candle came. */
  ticked(): void {
    this.#ticks++;
  }

  /** Symbols whose prices are not to be trusted. */
  stale(): string[] {
    const { streams, ages, venue, nowMs } = this.#options;
    // A venue that speaks only when somebody trades is silent without fault as long as its socket lives.
    const silence_ms = Math.max(STALE_MS, venue.capabilities.silence_ms_max);
    const now = nowMs();
    return [...streams.keys()].filter((symbol) => ages.isStale(symbol, now, silence_ms));
  }

  /** Stores all of it once. Writes that cannot land now come again with the next call. */
  async record(state: FeedState): Promise<void> {
    const token = this.#options.token();
    this.#measure();
    if (token === null) return;
    await this.#recordStatus(token, state);
    const { depth, quarantine, alerts, store, nowMs } = this.#options;
    await quarantine.flush(token);
    // Whoever feeds next does not know what has fired.
    await alerts.flush(token);
    if (state === "stopped") return;
    const rows = depth.takeRows();
    if (rows.length > 0) {
      const answer = await store.recordDepth(token, rows);
      if (!answer.ok) depth.giveBack(rows);
      this.#judge("depth", answer);
    }
    await this.#tellAlerts(token, state);
    if (state === "live" && nowMs() - this.#ratesMs >= RATES_INTERVAL_MS) {
      this.#ratesMs = nowMs();
      this.#judge("rates", await store.refreshRates(token));
    }
  }

  /** Stores the statistics of the markets that nobody streams, where the exchange gives them for all at once. */
  async recordOthers(): Promise<void> {
    const { venue, streams, clock, store, token: currentToken } = this.#options;
    const rows = (await venue.tickers()).filter(({ symbol }) => !streams.has(symbol))
      .map(({ at, ...ticker }): TickerRow => ({ ...ticker, at_ms: at ?? clock.latestMs }));
    for (let i = 0; i < rows.length; i += ROWS_PER_CALL_MAX) {
      const token = currentToken();
      if (token === null) return;
      this.#judge("tickers", await store.recordTickers(token, rows.slice(i, i + ROWS_PER_CALL_MAX)));
    }
  }

  #measure(): void {
    const { metrics, venue, writer, nowMs } = this.#options;
    const labels = { exchange: venue.exchange };
    const { sockets, streams } = venue.counts();
    metrics.sockets.set(labels, sockets);
    metrics.streams.set(labels, streams);
    metrics.queuedRows.set(labels, writer.queued);
    metrics.staleSymbols.set(labels, this.stale().length);
    const now = nowMs();
    const elapsed_ms = now - this.#countedMs;
    if (elapsed_ms < 500) return;
    this.#ticksPerSecond = this.#ticks * 1_000 / elapsed_ms;
    this.#ticks = 0;
    this.#countedMs = now;
  }

  async #recordStatus(token: number, state: FeedState): Promise<void> {
    const { venue, totals, store, writer, quarantine, lags, clock, nowMs } = this.#options;
    const { sockets, streams } = venue.counts();
    const tickers = state === "stopped" ? [] : this.#tickers();
    const [p50, p99] = lags.quantiles([0.5, 0.99], nowMs());
    const answer = await store.recordFeed(token, {
      state,
      sockets: state === "stopped" ? 0 : sockets,
      streams: state === "stopped" ? 0 : streams,
      reconnects: totals.reconnects,
      planned_reconnects: totals.replaced,
      gaps_found: totals.gapsFound,
      gaps_filled: totals.gapsFilled,
      last_event_ms: clock.latestMs > 0 ? clock.latestMs : null,
      bad_frames: quarantine.total,
      folds_checked: totals.foldsChecked,
      folds_differing: totals.foldsDiffering,
      repairs: totals.repairs,
      ticks_per_s: this.#ticksPerSecond.toFixed(1),
      lag_p50_ms: rounded(p50),
      lag_p99_ms: rounded(p99),
      queued_rows: writer.queued,
      symbols_stale: this.stale().length,
    }, tickers);
    if (answer.ok) { for (const { symbol, at_ms } of tickers) this.#tickersSent.set(symbol, at_ms); }
    this.#judge("status", answer);
  }

  #tickers(): TickerRow[] {
    const tickers = [];
    for (const stream of this.#options.streams.values()) {
      const at_ms = stream.lastEventMs;
      if (at_ms === 0 || this.#tickersSent.get(stream.symbol) === at_ms) continue;
      const stats = stream.stats();
      if (stats !== null) tickers.push({ symbol: stream.symbol, at_ms, ...stats });
    }
    for (const symbol of this.#tickersSent.keys()) {
      if (!this.#options.streams.has(symbol)) this.#tickersSent.delete(symbol);
    }
    return tickers;
  }

  async #tellAlerts(token: number, state: FeedState): Promise<void> {
    const open = this.#whatIsWrong(state);
    const now = this.#options.nowMs();
    const told = open.map(({ kind, symbol }) => `${kind}:${symbol ?? ""}`).sort().join();
    if (told === this.#alertsTold && now - this.#alertsMs < ALERTS_INTERVAL_MS) return;
    const answer = await this.#options.store.setFeedAlerts(token, open);
    if (answer.ok) {
      this.#alertsTold = told;
      this.#alertsMs = now;
    }
    this.#judge("alerts", answer);
  }

  #whatIsWrong(state: FeedState): FeedAlert[] {
    const { streams, ages, auditor, quarantine, venue, clock, nowMs, wallMs } = this.#options;
    const now = nowMs();
    const open: FeedAlert[] = [];
    const silence_ms = Math.max(SILENT_ALERT_MS, 2 * venue.capabilities.silence_ms_max);
    for (const [symbol, stream] of streams) {
      const age = ages.age(symbol, now);
      if (state === "live" && age !== null && age > silence_ms) {
        open.push({ kind: "symbol_silent", symbol, detail: { age_ms: Math.round(age) } });
      }
      if (stream.isLive) this.#catchingUpMs.delete(symbol);
      else if (!this.#catchingUpMs.has(symbol)) this.#catchingUpMs.set(symbol, now);
      const since = this.#catchingUpMs.get(symbol);
      if (since !== undefined && now - since > GAP_ALERT_MS) {
        open.push({ kind: "gap_unfilled", symbol, detail: { for_ms: Math.round(now - since) } });
      }
    }
    for (const symbol of this.#catchingUpMs.keys()) if (!streams.has(symbol)) this.#catchingUpMs.delete(symbol);
    const folds = Map.groupBy(auditor.differing, (name) => name.slice(0, name.lastIndexOf(":")));
    for (const [symbol, names] of folds) {
      open.push({
        kind: "fold_mismatch",
        symbol,
        detail: { timeframes: names.map((name) => name.slice(symbol.length + 1)) },
      });
    }
    if (quarantine.recent >= BAD_FRAMES_ALERT) open.push({ kind: "bad_frames", detail: { frames: quarantine.recent } });
    // A simulator's clock runs as it likes; a real exchange's does not.
    if (venue.capabilities.clockJump_ms_max !== null && state === "live" && clock.latestMs > 0) {
      const skew_ms = Math.round(clock.latestMs - wallMs());
      if (Math.abs(skew_ms) > CLOCK_SKEW_ALERT_MS) open.push({ kind: "clock_skew", detail: { skew_ms } });
    }
    return open;
  }

  #judge(what: string, answer: RpcResult): void {
    if (answer.ok) return;
    if (answer.next === "halt") this.#options.onStale();
    else if (answer.next === "reject") {
      this.#options.onBug(new Error(`Cannot store the feed's ${what}: ${answer.code} ${answer.detail}`));
    } else this.#options.logger.warn("Cannot store a part of the feed yet", { part: what, detail: answer.detail });
  }
}

function rounded(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms);
}
