import { addDecimals } from "../kernel/decimal.ts";
import { isGreater, type Ohlcv } from "./fold.ts";
import { openTimeOf, type Timeframe, TIMEFRAME_MS } from "./timeframe.ts";

/** The longest of the `offered` widths from which `wanted` can be folded: itself if it is there; null if none divides it. */
export function sourceWidth(wanted: Timeframe, offered: readonly Timeframe[]): Timeframe | null {
  let best: Timeframe | null = null;
  for (const width of offered) {
    const divides = TIMEFRAME_MS[wanted] % TIMEFRAME_MS[width] === 0;
    if (divides && (best === null || TIMEFRAME_MS[width] > TIMEFRAME_MS[best])) best = width;
  }
  return best;
}

/**
 * Folds candles of a shorter width, oldest first, into those of `timeframe`. A first candle whose beginning is not
 * among them is left out; the last one may still be forming.
 */
export function foldHistory(candles: readonly Ohlcv[], timeframe: Timeframe): Ohlcv[] {
  const out: Ohlcv[] = [];
  const first = candles[0];
  const from = first === undefined || first.t === openTimeOf(first.t, timeframe)
    ? 0
    : openTimeOf(first.t, timeframe) + TIMEFRAME_MS[timeframe];
  for (const candle of candles) {
    const t = openTimeOf(candle.t, timeframe);
    if (t < from) continue;
    const last = out.at(-1);
    if (last === undefined || last.t !== t) {
      out.push({ ...candle, t });
      continue;
    }
    if (isGreater(candle.h, last.h)) last.h = candle.h;
    if (isGreater(last.l, candle.l)) last.l = candle.l;
    last.c = candle.c;
    last.v = addDecimals(last.v, candle.v);
  }
  return out;
}
