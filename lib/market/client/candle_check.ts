import type { Candle, CandleEvent, Indicators } from "../candle.ts";

const DECIMAL = /^\d{1,40}(\.\d{1,40})?$/;

/** Checks a stored or broadcast candle from the network without a schema library: islands stay small. */
export function isCandle(value: unknown): value is Candle {
  if (typeof value !== "object" || value === null) return false;
  const candle = value as Record<string, unknown>;
  return isTime(candle.t) && typeof candle.closed === "boolean" &&
    [candle.o, candle.h, candle.l, candle.c, candle.v].every(isAmount) &&
    (candle.ind === undefined || isIndicators(candle.ind));
}

/** Checks a `candle` broadcast's payload. */
export function isCandleEvent(value: unknown): value is CandleEvent {
  if (!isCandle(value)) return false;
  const { et, token } = value as Candle & Record<string, unknown>;
  return isTime(et) && isTime(token);
}

/** Whether `value` is a plain decimal of zero or more, as text. */
export function isAmount(value: unknown): value is string {
  return typeof value === "string" && DECIMAL.test(value);
}

/** Whether `value` is a time in Unix ms, or a count. */
export function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isIndicators(value: unknown): value is Indicators {
  return typeof value === "object" && value !== null &&
    Object.values(value).every((figure) => typeof figure === "number" && Number.isFinite(figure));
}
