import ccxt from "ccxt";
import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { Limiter } from "../../kernel/worker/limiter.ts";
import { VenueError } from "./venue.ts";

/** What a caller needs from outside. */
export interface RestCallerOptions {
  /** Requests on their way at once. */
  concurrencyMax: number;
  /** Tries of one request. */
  attemptsMax: number;
  /** First and longest wait between tries. */
  backoffBase_ms: number;
  backoffMax_ms: number;
  logger: Logger;
  random: () => number;
  /** Time to rest before the next request, because the exchange said so. */
  pause_ms?: () => number;
}

/** Spread of requests that waited for the same pause to end. */
const PAUSE_SPREAD_MS = 100;

/** Asks an exchange over REST: bounded tries, the most urgent first, and never while it has told us to wait. */
export class RestCaller {
  readonly #options: RestCallerOptions;
  readonly #limiter: Limiter;
  readonly #stop = new AbortController();

  constructor(options: RestCallerOptions) {
    this.#options = options;
    this.#limiter = new Limiter(options.concurrencyMax);
  }

  /** Answers what `request` does. Throws {@link VenueError} when tries run out, it is refused, or this is closed. */
  async ask<T>(what: string, priority: number, request: () => Promise<T>): Promise<T> {
    const { attemptsMax, backoffBase_ms, backoffMax_ms, random, logger } = this.#options;
    let last: unknown;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      if (attempt > 0) {
        const wait = backoff_ms(attempt - 1, { base_ms: backoffBase_ms, max_ms: backoffMax_ms, random });
        await delay(wait, this.#stop.signal);
      }
      await this.#rest();
      if (this.#stop.signal.aborted) throw new VenueError(`Cannot ask the exchange for ${what}: the venue is closed`);
      try {
        return await this.#limiter.run(async () => {
          await this.#rest();
          if (this.#stop.signal.aborted) throw new Error("the venue is closed");
          return await request();
        }, priority);
      } catch (error) {
        last = error;
        // What the exchange itself refuses it would refuse again.
        if (!(error instanceof ccxt.NetworkError)) break;
        logger.warn("The exchange did not answer", { what, attempt, error });
      }
    }
    const reason = last instanceof Error ? last.message : last;
    throw new VenueError(`Cannot ask the exchange for ${what}: ${reason}`, { cause: last });
  }

  /** Ends all waits; what is asked from now on is refused. */
  close(): void {
    this.#stop.abort();
  }

  async #rest(): Promise<void> {
    const wait = this.#options.pause_ms?.() ?? 0;
    if (wait > 0) await delay(wait + this.#options.random() * PAUSE_SPREAD_MS, this.#stop.signal);
  }
}
