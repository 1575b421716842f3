import { toCsv } from "../../accounts/export.ts";
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

/**
 * The log as CSV (RFC 4180), fetched page by page as the reader takes it, so that neither side holds the whole. It ends
 * after {@link EXPORT_ROWS_MAX} rows; a last line then says so.
 * @param first the first page, fetched before, so that a refusal is an answer and not half a file.
 * @param next fetches the page at a cursor.
 */
export function streamAuditCsv(
  first: AuditPage,
  next: (cursor: string) => Promise<AuditPage>,
  rowsMax: number = EXPORT_ROWS_MAX,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let page: AuditPage | null = first;
  let left = rowsMax;
  let begun = false;
  return new ReadableStream({
    async pull(controller) {
      if (page === null) return controller.close();
      const rows = page.items.slice(0, left);
      left -= rows.length;
      const text = toCsv(rows.map(inOrder));
      // Each page's text has the header again.
      const lines = text.slice(text.indexOf("\r\n") + 2);
      controller.enqueue(encoder.encode(begun ? lines : `${COLUMNS.join(",")}\r\n${lines}`));
      begun = true;
      const isCut = left === 0 && (page.next_cursor !== null || rows.length < page.items.length);
      if (isCut) controller.enqueue(encoder.encode(`# cut after ${rowsMax} rows\r\n`));
      page = page.next_cursor === null || left === 0 ? null : await next(page.next_cursor);
    },
  });
}

function inOrder(entry: AuditEntry): Record<string, unknown> {
  return Object.fromEntries(COLUMNS.map((key) => [key, entry[key]]));
}
