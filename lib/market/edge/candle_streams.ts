import { onBehalfOf } from "../../kernel/edge/caller.ts";
import type { Logger } from "../../kernel/log.ts";
import { Refusal } from "../../kernel/problem.ts";
import { uuidv7 } from "../../kernel/uuid.ts";
import {
  encodeComment,
  encodeEvent,
  encodeRetry,
  EventStream,
  type Frame,
  FRAMES_WAITING_MAX,
} from "../../realtime/edge/event_stream.ts";
import type { TopicHub, TopicState } from "../../realtime/edge/hub.ts";
import type { WatchKeeper } from "../../realtime/edge/watch_keeper.ts";
import { marketTopic } from "../../realtime/topic.ts";
import type { Candle } from "../candle.ts";
import { type Timeframe, TIMEFRAME_MS } from "../timeframe.ts";
import { CandleFeed, type CandleReader, encodeCandle } from "./candle_feed.ts";
import type { MarketStore } from "./market_store.ts";

/** Streams one process serves: each costs a connection and at most some hundred kilobytes. */
export const STREAMS_MAX = 2_000;

/** Streams one address opens: a classroom behind one router fits, a flood does not. */
export const STREAMS_PER_ADDRESS_MAX = 200;

/** Candles replayed to a reader that comes back; older ones are read over REST. */
export const REPLAY_MAX = 1_000;

/** Silence after which proxies close a connection is longer than this. */
const HEARTBEAT_EVERY_ms = 15_000;

/** Time a reader waits before it reconnects. */
const RECONNECT_AFTER_ms = 2_000;

const HEARTBEAT = encodeComment("heartbeat");

/** A stream someone asks for. */
export interface CandleStreamRequest {
  exchange: string;
  symbol: string;
  timeframe: Timeframe;
  /** Open time of the last closed candle the reader has seen, from `Last-Event-ID`. */
  lastSeenT: number | null;
  /** Whoever asks, for the limit of streams. */
  address: string;
}

/** What streams are made of. */
export interface CandleStreamsOptions {
  hub: TopicHub;
  store: MarketStore;
  keeper: WatchKeeper;
  logger: Logger;
  nowMs: () => number;
  random: (bytes: number) => Uint8Array;
}

