import { Ema } from "./ema.ts";

/**
 * Moving average convergence/divergence (Gerald Appel, 1979): line = EMA(fast) − EMA(slow), signal = EMA(signal) of the
 * line, histogram = line − signal. Every average is seeded by a simple one, so the signal's first value needs
 * slow + signal − 1 values.
 */
export class Macd {
  /** Results of the last call, NaN until their windows have filled. */
  line = NaN;
  signal = NaN;
  histogram = NaN;
  readonly #fast: Ema;
  readonly #slow: Ema;
  readonly #signal: Ema;

  constructor(fast: number, slow: number, signal: number) {
    this.#fast = new Ema(fast);
    this.#slow = new Ema(slow);
    this.#signal = new Ema(signal);
  }

  /** Takes a closed value and sets the results. */
  push(x: number): void {
    const fast = this.#fast.push(x);
    const line = fast - this.#slow.push(x);
    if (line !== line) return;
    this.line = line;
    this.signal = this.#signal.push(line);
    this.histogram = line - this.signal;
  }

  /** Sets the results that {@link push} would set, without taking the value. */
  peek(x: number): void {
    const line = this.#fast.peek(x) - this.#slow.peek(x);
    if (line !== line) return;
    this.line = line;
    this.signal = this.#signal.peek(line);
    this.histogram = line - this.signal;
  }
}
