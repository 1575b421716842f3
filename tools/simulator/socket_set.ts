/** The sockets of a hub: those that are open, and those whose goodbye is still on its way. */
export class SocketSet<T> {
  readonly #max: number;
  readonly #open = new Set<T>();
  readonly #all = new Set<T>();
  #onEmpty: (() => void) | undefined;

  /** @param max sockets at a time, ending ones among them. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Whether another socket may come in. */
  get hasRoom(): boolean {
    return this.#all.size < this.#max;
  }

  add(socket: T): void {
    this.#open.add(socket);
    this.#all.add(socket);
  }

  /** The socket hears nothing any more. */
  close(socket: T): void {
    this.#open.delete(socket);
  }

  /** The socket has ended. */
  forget(socket: T): void {
    this.#all.delete(socket);
    if (this.#all.size === 0) this.#onEmpty?.();
  }

  /** Those that are open. */
  open(): T[] {
    return [...this.#open];
  }

  /** Resolves when every socket has ended, or at the latest after `wait_ms`. */
  async settled(wait_ms: number): Promise<void> {
    if (this.#all.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait_ms);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
