import { Counter, Gauge, type Registry } from "prom-client";

/** What the audit log's keeper shows to Prometheus. */
export class AuditMetrics {
  readonly held: Gauge;
  readonly sealed: Counter;
  readonly unsealed: Gauge;
  readonly headSeq: Gauge;
  readonly chainOk: Gauge;
  readonly exports: Counter<"sink" | "outcome">;

  constructor(registry: Registry) {
    const registers = [registry];
    this.held = new Gauge({
      name: "audit_lease_held",
      help: "1 while this process seals the audit log, 0 while it stands by",
      registers,
    });
    this.sealed = new Counter({ name: "audit_sealed_total", help: "Audit rows chained by this process", registers });
    this.unsealed = new Gauge({
      name: "audit_unsealed_rows",
      help: "Audit rows not chained yet when last looked at",
      registers,
    });
    this.headSeq = new Gauge({ name: "audit_head_seq", help: "Number of the last chained audit row", registers });
    this.chainOk = new Gauge({
      name: "audit_chain_ok",
      help: "0 when the audit chain was found broken, else 1",
      registers,
    });
    this.exports = new Counter({
      name: "audit_exports_total",
      help: "Heads of the audit chain written outside the database",
      labelNames: ["sink", "outcome"] as const,
      registers,
    });
    this.chainOk.set(1);
  }
}
