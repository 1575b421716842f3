import { BinanceVenue, type VenueOptions } from "./binance.ts";
import type { Venue } from "./venue.ts";

/** Exchange ids served by Binance's protocol; `sim` is the simulator on loopback. */
export const EXCHANGES = ["sim", "binance"] as const;

/** Opens an exchange's venue. Throws RangeError for an id that is not offered. */
export function openVenue(options: VenueOptions, simPort: number): Venue {
  if (options.exchange === "sim") return new BinanceVenue(options, simPort);
  if (options.exchange === "binance") return new BinanceVenue(options);
  throw new RangeError(`Cannot feed "${options.exchange}": exchanges are ${EXCHANGES.join(", ")}`);
}
