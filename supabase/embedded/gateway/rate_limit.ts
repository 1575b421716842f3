/** A limit on how often one key may do something. */
export interface RateRule {
  count_max: number;
  window_ms: number;
}

/** Keys remembered per rule; beyond it the oldest are forgotten, which errs towards letting in. */
const KEYS_MAX = 10_000;

/** Counts within fixed windows, in memory. */
export class RateLimit {
  readonly #rule: RateRule;
  readonly #nowMs: () => number;
  readonly #windows = new Map<string, { endsMs: number; count: number }>();

  constructor(rule: RateRule, nowMs: () => number) {
    this.#rule = rule;
    this.#nowMs = nowMs;
  }

  /** Counts one; false when that is one too many. */
  take(key: string): boolean {
    const nowMs = this.#nowMs();
    const window = this.#windows.get(key);
    if (window !== undefined && window.endsMs > nowMs) return ++window.count <= this.#rule.count_max;
    this.#windows.delete(key);
    this.#windows.set(key, { endsMs: nowMs + this.#rule.window_ms, count: 1 });
    if (this.#windows.size > KEYS_MAX) this.#windows.delete(this.#windows.keys().next().value as string);
    return true;
  }
}
