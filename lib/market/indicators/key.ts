import { z } from "zod";
import { FACTOR_DIGITS, INDICATORS, type IndicatorSpec, type ParamSpec } from "./registry.ts";

/** Longest text taken for a key: the longest canonical one, with room for spaces. */
export const KEY_LENGTH_MAX = 80;

/** An indicator with its parameters. Equal ones have equal keys, whoever asks: `ema(20)`, `macd(12,26,9)`, `vwap()`. */
export interface IndicatorKey {
  key: string;
  spec: IndicatorSpec;
  params: readonly number[];
}

/** One value of an indicator: `ema(20)`, `macd(12,26,9).signal`. */
export interface IndicatorReference extends IndicatorKey {
  /** Canonical; the output is left out where there is but one. */
  reference: string;
  /** Place of the output in `spec.outputs`. */
  output: number;
}

/** What was read, or why it was not: a sentence that may be shown. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; error: string };

const SHAPE = /^([a-z]+)\s*(?:\(([^()]*)\))?\s*(?:\.\s*([a-z_]+))?$/;
const NUMBER = /^\d{1,9}(?:\.\d{1,9})?$/;

/**
 * Reads `ema(20)`, `macd( 12, 26, 9 )`, `BB(20)`. Parameters left out at the end take their defaults; the key that
 * comes back names them all.
 */
export function parseKey(text: string): Parsed<IndicatorKey> {
  const read = parse(text);
  if (!read.ok) return read;
  const { output, ...key } = read.value;
  if (output !== undefined) return refuse(`Leave out ".${output}": a whole indicator is asked for`);
  return { ok: true, value: key };
}

/** Reads a key with the output wanted: `macd(12,26,9).signal`. Only indicators of one output may leave it out. */
export function parseReference(text: string): Parsed<IndicatorReference> {
  const read = parse(text);
  if (!read.ok) return read;
  const { output: name, ...key } = read.value;
  const { outputs, id } = key.spec;
  const names = outputs.map((output) => output.name).join(", ");
  if (name === undefined && outputs.length > 1) return refuse(`Name an output of "${id}": ${names}`);
  const output = name === undefined ? 0 : outputs.findIndex((each) => each.name === name);
  if (output < 0) return refuse(`Cannot find output "${name}" of "${id}": it has ${names}`);
  const reference = outputs.length === 1 ? key.key : `${key.key}.${name}`;
  return { ok: true, value: { ...key, reference, output } };
}

/**
 * The key of an indicator and its parameters.
 * @throws {RangeError} of an unknown id or of parameters out of range.
 */
export function keyOf(id: string, ...params: number[]): IndicatorKey {
  const read = complete(id, params);
  if (!read.ok) throw new RangeError(read.error);
  return read.value;
}

/** A key as text, in whatever spelling; gives its canonical form. */
export const indicatorKeySchema = z.string().max(KEY_LENGTH_MAX).transform((text, context) => {
  const read = parseKey(text);
  if (read.ok) return read.value.key;
  context.addIssue({ code: "custom", message: read.error });
  return z.NEVER;
});

/** A reference as text, in whatever spelling; gives its canonical form. */
export const indicatorReferenceSchema = z.string().max(KEY_LENGTH_MAX).transform((text, context) => {
  const read = parseReference(text);
  if (read.ok) return read.value.reference;
  context.addIssue({ code: "custom", message: read.error });
  return z.NEVER;
});

/** The schema of one parameter, for forms and documents. */
export function paramSchema({ kind, min, max, default: value }: ParamSpec): z.ZodType<number> {
  const number = z.number().min(min).max(max);
  return (kind === "candles" ? number.int() : number.multipleOf(10 ** -FACTOR_DIGITS)).default(value);
}

function parse(text: string): Parsed<IndicatorKey & { output: string | undefined }> {
  if (text.length > KEY_LENGTH_MAX) return refuse(`Shorten the indicator: limit is ${KEY_LENGTH_MAX} characters`);
  const match = SHAPE.exec(text.trim().toLowerCase());
  if (match === null) return refuse(`Cannot read indicator "${text}": write it like "ema(20)"`);
  const [, id = "", list = "", output] = match;
  const params: number[] = [];
  for (const part of list.trim() === "" ? [] : list.split(",")) {
    const number = part.trim();
    if (!NUMBER.test(number)) return refuse(`Cannot read "${number}" in "${text}": parameters are plain numbers`);
    params.push(Number(number));
  }
  const read = complete(id, params);
  return read.ok ? { ok: true, value: { ...read.value, output } } : read;
}

function complete(id: string, given: readonly number[]): Parsed<IndicatorKey> {
  const spec = INDICATORS.get(id);
  if (spec === undefined) {
    return refuse(`Cannot find indicator "${id}": there are ${[...INDICATORS.keys()].join(", ")}`);
  }
  if (given.length > spec.params.length) {
    const names = spec.params.map(({ name }) => name).join(", ") || "none";
    return refuse(`Too many parameters of "${id}": it takes ${names}`);
  }
  const params = spec.params.map((param, i) => given[i] ?? param.default);
  for (const [i, param] of spec.params.entries()) {
    const why = outOfRange(param, params[i] as number);
    if (why !== null) return refuse(`Cannot use ${param.name} ${params[i]} of "${id}": ${why}`);
  }
  if (id === "macd" && (params[0] as number) >= (params[1] as number)) {
    return refuse(`Cannot use fast ${params[0]} of "macd": it must be below slow ${params[1]}`);
  }
  return { ok: true, value: { key: `${id}(${params.join(",")})`, spec, params } };
}

function outOfRange({ kind, min, max }: ParamSpec, value: number): string | null {
  if (!(value >= min && value <= max)) return `it takes ${min} to ${max}`;
  if (kind === "candles") return Number.isInteger(value) ? null : "it takes whole numbers";
  return Number(value.toFixed(FACTOR_DIGITS)) === value ? null : `it takes ${FACTOR_DIGITS} digits behind the point`;
}

function refuse(error: string): { ok: false; error: string } {
  return { ok: false, error };
}
