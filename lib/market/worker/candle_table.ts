import { type Indicators, indicatorsSchema } from "../candle.ts";
import { canonicalCandle, type Ohlcv } from "../fold.ts";
import { type Timeframe, TIMEFRAMES } from "../timeframe.ts";
import type { CandleRow, StoredCandles } from "./feed_store.ts";

const INDICATORS = Object.keys(indicatorsSchema.shape) as (keyof Indicators)[];

interface Track {
  rows: CandleRow[];
  byTime: Map<number, CandleRow>;
  /** Open times of candles that were there from the beginning. */
  seeded: Set<number>;
  sorted: boolean;
}

/** Candles in memory under the database's rules: a closed candle is closed once and for ever, but for repairs. */
export class CandleTable {
  readonly #tracks = new Map<string, Track>();

  /** Puts candles in that are no result: they are given out by {@link latest} but not by {@link lines}. */
  seed(symbol: string, stored: StoredCandles): void {
    for (const timeframe of TIMEFRAMES) {
      const track = this.#track(symbol, timeframe);
      const rows = stored[timeframe].map((candle) => ({ symbol, timeframe, ...canonicalCandle(candle) }));
      for (const row of rows) if (this.#insert(track, row)) track.seeded.add(row.t);
    }
  }

  /** Takes closed candles; answers how many were new. */
  insert(rows: readonly CandleRow[]): number {
    let count = 0;
    for (const row of rows) if (this.#insert(this.#track(row.symbol, row.timeframe), canonicalRow(row))) count++;
    return count;
  }

  /** Replaces candles by what differs from them; answers how many did. Indicators stay unless others are given. */
  repair(rows: readonly CandleRow[]): number {
    let count = 0;
    for (const row of rows.map(canonicalRow)) {
      const track = this.#track(row.symbol, row.timeframe);
      const known = track.byTime.get(row.t);
      if (known === undefined || isSame(known, row)) continue;
      const { o, h, l, c, v, ind = known.ind } = row;
      Object.assign(known, { o, h, l, c, v, ...(ind === undefined ? {} : { ind }) });
      track.seeded.delete(row.t);
      count++;
    }
    return count;
  }

  /** The latest candles of a symbol's width, oldest first. */
  latest(symbol: string, timeframe: Timeframe, limit: number): Ohlcv[] {
    return this.#sorted(this.#track(symbol, timeframe)).slice(-limit).map(({ t, o, h, l, c, v }) => ({
      t,
      o,
      h,
      l,
      c,
      v,
    }));
  }

  /** The line of one candle; undefined when it is no result. */
  line({ symbol, timeframe, t }: Pick<CandleRow, "symbol" | "timeframe" | "t">): string | undefined {
    const track = this.#tracks.get(`${timeframe} ${symbol}`);
    const row = track?.byTime.get(t);
    return row === undefined || track?.seeded.has(t) ? undefined : candleLine(row);
  }

  /** All candles but the seeded ones, in canonical order: by symbol, then by width, then by time. */
  *rows(): Generator<CandleRow> {
    const symbols = new Set<string>();
    for (const { rows } of this.#tracks.values()) if (rows[0] !== undefined) symbols.add(rows[0].symbol);
    for (const symbol of [...symbols].sort()) {
      for (const timeframe of TIMEFRAMES) {
        const track = this.#track(symbol, timeframe);
        for (const row of this.#sorted(track)) if (!track.seeded.has(row.t)) yield row;
      }
    }
  }

  #track(symbol: string, timeframe: Timeframe): Track {
    const key = `${timeframe} ${symbol}`;
    let track = this.#tracks.get(key);
    if (track === undefined) {
      this.#tracks.set(key, track = { rows: [], byTime: new Map(), seeded: new Set(), sorted: true });
    }
    return track;
  }

  #insert(track: Track, row: CandleRow): boolean {
    if (track.byTime.has(row.t)) return false;
    if (row.t < (track.rows.at(-1)?.t ?? 0)) track.sorted = false;
    track.byTime.set(row.t, row);
    track.rows.push(row);
    return true;
  }

  #sorted(track: Track): CandleRow[] {
    if (!track.sorted) track.rows.sort((a, b) => a.t - b.t);
    track.sorted = true;
    return track.rows;
  }
}

/** A candle as one line of JSON, the same for the same candle: names in a fixed order, decimals in canonical form. */
export function candleLine(row: CandleRow): string {
  const { symbol, timeframe, t, o, h, l, c, v, ind } = canonicalRow(row);
  const ordered: Record<string, number> = {};
  for (const name of INDICATORS) if (ind?.[name] !== undefined) ordered[name] = ind[name];
  return JSON.stringify({ symbol, timeframe, t, o, h, l, c, v, ...(ind === undefined ? {} : { ind: ordered }) });
}

function canonicalRow(row: CandleRow): CandleRow {
  const { symbol, timeframe, ind } = row;
  return { symbol, timeframe, ...canonicalCandle(row), ...(ind === undefined ? {} : { ind }) };
}

function isSame(a: Ohlcv, b: Ohlcv): boolean {
  return a.o === b.o && a.h === b.h && a.l === b.l && a.c === b.c && a.v === b.v;
}
