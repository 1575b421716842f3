import { canonicalDecimal, isDecimal } from "../../kernel/decimal.ts";
import { decodeBook, decodeKlineRow, decodeTradeRow } from "../binance_frames.ts";
import { SYMBOL_PATTERN } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import { BinanceReader } from "./binance_reader.ts";
import { RestCaller } from "./rest_caller.ts";
import { SharedBinance } from "./shared_binance.ts";
import { StreamSocket } from "./stream_socket.ts";
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

/** REST requests on their way at once: enough to hide latency, few enough to stop in time when told to. */
const REST_CONCURRENCY_MAX = 8;

/** Tries of one REST request. */
const REST_ATTEMPTS_MAX = 5;

/** Trades one call of REST gives. */
const TRADES_MAX = 1_000;

const CANDLES_SUFFIX = "@kline_1m";
const TRADES_SUFFIX = "@trade";
const BOOKS_SUFFIX = "@depth20@100ms";

/** Binance's spot markets, or those of anything on loopback that speaks its protocol. */
export class BinanceVenue implements Venue {
  readonly exchange: string;
  readonly capabilities: VenueCapabilities;
  readonly #options: VenueOptions;
  readonly #binance: SharedBinance;
  readonly #rest: RestCaller;
  readonly #reader: BinanceReader;
  readonly #sockets = new Map<number, StreamSocket>();
  #idOfSymbol = new Map<string, string>();
  #streaming = new Set<string>();
  #listener: VenueListener | null = null;

