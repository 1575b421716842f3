import { signal } from "@preact/signals";
import { marketTopic } from "../../realtime/topic.ts";
import type { TopicListener } from "../../realtime/client/connection.ts";
import type { Depth } from "../depth.ts";
import { type BookState, mergeTrades, takeBook, takeStoredBook, takeTrades, type TradesState } from "./depth_book.ts";
import { isBookEvent, isStoredBook, isTradesEvent, readTrades } from "./depth_check.ts";

/** What the model needs of its page. */
export interface DepthPort {
  subscribe(topic: string, event: string, listener: TopicListener): () => void;
  /** Says that a topic is looked at; the returned function says that it is no more. */
  watch(topic: string): () => void;
  fetchJson(path: string, signal: AbortSignal): Promise<unknown>;
  /** Unix ms. */
  nowMs(): number;
  /** A trade arrived; `eventMs` is its time at the exchange. */
  onTrade(eventMs: number): void;
}

/** One market's order book and latest trades, kept up while they are in sight. */
export class DepthModel {
  readonly book = signal<BookState>({ bids: [], asks: [], et: null, token: 0 });
  readonly trades = signal<TradesState>({ items: [], token: 0 });
  /** Wall time of the newest book that was broadcast, Unix ms; 0 before the first. */
  readonly bookHeardMs = signal(0);
  readonly #port: DepthPort;
  readonly #exchange: string;
  readonly #symbol: string;

  constructor({ exchange, symbol }: { exchange: string; symbol: string }, depth: Depth | null, port: DepthPort) {
    this.#exchange = exchange;
    this.#symbol = symbol;
    this.#port = port;
    if (depth === null) return;
    this.book.value = takeStoredBook(this.book.value, { ...depth, at: depth.book_at });
    this.trades.value = { items: mergeTrades([], depth.trades), token: 0 };
  }

  /** Keeps the book up until the returned function is called. */
  followBook(): () => void {
    return this.#follow("book", (payload) => {
      if (!isBookEvent(payload)) return;
      const book = takeBook(this.book.value, payload);
      if (book === this.book.value) return;
      // The same book told again is no younger for it.
      if (book.et === null || book.et !== this.book.value.et) this.bookHeardMs.value = this.#port.nowMs();
      this.book.value = book;
    }, (answer) => {
      if (isStoredBook(answer)) this.book.value = takeStoredBook(this.book.value, answer);
    });
  }

  /** Keeps the trades up until the returned function is called. */
  followTrades(): () => void {
    return this.#follow("trades", (payload) => {
      if (!isTradesEvent(payload)) return;
      const trades = takeTrades(this.trades.value, payload);
      if (trades === this.trades.value) return;
      this.trades.value = trades;
      const newest = trades.items[0];
      if (newest) this.#port.onTrade(newest.t);
    }, (answer) => {
      const { items, token } = this.trades.value;
      this.trades.value = { items: mergeTrades(items, readTrades(answer)), token };
    });
  }

  #follow(view: "book" | "trades", onPayload: (payload: unknown) => void, onStored: (answer: unknown) => void) {
    const topic = marketTopic(this.#exchange, this.#symbol, view);
    const path = `/api/v1/${view}?${new URLSearchParams({ exchange: this.#exchange, symbol: this.#symbol })}`;
    const gone = new AbortController();
    const unwatch = this.#port.watch(topic);
    const unsubscribe = this.#port.subscribe(topic, view, {
      onPayload,
      // What was sent before, or while the link was lost, is not sent again.
      onJoined: () => {
        this.#port.fetchJson(path, gone.signal).then((answer) => gone.signal.aborted || onStored(answer), () => {
          // Broadcasts go on: a book is whole with each, and trades begin with the next.
        });
      },
    });
    return () => {
      gone.abort();
      unsubscribe();
      unwatch();
    };
  }
}
