import { fetchJson } from "../../realtime/client/fetch_json.ts";
import type { Candle } from "../candle.ts";
import { isCandle } from "./candle_check.ts";
import type { MarketKey } from "./market_feed.ts";

/** Candles asked for in one request. */
const PAGE_LIMIT = 500;

/** Pages fetched to catch up: more is not a gap but another day. */
const PAGES_MAX = 4;

/** Closed candles from the open time `fromMs` on, oldest first. Throws when they cannot be fetched. */
export async function fetchCandlesFrom(key: MarketKey, fromMs: number, signal: AbortSignal): Promise<Candle[]> {
  const candles: Candle[] = [];
  let from: string | null = String(fromMs);
  for (let page = 0; page < PAGES_MAX && from !== null; page++) {
    const { items, next } = parseCandles(await fetchJson(candlesPath(key, { from }), signal));
    candles.push(...items);
    from = next;
  }
  return candles;
}

/** The latest closed candles, or the latest before the open time `toMs`. Throws when they cannot be fetched. */
export async function fetchLatestCandles(key: MarketKey, toMs: number | null, signal: AbortSignal): Promise<Candle[]> {
  const range: Record<string, string> = toMs === null ? {} : { to: String(toMs) };
  return parseCandles(await fetchJson(candlesPath(key, range), signal)).items;
}

function candlesPath(key: MarketKey, range: Record<string, string>): string {
  const { exchange, symbol, timeframe } = key;
  return `/api/v1/candles?${new URLSearchParams({ exchange, symbol, timeframe, limit: String(PAGE_LIMIT), ...range })}`;
}

function parseCandles(body: unknown): { items: Candle[]; next: string | null } {
  const { items, next_cursor: next } = (body ?? {}) as Record<string, unknown>;
  if (!Array.isArray(items)) throw new TypeError("Cannot read candles: items are missing");
  return { items: items.filter(isCandle), next: typeof next === "string" ? next : null };
}
