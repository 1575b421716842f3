/** Silence after which a price is not to be trusted any more. */
export const STALE_MS = 5_000;

/** When each symbol was last heard of, on a monotonic clock in ms. */
export class SymbolAges {
  readonly #heardMs = new Map<string, number>();

  /** A frame of `symbol` came. */
  heard(symbol: string, nowMs: number): void {
    this.#heardMs.set(symbol, nowMs);
  }

  /** Time since the last frame of `symbol` in ms; null before the first. */
  age(symbol: string, nowMs: number): number | null {
    const heard = this.#heardMs.get(symbol);
    return heard === undefined ? null : nowMs - heard;
  }

  /** Whether nothing has been heard of `symbol` for longer than `silence_ms`, or ever. */
  isStale(symbol: string, nowMs: number, silence_ms = STALE_MS): boolean {
    const age = this.age(symbol, nowMs);
    return age === null || age > silence_ms;
  }

  /** Forgets symbols that are not streamed any more. */
  retain(streamed: (symbol: string) => boolean): void {
    for (const symbol of this.#heardMs.keys()) if (!streamed(symbol)) this.#heardMs.delete(symbol);
  }
}
