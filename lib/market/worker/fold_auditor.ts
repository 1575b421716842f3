import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { canonicalCandle, isSameCandle, type Ohlcv } from "../fold.ts";
import { type Timeframe, TIMEFRAME_MS, TIMEFRAMES } from "../timeframe.ts";
import type { CandleRow, FeedStore } from "./feed_store.ts";
import { type Venue, VenueError } from "./venue.ts";

/** Candles that may wait to be checked. Under load some go unchecked rather than late. */
export const CHECKS_QUEUED_MAX = 2_000;

/** Checks a minute: at two of Binance's weights each they take 4 % of what an address may ask. */
export const CHECKS_PER_MINUTE_MAX = 120;

/** Exchange time after a candle's end at which its own history is sure to show it whole. */
const SETTLE_MS = 5_000;

/** Minutes read again beneath a candle that differs; a longer one's are left to its shorter widths' checks. */
const MINUTES_READ_MAX = 240;

/** History reads of checks come after all others. */
const PRIORITY = 1_000_000;

/** How often the queue is looked at while nothing is due. */
const IDLE_MS = 1_000;

/** What an auditor needs from outside. */
export interface FoldAuditorOptions {
  venue: Pick<Venue, "history" | "capabilities">;
  store: Pick<FeedStore, "repairCandles">;
  /** The lease's fencing token; null once it may have passed on. */
  token: () => number | null;
  logger: Logger;
  /** The latest time the exchange is known to have reached, Unix ms. */
  venueNowMs: () => number;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Told of what a check found. */
  onChecked: (counts: FoldCounts) => void;
  /** Resolves once the symbol's candles that have closed so far are stored: before that there is nothing to repair. */
  settled: (symbol: string) => Promise<void>;
  /** Told of a symbol whose candles were repaired: what was computed from them is out of date. */
  onRepaired: (symbol: string) => void;
}

/** What a check found. */
export interface FoldCounts {
  checked: number;
  differing: number;
  repairs: number;
}

interface Check {
  symbol: string;
  timeframe: Timeframe;
  candle: Ohlcv;
}

/**
 * Compares candles folded here with the exchange's own once they have closed, and repairs what differs: the folded
 * candle and the minutes it was folded from.
 */
export class FoldAuditor {
  readonly #options: FoldAuditorOptions;
  #queue: Check[] = [];
  #startsMs: number[] = [];
  /** Symbols with a difference found in their last check of a width. */
  readonly #differing = new Set<string>();

  constructor(options: FoldAuditorOptions) {
    this.#options = options;
  }

  /** Symbols and widths whose last check differed: `BTC-USDT:5m`. */
  get differing(): ReadonlySet<string> {
    return this.#differing;
  }

  /** Takes a candle that was folded and has closed. Minutes are the exchange's own and need no check. */
  closed(symbol: string, timeframe: Timeframe, candle: Ohlcv): void {
    if (timeframe === "1m" || !this.#options.venue.capabilities.timeframes.includes(timeframe)) return;
    if (this.#queue.length >= CHECKS_QUEUED_MAX) this.#queue.shift();
    this.#queue.push({ symbol, timeframe, candle });
  }

  /** Forgets a symbol that is not streamed any more. */
  forget(symbol: string): void {
    this.#queue = this.#queue.filter((check) => check.symbol !== symbol);
    for (const timeframe of TIMEFRAMES) this.#differing.delete(`${symbol}:${timeframe}`);
  }

  /** Checks until `signal` is aborted. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const check = this.#next();
      if (check === null) {
        await delay(IDLE_MS, signal);
        continue;
      }
      try {
        await this.#check(check, signal);
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
        this.#options.logger.warn("Cannot check a candle", { symbol: check.symbol, timeframe: check.timeframe, error });
        await delay(IDLE_MS, signal);
      }
    }
  }

  /** The next candle that is due, if the pace allows it now. */
  #next(): Check | null {
    const now = this.#options.nowMs();
    this.#startsMs = this.#startsMs.filter((at) => now - at < 60_000);
    const first = this.#queue[0];
    if (first === undefined || this.#startsMs.length >= CHECKS_PER_MINUTE_MAX) return null;
    const settledMs = first.candle.t + TIMEFRAME_MS[first.timeframe] + SETTLE_MS;
    if (this.#options.venueNowMs() < settledMs) return null;
    this.#startsMs.push(now);
    this.#queue.shift();
    return first;
  }

  async #check({ symbol, timeframe, candle }: Check, signal: AbortSignal): Promise<void> {
    const { venue } = this.#options;
    const read = await venue.history({ symbol, timeframe, fromMs: candle.t, limit: 1, priority: PRIORITY });
    const told = read.find(({ t }) => t === candle.t);
    // A candle without trades is in nobody's history.
    if (told === undefined || signal.aborted) return;
    const name = `${symbol}:${timeframe}`;
    // However their decimals are written.
    if (isSameCandle(canonicalCandle(candle), canonicalCandle(told))) {
      this.#differing.delete(name);
      return this.#options.onChecked({ checked: 1, differing: 0, repairs: 0 });
    }
    this.#differing.add(name);
    this.#options.logger.warn("A folded candle differs from the exchange's own", {
      symbol,
      timeframe,
      ours: candle,
      told,
    });
    const rows: CandleRow[] = [{ symbol, timeframe, ...canonicalCandle(told) }];
    const minutes = TIMEFRAME_MS[timeframe] / TIMEFRAME_MS["1m"];
    if (minutes <= MINUTES_READ_MAX) {
      const page = await venue.history({
        symbol,
        timeframe: "1m",
        fromMs: candle.t,
        limit: minutes,
        priority: PRIORITY,
      });
      for (const minute of page) {
        if (minute.t < candle.t + TIMEFRAME_MS[timeframe]) {
          rows.push({ symbol, timeframe: "1m", ...canonicalCandle(minute) });
        }
      }
    }
    await this.#options.settled(symbol);
    const repairs = await this.#repair(symbol, rows, signal);
    this.#options.onChecked({ checked: 1, differing: 1, repairs });
    if (repairs > 0) this.#options.onRepaired(symbol);
  }

  /** Tries until it lands; answers how many stored candles differed. */
  async #repair(symbol: string, rows: CandleRow[], signal: AbortSignal): Promise<number> {
    for (let token = this.#options.token(); token !== null && !signal.aborted; token = this.#options.token()) {
      const answer = await this.#options.store.repairCandles(token, rows);
      if (answer.ok) return Number(answer.data);
      this.#options.logger.warn("Cannot repair a candle yet", { symbol, code: answer.code });
      if (answer.next !== "retry") break;
      await delay(IDLE_MS, signal);
    }
    return 0;
  }
}
