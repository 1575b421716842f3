import { z } from "zod";
import { isDecimal } from "../../kernel/decimal.ts";
import type { FunctionArgs } from "../../kernel/functions.ts";
import type { RpcResult } from "../../kernel/worker/supabase.ts";
import type { AdapterResult } from "../adapter.ts";

/** How long a price that was read serves all who ask. */
const KEPT_ms = 1_000;

/** Markets remembered at once: as many pools as there could be, each with another. */
const MARKETS_MAX = 1_000;

/** What is read of `market_page()`. */
const pageSchema = z.object({
  ticker: z.object({ last: z.string().refine(isDecimal), at: z.iso.datetime({ offset: true }) }).nullable(),
  feed: z.object({
    state: z.string(),
    last_event_at: z.iso.datetime({ offset: true }).nullable(),
    updated_at: z.iso.datetime({ offset: true }),
  }).nullable(),
});

/** A market's price. */
export interface MarketPrice {
  /** The last trade's, a decimal string. */
  price: string;
  /** The time it held, Unix ms on the database's clock. */
  asOf_ms: number;
}

/** The call a reader needs: `Rpc` has it. */
export interface PriceSource {
  call(name: "market_page", args: FunctionArgs<"market_page">): Promise<RpcResult>;
}

/** Reads the prices that the shared feed stores, once for all who ask within a second. */
export class PriceReader {
  readonly #source: PriceSource;
  readonly #nowMs: () => number;
  readonly #kept = new Map<string, { asked_ms: number; price: Promise<AdapterResult<MarketPrice>> }>();

  /** @param nowMs a monotonic clock in ms. */
  constructor(source: PriceSource, nowMs: () => number) {
    this.#source = source;
    this.#nowMs = nowMs;
  }

  /** The price of a market; never throws. */
  read(exchange: string, symbol: string): Promise<AdapterResult<MarketPrice>> {
    const market = `${exchange}:${symbol}`;
    const now = this.#nowMs();
    const kept = this.#kept.get(market);
    if (kept !== undefined && now - kept.asked_ms < KEPT_ms) return kept.price;
    const price = this.#read(exchange, symbol);
    this.#kept.delete(market);
    this.#kept.set(market, { asked_ms: now, price });
    if (this.#kept.size > MARKETS_MAX) this.#kept.delete(this.#kept.keys().next().value ?? "");
    return price;
  }

  async #read(exchange: string, symbol: string): Promise<AdapterResult<MarketPrice>> {
    const answer = await this.#source.call("market_page", {
      p_exchange: exchange,
      p_symbol: symbol,
      p_timeframe: "1m",
      p_limit: 1,
    });
    if (!answer.ok) {
      return { ok: false, code: answer.code === "unknown_symbol" ? "unknown_symbol" : "database_unavailable" };
    }
    return priceOf(pageSchema.parse(answer.data));
  }
}

/**
 * The exchange's clock may be anywhere, the simulator's even runs faster; so a price's time is when the feed last
 * reported, less how long its market had been silent by then.
 */
function priceOf({ ticker, feed }: z.infer<typeof pageSchema>): AdapterResult<MarketPrice> {
  if (ticker === null || feed === null || feed.state !== "live") return { ok: false, code: "price_stale" };
  const silent_ms = feed.last_event_at === null ? 0 : Date.parse(feed.last_event_at) - Date.parse(ticker.at);
  return {
    ok: true,
    value: { price: ticker.last, asOf_ms: Date.parse(feed.updated_at) - Math.max(0, silent_ms) },
  };
}
