import type { BookEvent, BookLevel, TradeOnWire, TradesEvent } from "../depth.ts";
import { isAmount, isTime } from "./candle_check.ts";
import type { StoredBook } from "./depth_book.ts";

/** Levels or trades looked at: more than any of ours has is no payload of ours. */
const ITEMS_MAX = 100;

/** Checks a `book` broadcast's payload without a schema library: islands stay small. */
export function isBookEvent(value: unknown): value is BookEvent {
  const { bids, asks, et, token } = (value ?? {}) as Record<string, unknown>;
  return isList(bids, isLevel) && isList(asks, isLevel) && isTime(token) && (et === null || isTime(et));
}

/** Checks a `trades` broadcast's payload. */
export function isTradesEvent(value: unknown): value is TradesEvent {
  const { trades, token } = (value ?? {}) as Record<string, unknown>;
  return isList(trades, isTrade) && isTime(token);
}

/** Checks the answer of `GET /api/v1/book`. */
export function isStoredBook(value: unknown): value is StoredBook {
  const { bids, asks, at } = (value ?? {}) as Record<string, unknown>;
  return isList(bids, isLevel) && isList(asks, isLevel) && (at === null || typeof at === "string");
}

/** The trades in the answer of `GET /api/v1/trades`; none where it has another shape. */
export function readTrades(value: unknown): TradeOnWire[] {
  const { items } = (value ?? {}) as Record<string, unknown>;
  return isList(items, isTrade) ? items : [];
}

function isList<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.length <= ITEMS_MAX && value.every(isItem);
}

function isLevel(value: unknown): value is BookLevel {
  return Array.isArray(value) && value.length === 2 && value.every(isAmount);
}

function isTrade(value: unknown): value is TradeOnWire {
  const { id, p, q, side, t } = (value ?? {}) as Record<string, unknown>;
  return typeof id === "string" && isAmount(p) && isAmount(q) && (side === "buy" || side === "sell") &&
    isTime(t);
}
