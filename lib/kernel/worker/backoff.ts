/** How waits between attempts grow. */
export interface BackoffOptions {
  base_ms: number;
  max_ms: number;
  /** A number in [0, 1): spreads attempts of many clients over time. */
  random: () => number;
}

/** Doublings after which the wait no longer grows, so that the power cannot overflow. */
const DOUBLINGS_MAX = 20;

/** Wait before attempt number `attempt` (0 is the first retry): half fixed, half random, doubling up to the maximum. */
export function backoff_ms(attempt: number, { base_ms, max_ms, random }: BackoffOptions): number {
  const ceiling = Math.min(max_ms, base_ms * 2 ** Math.min(attempt, DOUBLINGS_MAX));
  return ceiling / 2 + random() * ceiling / 2;
}

/** Waits, or returns at once when `signal` is aborted; its timer never outlives it. */
export function delay(wait_ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, wait_ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
