import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { limitSchema, limitsPageSchema } from "../../lib/accounts/limits.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { NO_STORE } from "./personal.ts";

const NOT_KEPT = { "cache-control": NO_STORE };

const limits = createRoute({
  method: "get",
  path: "/api/v1/limits",
  summary: "The caller's limits",
  description:
    "`value` counts now; `pending_value` from `pending_at` on. Values are decimal strings in EUR, a count, " +
    "or seconds, as `unit` says; `tighter` says whether a lower or a higher one is the tighter.",
  responses: {
    200: { description: "All of them", content: { "application/json": { schema: limitsPageSchema } } },
    ...problemsOf("unauthenticated", "upstream_unavailable"),
  },
});
const setLimit = createRoute({
  method: "post",
  path: "/api/v1/limits/{name}",
  summary: "Choose a limit: a tighter value counts at once, a looser one after 24 hours",
  request: {
    params: z.object({ name: z.string().max(63) }),
    body: {
      required: true,
      content: {
        "application/json": {
          schema: z.object({ value: z.string().max(20), client_id: z.uuid("use a UUID") }),
        },
      },
    },
  },
  responses: {
    200: { description: "The limit", content: { "application/json": { schema: limitSchema } } },
    ...problemsOf(
      "bad_request",
      "invalid_limit_value",
      "unauthenticated",
      "step_up_required",
      "not_found",
      "limit_ceiling",
      "conflict",
      "rate_limited",
    ),
  },
});

/** Adds what users do about their own limits. */
export function addLimitsApi(app: ApiApp, services: Services): void {
  const { rpc } = services;
  app.openapi(limits, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(limitsPageSchema.parse(await rpc.call("my_limits", {}, { accessToken })), 200, NOT_KEPT);
  });
  app.openapi(setLimit, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { value, client_id } = c.req.valid("json");
    const args = { p_name: c.req.valid("param").name, p_value: value, p_client_id: client_id };
    return c.json(limitSchema.parse(await rpc.call("set_my_limit", args, { accessToken })), 200, NOT_KEPT);
  });
}
