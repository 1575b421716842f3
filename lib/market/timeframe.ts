/** Candle widths offered, shortest first. All but the first are folded from one-minute candles. */
export const TIMEFRAMES = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;

/** A candle width. */
export type Timeframe = (typeof TIMEFRAMES)[number];

/** Width of each timeframe in milliseconds. Days start at 00:00 UTC. */
export const TIMEFRAME_MS: Readonly<Record<Timeframe, number>> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
};

/** Whether `value` is a timeframe we offer. */
export function isTimeframe(value: unknown): value is Timeframe {
  return (TIMEFRAMES as readonly unknown[]).includes(value);
}

/** Open time of the candle of width `timeframe` that holds the instant `atMs` (Unix ms). */
export function openTimeOf(atMs: number, timeframe: Timeframe): number {
  const width = TIMEFRAME_MS[timeframe];
  return Math.floor(atMs / width) * width;
}

/** Whether a market's topic may end so: a candle's width, `book` or `trades`. */
export function isMarketView(text: string): boolean {
  return isTimeframe(text) || text === "book" || text === "trades";
}
