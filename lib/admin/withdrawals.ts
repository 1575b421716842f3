import { z } from "zod";
import { KYC_STATES } from "../accounts/account.ts";
import { decimalSchema } from "../kernel/decimal_schema.ts";
import { WITHDRAWAL_STATES, withdrawalSchema } from "../ledger/withdrawal_shapes.ts";

/** States administrators list by: `requested` lasts for no longer than the request itself. */
export const LISTED_STATES = WITHDRAWAL_STATES.slice(1) as Exclude<WithdrawalState, "requested">[];

/** See {@link WITHDRAWAL_STATES}. */
export type WithdrawalState = (typeof WITHDRAWAL_STATES)[number];

/** Characters of a rejection's reason the database takes. */
export const REJECTION_LENGTH_MAX = 200;

/** A withdrawal as administrators see it. Times are RFC 3339; names are null for people who are gone. */
export const adminWithdrawalSchema = withdrawalSchema.omit({ cancellable: true, changeable: true }).extend({
  changed_at: z.string().nullable(),
  user_id: z.uuid(),
  username: z.string().nullable(),
  kyc_status: z.enum(KYC_STATES).nullable(),
  /** Until when nothing may leave the account; null where it may. */
  frozen_until: z.string().nullable(),
  /** What the user asked for in the 24 hours up to it, itself included, in EUR. */
  eur_day: decimalSchema,
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
