import type { MarketStore } from "./market_store.ts";

/** Exchanges asked for: a deployment with more of them has other ways to choose. */
const EXCHANGES_MAX = 20;

/** How long the list is believed: exchanges come with a deployment's settings. */
const LIST_AGE_MS_MAX = 60_000;

/** Sorts after every symbol. */
const LAST_SYMBOL = "Z".repeat(40);

/** Which exchanges list markets. Asked once a minute: pages offer a choice only where there is one. */
export class ExchangeList {
  readonly #store: Pick<MarketStore, "symbolsPage">;
  readonly #nowMs: () => number;
  #list: { at: number; exchanges: Promise<string[]> } | null = null;

  constructor(store: Pick<MarketStore, "symbolsPage">, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /**
   * Their ids, in order. Refuses as the store does.
   * @param first the first of them where the caller has just read it: one call less.
   */
  async all(first?: string): Promise<string[]> {
    const now = this.#nowMs();
    if (this.#list === null || now - this.#list.at > LIST_AGE_MS_MAX) {
      const held = { at: now, exchanges: this.#read(first) };
      this.#list = held;
      // A failure is nobody else's: the next who asks tries again. So does who comes before the first market.
      held.exchanges.then((exchanges) => exchanges.length > 0 || this.#forget(held), () => this.#forget(held));
    }
    return await this.#list.exchanges;
  }

  #forget(held: object): void {
    if (this.#list === held) this.#list = null;
  }

  /** Steps from exchange to exchange: each step is one look into the index of symbols. */
  async #read(first: string | undefined): Promise<string[]> {
    const exchanges = first === undefined ? [] : [first];
    while (exchanges.length < EXCHANGES_MAX) {
      const last = exchanges.at(-1);
      const cursor = last === undefined ? undefined : `${last}:${LAST_SYMBOL}`;
      const { items: [next] } = await this.#store.symbolsPage({ limit: 1, cursor });
      if (next === undefined || exchanges.includes(next.exchange)) break;
      exchanges.push(next.exchange);
    }
    return exchanges;
  }
}
