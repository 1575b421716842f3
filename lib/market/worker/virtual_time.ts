interface Timer {
  id: number;
  at_ms: number;
  every_ms: number | null;
  run: () => void;
}

/** Ids begin here, so that real timers are told from ours. */
const FIRST_ID = 1_000_000_000;

/**
 * A clock that moves when told, with timers that follow it. While installed it takes the place of the runtime's timers,
 * so that code which waits does so in its time; between two steps everything that was set off runs to its end. What runs
 * under it must do no IO. Only one may be installed at a time.
 */
export class VirtualTime implements AsyncDisposable {
  #now_ms: number;
  #ids = FIRST_ID;
  #timers: Timer[] = [];
  readonly #real = { setTimeout, setInterval, clearTimeout, clearInterval };
  readonly #channel: MessageChannel;
  #drained: (() => void) | null = null;
  static #installed = false;

  /** Takes the timers' place until disposed. */
  constructor(now_ms: number) {
    if (VirtualTime.#installed) throw new Error("Cannot install a second virtual time");
    VirtualTime.#installed = true;
    this.#now_ms = now_ms;
    this.#channel = new MessageChannel();
    this.#channel.port1.onmessage = () => this.#drained?.();
    const set = (run: unknown, ms: unknown, args: unknown[], repeats: boolean) => {
      const wait_ms = Math.max(1, Number(ms) || 0);
      const timer = {
        id: ++this.#ids,
        at_ms: this.#now_ms + wait_ms,
        every_ms: repeats ? wait_ms : null,
        run: () => (run as (...args: unknown[]) => void)(...args),
      };
      this.#add(timer);
      return timer.id;
    };
    const clear = (real: (id?: number) => void) => (id?: number) => {
      if (id === undefined || id <= FIRST_ID) return real(id);
      this.#timers = this.#timers.filter((timer) => timer.id !== id);
    };
    Object.assign(globalThis, {
      setTimeout: (run: unknown, ms?: unknown, ...args: unknown[]) => set(run, ms, args, false),
      setInterval: (run: unknown, ms?: unknown, ...args: unknown[]) => set(run, ms, args, true),
      clearTimeout: clear(this.#real.clearTimeout),
      clearInterval: clear(this.#real.clearInterval),
    });
  }

  /** The time, in ms. */
  get now_ms(): number {
    return this.#now_ms;
  }

  /** Runs what is due up to `at_ms`, in order, each to its end; then it is `at_ms`. */
  async advance(at_ms: number): Promise<void> {
    for (let next = this.#timers[0]; next !== undefined && next.at_ms <= at_ms; next = this.#timers[0]) {
      this.#timers.shift();
      if (next.at_ms > this.#now_ms) this.#now_ms = next.at_ms;
      if (next.every_ms !== null) this.#add({ ...next, at_ms: next.at_ms + next.every_ms });
      next.run();
      await this.settle();
    }
    if (at_ms > this.#now_ms) this.#now_ms = at_ms;
  }

  /** Resolves when all that has been set off has run as far as it can without time passing. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
      this.#channel.port2.postMessage(null);
    });
  }

  /** Waits in real time. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#real.setTimeout(resolve, ms));
  }

  /** Gives the timers back at once; resolves when nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    Object.assign(globalThis, this.#real);
    VirtualTime.#installed = false;
    this.#channel.port1.close();
    this.#channel.port2.close();
    await this.wait(0);
  }

  #add(timer: Timer): void {
    const after = this.#timers.findIndex(({ at_ms }) => at_ms > timer.at_ms);
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
  }
}
