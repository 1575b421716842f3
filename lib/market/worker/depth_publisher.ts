import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { marketTopic } from "../../realtime/topic.ts";
import { CONFLATE_INTERVAL_MS_MIN } from "../conflate.ts";
import { BOOK_LEVELS_MAX, type BookEvent, type TradeOnWire, TRADES_SHOWN_MAX, type TradesEvent } from "../depth.ts";
import type { DepthRow } from "./feed_store.ts";
import type { VenueBook, VenueTrade } from "./venue.ts";

interface Market {
  book: VenueBook | null;
  /** The latest trades, oldest first. */
  trades: TradeOnWire[];
  /** How many of them have not been broadcast. */
  untold: number;
  bookChanged: boolean;
  bookSentMs: number;
  tradesSentMs: number;
  /** Changed since it was last stored. */
  bookDirty: boolean;
  tradesDirty: boolean;
}

/** What a publisher needs from outside. */
export interface DepthPublisherOptions {
  exchange: string;
  broadcaster: Pick<Broadcaster, "send">;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
}

/**
 * Books and trades of the markets that somebody looks at: broadcast at most twice a second each, a book whole, trades
 * in batches. Trades past what anybody is shown are not told: this is a view of the tape, not the tape.
 */
export class DepthPublisher {
  readonly #options: DepthPublisherOptions;
  #books = new Set<string>();
  #trades = new Set<string>();
  readonly #markets = new Map<string, Market>();

  constructor(options: DepthPublisherOptions) {
    this.#options = options;
  }

  /** Says which symbols' books and trades are looked at; the others are forgotten. */
  setWatched(books: Iterable<string>, trades: Iterable<string>): void {
    this.#books = new Set(books);
    this.#trades = new Set(trades);
    for (const symbol of this.#markets.keys()) {
      if (!this.#books.has(symbol) && !this.#trades.has(symbol)) this.#markets.delete(symbol);
    }
  }

  /** Symbols that are looked at and of which nothing is known yet: a first view is to be read. */
  unseen(): string[] {
    return [...this.#books.union(this.#trades)].filter((symbol) => !this.#markets.has(symbol));
  }

  /** Says that a first view of a symbol has been read, whatever was in it. */
  seen(symbol: string): void {
    if (this.#books.has(symbol) || this.#trades.has(symbol)) this.#market(symbol);
  }

  /** Takes the top of a book. */
  onBook(book: VenueBook): void {
    if (!this.#books.has(book.symbol)) return;
    const market = this.#market(book.symbol);
    market.book = book;
    market.bookChanged = true;
    market.bookDirty = true;
  }

  /** Takes a trade; one that is not newer than the last is known already. */
  onTrade({ symbol, id, price, quantity, side, at }: VenueTrade): void {
    if (!this.#trades.has(symbol)) return;
    const market = this.#market(symbol);
    const last = market.trades.at(-1);
    if (last !== undefined && (last.id === id || at < last.t)) return;
    market.trades.push({ id, p: price, q: quantity, side, t: at });
    if (market.trades.length > TRADES_SHOWN_MAX) market.trades.shift();
    market.untold = Math.min(market.untold + 1, market.trades.length);
    market.tradesDirty = true;
  }

  /** Broadcasts what has changed and may speak again at `nowMs`. */
  publish(nowMs: number): void {
    const token = this.#options.token();
    if (token === null) return;
    for (const [symbol, market] of this.#markets) {
      if (market.bookChanged && nowMs - market.bookSentMs >= CONFLATE_INTERVAL_MS_MIN && market.book !== null) {
        const { bids, asks, at } = market.book;
        const event: BookEvent = {
          bids: bids.slice(0, BOOK_LEVELS_MAX),
          asks: asks.slice(0, BOOK_LEVELS_MAX),
          et: at,
          token,
        };
        this.#send(symbol, "book", event, true);
        market.bookChanged = false;
        market.bookSentMs = nowMs;
      }
      if (market.untold > 0 && nowMs - market.tradesSentMs >= CONFLATE_INTERVAL_MS_MIN) {
        const event: TradesEvent = { trades: market.trades.slice(-market.untold), token };
        this.#send(symbol, "trades", event, false);
        market.untold = 0;
        market.tradesSentMs = nowMs;
      }
    }
  }

  /** What is to be stored since the last call. */
  takeRows(): DepthRow[] {
    const rows: DepthRow[] = [];
    for (const [symbol, market] of this.#markets) {
      const row: DepthRow = { symbol };
      if (market.bookDirty && market.book !== null && market.book.at !== null) {
        row.bids = market.book.bids.slice(0, BOOK_LEVELS_MAX);
        row.asks = market.book.asks.slice(0, BOOK_LEVELS_MAX);
        row.book_ms = market.book.at;
      }
      if (market.tradesDirty) row.trades = market.trades.toReversed();
      if (row.bids !== undefined || row.trades !== undefined) rows.push(row);
      market.bookDirty = false;
      market.tradesDirty = false;
    }
    return rows;
  }

  /** Takes rows back that could not be stored: what is known by then comes with the next ones. */
  giveBack(rows: readonly DepthRow[]): void {
    for (const { symbol, bids, trades } of rows) {
      const market = this.#markets.get(symbol);
      if (market === undefined) continue;
      market.bookDirty ||= bids !== undefined;
      market.tradesDirty ||= trades !== undefined;
    }
  }

  #market(symbol: string): Market {
    let market = this.#markets.get(symbol);
    if (market === undefined) {
      market = {
        book: null,
        trades: [],
        untold: 0,
        bookChanged: false,
        bookSentMs: Number.NEGATIVE_INFINITY,
        tradesSentMs: Number.NEGATIVE_INFINITY,
        bookDirty: false,
        tradesDirty: false,
      };
      this.#markets.set(symbol, market);
    }
    return market;
  }

  #send(symbol: string, view: "book" | "trades", payload: BookEvent | TradesEvent, replaceable: boolean): void {
    const topic = marketTopic(this.#options.exchange, symbol, view);
    this.#options.broadcaster.send({ topic, event: view, payload: { ...payload }, replaceable });
  }
}
