import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { CandleRow, FeedStore, StoredCandles } from "./feed_store.ts";
import { StoreError } from "./feed_store.ts";
import { repairCandles } from "./repair.ts";
import { BACKFILL_CANDLES } from "./symbol_stream.ts";
import type { Venue } from "./venue.ts";
import { VenueError } from "./venue.ts";

/** Symbols read in one call: about 15,000 candles. */
const SYMBOLS_PER_CALL_MAX = 5;

/** Stored candles of each width that are searched for holes. */
const REPAIR_CANDLES = 300;

/** What a loader needs from outside. */
export interface FeedLoaderOptions {
  store: FeedStore;
  venue: Venue;
  logger: Logger;
  random: () => number;
  signal: AbortSignal;
  /** Takes candles that were missing between stored ones of a symbol. */
  onRepaired: (rows: CandleRow[], found: number) => void;
}

/** Reads stored candles, a few symbols at a time, and mends holes between them. */
export class FeedLoader {
  readonly #options: FeedLoaderOptions;
  readonly #loading = new Map<string, Promise<StoredCandles | null>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: FeedLoaderOptions) {
    this.#options = options;
  }

  /** Begins to read these symbols' candles, in this order. The first is read alone, so that it need not wait. */
  load(symbols: readonly string[]): void {
    for (let i = 0; i < symbols.length;) {
      const chunk = symbols.slice(i, i + (i === 0 ? 1 : SYMBOLS_PER_CALL_MAX));
      const read = this.#last.then(() => this.#read(chunk));
      this.#last = read;
      for (const symbol of chunk) this.#loading.set(symbol, read.then((stored) => stored?.get(symbol) ?? null));
      i += chunk.length;
    }
  }

  /** Forgets what was read of a symbol that is not streamed any more. */
  forget(symbol: string): void {
    this.#loading.delete(symbol);
  }

  /** A symbol's stored candles, holes mended. Throws {@link VenueError} when the exchange does not answer or all ends. */
  async stored(symbol: string, priceDigits: number): Promise<StoredCandles> {
    const loading = this.#loading.get(symbol);
    const stored = await loading;
    if (!stored) throw new VenueError("Cannot read stored candles: the feed has ended");
    const candles = await this.#mend(symbol, stored, priceDigits);
    // A symbol that started over in the meantime waits for another reading.
    if (this.#loading.get(symbol) === loading) this.#loading.delete(symbol);
    return candles;
  }

  /** Searches the latest stored candles of these symbols for holes and fills them from the exchange. */
  async repair(symbols: readonly { symbol: string; priceDigits: number }[]): Promise<void> {
    for (let i = 0; i < symbols.length && !this.#options.signal.aborted; i += SYMBOLS_PER_CALL_MAX) {
      const chunk = symbols.slice(i, i + SYMBOLS_PER_CALL_MAX);
      const stored = await this.#options.store.latestCandles(chunk.map(({ symbol }) => symbol), REPAIR_CANDLES);
      for (const { symbol, priceDigits } of chunk) {
        const candles = stored.get(symbol);
        if (candles !== undefined) await this.#mend(symbol, candles, priceDigits);
      }
    }
  }

  async #mend(symbol: string, stored: StoredCandles, priceDigits: number): Promise<StoredCandles> {
    const { candles, rows, found } = await repairCandles(this.#options.venue, symbol, stored, priceDigits);
    if (found > 0) {
      this.#options.logger.warn("Found a hole between stored candles", { symbol, found, filled: rows.length });
      this.#options.onRepaired(rows, found);
    }
    return candles;
  }

  async #read(symbols: readonly string[]): Promise<Map<string, StoredCandles> | null> {
    const { store, signal, logger, random } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await store.latestCandles(symbols, BACKFILL_CANDLES);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        logger.warn("Cannot read stored candles yet", { attempt, error });
        await delay(backoff_ms(attempt, { base_ms: 200, max_ms: 3_000, random }), signal);
      }
    }
    return null;
  }
}
