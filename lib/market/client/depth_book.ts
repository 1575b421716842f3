import type { BookEvent, BookLevel, TradeOnWire, TradesEvent } from "../depth.ts";

/** Trades a page keeps: as many as the server tells. */
export const TRADES_KEPT_MAX = 50;

/** A book as a page knows it. */
export interface BookState {
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  /** Its time at the exchange, Unix ms; null where that is not known. */
  et: number | null;
  /** The highest fencing token seen: lower ones come from a feed that has lost its lease. */
  token: number;
}

/** A stored book, as REST and pages give it; `at` is RFC 3339. */
export interface StoredBook {
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  at: string | null;
}

/** The latest trades as a page knows them, newest first. */
export interface TradesState {
  items: readonly TradeOnWire[];
  token: number;
}

/** Takes a broadcast book, which is always whole. One of a lower token, or older than the one shown, changes nothing. */
export function takeBook(state: BookState, { bids, asks, et, token }: BookEvent): BookState {
  if (token < state.token) return state;
  if (token === state.token && et !== null && state.et !== null && et < state.et) return state;
  return { bids, asks, et, token };
}

/** Takes a stored book where it is newer than the one shown: what was broadcast meanwhile must not go back. */
export function takeStoredBook(state: BookState, { bids, asks, at }: StoredBook): BookState {
  const et = at === null ? NaN : Date.parse(at);
  if (Number.isNaN(et)) return state;
  const isShown = state.bids.length + state.asks.length > 0;
  if (isShown && (state.et === null || et <= state.et)) return state;
  return { bids, asks, et, token: state.token };
}

/** Takes broadcast trades, unless their token is lower than one seen. */
export function takeTrades(state: TradesState, { trades, token }: TradesEvent): TradesState {
  return token < state.token ? state : { items: mergeTrades(state.items, trades), token };
}

/** Trades of both lists, each once, newest first: what was missed while away finds its place among what came since. */
export function mergeTrades(items: readonly TradeOnWire[], more: readonly TradeOnWire[]): TradeOnWire[] {
  const byId = new Map([...items, ...more].map((trade) => [trade.id, trade]));
  return [...byId.values()].sort((a, b) => b.t - a.t || compareIds(b.id, a.id)).slice(0, TRADES_KEPT_MAX);
}

/** Venues count their trades: of two in one millisecond the longer id, then the larger, is the later. */
function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}
