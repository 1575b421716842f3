import type { Candle, CandleEvent } from "../candle.ts";
import { type Freshness, freshnessOf } from "../format.ts";
import type { MonitorData } from "../monitor.ts";
import type { Timeframe } from "../timeframe.ts";

/** A candle of the monitor's list. */
export interface MonitorRow {
  exchange: string;
  symbol: string;
  timeframe: Timeframe;
  candle: Candle;
  /** Time of the price, RFC 3339, as the server last told it. */
  at: string;
  /** As the server last told: silent for more than five seconds. */
  stale: boolean;
  /** Wall time of the last event heard on this page, Unix ms; 0 before the first. */
  heardMs: number;
  /** The highest fencing token seen. */
  token: number;
}

/** A row's id: `exchange:symbol`. */
export function monitorKey({ exchange, symbol }: { exchange: string; symbol: string }): string {
  return `${exchange}:${symbol}`;
}

/** Rows as the server first tells them. */
export function toRows(candles: MonitorData["candles"]): MonitorRow[] {
  return candles.map((item) => ({ ...item, heardMs: 0, token: 0 }));
}

/** A row after a broadcast candle; one of a lower token, or older than the one shown, changes nothing. */
export function takeCandle(row: MonitorRow, event: CandleEvent, nowMs: number): MonitorRow {
  if (event.token < row.token || event.t < row.candle.t) return row;
  const { et, token, ...candle } = event;
  // What is told again is no younger for it.
  if (row.heardMs > 0 && et <= Date.parse(row.at)) return { ...row, candle, token };
  return { ...row, candle, token, stale: false, at: new Date(et).toISOString(), heardMs: nowMs };
}

/**
 * Rows after the server told them again. They keep their order, so that nothing moves under the reader's eyes; what is
 * heard live stands, and new markets come last.
 */
export function refreshRows(rows: readonly MonitorRow[], candles: MonitorData["candles"], nowMs: number): MonitorRow[] {
  const byKey = new Map(candles.map((item) => [monitorKey(item), item]));
  const kept = rows.flatMap((row) => {
    const item = byKey.get(monitorKey(row));
    if (item === undefined) return [];
    byKey.delete(monitorKey(row));
    const isNewer = item.candle.t > row.candle.t;
    if (!isNewer && freshnessOf(nowMs - row.heardMs) !== "stale") return [row];
    // The server knows closed candles alone: the forming one that was heard is newer.
    return [{ ...row, stale: item.stale, at: item.at, candle: isNewer ? item.candle : row.candle }];
  });
  return [...kept, ...toRows([...byKey.values()])];
}

/** How old a row's price is: what this page hears goes before what the server says. */
export function rowFreshness(row: MonitorRow, nowMs: number): Freshness | "snapshot" {
  if (row.heardMs > 0) return freshnessOf(nowMs - row.heardMs);
  return row.stale ? "stale" : "snapshot";
}
