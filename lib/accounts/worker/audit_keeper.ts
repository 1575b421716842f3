import { z } from "zod";
import type { Logger } from "../../kernel/log.ts";
import { delay } from "../../kernel/worker/backoff.ts";
import { Lease, LEASE_RENEW_MS } from "../../kernel/worker/lease.ts";
import type { Rpc, RpcResult } from "../../kernel/worker/supabase.ts";
import type { AuditHead, HeadSink } from "./audit_heads.ts";
import type { AuditMetrics } from "./audit_metrics.ts";

/** How often unsealed rows are chained: until then nothing would show that one was changed. */
const SEAL_EVERY_MS = 1_000;

/** How often the head is checked and exported: what was sealed since then could be cut off unseen. */
export const EXPORT_EVERY_MS = 60_000;

/** How often the months ahead are looked after. */
const PARTITIONS_EVERY_MS = 6 * 60 * 60_000;

/** Rows of one call, some hundred milliseconds' work. */
const ROWS_PER_CALL = 500;

/** Calls in a row before everything else gets its turn. */
const SEAL_CALLS_MAX = 20;

/** Chunks of 10,000 rows checked at one export; the rest of a long log follows at the next ones. */
const VERIFY_CALLS_MAX = 10;

/** Without an answer from the database for this long the keeper counts as unhealthy. */
const CONTACT_AGE_MS_MAX = 30_000;

const sealedSchema = z.object({ sealed: z.int(), more: z.boolean() });
const headSchema = z.object({ seq: z.string(), hash: z.string(), unsealed: z.int() });
const verdictSchema = z.object({
  ok: z.boolean(),
  first_bad_seq: z.string().nullable(),
  reason: z.string().nullable(),
  next_seq: z.string().nullable(),
});

/** What a keeper needs from outside. */
export interface AuditKeeperOptions {
  /** UUID of this process; another one for each start. */
  holder: string;
  rpc: Rpc;
  sinks: readonly HeadSink[];
  /** The last head known outside the database, which its chain must still contain; null where none is known. */
  lastHead: () => Promise<AuditHead | null>;
  metrics: AuditMetrics;
  logger: Logger;
  /** A monotonic clock in ms. */
  nowMs: () => number;
  /** The calendar's time in Unix ms. */
  wallMs: () => number;
  exportEveryMs?: number;
}

/** What `/healthz` tells of the keeper. */
export interface AuditHealth {
  healthy: boolean;
  role: "standby" | "sealing";
  /** A broken chain needs a person; starting the worker again would mend nothing. */
  chain: "ok" | "broken";
  contact_age_ms: number;
}

/**
 * Chains the audit log each second while this process holds the lease `audit`, and each minute checks the newest part
 * of the chain and writes its head outside the database.
 */
export class AuditKeeper {
  readonly #options: AuditKeeperOptions;
  readonly #lease: Lease;
  readonly #exported = new Map<HeadSink, string>();
  #contactMs: number;
  #renewAtMs = 0;
  #partitionsAtMs = 0;
  #exportAtMs = 0;
  #sealing = false;
  #broken: AuditHead["bad"];
  /** What the next check must find in the chain. */
  #known: AuditHead | null = null;
  #checkFrom = 1;

  constructor(options: AuditKeeperOptions) {
    this.#options = options;
    this.#lease = new Lease("audit", options.holder, options.rpc, options.nowMs);
    this.#contactMs = options.nowMs();
  }

