import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** Exchange ids are lower-case words: `sim`, `binance`. */
export const EXCHANGE_PATTERN = /^[a-z][a-z0-9]{0,31}$/;

/** Symbol ids, as they stand in URLs, topics and rows: `BTC-USDT`. */
export const SYMBOL_PATTERN = /^[A-Z0-9.-]{1,40}$/;

/**
 * The indicators computed once per candle, shared by every chart, bot and alert.
 * A value is absent until its window has filled. Units are the price's, but for `rsi14` (0–100).
 */
export const indicatorsSchema = z.object({
  sma20: z.number(),
  ema20: z.number(),
  ema50: z.number(),
  rsi14: z.number(),
  macd: z.number(),
  macd_signal: z.number(),
  macd_hist: z.number(),
  bb_upper: z.number(),
  bb_mid: z.number(),
  bb_lower: z.number(),
  atr14: z.number(),
}).partial();

/** See {@link indicatorsSchema}. */
export type Indicators = z.infer<typeof indicatorsSchema>;

/** One candle on the wire: `t` is the open time in Unix ms; prices and volume (base units) are decimal strings. */
export const candleSchema = z.object({
  t: z.int().nonnegative(),
  o: decimalSchema,
  h: decimalSchema,
  l: decimalSchema,
  c: decimalSchema,
  v: decimalSchema,
  closed: z.boolean(),
  ind: indicatorsSchema.optional(),
});

/** See {@link candleSchema}. */
export type Candle = z.infer<typeof candleSchema>;

/**
 * Payload of a `candle` broadcast: the candle, the exchange's event time (`et`, Unix ms), and the
 * fencing token of the feed's lease; a client drops a payload whose token is lower than one it has seen.
 */
export const candleEventSchema = candleSchema.extend({
  et: z.int().nonnegative(),
  token: z.int().nonnegative(),
});

/** See {@link candleEventSchema}. */
export type CandleEvent = z.infer<typeof candleEventSchema>;

/** A listed symbol. Tick, lot and minimum notional are decimal strings; the last is in quote units. */
export const symbolSchema = z.object({
  exchange: z.string().regex(EXCHANGE_PATTERN),
  symbol: z.string().regex(SYMBOL_PATTERN),
  venue_symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  tick_size: decimalSchema,
  lot_size: decimalSchema,
  min_notional: decimalSchema,
  active: z.boolean(),
});

/** See {@link symbolSchema}. */
export type MarketSymbol = z.infer<typeof symbolSchema>;

/** Rolling 24-hour statistics; `last` is the latest price, `at` the exchange's event time (RFC 3339). */
export const tickerSchema = z.object({
  last: decimalSchema,
  at: z.string(),
  open_24h: decimalSchema,
  high_24h: decimalSchema,
  low_24h: decimalSchema,
  volume_24h: decimalSchema,
  quote_volume_24h: decimalSchema,
  /** Silent for more than 5 s while its exchange speaks, or its feed does not report: not to be trusted. */
  stale: z.boolean(),
});

/** See {@link tickerSchema}. */
export type Ticker = z.infer<typeof tickerSchema>;
