/** How far the server's clock is ahead of this browser's, and how well that is known. */
export interface ClockOffset {
  offset_ms: number;
  /** Round trip of the request that told: the offset is known to half of it. */
  roundTrip_ms: number;
}

/** A guess made over a much shorter way is worth more; one as good replaces the old, because clocks drift. */
const WORSE_MAX = 1.5;

/**
 * The offset after an answer that carries the server's time: it was written between sending and receiving, so the
 * middle is the best guess (as NTP does, RFC 5905).
 */
export function observeOffset(
  before: ClockOffset | null,
  serverMs: number,
  sentMs: number,
  receivedMs: number,
): ClockOffset {
  const roundTrip_ms = receivedMs - sentMs;
  if (before !== null && roundTrip_ms > before.roundTrip_ms * WORSE_MAX) return before;
  return { offset_ms: serverMs - (sentMs + receivedMs) / 2, roundTrip_ms };
}
