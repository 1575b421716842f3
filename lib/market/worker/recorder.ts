import type { Logger } from "../../kernel/log.ts";
import { RECORDING_FORMAT, RECORDING_VERSION, type RecordingHeader, type RecordingRecord } from "../recording.ts";
import { makeRoom, PartFile, partName, RECORDING_LIMITS, type RecordingLimits } from "./recording_parts.ts";

/** How often what waits is written: all that a killed process loses. */
export const RECORD_FLUSH_MS = 1_000;

/** Characters of one block: small enough that packing it holds up nobody. */
export const BLOCK_LENGTH = 256 * 1024;

/** Characters that may wait for the disk. Beyond it frames are dropped and counted. */
export const QUEUE_LENGTH_MAX = 16 * 1024 * 1024;

/** Wait before a folder that could not be written is tried again. */
export const RECORD_RETRY_MS = 10_000;

/** Characters that a record without a frame counts for until it is written. */
const RECORD_LENGTH = 200;

/** What a recorder needs from outside. */
export interface RecorderOptions {
  folder: string;
  /** Says whose recording it is. */
  identity: Pick<RecordingHeader, "exchange" | "recording" | "capabilities">;
  /** What whoever reads a part from its beginning has to know; `part` counts from 1. Asked at the moment it begins. */
  checkpoint: (at_ms: number, part: number) => RecordingRecord[];
  /** Symbols streamed now. */
  symbols: () => string[];
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
  limits?: Partial<RecordingLimits> & { queueLength_max?: number; flush_ms?: number; retry_ms?: number };
}

/** A part about to begin: what it says first. */
interface Opening {
  at_ms: number;
  part: number;
  records: RecordingRecord[];
  /** Records that were lost before it, as it says. */
  lost: number;
}

