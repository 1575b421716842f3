import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import type { BadFrame, Quarantine } from "../bad_frame.ts";
import { choosePinned, Demand } from "../demand.ts";
import type { SeriesCandle } from "../series.ts";
import { CandlePublisher } from "./candle_publisher.ts";
import { CandleWriter } from "./candle_writer.ts";
import { FeedLoader } from "./feed_loader.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import { type CandleRow, type FeedState, type FeedStore, StoreError } from "./feed_store.ts";
import { MarketList } from "./market_list.ts";
import { SymbolStream } from "./symbol_stream.ts";
import { VenueClock } from "./venue_clock.ts";
import { type Venue, VenueError, type VenueTick } from "./venue.ts";

/** How often watches are read; wakes come in between. */
export const WATCHES_INTERVAL_MS = 2_000;

/** Wakes that come together are answered together. */
const WAKE_GATHER_MS = 50;

/** How often status and tickers are stored. */
export const STATUS_INTERVAL_MS = 2_000;

/** How often conflated forming candles are looked through. */
const PUBLISH_INTERVAL_MS = 100;

/** How often the list of markets is read again. */
const MARKETS_INTERVAL_MS = 600_000;

/** How often stored candles are searched for holes. */
const REPAIR_INTERVAL_MS = 3_600_000;

/** Why a session ended. */
export type SessionEnd = "stopped" | "stale_lease" | "overflow";

/** Counters that outlive a session, shown in the feed's status. */
export interface FeedTotals {
  reconnects: number;
  /** Sockets replaced as planned, without a gap. */
  replaced: number;
  gapsFound: number;
  gapsFilled: number;
}

/** What a session needs from outside. */
export interface FeedSessionOptions {
  venue: Venue;
  store: FeedStore;
  broadcaster: Broadcaster;
  logger: Logger;
  metrics: FeedMetrics;
  totals: FeedTotals;
  /** Frames that could not be used. */
  quarantine: Quarantine;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** How often the list of markets is read again; {@link MARKETS_INTERVAL_MS} unless a test cannot wait so long. */
  marketsInterval_ms?: number;
}

/**
 * One term of feeding an exchange, from taking the lease to losing it or stopping. All it knows comes from what is
 * stored and from the exchange, and is thrown away at its end: whoever comes next starts from the same.
 */
export class FeedSession {
  readonly #options: FeedSessionOptions;
  readonly #venue: Venue;
  readonly #demand: Demand;
  readonly #writer: CandleWriter;
  readonly #loader: FeedLoader;
  readonly #publisher: CandlePublisher;
  readonly #streams = new Map<string, SymbolStream>();
  readonly #markets: MarketList;
  readonly #tickersSent = new Map<string, number>();
  readonly #stop = new AbortController();
  #state: FeedState = "starting";
  #end: SessionEnd = "stopped";
  #bug: unknown = null;
  readonly #clock: VenueClock;
  #lastFrameMs = 0;
  #wake: AbortController = new AbortController();

