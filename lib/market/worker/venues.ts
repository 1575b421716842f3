import { BinanceVenue, type VenueOptions } from "./binance.ts";
import type { Venue } from "./venue.ts";

/** Exchange ids served by Binance's protocol; `sim` is the simulator on loopback. */
const BINANCE_IDS: readonly string[] = ["sim", "binance"];

/** Whether an exchange can be fed, and if not which can. */
export function checkExchange(exchange: string): { ok: true } | { ok: false; message: string } {
  if (BINANCE_IDS.includes(exchange)) return { ok: true };
  return {
    ok: false,
    message: `exchange "${exchange}" is not offered, set EXCHANGES to some of ${BINANCE_IDS.join(", ")}`,
  };
}

/** Opens an exchange's venue. Throws RangeError for an id that is not offered. */
export function openVenue(options: VenueOptions, simPort: number): Venue {
  const checked = checkExchange(options.exchange);
  if (!checked.ok) throw new RangeError(`Cannot open a venue: ${checked.message}`);
  return new BinanceVenue(options, options.exchange === "sim" ? simPort : undefined);
}
