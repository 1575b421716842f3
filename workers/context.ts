import type { Registry } from "prom-client";
import type { Logger } from "../lib/kernel/log.ts";
import type { WorkerSettings } from "../lib/kernel/worker/settings.ts";
import type { Rpc, WorkerClient } from "../lib/kernel/worker/supabase.ts";

/** What every service of the worker gets. */
export interface WorkerContext {
  settings: WorkerSettings;
  client: WorkerClient;
  rpc: Rpc;
  registry: Registry;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  random: () => number;
  newId: () => string;
}
