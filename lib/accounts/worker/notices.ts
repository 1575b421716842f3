import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import type { Rpc } from "../../kernel/worker/supabase.ts";

/** Batches of one round: how it goes is noted after each. */
const BATCHES_MAX = 200;

/** Part of what Realtime's plan allows a second that news may take: prices and rooms have the rest. */
const NEWS_SHARE = 0.1;

/** What notices are delivered with. */
export interface NoticesOptions {
  rpc: Rpc;
  logger: Logger;
  /** Messages a second that Realtime's plan allows, or null for no limit. */
  realtimeMessages_per_s_max: number | null;
}

/**
 * Tells users what the database has written down in batches, a bounded number of them and no faster than Realtime's plan
 * lets news be. Several workers may do so at once: they pass each other by.
 * @returns how many users were told, whether the batches could be read, and whether there may be more.
 */
export async function deliverNotices(
  { rpc, logger, realtimeMessages_per_s_max }: NoticesOptions,
  signal: AbortSignal,
): Promise<{ done: number; ok: boolean; more: boolean }> {
  let done = 0;
  for (let batch = 0; batch < BATCHES_MAX && !signal.aborted; batch++) {
    const told = await rpc.call("deliver_notices", {});
    if (!told.ok) {
      logger.warn("Notifications could not be delivered", { code: told.code, detail: told.detail });
      return { done, ok: false, more: false };
    }
    const users = z.int().parse(told.data);
    if (users === 0) return { done, ok: true, more: false };
    done += users;
    if (realtimeMessages_per_s_max !== null) {
      await delay(users / (realtimeMessages_per_s_max * NEWS_SHARE) * 1_000, signal);
    }
  }
  return { done, ok: true, more: true };
}
