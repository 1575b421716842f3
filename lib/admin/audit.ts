import { z } from "zod";

/** What an action looks like: "thing.happened", or "thing" for all of it. */
export const ACTION_PATTERN = /^[a-z][a-z0-9_]{0,62}(\.[a-z][a-z0-9_]{0,62})?$/;

/** Rows of an exported file: about ten megabytes, and a minute of one database connection at worst. */
export const EXPORT_ROWS_MAX = 50_000;

/** A page of `audit_page()` and `audit_export()`, newest first. */
export const auditPageSchema = z.object({
  items: z.array(z.object({
    id: z.uuid(),
    /** Its place in the chain; null until it is sealed. */
    seq: z.string().nullable(),
    at: z.string(),
    actor: z.string().nullable(),
    actor_name: z.string().nullable(),
    actor_role: z.string(),
    session_id: z.string().nullable(),
    action: z.string(),
    subject_type: z.string(),
    subject_id: z.string().nullable(),
    subject_name: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    request_id: z.string().nullable(),
    /** A keyed hash of the client's address. */
    address: z.string().nullable(),
    /** SHA-256 of the row and the one before it, in hexadecimal. */
    hash: z.string().nullable(),
  })),
  next_cursor: z.string().nullable(),
});

/** See {@link auditPageSchema}. */
export type AuditPage = z.infer<typeof auditPageSchema>;

/** One thing that was done. */
export type AuditEntry = AuditPage["items"][number];

/** Which entries to show; null leaves a filter out. */
export interface AuditFilter {
  /** A user's id or name. */
  actor: string | null;
  action: string | null;
  /** An id, or a user's name. */
  subject: string | null;
  /** Unix ms: from ≤ at < to. */
  fromMs: number | null;
  toMs: number | null;
}

/** Everything. */
export const NO_AUDIT_FILTER: AuditFilter = { actor: null, action: null, subject: null, fromMs: null, toMs: null };

/** The audit chain's end and its last check. */
export const auditStateSchema = z.object({
  seq: z.string(),
  hash: z.string(),
  sealed_at: z.string().nullable(),
  unsealed: z.int(),
  checked_at: z.string().nullable(),
  /** Null while the chain holds. */
  bad_seq: z.string().nullable(),
  reason: z.string().nullable(),
  exported_at: z.string().nullable(),
  exported_seq: z.string().nullable(),
});

/** See {@link auditStateSchema}. */
export type AuditState = z.infer<typeof auditStateSchema>;

/** What a check of the chain found. */
export const auditVerdictSchema = z.object({
  ok: z.boolean(),
  /** Rows looked at. */
  checked: z.int(),
  first_bad_seq: z.string().nullable(),
  reason: z.string().nullable(),
  /** Where the next call goes on; null at the end. */
  next_seq: z.string().nullable(),
});

/** See {@link auditVerdictSchema}. */
export type AuditVerdict = z.infer<typeof auditVerdictSchema>;

/** Entries one after the other, with the page they came on: newest of both lists first, none twice. */
export function mergeEntries(lists: readonly (readonly AuditEntry[])[], limit: number): AuditEntry[] {
  const byId = new Map(lists.flat().map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id)).slice(0, limit);
}
