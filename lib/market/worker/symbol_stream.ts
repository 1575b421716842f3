import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { Candle } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import { Series, type SeriesCandle, type SeriesChange } from "../series.ts";
import type { TickerStats } from "../ticker.ts";
import { type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "../timeframe.ts";
import type { StoredCandles } from "./feed_store.ts";
import { type Venue, VenueError, type VenueTick } from "./venue.ts";

/** Candles read of each width when nothing is stored. */
export const BACKFILL_CANDLES = 500;

/**
 * Minutes away up to which the longer widths are folded from one-minute history. After a longer outage each width is
 * read by itself, so that its chart need not wait for all the minutes; those follow.
 */
export const MINUTES_FOLDED_MAX = 20_000;

/** Closed minutes kept while history is being read. Older ones are dropped: the next pass reads them again. */
const PENDING_MINUTES_MAX = 240;

/** Passes over the history before a pause. */
const PASSES_MAX = 50;

/** Candles asked for beyond those that are known to be missing. */
const HISTORY_SLACK = 3;

/** Minutes by which an outage must be shorter than an exchange's history of them: reading it takes time. */
const REACH_MARGIN = 30;

/** Time an exchange gets until its history shows a candle's last trade: younger candles count as forming. */
const HISTORY_SETTLE_MS = 1_000;

/** What a stream needs from outside. */
export interface SymbolStreamOptions {
  symbol: string;
  priceDigits: number;
  venue: Pick<Venue, "capabilities" | "history">;
  logger: Logger;
  random: () => number;
  signal: AbortSignal;
  /** The latest time the exchange is known to have reached, Unix ms; asks it when nothing is known yet. */
  venueNow: () => Promise<number>;
  /** What is stored of this symbol, repaired where it had holes; asked once. */
  stored: () => Promise<StoredCandles>;
  /** Takes closed candles, in order; `et` is the exchange's event time, `live` says that its stream told the close. */
  onClosed: (candles: SeriesCandle[], et: number, live: boolean) => void;
  /** Told when live minutes follow on history and what is forming is known. */
  onLive: () => void;
  /** Told of candles that were missing and of those that history gave back. */
  onGap: (found: number, filled: number) => void;
  /** Told of an error that no retry mends. */
  onBug: (error: unknown) => void;
  /** Lower is served first. */
  priority: number;
}

/**
 * One symbol on its way from the exchange to everyone. After each confirmed subscription it reads what it missed from
 * the history while live minutes wait, then splices them, so that nothing is lost and nothing doubled. A minute missing
 * from the live stream leads to the same.
 */
export class SymbolStream {
  readonly symbol: string;
  readonly #options: SymbolStreamOptions;
  readonly #series: Series;
  #pending: VenueTick[] = [];
  #latest: VenueTick | null = null;
  #live = false;
  #restored = false;
  #syncing: Promise<void> | null = null;
  #again = false;
  #lastEventMs = 0;
  /** Widths whose history had no closed candle yet: the symbol is younger than their first one. */
  readonly #young = new Set<Timeframe>();
  readonly #stop = new AbortController();

  constructor(options: SymbolStreamOptions) {
    this.symbol = options.symbol;
    this.#options = options;
    this.#series = new Series(options.priceDigits);
    const stop = () => this.#stop.abort();
    if (options.signal.aborted) stop();
    else options.signal.addEventListener("abort", stop, { once: true });
  }

  /** Whether live minutes follow on history without a hole. */
  get isLive(): boolean {
    return this.#live;
  }

  /** Event time of the last frame, Unix ms; 0 before the first. */
  get lastEventMs(): number {
    return this.#lastEventMs;
  }

  /** Ends it; what waits is dropped. */
  close(): void {
    this.#stop.abort();
  }

  /** Resolves when no history is being read. */
  async idle(): Promise<void> {
    while (this.#syncing !== null) await this.#syncing;
  }

  /** Takes a frame of the live stream. Answers whether what is forming has changed. */
  onTick(tick: VenueTick): boolean {
    if (tick.et > this.#lastEventMs) this.#lastEventMs = tick.et;
    if (!this.#live) {
      this.#keep(tick);
      return false;
    }
    if (tick.closed) {
      this.#close(tick);
      return false;
    }
    if (this.#series.tick(tick.candle)) return true;
    // The close in between was never told.
    if (tick.candle.t > (this.#series.next("1m") ?? 0)) this.#resync(tick);
    return false;
  }

  /** The exchange has (again) confirmed the stream: what was missed before is read from the history. */
  onSubscribed(): void {
    this.#live = false;
    this.#sync();
  }

  /** The forming candle of a width, or null. */
  forming(timeframe: Timeframe): Candle | null {
    return this.#live ? this.#series.forming(timeframe) : null;
  }

  /** Rolling 24-hour statistics, or null. */
  stats(): TickerStats | null {
    return this.#series.stats();
  }

  #keep(tick: VenueTick): void {
    if (!tick.closed) {
      this.#latest = tick;
      return;
    }
    this.#pending.push(tick);
    if (this.#pending.length > PENDING_MINUTES_MAX) this.#pending.shift();
  }

  #close(tick: VenueTick): void {
    const result = this.#series.close(tick.candle);
    if (result.ok) {
      this.#emit(result.change, tick.et);
      if (result.change.incomplete.length > 0) this.#refill(result.change);
    } else if (result.reason === "gap") {
      this.#resync(tick);
    }
  }

  /** Widths whose candle ended incomplete are read from the history, also those that had none so far. */
  #refill(change: SeriesChange): void {
    for (const { timeframe } of change.incomplete) this.#young.delete(timeframe);
    this.onSubscribed();
  }

  #resync(tick: VenueTick): void {
    this.#keep(tick);
    this.onSubscribed();
  }

  #sync(): void {
    this.#again = true;
    this.#syncing ??= this.#run().catch(this.#options.onBug).finally(() => {
      this.#syncing = null;
    });
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      try {
        await this.#catchUp();
        failures = 0;
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
        if (this.#stop.signal.aborted) return;
        this.#options.logger.warn("Cannot read history yet", { symbol: this.symbol, error });
        this.#again = true;
        const wait = backoff_ms(failures++, { base_ms: 250, max_ms: 10_000, random: this.#options.random });
        await delay(wait, this.#stop.signal);
      }
    }
  }

  async #catchUp(): Promise<void> {
    if (!this.#restored) {
      const stored = await this.#options.stored();
      for (const timeframe of TIMEFRAMES) this.#series.restore(timeframe, stored[timeframe]);
      this.#restored = true;
    }
    const resumed = this.#series.cursor("1m") !== null;
    for (let pass = 0; !this.#stop.signal.aborted; pass++) {
      // The first pass of a cold start follows on nothing, so what it reads was not missing.
      await this.#join(resumed || pass > 0);
      await this.#page("1m", resumed || pass > 0);
      if (this.#unreached().length === 0 && this.#splice()) return;
      if (pass >= PASSES_MAX) throw new VenueError(`Cannot catch up with ${this.symbol}: history lags`);
      // The history may show a minute a little later than the stream told its close.
      const wait = backoff_ms(Math.min(pass, 4), { base_ms: 50, max_ms: 1_000, random: this.#options.random });
      await delay(wait, this.#stop.signal);
    }
  }

  /** Makes every width follow on its own history, then folds minutes into them. */
  async #join(counted: boolean): Promise<void> {
    const next = this.#series.next("1m");
    const away = next === null ? 0 : (await this.#options.venueNow() - next) / TIMEFRAME_MS["1m"];
    const reach = this.#options.venue.capabilities.historyReachCandles ?? Number.POSITIVE_INFINITY;
    // Where minutes are no longer to be had, what is folded from those that are left would be wrong.
    const long = away > Math.min(MINUTES_FOLDED_MAX, reach - REACH_MARGIN);
    if (long) {
      this.#options.logger.info("Long outage: each width is read by itself", {
        symbol: this.symbol,
        minutes: Math.floor(away),
      });
    }
    const wide = long ? TIMEFRAMES : this.#unreached();
    if (wide.length === 0 && this.#series.linked) return;
    const timeframes = new Set<Timeframe>(wide);
    // Minutes go first: the chart most people open needs nothing else.
    if (next === null) timeframes.add("1m");
    const ordered = TIMEFRAMES.filter((timeframe) => timeframes.has(timeframe));
    const read = await Promise.allSettled(ordered.map((timeframe) => this.#page(timeframe, counted)));
    for (const result of read) if (result.status === "rejected") throw result.reason;
    if (this.#stop.signal.aborted) return;
    this.#emit(this.#series.link(), null);
  }

  #unreached(): Timeframe[] {
    return this.#series.unreached().filter((tf) => this.#series.cursor(tf) !== null || !this.#young.has(tf));
  }

  /** Reads the history of a width from where it ends up to now. */
  async #page(timeframe: Timeframe, counted: boolean): Promise<void> {
    const { venue, symbol, priority } = { ...this.#options };
    const width = TIMEFRAME_MS[timeframe];
    while (!this.#stop.signal.aborted) {
      const next = this.#series.next(timeframe);
      const now = await this.#options.venueNow();
      if (next !== null && next + width > now) return;
      const missing = next === null ? BACKFILL_CANDLES : Math.ceil((now - next) / width);
      const limit = Math.min(venue.capabilities.historyCandlesMax, missing + HISTORY_SLACK);
      const rank = priority * TIMEFRAMES.length + TIMEFRAMES.indexOf(timeframe);
      const fromMs = next === null ? {} : { fromMs: next };
      const rows = await venue.history({ symbol, timeframe, limit, priority: rank, ...fromMs });
      if (this.#stop.signal.aborted) return;
      const change = this.#series.history(timeframe, closedOnly(rows, width, now - HISTORY_SETTLE_MS));
      // Counted are the candles of this width alone: longer ones folded from them were not missing at the exchange.
      const filled = change.closed.filter((closed) => closed.timeframe === timeframe).length;
      if (counted && next !== null) this.#options.onGap(filled + change.absent, filled);
      if (this.#series.cursor(timeframe) === null) this.#young.add(timeframe);
      this.#emit(change, null);
      if (next === null || rows.length < limit || filled === 0) return;
    }
  }

  /** Takes the live minutes that waited; false when they do not follow on the history yet. */
  #splice(): boolean {
    const pending = this.#pending;
    this.#pending = [];
    for (let i = 0; i < pending.length; i++) {
      const tick = pending[i] as VenueTick;
      const result = this.#series.close(tick.candle);
      if (result.ok) {
        this.#emit(result.change, tick.et);
        if (result.change.incomplete.length === 0) continue;
        this.#refill(result.change);
      } else if (result.reason === "old") {
        continue;
      }
      this.#pending = pending.slice(i);
      return false;
    }
    const latest = this.#latest;
    if (latest !== null && latest.candle.t > (this.#series.next("1m") ?? latest.candle.t)) return false;
    // Asked for again in the meantime: the socket was lost and found once more.
    if (this.#again) return true;
    if (latest !== null) this.#series.tick(latest.candle);
    this.#latest = null;
    this.#live = true;
    if (latest !== null) this.#options.onLive();
    return true;
  }

  #emit(change: SeriesChange, et: number | null): void {
    if (change.closed.length === 0 || this.#stop.signal.aborted) return;
    const newest = change.closed.reduce(
      (max, { candle, timeframe }) => Math.max(max, candle.t + TIMEFRAME_MS[timeframe]),
      0,
    );
    this.#options.onClosed(change.closed, et ?? newest, et !== null);
  }
}

/**
 * Leaves out the last candle unless it had ended by `askedMs`, the exchange's time before it was asked: the answer may
 * be older than what the stream has told since, and would show the candle half done.
 */
function closedOnly(rows: Ohlcv[], width: number, askedMs: number): Ohlcv[] {
  const last = rows.at(-1);
  return last === undefined || last.t + width <= askedMs ? rows : rows.slice(0, -1);
}
