import { divideRounded, toUnits } from "../kernel/format_decimal.ts";
import type { Investment } from "./investment_shapes.ts";
import type { MinePool } from "./pool_shapes.ts";

/** Scales of the books: units and prices; and of sums of money, which have fewer digits. */
const UNITS_SCALE = 8;
const PRICE_SCALE = 12;
const MONEY_SCALE = 8;

/** An integer of `scale` digits behind the point as a decimal string. */
function toDecimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const fraction = digits.slice(-scale).replace(/0+$/, "");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Adds decimals of up to {@link MONEY_SCALE} digits; what is missing counts for nothing. */
export function sumOf(values: readonly (string | null)[], scale = MONEY_SCALE): string {
  return toDecimal(values.reduce((sum, value) => sum + (toUnits(value ?? "0", scale) ?? 0n), 0n), scale);
}

/** `a` less `b`. */
export function differenceOf(a: string, b: string): string {
  return toDecimal((toUnits(a, PRICE_SCALE) ?? 0n) - (toUnits(b, PRICE_SCALE) ?? 0n), PRICE_SCALE);
}

/** `part` of `whole` in percent, with four digits; null where the whole is nothing. */
export function percentOf(part: string, whole: string): string | null {
  const [over, under] = [toUnits(part, PRICE_SCALE) ?? 0n, toUnits(whole, PRICE_SCALE) ?? 0n];
  return under <= 0n ? null : toDecimal(divideRounded(over * 1_000_000n, under), 4);
}

/** How far `price` is from `mark`, in percent of the price: what a unit still has to gain before a fee is due. */
export function missingPercent(price: string, mark: string): string | null {
  return percentOf(differenceOf(mark, price), price);
}

/**
 * An active lot at another price, by the rule of the settlement and rounded as the database rounds it: the fee is the
 * percentage of what a unit is worth above the lot's own mark, times its units.
 */
export function revalue(lot: Investment, unitPrice: string, feePercent: string): Investment {
  if (lot.status !== "active" || lot.units === null || lot.mark === null) return lot;
  const [units, price, mark] = [
    toUnits(lot.units, UNITS_SCALE),
    toUnits(unitPrice, PRICE_SCALE),
    toUnits(lot.mark, PRICE_SCALE),
  ];
  if (units === null || price === null || mark === null) return lot;
  const shift = 10n ** BigInt(UNITS_SCALE + PRICE_SCALE - lot.scale);
  const profit = price > mark ? units * (price - mark) : 0n;
  const value = toDecimal(divideRounded(units * price, shift), lot.scale);
  const gain = differenceOf(sumOf([value, lot.amount_redeemed]), lot.amount);
  return {
    ...lot,
    unit_price: unitPrice,
    value,
    gain,
    gain_percent: percentOf(gain, lot.amount),
    new_profit: toDecimal(divideRounded(profit, shift), lot.scale),
    // Never more than is due.
    fee_now: toDecimal((profit * (toUnits(feePercent, 2) ?? 0n)) / (shift * 10_000n), lot.scale),
  };
}

/** All of one's lots at another price, and their sums. */
export function revalueMine(mine: MinePool, unitPrice: string, feePercent: string): MinePool {
  const lots = mine.lots.map((lot) => revalue(lot, unitPrice, feePercent));
  const active = lots.filter(({ status }) => status === "active");
  return {
    ...mine,
    lots,
    value: sumOf(active.map(({ value }) => value)),
    gain: sumOf(active.map(({ gain }) => gain)),
    fee_now: sumOf(active.map(({ fee_now }) => fee_now)),
    new_profit: sumOf(active.map(({ new_profit }) => new_profit)),
  };
}

/** What the next settlement would charge one for. */
export interface FeeOutlook {
  /** Lots whose units are worth more than their mark, of all active ones. */
  above: number;
  lots: number;
  units: string;
  profit: string;
  fee: string;
  /** New profit per unit charged; null where no lot is above its mark. */
  perUnit: string | null;
}

/** Adds up what the next settlement would charge for at the lots' own price. */
export function feeOutlook(lots: readonly Investment[]): FeeOutlook {
  const active = lots.filter(({ status }) => status === "active");
  const charged = active.filter(({ new_profit }) => (toUnits(new_profit ?? "0", MONEY_SCALE) ?? 0n) > 0n);
  const units = sumOf(charged.map((lot) => lot.units));
  const profit = sumOf(charged.map(({ new_profit }) => new_profit));
  const share = percentOf(profit, units);
  return {
    above: charged.length,
    lots: active.length,
    units,
    profit,
    fee: sumOf(active.map(({ fee_now }) => fee_now)),
    perUnit: share === null ? null : toDecimal(toUnits(share, 4) ?? 0n, 6),
  };
}
