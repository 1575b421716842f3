import { digitsOf, formatDecimal, formatSigned } from "../kernel/format_decimal.ts";

/** Digits a unit's price and a number of units are shown with. */
const UNIT_DIGITS = 4;

/** Currencies counted in hundredths; of others as many digits are shown as there are, up to eight. */
const CENTS = ["EUR", "USD", "USDT", "USDC"];

/** Digits of an amount in a pool's currency. */
export function moneyDigits(value: string, currency: string): number {
  return CENTS.includes(currency) ? 2 : Math.max(2, Math.min(8, digitsOf(value)));
}

/** Money in a pool's currency, rounded for display: "€1,234.50", "0.25 BTC"; null for what is missing. */
export function formatMoney(value: string | null | undefined, currency: string): string | null {
  return withCurrency(formatDecimal(value, moneyDigits(value ?? "", currency)), currency);
}

/** As {@link formatMoney}, with a sign on gains too: "+€459.65", "−€49.05". */
export function formatSignedMoney(value: string | null | undefined, currency: string): string | null {
  return typeof value === "string" ? withCurrency(formatSigned(value, moneyDigits(value, currency)), currency) : null;
}

/** What a unit is worth: "€118.4627". */
export function formatUnitPrice(value: string | null | undefined, currency: string): string | null {
  return withCurrency(formatDecimal(value, UNIT_DIGITS), currency);
}

/** The same for an axis, where the currency is known. */
export function formatBarePrice(value: string | null | undefined): string | null {
  return formatDecimal(value, UNIT_DIGITS);
}

/** A number of units: "290.5000". */
export function formatUnits(value: string | null | undefined): string | null {
  return formatDecimal(value, UNIT_DIGITS);
}

/** A share in percent, with its sign: "+1.34%"; what rounds to nothing has none. */
export function formatSignedPercent(value: string | null | undefined): string | null {
  const text = typeof value === "string" ? formatSigned(value, 2) : null;
  return text === null ? null : `${text}%`;
}

/** A rate in percent as it was agreed: "15%", "12.5%". */
export function formatRate(value: string): string {
  return `${formatDecimal(value, digitsOf(value)) ?? value}%`;
}

/** A fraction as percent: "0.042" is "4.20%". */
export function formatFraction(value: string | null | undefined): string | null {
  const text = typeof value === "string" ? formatDecimal(shiftTwo(value), 2) : null;
  return text === null ? null : `${text}%`;
}

/** Which way a signed figure points. */
export function directionOf(value: string | null | undefined): "up" | "down" | "flat" {
  if (typeof value !== "string" || /^-?0*(\.0*)?$/.test(value)) return "flat";
  return value.startsWith("-") ? "down" : "up";
}

/** The name lots go by: "L-0042". */
export function lotName(no: number): string {
  return `L-${String(no).padStart(4, "0")}`;
}

function withCurrency(text: string | null, currency: string): string | null {
  if (text === null) return null;
  return currency === "EUR" ? text.replace(/^([+−]?)/, "$1€") : `${text} ${currency}`;
}

/** A decimal times one hundred. */
function shiftTwo(value: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d*))?$/.exec(value);
  if (!parts) return value;
  const [, sign = "", whole = "", fraction = ""] = parts;
  const padded = fraction.padEnd(2, "0");
  return `${sign}${`${whole}${padded.slice(0, 2)}`.replace(/^0+(?=\d)/, "")}.${padded.slice(2) || "0"}`;
}
