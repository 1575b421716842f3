import { type Timeframe, TIMEFRAME_MS } from "./timeframe.ts";

/** A run of missing candles: from the open time of the first one up to, not including, `to` (Unix ms). */
export interface Gap {
  from: number;
  to: number;
}

/** Finds the runs missing between candles; `openTimes` (Unix ms) must ascend. */
export function findGaps(timeframe: Timeframe, openTimes: readonly number[]): Gap[] {
  const width = TIMEFRAME_MS[timeframe];
  const gaps: Gap[] = [];
  for (let i = 1; i < openTimes.length; i++) {
    const from = (openTimes[i - 1] as number) + width;
    const to = openTimes[i] as number;
    if (to > from) gaps.push({ from, to });
  }
  return gaps;
}

/** How many candles a gap lacks. */
export function gapLength(timeframe: Timeframe, gap: Gap): number {
  return Math.round((gap.to - gap.from) / TIMEFRAME_MS[timeframe]);
}
