/** Characters of a bad frame that are kept. */
export const RAW_LENGTH_MAX = 2_048;

/** Bad frames kept, the newest ones. */
export const BAD_FRAMES_MAX = 100;

/** Why a frame cannot be used. */
export type BadFrameReason =
  | "too_long"
  | "not_text"
  | "not_json"
  | "unknown_event"
  | "missing_field"
  | "bad_number"
  | "bad_price"
  | "bad_time"
  | "clock_skew"
  | "out_of_order"
  | "duplicate"
  | "closed_twice";

/** A frame that cannot be used, as it came. */
export interface BadFrame {
  reason: BadFrameReason;
  /** The frame, cut after {@link RAW_LENGTH_MAX} characters. */
  raw: string;
  /** Its whole length in bytes of UTF-8. */
  bytes: number;
}

/** A bad frame in quarantine; `at` is when it came, on the clock given by the caller. */
export interface QuarantinedFrame extends BadFrame {
  at: number;
}

/** Wraps a raw frame for quarantine. */
export function badFrame(reason: BadFrameReason, raw: string): BadFrame {
  return { reason, raw: raw.slice(0, RAW_LENGTH_MAX), bytes: new TextEncoder().encode(raw).length };
}

/** Counts bad frames and keeps the newest ones, so that somebody can look at what the exchange really sent. */
export class Quarantine {
  readonly #counts = new Map<BadFrameReason, number>();
  readonly #frames: QuarantinedFrame[] = [];

  /** Takes a frame that came at `at`. */
  add(frame: BadFrame, at: number): void {
    this.#counts.set(frame.reason, (this.#counts.get(frame.reason) ?? 0) + 1);
    this.#frames.push({ ...frame, at });
    if (this.#frames.length > BAD_FRAMES_MAX) this.#frames.shift();
  }

  /** Frames by reason since the start. */
  get counts(): ReadonlyMap<BadFrameReason, number> {
    return this.#counts;
  }

  /** The newest frames, oldest first. */
  get frames(): readonly QuarantinedFrame[] {
    return this.#frames;
  }
}
