import type { Venue } from "./venue.ts";

/**
 * The latest time an exchange is known to have reached, Unix ms: market time comes from the exchange, never from our
 * clock. While its frames come in they tell it; after a silence it is asked once for all who want to know.
 */
export class VenueClock {
  readonly #venue: Venue;
  #nowMs = 0;
  #known = false;
  #asking: Promise<number> | null = null;

  constructor(venue: Venue) {
    this.#venue = venue;
  }

  /** The latest time heard of; 0 before the first. */
  get latestMs(): number {
    return this.#nowMs;
  }

  /** Takes a frame's event time. */
  heard(etMs: number): void {
    if (etMs > this.#nowMs) this.#nowMs = etMs;
    this.#known = true;
  }

  /** Says that frames have stopped: the exchange's clock goes on unseen. */
  lost(): void {
    this.#known = false;
  }

  /** The time the exchange has surely reached; asks for the forming minute of `symbol` when frames do not tell. */
  async now(symbol: string): Promise<number> {
    if (this.#known) return this.#nowMs;
    this.#asking ??= this.#venue.history({ symbol, timeframe: "1m", limit: 1, priority: -1 }).then((candles) => {
      this.heard(candles.at(-1)?.t ?? 0);
      return this.#nowMs;
    }).finally(() => {
      this.#asking = null;
    });
    return await this.#asking;
  }
}
