import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { withdrawalAnswerSchema, withdrawalsPageSchema } from "../../lib/ledger/withdrawal_shapes.ts";
import { answerOf, cursorParam, jsonBody, NOT_KEPT } from "../admin/api_parts.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { amountText, assetText, clientId, destinationText } from "./parts.ts";

const TAGS = ["Withdrawals"];
const PATH = "/api/v1/withdrawals";
const PROBLEMS = ["busy", "unauthenticated", "rate_limited", "upstream_unavailable"] as const;
const WANTED_PROBLEMS = [
  ...PROBLEMS,
  "bad_request",
  "conflict",
  "insufficient_aal",
  "insufficient_funds",
  "invalid_amount",
  "invalid_destination",
  "kyc_required",
  "not_found",
  "rate_missing",
  "rate_stale",
  "withdrawals_frozen",
] as const;

const params = z.object({ withdrawal_id: z.uuid("use a UUID") });

const request = createRoute({
  method: "post",
  path: PATH,
  tags: TAGS,
  summary: "Ask for money to leave your wallet",
  description:
    "It is held from here on, and paid once an administrator has approved it. What makes the last 24 hours " +
    "more than 1,000 EUR needs a second factor shown lately (`insufficient_aal`). With `redeem`, units of an " +
    "investment are redeemed first, and the request waits for their settlement.",
  request: jsonBody(z.object({
    asset: assetText,
    amount: amountText,
    destination: destinationText,
    client_id: clientId,
    redeem: z.object({
      investment_id: z.uuid("use a UUID"),
      units: z.string().max(32, 'use a decimal string, or "all"').openapi({ example: "all" }),
    }).nullable().default(null),
  })),
  responses: {
    ...answerOf("The withdrawal", withdrawalAnswerSchema),
    ...problemsOf(
      ...WANTED_PROBLEMS,
      "invalid_units",
      "pool_not_open",
      "request_limit",
      "units_exceeded",
      "unknown_asset",
    ),
  },
});
const list = createRoute({
  method: "get",
  path: PATH,
  tags: TAGS,
  summary: "Your withdrawals, newest first",
  request: { query: z.object({ limit: limitParam(200, 50), cursor: cursorParam }) },
  responses: {
    ...answerOf("A page", withdrawalsPageSchema),
    ...problemsOf(...PROBLEMS, "invalid_cursor", "invalid_limit"),
  },
});
const one = createRoute({
  method: "get",
  path: `${PATH}/{withdrawal_id}`,
  tags: TAGS,
  summary: "One of your withdrawals",
  request: { params },
  responses: { ...answerOf("The withdrawal", withdrawalAnswerSchema), ...problemsOf(...PROBLEMS, "not_found") },
});
const change = createRoute({
  method: "put",
  path: `${PATH}/{withdrawal_id}`,
  tags: TAGS,
  summary: "Change a withdrawal's amount or destination, which voids its approval",
  request: {
    params,
    ...jsonBody(z.object({
      amount: amountText.nullable().default(null),
      destination: destinationText.nullable().default(null),
      client_id: clientId,
    })),
  },
  responses: {
    ...answerOf("The withdrawal", withdrawalAnswerSchema),
    ...problemsOf(...WANTED_PROBLEMS, "not_waiting", "payout_started", "request_limit"),
  },
});
const cancel = createRoute({
  method: "post",
  path: `${PATH}/{withdrawal_id}/cancel`,
  tags: TAGS,
  summary: "Take a withdrawal back; its money is available again",
  request: { params, ...jsonBody(z.object({ client_id: clientId })) },
  responses: {
    ...answerOf("The withdrawal", withdrawalAnswerSchema),
    ...problemsOf(...PROBLEMS, "bad_request", "conflict", "not_found", "not_waiting", "payout_started"),
  },
});

/** Adds the caller's withdrawals. */
export function addWithdrawalsApi(app: ApiApp, services: Services): void {
  const { withdrawals } = services;
  app.openapi(request, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { client_id, ...wanted } = c.req.valid("json");
    return c.json(await withdrawals.request(accessToken, wanted, client_id), 200, NOT_KEPT);
  });
  app.openapi(list, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { limit, cursor = null } = c.req.valid("query");
    return c.json(await withdrawals.list(accessToken, { limit, cursor }), 200, NOT_KEPT);
  });
  app.openapi(one, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await withdrawals.one(accessToken, c.req.valid("param").withdrawal_id), 200, NOT_KEPT);
  });
  app.openapi(change, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { client_id, ...wanted } = c.req.valid("json");
    const { withdrawal_id } = c.req.valid("param");
    return c.json(await withdrawals.change(accessToken, withdrawal_id, wanted, client_id), 200, NOT_KEPT);
  });
  app.openapi(cancel, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { client_id } = c.req.valid("json");
    const { withdrawal_id } = c.req.valid("param");
    return c.json(await withdrawals.cancel(accessToken, withdrawal_id, client_id), 200, NOT_KEPT);
  });
}