  constructor(options: FeedSessionOptions) {
    this.#options = options;
    this.#venue = options.venue;
    this.#clock = new VenueClock(options.venue);
    this.#demand = new Demand(options.venue.exchange);
    this.#publisher = new CandlePublisher({
      exchange: options.venue.exchange,
      demand: this.#demand,
      broadcaster: options.broadcaster,
      token: options.token,
    });
    this.#markets = new MarketList({
      venue: options.venue,
      store: options.store,
      logger: options.logger,
      random: options.random,
      signal: this.#stop.signal,
      token: options.token,
      onStale: () => this.#finish("stale_lease"),
    });
    this.#writer = new CandleWriter({
      store: options.store,
      token: options.token,
      logger: options.logger,
      random: options.random,
      onStored: (rows) => options.metrics.candlesStored.inc({ exchange: this.#venue.exchange }, rows),
      onEnd: (reason) => this.#finish(reason),
      onBug: (error) => this.#fail(error),
    });
    this.#loader = new FeedLoader({
      store: options.store,
      venue: options.venue,
      logger: options.logger,
      random: options.random,
      signal: this.#stop.signal,
      onRepaired: (rows, found) => {
        this.#onGap(found, rows.length);
        this.#writer.add(rows);
      },
    });
  }

  /** What health checks show. */
  get status(): { state: FeedState; sockets: number; streams: number; live: number; watched: number; queued: number } {
    let live = 0;
    for (const stream of this.#streams.values()) if (stream.isLive) live++;
    const { sockets, streams } = this.#venue.counts();
    return { state: this.#state, sockets, streams, live, watched: this.#demand.pairs, queued: this.#writer.queued };
  }

  /** Looks at the watches at once. */
  wake(): void {
    this.#wake.abort();
  }

  /** Feeds until `signal` is aborted, the lease is lost, or too much waits. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<SessionEnd> {
    const stop = () => this.#finish("stopped");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    try {
      await this.#recordFeed();
      await this.#loadMarkets();
      if (!this.#stop.signal.aborted) await this.#feed();
    } catch (error) {
      this.#fail(error);
    } finally {
      signal.removeEventListener("abort", stop);
      await this.#close();
    }
    if (this.#bug !== null) throw this.#bug;
    return this.#end;
  }

  async #feed(): Promise<void> {
    this.#venue.start({
      onTick: (tick) => this.#onTick(tick),
      onSubscribed: (symbols) => {
        for (const symbol of symbols) this.#streams.get(symbol)?.onSubscribed();
      },
      onState: (state, reason) => this.#onState(state, reason),
      onReplaced: (reason) => this.#onReplaced(reason),
      onBadFrame: (frame) => this.#onBadFrame(frame),
      // Only candles are asked for.
      onTrade: () => {},
      onBook: () => {},
    });
    await this.#readWatches();
    const publish = setInterval(() => this.#publisher.publish(this.#options.nowMs()), PUBLISH_INTERVAL_MS);
    try {
      await Promise.all([
        this.#every(WATCHES_INTERVAL_MS, () => this.#readWatches(), true),
        this.#every(STATUS_INTERVAL_MS, () => this.#recordFeed()),
        this.#every(this.#options.marketsInterval_ms ?? MARKETS_INTERVAL_MS, () => this.#loadMarkets()),
        this.#every(REPAIR_INTERVAL_MS, () => this.#loader.repair(this.#listStreams())),
      ]);
    } finally {
      clearInterval(publish);
    }
  }

  async #close(): Promise<void> {
    this.#finish("stopped");
    for (const stream of this.#streams.values()) stream.close();
    await this.#venue.close();
    if (this.#end === "stopped") {
      await this.#writer.close();
      this.#state = "stopped";
      await this.#recordFeed();
    } else {
      await this.#writer.close(0);
    }
  }

  async #every(interval_ms: number, task: () => Promise<void>, wakes = false): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const signal = wakes ? AbortSignal.any([this.#stop.signal, this.#wake.signal]) : this.#stop.signal;
      await delay(interval_ms, signal);
      if (this.#stop.signal.aborted) return;
      if (wakes) {
        await delay(WAKE_GATHER_MS, this.#stop.signal);
        this.#wake = new AbortController();
      }
      try {
        await task();
      } catch (error) {
        if (!(error instanceof VenueError) && !(error instanceof StoreError)) return this.#fail(error);
        this.#options.logger.warn("A periodic task did not succeed", { error });
      }
    }
  }

  async #loadMarkets(): Promise<void> {
    const read = await this.#markets.read();
    if (read === null) return;
    for (const symbol of read.delisted) this.#publisher.delisted(symbol, this.#clock.latestMs);
    const active = read.markets.filter((market) => market.active).map((market) => market.symbol);
    this.#demand.setMarkets(active, choosePinned(read.markets, read.quoteVolumes));
    // Streams of what was delisted end, and its watchers are let go.
    if (read.delisted.length > 0) this.wake();
  }

  async #readWatches(): Promise<void> {
    const topics = await this.#options.store.activeWatches().catch((error) => {
      if (!(error instanceof StoreError)) throw error;
      this.#options.logger.warn("Cannot read watches", { error });
      return null;
    });
    if (this.#stop.signal.aborted) return;
    const now = this.#options.nowMs();
    if (topics !== null) this.#demand.setWatched(topics, now);
    const wanted = this.#demand.streams(now);
    const before = this.#streams.size;
    const added = wanted.filter((symbol) => !this.#streams.has(symbol));
    this.#loader.load(added);
    for (const symbol of added) this.#streams.set(symbol, this.#newStream(symbol));
    const keep = new Set(wanted);
    for (const [symbol, stream] of this.#streams) {
      if (keep.has(symbol)) continue;
      stream.close();
      this.#streams.delete(symbol);
    }
    if (topics !== null) this.#publisher.retain(topics, (symbol) => keep.has(symbol));
    if (added.length > 0 || this.#streams.size !== before) {
      this.#venue.setStreams({ candles: wanted, trades: [], books: [] });
    }
    for (const stream of this.#streams.values()) this.#publisher.changed(stream);
  }

  #newStream(symbol: string): SymbolStream {
    const priceDigits = this.#markets.priceDigits(symbol);
    return new SymbolStream({
      symbol,
      priceDigits,
      venue: this.#venue,
      logger: this.#options.logger,
      random: this.#options.random,
      signal: this.#stop.signal,
      venueNow: () => this.#clock.now(symbol),
      stored: () => this.#loader.stored(symbol, priceDigits),
      onClosed: (candles, et) => this.#onClosed(symbol, candles, et),
      room: () => this.#writer.room(),
      onGap: (found, filled) => this.#onGap(found, filled),
      onBug: (error) => this.#fail(error),
      priority: this.#streams.size,
    });
  }

  #onTick(tick: VenueTick): void {
    this.#options.metrics.ticks.inc({ exchange: this.#venue.exchange });
    this.#lastFrameMs = this.#options.nowMs();
    this.#clock.heard(tick.et);
    const stream = this.#streams.get(tick.symbol);
    if (stream?.onTick(tick) === true) this.#publisher.changed(stream);
  }

  #onClosed(symbol: string, candles: SeriesCandle[], et: number): void {
    const rows: CandleRow[] = [];
    for (const { timeframe, candle, ind } of candles) {
      rows.push({ symbol, timeframe, ...candle, ...(ind === undefined ? {} : { ind }) });
    }
    this.#publisher.closed(symbol, candles, et, this.#clock.latestMs);
    this.#writer.add(rows);
  }

  #onState(state: "live" | "reconnecting", reason: string | undefined): void {
    if (state === "reconnecting") {
      this.#options.totals.reconnects++;
      this.#options.metrics.reconnects.inc({ exchange: this.#venue.exchange });
      this.#clock.lost();
      this.#options.logger.warn("Lost the exchange's socket", { exchange: this.#venue.exchange, reason });
    } else if (this.#state === "reconnecting") {
      this.#options.logger.info("The exchange's socket is back", { exchange: this.#venue.exchange });
      this.#background(this.#loader.repair(this.#listStreams()));
    }
    if (state !== this.#state) {
      this.#state = state;
      this.#background(this.#recordFeed());
    }
  }

  #onReplaced(reason: string): void {
    this.#options.totals.replaced++;
    this.#options.metrics.replacements.inc({ exchange: this.#venue.exchange });
    this.#options.logger.info("The exchange's socket was replaced", { exchange: this.#venue.exchange, reason });
  }

  #onBadFrame(frame: BadFrame): void {
    const { quarantine, metrics, logger, nowMs } = this.#options;
    metrics.badFrames.inc({ exchange: this.#venue.exchange, reason: frame.reason });
    // The first of a kind is worth a line; a venue gone mad must not fill the log.
    if (!quarantine.counts.has(frame.reason)) {
      logger.warn("A frame could not be used", { exchange: this.#venue.exchange, ...frame });
    }
    quarantine.add(frame, nowMs());
  }

  #onGap(found: number, filled: number): void {
    const labels = { exchange: this.#venue.exchange };
    this.#options.totals.gapsFound += found;
    this.#options.totals.gapsFilled += filled;
    this.#options.metrics.gapsFound.inc(labels, found);
    this.#options.metrics.gapsFilled.inc(labels, filled);
  }

  async #recordFeed(): Promise<void> {
    const { metrics, totals, store, token: currentToken } = this.#options;
    const labels = { exchange: this.#venue.exchange };
    const { sockets, streams } = this.#venue.counts();
    metrics.sockets.set(labels, sockets);
    metrics.streams.set(labels, streams);
    metrics.queuedRows.set(labels, this.#writer.queued);
    if (this.#lastFrameMs > 0) metrics.lastEventAge.set(labels, (this.#options.nowMs() - this.#lastFrameMs) / 1_000);
    const token = currentToken();
    if (token === null) return;
    const tickers = this.#state === "stopped" ? [] : this.#tickers();
    const answer = await store.recordFeed(token, {
      state: this.#state,
      sockets: this.#state === "stopped" ? 0 : sockets,
      streams: this.#state === "stopped" ? 0 : streams,
      reconnects: totals.reconnects,
      gaps_found: totals.gapsFound,
      gaps_filled: totals.gapsFilled,
      last_event_ms: this.#clock.latestMs > 0 ? this.#clock.latestMs : null,
    }, tickers);
    if (answer.ok) {
      for (const { symbol, at_ms } of tickers) this.#tickersSent.set(symbol, at_ms);
    } else if (answer.next === "halt") {
      this.#finish("stale_lease");
    } else if (answer.next === "reject") {
      this.#fail(new Error(`Cannot store the feed's status: ${answer.code} ${answer.detail}`));
    } else {
      this.#options.logger.warn("Cannot store the feed's status yet", { detail: answer.detail });
    }
  }

  #tickers() {
    const tickers = [];
    for (const stream of this.#streams.values()) {
      const at_ms = stream.lastEventMs;
      if (at_ms === 0 || this.#tickersSent.get(stream.symbol) === at_ms) continue;
      const stats = stream.stats();
      if (stats !== null) tickers.push({ symbol: stream.symbol, at_ms, ...stats });
    }
    return tickers;
  }

  #listStreams(): { symbol: string; priceDigits: number }[] {
    return [...this.#streams.keys()].map((symbol) => ({ symbol, priceDigits: this.#markets.priceDigits(symbol) }));
  }

  #background(task: Promise<void>): void {
    task.catch((error) => {
      if (error instanceof VenueError || error instanceof StoreError) {
        this.#options.logger.warn("A background task did not succeed", { error });
      } else this.#fail(error);
    });
  }

  #finish(end: SessionEnd): void {
    if (this.#stop.signal.aborted) return;
    this.#end = end;
    this.#stop.abort();
  }

  #fail(error: unknown): void {
    this.#bug ??= error;
    this.#finish("stopped");
  }
}
