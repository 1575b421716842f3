import { BOOK_LEVELS_MAX } from "./depth.ts";
import { type Timeframe, TIMEFRAMES } from "./timeframe.ts";

/** What one exchange allows and offers, as data: connections, pace, history and streams. Times are in ms of real time. */
export interface VenueCapabilities {
  /** Exchange id: `binance`. */
  exchange: string;
  /** Name shown to people. */
  name: string;
  /** Who speaks to it: our own lean code for Binance's protocol, ccxt's class for all others. */
  protocol: "binance" | "ccxt";
  /** Name of ccxt's class. */
  ccxtClass: string;
  /** Whether it is a simulator on loopback, in local mode alone. */
  local: boolean;
  /** Streams that one socket carries. */
  streamsPerSocketMax: number;
  /** Least time between two control messages of a socket. */
  controlInterval_ms: number;
  /** Streams named in one control message. */
  controlStreamsMax: number;
  /** Connection attempts a minute. */
  attemptsPerMinuteMax: number;
  /** Age at which a socket is replaced before the venue cuts it; null where it cuts none. */
  plannedReconnect_ms: number | null;
  /** Who pings, and how often. Pongs to a venue's pings are the platform's work. */
  ping: { by: "venue" | "us"; interval_ms: number };
  /** Silence with streams subscribed after which a socket counts as dead. */
  silence_ms_max: number;
  /** Least time between two REST requests; null leaves it to ccxt's own figure. */
  restInterval_ms: number | null;
  /** Candles one call of its history gives. */
  historyCandlesMax: number;
  /** Candles its history reaches back; null where it keeps them all. */
  historyReachCandles: number | null;
  /** Widths its history has; the others are folded from them. */
  timeframes: readonly Timeframe[];
  /** What it streams. Candles that are not streamed are asked for again and again. */
  streams: { candles: boolean; trades: boolean; books: boolean; tickers: boolean };
  /** Levels a side that a streamed book shows; 0 where none is streamed. */
  bookLevels: number;
  /** Levels to name when subscribing to a book; null leaves it to the venue. */
  bookDepthAsked: number | null;
  /** A live frame's event time may be this far from the last one's; null where simulated time runs at any speed. */
  clockJump_ms_max: number | null;
}

/** What ccxt's class says of itself, as far as we derive from it. */
export interface CcxtClaims {
  id: string;
  name: string;
  has: Readonly<Record<string, unknown>>;
  timeframes: Readonly<Record<string, unknown>>;
}

// Source: Binance Spot API docs, "WebSocket Streams" and "Limits" (1,024 streams and 5 messages a second per
// connection, 300 connections in 5 minutes per address, cut after 24 hours, server pings every 20 seconds).
/** Binance's spot markets. */
export const BINANCE: VenueCapabilities = {
  exchange: "binance",
  name: "Binance",
  protocol: "binance",
  ccxtClass: "binance",
  local: false,
  streamsPerSocketMax: 1_024,
  controlInterval_ms: 300,
  controlStreamsMax: 200,
  // Half of what the venue allows: others may share the address.
  attemptsPerMinuteMax: 30,
  plannedReconnect_ms: 23 * 3_600_000,
  ping: { by: "venue", interval_ms: 20_000 },
  silence_ms_max: 5_000,
  restInterval_ms: null,
  historyCandlesMax: 1_000,
  historyReachCandles: null,
  timeframes: TIMEFRAMES,
  streams: { candles: true, trades: true, books: true, tickers: true },
  bookLevels: 20,
  bookDepthAsked: null,
  clockJump_ms_max: 120_000,
};

// Source: Kraken API docs, "Spot WebSocket v2" (ping keeps the connection, heartbeats about every second, 150
// connections in 10 minutes per address) and "Get OHLC Data" (720 latest entries, however far back one asks).
const KRAKEN: VenueCapabilities = {
  exchange: "kraken",
  name: "Kraken",
  protocol: "ccxt",
  ccxtClass: "kraken",
  local: false,
  streamsPerSocketMax: 500,
  controlInterval_ms: 300,
  controlStreamsMax: 1,
  attemptsPerMinuteMax: 10,
  plannedReconnect_ms: null,
  ping: { by: "us", interval_ms: 6_000 },
  silence_ms_max: 15_000,
  restInterval_ms: null,
  historyCandlesMax: 720,
  historyReachCandles: 720,
  timeframes: TIMEFRAMES,
  streams: { candles: true, trades: true, books: true, tickers: true },
  bookLevels: 20,
  bookDepthAsked: 25,
  clockJump_ms_max: 120_000,
};

// Source: Coinbase Advanced Trade API docs (350 candles a call, no four-hour candles; ccxt streams its trades and book).
const COINBASE: VenueCapabilities = {
  exchange: "coinbase",
  name: "Coinbase",
  protocol: "ccxt",
  ccxtClass: "coinbase",
  local: false,
  streamsPerSocketMax: 100,
  controlInterval_ms: 300,
  controlStreamsMax: 1,
  attemptsPerMinuteMax: 10,
  plannedReconnect_ms: null,
  ping: { by: "venue", interval_ms: 20_000 },
  silence_ms_max: 30_000,
  restInterval_ms: null,
  historyCandlesMax: 300,
  historyReachCandles: null,
  timeframes: ["1m", "5m", "15m", "1h", "1d"],
  streams: { candles: false, trades: true, books: true, tickers: true },
  bookLevels: 20,
  bookDepthAsked: null,
  clockJump_ms_max: 120_000,
};

/** Exchanges whose manners we know; the simulators stand in for the two protocol families in local mode. */
export const KNOWN_VENUES: readonly VenueCapabilities[] = [
  BINANCE,
  KRAKEN,
  COINBASE,
  { ...BINANCE, exchange: "sim", name: "Simulator", local: true, clockJump_ms_max: null },
  {
    ...KRAKEN,
    exchange: "simkraken",
    name: "Simulated Kraken",
    local: true,
    attemptsPerMinuteMax: 30,
    silence_ms_max: 5_000,
    restInterval_ms: 10,
    clockJump_ms_max: null,
  },
];

/** Capabilities of an exchange we know; undefined for any other. */
export function knownVenue(exchange: string): VenueCapabilities | undefined {
  return KNOWN_VENUES.find((known) => known.exchange === exchange);
}

/**
 * Careful capabilities of an exchange we know only from what ccxt says of it. Null when it has no history of minutes,
 * without which nothing can be folded or filled.
 */
export function deriveCapabilities({ id, name, has, timeframes }: CcxtClaims): VenueCapabilities | null {
  if (has["fetchOHLCV"] !== true || !("1m" in timeframes)) return null;
  const books = has["watchOrderBook"] === true;
  return {
    exchange: id,
    name,
    protocol: "ccxt",
    ccxtClass: id,
    local: false,
    streamsPerSocketMax: 50,
    controlInterval_ms: 300,
    controlStreamsMax: 1,
    attemptsPerMinuteMax: 5,
    plannedReconnect_ms: null,
    ping: { by: "us", interval_ms: 30_000 },
    silence_ms_max: 60_000,
    restInterval_ms: null,
    historyCandlesMax: 100,
    historyReachCandles: null,
    timeframes: TIMEFRAMES.filter((timeframe) => timeframe in timeframes),
    streams: {
      candles: has["watchOHLCV"] === true || has["watchOHLCVForSymbols"] === true,
      trades: has["watchTrades"] === true,
      books,
      tickers: has["watchTicker"] === true,
    },
    bookLevels: books ? BOOK_LEVELS_MAX : 0,
    bookDepthAsked: null,
    clockJump_ms_max: 120_000,
  };
}
