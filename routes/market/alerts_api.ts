import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { isDecimal } from "../../lib/kernel/decimal.ts";
import { alertSchema, alertsPageSchema } from "../../lib/market/alert_shapes.ts";
import { ALERT_CONDITIONS } from "../../lib/market/alerts.ts";
import { EXCHANGE_PATTERN, SYMBOL_PATTERN } from "../../lib/market/candle.ts";
import { indicatorReferenceSchema } from "../../lib/market/indicators/key.ts";
import { TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { exchangeParam } from "./params.ts";

const PRIVATE = { "cache-control": "no-store" };

const newAlert = z.object({
  client_id: z.uuid("use a UUID"),
  exchange: z.string().regex(EXCHANGE_PATTERN, "use a lower-case word").optional(),
  symbol: z.string().regex(SYMBOL_PATTERN, "use capitals, digits, dots and dashes"),
  condition: z.enum(ALERT_CONDITIONS),
  value: z.string().max(40).refine(isDecimal, "use a decimal string"),
  timeframe: z.enum(TIMEFRAMES).nullable().default(null),
  indicator: indicatorReferenceSchema.nullable().default(null),
  note: z.string().max(200, "use 200 characters at most").default(""),
  repeat_after_s: z.int().min(60).max(604_800).nullable().default(null),
});

const idParam = z.object({ id: z.uuid("use a UUID") });
const one = { description: "The alert", content: { "application/json": { schema: alertSchema } } };

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/alerts",
  summary: "Your alerts, newest first",
  request: { query: z.object({ exchange: exchangeParam, symbol: z.string().regex(SYMBOL_PATTERN).optional() }) },
  responses: {
    200: { description: "Alerts", content: { "application/json": { schema: alertsPageSchema } } },
    ...problemsOf("invalid_exchange", "invalid_symbol", "unauthenticated", "upstream_unavailable"),
  },
});

const createAlertRoute = createRoute({
  method: "post",
  path: "/api/v1/alerts",
  summary: "Be told when a price or an indicator passes a value",
  description:
    "Without `timeframe` the price is looked at with every tick, with it at each close. The same `client_id` " +
    "gives the same alert.",
  request: { body: { required: true, content: { "application/json": { schema: newAlert } } } },
  responses: {
    201: one,
    ...problemsOf(
      "alert_limit",
      "bad_request",
      "conflict",
      "invalid_alert",
      "rate_limited",
      "unauthenticated",
      "unknown_symbol",
    ),
  },
});

const stateRoute = createRoute({
  method: "put",
  path: "/api/v1/alerts/{id}/state",
  summary: "Pause an alert, or arm it (again)",
  request: {
    params: idParam,
    body: {
      required: true,
      content: { "application/json": { schema: z.object({ state: z.enum(["active", "paused"]) }) } },
    },
  },
  responses: { 200: one, ...problemsOf("bad_request", "not_found", "rate_limited", "unauthenticated") },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/api/v1/alerts/{id}",
  summary: "Delete an alert",
  request: { params: idParam },
  responses: {
    204: { description: "Gone" },
    ...problemsOf("bad_request", "not_found", "rate_limited", "unauthenticated"),
  },
});

/** Adds the caller's alerts. */
export function addAlertsApi(app: ApiApp, services: Services): void {
  const { alerts, defaultExchange } = services;
  app.openapi(listRoute, async (c) => {
    const { exchange = null, symbol = null } = c.req.valid("query");
    const { accessToken } = await requireSession(c, services);
    return c.json(await alerts.list(accessToken, exchange, symbol), 200, PRIVATE);
  });
  app.openapi(createAlertRoute, async (c) => {
    const { client_id, repeat_after_s, exchange = defaultExchange, ...rest } = c.req.valid("json");
    const { accessToken } = await requireSession(c, services);
    const alert = { ...rest, exchange, clientId: client_id, repeatAfterS: repeat_after_s };
    return c.json(await alerts.create(accessToken, alert), 201, PRIVATE);
  });
  app.openapi(stateRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { id } = c.req.valid("param");
    return c.json(await alerts.setState(accessToken, id, c.req.valid("json").state), 200, PRIVATE);
  });
  app.openapi(deleteRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    await alerts.delete(accessToken, c.req.valid("param").id);
    return c.body(null, 204);
  });
}
