import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** Levels of a book that are shown, a side. */
export const BOOK_LEVELS_MAX = 20;

/** Trades that are shown. */
export const TRADES_SHOWN_MAX = 50;

/** A level of an order book: price in quote units, quantity in base units, both decimal strings. */
export const bookLevelSchema = z.tuple([decimalSchema, decimalSchema]);

/** See {@link bookLevelSchema}. */
export type BookLevel = z.infer<typeof bookLevelSchema>;

/** One trade on the wire. */
export const tradeSchema = z.object({
  /** The exchange's id. */
  id: z.string(),
  /** Price in quote units. */
  p: decimalSchema,
  /** Quantity in base units. */
  q: decimalSchema,
  /** The taker's side. */
  side: z.enum(["buy", "sell"]),
  /** Time at the exchange, Unix ms. */
  t: z.int().nonnegative(),
});

/** See {@link tradeSchema}. */
export type TradeOnWire = z.infer<typeof tradeSchema>;

/**
 * Payload of a `book` broadcast: the top of the book, best first, always whole; its time at the exchange (Unix ms, null
 * where unknown), and the fencing token of the feed's lease.
 */
export const bookEventSchema = z.object({
  bids: z.array(bookLevelSchema).max(BOOK_LEVELS_MAX),
  asks: z.array(bookLevelSchema).max(BOOK_LEVELS_MAX),
  et: z.int().nonnegative().nullable(),
  token: z.int().nonnegative(),
});

/** See {@link bookEventSchema}. */
export type BookEvent = z.infer<typeof bookEventSchema>;

/** Payload of a `trades` broadcast: what was traded since the last one, oldest first, and the feed's token. */
export const tradesEventSchema = z.object({
  trades: z.array(tradeSchema).max(TRADES_SHOWN_MAX),
  token: z.int().nonnegative(),
});

/** See {@link tradesEventSchema}. */
export type TradesEvent = z.infer<typeof tradesEventSchema>;

/** What a page shows of a book first, as `market_page` and `market_depth` answer; trades newest first. */
export const depthSchema = z.object({
  bids: z.array(bookLevelSchema),
  asks: z.array(bookLevelSchema),
  book_at: z.string().nullable(),
  trades: z.array(tradeSchema),
  /** Nobody keeps it up: a book is streamed while somebody looks at it. */
  stale: z.boolean(),
});

/** See {@link depthSchema}. */
export type Depth = z.infer<typeof depthSchema>;
