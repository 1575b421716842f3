import { z } from "zod";
import { type Limit, type LimitRule, limitRulesPageSchema, limitSchema } from "../../accounts/limits.ts";
import type { Rpc } from "../../kernel/edge/supabase.ts";
import {
  type AuditFilter,
  type AuditPage,
  auditPageSchema,
  type AuditState,
  auditStateSchema,
  type AuditVerdict,
  auditVerdictSchema,
} from "../audit.ts";
import { type Dashboard, dashboardSchema } from "../dashboard.ts";
import { type Overview, overviewSchema } from "../overview.ts";
import {
  type AttemptNumbers,
  type AttemptRule,
  attemptRulesPageSchema,
  type RateLimitRule,
  rateLimitsPageSchema,
} from "../rate_limits.ts";
import {
  type AdminUserDetail,
  adminUserSchema,
  type AdminUsersPage,
  adminUsersSchema,
  type UserFilter,
} from "../users.ts";

/** Rows of an exported page, as many as the database gives at once. */
const EXPORT_PAGE_LIMIT = 1_000;

/** Calls of one check, 10,000 rows each: with them a page takes some seconds at most. */
const VERIFY_CALLS_MAX = 10;

/** Where a list goes on, and how much of it is wanted. */
export interface Paging {
  limit: number;
  cursor: string | null;
}

const roleSchema = z.object({ user_id: z.uuid(), admin: z.boolean() });
const kycSchema = z.object({ user_id: z.uuid(), status: z.string(), reason: z.string().nullable() });
const endedSchema = z.object({ user_id: z.uuid(), sessions_ended: z.int() });
const sessionSchema = z.object({ user_id: z.uuid(), session_id: z.uuid() });

/**
 * What administrators see and do, as one of them. Every call throws a Refusal: `not_found` to whoever is none,
 * `step_up_required` below the second factor. `clientId` makes a change happen once, however often it is asked for.
 */
export class AdminStore {
  readonly #rpc: Rpc;
  readonly #accessToken: string;

  constructor(rpc: Rpc, accessToken: string) {
    this.#rpc = rpc;
    this.#accessToken = accessToken;
  }

  async overview(): Promise<Overview> {
    return overviewSchema.parse(await this.#call("admin_overview", {}));
  }

  async dashboard(): Promise<Dashboard> {
    return dashboardSchema.parse(await this.#call("admin_dashboard", {}));
  }

  async users({ query, kyc, role }: UserFilter, { limit, cursor }: Paging): Promise<AdminUsersPage> {
    const args = { p_query: query, p_kyc: kyc, p_role: role, p_limit: limit, p_cursor: cursor };
    return adminUsersSchema.parse(await this.#call("admin_users", args));
  }

  async user(userId: string): Promise<AdminUserDetail> {
    return adminUserSchema.parse(await this.#call("admin_user", { p_user_id: userId }));
  }

  /** A rejection needs a reason (`reason_required`). */
  async setKyc(userId: string, status: string, reason: string | null, clientId: string) {
    const args = { p_user_id: userId, p_status: status, p_reason: reason, p_client_id: clientId };
    return kycSchema.parse(await this.#call("admin_set_kyc", args));
  }

  /** The last administrator stays (`last_admin`). */
  async setRole(userId: string, admin: boolean, clientId: string) {
    const args = { p_user_id: userId, p_admin: admin, p_client_id: clientId };
    return roleSchema.parse(await this.#call("admin_set_role", args));
  }

  async endSessions(userId: string, clientId: string) {
    return endedSchema.parse(await this.#call("admin_end_sessions", { p_user_id: userId, p_client_id: clientId }));
  }

  async endSession(userId: string, sessionId: string, clientId: string) {
    const args = { p_user_id: userId, p_session_id: sessionId, p_client_id: clientId };
    return sessionSchema.parse(await this.#call("admin_end_session", args));
  }

  /** `ceiling` null gives the user the platform's loosest value again. */
  async setCeiling(userId: string, name: string, ceiling: string | null, clientId: string): Promise<Limit> {
    const args = { p_user_id: userId, p_name: name, p_ceiling: ceiling, p_client_id: clientId };
    return limitSchema.parse(await this.#call("admin_set_ceiling", args));
  }

  async limitRules(): Promise<LimitRule[]> {
    return limitRulesPageSchema.parse(await this.#call("limit_rules_page", {})).items;
  }

  async setLimitRule(name: string, defaultValue: string, ceiling: string, clientId: string): Promise<void> {
    const args = { p_name: name, p_default_value: defaultValue, p_ceiling: ceiling, p_client_id: clientId };
    await this.#call("set_limit_rule", args);
  }

  async rateLimits(): Promise<RateLimitRule[]> {
    return rateLimitsPageSchema.parse(await this.#call("rate_limits_page", {})).items;
  }

  async setRateLimit(name: string, capacity: number, refillPerS: number, clientId: string): Promise<void> {
    const args = { p_name: name, p_capacity: capacity, p_refill_per_s: refillPerS, p_client_id: clientId };
    await this.#call("set_rate_limit", args);
  }

  async attemptRules(): Promise<AttemptRule[]> {
    return attemptRulesPageSchema.parse(await this.#call("attempt_rules_page", {})).items;
  }

  async setAttemptRule(name: string, numbers: AttemptNumbers, clientId: string): Promise<void> {
    const args = {
      p_name: name,
      p_free_attempts: numbers.free_attempts,
      p_first_delay_s: numbers.first_delay_s,
      p_delay_s_max: numbers.delay_s_max,
      p_forget_one_s: numbers.forget_one_s,
      p_client_id: clientId,
    };
    await this.#call("set_attempt_rule", args);
  }

  async audit(filter: AuditFilter, { limit, cursor }: Paging): Promise<AuditPage> {
    const args = { ...auditArgs(filter), p_limit: limit, p_cursor: cursor };
    return auditPageSchema.parse(await this.#call("audit_page", args));
  }

  /** A page of an export; the first one is written down. */
  async auditExport(filter: AuditFilter, cursor: string | null): Promise<AuditPage> {
    const args = { ...auditArgs(filter), p_limit: EXPORT_PAGE_LIMIT, p_cursor: cursor };
    return auditPageSchema.parse(await this.#call("audit_export", args));
  }

  async auditState(): Promise<AuditState> {
    return auditStateSchema.parse(await this.#call("admin_audit_state", {}));
  }

  /** Checks the chain from a row on; a long one goes on at `next_seq`. */
  async verifyAudit(fromSeq: string): Promise<AuditVerdict> {
    let checked = 0;
    for (let next = fromSeq, calls = 1;; calls++) {
      const verdict = auditVerdictSchema.parse(await this.#call("admin_verify_audit", { p_from_seq: next }));
      checked += verdict.checked;
      if (verdict.next_seq === null || calls >= VERIFY_CALLS_MAX) return { ...verdict, checked };
      next = verdict.next_seq;
    }
  }

  #call: Rpc["call"] = (name, args) => this.#rpc.call(name, args, { accessToken: this.#accessToken });
}

function auditArgs({ actor, action, subject, fromMs, toMs }: AuditFilter) {
  return {
    p_actor: actor,
    p_action: action,
    p_subject_id: subject,
    p_from: fromMs === null ? null : new Date(fromMs).toISOString(),
    p_to: toMs === null ? null : new Date(toMs).toISOString(),
  };
}
