/** Share of the budget kept for what must go: closed candles, what has happened. */
export const BUDGET_RESERVED = 0.2;

/** Seconds of budget that what must go may be ahead of it. */
export const BUDGET_DEBT_S_MAX = 10;

/** What a budget needs from outside. */
export interface MessageBudgetOptions {
  /** Messages a second, as a plan counts them: one for the sender and one for each reader. */
  messages_per_s: number;
  /** A monotonic clock in ms. */
  nowMs: () => number;
}

/**
 * The messages a plan allows, as a token bucket of one second. What can be replaced by something newer is let through
 * while more than the reserve is left, so that its rate falls as the limit comes near; what must go always goes.
 */
export class MessageBudget {
  readonly #options: MessageBudgetOptions;
  #tokens: number;
  #atMs: number;

  constructor(options: MessageBudgetOptions) {
    this.#options = options;
    this.#tokens = options.messages_per_s;
    this.#atMs = options.nowMs();
  }

  /** Pays for what must go; what it overdraws is missing afterwards. */
  take(messages: number): void {
    this.#refill();
    this.#tokens = Math.max(this.#tokens - messages, -BUDGET_DEBT_S_MAX * this.#options.messages_per_s);
  }

  /** Pays for what can wait for a newer one, and says whether it may go now. */
  tryTake(messages: number): boolean {
    this.#refill();
    const { messages_per_s } = this.#options;
    const free = messages_per_s * (1 - BUDGET_RESERVED);
    // One that costs more than a second has goes when nothing else was sent, and the following seconds pay for it.
    if (this.#tokens - messages_per_s * BUDGET_RESERVED < Math.min(messages, free)) return false;
    this.take(messages);
    return true;
  }

  #refill(): void {
    const nowMs = this.#options.nowMs();
    const { messages_per_s } = this.#options;
    this.#tokens = Math.min(messages_per_s, this.#tokens + (nowMs - this.#atMs) / 1_000 * messages_per_s);
    this.#atMs = nowMs;
  }
}
