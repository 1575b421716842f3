import type { Logger } from "../../kernel/log.ts";
import type { BadFrame } from "../bad_frame.ts";
import type { MarketSymbol } from "../candle.ts";
import type { BookLevel } from "../depth.ts";
import type { Ohlcv } from "../fold.ts";
import type { TickerStats } from "../ticker.ts";
import type { Timeframe } from "../timeframe.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { FrameTap } from "./frame_tap.ts";

/** A minute as the live stream tells it. */
export interface VenueTick {
  /** Our symbol id: `BTC-USDT`. */
  symbol: string;
  candle: Ohlcv;
  closed: boolean;
  /** Event time at the exchange, Unix ms. */
  et: number;
}

/** A trade. Price is in quote units, quantity in base units, both decimal strings. */
export interface VenueTrade {
  symbol: string;
  /** The exchange's id of it, unique within the symbol. */
  id: string;
  price: string;
  quantity: string;
  /** The taker's side. */
  side: "buy" | "sell";
  /** Time of the trade at the exchange, Unix ms. */
  at: number;
}

/** The top of an order book, best first: always a full snapshot of up to {@link BOOK_LEVELS_MAX} levels a side. */
export interface VenueBook {
  symbol: string;
  bids: BookLevel[];
  asks: BookLevel[];
  /** Time at the exchange, Unix ms: the latest one heard where a book carries none; null before any was heard. */
  at: number | null;
  /** Levels a side at most. */
  depth: number;
}

/** What a venue tells while it streams. All methods are called on the hot path: they must not throw. */
export interface VenueListener {
  /** A minute changed or closed. */
  onTick(tick: VenueTick): void;
  /** A trade happened. Each is told once, in the exchange's order; after a lost socket some may be missing. */
  onTrade(trade: VenueTrade): void;
  /** The top of a book changed. */
  onBook(book: VenueBook): void;
  /** A frame came in that cannot be used. The feed goes on. */
  onBadFrame(frame: BadFrame): void;
  /** The exchange has confirmed these symbols' candles: what happens from now on will be told. Repeats after reconnects. */
  onSubscribed(symbols: string[]): void;
  /** `live` once every wanted stream is confirmed, `reconnecting` from the loss of a socket until then. */
  onState(state: "live" | "reconnecting", reason?: string): void;
  /** A socket was replaced as planned, without a gap: this is no loss. */
  onReplaced(reason: string): void;
}

/** What the exchange sees of us. */
export interface VenueCounts {
  sockets: number;
  streams: number;
}

/** What to stream, by our symbol ids; symbols that are not listed are left out. */
export interface StreamSet {
  candles: Iterable<string>;
  trades: Iterable<string>;
  books: Iterable<string>;
}

/** A market as listed. */
export type VenueMarket = Omit<MarketSymbol, "exchange">;

/** 24-hour statistics of a market as its exchange gives them for all at once. */
export interface VenueTicker extends TickerStats {
  symbol: string;
  /** Time at the exchange, Unix ms; null where it tells none. */
  at: number | null;
}

/** One exchange's public market data. Methods that ask the exchange throw {@link VenueError} when it does not answer. */
export interface Venue {
  readonly exchange: string;
  readonly capabilities: VenueCapabilities;
  /** Lists the spot markets; symbols we cannot name are left out. */
  markets(): Promise<VenueMarket[]>;
  /** Quote volume of the last 24 hours by symbol, for choosing what to stream unasked. */
  quoteVolumes(): Promise<Map<string, number>>;
  /** Statistics of all markets in one request; empty where an exchange has none. */
  tickers(): Promise<VenueTicker[]>;
  /** Candles from the exchange's history, oldest first. The last one may still be forming. */
  history(request: HistoryRequest): Promise<Ohlcv[]>;
  /** The latest trades, oldest first, for a first view. */
  trades(symbol: string, limit: number): Promise<VenueTrade[]>;
  /** The top of the book, for a first view. */
  book(symbol: string): Promise<VenueBook>;
  /** Starts to stream; what to stream comes by {@link setStreams}. */
  start(listener: VenueListener): void;
  /** Streams exactly these; changes are paced as the exchange wants it. */
  setStreams(streams: StreamSet): void;
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
  capabilities: VenueCapabilities;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  /** Hears every frame; absent unless it is recorded. */
  tap?: FrameTap;
}

/** The exchange did not give what was asked, even after the retries its limits allow. */
export class VenueError extends Error {
  override readonly name = "VenueError";
}
