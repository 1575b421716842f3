import { INDICATORS, type ParamSpec } from "./indicators/registry.ts";
import { parseReference } from "./indicators/key.ts";

/** What of an indicator a form needs: plain data, so that no indicator's code goes to a browser. */
export interface AlertSubject {
  id: string;
  title: string;
  params: readonly ParamSpec[];
  /** Names of its values; one needs no choice. */
  outputs: readonly string[];
}

/** Indicators an alert can watch, in the order in which they are offered. */
export const ALERT_SUBJECTS: readonly AlertSubject[] = [...INDICATORS.values()].map((spec) => ({
  id: spec.id,
  title: spec.title,
  params: spec.params,
  outputs: spec.outputs.map(({ name }) => name),
}));

/** The subject of that id; null watches the price, or is none of ours. */
export function alertSubject(id: string | undefined): AlertSubject | null {
  return ALERT_SUBJECTS.find((subject) => subject.id === id) ?? null;
}

/** A reference as `macd(12,26,9).signal` from a form's fields; null when they are no such indicator's. */
export function referenceOf(subject: AlertSubject, params: readonly string[], output: string): string | null {
  const suffix = subject.outputs.length > 1 ? `.${output}` : "";
  const read = parseReference(`${subject.id}(${params.join(",")})${suffix}`);
  return read.ok ? read.value.reference : null;
}
