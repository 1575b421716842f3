/** A guess at the exchange's clock between its events, which may run faster than the wall's when simulated. */
export interface ExchangeClock {
  /** Exchange time of the newest event, Unix ms. */
  readonly eventMs: number;
  /** Wall time at which it arrived. */
  readonly arrivedMs: number;
  /** Exchange milliseconds per wall millisecond. */
  readonly rate: number;
}

/** Simulated clocks run up to an hour a second. */
const RATE_MAX = 3_600;

/** Events closer than this say more about the network than about the clock. */
const INTERVAL_MS_MIN = 200;

/** How far one pair of events moves the rate. */
const WEIGHT = 0.3;

/** The clock after an event; older events change nothing. */
export function observeClock(clock: ExchangeClock | null, eventMs: number, nowMs: number): ExchangeClock {
  if (clock === null) return { eventMs, arrivedMs: nowMs, rate: 1 };
  const wall = nowMs - clock.arrivedMs;
  if (eventMs <= clock.eventMs || wall < INTERVAL_MS_MIN) return clock;
  const measured = Math.min(RATE_MAX, (eventMs - clock.eventMs) / wall);
  // A real clock needs no smoothing: jitter must not make it run.
  const rate = measured > 0.5 && measured < 2 ? 1 : clock.rate + WEIGHT * (measured - clock.rate);
  return { eventMs, arrivedMs: nowMs, rate };
}

/** What the exchange's clock shows at wall time `nowMs`. */
export function exchangeNow(clock: ExchangeClock, nowMs: number): number {
  return clock.eventMs + Math.max(0, nowMs - clock.arrivedMs) * clock.rate;
}
