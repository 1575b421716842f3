import ccxt, { type Exchange, type Trade } from "ccxt";
import { badFrame } from "../bad_frame.ts";
import { SYMBOL_PATTERN } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import { foldHistory, sourceWidth } from "../fold_history.ts";
import { plainDecimal, stepOfPlaces } from "../plain_number.ts";
import { type Timeframe, TIMEFRAME_MS } from "../timeframe.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import { openExchange } from "./ccxt_exchange.ts";
import { openSockets } from "./ccxt_sockets.ts";
import { CcxtStreams } from "./ccxt_streams.ts";
import { toBook, toCandle, toTrade } from "./ccxt_values.ts";
import { RestCaller } from "./rest_caller.ts";
import {
  type HistoryRequest,
  type StreamSet,
  type Venue,
  type VenueBook,
  type VenueCounts,
  VenueError,
  type VenueListener,
  type VenueMarket,
  type VenueOptions,
  type VenueTicker,
  type VenueTrade,
} from "./venue.ts";

/** REST requests at once: ccxt paces them by the exchange's own limits. */
const REST_CONCURRENCY_MAX = 2;

/** Tries of one REST request. */
const REST_ATTEMPTS_MAX = 4;

/** Calls that one answer of {@link CcxtVenue.history} may take where its width is folded from a shorter one. */
const HISTORY_CALLS_MAX = 50;

/** Trades of a symbol remembered, so that what a new socket repeats is not told twice. */
const TRADES_REMEMBERED_MAX = 2_000;

/** Minutes asked for where candles are not streamed: the forming one and those before, should one close in between. */
const POLLED_CANDLES = 3;

/** Step taken where an exchange tells none. */
const FALLBACK_STEP = "0.00000001";

/**
 * Any exchange of ccxt's with a history of minutes. ccxt tells floats and no closes: numbers are written out as the
 * shortest decimals that name them, and a minute closes when the next one starts.
 */
export class CcxtVenue implements Venue {
  readonly exchange: string;
  readonly capabilities: VenueCapabilities;
  readonly #ccxt: Exchange;
  readonly #rest: RestCaller;
  readonly #streams: CcxtStreams;
  readonly #last = new Map<string, Ohlcv>();
  readonly #told = new Map<string, Set<string>>();
  #theirs = new Map<string, string>();
  #ours = new Map<string, string>();
  #listener: VenueListener | null = null;
  #live = false;