  /** @param localPort see {@link SharedBinance}. */
  constructor(options: VenueOptions, localPort?: number) {
    this.exchange = options.exchange;
    this.capabilities = options.capabilities;
    this.#options = options;
    this.#binance = new SharedBinance(localPort);
    this.#reader = new BinanceReader(options.capabilities);
    this.#rest = new RestCaller({
      concurrencyMax: REST_CONCURRENCY_MAX,
      attemptsMax: REST_ATTEMPTS_MAX,
      backoffBase_ms: 200,
      backoffMax_ms: 3_000,
      logger: options.logger,
      random: options.random,
      pause_ms: () => this.#binance.restPausedUntil_ms - this.#binance.milliseconds(),
    });
  }

  async markets(): Promise<VenueMarket[]> {
    const listed = await this.#rest.ask("markets", 0, () => this.#binance.loadMarkets(true));
    const markets: VenueMarket[] = [];
    const idOfSymbol = new Map<string, string>();
    let skipped = 0;
    for (const market of Object.values(listed)) {
      const read = market?.spot === true ? toMarket(market as unknown as ListedMarket) : null;
      const id = market?.id;
      if (read === null || id === undefined) {
        skipped++;
        continue;
      }
      markets.push(read);
      this.#reader.name(id, read.symbol);
      idOfSymbol.set(read.symbol, id);
    }
    this.#idOfSymbol = idOfSymbol;
    this.#options.tap?.names(new Map([...idOfSymbol].map(([symbol, id]) => [id, symbol])));
    if (skipped > 0) this.#options.logger.info("Markets left out: their names or steps are not ours", { skipped });
    return markets;
  }

  async quoteVolumes(): Promise<Map<string, number>> {
    const volumes = new Map<string, number>();
    for (const [symbol, row] of await this.#statistics()) {
      const volume = Number(row?.quoteVolume);
      if (Number.isFinite(volume)) volumes.set(symbol, volume);
    }
    return volumes;
  }

  async tickers(): Promise<VenueTicker[]> {
    const tickers: VenueTicker[] = [];
    for (const [symbol, row] of await this.#statistics()) {
      const texts = [row?.lastPrice, row?.openPrice, row?.highPrice, row?.lowPrice, row?.volume, row?.quoteVolume].map(
        String,
      );
      const at = Number(row?.closeTime);
      if (!texts.every(isDecimal) || !Number.isSafeInteger(at)) continue;
      const [last = "", open_24h = "", high_24h = "", low_24h = "", volume_24h = "", quote_volume_24h = ""] = texts.map(
        canonicalDecimal,
      );
      tickers.push({ symbol, at, last, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h });
    }
    return tickers;
  }

  async history({ symbol, timeframe, fromMs, limit, priority = 0 }: HistoryRequest): Promise<Ohlcv[]> {
    const id = this.#listedId(symbol, "candles");
    const params = { symbol: id, interval: timeframe, limit, ...(fromMs === undefined ? {} : { startTime: fromMs }) };
    const rows: unknown = await this.#rest.ask("klines", priority, () => this.#binance.publicGetKlines(params));
    if (!Array.isArray(rows)) throw new VenueError("Cannot read candles: the answer is no list");
    const candles: Ohlcv[] = [];
    for (const row of rows) {
      const candle = decodeKlineRow(row);
      if (candle === null) throw new VenueError(`Cannot read candles: a row of ${symbol} ${timeframe} is malformed`);
      if (candle.t > (candles.at(-1)?.t ?? -1)) candles.push(candle);
    }
    return candles;
  }

  async trades(symbol: string, limit: number): Promise<VenueTrade[]> {
    const params = { symbol: this.#listedId(symbol, "trades"), limit: Math.min(limit, TRADES_MAX) };
    const rows: unknown = await this.#rest.ask("trades", 0, () => this.#binance.publicGetTrades(params));
    if (!Array.isArray(rows)) throw new VenueError("Cannot read trades: the answer is no list");
    return rows.map((row) => {
      const trade = decodeTradeRow(row);
      if (trade === null) throw new VenueError(`Cannot read trades: a row of ${symbol} is malformed`);
      const { tradeId, price, quantity, side, at } = trade;
      return { symbol, id: String(tradeId), price, quantity, side, at };
    });
  }

  async book(symbol: string): Promise<VenueBook> {
    const depth = this.capabilities.bookLevels;
    const params = { symbol: this.#listedId(symbol, "the order book"), limit: depth };
    const sides = decodeBook(await this.#rest.ask("depth", 0, () => this.#binance.publicGetDepth(params)));
    if (typeof sides === "string") throw new VenueError(`Cannot read the order book: ${symbol} has a ${sides}`);
    return { symbol, bids: sides.bids, asks: sides.asks, at: this.#reader.latestMs, depth };
  }

  start(listener: VenueListener): void {
    this.#listener = listener;
    this.#reader.listen(listener);
  }

  setStreams({ candles, trades, books }: StreamSet): void {
    const wanted = new Set<string>();
    const add = (symbols: Iterable<string>, suffix: string) => {
      for (const symbol of symbols) {
        const id = this.#idOfSymbol.get(symbol);
        if (id !== undefined) wanted.add(id.toLowerCase() + suffix);
      }
    };
    add(candles, CANDLES_SUFFIX);
    add(trades, TRADES_SUFFIX);
    add(books, BOOKS_SUFFIX);
    for (const stream of this.#streaming) if (!wanted.has(stream)) this.#binance.releaseStream(stream);
    this.#streaming = wanted;
    const streamsOfSocket = new Map<number, Set<string>>();
    for (const index of this.#sockets.keys()) streamsOfSocket.set(index, new Set());
    for (const stream of wanted) {
      const index = this.#binance.socketOf(stream);
      const streams = streamsOfSocket.get(index);
      if (streams === undefined) streamsOfSocket.set(index, new Set([stream]));
      else streams.add(stream);
    }
    for (const [index, streams] of streamsOfSocket) this.#socket(index).setStreams(streams);
  }

  counts(): VenueCounts {
    let sockets = 0;
    let streams = 0;
    for (const socket of this.#sockets.values()) {
      sockets += socket.open;
      streams += socket.confirmed;
    }
    return { sockets, streams };
  }

  async close(): Promise<void> {
    this.#rest.close();
    this.#listener = null;
    this.#reader.listen(null);
    for (const socket of this.#sockets.values()) socket.close();
    await this.#binance.close();
  }

  /** The rows of `ticker/24hr` that are of listed markets. */
  async #statistics() {
    const rows = await this.#rest.ask("ticker/24hr", 0, () => this.#binance.publicGetTicker24hr());
    return (Array.isArray(rows) ? rows : []).flatMap((row) => {
      const symbol = this.#reader.symbolOf(String(row?.symbol));
      return symbol === undefined ? [] : [[symbol, row] as const];
    });
  }

  #listedId(symbol: string, what: string): string {
    const id = this.#idOfSymbol.get(symbol);
    if (id === undefined) throw new VenueError(`Cannot read ${what}: "${symbol}" is not listed`);
    return id;
  }

  #socket(index: number): StreamSocket {
    const known = this.#sockets.get(index);
    if (known !== undefined) return known;
    const { capabilities, logger, nowMs, random, tap } = this.#options;
    const socket: StreamSocket = new StreamSocket({
      exchange: this.#binance,
      capabilities,
      logger,
      nowMs,
      random,
      number: index,
      ...(tap === undefined ? {} : { tap }),
      listener: {
        onFrame: (data, splicing) => this.#onData(socket, data, splicing),
        onConfirmed: (streams) => this.#onConfirmed(streams),
        onLost: (reason) => {
          this.#reader.reset();
          this.#listener?.onState("reconnecting", reason);
        },
        onReplaced: (reason) => this.#listener?.onReplaced(reason),
      },
    });
    this.#sockets.set(index, socket);
    return socket;
  }

  #onData(socket: StreamSocket, data: unknown, splicing: boolean): boolean {
    const outcome = this.#reader.take(data, splicing);
    if (outcome === "shutdown") socket.replaceSoon("the server has announced its end");
    return outcome !== "bad";
  }

  #onConfirmed(streams: string[]): void {
    const symbols: string[] = [];
    for (const stream of streams) {
      if (!stream.endsWith(CANDLES_SUFFIX)) continue;
      const symbol = this.#reader.symbolOf(stream.slice(0, -CANDLES_SUFFIX.length).toUpperCase());
      if (symbol !== undefined) symbols.push(symbol);
    }
    if (symbols.length > 0) this.#listener?.onSubscribed(symbols);
    if ([...this.#sockets.values()].every((socket) => socket.isComplete)) this.#listener?.onState("live");
  }
}

interface ListedMarket {
  symbol: string;
  base: string;
  quote: string;
  active?: boolean;
  info?: { filters?: { filterType?: string; tickSize?: string; stepSize?: string; minNotional?: string }[] };
}

function toMarket({ symbol, base, quote, active, info }: ListedMarket): VenueMarket | null {
  const ours = `${base}-${quote}`;
  const filter = (...types: string[]) => info?.filters?.find((f) => types.includes(f.filterType ?? ""));
  const tick = filter("PRICE_FILTER")?.tickSize;
  const lot = filter("LOT_SIZE")?.stepSize;
  const notional = filter("NOTIONAL", "MIN_NOTIONAL")?.minNotional ?? "0";
  if (!SYMBOL_PATTERN.test(ours) || !isDecimal(tick) || !isDecimal(lot) || !isDecimal(notional)) return null;
  if (!(Number(tick) > 0) || !(Number(lot) > 0)) return null;
  return {
    symbol: ours,
    venue_symbol: symbol,
    base,
    quote,
    tick_size: canonicalDecimal(tick),
    lot_size: canonicalDecimal(lot),
    min_notional: canonicalDecimal(notional),
    active: active !== false,
  };
}
