import { streamCsv } from "../../accounts/edge/csv_pages.ts";
import { type AuditEntry, type AuditPage, EXPORT_ROWS_MAX } from "../audit.ts";

/** The audit log's columns, in the order of the file. */
const COLUMNS = [
  "seq",
  "at",
  "action",
  "actor",
  "actor_name",
  "actor_role",
  "session_id",
  "subject_type",
  "subject_id",
  "subject_name",
  "detail",
  "request_id",
  "address",
  "hash",
  "id",
] as const satisfies readonly (keyof AuditEntry)[];

/** The log as a file, newest first, of {@link EXPORT_ROWS_MAX} rows at most; see {@link streamCsv}. */
export function streamAuditCsv(
  first: AuditPage,
  next: (cursor: string) => Promise<AuditPage>,
  rowsMax: number = EXPORT_ROWS_MAX,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamCsv({ columns: COLUMNS, toRow: (entry: AuditEntry) => ({ ...entry }), first, next, rowsMax });
}
