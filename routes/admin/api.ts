import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { KYC_STATES } from "../../lib/accounts/account.ts";
import { limitSchema } from "../../lib/accounts/limits.ts";
import { dashboardSchema } from "../../lib/admin/dashboard.ts";
import { overviewSchema } from "../../lib/admin/overview.ts";
import {
  adminUserSchema,
  adminUsersSchema,
  QUERY_LENGTH_MAX,
  REASON_LENGTH_MAX,
  ROLES,
} from "../../lib/admin/users.ts";
import { newClientId, NO_STORE } from "../accounts/personal.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { nothingHere } from "./administer.ts";
import {
  ADMIN_PROBLEMS,
  amountText,
  answerOf,
  clientId,
  cursorParam,
  jsonBody,
  NOT_KEPT,
  storeOf,
  TAGS,
  userParams,
} from "./api_parts.ts";
import { addAdminAuditApi } from "./audit_api.ts";
import { addAdminLimitsApi } from "./limits_api.ts";
import { addAdminPaymentsApi } from "./payments_api.ts";
import { addAdminPoolsApi } from "./pools_api.ts";
import { addAdminTipRulesApi } from "./tip_rules_api.ts";
import { addAdminWithdrawalsApi } from "./withdrawals_api.ts";

/** What a user reads whose check was rejected by a call that says no reason of its own. */
const REJECTED_WITHOUT_REASON = "Rejected by an administrator";

