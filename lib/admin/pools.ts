import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { feeChangeSchema, settlementSchema } from "../pools/pool_shapes.ts";
import { POOL_STATUSES, poolSchema } from "../pools/pool_shapes.ts";

/** How often pools settle. */
export const POOL_CYCLES = ["manual", "hourly", "daily", "weekly", "monthly"] as const;

/** What trades for a pool. */
export const POOL_ADAPTERS = ["simulated", "http"] as const;

/** Characters the database takes. */
export const POOL_NAME_LENGTH_MAX = 60;
export const POOL_DESCRIPTION_LENGTH_MAX = 2_000;
export const POOL_REASON_LENGTH_MAX = 200;

/** The most a manager's fee may be, in percent of new profit. */
export const FEE_PERCENT_MAX = 50;

/** A dealing period as it stands. Times are null until a manual one is forced. */
const cycleSchema = z.object({
  no: z.int(),
  status: z.string(),
  cutoff_at: z.string().nullable(),
  ends_at: z.string().nullable(),
});

/** A pool as administrators see it: what everybody sees, its books, its adapter and what waits. */
export const adminPoolSchema = poolSchema.extend({
  closing: z.boolean(),
  paused_reason: z.string().nullable(),
  resumes_as: z.enum(POOL_STATUSES).nullable(),
  lots: z.int(),
  /** What it owns by the ledger. */
  capital: decimalSchema,
  /** A cycle's result beyond this is not believed. */
  equity_move_percent_max: decimalSchema,
  metadata: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  opened_at: z.string().nullable(),
  closed_at: z.string().nullable(),
  updated_at: z.string(),
  adapter_status: z.enum(["unknown", "ok", "failing"]),
  adapter_error: z.string().nullable(),
  /** Time of the adapter's last figure that was believed. */
  valued_at: z.string().nullable(),
  /** The cycle that is open; null for drafts and what is closed. */
  cycle_now: cycleSchema.extend({
    attempts: z.int().nullable(),
    last_error: z.string().nullable(),
    /** Who is paid its fee: the pool's manager when it began. */
    manager: z.object({ user_id: z.uuid(), username: z.string().nullable() }),
  }).nullable(),
  /** Requests that wait for a settlement. */
  waiting: z.object({ subscriptions: z.int(), amount: decimalSchema, redemptions: z.int(), units: decimalSchema }),
});

/** See {@link adminPoolSchema}. */
export type AdminPool = z.infer<typeof adminPoolSchema>;

/** A page of `admin_pools()`, newest first. */
export const adminPoolsSchema = z.object({ items: z.array(adminPoolSchema), next_cursor: z.string().nullable() });

/** See {@link adminPoolsSchema}. */
export type AdminPoolsPage = z.infer<typeof adminPoolsSchema>;

const memberSchema = z.object({ user_id: z.uuid(), username: z.string().nullable(), added_at: z.string() });

/** What `admin_pool()` answers: members of a private one, fees announced, and settlements, newest first. */
export const adminPoolDetailSchema = z.object({
  pool: adminPoolSchema,
  members: z.array(memberSchema),
  fee_changes: z.array(feeChangeSchema),
  settlements: z.array(settlementSchema),
});

/** See {@link adminPoolDetailSchema}. */
export type AdminPoolDetail = z.infer<typeof adminPoolDetailSchema>;

/** What making and changing a pool answer. */
export const poolAnswerSchema = z.object({ pool: poolSchema });

/** See {@link poolAnswerSchema}. */
export type PoolAnswer = z.infer<typeof poolAnswerSchema>;

/** What moving a pool on in its life answers. */
export const poolMoveSchema = z.object({ pool: poolSchema, cycle: cycleSchema.nullable() });

/** See {@link poolMoveSchema}. */
export type PoolMove = z.infer<typeof poolMoveSchema>;

/** Who was let see a private pool. */
export const poolMembersSchema = z.object({ members: z.array(memberSchema) });

/** See {@link poolMembersSchema}. */
export type PoolMembers = z.infer<typeof poolMembersSchema>;

/** What a pool may be made with, and changed to; the database says whether it is in order. */
export interface PoolTerms {
  name?: string;
  description?: string;
  currency?: string;
  cycle?: (typeof POOL_CYCLES)[number];
  minimum?: string;
  /** Null for none. */
  cap?: string | null;
  manager_fee_percent?: string | number;
  platform_share_percent?: string | number;
  visibility?: "public" | "private";
  manager_id?: string;
  cutoff_lead_s?: number;
  equity_move_percent_max?: string | number;
  metadata?: Record<string, unknown>;
  /** Makes one that takes no money until it is opened. */
  draft?: boolean;
}
