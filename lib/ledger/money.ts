import { addDecimals } from "../kernel/decimal.ts";
import { digitsOf, formatDecimal, formatSigned } from "../kernel/format_decimal.ts";
import type { ValuedBalance } from "./wallet_shapes.ts";

/** Digits behind the point a crypto asset shows when it needs no more. */
const DIGITS_MAX = 8;

/** Euros as "€1,234.50" or "−€49.05"; null for what is missing or no plain decimal. */
export function formatEur(value: string | null): string | null {
  return withEuro(formatDecimal(value, Math.max(2, digitsOf(value ?? ""))));
}

/** As {@link formatEur}, with a sign on gains too: "+€459.65". */
export function formatSignedEur(value: string): string | null {
  return withEuro(formatSigned(value, Math.max(2, digitsOf(value))));
}

function withEuro(text: string | null): string | null {
  return text === null ? null : text.replace(/^([+−]?)/, "$1€");
}

/**
 * An amount of an asset, never rounded: euros as {@link formatEur}, others as a number beside whose unit stands.
 * @param scale digits of the asset's smallest unit; without it as many as the amount has.
 */
export function formatAmount(value: string, asset: string, scale = 0): string {
  if (asset === "EUR") return formatEur(value) ?? value;
  return formatDecimal(value, amountDigits(value, scale)) ?? value;
}

/** As {@link formatAmount}, with its sign. */
export function formatSignedAmount(value: string, asset: string, scale = 0): string {
  if (asset === "EUR") return formatSignedEur(value) ?? value;
  return formatSigned(value, amountDigits(value, scale)) ?? value;
}

/** An amount as a sentence has it: "€500.00", "0.25 BTC". */
export function amountText(value: string, asset: string): string {
  return asset === "EUR" ? formatAmount(value, asset) : `${formatAmount(value, asset)} ${asset}`;
}

/** What balances are worth together; null when one of them is not known, for a part is no total. */
export function totalEur(balances: readonly Pick<ValuedBalance, "eur">[]): string | null {
  let total = "0";
  for (const { eur } of balances) {
    if (eur === null) return null;
    total = addDecimals(total, eur);
  }
  return total;
}

function amountDigits(value: string, scale: number): number {
  return Math.max(Math.min(scale, DIGITS_MAX), digitsOf(value));
}
