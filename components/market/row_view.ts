import { type Change, changeBetween, type Direction } from "../../lib/market/format.ts";
import type { MarketRow } from "../../lib/market/page.ts";

/** A market as a list shows it: the row, and how its last price last moved. */
export interface RowView {
  row: MarketRow;
  tick: Direction;
  /** Counts price moves; 0 is what the server rendered. */
  sequence: number;
}

/** The view the server renders. */
export function initialView(row: MarketRow): RowView {
  return { row, tick: "flat", sequence: 0 };
}

/** A row's id in lists and maps. */
export function rowKey(row: { exchange: string; symbol: string }): string {
  return `${row.exchange}:${row.symbol}`;
}

/** Page of a market. Ids are checked at the door, but a path is built from text all the same. */
export function marketPath(row: { exchange: string; symbol: string }): string {
  return `/markets/${encodeURIComponent(row.exchange)}/${encodeURIComponent(row.symbol)}`;
}

/** The last price's change over 24 hours. */
export function changeOf(row: MarketRow): Change | null {
  return changeBetween(row.ticker?.open_24h, row.ticker?.last, row.tick_size);
}

/** Closes of the last 24 hours, ending in the last price. */
export function sparkOf(row: MarketRow): string[] {
  return [...row.spark ?? [], ...row.ticker ? [row.ticker.last] : []];
}
