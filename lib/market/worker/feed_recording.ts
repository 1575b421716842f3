import type { Logger } from "../../kernel/log.ts";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import { type CandleRow, FeedStore, type StoredCandles, StoreError } from "./feed_store.ts";
import type { FrameTap } from "./frame_tap.ts";
import { Recorder, type RecorderOptions } from "./recorder.ts";
import { RecordingVenue } from "./recording_venue.ts";
import { BACKFILL_CANDLES } from "./symbol_stream.ts";
import type { Venue } from "./venue.ts";

/** Symbols whose stored candles are read in one call for the beginning of a part. */
const SYMBOLS_PER_CALL_MAX = 5;

/** What a recording needs from outside. */
export interface FeedRecordingOptions {
  exchange: string;
  folder: string;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
  /** Makes a recording's id: eight hexadecimal digits. */
  newId: () => string;
  limits?: RecorderOptions["limits"];
}

/**
 * Records what one exchange's feed is told and what it stores, so that a replay needs neither exchange nor database.
 * Each venue that begins to stream begins a recording. No key and no user's data comes by here.
 */
export class FeedRecording {
  readonly #options: FeedRecordingOptions;
  #recorder: Recorder | null = null;
  #store: FeedStore | null = null;
  /** Symbols whose beginning the recording under way has told. */
  readonly #told = new Set<string>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: FeedRecordingOptions) {
    this.#options = options;
  }

  /** Opens a venue that is recorded from its first stream on. */
  openVenue(open: (tap: FrameTap) => Venue): RecordingVenue {
    return new RecordingVenue({ open, begin: (venue) => this.#begin(venue) });
  }

  /** Opens a store whose answers and writes are recorded. */
  openStore(rpc: Pick<Rpc, "call">): FeedStore {
    this.#store = new FeedStore(rpc, this.#options.exchange);
    return new RecordingStore(rpc, this.#options.exchange, {
      onStored: (stored) => this.#onStored(stored),
      onCandles: (rows) => this.#recorder?.push(["candles", this.#recorder.at_ms, [...rows]]),
      onRepaired: (rows) => this.#recorder?.push(["repaired", this.#recorder.at_ms, [...rows]]),
    });
  }

  /** Records that could not be kept in the recording under way. */
  get dropped(): number {
    return this.#recorder?.dropped ?? 0;
  }

  /** Ends the recording under way: what it was told last is written. */
  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#ending);
  }

  #begin(venue: RecordingVenue): Recorder {
    this.#end();
    this.#told.clear();
    const { exchange, newId } = this.#options;
    const recorder: Recorder = new Recorder({
      ...this.#options,
      identity: {
        exchange,
        recording: newId(),
        capabilities: { ...venue.capabilities, timeframes: [...venue.capabilities.timeframes] },
      },
      symbols: () => venue.symbols,
      checkpoint: (at_ms, part) => {
        if (part > 1) this.#readStored(recorder, venue.symbols);
        return venue.checkpoint(at_ms, part);
      },
    });
    this.#recorder = recorder;
    return recorder;
  }

  #end(): void {
    const ended = this.#recorder?.close();
    this.#recorder = null;
    if (ended === undefined) return;
    this.#ending.add(ended);
    ended.finally(() => this.#ending.delete(ended));
  }

  /** What a symbol began with, once a recording: later answers hold what the recording itself tells. */
  #onStored(stored: ReadonlyMap<string, StoredCandles>): void {
    for (const [symbol, candles] of stored) {
      if (this.#recorder === null || this.#told.has(symbol)) continue;
      this.#told.add(symbol);
      this.#recorder.push(["stored", this.#recorder.at_ms, symbol, candles]);
    }
  }

  /** Whoever reads a later part alone begins with what is stored now. */
  #readStored(recorder: Recorder, symbols: readonly string[]): void {
    const store = this.#store;
    if (store === null) return;
    (async () => {
      for (let i = 0; i < symbols.length && recorder === this.#recorder; i += SYMBOLS_PER_CALL_MAX) {
        const stored = await store.latestCandles(symbols.slice(i, i + SYMBOLS_PER_CALL_MAX), BACKFILL_CANDLES);
        for (const [symbol, candles] of stored) recorder.push(["stored", recorder.at_ms, symbol, candles]);
      }
    })().catch((error) => {
      const { logger, exchange } = this.#options;
      if (error instanceof StoreError) {
        logger.warn("A part of a recording begins without stored candles", { exchange, error });
      } else logger.error("Stored candles could not be recorded", { exchange, error });
    });
  }
}

/** Makes a recording's id by chance. */
export function newRecordingId(): string {
  return [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Told of what passes a store. */
interface StoreTap {
  onStored(stored: ReadonlyMap<string, StoredCandles>): void;
  onCandles(rows: readonly CandleRow[]): void;
  onRepaired(rows: readonly CandleRow[]): void;
}

/** A store that tells what it gave and what landed in it. */
class RecordingStore extends FeedStore {
  readonly #tap: StoreTap;

  constructor(rpc: Pick<Rpc, "call">, exchange: string, tap: StoreTap) {
    super(rpc, exchange);
    this.#tap = tap;
  }

  override async latestCandles(symbols: readonly string[], limit: number): Promise<Map<string, StoredCandles>> {
    const stored = await super.latestCandles(symbols, limit);
    this.#tap.onStored(stored);
    return stored;
  }

  override async recordCandles(token: number, rows: readonly CandleRow[]): Promise<RpcResult> {
    const answer = await super.recordCandles(token, rows);
    if (answer.ok) this.#tap.onCandles(rows);
    return answer;
  }

  override async repairCandles(token: number, rows: readonly CandleRow[]): Promise<RpcResult> {
    const answer = await super.repairCandles(token, rows);
    if (answer.ok) this.#tap.onRepaired(rows);
    return answer;
  }
}