  /** How it goes. */
  health(): AuditHealth {
    const contact_age_ms = Math.round(this.#options.nowMs() - this.#contactMs);
    return {
      healthy: contact_age_ms < CONTACT_AGE_MS_MAX,
      role: this.#sealing ? "sealing" : "standby",
      chain: this.#broken === undefined ? "ok" : "broken",
      contact_age_ms,
    };
  }

  /** Seals or stands by until `signal` is aborted; then the lease is given back. Throws for bugs alone. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const token = await this.#token();
        if (token !== null) await this.#work(token, signal);
        await delay(SEAL_EVERY_MS, signal);
      }
    } finally {
      this.#setSealing(false);
      await this.#lease.release();
    }
  }

  async #token(): Promise<number | null> {
    const { nowMs, lastHead } = this.#options;
    if (nowMs() >= this.#renewAtMs) {
      if (await this.#lease.renew() !== "unknown") this.#contactMs = nowMs();
      this.#renewAtMs = nowMs() + LEASE_RENEW_MS;
    }
    const { token } = this.#lease;
    if (token !== null && !this.#sealing) {
      // Another process may have sealed and exported since: begin with what the outside knows.
      this.#known = await lastHead();
      this.#checkFrom = Math.max(1, Number(this.#known?.seq ?? 1));
      this.#exportAtMs = 0;
    }
    this.#setSealing(token !== null);
    return token;
  }

  async #work(token: number, signal: AbortSignal): Promise<void> {
    const { nowMs, exportEveryMs = EXPORT_EVERY_MS } = this.#options;
    if (nowMs() >= this.#partitionsAtMs) {
      const made = this.#noted(await this.#options.rpc.call("ensure_audit_partitions", {}), "make the months ahead");
      this.#partitionsAtMs = nowMs() + (made === null ? exportEveryMs : PARTITIONS_EVERY_MS);
    }
    await this.#seal(token, signal);
    if (nowMs() < this.#exportAtMs || signal.aborted) return;
    this.#exportAtMs = nowMs() + exportEveryMs;
    await this.#export(token, signal);
  }

  async #seal(token: number, signal: AbortSignal): Promise<void> {
    const { rpc, metrics } = this.#options;
    for (let calls = 0; calls < SEAL_CALLS_MAX && !signal.aborted; calls++) {
      const answer = await rpc.call("seal_audit_log", { p_lease_token: token, p_limit: ROWS_PER_CALL });
      // Somebody else has the lease: ask for it again at once.
      if (!answer.ok && answer.code === "stale_lease") this.#renewAtMs = 0;
      const data = this.#noted(answer, "seal");
      if (data === null) return;
      const { sealed, more } = sealedSchema.parse(data);
      metrics.sealed.inc(sealed);
      if (!more) return;
    }
  }

  async #export(token: number, signal: AbortSignal): Promise<void> {
    const { rpc, metrics, wallMs } = this.#options;
    const data = this.#noted(await rpc.call("audit_head", {}), "read the head");
    if (data === null) return;
    const { seq, hash, unsealed } = headSchema.parse(data);
    metrics.unsealed.set(unsealed);
    metrics.headSeq.set(Number(seq));
    const head: AuditHead = { seq, hash, at: new Date(wallMs()).toISOString() };
    await this.#check(head, signal);
    const kept = await this.#keep(this.#broken === undefined ? head : { ...head, bad: this.#broken });
    // For the administrators' pages alone: a failure changes nothing about what was kept.
    const told = await rpc.call("note_audit_check", {
      p_lease_token: token,
      p_seq: seq,
      p_exported: kept,
      p_bad_seq: this.#broken?.first_bad_seq ?? null,
      p_reason: this.#broken?.reason ?? null,
    });
    this.#noted(told, "tell how the check went");
  }

  /** Checks what was chained since the last check, and that the head known then is still part of the chain. */
  async #check(head: AuditHead, signal: AbortSignal): Promise<void> {
    const { rpc, metrics, logger } = this.#options;
    const p_heads = this.#known === null ? null : [this.#known];
    for (let calls = 0; calls < VERIFY_CALLS_MAX && !signal.aborted; calls++) {
      const answer = await rpc.call("verify_audit_chain", { p_from_seq: this.#checkFrom, p_heads });
      const data = this.#noted(answer, "check the chain");
      if (data === null) return;
      const { ok, first_bad_seq, reason, next_seq } = verdictSchema.parse(data);
      this.#broken = ok ? undefined : { first_bad_seq: first_bad_seq ?? "", reason: reason ?? "" };
      metrics.chainOk.set(ok ? 1 : 0);
      if (!ok) {
        logger.error("The audit chain is broken: somebody changed the audit log", { first_bad_seq, reason });
        return;
      }
      if (next_seq === null) {
        this.#known = head.seq === "0" ? null : head;
        this.#checkFrom = Math.max(1, Number(head.seq));
        return;
      }
      this.#checkFrom = Number(next_seq);
    }
  }

  /** Writes the head to every sink; whether all of them have it now. */
  async #keep(head: AuditHead): Promise<boolean> {
    const { sinks, metrics, logger } = this.#options;
    const content = `${head.seq} ${head.hash} ${head.bad?.reason ?? ""}`;
    const kept = await Promise.all(sinks.map(async (sink) => {
      if (this.#exported.get(sink) === content) return true;
      try {
        await sink.keep(head);
        this.#exported.set(sink, content);
        metrics.exports.inc({ sink: sink.name, outcome: "ok" });
        return true;
      } catch (error) {
        metrics.exports.inc({ sink: sink.name, outcome: "failed" });
        logger.warn("Cannot export the audit chain's head", { sink: sink.name, seq: head.seq, error });
        return false;
      }
    }));
    return kept.length > 0 && kept.every((each) => each);
  }

  /** The answer's data; null after a failure, which is logged: the next turn tries again. */
  #noted(answer: RpcResult, what: string): unknown {
    if (answer.ok) {
      this.#contactMs = this.#options.nowMs();
      return answer.data;
    }
    this.#options.logger.warn(`Cannot ${what}`, { code: answer.code, detail: answer.detail });
    return null;
  }

  #setSealing(sealing: boolean): void {
    if (sealing === this.#sealing) return;
    this.#sealing = sealing;
    this.#options.metrics.held.set(sealing ? 1 : 0);
    this.#options.logger.info("The audit keeper changed its role", { role: sealing ? "sealing" : "standby" });
  }
}
