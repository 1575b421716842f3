import type { Logger } from "../../kernel/log.ts";
import { stepDigits } from "../../kernel/decimal.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import type { RpcResult } from "../../kernel/worker/supabase.ts";
import { compareListings } from "../listing.ts";
import { type FeedStore, ROWS_PER_CALL_MAX } from "./feed_store.ts";
import { type Venue, VenueError, type VenueMarket } from "./venue.ts";

/** Price step of a symbol nobody knows. */
const FALLBACK_TICK = "0.01";

/** What a list needs from outside. */
export interface MarketListOptions {
  venue: Venue;
  store: FeedStore;
  logger: Logger;
  random: () => number;
  signal: AbortSignal;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  onStale: () => void;
  /** A reading made before the session began: its first one. */
  listing: Listing | null;
}

/** What an exchange says of its markets. */
export interface Listing {
  markets: VenueMarket[];
  quoteVolumes: Map<string, number>;
}

/** What a reading of the list found. */
export interface MarketsRead extends Listing {
  /** Symbols that could be traded before and cannot be any more. */
  delisted: string[];
}

/** An exchange's markets as last read, kept in the database. */
export class MarketList {
  readonly #options: MarketListOptions;
  #markets = new Map<string, VenueMarket>();
  #listing: Listing | null;

  constructor(options: MarketListOptions) {
    this.#options = options;
    this.#listing = options.listing;
  }

  /**
   * Reads and stores the list; null when the session ends first. Throws {@link VenueError} for an answer in which most
   * markets are missing.
   */
  async read(): Promise<MarketsRead | null> {
    const { venue, logger } = this.#options;
    const listing = this.#listing ?? await this.#untilAnswered(() => readListing(venue));
    this.#listing = null;
    if (listing === null) return null;
    const { markets, quoteVolumes } = listing;
    const change = compareListings(this.#markets, markets);
    if (!change.ok) throw new VenueError(`Cannot believe the list of markets: ${change.missing} are missing at once`);
    for (let i = 0; i < change.rows.length; i += ROWS_PER_CALL_MAX) {
      const rows = change.rows.slice(i, i + ROWS_PER_CALL_MAX);
      if (!await this.#untilStored((token) => this.#options.store.recordSymbols(token, rows))) return null;
    }
    // What vanished before this term began is in nobody's list any more.
    const listed = change.rows.map(({ symbol }) => symbol);
    if (listed.length > 0) {
      const retired = await this.#untilStored((token) => this.#options.store.retireSymbols(token, listed));
      if (!retired) return null;
      if (Number(retired.data) < 0) {
        logger.warn("Cannot believe the list of markets yet", {
          exchange: venue.exchange,
          missing: -Number(retired.data),
        });
      }
    }
    this.#markets = new Map(change.rows.map((market) => [market.symbol, market]));
    const { delisted } = change;
    if (delisted.length > 0) logger.info("Markets can no longer be traded", { exchange: venue.exchange, delisted });
    return { markets, quoteVolumes, delisted };
  }

  /** Markets listed, traded or not. */
  get size(): number {
    return this.#markets.size;
  }

  /** Decimals of a symbol's prices. */
  priceDigits(symbol: string): number {
    return stepDigits(this.#markets.get(symbol)?.tick_size ?? FALLBACK_TICK);
  }

  /** Asks the exchange until it answers; null when the session ends first. */
  async #untilAnswered<T>(ask: () => Promise<T>): Promise<T | null> {
    const { signal, logger, random } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
        logger.warn("The exchange does not answer yet", { attempt, error });
        await delay(backoff_ms(attempt, { base_ms: 250, max_ms: 15_000, random }), signal);
      }
    }
    return null;
  }

  /** Writes until it lands; null when the session ends first. */
  async #untilStored(write: (token: number) => Promise<RpcResult>): Promise<{ data: unknown } | null> {
    const { signal, random, token: currentToken, onStale } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const token = currentToken();
      if (token === null) {
        onStale();
        break;
      }
      const answer = await write(token);
      if (answer.ok) return answer;
      if (answer.next === "halt") onStale();
      if (answer.next === "reject") throw new Error(`Cannot store symbols: ${answer.code} ${answer.detail}`);
      await delay(backoff_ms(attempt, { base_ms: 200, max_ms: 3_000, random }), signal);
    }
    return null;
  }
}

/** Asks an exchange for its markets and their 24-hour volumes. Throws {@link VenueError} when it does not answer. */
export async function readListing(venue: Venue): Promise<Listing> {
  const markets = await venue.markets();
  return { markets, quoteVolumes: await venue.quoteVolumes() };
}
