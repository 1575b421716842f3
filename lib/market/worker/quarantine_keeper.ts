import type { BadFrame } from "../bad_frame.ts";
import type { FeedStore, QuarantineRow } from "./feed_store.ts";

/** Frames of one reason kept a minute: the first ones tell the story, the rest are counted. */
export const FRAMES_PER_REASON_MAX = 20;

/** Frames that may wait for the database, which keeps as many; beyond it they are counted alone. */
export const FRAMES_QUEUED_MAX = 1_000;

const WINDOW_MS = 60_000;

/** Frames of one call: each has 2,048 characters at most. */
const ROWS_PER_CALL_MAX = 100;

/** What a keeper needs from outside. */
export interface QuarantineKeeperOptions {
  store: Pick<FeedStore, "recordQuarantine">;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** Unix ms. */
  wallMs: () => number;
}

/** Keeps frames that could not be taken: counts all, stores some of each reason. */
export class QuarantineKeeper {
  readonly #options: QuarantineKeeperOptions;
  readonly #kept = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #windowMs = Number.NEGATIVE_INFINITY;
  #rows: QuarantineRow[] = [];
  #total = 0;
  #recent = 0;

  constructor(options: QuarantineKeeperOptions) {
    this.#options = options;
  }

  /** Frames by reason so far. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Frames so far. */
  get total(): number {
    return this.#total;
  }

  /** Frames in the minute that runs: an exchange that sends them now is not well. */
  get recent(): number {
    this.#turn();
    return this.#recent;
  }

  /** Takes a frame. */
  add({ reason, raw, bytes }: BadFrame): void {
    this.#turn();
    this.#total++;
    this.#recent++;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const kept = this.#kept.get(reason) ?? 0;
    if (kept >= FRAMES_PER_REASON_MAX || this.#rows.length >= FRAMES_QUEUED_MAX) return;
    this.#kept.set(reason, kept + 1);
    this.#rows.push({ reason, bytes, raw: printable(raw), received_ms: Math.round(this.#options.wallMs()) });
  }

  /** Stores what waits; what the database does not take now stays for the next time. */
  async flush(token: number): Promise<void> {
    const rows = this.#rows.slice(0, ROWS_PER_CALL_MAX);
    if (rows.length === 0) return;
    const answer = await this.#options.store.recordQuarantine(token, rows);
    // Rows refused as such would be refused for ever.
    if (answer.ok || answer.next === "reject") this.#rows.splice(0, rows.length);
  }

  #turn(): void {
    const now = this.#options.nowMs();
    if (now - this.#windowMs < WINDOW_MS) return;
    this.#windowMs = now;
    this.#kept.clear();
    this.#recent = 0;
  }
}

/** Postgres takes no NUL and no half of a surrogate pair in JSON; both become what they look like in code. */
function printable(raw: string): string {
  // deno-lint-ignore no-control-regex
  return raw.replace(/\u0000/g, "\\u0000").toWellFormed();
}
