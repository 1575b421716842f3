import { multiplyDecimals } from "./depth_view.ts";
import { digitsOf, formatDecimal } from "../kernel/format_decimal.ts";
import type { MarketPageData } from "./page.ts";

/** Age past which a rate values nothing, as in SQL. */
export const RATE_AGE_MS_MAX = 60_000;

/** EUR for one unit of an asset, as a decimal string; null where it is missing or stale. */
export function eurRate(asset: string, rates: MarketPageData["rates"]): string | null {
  if (asset === "EUR") return "1";
  const rate = rates[asset];
  return rate === undefined || rate.stale ? null : rate.eur;
}

/** A price in EUR as "€91,208.15": cents, or as many digits as the price's own step has. Null where nothing is known. */
export function formatEurPrice(price: string | undefined, rate: string | null, tickSize: string): string | null {
  if (price === undefined || rate === null) return null;
  const text = formatDecimal(multiplyDecimals(price, rate), Math.max(2, digitsOf(tickSize)));
  return text === null ? null : `€${text}`;
}
