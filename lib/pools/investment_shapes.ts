import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** Units of a redemption that mean the whole investment, whatever is left of it after fees. */
export const ALL_UNITS = "all";

/**
 * One purchase of a pool's units, under the id of the request that asked for it. What depends on a price is worked out
 * at `unit_price`; while it waits it has none of that. Times are RFC 3339.
 */
export const investmentSchema = z.object({
  id: z.uuid(),
  pool_id: z.uuid(),
  pool_name: z.string(),
  currency: z.string(),
  /** Digits behind the point of its currency. */
  scale: z.int(),
  status: z.enum(["queued", "active", "redeemed", "cancelled", "refused"]),
  /** The how-manieth lot of its pool; null until it is bought. */
  no: z.int().nullable(),
  /** Money paid in. */
  amount: decimalSchema,
  requested_at: z.string(),
  bought_at: z.string().nullable(),
  units_bought: decimalSchema.nullable(),
  price_bought: decimalSchema.nullable(),
  units: decimalSchema.nullable(),
  /** The price above which a fee is due. */
  mark: decimalSchema.nullable(),
  unit_price: decimalSchema.nullable(),
  value: decimalSchema.nullable(),
  /** Value and what was redeemed, less what was paid in. */
  gain: decimalSchema.nullable(),
  gain_percent: decimalSchema.nullable(),
  new_profit: decimalSchema.nullable(),
  /** The fee if it were settled now. */
  fee_now: decimalSchema.nullable(),
  fees_paid: decimalSchema.nullable(),
  amount_redeemed: decimalSchema.nullable(),
  /** The settlement it waits for, or was bought at. */
  cycle_no: z.int(),
  /** Units that wait to be redeemed. */
  redeeming_units: decimalSchema.nullable(),
  /** Why it was refused or cancelled, as a code. */
  reason: z.string().nullable(),
});

/** See {@link investmentSchema}. */
export type Investment = z.infer<typeof investmentSchema>;

/** What waits for a settlement, or what became of it. */
export const requestSchema = z.object({
  id: z.uuid(),
  pool_id: z.uuid(),
  pool_name: z.string(),
  currency: z.string(),
  kind: z.enum(["subscribe", "redeem"]),
  status: z.enum(["queued", "settled", "cancelled", "refused"]),
  cycle_no: z.int(),
  /** A subscription's money. */
  amount: decimalSchema.nullable(),
  /** A redemption's units. */
  units: decimalSchema.nullable(),
  /** A redemption of whatever is left. */
  everything: z.boolean(),
  investment_id: z.uuid(),
  /** The withdrawal that waits for its money. */
  withdrawal_id: z.uuid().nullable(),
  requested_at: z.string(),
  settled_at: z.string().nullable(),
  price: decimalSchema.nullable(),
  units_settled: decimalSchema.nullable(),
  amount_settled: decimalSchema.nullable(),
  /** Why it was refused or cancelled, as a code. */
  reason: z.string().nullable(),
  cancellable: z.boolean(),
  settles_at: z.string().nullable(),
});

/** See {@link requestSchema}. */
export type PoolRequest = z.infer<typeof requestSchema>;

/** What `my_investments()` answers. */
export const investmentsPageSchema = z.object({
  items: z.array(investmentSchema),
  next_cursor: z.string().nullable(),
});

/** See {@link investmentsPageSchema}. */
export type InvestmentsPage = z.infer<typeof investmentsPageSchema>;

/** What `my_investment()` answers: the investment with its redemptions, newest first. */
export const investmentDetailSchema = z.object({ investment: investmentSchema, requests: z.array(requestSchema) });

/** See {@link investmentDetailSchema}. */
export type InvestmentDetail = z.infer<typeof investmentDetailSchema>;

/** What an investment was worth over time, oldest first; `kind` says what changed its units there. */
export const investmentHistorySchema = z.object({
  items: z.array(z.object({
    at: z.string(),
    units: decimalSchema,
    unit_price: decimalSchema,
    value: decimalSchema,
    kind: z.string().nullable(),
  })),
});

/** See {@link investmentHistorySchema}. */
export type InvestmentHistory = z.infer<typeof investmentHistorySchema>;

/**
 * What `my_value_history()` answers: sums over all investments by currency, that of most of them first, and what those in
 * that one were worth together, oldest first.
 */
export const valueHistorySchema = z.object({
  /** Null where there is no investment. */
  currency: z.string().nullable(),
  /** Value, what was paid in and the gain are of what is not redeemed. */
  totals: z.array(z.object({
    currency: z.string(),
    investments: z.int(),
    value: decimalSchema,
    paid_in: decimalSchema,
    gain: decimalSchema,
    gain_percent: decimalSchema.nullable(),
    fees_paid: decimalSchema,
    /** Money that waits to buy. */
    waiting: decimalSchema,
  })),
  items: z.array(z.object({ at: z.string(), value: decimalSchema })),
});

/** See {@link valueHistorySchema}. */
export type ValueHistory = z.infer<typeof valueHistorySchema>;

/** What `invest()` answers. */
export const investedSchema = z.object({ investment: investmentSchema });

/** What `redeem_investment()` and `cancel_pool_request()` answer. */
export const requestedSchema = z.object({ request: requestSchema });
