import type { BookLevel } from "./depth.ts";

/** A level as a page shows it. Decimal strings, but for the share. */
export interface DepthRow {
  price: string;
  quantity: string;
  /** Quantity of this level and all better ones. */
  sum: string;
  /** The sum's part of the deepest sum shown on either side, 0 to 100. */
  percent: number;
}

/** Both sides of a book as rows, best first; their bars share one scale, so that the heavier side looks heavier. */
export function depthRows(
  bids: readonly BookLevel[],
  asks: readonly BookLevel[],
  levels: number,
): { bids: DepthRow[]; asks: DepthRow[] } {
  const sides = [bids.slice(0, levels), asks.slice(0, levels)] as const;
  const scale = Math.max(0, ...sides.flat().map(([, quantity]) => fractionOf(quantity)));
  const [bidSums, askSums] = sides.map((side) => sumsOf(side, scale)) as [bigint[], bigint[]];
  const deepest = Number(maxOf(bidSums.at(-1) ?? 0n, askSums.at(-1) ?? 0n));
  const toRows = (side: readonly BookLevel[], sums: readonly bigint[]) =>
    side.map(([price, quantity], i): DepthRow => {
      const sum = sums[i] ?? 0n;
      return {
        price,
        quantity,
        sum: toDecimal(sum, scale),
        percent: deepest === 0 ? 0 : Math.round(Number(sum) / deepest * 1000) / 10,
      };
    });
  return { bids: toRows(sides[0], bidSums), asks: toRows(sides[1], askSums) };
}

/** What lies between the best ask and the best bid, as a decimal string; null while a side is empty. */
export function spreadOf(bids: readonly BookLevel[], asks: readonly BookLevel[]): string | null {
  const bid = bids[0]?.[0];
  const ask = asks[0]?.[0];
  if (bid === undefined || ask === undefined) return null;
  const scale = Math.max(fractionOf(bid), fractionOf(ask));
  const spread = toUnits(ask, scale) - toUnits(bid, scale);
  return `${spread < 0n ? "-" : ""}${toDecimal(spread < 0n ? -spread : spread, scale)}`;
}

/** A product of two decimals that are not negative, exactly. */
export function multiplyDecimals(a: string, b: string): string {
  const [left, right] = [fractionOf(a), fractionOf(b)];
  return toDecimal(toUnits(a, left) * toUnits(b, right), left + right);
}

function sumsOf(side: readonly BookLevel[], scale: number): bigint[] {
  let sum = 0n;
  return side.map(([, quantity]) => sum += toUnits(quantity, scale));
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function fractionOf(decimal: string): number {
  return decimal.split(".")[1]?.length ?? 0;
}

/** A plain decimal in units of 10^-scale; the scale holds all its digits. */
function toUnits(decimal: string, scale: number): bigint {
  return BigInt(decimal.replace(".", "") + "0".repeat(scale - fractionOf(decimal)));
}

function toDecimal(units: bigint, scale: number): string {
  const text = units.toString().padStart(scale + 1, "0");
  return scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
