import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { AdminPoolStore, type PoolMoveName } from "../../lib/admin/edge/pool_store.ts";
import {
  adminPoolDetailSchema,
  adminPoolsSchema,
  POOL_CYCLES,
  POOL_DESCRIPTION_LENGTH_MAX,
  POOL_NAME_LENGTH_MAX,
  POOL_REASON_LENGTH_MAX,
  poolAnswerSchema,
  poolMembersSchema,
  poolMoveSchema,
  type PoolTerms,
} from "../../lib/admin/pools.ts";
import type { Code } from "../../lib/kernel/codes.ts";
import { POOL_STATUSES } from "../../lib/pools/pool_shapes.ts";
import { newClientId } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import { amountText, assetText } from "../ledger/parts.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { ADMIN_PROBLEMS, answerOf, clientId, cursorParam, jsonBody, NOT_KEPT, TAGS, tokenOf } from "./api_parts.ts";

const POOLS = "/api/v1/admin/pools";

const params = z.object({ pool_id: z.uuid("use a UUID") });

/** A percentage as a decimal string or a number; how many digits it may have the database says. */
const percent = z.union([z.string().max(16, "use 16 characters at most"), z.number()]).openapi({ example: "15" });

const terms = {
  name: z.string().max(POOL_NAME_LENGTH_MAX * 2),
  currency: assetText,
  cycle: z.enum(POOL_CYCLES),
  minimum: amountText,
  manager_fee_percent: percent.optional(),
  visibility: z.enum(["public", "private"]).optional(),
  description: z.string().max(POOL_DESCRIPTION_LENGTH_MAX).optional(),
  cap: amountText.nullable().optional(),
  platform_share_percent: percent.optional(),
  manager_id: z.uuid("use a UUID").optional(),
  cutoff_lead_s: z.int().min(0).optional(),
  equity_move_percent_max: percent.optional(),
  metadata: z.record(z.string(), z.unknown()).optional().openapi({
    example: { trading: { adapter: "simulated", symbol: "BTC-USDT" } },
  }),
};
const termsBody = z.object(terms);

const POOL_PROBLEMS = [
  "bad_request",
  "conflict",
  "invalid_amount",
  "invalid_pool",
  "name_taken",
  "unknown_asset",
] as const;

