import { BinanceVenue } from "./binance.ts";
import { CcxtVenue, isStreamable } from "./ccxt_venue.ts";
import type { Venue, VenueOptions } from "./venue.ts";

/** Exchange ids served by Binance's protocol; `sim` is the simulator on loopback. */
const BINANCE_IDS: readonly string[] = ["sim", "binance"];

/** Whether an exchange can be fed, and if not which can. */
export function checkExchange(exchange: string): { ok: true } | { ok: false; message: string } {
  if (BINANCE_IDS.includes(exchange) || isStreamable(exchange)) return { ok: true };
  const offered = `${BINANCE_IDS.join(", ")}, or others whose 1m to 1d candles ccxt streams`;
  return { ok: false, message: `exchange "${exchange}" is not offered, set EXCHANGES to ${offered}` };
}

/** Opens an exchange's venue. Throws RangeError for an id that is not offered. */
export function openVenue(options: VenueOptions, simPort: number): Venue {
  const checked = checkExchange(options.exchange);
  if (!checked.ok) throw new RangeError(`Cannot open a venue: ${checked.message}`);
  if (!BINANCE_IDS.includes(options.exchange)) return new CcxtVenue(options);
  return new BinanceVenue(options, options.exchange === "sim" ? simPort : undefined);
}
