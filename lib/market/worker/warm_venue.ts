import type { Logger } from "../../kernel/log.ts";
import { type Listing, readListing } from "./market_list.ts";
import { type Venue, VenueError } from "./venue.ts";

/** A venue that may begin to stream, with what it lists. */
export interface ReadyVenue {
  venue: Venue;
  /** Null when it has not been read, or too long ago. */
  listing: Listing | null;
}

/** Wait before the exchange is asked again after it did not answer: nothing is lost meanwhile but time at a takeover. */
const RETRY_MS = 60_000;

/** What it needs from outside. */
export interface WarmVenueOptions {
  openVenue: () => Venue;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** How long a list of markets counts as new. */
  listingAge_ms_max: number;
}

/**
 * Keeps a venue ready for a standby: its markets are read over REST before they are needed, so that a takeover begins
 * with the socket. It opens no socket itself.
 */
export class WarmVenue {
  readonly #options: WarmVenueOptions;
  #ready: ReadyVenue | null = null;
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  constructor(options: WarmVenueOptions) {
    this.#options = options;
  }

  /** Sees to it that there is one; call now and then while standing by. */
  keep(): void {
    const { nowMs, listingAge_ms_max } = this.#options;
    const age_ms = nowMs() - this.#readMs;
    const old = this.#ready?.listing == null ? age_ms >= RETRY_MS : age_ms >= listingAge_ms_max;
    if (this.#reading !== null || !old) return;
    this.#readMs = nowMs();
    this.#ready ??= { venue: this.#options.openVenue(), listing: null };
    this.#reading = this.#read(this.#ready).finally(() => this.#reading = null);
  }

  /** Gives the venue away: whoever takes it closes it. */
  take(): ReadyVenue {
    const { nowMs, listingAge_ms_max, openVenue } = this.#options;
    const ready = this.#ready ?? { venue: openVenue(), listing: null };
    const fresh = nowMs() - this.#readMs < listingAge_ms_max;
    this.#ready = null;
    this.#readMs = Number.NEGATIVE_INFINITY;
    return { venue: ready.venue, listing: fresh ? ready.listing : null };
  }

  /** Closes what nobody took. */
  async close(): Promise<void> {
    await this.#ready?.venue.close();
    this.#ready = null;
    await this.#reading;
  }

  async #read(ready: ReadyVenue): Promise<void> {
    try {
      ready.listing = await readListing(ready.venue);
    } catch (error) {
      if (!(error instanceof VenueError)) throw error;
      this.#options.logger.info("Cannot read the markets while standing by", { error });
    }
  }
}
