import type { MarketSymbol } from "./candle.ts";

/** A market as one exchange lists it. */
export type Listed = Omit<MarketSymbol, "exchange">;

/** Fewer markets than this may all vanish at once: small exchanges do change. */
const FEW_MARKETS = 10;

/** What a new list of markets changes. */
export type ListingChange =
  | {
    ok: true;
    /** The list to store: all that are listed, and as inactive those that have vanished from it. */
    rows: Listed[];
    /** Symbols that could be traded before and cannot be any more. */
    delisted: string[];
  }
  | { ok: false; missing: number };

/**
 * Compares a new list of markets with the one before. An answer in which most markets are missing is not believed:
 * exchanges answer in part when they are in trouble, and nobody's chart should end for that.
 */
export function compareListings(before: ReadonlyMap<string, Listed>, now: readonly Listed[]): ListingChange {
  const listed = new Map(now.map((market) => [market.symbol, market]));
  const delisted: string[] = [];
  const vanished: Listed[] = [];
  let active = 0;
  for (const market of before.values()) {
    const next = listed.get(market.symbol);
    if (next === undefined) vanished.push({ ...market, active: false });
    if (!market.active) continue;
    active++;
    if (next?.active !== true) delisted.push(market.symbol);
  }
  if (active >= FEW_MARKETS && delisted.length > active / 2) return { ok: false, missing: delisted.length };
  return { ok: true, rows: [...now, ...vanished], delisted };
}