const list = createRoute({
  method: "get",
  path: POOLS,
  tags: TAGS,
  summary: "All pools, newest first",
  request: {
    query: z.object({ status: z.enum(POOL_STATUSES).optional(), limit: limitParam(200, 50), cursor: cursorParam }),
  },
  responses: {
    ...answerOf("A page", adminPoolsSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit"),
  },
});
const create = createRoute({
  method: "post",
  path: POOLS,
  tags: TAGS,
  summary: "Make a pool, and open it",
  description:
    'With `draft` it takes no money until it is opened. A `cycle` of "manual" settles only when forced. The ' +
    "caller manages it unless `manager_id` says otherwise; without `metadata.trading` its trading is simulated.",
  request: jsonBody(termsBody.extend({ draft: z.boolean().optional(), client_id: clientId })),
  responses: { ...answerOf("The pool", poolAnswerSchema), ...problemsOf(...ADMIN_PROBLEMS, ...POOL_PROBLEMS) },
});
const detail = createRoute({
  method: "get",
  path: `${POOLS}/{pool_id}`,
  tags: TAGS,
  summary: "A pool with its members, announced fees and settlements",
  request: { params },
  responses: { ...answerOf("The pool", adminPoolDetailSchema), ...problemsOf(...ADMIN_PROBLEMS, "bad_request") },
});
const update = createRoute({
  method: "put",
  path: `${POOLS}/{pool_id}`,
  tags: TAGS,
  summary: "Change a pool's terms",
  description:
    "A lower fee holds from the next cycle that opens; a higher one is announced, and holds two cycles after " +
    "the one that requests join now. A cycle, its cut-off and the platform's share hold from the next cycle, too.",
  request: { params, ...jsonBody(termsBody.partial().extend({ client_id: clientId.optional() })) },
  responses: {
    ...answerOf("The pool", poolAnswerSchema),
    ...problemsOf(...ADMIN_PROBLEMS, ...POOL_PROBLEMS, "pool_not_open"),
  },
});
const pause = moveRoute(
  "pause",
  "No new money and no settlement, until it is resumed; investors read the reason",
  z.object({ reason: z.string().trim().max(POOL_REASON_LENGTH_MAX).optional(), client_id: clientId.optional() }),
  ["pool_not_open"],
);
const plainBody = z.object({ client_id: clientId.optional() });
const moves = {
  open: moveRoute("open", "Open a draft for money", plainBody, ["not_waiting"]),
  resume: moveRoute("resume", "Take a paused pool back to what it was", plainBody, ["pool_not_open"]),
  "force-settlement": moveRoute("force-settlement", "End the cycle now, so that it is settled at once", plainBody, [
    "pool_not_open",
    "pool_paused",
  ]),
  close: moveRoute("close", "Close a pool for good: all units are redeemed at a settlement that is forced", plainBody, [
    "pool_not_open",
    "pool_paused",
  ]),
} as const satisfies Record<PoolMoveName, unknown>;
const members = createRoute({
  method: "post",
  path: `${POOLS}/{pool_id}/members`,
  tags: TAGS,
  summary: "Let a user see a private pool, or no longer",
  request: {
    params,
    ...jsonBody(
      z.object({ user_id: z.uuid("use a UUID"), add: z.boolean().default(true), client_id: clientId.optional() }),
    ),
  },
  responses: {
    ...answerOf("Who was let see it", poolMembersSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "member_limit"),
  },
});

/** A route that moves a pool on in its life; asking again is harmless, so that no id is needed. */
function moveRoute<Name extends string, Body extends z.ZodType>(
  name: Name,
  summary: string,
  schema: Body,
  codes: readonly Code[],
) {
  return createRoute({
    method: "post",
    path: `${POOLS}/{pool_id}/${name}`,
    tags: TAGS,
    summary,
    request: { params, body: { content: { "application/json": { schema } } } },
    responses: {
      ...answerOf("The pool, and its cycle", poolMoveSchema),
      ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", ...codes),
    },
  });
}

/** Adds the administration of pools. */
export function addAdminPoolsApi(app: ApiApp, services: Services): void {
  const storeOf = async (c: AppContext) => new AdminPoolStore(services.rpc, await tokenOf(c, services));
  app.openapi(list, async (c) => {
    const { status = null, limit, cursor = null } = c.req.valid("query");
    return c.json(await (await storeOf(c)).list(status, { limit, cursor }), 200, NOT_KEPT);
  });
  app.openapi(create, async (c) => {
    const { client_id, ...pool } = c.req.valid("json");
    return c.json(await (await storeOf(c)).create(said(pool), client_id), 200, NOT_KEPT);
  });
  app.openapi(detail, async (c) => {
    return c.json(await (await storeOf(c)).pool(c.req.valid("param").pool_id), 200, NOT_KEPT);
  });
  app.openapi(update, async (c) => {
    const { client_id = newClientId(services), ...changes } = c.req.valid("json");
    return c.json(
      await (await storeOf(c)).update(c.req.valid("param").pool_id, said(changes), client_id),
      200,
      NOT_KEPT,
    );
  });
  app.openapi(pause, async (c) => {
    const { client_id = newClientId(services), reason = null } = c.req.valid("json") ?? {};
    return c.json(await (await storeOf(c)).pause(c.req.valid("param").pool_id, reason, client_id), 200, NOT_KEPT);
  });
  for (const name of Object.keys(moves) as PoolMoveName[]) {
    app.openapi(moves[name], async (c) => {
      const { client_id = newClientId(services) } = c.req.valid("json") ?? {};
      return c.json(await (await storeOf(c)).move(name, c.req.valid("param").pool_id, client_id), 200, NOT_KEPT);
    });
  }
  app.openapi(members, async (c) => {
    const { client_id = newClientId(services), user_id, add } = c.req.valid("json");
    const { pool_id } = c.req.valid("param");
    return c.json(await (await storeOf(c)).setMember(pool_id, user_id, add, client_id), 200, NOT_KEPT);
  });
}

/** Terms without those that were not said: to the types "not said" and "undefined" are two things. */
function said(terms: { [Key in keyof PoolTerms]: PoolTerms[Key] | undefined }): PoolTerms {
  return Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
}
