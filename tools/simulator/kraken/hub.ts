import { type Book, bookAt, diffBooks } from "../book.ts";
import { type Market, MINUTE_MS } from "../price.ts";
import type { HubContext } from "../stream.ts";
import { SocketSet } from "../socket_set.ts";
import { keyOf, KrakenConnection, type Subscription } from "./connection.ts";
import { bookEntry, ohlcEntry, stamp, tickerEntry, tradeEntry } from "./payloads.ts";

/** Sockets at a time. */
const SOCKETS_MAX = 512;
/** Forming candles are told this often at most, in wall time; so are books and tickers, at paces of their own. */
const OHLC_MS = 250;
const BOOK_MS = 100;
const TICKER_MS = 1_000;
/** What a new subscription begins with. */
const OHLC_SNAPSHOT = 10;
const TRADE_SNAPSHOT = 50;
/** Minutes told in one go; a hub that was held up longer closes its sockets instead. */
const MINUTES_PER_PUMP_MAX = 240;
const CLOSE_GOING_AWAY = 1001;
/** Pumps come a little late: without the slack a pace of 100 ms would become 150. */
const PACE_SLACK_MS = 25;

interface Feed extends Subscription {
  market: Market;
  readers: Set<KrakenConnection>;
  /** Id of the last trade a forming candle was told with. */
  mark: number;
  told_ms: number;
  /** The book as it was last told. */
  book: Book | null;
}

/** Counters for `GET /sim/stats`. */
export interface KrakenStats {
  open_sockets: number;
  subscriptions: number;
  connections_total: number;
  messages_in: number;
  frames_out: number;
}

/** Tells every socket of Kraken's protocol what the market does: a snapshot first, then updates. */
export class KrakenHub {
  readonly #context: HubContext;
  readonly #sockets = new SocketSet<KrakenConnection>(SOCKETS_MAX);
  readonly #feeds = new Map<string, Feed>();
  /** Simulated time up to which everything has been told. */
  #cursor: number;
  #connectionsTotal = 0;
  #messagesIn = 0;
  #framesOut = 0;

  constructor(context: HubContext) {
    this.#context = context;
    this.#cursor = context.now();
  }

  /** Whether another socket may come in. */
  get hasRoom(): boolean {
    return this.#sockets.hasRoom;
  }