/**
 * Writes a recording without ever holding up whoever records: records wait in a bounded queue, and what finds no room or
 * no disk is dropped, counted, and told in the recording itself.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #limits: RecordingLimits;
  readonly #queueLength_max: number;
  readonly #startedMs: number;
  readonly #startedWallMs: number;
  readonly #timer: ReturnType<typeof setInterval>;
  #pending: RecordingRecord[] = [];
  /** Records on their way to the disk. */
  #batch: RecordingRecord[] = [];
  #length = 0;
  /** Records that could not be kept and have not been told of yet. */
  #lost = 0;
  #dropped = 0;
  #part: PartFile | null = null;
  #partStartedMs = 0;
  #parts = 0;
  #opening: Opening | null;
  /** While the folder cannot be written: when it is tried again. */
  #retryAtMs: number | null = null;
  #writing: Promise<void> | null = null;
  #closed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#limits = { ...RECORDING_LIMITS, ...options.limits };
    this.#queueLength_max = options.limits?.queueLength_max ?? QUEUE_LENGTH_MAX;
    this.#startedMs = options.nowMs();
    this.#startedWallMs = options.wallMs();
    this.#opening = this.#prepare();
    this.#timer = setInterval(() => this.#flush(), options.limits?.flush_ms ?? RECORD_FLUSH_MS);
  }

  /** Time since the recording began, in ms to the microsecond. */
  get at_ms(): number {
    return Math.round((this.#options.nowMs() - this.#startedMs) * 1_000) / 1_000;
  }

  /** Records that could not be kept. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Parts begun. */
  get parts(): number {
    return this.#parts;
  }

  /** Takes a record. Frames go first when there is no room; what explains them has as much again for itself. */
  push(record: RecordingRecord): void {
    if (this.#closed) return;
    const isFrame = record[0] === "frame" || record[0] === "held";
    const length = lengthOf(record);
    const max = isFrame ? this.#queueLength_max : 2 * this.#queueLength_max;
    if (this.#retryAtMs !== null || this.#length + length > max) {
      this.#lost++;
      this.#dropped++;
      return;
    }
    if (this.#lost > 0) {
      this.#pending.push(["gap", this.at_ms, this.#lost]);
      this.#lost = 0;
    }
    this.#pending.push(record);
    this.#length += length;
    if (this.#length >= BLOCK_LENGTH) this.#flush();
  }

  /** Writes what waits and ends the recording. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.push(["end", this.at_ms]);
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#writing;
    this.#flush();
    await this.#writing;
    this.#part?.close();
    this.#part = null;
  }

  #flush(): void {
    this.#writing ??= this.#write().catch((error) => this.#fail(error)).finally(() => {
      this.#writing = null;
      if (this.#length >= BLOCK_LENGTH && this.#retryAtMs === null) this.#flush();
    });
  }

  async #write(): Promise<void> {
    if (this.#retryAtMs !== null) {
      if (this.#options.nowMs() < this.#retryAtMs) return;
      this.#retryAtMs = null;
      this.#opening = this.#prepare();
    }
    if (this.#part !== null && !this.#closed && this.#isFull(this.#part)) {
      // What has happened so far belongs to this part, and what is known at this moment begins the next one.
      this.#take();
      this.#opening = this.#prepare();
      await this.#writeBatch(this.#part);
      this.#part.close();
      this.#part = null;
    }
    if (this.#opening !== null) await this.#open(this.#opening);
    this.#opening = null;
    if (this.#part === null || this.#pending.length === 0) return;
    this.#pending.push(["clock", this.at_ms, Math.round(this.#options.wallMs())]);
    this.#take();
    await this.#writeBatch(this.#part);
  }

  #take(): void {
    this.#batch = this.#pending;
    this.#pending = [];
  }

  #prepare(): Opening {
    const at_ms = this.at_ms;
    const part = ++this.#parts;
    const records: RecordingRecord[] = [["clock", at_ms, Math.round(this.#options.wallMs())]];
    const lost = this.#lost;
    if (lost > 0) records.push(["gap", at_ms, lost]);
    this.#lost = 0;
    records.push(["known", at_ms, this.#options.checkpoint(at_ms, part)]);
    return { at_ms, part, records, lost };
  }

  async #open({ at_ms, part, records }: Opening): Promise<void> {
    const { folder, identity, logger, symbols, nowMs } = this.#options;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const removed = await makeRoom(folder, identity.exchange, this.#limits);
    if (removed.length > 0) logger.info("The oldest recordings made room", { removed: removed.length });
    const started_ms = Math.round(this.#startedWallMs);
    const path = `${folder}/${partName({ ...identity, part }, started_ms)}`;
    const header: RecordingHeader = {
      format: RECORDING_FORMAT,
      version: RECORDING_VERSION,
      exchange: identity.exchange,
      recording: identity.recording,
      part,
      started_ms,
      at_ms,
      symbols: symbols(),
      capabilities: identity.capabilities,
    };
    const file = await PartFile.create(path);
    this.#part = file;
    this.#partStartedMs = nowMs();
    await file.write([header, ...records].map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  #isFull({ bytes }: PartFile): boolean {
    return bytes >= this.#limits.partBytes_max ||
      this.#options.nowMs() - this.#partStartedMs >= this.#limits.part_ms_max;
  }

  async #writeBatch(file: PartFile): Promise<void> {
    while (this.#batch.length > 0) {
      let text = "";
      let length = 0;
      let taken = 0;
      for (const record of this.#batch) {
        if (text.length >= BLOCK_LENGTH) break;
        text += `${JSON.stringify(record)}\n`;
        length += lengthOf(record);
        taken++;
      }
      await file.write(text);
      // Taken out only now: until then they count as waiting.
      this.#batch.splice(0, taken);
      this.#length = Math.max(0, this.#length - length);
    }
  }

  /** The disk did not take it: the feed goes on, and after a while another part is tried. */
  #fail(error: unknown): void {
    const { logger, identity, nowMs } = this.#options;
    logger.warn("Cannot record what comes in: it is tried again", { exchange: identity.exchange, error });
    this.#part?.close();
    this.#part = null;
    const lost = this.#batch.length + this.#pending.length;
    this.#lost += lost + (this.#opening?.lost ?? 0);
    this.#dropped += lost;
    this.#opening = null;
    this.#batch = [];
    this.#pending = [];
    this.#length = 0;
    this.#retryAtMs = nowMs() + (this.#options.limits?.retry_ms ?? RECORD_RETRY_MS);
  }
}

/** Characters a record takes, nearly. */
function lengthOf(record: RecordingRecord): number {
  switch (record[0]) {
    case "frame":
    case "held":
      return record[3].length + 40;
    case "answer":
      return RECORD_LENGTH + record[3].length * 100;
    case "candles":
    case "repaired":
    case "markets":
      return RECORD_LENGTH + record[2].length * RECORD_LENGTH;
    case "stored":
      return RECORD_LENGTH + Object.values(record[3]).reduce((sum, { length }) => sum + length * 100, 0);
    default:
      return RECORD_LENGTH;
  }
}
