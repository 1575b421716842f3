import { z } from "zod";
import { KYC_STATES } from "../accounts/account.ts";
import { isDecimal } from "../kernel/decimal.ts";

const decimal = z.string().refine(isDecimal, "must be a decimal string");

/** Where a withdrawal is on its way. */
export const WITHDRAWAL_STATES = [
  "requested",
  "locked_until_settlement",
  "awaiting_approval",
  "approved",
  "paid",
  "rejected",
  "cancelled",
] as const;

/** States administrators list by: `requested` lasts for no longer than the request itself. */
export const LISTED_STATES = WITHDRAWAL_STATES.slice(1) as Exclude<WithdrawalState, "requested">[];

/** See {@link WITHDRAWAL_STATES}. */
export type WithdrawalState = (typeof WITHDRAWAL_STATES)[number];

/** Characters of a rejection's reason the database takes. */
export const REJECTION_LENGTH_MAX = 200;

/** A withdrawal as administrators see it. Times are RFC 3339; names are null for people who are gone. */
export const adminWithdrawalSchema = z.object({
  id: z.uuid(),
  asset: z.string(),
  amount: decimal,
  /** What it was worth when it was asked for, or last changed. */
  eur: decimal,
  destination: z.string(),
  status: z.enum(WITHDRAWAL_STATES),
  /** Rises with each change by its user: an approval names the one it means. */
  revision: z.int(),
  requested_at: z.string(),
  changed_at: z.string().nullable(),
  approved_at: z.string().nullable(),
  paid_at: z.string().nullable(),
  rejected_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  /** Why it was rejected. */
  reason: z.string().nullable(),
  investment_id: z.uuid().nullable(),
  user_id: z.uuid(),
  username: z.string().nullable(),
  kyc_status: z.enum(KYC_STATES).nullable(),
  /** Until when nothing may leave the account; null where it may. */
  frozen_until: z.string().nullable(),
  /** What the user asked for in the 24 hours up to it, itself included, in EUR. */
  eur_day: decimal,
  approved_by: z.uuid().nullable(),
  approved_by_name: z.string().nullable(),
  rejected_by: z.uuid().nullable(),
  rejected_by_name: z.string().nullable(),
  /** What the provider of payouts has been told, or has said. */
  payout: z.string().nullable(),
  attempts: z.int(),
  last_error: z.string().nullable(),
  /** Whether the caller may do so. */
  approvable: z.boolean(),
  rejectable: z.boolean(),
});

/** See {@link adminWithdrawalSchema}. */
export type AdminWithdrawal = z.infer<typeof adminWithdrawalSchema>;

/** A page of `admin_withdrawals()`, newest first. */
export const adminWithdrawalsSchema = z.object({
  items: z.array(adminWithdrawalSchema),
  next_cursor: z.string().nullable(),
});

/** See {@link adminWithdrawalsSchema}. */
export type AdminWithdrawalsPage = z.infer<typeof adminWithdrawalsSchema>;

/** What approving and rejecting answer. */
export const decidedWithdrawalSchema = z.object({ withdrawal: adminWithdrawalSchema });

/** See {@link decidedWithdrawalSchema}. */
export type DecidedWithdrawal = z.infer<typeof decidedWithdrawalSchema>;
