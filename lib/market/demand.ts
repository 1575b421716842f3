import { parseMarketTopic } from "../realtime/topic.ts";
import { isTimeframe, type Timeframe } from "./timeframe.ts";

/** How long a symbol keeps streaming after its last watch, so that a page reload costs nothing. */
export const LINGER_MS = 120_000;

/** Symbols streamed unasked. */
export const PINNED_SYMBOLS_MAX = 25;

/** Symbols streamed at most: each holds indicators of six widths in memory. */
export const STREAMED_SYMBOLS_MAX = 2_048;

/** Order books streamed at most, and as many symbols' trades: they are the busiest streams. */
export const DEPTHS_MAX = 500;

/** Markets pinned beside those by volume because they say what assets are worth in EUR. */
export const PINNED_RATES_MAX = 8;

/** Quote assets whose markets are pinned first. */
const PINNED_QUOTE = "USDT";

/** A listed market as far as choosing goes. */
export interface PinCandidate {
  symbol: string;
  base: string;
  quote: string;
  active: boolean;
}

/**
 * Chooses what is streamed unasked: active markets by 24-hour quote volume, those quoted in USDT first, and the busiest
 * that are priced in EUR or price it.
 */
export function choosePinned(markets: readonly PinCandidate[], quoteVolumes: ReadonlyMap<string, number>): string[] {
  const rank = (market: PinCandidate) => (market.quote === PINNED_QUOTE ? 0 : 1);
  const volume = (market: PinCandidate) => quoteVolumes.get(market.symbol) ?? 0;
  const sorted = markets
    .filter((market) => market.active)
    .sort((a, b) => rank(a) - rank(b) || volume(b) - volume(a) || (a.symbol < b.symbol ? -1 : 1));
  const rates = sorted.filter(({ base, quote }) => base === "EUR" || quote === "EUR").slice(0, PINNED_RATES_MAX);
  return [...new Set([...sorted.slice(0, PINNED_SYMBOLS_MAX), ...rates].map((market) => market.symbol))];
}

/** What of one exchange must be streamed, and what of that is being looked at. */
export class Demand {
  readonly #exchange: string;
  #pinned: string[] = [];
  #listed = new Set<string>();
  #watched = new Map<string, Set<Timeframe>>();
  #books = new Set<string>();
  #trades = new Set<string>();
  #alerted: ReadonlySet<string> = new Set();
  /** When each symbol was last watched, on the clock given by the caller. */
  #lastWatchedMs = new Map<string, number>();

  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  /** Says which symbols exist and which of them are streamed unasked. */
  setMarkets(listed: Iterable<string>, pinned: readonly string[]): void {
    this.#listed = new Set(listed);
    this.#pinned = pinned.filter((symbol) => this.#listed.has(symbol));
  }

  /** Says which topics are watched now; foreign, unlisted and malformed ones are left out. */
  setWatched(topics: readonly string[], nowMs: number): void {
    const watched = new Map<string, Set<Timeframe>>();
    const books = new Set<string>();
    const trades = new Set<string>();
    for (const topic of topics) {
      const market = parseMarketTopic(topic);
      if (market === null || market.exchange !== this.#exchange || !this.#listed.has(market.symbol)) continue;
      const { symbol, timeframe: view } = market;
      if (isTimeframe(view)) {
        const timeframes = watched.get(symbol);
        if (timeframes === undefined) watched.set(symbol, new Set([view]));
        else timeframes.add(view);
      } else if (view === "book" && books.size < DEPTHS_MAX) books.add(symbol);
      else if (view === "trades" && trades.size < DEPTHS_MAX) trades.add(symbol);
      else continue;
      this.#lastWatchedMs.set(symbol, nowMs);
    }
    this.#watched = watched;
    this.#books = books;
    this.#trades = trades;
  }

  /** Says which symbols' prices alerts wait for. */
  setAlerted(symbols: ReadonlySet<string>): void {
    this.#alerted = symbols;
  }

  /** Symbols whose order book somebody looks at. */
  get books(): ReadonlySet<string> {
    return this.#books;
  }

  /** Symbols whose trades somebody looks at. */
  get trades(): ReadonlySet<string> {
    return this.#trades;
  }

  /** Widths of `symbol` that somebody looks at; undefined when nobody does. */
  timeframes(symbol: string): ReadonlySet<Timeframe> | undefined {
    return this.#watched.get(symbol);
  }

  /** Pairs of symbol and width that somebody looks at. */
  get pairs(): number {
    let pairs = 0;
    for (const timeframes of this.#watched.values()) pairs += timeframes.size;
    return pairs;
  }

  /** Symbols to stream, the most wanted first: watched, alerts', pinned, then those watched a while ago. */
  streams(nowMs: number): string[] {
    const streams = new Set<string>(this.#watched.keys());
    for (const symbol of this.#books) streams.add(symbol);
    for (const symbol of this.#trades) streams.add(symbol);
    for (const symbol of this.#alerted) if (this.#listed.has(symbol)) streams.add(symbol);
    for (const symbol of this.#pinned) streams.add(symbol);
    for (const [symbol, at] of this.#lastWatchedMs) {
      if (nowMs - at < LINGER_MS && this.#listed.has(symbol)) streams.add(symbol);
      else this.#lastWatchedMs.delete(symbol);
    }
    return [...streams].slice(0, STREAMED_SYMBOLS_MAX);
  }
}