/** Serves candles as server-sent events: one Realtime channel a topic, however many read it. */
export class CandleStreams {
  readonly #options: CandleStreamsOptions;
  readonly #feeds = new Map<string, CandleFeed>();
  readonly #streams = new Set<EventStream>();
  readonly #openByAddress = new Map<string, number>();
  /** Streams open or being opened. */
  #open = 0;
  #heartbeat: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  constructor(options: CandleStreamsOptions) {
    this.#options = options;
  }

  /** Streams open right now. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens a stream: the last closed candle, or all after `lastSeenT`, then live ones.
   * @throws Refusal before anything is sent: `stream_limit`, `unknown_symbol`, `watch_limit`…
   */
  async open(request: CandleStreamRequest): Promise<ReadableStream<Frame>> {
    const release = this.#takePlace(request.address);
    const { keeper, nowMs, random } = this.#options;
    const topic = marketTopic(request.exchange, request.symbol, request.timeframe);
    const clientId = uuidv7(nowMs(), random(10));
    let feed: CandleFeed | null = null;
    let reader: StreamReader | null = null;
    const leave = () => {
      if (feed && reader) this.#leave(topic, feed, reader);
      keeper.remove(clientId);
      release();
    };
    try {
      await keeper.add(clientId, topic);
      feed = this.#feedOf(request, topic);
      reader = new StreamReader(new EventStream({ nowMs, onClose: leave }));
      // Listening before reading: what is broadcast meanwhile waits for the backfill.
      feed.add(reader);
      const candles = await this.#backfill(request);
      const last = candles.at(-1);
      if (last) feed.noteClosed(last);
      reader.start(candles, request.lastSeenT, feed);
      this.#keep(reader.stream);
      return reader.stream.body;
    } catch (error) {
      if (reader) reader.stream.close();
      else leave();
      throw error;
    }
  }

  /** Ends every stream; readers reconnect to another process. */
  close(): void {
    this.#closed = true;
    for (const stream of [...this.#streams]) stream.close();
  }

  #takePlace(address: string): () => void {
    if (this.#closed) throw new Refusal("upstream_unavailable", "The server is shutting down");
    const mine = this.#openByAddress.get(address) ?? 0;
    if (mine >= STREAMS_PER_ADDRESS_MAX) {
      throw new Refusal("stream_limit", `One address may open ${STREAMS_PER_ADDRESS_MAX} streams`);
    }
    if (this.#open >= STREAMS_MAX) throw new Refusal("stream_limit", "This server streams to as many as it can");
    this.#open++;
    this.#openByAddress.set(address, mine + 1);
    return () => {
      this.#open--;
      const left = (this.#openByAddress.get(address) ?? 1) - 1;
      if (left > 0) this.#openByAddress.set(address, left);
      else this.#openByAddress.delete(address);
    };
  }

  #feedOf({ exchange, symbol, timeframe }: CandleStreamRequest, topic: string): CandleFeed {
    const known = this.#feeds.get(topic);
    if (known) return known;
    const { hub, logger } = this.#options;
    const market = { exchange, symbol, timeframe };
    const feed = new CandleFeed({
      hub,
      topic,
      logger,
      width_ms: TIMEFRAME_MS[timeframe],
      // For all readers at once: it must not count against the one who happened to come first.
      loadAfter: (t) => onBehalfOf(null, () => this.#after(market, t)),
    });
    this.#feeds.set(topic, feed);
    return feed;
  }

  async #backfill({ lastSeenT, ...market }: CandleStreamRequest): Promise<Candle[]> {
    if (lastSeenT !== null) return await this.#after(market, lastSeenT);
    return (await this.#options.store.candlesPage({ ...market, limit: 1 })).items;
  }

  async #after(market: Pick<CandleStreamRequest, "exchange" | "symbol" | "timeframe">, t: number): Promise<Candle[]> {
    const { store } = this.#options;
    const missed = await store.candlesPage({ ...market, fromMs: t + 1, limit: REPLAY_MAX });
    if (missed.next_cursor === null) return missed.items;
    // Too far behind: the newest matter, and must not leave a gap before the live ones.
    return (await store.candlesPage({ ...market, limit: REPLAY_MAX })).items;
  }

  #keep(stream: EventStream): void {
    if (stream.closed) return;
    this.#streams.add(stream);
    this.#heartbeat ??= setInterval(() => {
      for (const open of this.#streams) open.sendIfReady(HEARTBEAT);
    }, HEARTBEAT_EVERY_ms);
    if (this.#closed) stream.close();
  }

  #leave(topic: string, feed: CandleFeed, reader: StreamReader): void {
    this.#streams.delete(reader.stream);
    feed.remove(reader);
    if (feed.readers === 0 && this.#feeds.get(topic) === feed) {
      this.#feeds.delete(topic);
      feed.close();
    }
    if (this.#streams.size === 0 && this.#heartbeat !== null) {
      clearInterval(this.#heartbeat);
      this.#heartbeat = null;
    }
  }
}

/** Puts the backfill before what is live, and drops what a reader has already seen. */
class StreamReader implements CandleReader {
  readonly stream: EventStream;
  #started = false;
  #lastClosedT = -1;
  #early: (() => void)[] = [];

  constructor(stream: EventStream) {
    this.stream = stream;
  }

  start(candles: Candle[], lastSeenT: number | null, { recent, state }: CandleFeed): void {
    this.stream.send(encodeRetry(RECONNECT_AFTER_ms));
    this.#lastClosedT = lastSeenT ?? -1;
    const unseen = candles.filter(({ t }) => t > this.#lastClosedT);
    // One frame: a long replay must not count as a reader that is behind.
    if (unseen.length > 0) this.stream.send(joinFrames(unseen.map(encodeCandle)));
    this.#lastClosedT = unseen.at(-1)?.t ?? this.#lastClosedT;
    this.stream.send(encodeEvent({ event: "status", data: { state } }));
    this.#started = true;
    for (const { candle, frame } of recent) this.onClosed(candle, frame);
    for (const early of this.#early) early();
    this.#early = [];
  }

  onClosed(candle: Candle, frame: Frame): void {
    this.#whenStarted(() => {
      if (candle.t <= this.#lastClosedT) return;
      this.#lastClosedT = candle.t;
      this.stream.send(frame);
    });
  }

  onForming(candle: Candle, frame: Frame): void {
    this.#whenStarted(() => {
      if (candle.t > this.#lastClosedT) this.stream.sendLatest(frame);
    });
  }

  onState(state: TopicState): void {
    // The state at the start is told by start() itself.
    if (this.#started) this.stream.send(encodeEvent({ event: "status", data: { state } }));
  }

  #whenStarted(act: () => void): void {
    if (this.#started) act();
    else if (this.#early.length < FRAMES_WAITING_MAX) this.#early.push(act);
  }
}

function joinFrames(frames: Frame[]): Frame {
  const joined = new Uint8Array(frames.reduce((length, frame) => length + frame.length, 0));
  let offset = 0;
  for (const frame of frames) {
    joined.set(frame, offset);
    offset += frame.length;
  }
  return joined;
}
