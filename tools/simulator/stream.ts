import { type Book, bookAt, diffBooks, formatLevels, type Level } from "./book.ts";
import { type Channel, parseChannel } from "./channels.ts";
import { Connection } from "./connection.ts";
import type { Faults } from "./faults.ts";
import { aggTradeEvent, klineEvent, miniTickerEvent, tradeEvent } from "./payloads.ts";
import { type Market, MINUTE_MS, type PriceModel } from "./price.ts";
import { SocketSet } from "./socket_set.ts";
import { SYMBOLS } from "./symbols.ts";

/** How often the hub looks at the clock, in wall time. */
export const PUMP_MS = 50;
/** Sockets at a time. */
export const SOCKETS_MAX = 512;
/** Forming klines are told this often at most, in wall time. */
const KLINE_MS = 250;
const MINI_TICKER_MS = 1_000;
/** Minutes told in one go. A hub that was held up catches up over the next rounds, in order. */
const MINUTES_PER_PUMP_MAX = 240;
/** Behind by more (a sleeping machine), sockets are closed rather than told a day of history. */
const LAG_MINUTES_MAX = 1_440;
/** A diff over more steps of the book than this says only where it ended. */
const BOOK_STEPS_MAX = 100;
const CLOSE_GOING_AWAY = 1001;

/** What the hub needs to know. `now` is simulated time, `nowMs` the wall's. */
export interface HubContext {
  model: PriceModel;
  faults: Faults;
  now: () => number;
  nowMs: () => number;
  bookStep_ms: number;
}

/** Counters for `GET /sim/stats`. */
export interface HubStats {
  open_sockets: number;
  streams: number;
  stream_names_count: number;
  connections_total: number;
  messages_in: number;
  frames_out: number;
  /** Simulated time up to which streams have been told. */
  streamed_ms: number;
}

interface Feed {
  name: string;
  channel: Channel;
  readers: Set<Connection>;
  /** What was last told, where only changes are: trades in the forming minute, or the last step of the book. */
  mark: number;
  /** Wall time of the last frame of a feed that keeps a pace. */
  told_ms: number;
}

interface MarketFeeds {
  market: Market;
  klines: Feed[];
  trades: Feed[];
  books: Feed[];
  miniTickers: Feed[];
}

/** Tells every socket what the market does. One text a stream, however many sockets read it. */
export class StreamHub {
  readonly #context: HubContext;
  readonly #sockets = new SocketSet<Connection>(SOCKETS_MAX);
  readonly #feeds = new Map<string, Feed>();
  #plan: MarketFeeds[] | undefined;
  /** Simulated time up to which everything has been told. */
  #cursor: number;
  #klinesAt_ms = 0;
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

