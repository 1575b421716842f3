// @ts-types="npm:@types/big.js@7.0.0"
import Big from "big.js";
import { addDecimals, canonicalDecimal } from "../kernel/decimal.ts";
import { openTimeOf, type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "./timeframe.ts";

/** A candle's numbers: `t` is the open time (Unix ms), the others are decimal strings. */
export interface Ohlcv {
  t: number;
  o: string;
  h: string;
  l: string;
  c: string;
  v: string;
}

/** A candle that closed, and its width. */
export interface ClosedCandle {
  timeframe: Timeframe;
  candle: Ohlcv;
}

/** A candle that ended without all of its parts: it must be read again from the exchange. */
export interface IncompleteCandle {
  timeframe: Timeframe;
  /** Open time, Unix ms. */
  t: number;
}

/** What a closed minute led to, shortest width first, or why it was refused. */
export type FoldResult =
  | { ok: true; closed: ClosedCandle[]; incomplete: IncompleteCandle[] }
  | { ok: false; reason: "duplicate" | "out_of_order" | "gap"; expected: number };

/** The widths that are folded, shortest first. */
export const FOLDED_TIMEFRAMES = TIMEFRAMES.slice(1) as readonly Exclude<Timeframe, "1m">[];

/** What a fold resumes from: for each width, the parts that have closed in its current bucket. */
export interface FoldSeed {
  timeframe: Timeframe;
  /** Open time of the first bucket not closed yet, Unix ms. */
  t: number;
  /** Closed candles of the next shorter width from `t` on, oldest first. */
  parts: readonly Ohlcv[];
}

/** Whether decimal `a` is greater than decimal `b`: by floats, and exactly where floats cannot tell. */
export function isGreater(a: string, b: string): boolean {
  const x = Number(a);
  const y = Number(b);
  if (x !== y || a === b) return x > y;
  return new Big(a).gt(b);
}

/** The same candle with canonical decimals, so that equal candles have equal text. */
export function canonicalCandle(candle: Ohlcv): Ohlcv {
  return {
    t: candle.t,
    o: canonicalDecimal(candle.o),
    h: canonicalDecimal(candle.h),
    l: canonicalDecimal(candle.l),
    c: canonicalDecimal(candle.c),
    v: canonicalDecimal(candle.v),
  };
}

/** Whether two candles have the same values, digit for digit: in canonical form equal numbers have equal digits. */
export function isSameCandle(a: Ohlcv, b: Ohlcv): boolean {
  return a.o === b.o && a.h === b.h && a.l === b.l && a.c === b.c && a.v === b.v;
}

/**
 * Folds one-minute candles into 5m, 15m, 1h, 4h and 1d ones. Each width is built from the next shorter one, so that at
 * most six parts stand behind any forming candle. A candle closes once, when its last part closes; one whose first
 * parts were never seen, or whose parts are missing, is reported as incomplete instead of being closed wrongly.
 */
export class Fold {
  readonly #levels: Level[] = FOLDED_TIMEFRAMES.map((timeframe, i) => new Level(timeframe, TIMEFRAMES[i] as Timeframe));
  #next: number | null = null;
  #minute: Ohlcv | null = null;

  /** Open time of the minute that must close next (Unix ms); null before the first one. */
  get next(): number | null {
    return this.#next;
  }

  /**
   * Starts over so that the minute opening at `next` is the next one expected. Seeds are taken from the longest width
   * down; parts that complete a bucket close it. Widths without a seed stay incomplete until their next bucket.
   */
  seed(next: number, seeds: readonly FoldSeed[]): { closed: ClosedCandle[]; incomplete: IncompleteCandle[] } {
    this.#next = next;
    this.#minute = null;
    const closed: ClosedCandle[] = [];
    const incomplete: IncompleteCandle[] = [];
    for (const level of this.#levels) level.start(openTimeOf(next, level.timeframe), next);
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const level = this.#levels[i] as Level;
      const seed = seeds.find((s) => s.timeframe === level.timeframe);
      if (seed === undefined) continue;
      level.start(seed.t, seed.t);
      for (const part of seed.parts) {
        if (part.t >= seed.t) this.#offer(i, canonicalCandle(part), closed, incomplete);
      }
    }
    return { closed, incomplete };
  }

  /** Takes the forming minute; false when it is not the one expected, and then nothing changes. */
  tick(minute: Ohlcv): boolean {
    if (this.#next !== null && minute.t !== this.#next) return false;
    this.#minute = minute;
    return true;
  }

  /** Takes a closed minute. Refuses duplicates, minutes out of order, and any after a missing one. */
  close(minute: Ohlcv): FoldResult {
    const expected = this.#next ?? minute.t;
    if (minute.t !== openTimeOf(minute.t, "1m")) return { ok: false, reason: "out_of_order", expected };
    if (minute.t === expected - TIMEFRAME_MS["1m"]) return { ok: false, reason: "duplicate", expected };
    if (minute.t < expected) return { ok: false, reason: "out_of_order", expected };
    if (minute.t > expected) return { ok: false, reason: "gap", expected };
    if (this.#next === null) this.seed(minute.t, []);
    this.#next = minute.t + TIMEFRAME_MS["1m"];
    this.#minute = null;
    const candle = canonicalCandle(minute);
    const closed: ClosedCandle[] = [{ timeframe: "1m", candle }];
    const incomplete: IncompleteCandle[] = [];
    this.#offer(0, candle, closed, incomplete);
    return { ok: true, closed, incomplete };
  }

  /**
   * Says that the exchange itself has no minutes before `untilMs` (nothing traded), so that they are no gap.
   * Candles that end there close with the parts they have.
   */
  absent(untilMs: number): { closed: ClosedCandle[]; incomplete: IncompleteCandle[] } {
    const closed: ClosedCandle[] = [];
    const incomplete: IncompleteCandle[] = [];
    if (this.#next === null || untilMs <= this.#next) return { closed, incomplete };
    this.#next = untilMs;
    this.#minute = null;
    this.#pass(0, untilMs, closed, incomplete);
    return { closed, incomplete };
  }

  /** The forming candle of a width, or null when nothing of it is known or its start was not seen. */
  forming(timeframe: Timeframe): Ohlcv | null {
    const minute = this.#minute && canonicalCandle(this.#minute);
    if (timeframe === "1m") return minute;
    let inner = minute;
    for (const level of this.#levels) {
      if (!level.complete) return null;
      inner = level.forming(inner);
      if (level.timeframe === timeframe) return inner;
    }
    return null;
  }

  #offer(index: number, part: Ohlcv, closed: ClosedCandle[], incomplete: IncompleteCandle[]): void {
    const level = this.#levels[index];
    if (level === undefined || part.t < level.next) return;
    // Parts are missing in between: whoever calls has made sure that the exchange has none.
    if (part.t > level.next) this.#passLevel(index, part.t, closed, incomplete);
    level.add(part);
    if (level.next >= level.end) this.#finish(index, closed, incomplete);
  }

  #pass(index: number, untilMs: number, closed: ClosedCandle[], incomplete: IncompleteCandle[]): void {
    for (let i = index; i < this.#levels.length; i++) {
      this.#passLevel(i, openTimeOf(untilMs, (this.#levels[i] as Level).partTimeframe), closed, incomplete);
    }
  }

  #passLevel(index: number, untilMs: number, closed: ClosedCandle[], incomplete: IncompleteCandle[]): void {
    const level = this.#levels[index] as Level;
    while (level.end <= untilMs) {
      if (level.isEmpty && level.complete) {
        // Jump at once over buckets in which nothing traded.
        level.start(openTimeOf(untilMs, level.timeframe), openTimeOf(untilMs, level.timeframe));
        break;
      }
      this.#finish(index, closed, incomplete);
    }
    level.skip(untilMs);
  }

  #finish(index: number, closed: ClosedCandle[], incomplete: IncompleteCandle[]): void {
    const level = this.#levels[index] as Level;
    const candle = level.forming(null);
    const { timeframe, complete, open, end } = level;
    level.start(end, end);
    if (!complete) {
      incomplete.push({ timeframe, t: open });
      this.#miss(index + 1, open, end, closed, incomplete);
    } else if (candle !== null) {
      closed.push({ timeframe, candle });
      this.#offer(index + 1, candle, closed, incomplete);
    }
  }

  /** A part ended incomplete, so whatever is built from it is incomplete as well. */
  #miss(index: number, open: number, end: number, closed: ClosedCandle[], incomplete: IncompleteCandle[]): void {
    const level = this.#levels[index];
    if (level === undefined || open < level.next) return;
    this.#passLevel(index, open, closed, incomplete);
    level.complete = false;
    level.skip(end);
    if (level.next >= level.end) this.#finish(index, closed, incomplete);
  }
}

