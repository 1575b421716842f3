/**
 * Exact sums carry into a second number here, and a minute's turnover stays below it: doubles hold every integer
 * up to twice this.
 */
export const QUOTE_CARRY = 2 ** 52;

/**
 * A candle in integers: prices in ticks, volumes in lots, turnover in ticks × lots. The two turnovers may pass
 * 2^53 over a day, so each is kept as `high × 2^52 + low`: every sum is exact, whatever the order.
 */
export interface Fold {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  takerVolume: number;
  quoteHigh: number;
  quoteLow: number;
  takerQuoteHigh: number;
  takerQuoteLow: number;
  /** Id of the first trade, and how many follow with consecutive ids. */
  firstId: number;
  trades: number;
}

/** A fold holding nothing yet. */
export function emptyFold(): Fold {
  return {
    open: 0,
    high: 0,
    low: 0,
    close: 0,
    volume: 0,
    takerVolume: 0,
    quoteHigh: 0,
    quoteLow: 0,
    takerQuoteHigh: 0,
    takerQuoteLow: 0,
    firstId: 0,
    trades: 0,
  };
}

/** Appends `next`, which follows `fold` in time, to it. */
export function appendFold(fold: Fold, next: Readonly<Fold>): void {
  if (next.trades === 0) return;
  if (fold.trades === 0) {
    Object.assign(fold, next);
    return;
  }
  if (next.high > fold.high) fold.high = next.high;
  if (next.low < fold.low) fold.low = next.low;
  fold.close = next.close;
  fold.volume += next.volume;
  fold.takerVolume += next.takerVolume;
  fold.quoteHigh += next.quoteHigh;
  fold.takerQuoteHigh += next.takerQuoteHigh;
  addQuote(fold, next.quoteLow, next.takerQuoteLow);
  fold.trades += next.trades;
}

/** Adds turnover; both numbers are integers below 2^52. */
export function addQuote(fold: Fold, quote: number, takerQuote: number): void {
  fold.quoteLow += quote;
  if (fold.quoteLow >= QUOTE_CARRY) {
    fold.quoteLow -= QUOTE_CARRY;
    fold.quoteHigh++;
  }
  fold.takerQuoteLow += takerQuote;
  if (fold.takerQuoteLow >= QUOTE_CARRY) {
    fold.takerQuoteLow -= QUOTE_CARRY;
    fold.takerQuoteHigh++;
  }
}

/** Decimals on Binance's wire. */
const WIRE_DIGITS = 8;
const ZEROS = "00000000";

/** Writes `units × 10^-digits` as Binance does, with eight decimals: (12, 2) is "0.12000000". Exact, never a float. */
export function formatUnits(units: number, digits: number): string {
  return pointed(String(units), digits);
}

/** Writes a turnover `high × 2^52 + low`; see {@link Fold}. */
export function formatQuote(high: number, low: number, digits: number): string {
  if (high === 0) return pointed(String(low), digits);
  return pointed(String(BigInt(high) * BigInt(QUOTE_CARRY) + BigInt(low)), digits);
}

function pointed(text: string, digits: number): string {
  const negative = text.startsWith("-");
  const padded = (negative ? text.slice(1) : text).padStart(digits + 1, "0");
  const point = padded.length - digits;
  const fraction = padded.slice(point) + ZEROS.slice(0, WIRE_DIGITS - digits);
  return `${negative ? "-" : ""}${padded.slice(0, point)}.${fraction}`;
}
