import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { auditStateSchema } from "./audit.ts";

const pool = { pool_id: z.uuid(), name: z.string() };

/** Things of one kind that wait for an administrator. */
const queueSchema = z.object({ waiting: z.int(), eur: decimalSchema, oldest_at: z.string().nullable() });

/** How settlements go. Times are RFC 3339. */
const settlementSchema = z.object({
  next: z.object({ ...pool, no: z.int(), cutoff_at: z.string(), ends_at: z.string() }).nullable(),
  /** Cycles that ended more than two minutes ago. */
  overdue: z.array(z.object({
    ...pool,
    no: z.int(),
    ends_at: z.string(),
    attempts: z.int(),
    last_error: z.string().nullable(),
  })),
  /** Pools whose adapter fails. */
  failing: z.array(z.object({ ...pool, error: z.string().nullable(), checked_at: z.string().nullable() })),
  /** The last ones, newest first; `took_s` is counted from the cycle's end. */
  last: z.array(z.object({
    ...pool,
    currency: z.string(),
    no: z.int(),
    settled_at: z.string(),
    took_s: decimalSchema.nullable(),
    forced: z.boolean(),
    attempts: z.int(),
    last_error: z.string().nullable(),
    pnl: decimalSchema.nullable(),
    fee: decimalSchema.nullable(),
  })),
});

/** What `admin_dashboard()` answers: what administrators look at first. Money is in EUR. */
export const dashboardSchema = z.object({
  at: z.string(),
  /** Null while `rates_missing` names a currency: a part is no total. */
  aum_eur: decimalSchema.nullable(),
  pnl_today_eur: decimalSchema.nullable(),
  pnl_cycle_eur: decimalSchema.nullable(),
  rates_missing: z.array(z.string()),
  pools: z.int(),
  pools_paused: z.int(),
  investors: z.int(),
  active_investments: z.int(),
  withdrawals: queueSchema,
  credits: queueSchema,
  kyc_pending: z.int(),
  settlement: settlementSchema,
  /** The ledger's last full check; null before the first one. */
  ledger: z.object({
    checked_at: z.string(),
    took_ms: z.int(),
    violations: z.int(),
    samples: z.array(z.object({ violation: z.string(), subject: z.string() })),
    broken_since: z.string().nullable(),
  }).nullable(),
  audit: auditStateSchema,
  /** 30 days of UTC, today last. Worth at each day's end by today's rates; what settlements moved in and out. */
  series: z.array(z.object({
    day: z.string(),
    aum_eur: decimalSchema.nullable(),
    subscribed_eur: decimalSchema,
    redeemed_eur: decimalSchema,
  })),
});

/** See {@link dashboardSchema}. */
export type Dashboard = z.infer<typeof dashboardSchema>;

/** A day of {@link Dashboard.series}. */
export type DashboardDay = Dashboard["series"][number];
