import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** How a settlement ended; `unknown` when the database did not answer: the next try finds out. */
export type SettlementResult = "settled" | "already" | "refused" | "no_equity" | "unknown";

/** What the pools' keeper shows to Prometheus. */
export class PoolMetricsRegistry {
  readonly held: Gauge;
  readonly settlementSeconds: Histogram;
  readonly settlements: Counter<"result">;
  readonly navAge: Gauge;
  readonly failures: Counter<"code">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.held = new Gauge({
      name: "pools_lease_held",
      help: "1 while this process settles pools, 0 while it stands by",
      registers,
    });
    this.settlementSeconds = new Histogram({
      name: "settlement_duration_seconds",
      help: "Time from asking a due pool's adapter until its cycle was settled",
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.settlements = new Counter({
      name: "settlements_total",
      help: "Attempts to settle a pool's cycle",
      labelNames: ["result"] as const,
      registers,
    });
    this.navAge = new Gauge({
      name: "pool_nav_age_seconds",
      help: "Age of the oldest value that a trading pool is shown with",
      registers,
    });
    this.failures = new Counter({
      name: "pool_adapter_failures_total",
      help: "Times a pool's adapter gave nothing of use",
      labelNames: ["code"] as const,
      registers,
    });
  }
}