  /** Takes a socket in, with the streams its URL named. */
  accept(socket: WebSocket, streams: readonly string[], combined: boolean): void {
    const connection = new Connection(socket, streams, combined, {
      onStreams: (changed) => this.#refresh(changed),
      onClosed: (closed) => this.#drop(closed),
      onGone: (gone) => this.#sockets.forget(gone),
      onMessage: () => this.#messagesIn++,
      onFrame: () => this.#framesOut++,
      isSilent: () => this.#context.faults.isStalled(),
      nowMs: this.#context.nowMs,
    });
    this.#connectionsTotal++;
    this.#sockets.add(connection);
    this.#refresh(connection);
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

  /** Live counts. Streams are those that exist; names that mean nothing are not counted. */
  stats(): HubStats {
    let streams = 0;
    for (const feed of this.#feeds.values()) streams += feed.readers.size;
    return {
      open_sockets: this.#sockets.open().length,
      streams,
      stream_names_count: this.#feeds.size,
      connections_total: this.#connectionsTotal,
      messages_in: this.#messagesIn,
      frames_out: this.#framesOut,
      streamed_ms: this.#cursor,
    };
  }

  /** Tells what happened since the last call. Call every {@link PUMP_MS}. */
  pump(): void {
    const now_ms = this.#context.now();
    if (now_ms - this.#cursor > LAG_MINUTES_MAX * MINUTE_MS) {
      this.disconnectAll("The exchange was held up");
      this.#cursor = now_ms;
    }
    const to_ms = Math.min(now_ms, this.#cursor + MINUTES_PER_PUMP_MAX * MINUTE_MS);
    const wall_ms = this.#context.nowMs();
    const tellKlines = wall_ms - this.#klinesAt_ms >= KLINE_MS || wall_ms < this.#klinesAt_ms;
    if (tellKlines) this.#klinesAt_ms = wall_ms;
    for (const feeds of this.#plan ??= this.#arrange()) {
      const { market } = feeds;
      const hasGap = this.#context.faults.hasGap(market.spec.id);
      if (!hasGap) this.#tellMinutes(feeds, to_ms);
      if (!hasGap && tellKlines) this.#tellForming(feeds, to_ms);
      for (const feed of feeds.books) this.#tellBook(market, feed, to_ms, wall_ms);
      for (const feed of feeds.miniTickers) {
        if (this.#isDue(feed, wall_ms, MINI_TICKER_MS)) this.#tell(feed, miniTickerEvent(market, to_ms));
      }
    }
    this.#tellAllMiniTickers(to_ms, wall_ms);
    this.#cursor = to_ms;
  }

  /** Trades and candle closes between the cursor and `to_ms`, minute by minute: no close is ever skipped. */
  #tellMinutes({ market, klines, trades }: MarketFeeds, to_ms: number): void {
    if (klines.length === 0 && trades.length === 0) return;
    for (let minute = Math.floor(this.#cursor / MINUTE_MS); minute * MINUTE_MS <= to_ms; minute++) {
      if (trades.length > 0) {
        for (const trade of market.trades(minute)) {
          if (trade.time_ms <= this.#cursor || trade.time_ms > to_ms) continue;
          for (const feed of trades) {
            const event = feed.channel.kind === "trade" ? tradeEvent : aggTradeEvent;
            this.#tell(feed, event(market.spec, trade));
          }
        }
      }
      const close_ms = (minute + 1) * MINUTE_MS;
      if (close_ms > to_ms) break;
      for (const feed of klines) {
        if (feed.channel.kind !== "kline" || (minute + 1) % feed.channel.width !== 0) continue;
        const { width, interval } = feed.channel;
        const openMinute = minute + 1 - width;
        const fold = market.candle(openMinute, width, close_ms);
        if (!fold) continue;
        const at = { openMinute, width, interval, closed: true, event_ms: close_ms };
        this.#tell(feed, klineEvent(market.spec, fold, at));
      }
    }
  }

  /** The forming candle of each kline stream, when a trade has happened since it was last told. */
  #tellForming({ market, klines }: MarketFeeds, to_ms: number): void {
    if (klines.length === 0) return;
    const mark = market.lastTrade(to_ms).id;
    for (const feed of klines) {
      if (feed.channel.kind !== "kline" || feed.mark === mark) continue;
      feed.mark = mark;
      const { width, interval } = feed.channel;
      const openMinute = Math.floor(to_ms / MINUTE_MS / width) * width;
      const fold = market.candle(openMinute, width, to_ms);
      if (!fold) continue;
      this.#tell(feed, klineEvent(market.spec, fold, { openMinute, width, interval, closed: false, event_ms: to_ms }));
    }
  }

  #tellBook(market: Market, feed: Feed, to_ms: number, wall_ms: number): void {
    const { channel } = feed;
    const step_ms = this.#context.bookStep_ms;
    const step = Math.floor(to_ms / step_ms);
    const every_ms = "every_ms" in channel ? channel.every_ms : PUMP_MS;
    if (step === feed.mark || !this.#isDue(feed, wall_ms, every_ms)) return;
    const from = feed.mark;
    feed.mark = step;
    if (channel.kind === "partialDepth") {
      const book = bookAt(market, to_ms, step_ms, channel.levels);
      this.#tell(feed, { lastUpdateId: book.id, ...formatSides(market, book) });
    } else if (channel.kind === "bookTicker") {
      const book = bookAt(market, to_ms, step_ms, 1);
      const { bids: [bid], asks: [ask] } = formatSides(market, book);
      this.#tell(feed, { u: book.id, s: market.spec.id, b: bid?.[0], B: bid?.[1], a: ask?.[0], A: ask?.[1] });
    } else if (channel.kind === "diffDepth" && from >= 0) {
      const { id, ...sides } = diffSteps(market, from, step, step_ms);
      this.#tell(feed, {
        e: "depthUpdate",
        E: to_ms,
        s: market.spec.id,
        U: from * step_ms + 1,
        u: id,
        b: formatLevels(market, sides.bids),
        a: formatLevels(market, sides.asks),
      });
    }
  }

  #tellAllMiniTickers(to_ms: number, wall_ms: number): void {
    const feed = this.#feeds.get("!miniTicker@arr");
    if (!feed || !this.#isDue(feed, wall_ms, MINI_TICKER_MS)) return;
    const markets = SYMBOLS.map((spec) => this.#context.model.market(spec.id)).filter((market) => market !== undefined);
    this.#tell(feed, markets.map((market) => miniTickerEvent(market, to_ms)));
  }

  #isDue(feed: Feed, wall_ms: number, every_ms: number): boolean {
    // Rounds come a little late: without the slack a pace of 100 ms would become 150.
    if (wall_ms >= feed.told_ms && wall_ms - feed.told_ms < every_ms - PUMP_MS / 2) return false;
    feed.told_ms = wall_ms;
    return true;
  }

  #tell(feed: Feed, payload: unknown): void {
    const text = JSON.stringify(payload);
    let combined: string | undefined;
    for (const reader of feed.readers) {
      reader.send(reader.isCombined ? combined ??= `{"stream":"${feed.name}","data":${text}}` : text);
    }
  }

  /** Puts a connection under the feeds it now names, and takes it out of the others. */
  #refresh(connection: Connection): void {
    for (const feed of this.#feeds.values()) {
      if (!connection.streams.has(feed.name)) this.#leave(feed, connection);
    }
    for (const name of connection.streams) {
      const feed = this.#feeds.get(name) ?? this.#open(name);
      feed?.readers.add(connection);
    }
  }

