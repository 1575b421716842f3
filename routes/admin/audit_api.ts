import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { ACTION_PATTERN, auditPageSchema, auditStateSchema, auditVerdictSchema } from "../../lib/admin/audit.ts";
import { limitParam, timeParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, answerOf, cursorParam, jsonBody, NOT_KEPT, storeOf, TAGS } from "./api_parts.ts";

const textParam = z.string().min(1).max(200, "use 200 characters at most").optional();

const list = createRoute({
  method: "get",
  path: "/api/v1/admin/audit-logs",
  tags: TAGS,
  summary: "The audit log, newest first",
  description: "`actor` and `subject` are ids or usernames, `action` is `thing.happened`, or `thing` for all of it. " +
    "Entries have from ≤ at < to. `seq` and `hash` are null until the entry is sealed, about a second.",
  request: {
    query: z.object({
      actor: textParam,
      action: z.string().regex(ACTION_PATTERN, 'use "thing" or "thing.happened"').optional(),
      subject: textParam,
      from: timeParam,
      to: timeParam,
      limit: limitParam(200, 50),
      cursor: cursorParam,
    }),
  },
  responses: {
    ...answerOf("A page", auditPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit", "invalid_range", "invalid_time"),
  },
});
const state = createRoute({
  method: "get",
  path: "/api/v1/admin/audit-logs/state",
  tags: TAGS,
  summary: "Where the audit chain ends, and how its last check and export went",
  responses: { ...answerOf("As of now", auditStateSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const verify = createRoute({
  method: "post",
  path: "/api/v1/admin/audit-logs/verify",
  tags: TAGS,
  summary: "Check the audit chain",
  description:
    "Checks up to 100,000 entries a call; go on with `next_seq` until it is null. It changes nothing, so it " +
    "takes no `client_id`; that it was done is written down.",
  request: jsonBody(z.object({ from_seq: z.string().regex(/^[1-9]\d{0,17}$/, "use a number from 1 on").default("1") })),
  responses: {
    ...answerOf("What was found", auditVerdictSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request"),
  },
});

/** Adds the audit log. */
export function addAdminAuditApi(app: ApiApp, services: Services): void {
  app.openapi(list, async (c) => {
    const { actor, action, subject, from, to, limit, cursor } = c.req.valid("query");
    const filter = {
      actor: actor ?? null,
      action: action ?? null,
      subject: subject ?? null,
      fromMs: from ?? null,
      toMs: to ?? null,
    };
    const store = await storeOf(c, services);
    return c.json(await store.audit(filter, { limit, cursor: cursor ?? null }), 200, NOT_KEPT);
  });
  app.openapi(state, async (c) => c.json(await (await storeOf(c, services)).auditState(), 200, NOT_KEPT));
  app.openapi(verify, async (c) => {
    const store = await storeOf(c, services);
    return c.json(await store.verifyAudit(c.req.valid("json").from_seq), 200, NOT_KEPT);
  });
}
