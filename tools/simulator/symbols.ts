/** What moves a price: a named tile, or its reciprocal. */
export interface FactorRef {
  tile: string;
  inverse: boolean;
}

/** A listed pair. `tick_digits` and `lot_digits` are powers of ten: 2 means steps of 0.01. */
export interface SymbolSpec {
  /** Binance's id, `BTCUSDT`. */
  id: string;
  base: string;
  quote: string;
  /** Price at every tile's start. */
  level: number;
  tick_digits: number;
  lot_digits: number;
  min_notional: string;
  /** Mean turnover a minute, in quote units. */
  turnover: number;
  /** Mean trades a minute. */
  trades: number;
  /** The price is `level` times these. Shared factors keep cross rates consistent. */
  factors: readonly FactorRef[];
}

/** A generated tile: how long it is, how far it moves. */
export interface TileSpec {
  name: string;
  /** Minutes. Lengths differ, so that no two assets repeat together. */
  minutes: number;
  /** Mean standard deviation of a one-minute return. */
  volatility: number;
}

/** The tile of real candles, a factor of all but the euro's rate. */
export const REAL_TILE = "BTC";

/**
 * BTC-USDT at the start of the real tile. The real open there is 46,319; the scale is no round number, so that
 * prices use their whole tick.
 */
export const BTC_LEVEL = 95_125.37;

const EUR_LEVEL = 1.1642;

/** Price, tick digits, lot digits, million USDT a day, trades a minute, tile minutes, volatility against BTC. */
type Coin = [string, number, number, number, number, number, number, number];
const COINS: readonly Coin[] = [
  ["ETH", 3_254.18, 2, 4, 1900, 190, 39_989, 0.00052],
  ["SOL", 142.37, 2, 3, 620, 160, 37_361, 0.00085],
  ["BNB", 891.44, 2, 3, 310, 120, 36_473, 0.00055],
  ["XRP", 2.2136, 4, 1, 480, 140, 35_573, 0.00081],
  ["ADA", 0.4318, 4, 1, 95, 80, 34_673, 0.00090],
  ["DOGE", 0.14862, 5, 0, 210, 110, 33_773, 0.00098],
  ["AVAX", 14.237, 3, 2, 70, 70, 32_869, 0.00095],
  ["LINK", 13.642, 3, 2, 82, 70, 31_973, 0.00089],
  ["DOT", 2.318, 3, 2, 41, 60, 31_069, 0.00087],
  ["LTC", 84.21, 2, 3, 55, 60, 30_169, 0.00073],
  ["TRX", 0.27842, 5, 1, 64, 60, 29_269, 0.00041],
  ["UNI", 6.127, 3, 2, 38, 60, 28_349, 0.00097],
  ["ATOM", 2.554, 3, 2, 22, 50, 27_449, 0.00088],
  ["NEAR", 1.822, 3, 1, 34, 60, 26_561, 0.00102],
  ["APT", 2.307, 3, 2, 26, 50, 25_667, 0.00104],
  ["ARB", 0.21344, 5, 1, 29, 50, 24_767, 0.00106],
  ["OP", 0.33127, 5, 1, 25, 50, 23_873, 0.00107],
  ["SUI", 1.6214, 4, 1, 130, 90, 22_973, 0.00105],
];

const btc: FactorRef = { tile: REAL_TILE, inverse: false };
const eth: FactorRef = { tile: "ETH", inverse: false };
const eur: FactorRef = { tile: "EUR", inverse: false };
const perEur: FactorRef = { tile: "EUR", inverse: true };
const ETH_LEVEL = COINS[0]?.[1] ?? 0;
const MINUTES_A_DAY = 1440;

/** Every pair the simulator lists. BTC-USDT comes first. */
export const SYMBOLS: readonly SymbolSpec[] = [
  pair("BTC", "USDT", BTC_LEVEL, 2, 5, "5", 4e9, 240, [btc]),
  ...COINS.map(([base, level, tick, lot, turnover, trades]) =>
    pair(base, "USDT", level, tick, lot, "5", turnover * 1e6, trades, [btc, { tile: base, inverse: false }])
  ),
  pair("ETH", "BTC", ETH_LEVEL / BTC_LEVEL, 5, 3, "0.0001", 900, 60, [eth]),
  pair("BTC", "EUR", BTC_LEVEL / EUR_LEVEL, 2, 5, "5", 62e6, 90, [btc, perEur]),
  pair("ETH", "EUR", ETH_LEVEL / EUR_LEVEL, 2, 4, "5", 24e6, 60, [btc, eth, perEur]),
  pair("EUR", "USDT", EUR_LEVEL, 4, 1, "5", 38e6, 60, [eur]),
];

/** Every generated tile. */
export const TILES: readonly TileSpec[] = [
  ...COINS.map(([name, , , , , , minutes, volatility]) => ({ name, minutes, volatility })),
  { name: "EUR", minutes: 40_883, volatility: 0.00007 },
];

function pair(
  base: string,
  quote: string,
  level: number,
  tick_digits: number,
  lot_digits: number,
  min_notional: string,
  turnoverADay: number,
  trades: number,
  factors: readonly FactorRef[],
): SymbolSpec {
  const turnover = turnoverADay / MINUTES_A_DAY;
  return { id: base + quote, base, quote, level, tick_digits, lot_digits, min_notional, turnover, trades, factors };
}
