import { assertBar, type Bar } from "./bar.ts";
import type { Indicator } from "./indicator.ts";
import type { IndicatorKey } from "./key.ts";

/** Places of the candle itself in every vector. */
export const OPEN = 0, HIGH = 1, LOW = 2, CLOSE = 3, VOLUME = 4;

/** Places of a vector that the candle takes. */
const CANDLE_SLOTS = 5;

/** Places of a vector: 2 KB, so that a vector's readers share a few cache lines. */
export const SLOTS_MAX = 256;

/** Candles kept at least, to start further indicators from. */
const HISTORY_CANDLES_MIN = 512;

/**
 * Candles kept at most. The seeds of EMAs up to 230 and of Wilder's averages up to 120 have faded by then (registry.ts);
 * longer ones still show where their history begins. At 1,000 the seed of an EMA keeps 2 % of the weight, Wilder's 13 %.
 */
export const HISTORY_CANDLES_MAX = 3_000;

const BAR_FIELDS = 6;

/** Who computes: one indicator, where its values stand, and how many hold it. */
interface Entry {
  readonly key: IndicatorKey;
  readonly slot: number;
  indicator: Indicator;
  holders: number;
}

/**
 * The indicators of one symbol and width. Each is computed once, however many hold it; all read the same vectors by
 * place. The vectors stay the same objects for the life of this one, so that readers may keep them.
 */
export class IndicatorVector {
  /** Values at the last closed candle; NaN where there are none yet. */
  readonly closed = new Float64Array(SLOTS_MAX).fill(NaN);
  /** Values at the closed candle before that: together they tell what has crossed. */
  readonly previous = new Float64Array(SLOTS_MAX).fill(NaN);
  /** What the forming candle would give if it closed now; NaN from a close until the next preview. */
  readonly forming = new Float64Array(SLOTS_MAX).fill(NaN);
  readonly #entries = new Map<string, Entry>();
  /** Which places are taken: 1 or 0. */
  readonly #taken = new Uint8Array(SLOTS_MAX).fill(1, 0, CANDLE_SLOTS);
  /** Candles kept, a ring of {@link BAR_FIELDS} numbers each; grows up to its limit. */
  #ring = new Float64Array(64 * BAR_FIELDS);
  #first = 0;
  #length = 0;
  #preview: Bar | null = null;
  #wanted = HISTORY_CANDLES_MIN;

  /** Candles of history that the indicators held so far want: as many are kept. */
  get wanted(): number {
    return this.#wanted;
  }

  /** Candles kept. */
  get length(): number {
    return this.#length;
  }

  /** Indicators computed. */
  get size(): number {
    return this.#entries.size;
  }

  /** Open time of the last closed candle (Unix ms), or null. */
  get lastTime(): number | null {
    return this.#length === 0 ? null : this.#barAt(this.#length - 1).t;
  }

  /**
   * Holds an indicator: the place of its first output, the others follow. A new one is computed from the candles kept.
   * Null when all places are taken.
   * @param width_ms a candle's width.
   */
  hold(key: IndicatorKey, width_ms: number): number | null {
    const known = this.#entries.get(key.key);
    if (known !== undefined) {
      known.holders++;
      return known.slot;
    }
    const slot = this.#place(key.spec.outputs.length);
    if (slot === null) return null;
    const entry: Entry = { key, slot, indicator: key.spec.create(...key.params), holders: 1 };
    this.#entries.set(key.key, entry);
    const wanted = Math.min(key.spec.history(key.params, width_ms), HISTORY_CANDLES_MAX);
    if (wanted > this.#wanted) this.#wanted = wanted;
    this.#replay(entry);
    if (this.#preview !== null) this.#show(entry, this.#preview);
    return slot;
  }

  /** Lets go of an indicator; the last one to do so ends it. */
  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || --entry.holders > 0) return;
    this.#entries.delete(key);
    const count = entry.key.spec.outputs.length;
    for (const vector of [this.closed, this.previous, this.forming]) vector.fill(NaN, entry.slot, entry.slot + count);
    this.#taken.fill(0, entry.slot, entry.slot + count);
  }

  /**
   * Takes a closed candle. False, and nothing changes, when it is not newer than the last one.
   * @throws {RangeError} of a candle that cannot be calculated with.
   */
  close(bar: Bar): boolean {
    assertBar(bar);
    if (bar.t <= (this.lastTime ?? -Infinity)) return false;
    this.#preview = null;
    this.#keep(bar);
    this.previous.set(this.closed);
    this.forming.fill(NaN);
    putCandle(this.closed, bar);
    for (const { indicator, slot } of this.#entries.values()) {
      indicator.next(bar, true);
      put(this.closed, indicator.values, slot);
    }
    return true;
  }

