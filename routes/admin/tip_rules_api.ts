import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { TipRulesStore } from "../../lib/admin/edge/tip_rules_store.ts";
import { tipRulesSchema } from "../../lib/admin/tip_rules.ts";
import type { AppContext } from "../context.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, amountText, answerOf, clientId, jsonBody, NOT_KEPT, TAGS, tokenOf } from "./api_parts.ts";

const path = "/api/v1/admin/tip-rules";

const rules = createRoute({
  method: "get",
  path,
  tags: TAGS,
  summary: "What the platform asks of tips",
  responses: { ...answerOf("The rules", tipRulesSchema), ...problemsOf(...ADMIN_PROBLEMS) },
});
const setRules = createRoute({
  method: "post",
  path,
  tags: TAGS,
  summary: "Change the platform's part of tips, or how much a tip may be, from the next tip on",
  description: "Needs a second factor shown within 15 minutes. What is left out stays.",
  request: jsonBody(z.object({
    fee_percent: amountText.optional(),
    minimum_eur: amountText.optional(),
    maximum_eur: amountText.optional(),
    client_id: clientId,
  })),
  responses: {
    ...answerOf("The rules as they hold now", tipRulesSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict"),
  },
});

/** Adds what the platform asks of tips. */
export function addAdminTipRulesApi(app: ApiApp, services: Services): void {
  const storeOf = async (c: AppContext) => new TipRulesStore(services.rpc, await tokenOf(c, services));
  app.openapi(rules, async (c) => c.json({ rules: await (await storeOf(c)).rules() }, 200, NOT_KEPT));
  app.openapi(setRules, async (c) => {
    const { client_id, ...changes } = c.req.valid("json");
    return c.json({ rules: await (await storeOf(c)).set(changes, client_id) }, 200, NOT_KEPT);
  });
}
