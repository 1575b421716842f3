import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** Where a payment that matched no deposit stands: undecided, decided and to be approved, in a wallet, or given back. */
export const PAYMENT_STATES = ["waiting", "awaiting_approval", "assigned", "returned"] as const;

/** What a list of payments can be narrowed to; open is whatever is not done with. */
export const LISTED_PAYMENTS = ["open", ...PAYMENT_STATES] as const;

/** Characters of a note the database takes. */
export const PAYMENT_NOTE_LENGTH_MAX = 200;

/** A payment that a provider told of, and that matched no deposit. Times are RFC 3339; names are null for people who are gone. */
export const paymentSchema = z.object({
  id: z.uuid(),
  provider: z.string(),
  /** The provider's own id of it. */
  event_id: z.string(),
  /** Not what was asked for, or of a deposit that is not ours. */
  outcome: z.enum(["mismatched", "unclaimed"]),
  /** As the provider said, known to the ledger or not. */
  asset: z.string(),
  amount: decimalSchema,
  received_at: z.string(),
  /** The deposit that the provider named, where it is one of ours. */
  meant: z.object({
    deposit_id: z.uuid(),
    user_id: z.uuid(),
    username: z.string().nullable(),
    asset: z.string(),
    amount: decimalSchema,
    paid: z.boolean(),
  }).nullable(),
  status: z.enum(PAYMENT_STATES),
  /** Rises with each decision; an approval names the one it means. */
  revision: z.int(),
  decision: z.enum(["assign", "return"]).nullable(),
  /** Whose it is to be. */
  user_id: z.uuid().nullable(),
  username: z.string().nullable(),
  /** What it was worth when it was decided about; null before, and of what has no rate. */
  eur: decimalSchema.nullable(),
  note: z.string().nullable(),
  decided_by: z.uuid().nullable(),
  decided_by_name: z.string().nullable(),
  decided_at: z.string().nullable(),
  /** Null for what needed nobody else, or waits. */
  approved_by: z.uuid().nullable(),
  approved_by_name: z.string().nullable(),
  closed_at: z.string().nullable(),
  /** Whether it waits for somebody else, and the caller may be that one. */
  approvable: z.boolean(),
});

/** See {@link paymentSchema}. */
export type Payment = z.infer<typeof paymentSchema>;

/** What deciding about a payment answers. */
export const paymentAnswerSchema = z.object({ payment: paymentSchema });

/** See {@link paymentAnswerSchema}. */
export type PaymentAnswer = z.infer<typeof paymentAnswerSchema>;

/** A page of `admin_payments()`, newest first. */
export const paymentsPageSchema = z.object({ items: z.array(paymentSchema), next_cursor: z.string().nullable() });

/** See {@link paymentsPageSchema}. */
export type PaymentsPage = z.infer<typeof paymentsPageSchema>;
