import type { PoolAdapterSettings } from "../../lib/pools/worker/adapter_settings.ts";
import { AdapterFactory } from "../../lib/pools/worker/adapters.ts";
import { PoolKeeper } from "../../lib/pools/worker/pool_keeper.ts";
import { PoolMetricsRegistry } from "../../lib/pools/worker/pool_metrics.ts";
import { PoolStore } from "../../lib/pools/worker/pool_store.ts";
import { PriceReader } from "../../lib/pools/worker/price_reader.ts";
import { listenForWake } from "../../lib/realtime/worker/wake.ts";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import type { WorkerContext } from "../context.ts";
import type { Service } from "../service.ts";

/** Times that tests shorten. */
export interface PoolTimes {
  /** How often what is due is asked for. */
  roundEvery_ms?: number;
  /** How often adapters are asked for metrics. */
  metricsEvery_ms?: number;
  /** Longest time of one call to a module. */
  tryMs?: number;
}

/** Values and settles the pools. */
export function createPoolService(
  context: WorkerContext,
  { secrets }: PoolAdapterSettings,
  { roundEvery_ms, ...times }: PoolTimes = {},
): Service {
  const { settings, rpc, registry, logger, nowMs, random } = context;
  const adapters = new AdapterFactory({
    mode: settings.mode,
    exchange: settings.exchanges[0] ?? "sim",
    secrets,
    prices: new PriceReader(rpc, nowMs),
    logger,
    wallMs: () => Date.now(),
    random,
    ...times,
  });
  const keeper = new PoolKeeper({
    holder: context.newId(),
    rpc,
    store: new PoolStore(rpc),
    adapters,
    metrics: new PoolMetricsRegistry(registry),
    logger,
    nowMs,
    random,
    ...(roundEvery_ms === undefined ? {} : { roundEvery_ms }),
  });
  return {
    name: "pools",
    async run(signal) {
      // A socket of its own: a topic can be joined once on each.
      const listener = createWorkerClient(settings.supabaseUrl, settings.secretKey);
      const stopListening = listenForWake(listener, (payload) => {
        if (payload === null) keeper.wake();
        else if ("pools" in payload) keeper.wake(String(payload.pools));
      });
      try {
        await keeper.run(signal);
      } finally {
        await stopListening();
      }
    },
    health: () => ({ ...keeper.health() }),
  };
}
