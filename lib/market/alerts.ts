import type { Timeframe } from "./timeframe.ts";

/** When an alert's condition is true: at or beyond its value, or only in the step that gets there. */
export const ALERT_CONDITIONS = ["above", "below", "crosses_above", "crosses_below"] as const;

/** See {@link ALERT_CONDITIONS}. */
export type AlertCondition = typeof ALERT_CONDITIONS[number];

/** An alert as the feed looks at it. */
export interface ActiveAlert {
  id: string;
  symbol: string;
  /** Null watches the price at every tick; else the value at each close of this width. */
  timeframe: Timeframe | null;
  /** Reference to an indicator's value, as `rsi(14)` or `macd(12,26,9).signal`; null is the price. */
  indicator: string | null;
  condition: AlertCondition;
  /** Decimal string. */
  value: string;
  /** Wall time (Unix ms) before which it must not fire again; null for at once. */
  restingUntilMs: number | null;
}

/** An alert whose condition has come true. */
export interface FiredAlert {
  id: string;
  symbol: string;
  /** The value that made it fire, as a decimal string. */
  value: string;
  /** Event time at the exchange, Unix ms. */
  atMs: number;
}

/** Whether going from `before` (null: not known) to `now` makes a condition true. */
export function isMet(condition: AlertCondition, value: number, before: number | null, now: number): boolean {
  switch (condition) {
    case "above":
      return now >= value;
    case "below":
      return now <= value;
    case "crosses_above":
      return before !== null && before < value && now >= value;
    case "crosses_below":
      return before !== null && before > value && now <= value;
  }
}

interface Threshold {
  alert: ActiveAlert;
  value: number;
}

interface PriceLine {
  last: number | null;
  /** Alerts that have been looked at on their own, by value: only those a price passes can become true. */
  passed: Threshold[];
  /** Alerts to look at with the next price, wherever it is: new ones, and those that rest. */
  waiting: Threshold[];
}

/**
 * The alerts on prices of one exchange. A price costs a search among its symbol's values and the alerts it passes, not
 * a look at each: ten thousand alerts on one symbol are no load.
 */
export class PriceAlerts {
  #lines = new Map<string, PriceLine>();
  #byId = new Map<string, ActiveAlert>();

  /** Symbols whose prices somebody waits for. */
  get symbols(): Iterable<string> {
    return this.#lines.keys();
  }

  /** Says which alerts there are now. Those known already keep what they have seen. */
  set(alerts: readonly ActiveAlert[]): void {
    const before = this.#lines;
    const known = this.#byId;
    const unsettled = new Set<string>();
    for (const line of before.values()) for (const { alert } of line.waiting) unsettled.add(alert.id);
    this.#lines = new Map();
    this.#byId = new Map();
    for (const alert of alerts) {
      if (alert.timeframe !== null) continue;
      this.#byId.set(alert.id, alert);
      let line = this.#lines.get(alert.symbol);
      if (line === undefined) {
        line = { last: before.get(alert.symbol)?.last ?? null, passed: [], waiting: [] };
        this.#lines.set(alert.symbol, line);
      }
      const old = known.get(alert.id);
      const settled = old !== undefined && old.value === alert.value && old.condition === alert.condition &&
        old.restingUntilMs === alert.restingUntilMs && !unsettled.has(alert.id);
      (settled ? line.passed : line.waiting).push({ alert, value: Number(alert.value) });
    }
    for (const line of this.#lines.values()) line.passed.sort((a, b) => a.value - b.value);
  }

  /**
   * Takes a price.
   * @param price decimal string.
   * @param atMs event time at the exchange, Unix ms.
   * @param nowMs wall time, Unix ms: rests end by it.
   * @returns the alerts that fire; each does so once, until {@link set} brings it again with another rest.
   */
  price(symbol: string, price: string, atMs: number, nowMs: number): FiredAlert[] {
    const line = this.#lines.get(symbol);
    if (line === undefined) return [];
    const now = Number(price);
    const before = line.last;
    if (now === before && line.waiting.length === 0) return [];
    line.last = now;
    const fired: FiredAlert[] = [];
    const fire = ({ id }: ActiveAlert) => {
      // Armed again, it is to be looked at like a new one.
      this.#byId.delete(id);
      fired.push({ id, symbol, value: price, atMs });
    };
    if (before !== null) this.#pass(line, before, now, fire);
    if (line.waiting.length > 0) this.#settle(line, before, nowMs, fire);
    return fired;
  }

  /** Looks at the alerts whose value lies between two prices, both included. */
  #pass(line: PriceLine, before: number, now: number, fire: (alert: ActiveAlert) => void): void {
    const low = Math.min(before, now);
    const high = Math.max(before, now);
    const from = firstAtLeast(line.passed, low);
    let to = from;
    const stay: Threshold[] = [];
    for (; to < line.passed.length; to++) {
      const threshold = line.passed[to] as Threshold;
      if (threshold.value > high) break;
      if (isMet(threshold.alert.condition, threshold.value, before, now)) fire(threshold.alert);
      else stay.push(threshold);
    }
    if (to > from && stay.length < to - from) line.passed.splice(from, to - from, ...stay);
  }

  /** Looks at the alerts that wait; those that rest go on waiting, the others take their place by value. */
  #settle(line: PriceLine, before: number | null, nowMs: number, fire: (alert: ActiveAlert) => void): void {
    const now = line.last as number;
    const resting: Threshold[] = [];
    for (const threshold of line.waiting) {
      const { alert, value } = threshold;
      if (alert.restingUntilMs !== null && alert.restingUntilMs > nowMs) resting.push(threshold);
      else if (isMet(alert.condition, value, before, now)) fire(alert);
      else line.passed.splice(firstAtLeast(line.passed, value), 0, threshold);
    }
    line.waiting = resting;
  }
}

/** Index of the first threshold whose value is at least `value`. */
function firstAtLeast(thresholds: readonly Threshold[], value: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((thresholds[middle] as Threshold).value < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