  #open(name: string): Feed | undefined {
    const channel = parseChannel(name);
    if (!channel) return undefined;
    const feed = { name, channel, readers: new Set<Connection>(), mark: -1, told_ms: 0 };
    this.#feeds.set(name, feed);
    this.#plan = undefined;
    return feed;
  }

  #drop(connection: Connection): void {
    this.#sockets.close(connection);
    for (const feed of this.#feeds.values()) this.#leave(feed, connection);
  }

  #leave(feed: Feed, connection: Connection): void {
    if (!feed.readers.delete(connection) || feed.readers.size > 0) return;
    this.#feeds.delete(feed.name);
    this.#plan = undefined;
  }

  #arrange(): MarketFeeds[] {
    const byId = new Map<string, MarketFeeds>();
    for (const feed of this.#feeds.values()) {
      const { channel } = feed;
      if (channel.kind === "allMiniTickers") continue;
      const market = this.#context.model.market(channel.id);
      if (!market) continue;
      const feeds = byId.get(channel.id) ?? { market, klines: [], trades: [], books: [], miniTickers: [] };
      byId.set(channel.id, feeds);
      if (channel.kind === "kline") feeds.klines.push(feed);
      else if (channel.kind === "trade" || channel.kind === "aggTrade") feeds.trades.push(feed);
      else if (channel.kind === "miniTicker") feeds.miniTickers.push(feed);
      else feeds.books.push(feed);
    }
    return [...byId.values()];
  }
}

function formatSides(market: Market, book: Book): { bids: [string, string][]; asks: [string, string][] } {
  return { bids: formatLevels(market, book.bids), asks: formatLevels(market, book.asks) };
}

/** Every level that changed between two steps, at its last quantity: a snapshot of any step between stays true. */
function diffSteps(market: Market, from: number, to: number, step_ms: number): Book {
  const bids = new Map<number, number>();
  const asks = new Map<number, number>();
  const first = to - from > BOOK_STEPS_MAX ? to - 1 : from;
  let before = bookAt(market, from * step_ms, step_ms);
  for (let step = first + 1; step <= to; step++) {
    const book = bookAt(market, step * step_ms, step_ms);
    const changed = diffBooks(before, book);
    for (const [price, quantity] of changed.bids) bids.set(price, quantity);
    for (const [price, quantity] of changed.asks) asks.set(price, quantity);
    before = book;
  }
  const list = (levels: Map<number, number>): Level[] => [...levels];
  return { id: to * step_ms, bids: list(bids), asks: list(asks) };
}
