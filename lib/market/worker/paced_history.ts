import { Limiter } from "../../kernel/worker/limiter.ts";
import type { Ohlcv } from "../fold.ts";
import type { VenueCapabilities } from "../venue_capabilities.ts";
import type { HistoryRequest, Venue } from "./venue.ts";

/** Pages on their way at once: what they bring must fit between the two marks of the writer's queue. */
export const PAGES_MAX = 16;

/** An exchange's history, read no faster than it can be stored. */
export class PacedHistory {
  readonly capabilities: VenueCapabilities;
  readonly #venue: Pick<Venue, "history">;
  readonly #room: () => Promise<void>;
  readonly #pages = new Limiter(PAGES_MAX);

  /** @param room resolves when more candles may be brought. */
  constructor(venue: Pick<Venue, "capabilities" | "history">, room: () => Promise<void>) {
    this.capabilities = venue.capabilities;
    this.#venue = venue;
    this.#room = room;
  }

  /** As {@link Venue.history}. */
  history(request: HistoryRequest): Promise<Ohlcv[]> {
    return this.#pages.run(async () => {
      // Looked at only now that it is this page's turn: many may have been asked for while there was room.
      await this.#room();
      return await this.#venue.history(request);
    }, request.priority);
  }
}
