import type { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { marketTopic } from "../../realtime/topic.ts";
import type { CandleEvent } from "../candle.ts";
import { Conflator } from "../conflate.ts";
import type { Demand } from "../demand.ts";
import type { SeriesCandle } from "../series.ts";
import { type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "../timeframe.ts";
import type { SymbolStream } from "./symbol_stream.ts";

/** Closed candles older than this many of their widths are not broadcast: they come from history, and readers have REST. */
const BROADCAST_WIDTHS_MAX = 10;

interface Forming {
  stream: SymbolStream;
  timeframe: Timeframe;
}

/** What a publisher needs from outside. */
export interface CandlePublisherOptions {
  exchange: string;
  demand: Demand;
  broadcaster: Broadcaster;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  /** Told of each forming candle that was sent, with its event time. */
  onSent?: (symbol: string, et: number) => void;
}

/**
 * Broadcasts the candles somebody looks at: forming ones conflated, closes always. Indicators of a forming candle are
 * worked out when it is sent, not with every tick.
 */
export class CandlePublisher {
  readonly #options: CandlePublisherOptions;
  readonly #conflator = new Conflator<Forming>();
  readonly #topics = new Map<string, Record<Timeframe, string>>();

  constructor(options: CandlePublisherOptions) {
    this.#options = options;
  }

  /** Forgets topics that nobody looks at and symbols that are not streamed any more. */
  retain(topics: readonly string[], streamed: (symbol: string) => boolean): void {
    const wanted = new Set(topics);
    this.#conflator.retain((topic) => wanted.has(topic));
    for (const symbol of this.#topics.keys()) if (!streamed(symbol)) this.#topics.delete(symbol);
  }

  /** Says that what is forming has changed. */
  changed(stream: SymbolStream): void {
    const timeframes = this.#options.demand.timeframes(stream.symbol);
    // Before there is anything to say its turn would be wasted.
    if (timeframes === undefined || !stream.isLive) return;
    const topics = this.#topicsOf(stream.symbol);
    for (const timeframe of timeframes) this.#conflator.offer(topics[timeframe], { stream, timeframe });
  }

  /** Broadcasts the forming candles whose turn it is at `nowMs`. */
  publish(nowMs: number): void {
    const token = this.#options.token();
    if (token === null) return;
    for (const { topic, value } of this.#conflator.due(nowMs)) {
      const candle = value.stream.forming(value.timeframe);
      if (candle === null) continue;
      const et = value.stream.lastEventMs;
      this.#broadcast(topic, { ...candle, et, token }, true);
      this.#options.onSent?.(value.stream.symbol, et);
    }
  }

  /**
   * Broadcasts closed candles.
   * @param et event time of the close, Unix ms.
   * @param venueNowMs the latest time the exchange is known to have reached.
   */
  closed(symbol: string, candles: readonly SeriesCandle[], et: number, venueNowMs: number): void {
    const timeframes = this.#options.demand.timeframes(symbol);
    const token = this.#options.token();
    if (timeframes === undefined || token === null) return;
    const topics = this.#topicsOf(symbol);
    for (const { timeframe, candle, ind } of candles) {
      if (!timeframes.has(timeframe)) continue;
      if (candle.t < venueNowMs - BROADCAST_WIDTHS_MAX * TIMEFRAME_MS[timeframe]) continue;
      this.#conflator.drop(topics[timeframe]);
      const event = { ...candle, closed: true, ...(ind === undefined ? {} : { ind }), et, token };
      this.#broadcast(topics[timeframe], event, false);
    }
  }

  /**
   * Tells those who look at a symbol, on the event `delisted`, that it is no longer traded: there will be no more candles.
   * @param et the latest time the exchange is known to have reached, Unix ms.
   */
  delisted(symbol: string, et: number): void {
    const timeframes = this.#options.demand.timeframes(symbol);
    const token = this.#options.token();
    if (timeframes === undefined || token === null) return;
    const topics = this.#topicsOf(symbol);
    for (const timeframe of timeframes) {
      this.#conflator.drop(topics[timeframe]);
      const payload = { symbol, et, token };
      this.#options.broadcaster.send({ topic: topics[timeframe], event: "delisted", payload, replaceable: false });
    }
  }

  #broadcast(topic: string, event: CandleEvent, replaceable: boolean): void {
    this.#options.broadcaster.send({ topic, event: "candle", payload: { ...event }, replaceable });
  }

  #topicsOf(symbol: string): Record<Timeframe, string> {
    let topics = this.#topics.get(symbol);
    if (topics === undefined) {
      const { exchange } = this.#options;
      const named = TIMEFRAMES.map((timeframe) => [timeframe, marketTopic(exchange, symbol, timeframe)]);
      topics = Object.fromEntries(named) as Record<Timeframe, string>;
      this.#topics.set(symbol, topics);
    }
    return topics;
  }
}
