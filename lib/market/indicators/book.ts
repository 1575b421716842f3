import { type Timeframe, TIMEFRAME_MS } from "../timeframe.ts";
import type { Bar } from "./bar.ts";
import { type IndicatorKey, parseKey } from "./key.ts";
import { IndicatorVector } from "./vector.ts";

/** (Symbol, width) pairs computed at once: history and vectors take 30 KB each as a rule, 150 KB at most. */
export const SERIES_MAX = 1_000;

/** Which candles. */
export interface SeriesId {
  exchange: string;
  symbol: string;
  timeframe: Timeframe;
}

/** A hold on an indicator, until it is released. */
export interface Hold {
  /** What to read: `vector.closed[slot + output]`. */
  readonly vector: IndicatorVector;
  readonly key: IndicatorKey;
  /** Place of the first output in each vector; the others follow in the order of `key.spec.outputs`. */
  readonly slot: number;
  /** Lets go; only the first call counts. */
  release(): void;
}

/** A hold, or why there is none; `error` may be shown. */
export type Holding =
  | { ok: true; hold: Hold }
  | { ok: false; code: "indicator_invalid" | "indicator_limit"; error: string };

interface Page {
  id: SeriesId;
  vector: IndicatorVector;
  holds: number;
  /** Candles of history that its indicators wanted when it was last given some. */
  warmed: number;
}

/**
 * Every indicator that somebody wants, each computed once per (symbol, width, parameters) and candle, however many
 * charts, alerts and bots hold it. It reads nothing itself: whoever owns it gives it history ({@link cold},
 * {@link restate}), closes and forming candles.
 */
export class IndicatorBook {
  readonly #pages = new Map<string, Page>();
  readonly #seriesMax: number;

  /** @param limits for tests; see {@link SERIES_MAX}. */
  constructor(limits: { series?: number } = {}) {
    this.#seriesMax = limits.series ?? SERIES_MAX;
  }

  /** Symbols and widths computed. */
  get size(): number {
    return this.#pages.size;
  }

  /** Holds an indicator, given in any spelling of its key. Its values are NaN until history or enough candles came. */
  hold(id: SeriesId, text: string): Holding {
    const read = parseKey(text);
    if (!read.ok) return { ok: false, code: "indicator_invalid", error: read.error };
    const name = nameOf(id);
    const known = this.#pages.get(name);
    if (known === undefined && this.#pages.size >= this.#seriesMax) {
      // One more would slow every other down: refusing it is better.
      return {
        ok: false,
        code: "indicator_limit",
        error: `Cannot compute ${name}: limit is ${this.#seriesMax} series`,
      };
    }
    const page = known ?? { id, vector: new IndicatorVector(), holds: 0, warmed: 0 };
    const key = read.value;
    const slot = page.vector.hold(key, TIMEFRAME_MS[id.timeframe]);
    if (slot === null) {
      return {
        ok: false,
        code: "indicator_limit",
        error: `Cannot compute ${key.key}: ${name} has too many indicators`,
      };
    }
    this.#pages.set(name, page);
    page.holds++;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      page.vector.release(key.key);
      if (--page.holds === 0) this.#pages.delete(name);
    };
    return { ok: true, hold: { vector: page.vector, key, slot, release } };
  }

  /** The vectors of a symbol and width, while anybody holds one of its indicators. */
  vector(id: SeriesId): IndicatorVector | undefined {
    return this.#pages.get(nameOf(id))?.vector;
  }

  /** What to read from history: series whose indicators want more closed candles than they were given, and how many. */
  cold(): { id: SeriesId; candles: number }[] {
    const out: { id: SeriesId; candles: number }[] = [];
    for (const { id, warmed, vector } of this.#pages.values()) {
      if (Math.max(warmed, vector.length) < vector.wanted) out.push({ id, candles: vector.wanted });
    }
    return out;
  }

  /**
   * Gives a series closed candles from history, oldest first; see {@link IndicatorVector.restate}. What is missing
   * after that does not exist, so it is not asked for again.
   */
  restate(id: SeriesId, bars: readonly Bar[]): void {
    const page = this.#pages.get(nameOf(id));
    if (page === undefined) return;
    page.vector.restate(bars);
    page.warmed = page.vector.wanted;
  }

  /** Takes a closed candle. False when nobody holds that series, or the candle is not newer than its last. */
  close(id: SeriesId, bar: Bar): boolean {
    return this.#pages.get(nameOf(id))?.vector.close(bar) ?? false;
  }

  /** Shows the forming candle. False as with {@link close}. */
  preview(id: SeriesId, bar: Bar): boolean {
    return this.#pages.get(nameOf(id))?.vector.preview(bar) ?? false;
  }
}

function nameOf({ exchange, symbol, timeframe }: SeriesId): string {
  return `${exchange}:${symbol}:${timeframe}`;
}
