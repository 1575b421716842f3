// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";

/** A plain decimal in text: optional sign, digits, optional fraction, no exponent. */
export const DECIMAL_PATTERN = /^-?(0|[1-9]\d*)(\.\d+)?$/;

/** Characters a decimal string may have: enough for any venue, small enough to refuse abuse. */
export const DECIMAL_LENGTH_MAX = 64;

/** Whether `text` is a plain decimal we accept at a boundary. */
export function isDecimal(text: unknown): text is string {
  return typeof text === "string" && text.length <= DECIMAL_LENGTH_MAX && DECIMAL_PATTERN.test(text);
}

/**
 * The canonical form of a decimal: no trailing zeros, no bare point, no minus zero.
 * Equal numbers get equal text, so candles compare as strings.
 */
export function canonicalDecimal(text: string): string {
  if (!text.includes(".")) return text === "-0" ? "0" : text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === 48) end--;
  if (text.charCodeAt(end - 1) === 46) end--;
  const trimmed = text.slice(0, end);
  return trimmed === "-0" ? "0" : trimmed;
}

/** Adds decimals exactly. */
export function addDecimals(a: string, b: string): string {
  return new Big(a).plus(b).toFixed();
}

/**
 * Rounds half up to a whole multiple of `step`, exactly.
 * @param step the tick or lot size, a positive decimal such as "0.01" or "5".
 */
export function quantise(value: string | number, step: string): string {
  const size = new Big(step);
  return canonicalDecimal(new Big(value).div(size).round(0, Big.roundHalfUp).times(size).toFixed());
}

/** Digits after the point in a step such as "0.0100": 2. */
export function stepDigits(step: string): number {
  const canonical = canonicalDecimal(step);
  const point = canonical.indexOf(".");
  return point === -1 ? 0 : canonical.length - point - 1;
}
