import { z } from "zod";
import { decimalSchema } from "../kernel/decimal_schema.ts";

/** Where a credit stands: asked for, in the user's wallet, refused by another administrator, or taken back. */
export const CREDIT_STATES = ["awaiting_approval", "posted", "rejected", "withdrawn"] as const;

/** Characters of a credit's reason the database takes. */
export const CREDIT_REASON_LENGTH_MAX = 200;

const status = z.enum(CREDIT_STATES);

/** What becomes of a credit asked for, approved, rejected or withdrawn. */
export const creditSchema = z.object({ credit: z.object({ id: z.uuid(), status }) });

/** See {@link creditSchema}. */
export type CreditAnswer = z.infer<typeof creditSchema>;

/** A page of `admin_credits()`, newest first. Times are RFC 3339; names are null for people who are gone. */
export const creditsPageSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    user_id: z.uuid(),
    username: z.string().nullable(),
    asset: z.string(),
    amount: decimalSchema,
    /** What it was worth when it was asked for. */
    eur: decimalSchema,
    /** The user reads it. */
    reason: z.string().nullable(),
    status,
    requested_by: z.uuid(),
    requested_by_name: z.string().nullable(),
    requested_at: z.string(),
    /** Null for what needed nobody else, or waits. */
    approved_by: z.uuid().nullable(),
    approved_by_name: z.string().nullable(),
    posted_at: z.string().nullable(),
    /** Who rejected it or took it back, and why. */
    closed_by: z.uuid().nullable(),
    closed_by_name: z.string().nullable(),
    closed_at: z.string().nullable(),
    closing_reason: z.string().nullable(),
    /** Whether it waits for somebody else, and the caller may be that one. */
    approvable: z.boolean(),
    rejectable: z.boolean(),
    /** Whether the caller asked for it, and it still waits. */
    withdrawable: z.boolean(),
  })),
  next_cursor: z.string().nullable(),
});

/** See {@link creditsPageSchema}. */
export type CreditsPage = z.infer<typeof creditsPageSchema>;

/** A credit as the list shows it. */
export type Credit = CreditsPage["items"][number];
