import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { AdminWithdrawalStore } from "../../lib/admin/edge/withdrawal_store.ts";
import {
  adminWithdrawalsSchema,
  decidedWithdrawalSchema,
  LISTED_STATES,
  REJECTION_LENGTH_MAX,
} from "../../lib/admin/withdrawals.ts";
import { newClientId } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, answerOf, clientId, cursorParam, NOT_KEPT, TAGS, tokenOf } from "./api_parts.ts";

/** What a user reads whose withdrawal was rejected by a call that says no reason of its own. */
const REJECTED_WITHOUT_REASON = "Rejected by an administrator";

const params = z.object({ withdrawal_id: z.uuid("use a UUID") });

const list = createRoute({
  method: "get",
  path: "/api/v1/admin/withdrawals",
  tags: TAGS,
  summary: "Withdrawals, newest first",
  request: {
    query: z.object({ status: z.enum(LISTED_STATES).optional(), limit: limitParam(200, 50), cursor: cursorParam }),
  },
  responses: {
    ...answerOf("A page", adminWithdrawalsSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit"),
  },
});
const approve = createRoute({
  method: "put",
  path: "/api/v1/admin/withdrawals/{withdrawal_id}/approve",
  tags: TAGS,
  summary: "Have somebody else's withdrawal paid",
  description: "`revision`, where given, says which version was looked at: one that its user has changed since is " +
    "refused as `conflict`. Approving again answers the same.",
  request: {
    params,
    body: {
      content: {
        "application/json": {
          schema: z.object({ client_id: clientId.optional(), revision: z.int().min(1).optional() }),
        },
      },
    },
  },
  responses: {
    ...answerOf("The withdrawal", decidedWithdrawalSchema),
    ...problemsOf(
      ...ADMIN_PROBLEMS,
      "bad_request",
      "conflict",
      "kyc_required",
      "not_waiting",
      "own_request",
      "withdrawals_frozen",
    ),
  },
});
const reject = createRoute({
  method: "put",
  path: "/api/v1/admin/withdrawals/{withdrawal_id}/reject",
  tags: TAGS,
  summary: "Give a withdrawal's money back to its owner, who reads the reason",
  request: {
    params,
    body: {
      content: {
        "application/json": {
          schema: z.object({
            client_id: clientId.optional(),
            reason: z.string().trim().max(REJECTION_LENGTH_MAX).optional(),
          }),
        },
      },
    },
  },
  responses: {
    ...answerOf("The withdrawal", decidedWithdrawalSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting", "payout_started", "reason_required"),
  },
});

/** Adds what administrators see of withdrawals, and decide. */
export function addAdminWithdrawalsApi(app: ApiApp, services: Services): void {
  const storeOf = async (c: AppContext) => new AdminWithdrawalStore(services.rpc, await tokenOf(c, services));
  app.openapi(list, async (c) => {
    const { status = null, limit, cursor = null } = c.req.valid("query");
    return c.json(await (await storeOf(c)).list(status, { limit, cursor }), 200, NOT_KEPT);
  });
  app.openapi(approve, async (c) => {
    // Deciding again the same way is harmless, so that a client needs no id of its own.
    const { client_id = newClientId(services), revision = null } = c.req.valid("json") ?? {};
    const { withdrawal_id } = c.req.valid("param");
    return c.json(await (await storeOf(c)).approve(withdrawal_id, revision, client_id), 200, NOT_KEPT);
  });
  app.openapi(reject, async (c) => {
    const { client_id = newClientId(services), reason = REJECTED_WITHOUT_REASON } = c.req.valid("json") ?? {};
    const { withdrawal_id } = c.req.valid("param");
    return c.json(await (await storeOf(c)).reject(withdrawal_id, reason, client_id), 200, NOT_KEPT);
  });
}
