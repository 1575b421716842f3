import ccxt, { type Exchange } from "ccxt";
import { deriveCapabilities, knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { toLoopback } from "./loopback.ts";

/** Longest time one REST request may take. */
const REST_TIMEOUT_MS_MAX = 10_000;

type ExchangeClass = new (config: Record<string, unknown>) => Exchange;

/**
 * Capabilities of an exchange: ours where we know it, else what ccxt's class claims. Null when ccxt has no such exchange
 * or the exchange has no history of minutes.
 */
export function capabilitiesOf(exchange: string): VenueCapabilities | null {
  const known = knownVenue(exchange);
  if (known !== undefined) return known;
  const Class = classOf(exchange);
  if (Class === undefined) return null;
  const { id, name, has, timeframes } = new Class({});
  return deriveCapabilities({ id, name: name ?? id, has, timeframes: timeframes ?? {} });
}

/**
 * Opens ccxt's class of an exchange. Throws RangeError when there is none.
 * @param localBase for exchanges on loopback: see {@link toLoopback}.
 */
export function openExchange(capabilities: VenueCapabilities, localBase?: string): Exchange {
  const Class = classOf(capabilities.ccxtClass);
  if (Class === undefined) {
    throw new RangeError(`Cannot open the exchange "${capabilities.exchange}": ccxt does not have it`);
  }
  const exchange = new Class({
    enableRateLimit: true,
    newUpdates: true,
    timeout: REST_TIMEOUT_MS_MAX,
    ...(capabilities.restInterval_ms === null ? {} : { rateLimit: capabilities.restInterval_ms }),
    options: {
      defaultType: "spot",
      fetchCurrencies: false,
      // Subscriptions are paced by us, and ccxt's own connection timer closes with a code that the platform refuses.
      ws: { cost: 0, connectionTimeout: 0 },
    },
  });
  // ccxt would write what it cannot parse to the console.
  exchange.log = () => {};
  if (localBase !== undefined) toLoopback(exchange, localBase);
  return exchange;
}

function classOf(id: string): ExchangeClass | undefined {
  const pro = ccxt.pro as unknown as Record<string, ExchangeClass>;
  if (Object.hasOwn(pro, id)) return pro[id];
  return ccxt.exchanges.includes(id) ? (ccxt as unknown as Record<string, ExchangeClass>)[id] : undefined;
}
