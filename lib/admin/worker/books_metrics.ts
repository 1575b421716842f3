import { Gauge, type Registry } from "prom-client";
import { z } from "zod";

/** What `business_metrics()` answers. Money is a decimal string in EUR; null is what nobody knows. */
export const businessSchema = z.object({
  active_investments: z.int(),
  pool_aum_eur: z.string().nullable(),
  pools_failing: z.int(),
  settlements_overdue: z.int(),
  pending_withdrawals: z.int(),
  pending_withdrawals_eur: z.string(),
  ledger_violations: z.int().nullable(),
  ledger_check_age_s: z.int().nullable(),
});

/** See {@link businessSchema}. */
export type Business = z.infer<typeof businessSchema>;

const GAUGES = {
  active_investments: ["active_investments_total", "Investments that own units of a pool"],
  pool_aum_eur: ["pool_aum_eur", "What all pools are worth in EUR; absent while a rate is missing"],
  pools_failing: ["pools_failing", "Pools whose trading adapter fails"],
  settlements_overdue: ["settlements_overdue", "Cycles that ended more than two minutes ago and are not settled"],
  pending_withdrawals: ["pending_withdrawals_total", "Withdrawals that wait for an administrator"],
  pending_withdrawals_eur: [
    "pending_withdrawals_eur",
    "What withdrawals that wait for an administrator are worth in EUR",
  ],
  ledger_violations: ["ledger_check_violations", "What the last check of the ledger found; 0 while it holds"],
  ledger_check_age_s: ["ledger_check_age_seconds", "Time since the last check of the ledger"],
} as const satisfies Record<keyof Business, readonly [name: string, help: string]>;

/** What Prometheus is told of the business, by the one process that keeps the books. */
export class BooksMetrics {
  readonly #gauges: ReadonlyMap<keyof Business, Gauge>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#gauges = new Map(
      (Object.keys(GAUGES) as (keyof Business)[]).map((key) => {
        const [name, help] = GAUGES[key];
        return [key, new Gauge({ name, help, registers })];
      }),
    );
    this.clear();
  }

  /** Shows what was read; what is not known is shown by no line rather than by 0. */
  show(business: Business): void {
    for (const [key, gauge] of this.#gauges) {
      const value = business[key];
      if (value === null) gauge.remove();
      // A measure for charts and alerts, not for accounts: a float will do.
      else gauge.set(Number(value));
    }
  }

  /** Shows nothing: what was read once would grow old here while another process tells newer figures. */
  clear(): void {
    for (const gauge of this.#gauges.values()) gauge.remove();
  }
}
