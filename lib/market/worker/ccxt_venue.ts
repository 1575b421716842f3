import ccxt, { type Exchange } from "ccxt";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import { isSaneCandle } from "../binance_frames.ts";
import { SYMBOL_PATTERN } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import { plainDecimal, stepOfPlaces } from "../plain_number.ts";
import { TIMEFRAMES } from "../timeframe.ts";
import {
  type HistoryRequest,
  type Venue,
  type VenueCounts,
  VenueError,
  type VenueListener,
  type VenueMarket,
  type VenueOptions,
} from "./venue.ts";

/** REST requests at once: ccxt paces them by the exchange's own limits. */
const REST_CONCURRENCY_MAX = 2;

/** Tries of one REST request. */
const REST_ATTEMPTS_MAX = 4;

/** Step taken where an exchange tells none. */
const FALLBACK_STEP = "0.00000001";

/**
 * Any exchange of ccxt's whose `pro` class streams candles. ccxt tells floats and no closes: numbers are written out as
 * the shortest decimals that name them, and a minute closes when the next one starts.
 */
export class CcxtVenue implements Venue {
  readonly exchange: string;
  readonly historyCandlesMax = 500;
  readonly #options: VenueOptions;
  readonly #ccxt: Exchange;
  readonly #rest = new Limiter(REST_CONCURRENCY_MAX);
  readonly #stop = new AbortController();
  readonly #last = new Map<string, Ohlcv>();
  readonly #confirmed = new Set<string>();
  readonly #loops = new Map<string, AbortController>();
  #theirs = new Map<string, string>();
  #ours = new Map<string, string>();
  #wanted: string[] = [];
  #listener: VenueListener | null = null;
  #failures = 0;

  constructor(options: VenueOptions, exchange: Exchange = openExchange(options.exchange)) {
    this.exchange = options.exchange;
    this.#options = options;
    this.#ccxt = exchange;
  }

  async markets(): Promise<VenueMarket[]> {
    const listed = await this.#ask("markets", 0, () => this.#ccxt.loadMarkets(true));
    const markets: VenueMarket[] = [];
    const theirs = new Map<string, string>();
    for (const market of Object.values(listed)) {
      const base = market?.base;
      const quote = market?.quote;
      const ours = `${base}-${quote}`;
      if (market?.spot !== true || !base || !quote || !SYMBOL_PATTERN.test(ours) || theirs.has(ours)) continue;
      theirs.set(ours, market.symbol);
      markets.push({
        symbol: ours,
        venue_symbol: market.symbol,
        base,
        quote,
        tick_size: this.#step(market.precision?.price),
        lot_size: this.#step(market.precision?.amount),
        min_notional: decimal(market.limits?.cost?.min ?? 0),
        active: market.active !== false,
      });
    }
    this.#theirs = theirs;
    this.#ours = new Map([...theirs].map(([ours, symbol]) => [symbol, ours]));
    return markets;
  }

  async quoteVolumes(): Promise<Map<string, number>> {
    const volumes = new Map<string, number>();
    if (!this.#ccxt.has["fetchTickers"]) return volumes;
    const tickers = await this.#ask("tickers", 0, () => this.#ccxt.fetchTickers());
    for (const ticker of Object.values(tickers)) {
      const symbol = this.#ours.get(ticker?.symbol ?? "");
      if (symbol !== undefined && Number.isFinite(ticker.quoteVolume)) volumes.set(symbol, Number(ticker.quoteVolume));
    }
    return volumes;
  }

  async history({ symbol, timeframe, fromMs, limit, priority = 0 }: HistoryRequest): Promise<Ohlcv[]> {
    const theirs = this.#theirs.get(symbol);
    if (theirs === undefined) throw new VenueError(`Cannot read candles: "${symbol}" is not listed`);
    const rows = await this.#ask(
      "candles",
      priority,
      () => this.#ccxt.fetchOHLCV(theirs, timeframe, fromMs, limit),
    );
    const candles: Ohlcv[] = [];
    for (const row of rows) {
      const candle = toCandle(row);
      if (candle === null) throw new VenueError(`Cannot read candles: a row of ${symbol} ${timeframe} is malformed`);
      if (candle.t > (candles.at(-1)?.t ?? -1) && candle.t >= (fromMs ?? 0)) candles.push(candle);
    }
    return candles;
  }

  start(listener: VenueListener): void {
    this.#listener = listener;
  }

