/** The true minus sign. */
const MINUS = "−";

/**
 * Digits after the point that a step such as "0.01" asks for: 2.
 * Trailing zeros do not count, so "0.0100" is 2 as well.
 */
export function digitsOf(step: string): number {
  const fraction = step.split(".")[1] ?? "";
  return fraction.replace(/0+$/, "").length;
}

/**
 * Formats a decimal string with exactly `digits` after the point, rounded half away from zero
 * without passing through a float: `("98412.6", 2)` → "98,412.60".
 * @returns null for what is missing or no plain decimal: a page then says so in its own language, and never 0.
 */
export function formatDecimal(value: string | null | undefined, digits: number): string | null {
  const units = value === null || value === undefined ? null : toUnits(value, digits);
  return units === null ? null : fromUnits(units, digits);
}

/** As {@link formatDecimal}, with a sign on gains and losses: "+1,959.61", "−49.05", "0.00". */
export function formatSigned(value: string, digits: number): string | null {
  const units = toUnits(value, digits);
  return units === null ? null : signedUnits(units, digits);
}

/** `value` in units of 10^-digits, rounded half away from zero; null when it is no plain decimal. */
export function toUnits(value: string, digits: number): bigint | null {
  const parts = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/.exec(value);
  if (!parts) return null;
  const fraction = parts[3] ?? "";
  const kept = fraction.slice(0, digits).padEnd(digits, "0");
  const roundsUp = (fraction[digits] ?? "0") >= "5";
  const units = BigInt(`${parts[2]}${kept}`) + (roundsUp ? 1n : 0n);
  return parts[1] ? -units : units;
}

/** Units of 10^-digits as text with thousands separators and a true minus. */
export function fromUnits(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits > 0 ? `.${text.slice(text.length - digits)}` : "";
  return `${units < 0n ? MINUS : ""}${whole}${fraction}`;
}

/** As {@link fromUnits}, with a plus on gains. */
export function signedUnits(units: bigint, digits: number): string {
  return `${units > 0n ? "+" : ""}${fromUnits(units, digits)}`;
}

/** Units of one scale in those of another, rounded half away from zero. */
export function rescaleUnits(units: bigint, from: number, to: number): bigint {
  return to >= from ? units * 10n ** BigInt(to - from) : divideRounded(units, 10n ** BigInt(from - to));
}

/** Integer division, rounded half away from zero. `by` must be positive. */
export function divideRounded(value: bigint, by: bigint): bigint {
  const half = by / 2n;
  return value < 0n ? -((-value + half) / by) : (value + half) / by;
}
