import { toCsv } from "../export.ts";

/** A page of rows, and where the next one begins. */
export interface CsvPage<Row> {
  items: readonly Row[];
  next_cursor: string | null;
}

/** What a file is made of. */
export interface CsvSource<Row> {
  /** In the order of the file; each row is asked for all of them. */
  columns: readonly string[];
  toRow(row: Row): Readonly<Record<string, unknown>>;
  /** The first page, fetched before, so that a refusal is an answer and not half a file. */
  first: CsvPage<Row>;
  /** Fetches the page at a cursor. */
  next(cursor: string): Promise<CsvPage<Row>>;
  rowsMax: number;
}

/**
 * Rows as CSV (RFC 4180), fetched page by page as the reader takes them, so that neither side holds the whole. It ends
 * after `rowsMax` rows; a last line then says so.
 */
export function streamCsv<Row>(
  { columns, toRow, first, next, rowsMax }: CsvSource<Row>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let page: CsvPage<Row> | null = first;
  let left = rowsMax;
  let begun = false;
  const inOrder = (row: Row) => {
    const values = toRow(row);
    return Object.fromEntries(columns.map((column) => [column, values[column]]));
  };
  return new ReadableStream({
    async pull(controller) {
      if (page === null) return controller.close();
      const rows = page.items.slice(0, left);
      left -= rows.length;
      const text = toCsv(rows.map(inOrder));
      // Each page's text has the header again.
      const lines = text.slice(text.indexOf("\r\n") + 2);
      controller.enqueue(encoder.encode(begun ? lines : `${columns.join(",")}\r\n${lines}`));
      begun = true;
      const isCut = left === 0 && (page.next_cursor !== null || rows.length < page.items.length);
      if (isCut) controller.enqueue(encoder.encode(`# cut after ${rowsMax} rows\r\n`));
      page = page.next_cursor === null || left === 0 ? null : await next(page.next_cursor);
    },
  });
}
