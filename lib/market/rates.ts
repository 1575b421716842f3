import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** What one unit of an asset is worth in EUR, with the markets it went through. Times are RFC 3339. */
export const rateSchema = z.object({
  asset: z.string(),
  eur: decimalSchema,
  exchange: z.string(),
  via: z.string(),
  /** Time of the older of its prices, on the exchange's clock. */
  at: z.string(),
  updated_at: z.string(),
  age_s: z.int(),
  /** Too old to value anything by. */
  stale: z.boolean(),
});

/** See {@link rateSchema}. */
export type Rate = z.infer<typeof rateSchema>;

/** All rates, by asset. */
export const ratesPageSchema = z.object({ items: z.array(rateSchema), next_cursor: z.null() });

/** See {@link ratesPageSchema}. */
export type RatesPage = z.infer<typeof ratesPageSchema>;
