import { z } from "zod";
import { isDecimal } from "../../kernel/decimal.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import type {
  AdapterResult,
  AdapterState,
  MetricsListener,
  PoolAssignment,
  PoolMetrics,
  PoolPnl,
  PoolPosition,
  TradingAdapter,
} from "../adapter.ts";
import type { SimulatedSettings } from "../adapter_shapes.ts";
import { valueHeldMarket } from "../simulated_strategy.ts";
import { pollMetrics } from "./poll_metrics.ts";
import type { MarketPrice, PriceReader } from "./price_reader.ts";

/** How old a price may be while a pool is only shown: record_pool_nav() takes no older ones. */
const PRICE_AGE_ms_MAX = 60_000;

/** How long a settlement waits for a price of after the cycle's end, and how often it looks. */
const CLOSING_WAIT_ms_MAX = 5_000;
const CLOSING_LOOK_ms = 250;

/** How long a cycle's closing price is kept when its settlement is refused or put off. */
const CLOSING_AGE_ms_MAX = 600_000;

/** What is kept in the database; what cannot be read there counts as nothing kept. */
const stateSchema = z.object({
  cycle_no: z.int(),
  entry_price: z.string().refine(isDecimal),
  /** The price this cycle is settled with, once it is known, and when it held. */
  closing_price: z.string().refine(isDecimal).nullable(),
  closing_ms: z.number().nullable(),
});

/** What a simulated adapter needs from outside. */
export interface SimulatedAdapterOptions {
  settings: SimulatedSettings & { exchange: string };
  prices: PriceReader;
  /** As an earlier process left it in the database. */
  state: unknown;
  metricsEvery_ms: number;
  /** The calendar's time in Unix ms. */
  wallMs: () => number;
  /** Ends every wait when aborted. */
  signal: AbortSignal;
}

/**
 * Holds one market with a fixed part of the pool's money, bought anew at each cycle's start, at prices of the real
 * feed: no orders are sent. The entry price is kept in the database, so that a restart changes nothing; so is the price
 * a cycle closed with, at which the next one begins.
 */
export class SimulatedAdapter implements TradingAdapter {
  readonly #options: SimulatedAdapterOptions;
  #kept: z.infer<typeof stateSchema> | null;
  #assignment: PoolAssignment | null = null;
  /** The price at which an emergency stop has sold everything. */
  #sold: MarketPrice | null = null;

  constructor(options: SimulatedAdapterOptions) {
    this.#options = options;
    const kept = stateSchema.safeParse(options.state);
    this.#kept = kept.success ? kept.data : null;
  }

  async connect(assignment: PoolAssignment): Promise<AdapterResult<null>> {
    if (this.#kept?.cycle_no !== assignment.cycle_no) {
      const entry = await this.#entryPrice(assignment);
      if (!entry.ok) return entry;
      const { cycle_no } = assignment;
      this.#kept = entry.value === null
        ? null
        : { cycle_no, entry_price: entry.value, closing_price: null, closing_ms: null };
    }
    this.#assignment = assignment;
    this.#sold = null;
    return { ok: true, value: null };
  }

  async getPoolPnL(asOf_ms_min?: number): Promise<AdapterResult<PoolPnl>> {
    const now_ms = this.#options.wallMs();
    if (this.#kept === null) return this.#valued({ price: "1", asOf_ms: now_ms });
    if (asOf_ms_min === undefined) return this.#valued(await this.#price(now_ms - PRICE_AGE_ms_MAX));
    const { closing_price, closing_ms } = this.#kept;
    const oldest_ms = Math.max(asOf_ms_min, now_ms - CLOSING_AGE_ms_MAX);
    if (closing_price !== null && closing_ms !== null && closing_ms >= oldest_ms) {
      return this.#valued({ price: closing_price, asOf_ms: closing_ms });
    }
    const deadline_ms = now_ms + CLOSING_WAIT_ms_MAX;
    let price = await this.#price(asOf_ms_min);
    while (!price.ok && price.code === "price_stale" && this.#options.wallMs() < deadline_ms) {
      await delay(CLOSING_LOOK_ms, this.#options.signal);
      if (this.#options.signal.aborted) return { ok: false, code: "adapter_stopped" };
      price = await this.#price(asOf_ms_min);
    }
    if (price.ok) this.#kept = { ...this.#kept, closing_price: price.value.price, closing_ms: price.value.asOf_ms };
    return this.#valued(price);
  }

  async getPositions(): Promise<AdapterResult<readonly PoolPosition[]>> {
    const metrics = await this.#metrics();
    return metrics.ok ? { ok: true, value: metrics.value.positions } : metrics;
  }

  subscribeToMetrics(listener: MetricsListener): () => Promise<void> {
    return pollMetrics(() => this.#metrics(), listener, this.#options.metricsEvery_ms);
  }

  /** Nothing is bought within a cycle anyway. */
  pauseTrading(_reason: string): Promise<AdapterResult<null>> {
    return Promise.resolve({ ok: true, value: null });
  }

  async emergencyStop(_reason: string): Promise<AdapterResult<null>> {
    // Unless it is connected there is nothing to sell: no orders were sent.
    if (this.#kept === null || this.#assignment === null) return { ok: true, value: null };
    const price = await this.#price(this.#options.wallMs() - PRICE_AGE_ms_MAX);
    if (!price.ok) return price;
    this.#sold = price.value;
    return { ok: true, value: null };
  }

  state(): AdapterState {
    return this.#kept ?? {};
  }

  /** What a cycle begins with: where the one before ended, else the price now; null while there is no money to trade. */
  async #entryPrice({ cycle_no, capital }: PoolAssignment): Promise<AdapterResult<string | null>> {
    if (Number(capital) === 0) return { ok: true, value: null };
    if (this.#kept?.cycle_no === cycle_no - 1 && this.#kept.closing_price !== null) {
      return { ok: true, value: this.#kept.closing_price };
    }
    const price = await this.#price(this.#options.wallMs() - PRICE_AGE_ms_MAX);
    return price.ok ? { ok: true, value: price.value.price } : price;
  }

  async #price(asOf_ms_min: number): Promise<AdapterResult<MarketPrice>> {
    if (this.#sold !== null) return { ok: true, value: { ...this.#sold, asOf_ms: this.#options.wallMs() } };
    const { exchange, symbol } = this.#options.settings;
    const price = await this.#options.prices.read(exchange, symbol);
    if (price.ok && price.value.asOf_ms < asOf_ms_min) return { ok: false, code: "price_stale" };
    return price;
  }

  async #metrics(): Promise<AdapterResult<PoolMetrics>> {
    const now_ms = this.#options.wallMs();
    if (this.#kept === null) return this.#valued({ price: "1", asOf_ms: now_ms });
    return this.#valued(await this.#price(now_ms - PRICE_AGE_ms_MAX));
  }

  #valued(price: MarketPrice | AdapterResult<MarketPrice>): AdapterResult<PoolMetrics> {
    if ("ok" in price) return price.ok ? this.#valued(price.value) : price;
    if (this.#assignment === null) return { ok: false, code: "not_connected" };
    const { symbol, leverage } = this.#options.settings;
    const { capital, scale } = this.#assignment;
    const entryPrice = this.#kept?.entry_price ?? price.price;
    const held = { symbol, leverage, capital, scale, entryPrice };
    return { ok: true, value: { ...valueHeldMarket(held, price.price), asOf_ms: price.asOf_ms } };
  }
}
