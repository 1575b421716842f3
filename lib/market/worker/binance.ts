import ccxt from "ccxt";
import { canonicalDecimal, isDecimal } from "../../kernel/decimal.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import { decodeKlineFrame, decodeKlineRow } from "../binance_frames.ts";
import { SYMBOL_PATTERN } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import { SharedBinance } from "./shared_binance.ts";
import { StreamSocket } from "./stream_socket.ts";
import {
  type HistoryRequest,
  type Venue,
  type VenueCounts,
  VenueError,
  type VenueListener,
  type VenueMarket,
  type VenueOptions,
} from "./venue.ts";

/** REST requests on their way at once: enough to hide latency, few enough to stop in time when told to. */
const REST_CONCURRENCY_MAX = 8;

/** Tries of one REST request. */
const REST_ATTEMPTS_MAX = 5;

/** Binance's spot markets, or those of anything on loopback that speaks its protocol. */
export class BinanceVenue implements Venue {
  readonly exchange: string;
  readonly historyCandlesMax = 1_000;
  readonly #options: VenueOptions;
  readonly #binance: SharedBinance;
  readonly #rest = new Limiter(REST_CONCURRENCY_MAX);
  readonly #stop = new AbortController();
  readonly #sockets = new Map<string, StreamSocket>();
  #symbolOfId = new Map<string, string>();
  #idOfSymbol = new Map<string, string>();
  #streaming = new Set<string>();
  #listener: VenueListener | null = null;

