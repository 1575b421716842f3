import type { Logger } from "../../kernel/log.ts";
import { stepDigits } from "../../kernel/decimal.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { choosePinned, Demand } from "../demand.ts";
import type { SeriesCandle } from "../series.ts";
import { CandlePublisher } from "./candle_publisher.ts";
import { CandleWriter } from "./candle_writer.ts";
import { FeedLoader } from "./feed_loader.ts";
import type { FeedMetrics } from "./feed_metrics.ts";
import { type CandleRow, type FeedState, type FeedStore, ROWS_PER_CALL_MAX, StoreError } from "./feed_store.ts";
import { SymbolStream } from "./symbol_stream.ts";
import { VenueClock } from "./venue_clock.ts";
import { type Venue, VenueError, type VenueMarket, type VenueTick } from "./venue.ts";

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
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
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
  #markets = new Map<string, VenueMarket>();
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
    });
    await this.#readWatches();
    const publish = setInterval(() => this.#publisher.publish(this.#options.nowMs()), PUBLISH_INTERVAL_MS);
    try {
      await Promise.all([
        this.#every(WATCHES_INTERVAL_MS, () => this.#readWatches(), true),
        this.#every(STATUS_INTERVAL_MS, () => this.#recordFeed()),
        this.#every(MARKETS_INTERVAL_MS, () => this.#loadMarkets()),
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
    const markets = await this.#untilAnswered(() => this.#venue.markets());
    const volumes = await this.#untilAnswered(() => this.#venue.quoteVolumes());
    if (markets === null || volumes === null) return;
    for (let i = 0; i < markets.length; i += ROWS_PER_CALL_MAX) {
      const rows = markets.slice(i, i + ROWS_PER_CALL_MAX);
      const stored = await this.#untilStored((token) => this.#options.store.recordSymbols(token, rows));
      if (!stored) return;
    }
    this.#markets = new Map(markets.map((market) => [market.symbol, market]));
    const active = markets.filter((market) => market.active).map((market) => market.symbol);
    this.#demand.setMarkets(active, choosePinned(markets, volumes));
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
    if (added.length > 0 || this.#streams.size !== before) this.#venue.setStreams(wanted);
    for (const stream of this.#streams.values()) this.#publisher.changed(stream);
  }

  #newStream(symbol: string): SymbolStream {
    const priceDigits = this.#priceDigits(symbol);
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
    return [...this.#streams.keys()].map((symbol) => ({ symbol, priceDigits: this.#priceDigits(symbol) }));
  }

  #priceDigits(symbol: string): number {
    return stepDigits(this.#markets.get(symbol)?.tick_size ?? "0.01");
  }

  /** Asks the exchange until it answers; null when the session ends first. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T | null> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
        this.#options.logger.warn("The exchange does not answer yet", { attempt, error });
        const wait = backoff_ms(attempt, { base_ms: 250, max_ms: 15_000, random: this.#options.random });
        await delay(wait, this.#stop.signal);
      }
    }
    return null;
  }

  /** Writes until it lands; false when the session ends first. */
  async #untilStored(write: (token: number) => ReturnType<FeedStore["recordSymbols"]>): Promise<boolean> {
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      const token = this.#options.token();
      if (token === null) {
        this.#finish("stale_lease");
        break;
      }
      const answer = await write(token);
      if (answer.ok) return true;
      if (answer.next === "halt") this.#finish("stale_lease");
      if (answer.next === "reject") throw new Error(`Cannot store symbols: ${answer.code} ${answer.detail}`);
      const wait = backoff_ms(attempt, { base_ms: 200, max_ms: 3_000, random: this.#options.random });
      await delay(wait, this.#stop.signal);
    }
    return false;
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
