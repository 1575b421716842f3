import { type Chore, Janitor } from "../../lib/kernel/worker/janitor.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** How often everything is swept. */
const INTERVAL_MS = 3_600_000;

/** Rows of one call: few enough for the database's time limit. */
const ROWS_PER_CALL = 5_000;

/** What is cleared away. */
const CHORES: readonly Chore[] = [
  { name: "forget_requests", args: { p_limit: ROWS_PER_CALL }, more: (removed) => removed === ROWS_PER_CALL },
  {
    name: "prune_candles",
    args: { p_limit: ROWS_PER_CALL },
    more: (answer) => (answer as { rows_deleted?: unknown }).rows_deleted === ROWS_PER_CALL,
  },
  { name: "thin_pool_nav", args: { p_limit: ROWS_PER_CALL }, more: (removed) => removed === ROWS_PER_CALL },
];

/** Keeps tables from growing for ever. */
export function createJanitorService({ rpc, logger, nowMs, random }: WorkerContext): Service {
  const janitor = new Janitor({ rpc, chores: CHORES, interval_ms: INTERVAL_MS, logger, nowMs, random });
  return {
    name: "janitor",
    run: (signal) => janitor.run(signal),
    health: () => janitor.health(),
  };
}
