import type { Logger } from "../../kernel/log.ts";
import type { MarketSymbol } from "../candle.ts";
import type { Ohlcv } from "../fold.ts";
import type { Timeframe } from "../timeframe.ts";

/** A minute as the live stream tells it. */
export interface VenueTick {
  /** Our symbol id: `BTC-USDT`. */
  symbol: string;
  candle: Ohlcv;
  closed: boolean;
  /** Event time at the exchange, Unix ms. */
  et: number;
}

/** What a venue tells while it streams. */
export interface VenueListener {
  /** A minute changed or closed. Called on the hot path: it must not throw. */
  onTick(tick: VenueTick): void;
  /** The exchange has confirmed these symbols' streams: what happens from now on will be told. Repeats after reconnects. */
  onSubscribed(symbols: string[]): void;
  /** `live` once every wanted stream is confirmed, `reconnecting` from the loss of a socket until then. */
  onState(state: "live" | "reconnecting", reason?: string): void;
}

/** What the exchange sees of us. */
export interface VenueCounts {
  sockets: number;
  streams: number;
}

/** A market as listed. */
export type VenueMarket = Omit<MarketSymbol, "exchange">;

/** One exchange's public market data. Methods that ask the exchange throw {@link VenueError} when it does not answer. */
export interface Venue {
  readonly exchange: string;
  /** Candles one call of {@link history} gives at most. */
  readonly historyCandlesMax: number;
  /** Lists the spot markets; symbols we cannot name are left out. */
  markets(): Promise<VenueMarket[]>;
  /** Quote volume of the last 24 hours by symbol, for choosing what to stream unasked. */
  quoteVolumes(): Promise<Map<string, number>>;
  /** Candles from the exchange's history, oldest first. The last one may still be forming. */
  history(request: HistoryRequest): Promise<Ohlcv[]>;
  /** Starts to stream; symbols come by {@link setStreams}. */
  start(listener: VenueListener): void;
  /** Streams exactly these symbols; changes are paced as the exchange wants it. */
  setStreams(symbols: Iterable<string>): void;
  counts(): VenueCounts;
  close(): Promise<void>;
}

/** See {@link Venue.history}. */
export interface HistoryRequest {
  symbol: string;
  timeframe: Timeframe;
  /** Open time of the first candle wanted (Unix ms); without it the latest ones are given. */
  fromMs?: number;
  limit: number;
  /** A lower one is served first. */
  priority?: number;
}

/** What a venue needs from outside. */
export interface VenueOptions {
  exchange: string;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
}

/** The exchange did not give what was asked, even after the retries its limits allow. */
export class VenueError extends Error {
  override readonly name = "VenueError";
}
