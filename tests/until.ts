import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until `condition` holds, looking every 50 ms.
 * @throws Error naming `what` when it does not within `max_ms`.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  max_ms = 20_000,
): Promise<void> {
  const deadline = performance.now() + max_ms;
  while (!await condition()) {
    if (performance.now() > deadline) {
      throw new Error(`Waited ${max_ms} ms in vain until ${typeof what === "string" ? what : what()}`);
    }
    await delay(50);
  }
}
