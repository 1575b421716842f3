import type { Logger } from "../../kernel/log.ts";
import { backoff_ms, delay } from "../../kernel/worker/backoff.ts";
import { type CandleRow, type FeedStore, ROWS_PER_CALL_MAX } from "./feed_store.ts";

/** How long rows gather before they are stored together. */
export const WRITE_INTERVAL_MS = 500;

/** Rows that may wait before whoever reads history has to wait as well. */
export const ROWS_QUEUED_HIGH = 20_000;

/** Rows that may wait at all. Beyond it the feed starts over from what is stored and reads the rest again. */
export const ROWS_QUEUED_MAX = 60_000;

/** Writers side by side. A symbol always takes the same one, so that its candles land in order. */
const LANES = 2;

/** What a writer needs from outside. */
export interface CandleWriterOptions {
  store: FeedStore;
  /** The lease's token; null once it may have passed on. */
  token: () => number | null;
  logger: Logger;
  random: () => number;
  /** Told how many rows were new. */
  onStored: (rows: number) => void;
  /** The lease is lost, or too much waits: nothing more can be stored in this term. */
  onEnd: (reason: "stale_lease" | "overflow") => void;
  /** The database refuses rows as wrong: a bug. */
  onBug: (error: Error) => void;
}

interface Lane {
  rows: CandleRow[];
  /** Rows ever taken, and ever stored. */
  added: number;
  stored: number;
  writing: Promise<void> | null;
}

/**
 * Stores closed candles in bulk: in order for each symbol, each batch tried until it lands. Nothing is ever skipped, so
 * what is stored of a symbol and width always reaches without a hole up to its newest candle.
 */
export class CandleWriter {
  readonly #options: CandleWriterOptions;
  readonly #lanes: Lane[] = Array.from({ length: LANES }, () => ({ rows: [], added: 0, stored: 0, writing: null }));
  readonly #laneOfSymbol = new Map<string, Lane>();
  readonly #stop = new AbortController();
  #waiting: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #queued = 0;

  constructor(options: CandleWriterOptions) {
    this.#options = options;
  }

  /** Rows not stored yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Takes closed candles of one symbol, in order. */
  add(rows: readonly CandleRow[]): void {
    const first = rows[0];
    if (first === undefined || this.#stop.signal.aborted) return;
    if (this.#queued + rows.length > ROWS_QUEUED_MAX) {
      this.#end("overflow");
      return;
    }
    const lane = this.#lane(first.symbol);
    for (const row of rows) lane.rows.push(row);
    lane.added += rows.length;
    this.#queued += rows.length;
    if (lane.rows.length >= ROWS_PER_CALL_MAX) this.#start(lane);
    else this.#arm();
  }

  /** Resolves once fewer rows than {@link ROWS_QUEUED_HIGH} wait, or the writer has ended. */
  async room(): Promise<void> {
    while (this.#queued >= ROWS_QUEUED_HIGH && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves once what waits of a symbol now is stored, or the writer has ended. */
  async settled(symbol: string): Promise<void> {
    const lane = this.#laneOfSymbol.get(symbol);
    const upTo = lane?.added ?? 0;
    while (lane !== undefined && lane.stored < upTo && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Stores what waits, bounded by `timeout_ms`, and ends. */
  async close(timeout_ms = 1_500): Promise<void> {
    clearTimeout(this.#timer);
    const over = new AbortController();
    const flushed = (async () => {
      while (this.#queued > 0 && !over.signal.aborted && !this.#stop.signal.aborted) {
        for (const lane of this.#lanes) this.#start(lane);
        await Promise.race(this.#lanes.map((lane) => lane.writing).filter((writing) => writing !== null));
      }
    })();
    // A call that hangs is left behind: whoever closes has little time, and rows it may still store do no harm.
    await Promise.race([flushed, delay(timeout_ms, over.signal)]);
    over.abort();
    this.#abort();
  }

  #lane(symbol: string): Lane {
    let lane = this.#laneOfSymbol.get(symbol);
    if (lane === undefined) {
      lane = this.#lanes[this.#laneOfSymbol.size % LANES] as Lane;
      this.#laneOfSymbol.set(symbol, lane);
    }
    return lane;
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const lane of this.#lanes) this.#start(lane);
    }, WRITE_INTERVAL_MS);
  }

  #start(lane: Lane): void {
    if (lane.writing !== null || lane.rows.length === 0 || this.#stop.signal.aborted) return;
    lane.writing = this.#write(lane).finally(() => {
      lane.writing = null;
      if (lane.rows.length >= ROWS_PER_CALL_MAX) this.#start(lane);
      else if (lane.rows.length > 0 && !this.#stop.signal.aborted) this.#arm();
    });
  }

  async #write(lane: Lane): Promise<void> {
    const rows = lane.rows.slice(0, ROWS_PER_CALL_MAX);
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      const token = this.#options.token();
      if (token === null) return this.#end("stale_lease");
      const answer = await this.#options.store.recordCandles(token, rows);
      if (answer.ok) {
        // Taken out only now: until then they count as waiting.
        lane.rows.splice(0, rows.length);
        lane.stored += rows.length;
        this.#queued -= rows.length;
        this.#options.onStored(typeof answer.data === "number" ? answer.data : 0);
        this.#wakeWaiting();
        return;
      }
      if (answer.next === "halt") return this.#end("stale_lease");
      if (answer.next === "reject") {
        this.#abort();
        return this.#options.onBug(new Error(`Cannot store candles: ${answer.code} ${answer.detail}`));
      }
      this.#options.logger.warn("Cannot store candles yet", { attempt, rows: rows.length, detail: answer.detail });
      const wait = backoff_ms(attempt, { base_ms: 200, max_ms: 3_000, random: this.#options.random });
      await delay(wait, this.#stop.signal);
    }
  }

  #end(reason: "stale_lease" | "overflow"): void {
    if (this.#stop.signal.aborted) return;
    this.#abort();
    this.#options.onEnd(reason);
  }

  #abort(): void {
    clearTimeout(this.#timer);
    this.#stop.abort();
    this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
