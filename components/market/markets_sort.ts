import { compareDecimals } from "../../lib/market/format.ts";
import { rowKey, type RowView } from "./row_view.ts";

/** Columns a list of markets can be ordered by. */
export type SortKey = "symbol" | "last" | "change" | "high" | "low" | "volume";

/** An order: numbers start descending, names ascending. */
export interface SortOrder {
  key: SortKey;
  descending: boolean;
}

/** The order after pressing a column's header: a new column starts its own way, the same one turns round. */
export function nextSort(sort: SortOrder | null, key: SortKey): SortOrder {
  return sort?.key === key ? { key, descending: !sort.descending } : { key, descending: key !== "symbol" };
}

/** Orders `views`; rows without the figure come last either way, equal ones by name. */
export function sortViews(views: readonly RowView[], sort: SortOrder | null): RowView[] {
  if (sort === null) return [...views];
  const sign = sort.descending ? -1 : 1;
  return [...views].sort((a, b) => {
    const byName = compareText(rowKey(a.row), rowKey(b.row));
    if (sort.key === "symbol") return sign * byName;
    if (!a.row.ticker || !b.row.ticker) return Number(!a.row.ticker) - Number(!b.row.ticker) || byName;
    return sign * compareFigure(a, b, sort.key) || byName;
  });
}

const FIGURES = { last: "last", high: "high_24h", low: "low_24h", volume: "quote_volume_24h" } as const;

function compareFigure(a: RowView, b: RowView, key: Exclude<SortKey, "symbol">): number {
  if (key === "change") return ratioOf(a) - ratioOf(b);
  const figure = FIGURES[key];
  return compareDecimals(a.row.ticker?.[figure], b.row.ticker?.[figure]);
}

/** Only orders rows: the figure shown is computed exactly elsewhere. */
function ratioOf({ row }: RowView): number {
  const open = Number(row.ticker?.open_24h);
  return open > 0 ? Number(row.ticker?.last) / open : 1;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
