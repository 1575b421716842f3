import { z } from "zod";

/** The longest a fault may last: ten minutes; a forgotten one must not spoil the next hour. */
export const FAULT_MS_MAX = 600_000;
/** The longest frame a fault may send, in characters: more than anyone should read. */
export const FAULT_FRAME_LENGTH_MAX = 6 * 1024 * 1024;
/** The most REST calls a fault may refuse. */
export const FAULT_COUNT_MAX = 10_000;

const duration_ms = z.int().min(1).max(FAULT_MS_MAX);

/**
 * Body of `POST /sim/faults`. Durations are wall time in ms; a gap's symbol is `BTCUSDT` or `BTC-USDT`, absent: all. A
 * frame is sent to every market socket as it stands, filled up with blanks to `length` characters.
 */
export const faultSchema = z.union([
  z.strictObject({ kind: z.literal("disconnect") }),
  z.strictObject({ kind: z.literal("stall"), duration_ms }),
  z.strictObject({ kind: z.literal("gap"), duration_ms, symbol: z.string().max(40).optional() }),
  z.strictObject({ kind: z.literal("429"), count: z.int().min(1).max(FAULT_COUNT_MAX) }),
  z.strictObject({ kind: z.literal("429"), duration_ms }),
  z.strictObject({
    kind: z.literal("frame"),
    text: z.string().max(3_000),
    length: z.int().min(1).max(FAULT_FRAME_LENGTH_MAX).optional(),
  }),
  z.strictObject({ kind: z.literal("delist"), symbol: z.string().max(40) }),
  z.strictObject({ kind: z.literal("clear") }),
]);

/** See {@link faultSchema}. */
export type Fault = z.infer<typeof faultSchema>;

/** Key of a gap on every symbol. */
const EVERY_SYMBOL = "*";

/** The faults in force. Everything here is wall time, so that a fault lasts as long at any speed. */
export class Faults {
  readonly #nowMs: () => number;
  readonly #gapUntil = new Map<string, number>();
  readonly #delisted = new Set<string>();
  #stallUntil = 0;
  #refuseUntil = 0;
  #refuseCount = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Puts a fault in force; `disconnect` and `frame` leave nothing behind and are the caller's to carry out. */
  inject(fault: Fault): void {
    const now = this.#nowMs();
    if (fault.kind === "stall") this.#stallUntil = now + fault.duration_ms;
    if (fault.kind === "gap") this.#gapUntil.set(fault.symbol ?? EVERY_SYMBOL, now + fault.duration_ms);
    if (fault.kind === "delist") this.#delisted.add(fault.symbol);
    if (fault.kind === "429") {
      if ("count" in fault) this.#refuseCount = fault.count;
      else this.#refuseUntil = now + fault.duration_ms;
    }
    if (fault.kind === "clear") {
      this.#gapUntil.clear();
      this.#delisted.clear();
      this.#stallUntil = 0;
      this.#refuseUntil = 0;
      this.#refuseCount = 0;
    }
  }

  /** Whether sockets are silent. */
  isStalled(): boolean {
    return this.#nowMs() < this.#stallUntil;
  }

  /** Whether klines and trades of a symbol (Binance's id) are being lost. */
  hasGap(id: string): boolean {
    if (this.#delisted.has(id)) return true;
    if (this.#gapUntil.size === 0) return false;
    const now = this.#nowMs();
    return now < (this.#gapUntil.get(id) ?? 0) || now < (this.#gapUntil.get(EVERY_SYMBOL) ?? 0);
  }

  /** Whether a symbol (Binance's id) is no longer listed. */
  isDelisted(id: string): boolean {
    return this.#delisted.has(id);
  }

  /** Seconds to name in `Retry-After` when this REST call is to be refused. Uses up one of a counted fault. */
  refuse(): number | undefined {
    const left_ms = this.#refuseUntil - this.#nowMs();
    if (left_ms > 0) return Math.ceil(left_ms / 1000);
    if (this.#refuseCount === 0) return undefined;
    this.#refuseCount--;
    return 1;
  }

  /** What is in force, for `GET /sim/stats`. */
  describe(): Record<string, unknown>[] {
    const now = this.#nowMs();
    const list: Record<string, unknown>[] = [];
    if (now < this.#stallUntil) list.push({ kind: "stall", left_ms: this.#stallUntil - now });
    for (const [symbol, until] of this.#gapUntil) {
      if (now < until) list.push({ kind: "gap", symbol, left_ms: until - now });
    }
    for (const symbol of this.#delisted) list.push({ kind: "delist", symbol });
    if (now < this.#refuseUntil) list.push({ kind: "429", left_ms: this.#refuseUntil - now });
    if (this.#refuseCount > 0) list.push({ kind: "429", left: this.#refuseCount });
    return list;
  }
}