  /**
   * Shows the forming candle, as often as it changes. False when it is not newer than the last closed one.
   * @throws {RangeError} of a candle that cannot be calculated with.
   */
  preview(bar: Bar): boolean {
    assertBar(bar);
    if (bar.t <= (this.lastTime ?? -Infinity)) return false;
    this.#preview = { ...bar };
    putCandle(this.forming, bar);
    for (const entry of this.#entries.values()) this.#show(entry, bar);
    return true;
  }

  /**
   * Takes closed candles from history, oldest first: they replace the kept ones of the same times, also where the
   * exchange had corrected one, and every indicator is computed anew.
   * @throws {RangeError} of a candle that cannot be calculated with, or of candles out of order.
   */
  restate(bars: readonly Bar[]): void {
    const [first, last] = [bars[0], bars.at(-1)];
    if (first === undefined || last === undefined) return;
    bars.forEach((bar, i) => {
      assertBar(bar);
      const before = bars[i - 1];
      if (before !== undefined && bar.t <= before.t) {
        throw new RangeError(`Cannot use candle ${bar.t} after ${before.t}: order them by time`);
      }
    });
    const kept = Array.from({ length: this.#length }, (_, i) => this.#barAt(i));
    const all = [...kept.filter(({ t }) => t < first.t), ...bars, ...kept.filter(({ t }) => t > last.t)];
    this.#first = 0;
    this.#length = 0;
    for (const bar of all.slice(-this.#wanted)) this.#keep(bar);
    for (const vector of [this.closed, this.previous, this.forming]) vector.fill(NaN);
    putCandle(this.closed, this.#barAt(this.#length - 1));
    if (this.#length > 1) putCandle(this.previous, this.#barAt(this.#length - 2));
    for (const entry of this.#entries.values()) {
      entry.indicator = entry.key.spec.create(...entry.key.params);
      this.#replay(entry);
    }
    const preview = this.#preview;
    this.#preview = null;
    if (preview !== null) this.preview(preview);
  }

  #replay({ indicator, slot }: Entry): void {
    for (let i = 0; i < this.#length; i++) {
      if (i === this.#length - 1) this.previous.set(indicator.values, slot);
      indicator.next(this.#barAt(i), true);
    }
    this.closed.set(indicator.values, slot);
  }

  #show({ indicator, slot }: Entry, bar: Bar): void {
    indicator.next(bar, false);
    put(this.forming, indicator.values, slot);
  }

  /** The first `count` places that stand free together, now taken; null when there are none. */
  #place(count: number): number | null {
    let free = 0;
    for (let at = CANDLE_SLOTS; at < SLOTS_MAX; at++) {
      free = this.#taken[at] === 0 ? free + 1 : 0;
      if (free < count) continue;
      const slot = at + 1 - count;
      this.#taken.fill(1, slot, at + 1);
      return slot;
    }
    return null;
  }

  #keep({ t, open, high, low, close, volume }: Bar): void {
    let capacity = this.#ring.length / BAR_FIELDS;
    if (this.#length === capacity && capacity < this.#wanted) {
      capacity = Math.min(capacity * 2, this.#wanted);
      const larger = new Float64Array(capacity * BAR_FIELDS);
      const turned = this.#first * BAR_FIELDS;
      larger.set(this.#ring.subarray(turned));
      larger.set(this.#ring.subarray(0, turned), this.#ring.length - turned);
      this.#ring = larger;
      this.#first = 0;
    }
    const at = (this.#first + this.#length) % capacity;
    this.#ring.set([t, open, high, low, close, volume], at * BAR_FIELDS);
    if (this.#length < capacity) this.#length++;
    else this.#first = (this.#first + 1) % capacity;
  }

  #barAt(i: number): Bar {
    const ring = this.#ring;
    const at = ((this.#first + i) % (ring.length / BAR_FIELDS)) * BAR_FIELDS;
    return {
      t: ring[at] as number,
      open: ring[at + 1] as number,
      high: ring[at + 2] as number,
      low: ring[at + 3] as number,
      close: ring[at + 4] as number,
      volume: ring[at + 5] as number,
    };
  }
}

function putCandle(vector: Float64Array, { open, high, low, close, volume }: Bar): void {
  vector[OPEN] = open;
  vector[HIGH] = high;
  vector[LOW] = low;
  vector[CLOSE] = close;
  vector[VOLUME] = volume;
}

/** As `set` would, which for so few values takes ten times as long. */
function put(vector: Float64Array, values: Float64Array, slot: number): void {
  for (let i = 0; i < values.length; i++) vector[slot + i] = values[i] as number;
}