const dashboard = createRoute({
  method: "get",
  path: "/api/v1/admin/dashboard",
  tags: TAGS,
  summary: "The money in pools, what waits for administrators, and how settlements, ledger and audit chain are",
  description:
    "Money is in EUR, as decimal strings. `aum_eur` and the results are null while `rates_missing` names a " +
    "currency: a part is no total. `series` has 30 days of UTC, today last; past days are valued by today's rates.",
  responses: { ...answerOf("As of now", dashboardSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const overview = createRoute({
  method: "get",
  path: "/api/v1/admin/overview",
  tags: TAGS,
  summary: "Counts, the audit chain's state and the feeds",
  responses: { ...answerOf("As of now", overviewSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const users = createRoute({
  method: "get",
  path: "/api/v1/admin/users",
  tags: TAGS,
  summary: "Users, newest first",
  request: {
    query: z.object({
      q: z.string().max(QUERY_LENGTH_MAX, `use ${QUERY_LENGTH_MAX} characters at most`).optional(),
      kyc: z.enum(KYC_STATES).optional(),
      role: z.enum(ROLES).optional(),
      limit: limitParam(200, 50),
      cursor: cursorParam,
    }),
  },
  responses: {
    ...answerOf("A page", adminUsersSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit"),
  },
});
const user = createRoute({
  method: "get",
  path: "/api/v1/admin/users/{user_id}",
  tags: TAGS,
  summary: "One user with limits, sessions and devices",
  request: { params: userParams },
  responses: { ...answerOf("The user", adminUserSchema), ...problemsOf(...ADMIN_PROBLEMS, "bad_request") },
});
const kyc = createRoute({
  method: "post",
  path: "/api/v1/admin/users/{user_id}/kyc",
  tags: TAGS,
  summary: "Set a user's KYC status; a rejection needs a reason, which the user reads",
  request: {
    params: userParams,
    ...jsonBody(z.object({
      status: z.enum(KYC_STATES),
      reason: z.string().trim().max(REASON_LENGTH_MAX).nullable().default(null),
      client_id: clientId,
    })),
  },
  responses: {
    ...answerOf("What counts now", z.object({ user_id: z.uuid(), status: z.string(), reason: z.string().nullable() })),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "own_account", "reason_required", "conflict"),
  },
});
const kycStatus = createRoute({
  method: "put",
  path: "/api/v1/admin/users/{user_id}/kyc-status",
  tags: TAGS,
  summary: "Set a user's KYC status",
  request: {
    params: userParams,
    ...jsonBody(z.object({
      status: z.enum(KYC_STATES),
      reason: z.string().trim().max(REASON_LENGTH_MAX).nullable().optional(),
      client_id: clientId.optional(),
    })),
  },
  responses: {
    ...answerOf("What counts now", z.object({ user_id: z.uuid(), status: z.string(), reason: z.string().nullable() })),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "own_account", "reason_required", "conflict"),
  },
});
const role = createRoute({
  method: "post",
  path: "/api/v1/admin/users/{user_id}/role",
  tags: TAGS,
  summary: "Make or unmake an administrator; the last one stays",
  request: { params: userParams, ...jsonBody(z.object({ admin: z.boolean(), client_id: clientId })) },
  responses: {
    ...answerOf("What counts now", z.object({ user_id: z.uuid(), admin: z.boolean() })),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "last_admin", "conflict"),
  },
});
const revoke = createRoute({
  method: "post",
  path: "/api/v1/admin/users/{user_id}/sessions/revoke",
  tags: TAGS,
  summary: "End one session of a user, or all of them",
  request: {
    params: userParams,
    ...jsonBody(z.object({ session_id: z.uuid("use a UUID").optional(), client_id: clientId })),
  },
  responses: {
    ...answerOf("How many ended", z.object({ user_id: z.uuid(), sessions_ended: z.int() })),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict"),
  },
});
const ceiling = createRoute({
  method: "post",
  path: "/api/v1/admin/users/{user_id}/limits",
  tags: TAGS,
  summary: "Set the loosest value a user may choose of a limit; null returns to the platform's",
  request: {
    params: userParams,
    ...jsonBody(z.object({ name: z.string().max(63), ceiling: amountText.nullable(), client_id: clientId })),
  },
  responses: {
    ...answerOf("The limit as it counts now", limitSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_limit_value", "conflict"),
  },
});

/** Adds the administrators' API. For everybody else there is nothing at its addresses. */
export function addAdminApi(app: ApiApp, services: Services): void {
  // Before anything is read: who is nobody is not even told what was malformed.
  app.use("/api/v1/admin/*", async (c, next) => {
    if (await sessionOf(c, services) === null) throw nothingHere();
    await next();
    if (c.res.headers.get("cache-control") === null) c.res.headers.set("cache-control", NO_STORE);
  });
  app.openapi(dashboard, async (c) => c.json(await (await storeOf(c, services)).dashboard(), 200, NOT_KEPT));
  app.openapi(overview, async (c) => c.json(await (await storeOf(c, services)).overview(), 200, NOT_KEPT));
  app.openapi(users, async (c) => {
    const { q, kyc: status, role: of, limit, cursor } = c.req.valid("query");
    const filter = { query: q ?? null, kyc: status ?? null, role: of ?? null };
    const store = await storeOf(c, services);
    return c.json(await store.users(filter, { limit, cursor: cursor ?? null }), 200, NOT_KEPT);
  });
  app.openapi(user, async (c) => {
    const store = await storeOf(c, services);
    return c.json(await store.user(c.req.valid("param").user_id), 200, NOT_KEPT);
  });
  addChanges(app, services);
  addAdminLimitsApi(app, services);
  addAdminAuditApi(app, services);
  addAdminPoolsApi(app, services);
  addAdminWithdrawalsApi(app, services);
  addAdminPaymentsApi(app, services);
  addAdminTipRulesApi(app, services);
}

function addChanges(app: ApiApp, services: Services): void {
  app.openapi(kyc, async (c) => {
    const { status, reason, client_id } = c.req.valid("json");
    const store = await storeOf(c, services);
    return c.json(await store.setKyc(c.req.valid("param").user_id, status, reason, client_id), 200, NOT_KEPT);
  });
  app.openapi(kycStatus, async (c) => {
    // Setting the same again is harmless, so that a client needs no id of its own.
    const { status, reason, client_id = newClientId(services) } = c.req.valid("json");
    const told = reason === undefined ? status === "rejected" ? REJECTED_WITHOUT_REASON : null : reason;
    const store = await storeOf(c, services);
    return c.json(await store.setKyc(c.req.valid("param").user_id, status, told, client_id), 200, NOT_KEPT);
  });
  app.openapi(role, async (c) => {
    const { admin, client_id } = c.req.valid("json");
    const store = await storeOf(c, services);
    return c.json(await store.setRole(c.req.valid("param").user_id, admin, client_id), 200, NOT_KEPT);
  });
  app.openapi(revoke, async (c) => {
    const { session_id, client_id } = c.req.valid("json");
    const { user_id } = c.req.valid("param");
    const store = await storeOf(c, services);
    if (session_id === undefined) return c.json(await store.endSessions(user_id, client_id), 200, NOT_KEPT);
    const ended = await store.endSession(user_id, session_id, client_id);
    return c.json({ user_id: ended.user_id, sessions_ended: 1 }, 200, NOT_KEPT);
  });
  app.openapi(ceiling, async (c) => {
    const { name, ceiling: value, client_id } = c.req.valid("json");
    const store = await storeOf(c, services);
    return c.json(await store.setCeiling(c.req.valid("param").user_id, name, value, client_id), 200, NOT_KEPT);
  });
}
