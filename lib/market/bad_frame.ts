/** Characters of a bad frame that are kept. */
export const RAW_LENGTH_MAX = 2_048;

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

/** Wraps a raw frame for quarantine. */
export function badFrame(reason: BadFrameReason, raw: string): BadFrame {
  return { reason, raw: raw.slice(0, RAW_LENGTH_MAX), bytes: new TextEncoder().encode(raw).length };
}
