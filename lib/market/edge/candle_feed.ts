import type { Logger } from "../../kernel/log.ts";
import { encodeEvent, type Frame } from "../../realtime/edge/event_stream.ts";
import type { TopicHub, TopicState } from "../../realtime/edge/hub.ts";
import { type Candle, candleEventSchema } from "../candle.ts";

/** Closed candles kept while missed ones before them are fetched; what falls out is fetched with those. */
const HELD_MAX = 100;

/** Closed candles remembered for a reader whose backfill was read just before they were stored. */
const RECENT_MAX = 10;

/** Time before missed candles are asked for again when the database did not answer. */
const CATCH_UP_RETRY_ms = 2_000;

/** One reader of a feed. Frames are encoded once for all of them. */
export interface CandleReader {
  onClosed(candle: Candle, frame: Frame): void;
  onForming(candle: Candle, frame: Frame): void;
  onState(state: TopicState): void;
}

/** What a feed is made of. */
export interface CandleFeedOptions {
  hub: TopicHub;
  topic: string;
  /** Width of the candles in ms. */
  width_ms: number;
  /** Closed candles whose open time is later than `t`, oldest first. */
  loadAfter: (t: number) => Promise<Candle[]>;
  logger: Logger;
}

/** Encodes a candle as its server-sent event. Only closed ones carry an id: a reader resumes after the last close. */
export function encodeCandle(candle: Candle): Frame {
  return encodeEvent({ event: "candle", data: candle, ...(candle.closed ? { id: String(candle.t) } : {}) });
}

/** A closed candle and its frame. */
interface Closed {
  candle: Candle;
  frame: Frame;
}

/**
 * One topic's candles for all its readers. A broadcast is only a hint, so the feed notices what is
 * missing, after a reconnect or by a gap in open times, and reads it from the database once for everyone.
 */
export class CandleFeed {
  readonly #options: CandleFeedOptions;
  readonly #readers = new Set<CandleReader>();
  readonly #stop: () => void;
  #state: TopicState = "reconnecting";
  /** Fencing token of the newest feed worker heard; a paused older one is ignored. */
  #token = 0;
  #lastClosedT: number | null = null;
  #recent: Closed[] = [];
  #catchingUp = false;
  #retry: ReturnType<typeof setTimeout> | null = null;
  /** Open time that last made us look for missed candles: an exchange may really have a gap there. */
  #gapSeenAtT = -1;
  #held: Candle[] = [];
  #closed = false;

  constructor(options: CandleFeedOptions) {
    this.#options = options;
    this.#stop = options.hub.listen(options.topic, {
      onBroadcast: (event, payload) => {
        if (event === "candle") this.#onPayload(payload);
      },
      onState: (state) => this.#onState(state),
    });
  }

  get state(): TopicState {
    return this.#state;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** The closed candles told last, oldest first. */
  get recent(): readonly Closed[] {
    return this.#recent;
  }

  add(reader: CandleReader): void {
    this.#readers.add(reader);
  }

  remove(reader: CandleReader): void {
    this.#readers.delete(reader);
  }

  /** Tells the feed of the latest closed candle a reader found in the database: others may have missed it. */
  noteClosed(candle: Candle): void {
    if (this.#isGap(candle.t)) this.#catchUp();
    else this.#deliverClosed(candle);
  }

  close(): void {
    this.#closed = true;
    this.#readers.clear();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#stop();
  }

  #onState(state: TopicState): void {
    this.#state = state;
    for (const reader of this.#readers) reader.onState(state);
    if (state === "live") this.#catchUp();
  }

  #onPayload(payload: unknown): void {
    const parsed = candleEventSchema.safeParse(payload);
    if (!parsed.success) {
      return this.#options.logger.warn("Broadcast is no candle", { topic: this.#options.topic });
    }
    const { token, t, o, h, l, c, v, closed, ind } = parsed.data;
    if (token < this.#token) return;
    this.#token = token;
    const candle: Candle = { t, o, h, l, c, v, closed, ...(ind ? { ind } : {}) };
    if (this.#isGap(t) && t !== this.#gapSeenAtT) {
      this.#gapSeenAtT = t;
      this.#catchUp();
    }
    if (!closed) return this.#deliverForming(candle);
    if (!this.#catchingUp) return this.#deliverClosed(candle);
    if (this.#held.length >= HELD_MAX) this.#held.shift();
    this.#held.push(candle);
  }

  #isGap(t: number): boolean {
    return this.#lastClosedT !== null && t > this.#lastClosedT + this.#options.width_ms;
  }

  #catchUp(): void {
    if (this.#catchingUp || this.#closed || this.#lastClosedT === null) return;
    this.#catchingUp = true;
    this.#options.loadAfter(this.#lastClosedT).then((missed) => {
      this.#catchingUp = false;
      const held = this.#held;
      this.#held = [];
      for (const candle of [...missed, ...held]) this.#deliverClosed(candle);
    }, (error) => {
      this.#options.logger.warn("Missed candles could not be read", { topic: this.#options.topic, error });
      // Still catching up: closed candles go out in order or not at all.
      if (this.#closed) return;
      this.#retry = setTimeout(() => {
        this.#catchingUp = false;
        this.#catchUp();
      }, CATCH_UP_RETRY_ms);
    });
  }

  #deliverForming(candle: Candle): void {
    if (this.#lastClosedT !== null && candle.t <= this.#lastClosedT) return;
    const frame = encodeCandle(candle);
    for (const reader of this.#readers) reader.onForming(candle, frame);
  }

  #deliverClosed(candle: Candle): void {
    if (this.#lastClosedT !== null && candle.t <= this.#lastClosedT) return;
    this.#lastClosedT = candle.t;
    const closed = { candle, frame: encodeCandle(candle) };
    if (this.#recent.push(closed) > RECENT_MAX) this.#recent.shift();
    for (const reader of this.#readers) reader.onClosed(candle, closed.frame);
  }
}
