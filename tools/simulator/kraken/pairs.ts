import { SYMBOLS, type SymbolSpec } from "../symbols.ts";

/** A pair under Kraken's several names for it. */
export interface KrakenPair {
  spec: SymbolSpec;
  /** Key in REST answers: `XXBTZEUR`. */
  id: string;
  /** What most callers write: `XBTEUR`. */
  altname: string;
  /** Name on its first sockets, still listed: `XBT/EUR`. */
  wsname: string;
  /** Name on the sockets of version 2: `BTC/EUR`. */
  symbol: string;
  /** Asset ids: `XXBT`, `ZEUR`. */
  base: string;
  quote: string;
}

/** Kraken's names of assets: [id, name in pairs]. Old ones begin with X or Z, and bitcoin and dogecoin have names of their own. */
const ASSETS: Readonly<Record<string, [id: string, name: string]>> = {
  BTC: ["XXBT", "XBT"],
  ETH: ["XETH", "ETH"],
  XRP: ["XXRP", "XRP"],
  LTC: ["XLTC", "LTC"],
  DOGE: ["XXDG", "XDG"],
  EUR: ["ZEUR", "EUR"],
};

/** The pairs that are listed here: fewer than on the simulated Binance, with the same prices. */
const LISTED = [
  "BTCUSDT",
  "ETHUSDT",
  "SOLUSDT",
  "XRPUSDT",
  "ADAUSDT",
  "DOGEUSDT",
  "LTCUSDT",
  "ETHBTC",
  "BTCEUR",
  "ETHEUR",
  "EURUSDT",
];

/** Every pair that is listed. */
export const PAIRS: readonly KrakenPair[] = LISTED.flatMap((id) => {
  const spec = SYMBOLS.find((symbol) => symbol.id === id);
  return spec === undefined ? [] : [named(spec)];
});

/** The pair that REST names by its id, its altname or its wsname. */
export function findPair(name: string): KrakenPair | undefined {
  return PAIRS.find(({ id, altname, wsname }) => name === id || name === altname || name === wsname);
}

/** The pair that sockets name. */
export function findSymbol(name: unknown): KrakenPair | undefined {
  return PAIRS.find(({ symbol }) => symbol === name);
}

function named(spec: SymbolSpec): KrakenPair {
  const [base, baseName] = ASSETS[spec.base] ?? [spec.base, spec.base];
  const [quote, quoteName] = ASSETS[spec.quote] ?? [spec.quote, spec.quote];
  const altname = baseName + quoteName;
  // Pairs of two old assets keep the letters; those with an asset that came later never had them.
  const id = base !== spec.base && quote !== spec.quote ? base + quote : altname;
  return {
    spec,
    id,
    altname,
    wsname: `${baseName}/${quoteName}`,
    symbol: `${spec.base}/${spec.quote}`,
    base,
    quote,
  };
}
