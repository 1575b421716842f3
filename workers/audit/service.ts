import { fileSink, type HeadSink, lastHeadIn, logSink, webhookSink } from "../../lib/accounts/worker/audit_heads.ts";
import { AuditKeeper } from "../../lib/accounts/worker/audit_keeper.ts";
import { AuditMetrics } from "../../lib/accounts/worker/audit_metrics.ts";
import type { AuditSettings } from "../../lib/accounts/worker/audit_settings.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** The audit log's sealer, watch and exporter. */
export function createAuditService(context: WorkerContext, { headsFile, headsWebhook }: AuditSettings): Service {
  const { rpc, logger, nowMs, registry } = context;
  const sinks: HeadSink[] = [
    logSink(logger),
    ...(headsFile === null ? [] : [fileSink(headsFile)]),
    ...(headsWebhook === null ? [] : [webhookSink(headsWebhook)]),
  ];
  const keeper = new AuditKeeper({
    holder: context.newId(),
    rpc,
    sinks,
    lastHead: () => headsFile === null ? Promise.resolve(null) : lastHeadIn(headsFile),
    metrics: new AuditMetrics(registry),
    logger,
    nowMs,
    wallMs: () => Date.now(),
  });
  return {
    name: "audit",
    run: (signal) => keeper.run(signal),
    health: () => ({ ...keeper.health() }),
  };
}
