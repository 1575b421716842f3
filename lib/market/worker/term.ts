import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { StoreError } from "./feed_store.ts";
import { VenueError } from "./venue.ts";

/** Wakes that come together are answered together. */
const WAKE_GATHER_MS = 50;

/** Why a term ended. */
export type TermEnd = "stopped" | "stale_lease" | "overflow";

/** A stretch of time with its tasks: periodic ones, and those beside them. The first reason to end it counts. */
export class Term {
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #end: TermEnd = "stopped";
  #bug: unknown = null;
  /** Tasks beside the periodic ones, by name. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Aborted when the term ends. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why it ended. */
  get end(): TermEnd {
    return this.#end;
  }

  /** What nothing but a changed program can mend, or null. */
  get bug(): unknown {
    return this.#bug;
  }

  /** Ends the term; only the first call counts. */
  finish(end: TermEnd): void {
    if (this.#stop.signal.aborted) return;
    this.#end = end;
    this.#stop.abort();
  }

  /** Ends the term because of a bug. */
  fail(error: unknown): void {
    this.#bug ??= error;
    this.finish("stopped");
  }

  /** Has the tasks that wait for wakes run at once. */
  wake(): void {
    this.#wake.abort();
  }

  /** Resolves when the term has ended. */
  ended(): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }

  /** Resolves when no task beside the periodic ones is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Runs a task again and again until the term ends; what an exchange or the database refuses now is tried next time. */
  async every(interval_ms: number, task: () => Promise<void>, wakes = false): Promise<void> {
    const { signal: stop } = this.#stop;
    while (!stop.aborted) {
      await delay(interval_ms, wakes ? AbortSignal.any([stop, this.#wake.signal]) : stop);
      if (stop.aborted) return;
      if (wakes) {
        await delay(WAKE_GATHER_MS, stop);
        this.#wake = new AbortController();
      }
      try {
        await task();
      } catch (error) {
        if (!isPassing(error)) return this.fail(error);
        this.#logger.warn("A periodic task did not succeed", { error });
      }
    }
  }

  /** Runs a task beside the others, unless the one of that name still runs. */
  background(name: string, task: () => Promise<void>): void {
    if (this.#running.has(name)) return;
    const running = task().catch((error) => {
      if (!isPassing(error)) this.fail(error);
      else if (!this.#stop.signal.aborted) this.#logger.warn("A background task did not succeed", { name, error });
    }).finally(() => this.#running.delete(name));
    this.#running.set(name, running);
  }
}

/** Whether an error passes by itself: the exchange or the database did not answer. */
function isPassing(error: unknown): boolean {
  return error instanceof VenueError || error instanceof StoreError;
}
