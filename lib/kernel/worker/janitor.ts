import type { FunctionArgs, FunctionName } from "../functions.ts";
import type { Logger } from "../log.ts";
import { delay } from "./backoff.ts";
import type { Rpc } from "./supabase.ts";

/** Calls of one chore in one round: what is left waits for the next. */
export const CALLS_MAX = 50;

/** Longest time rounds may keep failing before the janitor counts as unhealthy: nothing is lost, but tables grow. */
const CONTACT_AGE_MS_MAX = 4 * 3_600_000;

/** Something to be cleared away now and then, by a database function that answers how much it removed. */
export interface Chore<Name extends FunctionName = FunctionName> {
  name: Name;
  args: FunctionArgs<Name>;
  /** Whether the answer says that there may be more. */
  more: (answer: unknown) => boolean;
}

/** What a janitor needs from outside. */
export interface JanitorOptions {
  rpc: Rpc;
  chores: readonly Chore[];
  interval_ms: number;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
}

/** Does its chores in turn, round after round. Several may run at once: every chore can be done twice. */
export class Janitor {
  readonly #options: JanitorOptions;
  #doneMs: number;

  constructor(options: JanitorOptions) {
    this.#options = options;
    this.#doneMs = options.nowMs();
  }

  /** How it goes. */
  health(): { healthy: boolean; last_round_age_ms: number } {
    const last_round_age_ms = Math.round(this.#options.nowMs() - this.#doneMs);
    return { healthy: last_round_age_ms < CONTACT_AGE_MS_MAX, last_round_age_ms };
  }

  /** Works until `signal` is aborted. The first round comes after a while, so that starting is not slowed down. */
  async run(signal: AbortSignal): Promise<void> {
    const { interval_ms, random } = this.#options;
    while (!signal.aborted) {
      // Replicas do not all sweep at once.
      await delay(interval_ms * (0.5 + random() / 2), signal);
      if (!signal.aborted) await this.round(signal);
    }
  }

  /** Does every chore once; one that fails is left to the next round. */
  async round(signal: AbortSignal): Promise<void> {
    let failed = false;
    for (const { name, args, more } of this.#options.chores) {
      for (let call = 0; call < CALLS_MAX && !signal.aborted; call++) {
        const answer = await this.#options.rpc.call(name, args);
        if (!answer.ok) {
          failed = true;
          this.#options.logger.warn("A chore was not done", { name, code: answer.code, detail: answer.detail });
          break;
        }
        if (!more(answer.data)) break;
      }
    }
    if (!failed) this.#doneMs = this.#options.nowMs();
  }
}
