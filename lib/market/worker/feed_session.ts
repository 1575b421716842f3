import type { Logger } from "../../kernel/log.ts";
import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import type { BadFrame } from "../bad_frame.ts";
import { choosePinned, Demand } from "../demand.ts";
import { LagWindow } from "../lag_window.ts";
import type { SeriesCandle } from "../series.ts";
import { TIMEFRAME_MS } from "../timeframe.ts";
import { AlertRunner } from "./alert_runner.ts";
import { CandlePublisher } from "./candle_publisher.ts";
import { CandleWriter } from "./candle_writer.ts";
import { DepthPublisher } from "./depth_publisher.ts";
import { FeedLoader } from "./feed_loader.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import { FeedRecorder, type FeedTotals } from "./feed_recorder.ts";
import { type CandleRow, type FeedState, type FeedStore, StoreError } from "./feed_store.ts";
import { FeedTally } from "./feed_tally.ts";
import { FoldAuditor } from "./fold_auditor.ts";
import { IndicatorKeeper } from "./indicator_keeper.ts";
import { type Listing, MarketList } from "./market_list.ts";
import { PacedHistory } from "./paced_history.ts";
import type { QuarantineKeeper } from "./quarantine_keeper.ts";
import { SymbolAges } from "./symbol_ages.ts";
import { SymbolStream } from "./symbol_stream.ts";
import { Term, type TermEnd } from "./term.ts";
import { VenueClock } from "./venue_clock.ts";
import { type Venue, VenueError, type VenueTick } from "./venue.ts";

/** How often watches are read; wakes come in between. */
export const WATCHES_INTERVAL_MS = 2_000;

/** How often status and tickers are stored. */
export const STATUS_INTERVAL_MS = 2_000;

/** How often conflated forming candles, books and trades are looked through. */
const PUBLISH_INTERVAL_MS = 100;

/** How often the list of markets is read again. */
export const MARKETS_INTERVAL_MS = 600_000;

/** How often the statistics of markets that nobody streams are read: a rate to EUR is good for a minute. */
const TICKERS_INTERVAL_MS = 45_000;

/** How often stored candles are searched for holes. */
const REPAIR_INTERVAL_MS = 3_600_000;

/** How often alerts are read again though no wake came. */
const ALERTS_INTERVAL_MS = 30_000;

/** How often indicators that lack history are given it. */
const WARM_INTERVAL_MS = 1_000;

/** Trades read for a first view. */
const TRADES_READ = 50;

/** An event's time counts for delays while the exchange's clock and ours agree this well. */
const CLOCKS_AGREE_MS = 5_000;

/** What a session needs from outside. */
export interface FeedSessionOptions {
  venue: Venue;
  /** Its markets as read while standing by; null has them read first. */
  listing: Listing | null;
  store: FeedStore;
  broadcaster: Broadcaster;
  logger: Logger;
  metrics: FeedMetrics;
  totals: FeedTotals;
  /** Frames that could not be used. */
  quarantine: QuarantineKeeper;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
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
  readonly #markets: MarketList;
  readonly #writer: CandleWriter;
  readonly #loader: FeedLoader;
  readonly #publisher: CandlePublisher;
  readonly #depth: DepthPublisher;
  readonly #indicators: IndicatorKeeper;
  readonly #tally: FeedTally;
  readonly #alerts: AlertRunner;
  readonly #auditor: FoldAuditor;
  readonly #recorder: FeedRecorder;
  readonly #ages = new SymbolAges();
  readonly #lags = new LagWindow();
  readonly #streams = new Map<string, SymbolStream>();
  readonly #term: Term;
  readonly #clock: VenueClock;
  /** The exchange's history, read no faster than it can be stored. */
  readonly #history: PacedHistory;
  #state: FeedState = "starting";
  #lastFrameMs = 0;
  #alertsWanted = true;
  #working: Promise<void> = Promise.resolve();
  #closed: Promise<void> = Promise.resolve();
  /** Ends with the last write of status. */
  #recorded: Promise<void> = Promise.resolve();
  /** What is streamed, as one text: another one means that the venue must be told. */
  #streamed = "";

