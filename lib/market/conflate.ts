/** Least time between two values of one topic: no more than two a second reach a reader. */
export const CONFLATE_INTERVAL_MS_MIN = 500;

interface Slot<T> {
  sentMs: number;
  value: T | undefined;
}

/**
 * Keeps only the latest value of each topic and lets it pass at most once an interval. What must always arrive (a
 * candle's close) does not go through here; it calls {@link drop}, so that nothing older follows it.
 */
export class Conflator<T> {
  readonly #slots = new Map<string, Slot<T>>();
  readonly #interval_ms: number;

  constructor(interval_ms = CONFLATE_INTERVAL_MS_MIN) {
    this.#interval_ms = interval_ms;
  }

  /** Topics known: those not retained are forgotten by {@link retain}. */
  get size(): number {
    return this.#slots.size;
  }

  /** Takes a topic's newest value, replacing one that still waits. */
  offer(topic: string, value: T): void {
    const slot = this.#slots.get(topic);
    if (slot === undefined) this.#slots.set(topic, { sentMs: Number.NEGATIVE_INFINITY, value });
    else slot.value = value;
  }

  /** Forgets what waits for a topic, because something newer has been sent. */
  drop(topic: string): void {
    const slot = this.#slots.get(topic);
    if (slot !== undefined) slot.value = undefined;
  }

  /** Forgets every topic that is not wanted any more. */
  retain(wanted: (topic: string) => boolean): void {
    for (const topic of this.#slots.keys()) {
      if (!wanted(topic)) this.#slots.delete(topic);
    }
  }

  /** Takes out the values whose topic may speak again at `nowMs`. */
  due(nowMs: number): { topic: string; value: T }[] {
    const out: { topic: string; value: T }[] = [];
    for (const [topic, slot] of this.#slots) {
      if (slot.value === undefined || nowMs - slot.sentMs < this.#interval_ms) continue;
      out.push({ topic, value: slot.value });
      slot.value = undefined;
      slot.sentMs = nowMs;
    }
    return out;
  }
}