  /** @param localPort see {@link SharedBinance}. */
  constructor(options: VenueOptions, localPort?: number) {
    this.exchange = options.exchange;
    this.#options = options;
    this.#binance = new SharedBinance(localPort);
    this.#binance.hooks = {
      onOpen: (client) => this.#sockets.get(client.url)?.onOpen(client),
      onGone: (client, reason) => this.#sockets.get(client.url)?.onGone(client, reason),
    };
  }

  async markets(): Promise<VenueMarket[]> {
    const listed = await this.#ask("markets", 0, () => this.#binance.loadMarkets(true));
    const markets: VenueMarket[] = [];
    const symbolOfId = new Map<string, string>();
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
      symbolOfId.set(id, read.symbol);
      idOfSymbol.set(read.symbol, id);
    }
    this.#symbolOfId = symbolOfId;
    this.#idOfSymbol = idOfSymbol;
    if (skipped > 0) this.#options.logger.info("Markets left out: their names or steps are not ours", { skipped });
    return markets;
  }

  async quoteVolumes(): Promise<Map<string, number>> {
    const rows = await this.#ask("ticker/24hr", 0, () => this.#binance.publicGetTicker24hr());
    const volumes = new Map<string, number>();
    for (const row of Array.isArray(rows) ? rows : []) {
      const symbol = this.#symbolOfId.get(String(row?.symbol));
      const volume = Number(row?.quoteVolume);
      if (symbol !== undefined && Number.isFinite(volume)) volumes.set(symbol, volume);
    }
    return volumes;
  }

  async history({ symbol, timeframe, fromMs, limit, priority = 0 }: HistoryRequest): Promise<Ohlcv[]> {
    const id = this.#idOfSymbol.get(symbol);
    if (id === undefined) throw new VenueError(`Cannot read candles: "${symbol}" is not listed`);
    const params = { symbol: id, interval: timeframe, limit, ...(fromMs === undefined ? {} : { startTime: fromMs }) };
    const rows: unknown = await this.#ask("klines", priority, () => this.#binance.publicGetKlines(params));
    if (!Array.isArray(rows)) throw new VenueError("Cannot read candles: the answer is no list");
    const candles: Ohlcv[] = [];
    for (const row of rows) {
      const candle = decodeKlineRow(row);
      if (candle === null) throw new VenueError(`Cannot read candles: a row of ${symbol} ${timeframe} is malformed`);
      if (candle.t > (candles.at(-1)?.t ?? -1)) candles.push(candle);
    }
    return candles;
  }

  start(listener: VenueListener): void {
    this.#listener = listener;
  }

  setStreams(symbols: Iterable<string>): void {
    const wanted = new Set<string>();
    for (const symbol of symbols) {
      const id = this.#idOfSymbol.get(symbol);
      if (id !== undefined) wanted.add(streamOf(id));
    }
    for (const stream of this.#streaming) if (!wanted.has(stream)) this.#binance.releaseStream(stream);
    this.#streaming = wanted;
    const streamsOfUrl = new Map<string, Set<string>>();
    for (const url of this.#sockets.keys()) streamsOfUrl.set(url, new Set());
    for (const stream of wanted) {
      const url = this.#binance.streamUrl(stream);
      const streams = streamsOfUrl.get(url);
      if (streams === undefined) streamsOfUrl.set(url, new Set([stream]));
      else streams.add(stream);
    }
    for (const [url, streams] of streamsOfUrl) this.#socket(url).setStreams(streams);
  }

  counts(): VenueCounts {
    let sockets = 0;
    let streams = 0;
    for (const socket of this.#sockets.values()) {
      if (socket.isOpen) sockets++;
      streams += socket.confirmed;
    }
    return { sockets, streams };
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#listener = null;
    for (const socket of this.#sockets.values()) socket.close();
    await this.#binance.close();
  }

  #socket(url: string): StreamSocket {
    const known = this.#sockets.get(url);
    if (known !== undefined) return known;
    const { logger, nowMs, random } = this.#options;
    const socket = new StreamSocket({
      exchange: this.#binance,
      url,
      logger,
      nowMs,
      random,
      listener: {
        onFrame: (text) => this.#onFrame(text),
        onConfirmed: (streams) => this.#onConfirmed(streams),
        onLost: (reason) => this.#listener?.onState("reconnecting", reason),
      },
    });
    this.#sockets.set(url, socket);
    return socket;
  }

  #onFrame(text: string): boolean {
    const frame = decodeKlineFrame(text);
    if (frame === null || frame.interval !== "1m") return false;
    const symbol = this.#symbolOfId.get(frame.id);
    if (symbol !== undefined) {
      this.#listener?.onTick({ symbol, candle: frame.candle, closed: frame.closed, et: frame.et });
    }
    return true;
  }

  #onConfirmed(streams: string[]): void {
    const symbols: string[] = [];
    for (const stream of streams) {
      const symbol = this.#symbolOfId.get(stream.slice(0, stream.indexOf("@")).toUpperCase());
      if (symbol !== undefined) symbols.push(symbol);
    }
    this.#listener?.onSubscribed(symbols);
    if ([...this.#sockets.values()].every((socket) => socket.isComplete)) this.#listener?.onState("live");
  }

  /** Asks the exchange over REST: bounded tries, and never while it has told us to wait. */
  async #ask<T>(what: string, priority: number, request: () => Promise<T>): Promise<T> {
    let last: unknown;
    for (let attempt = 0; attempt < REST_ATTEMPTS_MAX; attempt++) {
      if (attempt > 0) {
        const wait = backoff_ms(attempt - 1, { base_ms: 200, max_ms: 3_000, random: this.#options.random });
        await delay(wait, this.#stop.signal);
      }
      await this.#restPause();
      if (this.#stop.signal.aborted) throw new VenueError(`Cannot ask the exchange for ${what}: the venue is closed`);
      try {
        return await this.#rest.run(async () => {
          await this.#restPause();
          return await request();
        }, priority);
      } catch (error) {
        last = error;
        // What the exchange itself refuses it would refuse again.
        if (!(error instanceof ccxt.NetworkError)) break;
        this.#options.logger.warn("The exchange did not answer", { what, attempt, error });
      }
    }
    throw new VenueError(`Cannot ask the exchange for ${what}: ${last instanceof Error ? last.message : last}`);
  }

  async #restPause(): Promise<void> {
    const wait = this.#binance.restPausedUntil_ms - this.#binance.milliseconds();
    // The random part spreads the requests that waited.
    if (wait > 0) await delay(wait + this.#options.random() * 100, this.#stop.signal);
  }
}

function streamOf(id: string): string {
  return `${id.toLowerCase()}@kline_1m`;
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
