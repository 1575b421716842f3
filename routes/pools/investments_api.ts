import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  investedSchema,
  investmentDetailSchema,
  investmentHistorySchema,
  investmentsPageSchema,
  requestedSchema,
} from "../../lib/pools/investment_shapes.ts";
import { NO_STORE } from "../accounts/personal.ts";
import { amountText, clientId } from "../ledger/parts.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { cursorParam, idParam, unitsText } from "./params.ts";

const TAGS = ["Investments"];
const PRIVATE = { "cache-control": NO_STORE };
const PROBLEMS = ["bad_request", "busy", "rate_limited", "unauthenticated", "upstream_unavailable"] as const;

/** A body with an id that makes the order once. */
function bodyOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return { required: true, content: { "application/json": { schema: z.object(shape) } } };
}

const invest = createRoute({
  method: "post",
  path: "/api/v1/investments",
  tags: TAGS,
  summary: "Set money aside for a pool's units at its next settlement",
  request: { body: bodyOf({ pool_id: z.uuid("use a UUID"), amount: amountText, client_id: clientId }) },
  responses: {
    200: { description: "The investment, waiting", content: { "application/json": { schema: investedSchema } } },
    ...problemsOf(
      ...PROBLEMS,
      "below_minimum",
      "cap_exceeded",
      "conflict",
      "insufficient_funds",
      "invalid_amount",
      "kyc_required",
      "not_found",
      "pool_not_open",
      "pool_paused",
      "request_limit",
    ),
  },
});

const list = createRoute({
  method: "get",
  path: "/api/v1/investments",
  tags: TAGS,
  summary: "Your investments, newest first, of one pool or of all",
  request: {
    query: z.object({
      pool_id: z.uuid("use a UUID").optional(),
      limit: limitParam(200, 50),
      cursor: cursorParam,
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: investmentsPageSchema } } },
    ...problemsOf(...PROBLEMS, "invalid_cursor", "invalid_limit"),
  },
});

const detail = createRoute({
  method: "get",
  path: "/api/v1/investments/{id}",
  tags: TAGS,
  summary: "One of your investments with its orders",
  request: { params: idParam },
  responses: {
    200: { description: "The investment", content: { "application/json": { schema: investmentDetailSchema } } },
    ...problemsOf(...PROBLEMS, "not_found"),
  },
});

const history = createRoute({
  method: "get",
  path: "/api/v1/investments/{id}/history",
  tags: TAGS,
  summary: "What one of your investments was worth over time, oldest first",
  request: { params: idParam, query: z.object({ points: limitParam(1_000, 300) }) },
  responses: {
    200: {
      description: "Values; `kind` says what changed its units there",
      content: { "application/json": { schema: investmentHistorySchema.extend({ next_cursor: z.null() }) } },
    },
    ...problemsOf(...PROBLEMS, "not_found"),
  },
});

const redeem = createRoute({
  method: "post",
  path: "/api/v1/investments/{id}/redeem",
  tags: TAGS,
  summary: 'Sell units of an investment, or "all", at the next settlement; the money goes to your wallet',
  request: { params: idParam, body: bodyOf({ units: unitsText, client_id: clientId }) },
  responses: {
    200: { description: "The order, waiting", content: { "application/json": { schema: requestedSchema } } },
    ...problemsOf(
      ...PROBLEMS,
      "conflict",
      "invalid_units",
      "not_found",
      "pool_not_open",
      "request_limit",
      "units_exceeded",
    ),
  },
});

const cancel = createRoute({
  method: "post",
  path: "/api/v1/investments/requests/{id}/cancel",
  tags: TAGS,
  summary: "Take back an order that waits, until its cycle's cut-off",
  request: { params: idParam, body: bodyOf({ client_id: clientId }) },
  responses: {
    200: { description: "The order, cancelled", content: { "application/json": { schema: requestedSchema } } },
    ...problemsOf(...PROBLEMS, "conflict", "cutoff_passed", "not_found", "not_waiting"),
  },
});

/** Adds what the caller has in pools. */
export function addInvestmentsApi(app: ApiApp, services: Services): void {
  const { pools } = services;
  app.openapi(invest, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { pool_id, amount, client_id } = c.req.valid("json");
    return c.json({ investment: await pools.invest(accessToken, pool_id, amount, client_id) }, 200, PRIVATE);
  });
  app.openapi(list, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { pool_id: poolId = null, limit, cursor = null } = c.req.valid("query");
    return c.json(await pools.investments(accessToken, { limit, cursor, poolId }), 200, PRIVATE);
  });
  app.openapi(detail, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await pools.investment(accessToken, c.req.valid("param").id), 200, PRIVATE);
  });
  app.openapi(history, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { points } = c.req.valid("query");
    const { items } = await pools.history(accessToken, c.req.valid("param").id, points);
    return c.json({ items, next_cursor: null }, 200, PRIVATE);
  });
  app.openapi(redeem, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { units, client_id } = c.req.valid("json");
    const request = await pools.redeem(accessToken, c.req.valid("param").id, units, client_id);
    return c.json({ request }, 200, PRIVATE);
  });
  app.openapi(cancel, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const request = await pools.cancel(accessToken, c.req.valid("param").id, c.req.valid("json").client_id);
    return c.json({ request }, 200, PRIVATE);
  });
}
