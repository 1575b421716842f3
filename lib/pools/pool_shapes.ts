import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { investmentSchema, requestSchema } from "./investment_shapes.ts";

/** How pools are chosen from a list: all that are seen, those one is in, and those that take new money. */
export const POOL_SCOPES = ["all", "mine", "open"] as const;

/** See {@link POOL_SCOPES}. */
export type PoolScope = (typeof POOL_SCOPES)[number];

/** Where a pool is in its life. */
export const POOL_STATUSES = ["draft", "open", "running", "paused", "settling", "closed"] as const;

/** A pool as everybody may see it. Money, prices, units and percentages are decimal strings. */
export const poolSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  currency: z.string(),
  /** Digits behind the point of its currency. */
  scale: z.int(),
  status: z.enum(POOL_STATUSES),
  /** Its next settlement redeems everything. */
  closing: z.boolean(),
  visibility: z.enum(["public", "private"]),
  /** A manual one settles when an administrator says so. */
  cycle: z.enum(["manual", "hourly", "daily", "weekly", "monthly"]),
  /** How long before a settlement its requests are locked. */
  cutoff_lead_s: z.int(),
  minimum: decimalSchema,
  cap: decimalSchema.nullable(),
  /** The manager's part of new profit. */
  manager_fee_percent: decimalSchema,
  /** The platform's part of that fee. */
  platform_share_percent: decimalSchema,
  manager: z.object({ user_id: z.uuid(), username: z.string().nullable() }),
  adapter: z.string(),
  /** What is traded, where that is one thing. */
  symbol: z.string().nullable(),
  /** What a unit is worth now, or was at the last settlement where that is not known. */
  unit_price: decimalSchema,
  settled_price: decimalSchema,
  /** Since the last settlement. */
  change_percent: decimalSchema.nullable(),
  /** What the pool is worth. */
  size: decimalSchema.nullable(),
  investors: z.int(),
  units: decimalSchema,
  since: z.string().nullable(),
  settles_at: z.string().nullable(),
  accepts_until: z.string().nullable(),
  paused_reason: z.string().nullable(),
  /** Its manager's identity was checked. */
  verified: z.boolean(),
});

/** See {@link poolSchema}. */
export type Pool = z.infer<typeof poolSchema>;

/** A pool in a list: with up to thirty values of a unit, oldest first, and what the caller's units are worth. */
export const listedPoolSchema = poolSchema.extend({
  spark: z.array(decimalSchema),
  my_value: decimalSchema.nullable(),
});

/** See {@link listedPoolSchema}. */
export type ListedPool = z.infer<typeof listedPoolSchema>;

/** What `pools_page()` answers. */
export const poolsPageSchema = z.object({ items: z.array(listedPoolSchema), next_cursor: z.string().nullable() });

/** See {@link poolsPageSchema}. */
export type PoolsPage = z.infer<typeof poolsPageSchema>;

/** What the trading adapter last said; `stale` when that is too long ago to be called live. */
export const poolLiveSchema = z.object({
  at: z.string().nullable(),
  equity: decimalSchema.nullable(),
  unit_price: decimalSchema.nullable(),
  /** Since the last settlement. */
  pnl: decimalSchema.nullable(),
  /** Value of all positions over equity. */
  exposure: decimalSchema.nullable(),
  /** From the highest value of a unit so far, as a fraction. */
  drawdown: decimalSchema.nullable(),
  /** Yearly Sharpe ratio of daily returns. */
  sharpe: decimalSchema.nullable(),
  adapter_status: z.enum(["unknown", "ok", "failing"]),
  adapter_error: z.string().nullable(),
  stale: z.boolean(),
});

/** See {@link poolLiveSchema}. */
export type PoolLive = z.infer<typeof poolLiveSchema>;

/** What one has in a pool: sums of its active lots, what waits, and the lots themselves. */
export const minePoolSchema = z.object({
  units: decimalSchema,
  value: decimalSchema,
  gain: decimalSchema,
  fees_paid: decimalSchema,
  fee_now: decimalSchema,
  new_profit: decimalSchema,
  waiting: z.array(requestSchema),
  lots: z.array(investmentSchema),
});

/** See {@link minePoolSchema}. */
export type MinePool = z.infer<typeof minePoolSchema>;

/** A settlement of the past. */
export const settlementSchema = z.object({
  no: z.int(),
  settled_at: z.string(),
  unit_price: decimalSchema,
  pnl: decimalSchema,
  fee: decimalSchema,
  subscribed: decimalSchema,
  redeemed: decimalSchema,
});

/** A manager's fee that was announced: the first cycle it holds for. */
export const feeChangeSchema = z.object({
  cycle_no: z.int(),
  manager_fee_percent: decimalSchema,
  announced_at: z.string(),
});

/** What `pool_detail()` answers. */
export const poolDetailSchema = z.object({
  pool: poolSchema,
  live: poolLiveSchema,
  /** The cycle that requests join now; null before the pool opens and after it closes. */
  cycle: z.object({
    no: z.int(),
    cutoff_at: z.string().nullable(),
    ends_at: z.string().nullable(),
    status: z.string(),
    manager_fee_percent: decimalSchema,
    platform_share_percent: decimalSchema,
    /** Who is paid its fee: the pool's manager when it began. */
    manager: z.object({ user_id: z.uuid(), username: z.string().nullable() }),
  }).nullable(),
  /** Announced, not yet in force. */
  fee_changes: z.array(feeChangeSchema),
  /** Null for who is not signed in or has nothing here. */
  mine: minePoolSchema.nullable(),
  /** Newest first. */
  settlements: z.array(settlementSchema),
});

/** See {@link poolDetailSchema}. */
export type PoolDetail = z.infer<typeof poolDetailSchema>;

/** Settlements of {@link PoolDetail}. */
export type PoolSettlement = PoolDetail["settlements"][number];

/** What `pool_performance()` answers, oldest first. */
export const performanceSchema = z.object({
  items: z.array(z.object({ at: z.string(), unit_price: decimalSchema, equity: decimalSchema })),
  settlements: z.array(z.object({ no: z.int(), at: z.string(), unit_price: decimalSchema })),
});

/** See {@link performanceSchema}. */
export type Performance = z.infer<typeof performanceSchema>;

/** What `pool_positions()` answers: what the adapter holds, and when it said so. */
export const positionsSchema = z.object({
  at: z.string().nullable(),
  items: z.array(z.object({
    symbol: z.string(),
    side: z.string(),
    quantity: decimalSchema,
    entry_price: decimalSchema.nullable(),
    mark_price: decimalSchema.nullable(),
    pnl: decimalSchema.nullable(),
  })),
});

/** See {@link positionsSchema}. */
export type Positions = z.infer<typeof positionsSchema>;
