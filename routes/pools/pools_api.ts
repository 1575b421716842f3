import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  performanceSchema,
  POOL_SCOPES,
  poolDetailSchema,
  poolsPageSchema,
  positionsSchema,
} from "../../lib/pools/pool_shapes.ts";
import { NO_STORE } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import { limitParam, timeParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { cursorParam, idParam } from "./params.ts";

const TAGS = ["Pools"];
// One address answers everybody in another way.
const PRIVATE = { "cache-control": NO_STORE };
const PROBLEMS = ["bad_request", "rate_limited", "unauthenticated", "upstream_unavailable"] as const;

/** These lists are whole. */
const WHOLE = { next_cursor: z.null() };

const list = createRoute({
  method: "get",
  path: "/api/v1/pools",
  tags: TAGS,
  summary: "Pools you may see: all of them, yours, or those that take new money",
  request: {
    query: z.object({
      scope: z.enum(POOL_SCOPES, { error: `use one of ${POOL_SCOPES.join(" ")}` }).default("all"),
      limit: limitParam(200, 50),
      cursor: cursorParam,
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: poolsPageSchema } } },
    ...problemsOf(...PROBLEMS, "invalid_cursor", "invalid_limit"),
  },
});

const detail = createRoute({
  method: "get",
  path: "/api/v1/pools/{id}",
  tags: TAGS,
  summary: "A pool with its live figures, its open cycle, its last settlements, and what you have in it",
  request: { params: idParam },
  responses: {
    200: { description: "The pool", content: { "application/json": { schema: poolDetailSchema } } },
    ...problemsOf(...PROBLEMS, "not_found"),
  },
});

const performance = createRoute({
  method: "get",
  path: "/api/v1/pools/{id}/performance",
  tags: TAGS,
  summary: "What a unit was worth over time, oldest first",
  description: "`from` is where it begins; `after` asks for what came after a time, as one does who was away.",
  request: {
    params: idParam,
    query: z.object({ from: timeParam, after: timeParam, points: limitParam(1_000, 300) }),
  },
  responses: {
    200: {
      description: "About as many points as asked for, and every settlement among them",
      content: { "application/json": { schema: performanceSchema.extend(WHOLE) } },
    },
    ...problemsOf(...PROBLEMS, "invalid_time", "not_found"),
  },
});

const positions = createRoute({
  method: "get",
  path: "/api/v1/pools/{id}/positions",
  tags: TAGS,
  summary: "What a pool holds, as its trading adapter last said",
  request: { params: idParam },
  responses: {
    200: {
      description: "Positions; `at` is null while none were told",
      content: { "application/json": { schema: positionsSchema.extend(WHOLE) } },
    },
    ...problemsOf(...PROBLEMS, "not_found"),
  },
});

/** Adds pools, for anybody as far as they are public. */
export function addPoolsApi(app: ApiApp, services: Services): void {
  const { pools } = services;
  const askerOf = async (c: AppContext) => (await sessionOf(c, services))?.accessToken ?? null;
  app.openapi(list, async (c) => {
    const { scope, limit, cursor = null } = c.req.valid("query");
    return c.json(await pools.list(await askerOf(c), { scope, limit, cursor }), 200, PRIVATE);
  });
  app.openapi(detail, async (c) => {
    return c.json(await pools.detail(await askerOf(c), c.req.valid("param").id), 200, PRIVATE);
  });
  app.openapi(performance, async (c) => {
    const { id } = c.req.valid("param");
    const { from, after, points } = c.req.valid("query");
    const fromMs = after ?? from ?? null;
    const { items, settlements } = await pools.performance(await askerOf(c), id, { fromMs, points });
    const isWanted = ({ at }: { at: string }) => after === undefined || Date.parse(at) > after;
    const answer = { items: items.filter(isWanted), settlements: settlements.filter(isWanted), next_cursor: null };
    return c.json(answer, 200, PRIVATE);
  });
  app.openapi(positions, async (c) => {
    const told = await pools.positions(await askerOf(c), c.req.valid("param").id);
    return c.json({ ...told, next_cursor: null }, 200, PRIVATE);
  });
}
