import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { candleSchema, symbolSchema, tickerSchema } from "./candle.ts";
import { depthSchema } from "./depth.ts";

/** One item of the SQL function `symbols_page`: a listed symbol, its ticker and its last 24 hourly closes. */
export const marketRowSchema = symbolSchema.extend({
  ticker: tickerSchema.optional(),
  spark: z.array(decimalSchema).optional(),
});

/** See {@link marketRowSchema}. */
export type MarketRow = z.infer<typeof marketRowSchema>;

/** Result of the SQL function `symbols_page`. */
export const symbolsPageSchema = z.object({
  items: z.array(marketRowSchema),
  next_cursor: z.string().nullable(),
});

/** See {@link symbolsPageSchema}. */
export type SymbolsPage = z.infer<typeof symbolsPageSchema>;

/** How an exchange's feed is doing; times are RFC 3339. */
export const feedStateSchema = z.object({
  state: z.enum(["starting", "live", "reconnecting", "stopped"]),
  last_event_at: z.string().nullable(),
  updated_at: z.string(),
});

/** See {@link feedStateSchema}. */
export type FeedState = z.infer<typeof feedStateSchema>;

/** Result of the SQL function `market_page`; `candles` are closed ones, oldest first. */
export const marketPageSchema = z.object({
  symbol: symbolSchema,
  ticker: tickerSchema.nullable(),
  feed: feedStateSchema.nullable(),
  candles: z.array(candleSchema),
  /** The stored book and trades; null before anybody looked at them. */
  depth: depthSchema.nullable(),
  /** What one unit of the base and of the quote is worth in EUR, where that is known; `at` is RFC 3339. */
  rates: z.record(
    z.string(),
    z.object({ eur: decimalSchema, at: z.string(), stale: z.boolean() }),
  ),
});

/** See {@link marketPageSchema}. */
export type MarketPageData = z.infer<typeof marketPageSchema>;
