import { delay } from "../../kernel/worker/backoff.ts";
import type { AdapterResult, MetricsListener, PoolMetrics } from "../adapter.ts";

/** Tells `listener` what `ask` answers, every `every_ms`, until what it returns is called; that waits for the last ask. */
export function pollMetrics(
  ask: (signal: AbortSignal) => Promise<AdapterResult<PoolMetrics>>,
  listener: MetricsListener,
  every_ms: number,
): () => Promise<void> {
  const stop = new AbortController();
  const poll = async () => {
    while (!stop.signal.aborted) {
      const metrics = await ask(stop.signal);
      if (stop.signal.aborted) return;
      listener(metrics);
      await delay(every_ms, stop.signal);
    }
  };
  const polling = poll();
  return async () => {
    stop.abort();
    await polling;
  };
}
