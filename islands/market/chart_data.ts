import type { CandlestickData, HistogramData, LineData, UTCTimestamp, WhitespaceData } from "lightweight-charts";
import type { Candle, Indicators } from "../../lib/market/candle.ts";
import type { BandPoint } from "./band_primitive.ts";
import { THEME } from "./chart_theme.ts";

/** The library counts seconds. */
export function toTime(candle: Candle): UTCTimestamp {
  return candle.t / 1000 as UTCTimestamp;
}

/** Whether a candle closed at or above its open. */
export function isUp(candle: Candle): boolean {
  return Number(candle.c) >= Number(candle.o);
}

/** A candle for drawing: pixels need no exact decimals. */
export function toBar(candle: Candle): CandlestickData<UTCTimestamp> {
  return {
    time: toTime(candle),
    open: Number(candle.o),
    high: Number(candle.h),
    low: Number(candle.l),
    close: Number(candle.c),
  };
}

/** A candle's volume, in its direction's colour. */
export function toVolume(candle: Candle): HistogramData<UTCTimestamp> {
  return {
    time: toTime(candle),
    value: Number(candle.v),
    color: isUp(candle) ? THEME.volumeUp : THEME.volumeDown,
  };
}

/** One indicator's value; a hole where its window has not filled. */
export function toPoint(candle: Candle, name: keyof Indicators): LineData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const value = candle.ind?.[name];
  return value === undefined ? { time: toTime(candle) } : { time: toTime(candle), value };
}

/** The MACD histogram's bar, in its sign's colour. */
export function toMacdBar(candle: Candle): HistogramData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const point = toPoint(candle, "macd_hist");
  return "value" in point ? { ...point, color: point.value >= 0 ? THEME.volumeUp : THEME.volumeDown } : point;
}

/** The Bollinger band where it is known. */
export function toBand(candles: readonly Candle[]): BandPoint[] {
  return candles.flatMap((candle) => {
    const { bb_upper: upper, bb_lower: lower } = candle.ind ?? {};
    return upper === undefined || lower === undefined ? [] : [{ time: toTime(candle), upper, lower }];
  });
}
