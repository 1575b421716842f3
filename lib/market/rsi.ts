/**
 * Relative strength index (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978):
 * RSI = 100 − 100 / (1 + G / L), where G and L are the averages of gains and losses, first simple over `period`
 * changes, then smoothed Wilder's way: Gₜ = Gₜ₋₁ + (gainₜ − Gₜ₋₁) / period. Without any loss it is 100.
 */
export class Rsi {
  readonly #period: number;
  #previous = NaN;
  #count = 0;
  #gain = 0;
  #loss = 0;

  constructor(period: number) {
    this.#period = period;
  }

  /** Takes a closed value; NaN until `period` changes have been seen. */
  push(x: number): number {
    const change = x - this.#previous;
    const first = this.#previous !== this.#previous;
    this.#previous = x;
    if (first) return NaN;
    const gain = change > 0 ? change : 0;
    const loss = change < 0 ? -change : 0;
    if (this.#count >= this.#period) {
      this.#gain += (gain - this.#gain) / this.#period;
      this.#loss += (loss - this.#loss) / this.#period;
      return strength(this.#gain, this.#loss);
    }
    this.#gain += gain;
    this.#loss += loss;
    this.#count++;
    if (this.#count < this.#period) return NaN;
    this.#gain /= this.#period;
    this.#loss /= this.#period;
    return strength(this.#gain, this.#loss);
  }

  /** What {@link push} would answer, without taking the value. */
  peek(x: number): number {
    const change = x - this.#previous;
    if (change !== change) return NaN;
    const gain = change > 0 ? change : 0;
    const loss = change < 0 ? -change : 0;
    const period = this.#period;
    if (this.#count >= period) {
      return strength(this.#gain + (gain - this.#gain) / period, this.#loss + (loss - this.#loss) / period);
    }
    return this.#count + 1 < period ? NaN : strength(this.#gain + gain, this.#loss + loss);
  }
}

function strength(gain: number, loss: number): number {
  return loss === 0 ? 100 : 100 * gain / (gain + loss);
}
