import type { Ohlcv } from "../fold.ts";
import { barOf } from "../indicators/bar.ts";
import { IndicatorBook, type SeriesId } from "../indicators/book.ts";
import { type Timeframe, TIMEFRAMES } from "../timeframe.ts";
import type { CandleWriter } from "./candle_writer.ts";
import type { FeedStore } from "./feed_store.ts";

/** Candles that one read of history for indicators gives at most. */
const WARM_CANDLES_MAX = 1_000;

/** Series warmed in one go. */
const WARM_SERIES_MAX = 20;

/** What a keeper needs from outside. */
export interface IndicatorKeeperOptions {
  exchange: string;
  store: Pick<FeedStore, "latestCandles">;
  writer: Pick<CandleWriter, "settled">;
}

/** Gives the indicators that alerts and bots hold their candles: closes as they come, history from what is stored. */
export class IndicatorKeeper {
  readonly book = new IndicatorBook();
  readonly #options: IndicatorKeeperOptions;

  constructor(options: IndicatorKeeperOptions) {
    this.#options = options;
  }

  /** Takes a closed candle. */
  close(symbol: string, timeframe: Timeframe, candle: Ohlcv): void {
    this.book.close({ exchange: this.#options.exchange, symbol, timeframe }, barOf(candle));
  }

  /** Gives indicators that lack it history. */
  async warm(): Promise<void> {
    for (const { id, candles } of this.book.cold().slice(0, WARM_SERIES_MAX)) {
      await this.#restate([id], Math.min(candles, WARM_CANDLES_MAX));
    }
  }

  /** Computes a symbol's indicators anew, because what is stored of it has changed. */
  async restate(symbol: string): Promise<void> {
    const ids = TIMEFRAMES.map((timeframe) => ({ exchange: this.#options.exchange, symbol, timeframe }));
    const held = ids.filter((id) => this.book.vector(id) !== undefined);
    if (held.length > 0) await this.#restate(held, WARM_CANDLES_MAX);
  }

  async #restate(ids: readonly SeriesId[], candles: number): Promise<void> {
    const [first] = ids;
    if (first === undefined) return;
    // A close that still waits to be stored would be a hole between history and what follows.
    await this.#options.writer.settled(first.symbol);
    const stored = (await this.#options.store.latestCandles([first.symbol], candles)).get(first.symbol);
    for (const id of ids) this.book.restate(id, stored?.[id.timeframe].map(barOf) ?? []);
  }
}
