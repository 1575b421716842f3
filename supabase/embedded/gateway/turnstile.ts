/** How many may be in, how many may wait, and how long. */
export interface TurnstileRule {
  places_max: number;
  waiting_max: number;
  wait_ms_max: number;
}

interface Waiting {
  admit(isIn: boolean): void;
  timer: ReturnType<typeof setTimeout>;
}

/**
 * Lets in as many as there are places. A crowd that comes at once waits its turn, first come first served, instead of
 * being sent away to come again; who is urgent waits behind the urgent alone.
 */
export class Turnstile {
  readonly #rule: TurnstileRule;
  // Sets keep their order, and whoever gives up leaves from the middle.
  readonly #urgent = new Set<Waiting>();
  readonly #others = new Set<Waiting>();
  #taken = 0;

  constructor(rule: TurnstileRule) {
    this.#rule = rule;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#urgent.size + this.#others.size;
  }

  /** Resolves once there is a place, to be given back by {@link leave}; with false when the wait is too long. */
  enter(isUrgent = false): Promise<boolean> {
    const { places_max, waiting_max, wait_ms_max } = this.#rule;
    if (this.#taken < places_max) {
      this.#taken++;
      return Promise.resolve(true);
    }
    const queue = isUrgent ? this.#urgent : this.#others;
    // Of each kind: a crowd must not have the urgent refused.
    if (queue.size >= waiting_max) return Promise.resolve(false);
    return new Promise((admit) => {
      const timer = setTimeout(() => {
        queue.delete(waiting);
        admit(false);
      }, wait_ms_max);
      const waiting = { admit, timer };
      queue.add(waiting);
    });
  }

  /** Gives a place back: the next one takes it. */
  leave(): void {
    const queue = this.#urgent.size > 0 ? this.#urgent : this.#others;
    for (const next of queue) {
      queue.delete(next);
      clearTimeout(next.timer);
      return next.admit(true);
    }
    this.#taken--;
  }
}