  constructor(options: VenueOptions, exchange: Exchange = openExchange(options.capabilities)) {
    this.exchange = options.exchange;
    this.capabilities = options.capabilities;
    this.#ccxt = exchange;
    this.#rest = new RestCaller({
      concurrencyMax: REST_CONCURRENCY_MAX,
      attemptsMax: REST_ATTEMPTS_MAX,
      backoffBase_ms: 1_000,
      backoffMax_ms: 10_000,
      logger: options.logger,
      random: options.random,
    });
    this.#streams = new CcxtStreams({
      ...options,
      exchange,
      poll: (theirs) =>
        this.#rest.ask("candles", 0, () => exchange.fetchOHLCV(theirs, "1m", undefined, POLLED_CANDLES)),
      listener: {
        onCandles: (theirs, rows) => this.#onCandles(theirs, rows),
        onTrades: (theirs, trades) => this.#onTrades(theirs, trades),
        onBook: (theirs, book) => {
          const symbol = this.#ours.get(theirs);
          if (symbol === undefined) return;
          const read = toBook(symbol, book, this.capabilities.bookLevels);
          if (typeof read === "string") this.#bad(read, book);
          else this.#listener?.onBook(read);
        },
        onConfirmed: (kind, theirs) => {
          const symbol = this.#ours.get(theirs);
          if (kind === "candles" && symbol !== undefined) this.#listener?.onSubscribed([symbol]);
          this.#tellLive();
        },
        onLost: (reason) => {
          // A minute that was forming may have changed unseen: it is not closed from memory.
          this.#last.clear();
          this.#live = false;
          this.#listener?.onState("reconnecting", reason);
        },
        onBadFrame: (frame) => this.#listener?.onBadFrame(frame),
      },
    });
  }

  async markets(): Promise<VenueMarket[]> {
    const listed = await this.#rest.ask("markets", 0, () => this.#ccxt.loadMarkets(true));
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
        min_notional: plainDecimal(market.limits?.cost?.min ?? 0),
        active: market.active !== false,
      });
    }
    this.#theirs = theirs;
    this.#ours = new Map([...theirs].map(([ours, symbol]) => [symbol, ours]));
    return markets;
  }

  async quoteVolumes(): Promise<Map<string, number>> {
    const volumes = new Map<string, number>();
    for (const [symbol, ticker] of await this.#statistics()) {
      if (Number.isFinite(ticker.quoteVolume)) volumes.set(symbol, Number(ticker.quoteVolume));
    }
    return volumes;
  }

  async tickers(): Promise<VenueTicker[]> {
    const tickers: VenueTicker[] = [];
    for (const [symbol, row] of await this.#statistics()) {
      const last = Number(row.last);
      if (!Number.isFinite(last) || last <= 0) continue;
      // What an exchange does not tell is as if nothing had happened in the day.
      const text = (value: unknown, fallback: number) =>
        plainDecimal(Number.isFinite(Number(value ?? NaN)) ? Number(value) : fallback);
      tickers.push({
        ...{ symbol, at: row.timestamp ?? null, last: plainDecimal(last), open_24h: text(row.open, last) },
        ...{ high_24h: text(row.high, last), low_24h: text(row.low, last) },
        ...{ volume_24h: text(row.baseVolume, 0), quote_volume_24h: text(row.quoteVolume, 0) },
      });
    }
    return tickers;
  }

  async history(request: HistoryRequest): Promise<Ohlcv[]> {
    const { timeframe, fromMs, limit } = request;
    const source = sourceWidth(timeframe, this.capabilities.timeframes);
    if (source === null) throw new VenueError(`Cannot read candles: ${this.exchange} has no width for ${timeframe}`);
    if (source === timeframe) return await this.#page(request, source, fromMs, limit);
    const factor = TIMEFRAME_MS[timeframe] / TIMEFRAME_MS[source];
    const perCall = this.capabilities.historyCandlesMax;
    // Without a beginning there is one call only: paging goes forward.
    if (fromMs === undefined) return foldHistory(await this.#page(request, source, undefined, perCall), timeframe);
    const candles: Ohlcv[] = [];
    let from = fromMs;
    for (let call = 0; call < HISTORY_CALLS_MAX && candles.length < limit * factor; call++) {
      const page = await this.#page(request, source, from, perCall);
      candles.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < perCall) break;
      from = last.t + TIMEFRAME_MS[source];
    }
    return foldHistory(candles.slice(0, limit * factor), timeframe);
  }

  async trades(symbol: string, limit: number): Promise<VenueTrade[]> {
    const theirs = this.#listed(symbol, "trades");
    const trades = await this.#rest.ask("trades", 0, () => this.#ccxt.fetchTrades(theirs, undefined, limit));
    return trades.slice(-limit).map((trade) => {
      const read = toTrade(symbol, trade);
      if (typeof read === "string") throw new VenueError(`Cannot read trades: one of ${symbol} has a ${read}`);
      return read;
    });
  }

  async book(symbol: string): Promise<VenueBook> {
    const theirs = this.#listed(symbol, "the order book");
    const { bookDepthAsked, bookLevels } = this.capabilities;
    const book = await this.#rest.ask(
      "the order book",
      0,
      () => this.#ccxt.fetchOrderBook(theirs, bookDepthAsked ?? undefined),
    );
    const read = toBook(symbol, book, bookLevels);
    if (typeof read === "string") throw new VenueError(`Cannot read the order book: ${symbol} has a ${read}`);
    return read;
  }

  start(listener: VenueListener): void {
    this.#listener = listener;
  }

  setStreams({ candles, trades, books }: StreamSet): void {
    const theirs = (symbols: Iterable<string>) =>
      [...symbols].flatMap((symbol) => {
        const name = this.#theirs.get(symbol);
        return name === undefined ? [] : [name];
      });
    const wanted = { candles: theirs(candles), trades: theirs(trades), books: theirs(books) };
    const keep = new Set(wanted.candles);
    for (const name of this.#last.keys()) if (!keep.has(name)) this.#last.delete(name);
    const keepTold = new Set(wanted.trades);
    for (const name of this.#told.keys()) if (!keepTold.has(name)) this.#told.delete(name);
    this.#streams.set(wanted);
  }

  counts(): VenueCounts {
    return { sockets: openSockets(this.#ccxt), streams: this.#streams.confirmed };
  }

  async close(): Promise<void> {
    this.#listener = null;
    this.#rest.close();
    await this.#streams.close();
  }

  async #page({ symbol, priority = 0 }: HistoryRequest, width: Timeframe, fromMs: number | undefined, limit: number) {
    const theirs = this.#listed(symbol, "candles");
    const rows = await this.#rest.ask("candles", priority, () => this.#ccxt.fetchOHLCV(theirs, width, fromMs, limit));
    const candles: Ohlcv[] = [];
    for (const row of rows) {
      const candle = toCandle(row);
      if (typeof candle === "string") {
        throw new VenueError(`Cannot read candles: a row of ${symbol} ${width} has a ${candle}`);
      }
      if (candle.t > (candles.at(-1)?.t ?? -1) && candle.t >= (fromMs ?? 0)) candles.push(candle);
    }
    return candles;
  }

  /** ccxt's tickers of the markets we list. */
  async #statistics() {
    if (!this.#ccxt.has["fetchTickers"]) return [];
    const tickers = await this.#rest.ask("tickers", 0, () => this.#ccxt.fetchTickers());
    return Object.values(tickers).flatMap((ticker) => {
      const symbol = this.#ours.get(ticker?.symbol ?? "");
      return symbol === undefined ? [] : [[symbol, ticker] as const];
    });
  }

  #listed(symbol: string, what: string): string {
    const theirs = this.#theirs.get(symbol);
    if (theirs === undefined) throw new VenueError(`Cannot read ${what}: "${symbol}" is not listed`);
    return theirs;
  }

  #onCandles(theirs: string, rows: readonly unknown[]): void {
    const symbol = this.#ours.get(theirs);
    const listener = this.#listener;
    if (listener === null || symbol === undefined) return;
    for (const row of rows) {
      const candle = toCandle(row);
      if (typeof candle === "string") {
        this.#bad(candle, row);
        continue;
      }
      const last = this.#last.get(theirs);
      // Exchanges begin a subscription with minutes long closed; those are the history's to tell.
      if (last !== undefined && candle.t < last.t) continue;
      if (last !== undefined && candle.t > last.t) {
        listener.onTick({ symbol, candle: last, closed: true, et: candle.t });
      }
      this.#last.set(theirs, candle);
      // The exchange tells no time but the candle's own, and ours is not the market's.
      listener.onTick({ symbol, candle, closed: false, et: candle.t });
    }
  }

  #onTrades(theirs: string, trades: readonly Trade[]): void {
    const symbol = this.#ours.get(theirs);
    const listener = this.#listener;
    if (listener === null || symbol === undefined) return;
    let told = this.#told.get(theirs);
    if (told === undefined) this.#told.set(theirs, told = new Set());
    for (const trade of trades) {
      const read = toTrade(symbol, trade);
      if (typeof read === "string") {
        this.#bad(read, trade.info ?? trade);
        continue;
      }
      if (told.has(read.id)) continue;
      told.add(read.id);
      const [oldest] = told;
      if (told.size > TRADES_REMEMBERED_MAX && oldest !== undefined) told.delete(oldest);
      listener.onTrade(read);
    }
  }

  #tellLive(): void {
    if (this.#live || !this.#streams.isComplete) return;
    this.#live = true;
    this.#listener?.onState("live");
  }

  #bad(reason: Parameters<typeof badFrame>[0], value: unknown): void {
    this.#listener?.onBadFrame(badFrame(reason, JSON.stringify(value) ?? ""));
  }

  #step(precision: number | undefined): string {
    if (precision === undefined || !(precision > 0)) return FALLBACK_STEP;
    const places = this.#ccxt.precisionMode === ccxt.DECIMAL_PLACES;
    return places ? stepOfPlaces(precision) : plainDecimal(precision);
  }
}
