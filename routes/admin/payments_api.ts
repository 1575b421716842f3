import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { AdminPaymentStore } from "../../lib/admin/edge/payment_store.ts";
import {
  LISTED_PAYMENTS,
  PAYMENT_NOTE_LENGTH_MAX,
  paymentAnswerSchema,
  paymentsPageSchema,
} from "../../lib/admin/payments.ts";
import { newClientId } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, answerOf, clientId, cursorParam, jsonBody, NOT_KEPT, TAGS, tokenOf } from "./api_parts.ts";

const PATH = "/api/v1/admin/payments";
const params = z.object({ payment_id: z.uuid("use a UUID") });
const note = z.string().trim().max(PAYMENT_NOTE_LENGTH_MAX);

const list = createRoute({
  method: "get",
  path: PATH,
  tags: TAGS,
  summary: "Payments that matched no deposit, newest first",
  request: {
    query: z.object({ status: z.enum(LISTED_PAYMENTS).optional(), limit: limitParam(200, 50), cursor: cursorParam }),
  },
  responses: {
    ...answerOf("A page", paymentsPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit"),
  },
});
const assign = createRoute({
  method: "put",
  path: `${PATH}/{payment_id}/assign`,
  tags: TAGS,
  summary: "Say whose a payment is that matched no deposit",
  description:
    "It is booked to the user's wallet as a deposit. What makes the user's payments and credits of 24 hours " +
    "more than 1,000 EUR waits for a second administrator: its status is `awaiting_approval`.",
  request: {
    params,
    ...jsonBody(z.object({
      user_id: z.uuid("use a UUID"),
      note: note.nullable().default(null),
      client_id: clientId.optional(),
    })),
  },
  responses: {
    ...answerOf("The payment", paymentAnswerSchema),
    ...problemsOf(
      ...ADMIN_PROBLEMS,
      "bad_request",
      "conflict",
      "invalid_amount",
      "not_waiting",
      "own_account",
      "rate_missing",
      "rate_stale",
      "unknown_asset",
    ),
  },
});
const giveBack = createRoute({
  method: "put",
  path: `${PATH}/{payment_id}/return`,
  tags: TAGS,
  summary: "Mark a payment as given back at its provider; the note says how",
  description: "What makes an administrator's returns of 24 hours more than 1,000 EUR, or has no rate, waits for a " +
    "second administrator: its status is `awaiting_approval`.",
  request: { params, ...jsonBody(z.object({ note, client_id: clientId.optional() })) },
  responses: {
    ...answerOf("The payment", paymentAnswerSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting", "reason_required"),
  },
});
const approve = createRoute({
  method: "put",
  path: `${PATH}/{payment_id}/approve`,
  tags: TAGS,
  summary: "Have done what another administrator decided about a payment",
  description: "`revision` says which decision was looked at: another one is refused as `conflict`.",
  request: { params, ...jsonBody(z.object({ revision: z.int().min(1), client_id: clientId.optional() })) },
  responses: {
    ...answerOf("The payment", paymentAnswerSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting", "own_account", "own_request"),
  },
});
const reopen = createRoute({
  method: "put",
  path: `${PATH}/{payment_id}/reopen`,
  tags: TAGS,
  summary: "Take back what was decided about a payment, while it waits for approval",
  request: {
    params,
    body: { content: { "application/json": { schema: z.object({ client_id: clientId.optional() }) } } },
  },
  responses: {
    ...answerOf("The payment", paymentAnswerSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting"),
  },
});

/** Adds the payments that matched no deposit, and what administrators decide about them. */
export function addAdminPaymentsApi(app: ApiApp, services: Services): void {
  const storeOf = async (c: AppContext) => new AdminPaymentStore(services.rpc, await tokenOf(c, services));
  app.openapi(list, async (c) => {
    const { status = null, limit, cursor = null } = c.req.valid("query");
    return c.json(await (await storeOf(c)).list(status, { limit, cursor }), 200, NOT_KEPT);
  });
  // Deciding again the same way is harmless, so that a client needs no id of its own.
  app.openapi(assign, async (c) => {
    const { user_id, note, client_id = newClientId(services) } = c.req.valid("json");
    const { payment_id } = c.req.valid("param");
    return c.json(await (await storeOf(c)).assign(payment_id, user_id, note, client_id), 200, NOT_KEPT);
  });
  app.openapi(giveBack, async (c) => {
    const { note, client_id = newClientId(services) } = c.req.valid("json");
    return c.json(await (await storeOf(c)).giveBack(c.req.valid("param").payment_id, note, client_id), 200, NOT_KEPT);
  });
  app.openapi(approve, async (c) => {
    const { revision, client_id = newClientId(services) } = c.req.valid("json");
    const { payment_id } = c.req.valid("param");
    return c.json(await (await storeOf(c)).approve(payment_id, revision, client_id), 200, NOT_KEPT);
  });
  app.openapi(reopen, async (c) => {
    const { client_id = newClientId(services) } = c.req.valid("json") ?? {};
    return c.json(await (await storeOf(c)).reopen(c.req.valid("param").payment_id, client_id), 200, NOT_KEPT);
  });
}
