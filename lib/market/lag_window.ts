/** Samples kept: at a thousand a second the last four seconds speak for the window. */
export const SAMPLES_MAX = 4_096;

/** How far back samples count. */
export const LAG_WINDOW_MS = 60_000;

/** Quantiles of delays over the last minute. */
export class LagWindow {
  readonly #lags = new Float64Array(SAMPLES_MAX);
  readonly #times = new Float64Array(SAMPLES_MAX);
  #next = 0;
  #count = 0;

  /** Takes a delay in ms; negative ones count as zero: clocks are never quite together. */
  add(lag_ms: number, nowMs: number): void {
    this.#lags[this.#next] = Math.max(0, lag_ms);
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % SAMPLES_MAX;
    this.#count = Math.min(this.#count + 1, SAMPLES_MAX);
  }

  /** The delay that a share `q` (0 to 1) of the samples does not exceed (nearest rank), in ms; null without samples. */
  quantiles(qs: readonly number[], nowMs: number): (number | null)[] {
    const recent: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      if (nowMs - (this.#times[i] as number) <= LAG_WINDOW_MS) recent.push(this.#lags[i] as number);
    }
    recent.sort((a, b) => a - b);
    return qs.map((q) => recent[Math.max(0, Math.ceil(q * recent.length) - 1)] ?? null);
  }
}