  constructor(options: FeedSessionOptions) {
    this.#options = options;
    const { venue, store, broadcaster, logger, random, token, nowMs, wallMs } = options;
    const { exchange } = venue;
    this.#term = new Term(logger);
    this.#tally = new FeedTally(exchange, options.totals, options.metrics);
    const onStale = () => this.#term.finish("stale_lease");
    this.#venue = venue;
    this.#clock = new VenueClock(venue);
    this.#demand = new Demand(exchange);
    const { listing } = options;
    this.#markets = new MarketList({
      venue,
      store,
      token,
      logger,
      random,
      signal: this.#term.signal,
      onStale,
      listing,
    });
    this.#publisher = new CandlePublisher({
      exchange,
      demand: this.#demand,
      broadcaster,
      token,
      onSent: (symbol, et) => this.#measureLag(symbol, et),
    });
    this.#depth = new DepthPublisher({ exchange, broadcaster, token });
    this.#writer = new CandleWriter({
      store,
      token,
      logger,
      random,
      onStored: (rows) => this.#tally.stored(rows),
      onEnd: (reason) => this.#term.finish(reason),
      onBug: (error) => this.#term.fail(error),
    });
    this.#indicators = new IndicatorKeeper({ exchange, store, writer: this.#writer });
    this.#alerts = new AlertRunner({ exchange, store, book: this.#indicators.book, logger, wallMs });
    this.#history = new PacedHistory(venue, () => this.#writer.room());
    this.#loader = new FeedLoader({
      store,
      venue,
      logger,
      random,
      signal: this.#term.signal,
      onRepaired: (rows, found) => {
        this.#tally.gap(found, rows.length);
        this.#writer.add(rows);
      },
    });
    this.#auditor = new FoldAuditor({
      venue,
      store,
      token,
      logger,
      venueNowMs: () => this.#clock.latestMs,
      nowMs,
      onChecked: (counts) => this.#tally.checked(counts),
      settled: (symbol) => this.#writer.settled(symbol),
      onRepaired: (symbol) => this.#restart(symbol),
    });
    this.#recorder = new FeedRecorder({
      ...options,
      streams: this.#streams,
      writer: this.#writer,
      depth: this.#depth,
      alerts: this.#alerts,
      auditor: this.#auditor,
      ages: this.#ages,
      lags: this.#lags,
      clock: this.#clock,
      onStale,
      onBug: (error) => this.#term.fail(error),
    });
  }

  /** What health checks show. */
  get status(): { state: FeedState; sockets: number; streams: number; live: number; watched: number; queued: number } {
    let live = 0;
    for (const stream of this.#streams.values()) if (stream.isLive) live++;
    const { sockets, streams } = this.#venue.counts();
    return { state: this.#state, sockets, streams, live, watched: this.#demand.pairs, queued: this.#writer.queued };
  }

  /** Looks at the watches at once, and at the alerts when they have changed. */
  wake(what: { alerts: boolean }): void {
    if (what.alerts) this.#alertsWanted = true;
    this.#term.wake();
  }

  /** Feeds until `signal` is aborted, the lease is lost, or too much waits. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<TermEnd> {
    const stop = () => this.#term.finish("stopped");
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.#working = this.#work().catch((error) => this.#term.fail(error));
    await Promise.race([this.#working, this.#term.ended()]);
    signal.removeEventListener("abort", stop);
    await this.#close();
    if (this.#term.bug !== null) throw this.#term.bug;
    return this.#term.end;
  }

  /**
   * Resolves once nothing is under way any more. What waited is stored by the end of {@link run}; this may take as long
   * as a database or an exchange that does not answer.
   */
  async settled(): Promise<void> {
    await this.#working;
    await Promise.all([this.#term.idle(), ...[...this.#streams.values()].map((stream) => stream.idle())]);
    await this.#closed;
  }

  async #work(): Promise<void> {
    await this.#loadMarkets();
    if (!this.#term.signal.aborted) await this.#feed();
  }

  async #feed(): Promise<void> {
    this.#venue.start({
      onTick: (tick) => this.#onTick(tick),
      onTrade: (trade) => this.#depth.onTrade(trade),
      onBook: (book) => this.#depth.onBook(book),
      onBadFrame: (frame) => this.#onBadFrame(frame),
      onSubscribed: (symbols) => {
        for (const symbol of symbols) this.#streams.get(symbol)?.onSubscribed();
      },
      onState: (state, reason) => this.#onState(state, reason),
      onReplaced: (reason) => this.#onReplaced(reason),
    });
    this.#term.background("record_starting", () => this.#recordFeed());
    await this.#readDemand();
    this.#term.background("record_others", () => this.#recordOthers());
    const publish = setInterval(() => {
      const now = this.#options.nowMs();
      this.#publisher.publish(now);
      this.#depth.publish(now);
    }, PUBLISH_INTERVAL_MS);
    try {
      await Promise.all([
        this.#term.every(WATCHES_INTERVAL_MS, () => this.#readDemand(), true),
        this.#term.every(STATUS_INTERVAL_MS, () => this.#recordFeed()),
        this.#term.every(this.#options.marketsInterval_ms ?? MARKETS_INTERVAL_MS, () => this.#loadMarkets()),
        this.#term.every(TICKERS_INTERVAL_MS, () => this.#recordOthers()),
        this.#term.every(REPAIR_INTERVAL_MS, () => this.#loader.repair(this.#listStreams())),
        this.#term.every(WARM_INTERVAL_MS, () => this.#indicators.warm()),
        this.#term.every(ALERTS_INTERVAL_MS, () => {
          this.#alertsWanted = true;
          return Promise.resolve();
        }),
        this.#auditor.run(this.#term.signal).catch((error) => this.#term.fail(error)),
      ]);
    } finally {
      clearInterval(publish);
    }
  }

  async #close(): Promise<void> {
    this.#term.finish("stopped");
    for (const stream of this.#streams.values()) stream.close();
    this.#alerts.close();
    this.#closed = this.#venue.close();
    if (this.#term.end === "stopped") {
      this.#state = "stopped";
      await Promise.all([this.#writer.close(), this.#recordFeed()]);
    } else {
      await this.#writer.close(0);
    }
  }

  async #loadMarkets(): Promise<void> {
    const read = await this.#markets.read();
    if (read === null) return;
    for (const symbol of read.delisted) this.#publisher.delisted(symbol, this.#clock.latestMs);
    const active = read.markets.filter((market) => market.active).map((market) => market.symbol);
    this.#demand.setMarkets(active, choosePinned(read.markets, read.quoteVolumes));
    // Streams of what was delisted end, and its watchers are let go.
    if (read.delisted.length > 0) this.wake({ alerts: false });
  }

  /** Reads what is wanted, and streams it. */
  async #readDemand(): Promise<void> {
    // At once: a takeover waits for both.
    const [watches] = await Promise.all([
      this.#options.store.activeWatches().catch((error) => {
        if (!(error instanceof StoreError)) throw error;
        this.#options.logger.warn("Cannot read watches", { error });
        return null;
      }),
      this.#alertsWanted ? this.#readAlerts() : null,
    ]);
    if (this.#term.signal.aborted) return;
    const now = this.#options.nowMs();
    const topics = watches === null ? null : [...watches.keys()];
    if (topics !== null) this.#demand.setWatched(topics, now);
    if (watches !== null) this.#options.broadcaster.setReaders(this.#options.venue.exchange, watches);
    const wanted = this.#demand.streams(now);
    const added = wanted.filter((symbol) => !this.#streams.has(symbol));
    this.#loader.load(added);
    for (const symbol of added) this.#streams.set(symbol, this.#newStream(symbol));
    const keep = new Set(wanted);
    for (const [symbol, stream] of this.#streams) {
      if (keep.has(symbol)) continue;
      stream.close();
      this.#streams.delete(symbol);
      this.#loader.forget(symbol);
      this.#auditor.forget(symbol);
    }
    if (topics !== null) this.#publisher.retain(topics, (symbol) => keep.has(symbol));
    this.#ages.retain((symbol) => keep.has(symbol));
    this.#depth.setWatched(this.#demand.books, this.#demand.trades);
    this.#setStreams(wanted);
    this.#term.background("first_depth", () => this.#firstDepth());
    for (const stream of this.#streams.values()) this.#publisher.changed(stream);
  }

  #setStreams(candles: string[]): void {
    const { books, trades } = this.#demand;
    const streamed = JSON.stringify([candles.toSorted(), [...books].sort(), [...trades].sort()]);
    if (streamed === this.#streamed) return;
    this.#streamed = streamed;
    this.#venue.setStreams({ candles, books, trades });
  }

  async #readAlerts(): Promise<void> {
    try {
      await this.#alerts.read();
      this.#alertsWanted = false;
      this.#demand.setAlerted(this.#alerts.symbols);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.logger.warn("Cannot read alerts", { error });
    }
  }

  /** The latest trades of markets that somebody has just begun to look at; their books come whole by themselves. */
  async #firstDepth(): Promise<void> {
    for (const symbol of this.#depth.unseen()) {
      if (this.#term.signal.aborted) return;
      try {
        for (const trade of await this.#venue.trades(symbol, TRADES_READ)) this.#depth.onTrade(trade);
        this.#depth.seen(symbol);
      } catch (error) {
        // The others need not wait for one that cannot be read.
        if (!(error instanceof VenueError)) throw error;
        this.#options.logger.warn("Cannot read the latest trades yet", { symbol, error });
      }
    }
  }

  #newStream(symbol: string): SymbolStream {
    const priceDigits = this.#markets.priceDigits(symbol);
    const stream: SymbolStream = new SymbolStream({
      symbol,
      priceDigits,
      venue: this.#history,
      logger: this.#options.logger,
      random: this.#options.random,
      signal: this.#term.signal,
      venueNow: () => this.#clock.now(symbol),
      stored: () => this.#loader.stored(symbol, priceDigits),
      onClosed: (candles, et, live) => this.#onClosed(symbol, candles, et, live),
      onGap: (found, filled) => this.#tally.gap(found, filled),
      onBug: (error) => this.#term.fail(error),
      onLive: () => {
        this.#publisher.changed(stream);
        this.#publisher.publish(this.#options.nowMs());
      },
      priority: this.#streams.size,
    });
    return stream;
  }

  /** Starts a symbol over from what is stored, because that has changed beneath it. */
  #restart(symbol: string): void {
    const stream = this.#streams.get(symbol);
    if (stream === undefined || this.#term.signal.aborted) return;
    stream.close();
    this.#loader.load([symbol]);
    const fresh = this.#newStream(symbol);
    this.#streams.set(symbol, fresh);
    fresh.onSubscribed();
    this.#term.background(`restate_${symbol}`, () => this.#indicators.restate(symbol));
  }

  #onTick(tick: VenueTick): void {
    const now = this.#options.nowMs();
    this.#tally.ticked();
    this.#recorder.ticked();
    this.#lastFrameMs = now;
    this.#clock.heard(tick.et);
    this.#ages.heard(tick.symbol, now);
    const stream = this.#streams.get(tick.symbol);
    if (stream?.onTick(tick) === true) this.#publisher.changed(stream);
    this.#alerts.onPrice(tick.symbol, tick.candle.c, tick.et);
  }

  #onClosed(symbol: string, candles: SeriesCandle[], et: number, live: boolean): void {
    const rows: CandleRow[] = [];
    for (const { timeframe, candle, ind } of candles) {
      rows.push({ symbol, timeframe, ...candle, ...(ind === undefined ? {} : { ind }) });
      this.#indicators.close(symbol, timeframe, candle);
      if (live) this.#alerts.onClosed(symbol, timeframe, candle.c, et);
      // What closed while a symbol caught up may be folded from minutes that were stored wrong.
      const width = TIMEFRAME_MS[timeframe];
      if (live || candle.t + 2 * width >= this.#clock.latestMs) this.#auditor.closed(symbol, timeframe, candle);
    }
    this.#publisher.closed(symbol, candles, et, this.#clock.latestMs);
    this.#writer.add(rows);
  }

  /** From the exchange's event to our broadcast: the time within, and the way here while the clocks agree. */
  #measureLag(symbol: string, et: number): void {
    const now = this.#options.nowMs();
    const within_ms = this.#ages.age(symbol, now);
    if (within_ms === null) return;
    const way_ms = this.#options.wallMs() - within_ms - et;
    this.#lags.add(within_ms + (Math.abs(way_ms) < CLOCKS_AGREE_MS ? way_ms : 0), now);
  }

  #onState(state: "live" | "reconnecting", reason: string | undefined): void {
    if (state === "reconnecting") {
      this.#tally.lost();
      this.#clock.lost();
      this.#options.logger.warn("Lost the exchange's socket", { exchange: this.#venue.exchange, reason });
    } else if (this.#state === "reconnecting") {
      this.#options.logger.info("The exchange's socket is back", { exchange: this.#venue.exchange });
      this.#term.background("repair", () => this.#loader.repair(this.#listStreams()));
    }
    if (state !== this.#state) {
      this.#state = state;
      this.#term.background(`record_${state}`, () => this.#recordFeed());
    }
  }

  #onReplaced(reason: string): void {
    this.#tally.replaced();
    this.#options.logger.info("The exchange's socket was replaced", { exchange: this.#venue.exchange, reason });
  }

  #onBadFrame(frame: BadFrame): void {
    this.#tally.badFrame(frame);
    this.#options.quarantine.add(frame);
  }

  /** One at a time, so that an older state never lands after a newer one. */
  #recordFeed(): Promise<void> {
    const recorded = this.#recorded.then(async () => {
      if (this.#lastFrameMs > 0) this.#tally.age(this.#options.nowMs() - this.#lastFrameMs);
      await this.#recorder.record(this.#state);
    });
    this.#recorded = recorded.catch(() => {});
    return recorded;
  }

  /** Statistics of the markets that nobody streams, where there are any. */
  async #recordOthers(): Promise<void> {
    if (this.#markets.size > this.#streams.size) await this.#recorder.recordOthers();
  }

  #listStreams(): { symbol: string; priceDigits: number }[] {
    return [...this.#streams.keys()].map((symbol) => ({ symbol, priceDigits: this.#markets.priceDigits(symbol) }));
  }
}
