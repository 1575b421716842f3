import { type CsvPage, streamCsv } from "../../accounts/edge/csv_pages.ts";
import { reasonOf, type StatementLine } from "../wallet_shapes.ts";

/** Lines of one file: with {@link STATEMENT_LINES_PER_CALL} they take a sixth of the calls a caller may burst. */
export const STATEMENT_ROWS_MAX = 20_000;

/** Lines of one call to the database, as many as it gives. */
export const STATEMENT_LINES_PER_CALL = 1_000;

const COLUMNS = ["at", "operation", "asset", "amount", "balance_after", "reason", "transfer_id"] as const;

/** A statement as a file, newest first; see {@link streamCsv}. */
export function streamStatementCsv(
  asset: string,
  first: CsvPage<StatementLine>,
  next: (cursor: string) => Promise<CsvPage<StatementLine>>,
  rowsMax: number = STATEMENT_ROWS_MAX,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const toRow = (line: StatementLine) => ({ ...line, asset, reason: reasonOf(line) });
  return streamCsv({ columns: COLUMNS, toRow, first, next, rowsMax });
}