/** One width on its way: the merge of its parts so far. */
class Level {
  readonly timeframe: Timeframe;
  readonly partTimeframe: Timeframe;
  /** Open time of the bucket, Unix ms. */
  open = 0;
  /** Open time of the part that must come next, Unix ms. */
  next = 0;
  /** Whether every part since the bucket's open has been seen or is known to be absent. */
  complete = false;
  #merged: Ohlcv | null = null;

  constructor(timeframe: Timeframe, partTimeframe: Timeframe) {
    this.timeframe = timeframe;
    this.partTimeframe = partTimeframe;
  }

  get end(): number {
    return this.open + TIMEFRAME_MS[this.timeframe];
  }

  get isEmpty(): boolean {
    return this.#merged === null;
  }

  start(open: number, next: number): void {
    this.open = open;
    this.complete = next === open;
    this.next = openTimeOf(next, this.partTimeframe);
    this.#merged = null;
  }

  skip(next: number): void {
    if (next > this.next) this.next = next;
  }

  add(part: Ohlcv): void {
    this.#merged = merge(this.#merged, part, this.open);
    this.next = part.t + TIMEFRAME_MS[this.partTimeframe];
  }

  forming(part: Ohlcv | null): Ohlcv | null {
    // A part of the next bucket is not ours: ours is about to be closed or refilled.
    if (part === null || part.t < this.next || part.t >= this.end) return this.#merged;
    return merge(this.#merged, part, this.open);
  }
}

function merge(into: Ohlcv | null, part: Ohlcv, open: number): Ohlcv {
  if (into === null) return { ...part, t: open };
  return {
    t: open,
    o: into.o,
    h: isGreater(part.h, into.h) ? part.h : into.h,
    l: isGreater(into.l, part.l) ? part.l : into.l,
    c: part.c,
    v: addDecimals(into.v, part.v),
  };
}
