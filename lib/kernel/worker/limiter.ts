/** Lets at most a number of tasks run at once; the others wait in order of priority, then of arrival. */
export class Limiter {
  readonly #max: number;
  #running = 0;
  #waiting: { priority: number; start: () => void }[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Runs `task` once a place is free; a lower `priority` goes first. */
  async run<T>(task: () => Promise<T>, priority = 0): Promise<T> {
    if (this.#running >= this.#max) await this.#wait(priority);
    else this.#running++;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next.start();
    }
  }

  #wait(priority: number): Promise<void> {
    return new Promise((start) => {
      const at = this.#waiting.findIndex((other) => other.priority > priority);
      this.#waiting.splice(at === -1 ? this.#waiting.length : at, 0, { priority, start });
    });
  }
}
