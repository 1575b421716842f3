import type { BadFrameReason } from "./bad_frame.ts";
import type { BookSides, KlineFrame, TradeFrame } from "./binance_frames.ts";
import { isSameCandle } from "./fold.ts";

/** Frames in a row with a strange time after which that time is believed: the exchange's clock itself has moved. */
export const SKEWED_FRAMES_MAX = 100;

/** What to do with a well-formed frame: take it, leave it out because it has been told before, or why it is bad. */
export type Verdict = "take" | "repeat" | BadFrameReason;

interface Minutes {
  /** Event time of the last frame taken. */
  et: number;
  closed: KlineFrame | null;
}

/**
 * Judges frames by those before them: a minute closes once, trades and books go forward, and the exchange's clock does
 * not jump. While frames of two sockets are spliced, what comes again is no fault.
 */
export class FrameGuard {
  readonly #clockJump_ms_max: number;
  readonly #minutes = new Map<string, Minutes>();
  readonly #trades = new Map<string, number>();
  readonly #books = new Map<string, number>();
  #latestMs = 0;
  #skewed = 0;

  /** @param clockJump_ms_max how far one frame's time may be from the last one's; null for any. */
  constructor(clockJump_ms_max: number | null) {
    this.#clockJump_ms_max = clockJump_ms_max ?? Number.POSITIVE_INFINITY;
  }

  /** Latest event time believed, Unix ms; null before the first. */
  get latestMs(): number | null {
    return this.#latestMs === 0 ? null : this.#latestMs;
  }

  /** Forgets all: what comes next may follow on anything. */
  reset(): void {
    this.#minutes.clear();
    this.#trades.clear();
    this.#books.clear();
    this.#latestMs = 0;
    this.#skewed = 0;
  }

  /** Judges a minute. */
  kline(frame: KlineFrame, splicing: boolean): Verdict {
    if (!this.#isTimely(frame.et)) return "clock_skew";
    const known = this.#minutes.get(frame.id);
    if (known === undefined) {
      this.#minutes.set(frame.id, { et: frame.et, closed: frame.closed ? frame : null });
      return "take";
    }
    const { closed } = known;
    if (closed !== null && frame.candle.t <= closed.candle.t) {
      if (!frame.closed || frame.candle.t < closed.candle.t) return splicing ? "repeat" : "out_of_order";
      if (!isSameCandle(frame.candle, closed.candle)) return "closed_twice";
      return splicing ? "repeat" : "duplicate";
    }
    if (frame.et < known.et) return splicing ? "repeat" : "out_of_order";
    known.et = frame.et;
    if (frame.closed) known.closed = frame;
    return "take";
  }

  /** Judges a trade. */
  trade(frame: TradeFrame, splicing: boolean): Verdict {
    if (!this.#isTimely(frame.et)) return "clock_skew";
    const last = this.#trades.get(frame.id);
    if (last !== undefined && frame.tradeId <= last) {
      if (splicing) return "repeat";
      return frame.tradeId === last ? "duplicate" : "out_of_order";
    }
    this.#trades.set(frame.id, frame.tradeId);
    return "take";
  }

  /** Judges a book; one that has not changed is a repetition. */
  book(id: string, { updateId }: BookSides, splicing: boolean): Verdict {
    const last = this.#books.get(id);
    if (last !== undefined && updateId <= last) return splicing || updateId === last ? "repeat" : "out_of_order";
    this.#books.set(id, updateId);
    return "take";
  }

  #isTimely(et: number): boolean {
    const isNear = this.#latestMs === 0 || Math.abs(et - this.#latestMs) <= this.#clockJump_ms_max;
    if (!isNear && ++this.#skewed < SKEWED_FRAMES_MAX) return false;
    if (isNear && this.#skewed > 0) this.#skewed = 0;
    if (!isNear || et > this.#latestMs) this.#latestMs = et;
    return true;
  }
}
