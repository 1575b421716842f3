import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";

/** Batches of one wake: more wait for the next poll, so that a stop is never far. */
const BATCHES_MAX = 200;

/**
 * Tells users what the database has written down in batches, a bounded number of them. Several workers may do so at
 * once: they pass each other by.
 * @returns how many users were told, and whether the batches could be read.
 */
export async function deliverNotices(
  { rpc, logger }: { rpc: Rpc; logger: Logger },
  signal: AbortSignal,
): Promise<{ done: number; ok: boolean }> {
  let done = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    const told = await rpc.call("deliver_notices", {});
    if (!told.ok) {
      logger.warn("Notifications could not be delivered", { code: told.code, detail: told.detail });
      return { done, ok: false };
    }
    const users = z.int().parse(told.data);
    if (users === 0) break;
    done += users;
  }
  return { done, ok: true };
}
