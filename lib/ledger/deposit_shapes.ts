import { z } from "zod";
import { isCode } from "../kernel/codes.ts";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** The name of a payment provider, as addresses and the database write it. */
export const PROVIDER_PATTERN = /^[a-z][a-z0-9_]{0,31}$/;

/** Money a user means to pay in. Times are RFC 3339. */
export const depositSchema = z.object({
  id: z.uuid(),
  asset: z.string(),
  amount: decimalSchema,
  status: z.enum(["waiting", "paid", "expired"]),
  requested_at: z.string(),
  /** When the checkout stops taking it. */
  expires_at: z.string(),
  paid_at: z.string().nullable(),
  /** Where to pay; null for what is paid or expired. */
  checkout_url: z.url({ protocol: /^https?$/ }).nullable(),
});

/** See {@link depositSchema}. */
export type Deposit = z.infer<typeof depositSchema>;

/** What starting and reading one answer. */
export const depositAnswerSchema = z.object({ deposit: depositSchema });

/** See {@link depositAnswerSchema}. */
export type DepositAnswer = z.infer<typeof depositAnswerSchema>;

/** A page of one's deposits, newest first. */
export const depositsPageSchema = z.object({
  items: z.array(depositSchema),
  next_cursor: z.string().nullable(),
  /** Whether there is a provider to pay to. */
  offered: z.boolean(),
});

/** See {@link depositsPageSchema}. */
export type DepositsPage = z.infer<typeof depositsPageSchema>;

/** What became of a provider's message. */
export const paymentReceiptSchema = z.object({
  event_id: z.string(),
  /** `booked`; `repeated` for a deposit booked before; `unclaimed` for money that is nobody's; `ignored` otherwise. */
  outcome: z.enum(["booked", "repeated", "unclaimed", "ignored"]),
});

/** See {@link paymentReceiptSchema}. */
export type PaymentReceipt = z.infer<typeof paymentReceiptSchema>;

/** What `receive_payment()` answers: refusals are values there, so that they stay in the audit log. */
export const receivedSchema = z.discriminatedUnion("ok", [
  paymentReceiptSchema.extend({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: z.string().refine(isCode, "must be a code of ours") }),
]);
