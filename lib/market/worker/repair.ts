import type { Ohlcv } from "../fold.ts";
import { findGaps, gapLength } from "../gaps.ts";
import { barOf } from "../indicators/bar.ts";
import { IndicatorKernel } from "../indicators/standard.ts";
import { type Timeframe, TIMEFRAMES } from "../timeframe.ts";
import type { CandleRow, StoredCandles } from "./feed_store.ts";
import type { Venue } from "./venue.ts";

/** Runs of missing candles read again in one go. */
const GAPS_MAX = 100;

/** What a repair found and read. */
export interface Repair {
  /** The stored candles with the missing ones in their places. */
  candles: StoredCandles;
  /** The missing ones, with indicators, to be stored. */
  rows: CandleRow[];
  /** Candles missing between stored ones, whether or not the exchange has them. */
  found: number;
}

/** Finds holes between stored candles and reads what the exchange has of them. */
export async function repairCandles(
  venue: Venue,
  symbol: string,
  stored: StoredCandles,
  priceDigits: number,
): Promise<Repair> {
  const repair: Repair = { candles: { ...stored }, rows: [], found: 0 };
  for (const timeframe of TIMEFRAMES) {
    const present = stored[timeframe];
    const gaps = findGaps(timeframe, present.map((candle) => candle.t)).slice(-GAPS_MAX);
    if (gaps.length === 0) continue;
    const read: Ohlcv[] = [];
    for (const gap of gaps) {
      const length = gapLength(timeframe, gap);
      repair.found += length;
      let fromMs = gap.from;
      while (fromMs < gap.to) {
        const limit = Math.min(venue.capabilities.historyCandlesMax, length);
        const page = await venue.history({ symbol, timeframe, fromMs, limit });
        const inside = page.filter((candle) => candle.t >= fromMs && candle.t < gap.to);
        read.push(...inside);
        const last = inside.at(-1);
        if (last === undefined || page.length < limit) break;
        fromMs = last.t + 1;
      }
    }
    if (read.length === 0) continue;
    const merged = [...present, ...read].sort((a, b) => a.t - b.t);
    repair.candles[timeframe] = merged;
    repair.rows.push(...withIndicators(symbol, timeframe, merged, new Set(read), priceDigits));
  }
  return repair;
}

function withIndicators(
  symbol: string,
  timeframe: Timeframe,
  candles: readonly Ohlcv[],
  wanted: ReadonlySet<Ohlcv>,
  priceDigits: number,
): CandleRow[] {
  const kernel = new IndicatorKernel();
  const rows: CandleRow[] = [];
  for (const candle of candles) {
    kernel.push(barOf(candle));
    if (!wanted.has(candle)) continue;
    const ind = kernel.toWire(priceDigits);
    rows.push({ symbol, timeframe, ...candle, ...(ind === undefined ? {} : { ind }) });
  }
  return rows;
}
