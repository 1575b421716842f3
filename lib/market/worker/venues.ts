import type { VenueCapabilities } from "../venue_capabilities.ts";
import { BinanceVenue } from "./binance.ts";
import { capabilitiesOf, openExchange } from "./ccxt_exchange.ts";
import { CcxtVenue } from "./ccxt_venue.ts";
import type { Venue, VenueOptions } from "./venue.ts";

/** Whether an exchange can be fed, and if not which can. */
export function checkExchange(
  exchange: string,
): { ok: true; capabilities: VenueCapabilities } | { ok: false; message: string } {
  const capabilities = capabilitiesOf(exchange);
  if (capabilities !== null) return { ok: true, capabilities };
  const offered = "sim, binance, kraken, coinbase, or any other that ccxt reads one-minute candles of";
  return { ok: false, message: `exchange "${exchange}" is not offered, set EXCHANGES to ${offered}` };
}

/** Opens an exchange's venue. Throws RangeError for an id that is not offered. */
export function openVenue(options: Omit<VenueOptions, "capabilities">, simPort: number): Venue {
  const checked = checkExchange(options.exchange);
  if (!checked.ok) throw new RangeError(`Cannot open a venue: ${checked.message}`);
  const { capabilities } = checked;
  const full = { ...options, capabilities };
  if (capabilities.protocol === "binance") return new BinanceVenue(full, capabilities.local ? simPort : undefined);
  const localBase = capabilities.local ? `127.0.0.1:${simPort}/${capabilities.ccxtClass}` : undefined;
  return new CcxtVenue(full, openExchange(capabilities, localBase));
}
