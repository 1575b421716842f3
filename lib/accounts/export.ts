import { isDecimal } from "../kernel/decimal.ts";

/** Data by table, as `export_my_data()` gives it: one object or a list of them. */
export type ExportedData = Readonly<Record<string, unknown>>;

/** The files of an export: each table as JSON, lists of rows as CSV too. */
export function exportFiles(data: ExportedData): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [table, value] of Object.entries(data)) {
    const name = table.replaceAll(/[^a-z0-9_]/gi, "_");
    files[`${name}.json`] = `${JSON.stringify(value, null, 2)}\n`;
    files[`${name}.csv`] = toCsv(Array.isArray(value) ? value : [value]);
  }
  return files;
}

/** Rows as RFC 4180 text; the columns are those any row has, in the order of their first sight. */
export function toCsv(rows: readonly unknown[]): string {
  const objects = rows.filter((row) => typeof row === "object" && row !== null).map((row) =>
    Object.entries(row as object)
  );
  const columns = [...new Set(objects.flatMap((entries) => entries.map(([key]) => key)))];
  const lines = objects.map((entries) => {
    const byKey = new Map<string, unknown>(entries);
    return columns.map((column) => cell(byKey.get(column))).join(",");
  });
  return [columns.map(cell).join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  // A spreadsheet would run what begins like a formula: names are chosen by whoever. An amount below zero is none.
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) && !isDecimal(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