  /** Takes a socket in. */
  accept(socket: WebSocket): void {
    const connection = new KrakenConnection(socket, ++this.#connectionsTotal, {
      onSubscribed: (reader, subscription, snapshot) => this.#subscribe(reader, subscription, snapshot),
      onUnsubscribed: (reader, key) => this.#leave(reader, key),
      onClosed: (closed) => {
        this.#sockets.close(closed);
        for (const key of closed.subscriptions) this.#leave(closed, key);
      },
      onGone: (gone) => this.#sockets.forget(gone),
      onMessage: () => this.#messagesIn++,
      onFrame: () => this.#framesOut++,
      isSilent: () => this.#context.faults.isStalled(),
      now: this.#context.now,
      nowMs: this.#context.nowMs,
    });
    this.#sockets.add(connection);
  }

  /** Closes every socket. */
  disconnectAll(reason: string): void {
    for (const connection of this.#sockets.open()) connection.close(CLOSE_GOING_AWAY, reason);
  }

  /** Sends a text to every socket as it stands. */
  sendAll(text: string): void {
    for (const connection of this.#sockets.open()) connection.send(text);
  }

  /** Resolves when every socket has ended, or at the latest after `wait_ms`. */
  settled(wait_ms: number): Promise<void> {
    return this.#sockets.settled(wait_ms);
  }

  stats(): KrakenStats {
    let subscriptions = 0;
    for (const feed of this.#feeds.values()) subscriptions += feed.readers.size;
    return {
      open_sockets: this.#sockets.open().length,
      subscriptions,
      connections_total: this.#connectionsTotal,
      messages_in: this.#messagesIn,
      frames_out: this.#framesOut,
    };
  }

  /** Tells what happened since the last call. */
  pump(): void {
    const now_ms = this.#context.now();
    if (now_ms - this.#cursor > MINUTES_PER_PUMP_MAX * MINUTE_MS) {
      this.disconnectAll("The exchange was held up");
      this.#cursor = now_ms;
    }
    const wall_ms = this.#context.nowMs();
    for (const feed of this.#feeds.values()) {
      const hasGap = this.#context.faults.hasGap(feed.pair.spec.id);
      if (feed.channel === "ohlc" && !hasGap) this.#tellCandles(feed, now_ms, wall_ms);
      if (feed.channel === "trade" && !hasGap) this.#tellTrades(feed, now_ms);
      if (feed.channel === "book" && this.#isDue(feed, wall_ms, BOOK_MS)) this.#tellBook(feed, now_ms);
      if (feed.channel === "ticker" && this.#isDue(feed, wall_ms, TICKER_MS)) {
        this.#tell(feed, "update", [this.#ticker(feed, now_ms)], now_ms);
      }
    }
    for (const connection of this.#sockets.open()) connection.beat();
    this.#cursor = now_ms;
  }

  /** The last state of every candle that ended since the cursor, then the forming one if it has changed. */
  #tellCandles(feed: Feed, to_ms: number, wall_ms: number): void {
    const { market, pair, param: width } = feed;
    const width_ms = width * MINUTE_MS;
    for (let end = Math.floor(this.#cursor / width_ms) + 1; end * width_ms <= to_ms; end++) {
      const open = (end - 1) * width;
      const fold = market.candle(open, width, end * width_ms);
      if (fold) this.#tell(feed, "update", [ohlcEntry(pair, fold, open, width)], end * width_ms);
    }
    const last = market.lastTrade(to_ms).id;
    if (last === feed.mark || !this.#isDue(feed, wall_ms, OHLC_MS)) return;
    feed.mark = last;
    const open = Math.floor(to_ms / width_ms) * width;
    const fold = market.candle(open, width, to_ms);
    if (fold) this.#tell(feed, "update", [ohlcEntry(pair, fold, open, width)], to_ms);
  }

  #tellTrades(feed: Feed, to_ms: number): void {
    const trades = [];
    for (let minute = Math.floor(this.#cursor / MINUTE_MS); minute * MINUTE_MS <= to_ms; minute++) {
      for (const trade of feed.market.trades(minute)) {
        if (trade.time_ms > this.#cursor && trade.time_ms <= to_ms) trades.push(tradeEntry(feed.pair, trade));
      }
    }
    if (trades.length > 0) this.#tell(feed, "update", trades, to_ms);
  }

  #tellBook(feed: Feed, to_ms: number): void {
    const book = this.#book(feed, to_ms);
    const before = feed.book ?? book;
    feed.book = book;
    const change = diffBooks(before, book);
    if (change.bids.length === 0 && change.asks.length === 0) return;
    this.#tell(feed, "update", [bookEntry(feed.pair, change, book, to_ms)], to_ms);
  }

  #subscribe(reader: KrakenConnection, subscription: Subscription, snapshot: boolean): void {
    const market = this.#context.model.market(subscription.pair.spec.id);
    if (!market) return;
    const key = keyOf(subscription);
    const known = this.#feeds.get(key);
    const feed = known ?? { ...subscription, market, readers: new Set(), mark: -1, told_ms: 0, book: null };
    if (!known) this.#feeds.set(key, feed);
    feed.readers.add(reader);
    if (snapshot) reader.send(frame(feed, "snapshot", this.#snapshot(feed), this.#cursor));
  }

  /** What a subscription begins with, as of the cursor: updates follow on it. */
  #snapshot(feed: Feed): unknown[] {
    const { channel, market, pair, param } = feed;
    if (channel === "book") {
      feed.book ??= this.#book(feed, this.#cursor);
      return [bookEntry(pair, feed.book, feed.book, this.#cursor)];
    }
    if (channel === "ticker") return [this.#ticker(feed, this.#cursor)];
    if (channel === "trade") {
      const minute = Math.floor(this.#cursor / MINUTE_MS);
      return [minute - 1, minute].flatMap((m) => [...market.trades(m)])
        .filter((trade) => trade.time_ms <= this.#cursor).slice(-TRADE_SNAPSHOT)
        .map((trade) => tradeEntry(pair, trade));
    }
    const last = Math.floor(this.#cursor / MINUTE_MS / param);
    const entries = [];
    for (let i = last - OHLC_SNAPSHOT + 1; i <= last; i++) {
      const fold = market.candle(i * param, param, this.#cursor);
      if (fold) entries.push(ohlcEntry(pair, fold, i * param, param));
    }
    return entries;
  }

  #book({ market, param }: Feed, at_ms: number): Book {
    return bookAt(market, at_ms, this.#context.bookStep_ms, param);
  }

  #ticker({ pair, market }: Feed, at_ms: number): unknown {
    return tickerEntry(pair, market, at_ms, bookAt(market, at_ms, this.#context.bookStep_ms, 1));
  }

  #isDue(feed: Feed, wall_ms: number, every_ms: number): boolean {
    if (wall_ms >= feed.told_ms && wall_ms - feed.told_ms < every_ms - PACE_SLACK_MS) return false;
    feed.told_ms = wall_ms;
    return true;
  }

  #tell(feed: Feed, type: "update", data: unknown[], at_ms: number): void {
    const text = frame(feed, type, data, at_ms);
    for (const reader of feed.readers) reader.send(text);
  }

  #leave(reader: KrakenConnection, key: string): void {
    const feed = this.#feeds.get(key);
    if (!feed?.readers.delete(reader) || feed.readers.size > 0) return;
    this.#feeds.delete(key);
  }
}

function frame({ channel }: Feed, type: "snapshot" | "update", data: unknown[], at_ms: number): string {
  const timestamp = channel === "ohlc" ? { timestamp: stamp(at_ms, "000000") } : {};
  return JSON.stringify({ channel, type, ...timestamp, data });
}
