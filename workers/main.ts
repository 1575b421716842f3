import { collectDefaultMetrics, Registry } from "prom-client";
import { parseAuditSettings } from "../lib/accounts/worker/audit_settings.ts";
import { createLogger, type Logger } from "../lib/kernel/log.ts";
import { uuidv7 } from "../lib/kernel/uuid.ts";
import { backoff_ms, delay } from "../lib/kernel/worker/backoff.ts";
import { parseSettings, type WorkerSettings } from "../lib/kernel/worker/settings.ts";
import { createWorkerClient, Rpc } from "../lib/kernel/worker/supabase.ts";
import { parsePaymentSettings } from "../lib/ledger/worker/payments/settings.ts";
import { FeedMetrics } from "../lib/market/worker/feed_metrics.ts";
import { checkExchange } from "../lib/market/worker/venues.ts";
import { parsePoolAdapterSettings } from "../lib/pools/worker/adapter_settings.ts";
import { createAccountsService } from "./accounts/service.ts";
import { createAuditService } from "./audit/service.ts";
import { createBooksService } from "./books/service.ts";
import type { WorkerContext } from "./context.ts";
import { createFeedService } from "./feed/service.ts";
import { createJanitorService } from "./janitor/service.ts";
import { type Monitor, startMonitor } from "./monitor.ts";
import { createPoolService } from "./pools/service.ts";
import { createPayoutService } from "./payouts/service.ts";
import { createRateLimitService } from "./rate_limits/service.ts";
import { createRoomService } from "./rooms/service.ts";
import type { Service } from "./service.ts";

/** Longest time services may take to stop. */
const STOP_MS_MAX = 2_800;

/** Tries of claiming the database's mode before the worker gives up and its supervisor starts it again. */
const CLAIM_ATTEMPTS_MAX = 8;

const logger = createLogger({
  service: "worker",
  write: (line) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`)),
  nowMs: () => Date.now(),
});

/** Runs the services until a signal or until one of them fails; answers the exit code. */
async function main(): Promise<number> {
  const parsed = parseSettings(Deno.env.toObject());
  if (!parsed.ok) return refuse(logger, parsed.message);
  const { settings } = parsed;
  const audit = parseAuditSettings(Deno.env.toObject());
  if (!audit.ok) return refuse(logger, audit.message);
  const payments = parsePaymentSettings(Deno.env.toObject());
  if (!payments.ok) return refuse(logger, payments.message);
  const adapters = parsePoolAdapterSettings(Deno.env.toObject());
  if (!adapters.ok) return refuse(logger, adapters.message);
  for (const exchange of settings.exchanges) {
    const offered = checkExchange(exchange);
    if (!offered.ok) return refuse(logger, `Cannot start the worker: ${offered.message}`);
  }
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = new FeedMetrics(registry);
  const client = createWorkerClient(settings.supabaseUrl, settings.secretKey);
  const rpc = new Rpc(client, (name, outcome, seconds) => metrics.rpcSeconds.observe({ name, outcome }, seconds));
  const stopping = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => stopping.abort());
  }

  const refusal = await claimMode(rpc, settings, stopping.signal);
  if (refusal !== null) return refuse(logger, refusal);
  if (stopping.signal.aborted) return 0;

  const context: WorkerContext = {
    settings,
    client,
    rpc,
    registry,
    logger,
    nowMs: () => performance.now(),
    random: Math.random,
    newId: () => uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
  };
  const services: Service[] = [
    createFeedService(context, metrics),
    createAccountsService(context),
    createAuditService(context, audit.settings),
    createRateLimitService(context, audit.settings),
    createPoolService(context, adapters.settings),
    createJanitorService(context),
    createBooksService(context),
    createPayoutService(context, payments.settings),
    createRoomService(context),
  ];
  let monitor: Monitor;
  try {
    monitor = startMonitor({ port: settings.workerPort, services, registry, logger });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    return refuse(
      logger,
      `Cannot start the worker: port ${settings.workerPort} is taken, set WORKER_PORT to a free one`,
    );
  }
  logger.info("The worker is ready", { port: monitor.port, exchanges: settings.exchanges, mode: settings.mode });
  const code = await runServices(services, stopping);
  await monitor.stop();
  return code;
}

/** Runs the services side by side. When one fails, the others stop and the process ends: its supervisor restarts it. */
async function runServices(services: readonly Service[], stopping: AbortController): Promise<number> {
  let code = 0;
  const runs = services.map(async (service) => {
    try {
      await service.run(stopping.signal);
      if (!stopping.signal.aborted) throw new Error("the service ended by itself");
    } catch (error) {
      code = 1;
      logger.error("A service failed", { name: service.name, error, stack: error instanceof Error ? error.stack : "" });
      stopping.abort();
    }
  });
  await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve(), { once: true }));
  logger.info("The worker is stopping");
  const over = new AbortController();
  await Promise.race([Promise.all(runs), delay(STOP_MS_MAX, over.signal)]);
  over.abort();
  return code;
}

/** Binds the database to our mode; answers why not, if so. */
async function claimMode(rpc: Rpc, { mode }: WorkerSettings, signal: AbortSignal): Promise<string | null> {
  let detail = "";
  for (let attempt = 0; attempt < CLAIM_ATTEMPTS_MAX && !signal.aborted; attempt++) {
    const answer = await rpc.call("claim_deployment_mode", { p_mode: mode });
    if (answer.ok) return null;
    if (answer.code === "mode_mismatch") {
      return `Cannot start the worker: the database refuses ${mode} mode (mode_mismatch)`;
    }
    detail = answer.detail;
    if (answer.next === "reject") break;
    await delay(backoff_ms(attempt, { base_ms: 250, max_ms: 3_000, random: Math.random }), signal);
  }
  return signal.aborted ? null : `Cannot start the worker: SUPABASE_URL does not let it in: ${detail}`;
}

function refuse(logger: Logger, message: string): number {
  logger.error(message);
  return 1;
}

if (import.meta.main) Deno.exit(await main());
