import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { limitRulesPageSchema } from "../../lib/accounts/limits.ts";
import { attemptRulesPageSchema, rateLimitsPageSchema } from "../../lib/admin/rate_limits.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, amountText, answerOf, clientId, jsonBody, NOT_KEPT, storeOf, TAGS } from "./api_parts.ts";

const nameParams = z.object({ name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, "use a name of the list") });

const limits = createRoute({
  method: "get",
  path: "/api/v1/admin/limits",
  tags: TAGS,
  summary: "Default and loosest value of every limit",
  responses: { ...answerOf("All of them", limitRulesPageSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const setLimit = createRoute({
  method: "post",
  path: "/api/v1/admin/limits/{name}",
  tags: TAGS,
  summary: "Change a limit for everybody, from now on",
  request: {
    params: nameParams,
    ...jsonBody(z.object({ default_value: amountText, ceiling: amountText, client_id: clientId })),
  },
  responses: {
    ...answerOf("All limits as they count now", limitRulesPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_limit_value", "conflict"),
  },
});
const rates = createRoute({
  method: "get",
  path: "/api/v1/admin/rate-limits",
  tags: TAGS,
  summary: "Rules of the rate limits",
  responses: { ...answerOf("All of them", rateLimitsPageSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const setRate = createRoute({
  method: "post",
  path: "/api/v1/admin/rate-limits/{name}",
  tags: TAGS,
  summary: "Change a rate limit's burst and refill, from the next call on",
  request: {
    params: nameParams,
    ...jsonBody(z.object({ capacity: amountText, refill_per_s: amountText, client_id: clientId })),
  },
  responses: {
    ...answerOf("All rules as they count now", rateLimitsPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict"),
  },
});

const attempts = createRoute({
  method: "get",
  path: "/api/v1/admin/attempt-rules",
  tags: TAGS,
  summary: "Rules of how guessing slows down",
  responses: { ...answerOf("All of them", attemptRulesPageSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const setAttempt = createRoute({
  method: "post",
  path: "/api/v1/admin/attempt-rules/{name}",
  tags: TAGS,
  summary: "Change how guessing slows down, from the next attempt on",
  request: {
    params: nameParams,
    ...jsonBody(z.object({
      free_attempts: z.int(),
      first_delay_s: z.int(),
      delay_s_max: z.int(),
      forget_one_s: z.int(),
      client_id: clientId,
    })),
  },
  responses: {
    ...answerOf("All rules as they count now", attemptRulesPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict"),
  },
});

/** Adds what bounds everybody: limits of users, rate limits, and how guessing slows down. */
export function addAdminLimitsApi(app: ApiApp, services: Services): void {
  app.openapi(limits, async (c) => {
    const store = await storeOf(c, services);
    return c.json({ items: await store.limitRules(), next_cursor: null }, 200, NOT_KEPT);
  });
  app.openapi(setLimit, async (c) => {
    const { default_value, ceiling, client_id } = c.req.valid("json");
    const store = await storeOf(c, services);
    await store.setLimitRule(c.req.valid("param").name, default_value, ceiling, client_id);
    return c.json({ items: await store.limitRules(), next_cursor: null }, 200, NOT_KEPT);
  });
  app.openapi(rates, async (c) => {
    const store = await storeOf(c, services);
    return c.json({ items: await store.rateLimits(), next_cursor: null }, 200, NOT_KEPT);
  });
  app.openapi(setRate, async (c) => {
    const { capacity, refill_per_s, client_id } = c.req.valid("json");
    const store = await storeOf(c, services);
    await store.setRateLimit(c.req.valid("param").name, Number(capacity), Number(refill_per_s), client_id);
    return c.json({ items: await store.rateLimits(), next_cursor: null }, 200, NOT_KEPT);
  });
  app.openapi(attempts, async (c) => {
    const store = await storeOf(c, services);
    return c.json({ items: await store.attemptRules(), next_cursor: null }, 200, NOT_KEPT);
  });
  app.openapi(setAttempt, async (c) => {
    const { client_id, ...numbers } = c.req.valid("json");
    const store = await storeOf(c, services);
    await store.setAttemptRule(c.req.valid("param").name, numbers, client_id);
    return c.json({ items: await store.attemptRules(), next_cursor: null }, 200, NOT_KEPT);
  });
}