  setStreams(symbols: Iterable<string>): void {
    this.#wanted = [...symbols].filter((symbol) => this.#theirs.has(symbol));
    const wanted = new Set(this.#wanted);
    for (const symbol of this.#confirmed) {
      if (wanted.has(symbol)) continue;
      this.#confirmed.delete(symbol);
      this.#last.delete(symbol);
    }
    // One loop for all where the exchange takes many symbols at once, else one a symbol.
    const loops = this.#ccxt.has["watchOHLCVForSymbols"] ? ["*"] : this.#wanted;
    for (const [name, stop] of this.#loops) {
      if (loops.includes(name)) continue;
      stop.abort();
      this.#loops.delete(name);
    }
    for (const name of loops) {
      if (this.#loops.has(name) || this.#wanted.length === 0) continue;
      const stop = new AbortController();
      this.#loops.set(name, stop);
      this.#watch(name, AbortSignal.any([stop.signal, this.#stop.signal])).catch((error) =>
        this.#options.logger.error("A candle stream ended", { error })
      );
    }
  }

  counts(): VenueCounts {
    return { sockets: Object.keys(this.#ccxt.clients ?? {}).length, streams: this.#confirmed.size };
  }

  async close(): Promise<void> {
    this.#listener = null;
    this.#stop.abort();
    await this.#ccxt.close();
  }

  async #watch(name: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const [symbol, rows] of await this.#nextUpdate(name)) {
          if (!signal.aborted) this.#take(symbol, rows);
        }
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        this.#lose(error instanceof Error ? error.message : String(error));
        const wait = backoff_ms(this.#failures++, { base_ms: 500, max_ms: 15_000, random: this.#options.random });
        await delay(wait, signal);
      }
    }
  }

  async #nextUpdate(name: string): Promise<[string, unknown[]][]> {
    if (name !== "*") return [[name, await this.#ccxt.watchOHLCV(this.#theirs.get(name) ?? name, "1m")]];
    const pairs = this.#wanted.map((symbol) => [this.#theirs.get(symbol) ?? symbol, "1m"]);
    const update = await this.#ccxt.watchOHLCVForSymbols(pairs);
    return Object.entries(update).map(([theirs, byTimeframe]) => [
      this.#ours.get(theirs) ?? theirs,
      Object.values(byTimeframe ?? {}).flat() as unknown[],
    ]);
  }

  #take(symbol: string, rows: unknown[]): void {
    const listener = this.#listener;
    if (listener === null || !this.#wanted.includes(symbol)) return;
    if (!this.#confirmed.has(symbol)) {
      this.#confirmed.add(symbol);
      listener.onSubscribed([symbol]);
      if (this.#confirmed.size === this.#wanted.length) listener.onState("live");
    }
    for (const row of rows) {
      const candle = toCandle(row);
      const last = this.#last.get(symbol);
      if (candle === null || (last !== undefined && candle.t < last.t)) continue;
      if (last !== undefined && candle.t > last.t) {
        listener.onTick({ symbol, candle: last, closed: true, et: candle.t });
      }
      this.#last.set(symbol, candle);
      // The exchange tells no time but the candle's own, and ours is not the market's.
      listener.onTick({ symbol, candle, closed: false, et: candle.t });
    }
  }

  #lose(reason: string): void {
    // A minute that was forming may have changed unseen: it is not closed from memory.
    this.#last.clear();
    this.#confirmed.clear();
    this.#listener?.onState("reconnecting", reason);
  }

  #step(precision: number | undefined): string {
    if (precision === undefined || !(precision > 0)) return FALLBACK_STEP;
    const places = this.#ccxt.precisionMode === ccxt.DECIMAL_PLACES;
    return places ? stepOfPlaces(precision) : plainDecimal(precision);
  }

  async #ask<T>(what: string, priority: number, request: () => Promise<T>): Promise<T> {
    let last: unknown;
    for (let attempt = 0; attempt < REST_ATTEMPTS_MAX && !this.#stop.signal.aborted; attempt++) {
      if (attempt > 0) {
        const wait = backoff_ms(attempt - 1, { base_ms: 1_000, max_ms: 10_000, random: this.#options.random });
        await delay(wait, this.#stop.signal);
      }
      try {
        return await this.#rest.run(request, priority);
      } catch (error) {
        last = error;
        if (!(error instanceof ccxt.NetworkError)) break;
        this.#options.logger.warn("The exchange did not answer", { what, attempt, error });
      }
    }
    throw new VenueError(
      `Cannot ask the exchange for ${what}: ${last instanceof Error ? last.message : "it is closed"}`,
    );
  }
}

/** Whether ccxt can stream and read candles of every width from this exchange. */
export function isStreamable(id: string): boolean {
  if (!Object.hasOwn(ccxt.pro, id)) return false;
  const { has, timeframes } = openExchange(id);
  const streams = has["watchOHLCV"] === true || has["watchOHLCVForSymbols"] === true;
  return streams && has["fetchOHLCV"] === true && TIMEFRAMES.every((timeframe) => timeframe in (timeframes ?? {}));
}

function openExchange(id: string): Exchange {
  const classes = ccxt.pro as unknown as Record<string, new (config: unknown) => Exchange>;
  const Pro = Object.hasOwn(classes, id) ? classes[id] : undefined;
  if (Pro === undefined) throw new RangeError(`Cannot open the exchange "${id}": ccxt does not stream it`);
  return new Pro({ enableRateLimit: true, newUpdates: true, options: { defaultType: "spot" } });
}

function toCandle(row: unknown): Ohlcv | null {
  if (!Array.isArray(row)) return null;
  const [t, o, h, l, c, v] = row.map(Number);
  if (t === undefined || !Number.isInteger(t) || t < 0) return null;
  if (![o, h, l, c, v].every((value) => Number.isFinite(value))) return null;
  const candle = { t, o: decimal(o), h: decimal(h), l: decimal(l), c: decimal(c), v: decimal(v) };
  return isSaneCandle(candle) ? candle : null;
}

function decimal(value: number | undefined): string {
  return plainDecimal(value ?? 0);
}
