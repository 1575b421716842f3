import type { AuditSettings } from "../../lib/accounts/worker/audit_settings.ts";
import { RateLimitKeeper } from "../../lib/accounts/worker/rate_limit_keeper.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** Keeps the database's rate limits in order. */
export function createRateLimitService(context: WorkerContext, { edgeHmacKey }: AuditSettings): Service {
  const { rpc, logger, nowMs, random } = context;
  const keeper = new RateLimitKeeper({ rpc, edgeHmacKey, logger, nowMs, random });
  return {
    name: "rate_limits",
    run: (signal) => keeper.run(signal),
    health: () => keeper.health(),
  };
}
