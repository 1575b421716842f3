import type { Candle, Indicators } from "./candle.ts";
import { canonicalCandle, Fold, FOLDED_TIMEFRAMES, type FoldSeed, type IncompleteCandle, type Ohlcv } from "./fold.ts";
import { barOf } from "./indicators/bar.ts";
import { IndicatorKernel } from "./indicators/standard.ts";
import { RollingTicker, type TickerStats } from "./ticker.ts";
import { type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "./timeframe.ts";

/** Closed candles kept of each width to resume the next longer one from: two of its buckets need twelve. */
const TAIL_CANDLES_MAX = 16;

/** A candle that has just closed, with its indicators. */
export interface SeriesCandle {
  timeframe: Timeframe;
  candle: Ohlcv;
  ind: Indicators | undefined;
}

/** What taking candles led to. */
export interface SeriesChange {
  /** Candles that closed, in the order in which they must be stored. */
  closed: SeriesCandle[];
  /** Candles that ended without all their parts: read them from the exchange's history. */
  incomplete: IncompleteCandle[];
  /** Minutes that the exchange's own history does not have. */
  absent: number;
}

/** What a live close led to; `gap` means that history must be read from `expected` on. */
export type SeriesClose = { ok: true; change: SeriesChange } | { ok: false; reason: "old" | "gap"; expected: number };

interface Track {
  kernel: IndicatorKernel;
  /** Open time of the last closed candle, Unix ms; null before the first. */
  cursor: number | null;
  tail: Ohlcv[];
  /** A candle of this width ended incomplete: nothing is closed after it before the history has filled it in. */
  blocked: boolean;
}

/**
 * One symbol on all widths: what has closed, what is forming, and the indicators of both. It never closes a candle
 * twice and never skips one silently: candles are taken in order, from stored ones ({@link restore}), from the
 * exchange's history ({@link history}) and from the live stream ({@link close}, {@link tick}).
 */
export class Series {
  readonly #tracks: Record<Timeframe, Track>;
  readonly #fold = new Fold();
  readonly #ticker = new RollingTicker();
  readonly #priceDigits: number;
  #linked = false;

  /** @param priceDigits digits after the point in the symbol's tick. */
  constructor(priceDigits: number) {
    this.#priceDigits = priceDigits;
    const track = (): Track => ({ kernel: new IndicatorKernel(), cursor: null, tail: [], blocked: false });
    this.#tracks = { "1m": track(), "5m": track(), "15m": track(), "1h": track(), "4h": track(), "1d": track() };
  }

  /** Open time of the last closed candle of a width (Unix ms); null when there is none. */
  cursor(timeframe: Timeframe): number | null {
    return this.#tracks[timeframe].cursor;
  }

  /** Open time of the candle that must close next; null when nothing is known. */
  next(timeframe: Timeframe): number | null {
    const { cursor } = this.#tracks[timeframe];
    return cursor === null ? null : cursor + TIMEFRAME_MS[timeframe];
  }

  /**
   * Widths that {@link link} could not resume: they have no candle yet, or the next shorter width's kept candles begin
   * after the bucket that is open. Their history must be read first.
   */
  unreached(): Timeframe[] {
    const next = this.next("1m");
    if (next === null) return [...TIMEFRAMES];
    return FOLDED_TIMEFRAMES.filter((timeframe) => !this.#reaches(timeframe, next));
  }

  /** Whether minutes are folded into the longer widths. */
  get linked(): boolean {
    return this.#linked;
  }

  /** Takes candles that are stored already, oldest first, to warm up with. */
  restore(timeframe: Timeframe, candles: readonly Ohlcv[]): void {
    for (const candle of candles) this.#take(timeframe, candle);
  }

  /**
   * Takes closed candles from the exchange's history, oldest first; those known already are ignored. Once linked,
   * minutes are folded on, and minutes the history lacks count as absent at the exchange.
   */
  history(timeframe: Timeframe, candles: readonly Ohlcv[]): SeriesChange {
    const change: SeriesChange = { closed: [], incomplete: [], absent: 0 };
    this.#tracks[timeframe].blocked = false;
    for (const candle of candles) {
      const next = this.next(timeframe);
      if (next !== null && candle.t < next) continue;
      if (next !== null) change.absent += (candle.t - next) / TIMEFRAME_MS[timeframe];
      if (timeframe !== "1m" || !this.#linked) {
        change.closed.push(this.#take(timeframe, canonicalCandle(candle)));
        continue;
      }
      if (next !== null && candle.t > next) this.#merge(change, this.#fold.absent(candle.t));
      const folded = this.#fold.close(candle);
      if (folded.ok) this.#merge(change, folded);
    }
    return change;
  }

  /**
   * Joins the widths: from here on minutes fold into the longer ones. Needs the minutes' cursor. Buckets that the tails
   * complete are closed. Call it again after reading a longer width's history.
   */
  link(): SeriesChange {
    const change: SeriesChange = { closed: [], incomplete: [], absent: 0 };
    const next = this.next("1m");
    if (next === null) return change;
    const seeds: FoldSeed[] = [];
    FOLDED_TIMEFRAMES.forEach((timeframe, i) => {
      const t = this.next(timeframe);
      if (t === null || !this.#reaches(timeframe, next)) return;
      const { tail } = this.#tracks[TIMEFRAMES[i] as Timeframe];
      seeds.push({ timeframe, t, parts: tail.filter((part) => part.t >= t) });
    });
    this.#linked = true;
    this.#merge(change, this.#fold.seed(next, seeds));
    return change;
  }

  /** Takes a minute that the live stream says has closed. */
  close(minute: Ohlcv): SeriesClose {
    const next = this.next("1m") ?? minute.t;
    if (minute.t < next) return { ok: false, reason: "old", expected: next };
    const folded = this.#fold.close(minute);
    if (!folded.ok) return { ok: false, reason: folded.reason === "gap" ? "gap" : "old", expected: folded.expected };
    const change: SeriesChange = { closed: [], incomplete: [], absent: 0 };
    this.#merge(change, folded);
    return { ok: true, change };
  }

  /** Takes the forming minute; false when it is not the one that follows the last closed one. */
  tick(minute: Ohlcv): boolean {
    return this.#fold.tick(minute);
  }

  /** The forming candle of a width with a preview of its indicators; null when it is not known. */
  forming(timeframe: Timeframe): Candle | null {
    const candle = this.#fold.forming(timeframe);
    const track = this.#tracks[timeframe];
    if (candle === null || (track.cursor !== null && candle.t <= track.cursor)) return null;
    track.kernel.peek(barOf(candle));
    const ind = track.kernel.toWire(this.#priceDigits);
    return { ...candle, closed: false, ...(ind === undefined ? {} : { ind }) };
  }

  /** Rolling 24-hour statistics; null while nothing is known. */
  stats(): TickerStats | null {
    return this.#ticker.stats(this.#fold.forming("5m") ?? this.#fold.forming("1m"));
  }

  #reaches(timeframe: Timeframe, nextMinute: number): boolean {
    const t = this.next(timeframe);
    if (t === null || this.#tracks[timeframe].blocked) return false;
    const { tail } = this.#tracks[TIMEFRAMES[TIMEFRAMES.indexOf(timeframe) - 1] as Timeframe];
    return t >= nextMinute || (tail[0]?.t ?? Infinity) <= t;
  }

  #take(timeframe: Timeframe, candle: Ohlcv): SeriesCandle {
    const track = this.#tracks[timeframe];
    track.cursor = candle.t;
    track.tail.push(candle);
    if (track.tail.length > TAIL_CANDLES_MAX) track.tail.shift();
    track.kernel.push(barOf(candle));
    if (timeframe === "5m") this.#ticker.push(candle);
    return { timeframe, candle, ind: track.kernel.toWire(this.#priceDigits) };
  }

  #merge(
    into: SeriesChange,
    folded: { closed: { timeframe: Timeframe; candle: Ohlcv }[]; incomplete: IncompleteCandle[] },
  ) {
    for (const { timeframe, t } of folded.incomplete) {
      const track = this.#tracks[timeframe];
      if (track.cursor !== null && t <= track.cursor) continue;
      track.blocked = true;
      into.incomplete.push({ timeframe, t });
    }
    for (const { timeframe, candle } of folded.closed) {
      const { cursor, blocked } = this.#tracks[timeframe];
      if (!blocked && (cursor === null || candle.t > cursor)) into.closed.push(this.#take(timeframe, candle));
    }
  }
}
