import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** The way a withdrawal takes; `requested` lasts no longer than the call that asks for it. */
export const WITHDRAWAL_STATES = [
  "requested",
  "locked_until_settlement",
  "awaiting_approval",
  "approved",
  "paid",
  "rejected",
  "cancelled",
] as const;

/** Characters of a destination the database takes. */
export const DESTINATION_LENGTH = { min: 4, max: 120 } as const;

/** Money on its way out of the caller's wallet. Times are RFC 3339. */
export const withdrawalSchema = z.object({
  id: z.uuid(),
  asset: z.string(),
  amount: decimalSchema,
  /** What it was worth when it was asked for, or changed; to the cent. */
  eur: decimalSchema,
  /** Where it goes: an IBAN, an address of a chain. */
  destination: z.string(),
  status: z.enum(WITHDRAWAL_STATES),
  /** Rises with each change of amount or destination, which voids an approval. */
  revision: z.int(),
  requested_at: z.string(),
  approved_at: z.string().nullable(),
  paid_at: z.string().nullable(),
  rejected_at: z.string().nullable(),
  cancelled_at: z.string().nullable(),
  /** Why it was rejected, in an administrator's words, or cancelled, as a code. */
  reason: z.string().nullable(),
  /** The investment that is redeemed for it first; null for money that was in the wallet. */
  investment_id: z.uuid().nullable(),
  /** Whether it can still be taken back. */
  cancellable: z.boolean(),
  /** Whether amount and destination can still be changed. */
  changeable: z.boolean(),
});

/** See {@link withdrawalSchema}. */
export type Withdrawal = z.infer<typeof withdrawalSchema>;

/** What asking for, changing, cancelling and reading one answer. */
export const withdrawalAnswerSchema = z.object({ withdrawal: withdrawalSchema });

/** See {@link withdrawalAnswerSchema}. */
export type WithdrawalAnswer = z.infer<typeof withdrawalAnswerSchema>;

/** A page of one's withdrawals, newest first. */
export const withdrawalsPageSchema = z.object({
  items: z.array(withdrawalSchema),
  next_cursor: z.string().nullable(),
});

/** See {@link withdrawalsPageSchema}. */
export type WithdrawalsPage = z.infer<typeof withdrawalsPageSchema>;
