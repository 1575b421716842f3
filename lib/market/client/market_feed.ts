import { pageConnection } from "../../realtime/client/connection.ts";
import { fetchJson } from "../../realtime/client/fetch_json.ts";
import { marketTopic } from "../../realtime/topic.ts";
import type { CandleEvent } from "../candle.ts";
import type { MarketRow } from "../page.ts";
import type { Timeframe } from "../timeframe.ts";
import { isCandleEvent } from "./candle_check.ts";
import { noteEvent } from "./feed_health.ts";
import { pageWatcher } from "./watch.ts";

/** What a market's listener gets. */
export interface MarketListener {
  onCandle(event: CandleEvent): void;
  /** Joined, for the first time or again: catch up over REST. */
  onJoined(): void;
}

/** Names a market at one timeframe. */
export interface MarketKey {
  exchange: string;
  symbol: string;
  timeframe: Timeframe;
}

/** Watches a market and listens to its candles; the returned function ends both. */
export function followMarket({ exchange, symbol, timeframe }: MarketKey, listener: MarketListener): () => void {
  const topic = marketTopic(exchange, symbol, timeframe);
  const unwatch = pageWatcher().add(topic);
  const unsubscribe = pageConnection().subscribe(topic, "candle", {
    onPayload(payload) {
      if (!isCandleEvent(payload)) return;
      noteEvent(exchange, payload.et);
      listener.onCandle(payload);
    },
    onJoined: () => listener.onJoined(),
  });
  return () => {
    unsubscribe();
    unwatch();
  };
}

/**
 * A list's rows with their tickers. Throws when they cannot be fetched.
 * @param search the query string of the list: `q=BTC&exchange=sim`.
 */
export async function fetchRows(search: string): Promise<MarketRow[]> {
  const { items } = await fetchJson(`/api/v1/symbols?limit=200&${search}`) as { items?: unknown };
  return Array.isArray(items) ? items.filter(isRow) : [];
}

function isRow(value: unknown): value is MarketRow {
  if (typeof value !== "object" || value === null) return false;
  const { exchange, symbol, ticker } = value as Record<string, unknown>;
  return typeof exchange === "string" && typeof symbol === "string" &&
    (ticker === undefined || (typeof ticker === "object" && ticker !== null && "last" in ticker));
}
