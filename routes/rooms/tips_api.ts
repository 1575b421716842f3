import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  earningsSchema,
  leaderboardSchema,
  sentSchema,
  tipAnswerSchema,
  tipTermsSchema,
  viewAnswerSchema,
} from "../../lib/rooms/answers.ts";
import { amountText } from "../ledger/parts.ts";
import { limitParam, timeParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import {
  claimed,
  jsonAnswer,
  jsonBody,
  PRIVATE,
  PROBLEMS,
  refuseOthers,
  requireText,
  streamParam,
  TAGS,
  tokenOf,
  USER_PROBLEMS,
  uuid,
} from "./parts.ts";

const tipRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/tips",
  tags: TAGS,
  summary: "Tip the streamer in EUR from your wallet; the same `client_id` tips once",
  request: {
    params: streamParam,
    body: jsonBody(
      z.object({ client_id: uuid, amount: amountText, message: z.string().nullable().default(""), ...claimed }),
    ),
  },
  responses: {
    ...jsonAnswer(tipAnswerSchema, "The tip, and the platform's part of it"),
    ...problemsOf(
      ...USER_PROBLEMS,
      "invalid_amount",
      "below_minimum",
      "above_maximum",
      "insufficient_aal",
      "insufficient_funds",
      "tip_to_self",
      "invalid_message",
      "blocked_word",
      "muted",
      "stream_ended",
      "conflict",
    ),
  },
});

const termsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/tip_terms",
  tags: TAGS,
  summary: "What the platform asks of tips",
  responses: { ...jsonAnswer(tipTermsSchema, "Terms"), ...problemsOf("rate_limited", "upstream_unavailable") },
});

const leaderboardRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/leaderboard",
  tags: TAGS,
  summary: "Who tipped most in a room",
  request: { params: streamParam, query: z.object({ limit: limitParam(100, 10) }) },
  responses: { ...jsonAnswer(leaderboardSchema, "The first of them"), ...problemsOf(...PROBLEMS, "invalid_limit") },
});

const earningsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/earnings",
  tags: TAGS,
  summary: "What you earned by tips, by day and by stream: the last 30 days, or a range of up to 366",
  request: { query: z.object({ from: timeParam, to: timeParam }) },
  responses: {
    ...jsonAnswer(earningsSchema, "Earnings"),
    ...problemsOf("unauthenticated", "invalid_time", "invalid_range", "rate_limited", "upstream_unavailable"),
  },
});

/** Deeper than any view is. What is nested thousands of times could not be passed on to the database. */
const VIEW_DEPTH_MAX = 8;

const viewRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/view",
  tags: TAGS,
  summary: "Show your viewers another chart, twice a second at most",
  description: "The body is the view: `{exchange, symbol, timeframe, range: {from, to} | null, drawings: [{id, kind: " +
    "trend | level | note, points: [{t, p}], text}]}`, times in Unix milliseconds, prices as text, 50 drawings at most.",
  request: { params: streamParam, body: jsonBody(z.record(z.string(), z.unknown()).refine(isShallow, "nest less")) },
  responses: {
    ...jsonAnswer(viewAnswerSchema, "Its number"),
    ...problemsOf(...USER_PROBLEMS, "invalid_view", "unknown_symbol", "not_owner", "stream_ended"),
  },
});

const cardRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/cards",
  tags: TAGS,
  summary: "Put what a public pool is worth now into the chat, as a streamer or moderator",
  request: { params: streamParam, body: jsonBody(z.object({ client_id: uuid, pool_id: uuid, ...claimed })) },
  responses: {
    ...jsonAnswer(sentSchema, "The message"),
    ...problemsOf(...USER_PROBLEMS, "forbidden", "muted", "stream_ended", "conflict"),
  },
});

/** Adds tips, and what a streamer shows as data. */
export function addTipsApi(app: ApiApp, services: Services): void {
  const { tips } = services;
  app.openapi(tipRoute, async (c) => {
    const session = await requireSession(c, services);
    const { client_id, amount, message, ...named } = c.req.valid("json");
    refuseOthers(named, session);
    const tip = { clientId: client_id, amount, message: requireText(message ?? "") };
    return c.json({ tip: await tips.tip(session.accessToken, c.req.valid("param").id, tip) }, 200, PRIVATE);
  });
  app.openapi(termsRoute, async (c) => c.json(await tips.terms(await tokenOf(c, services)), 200, PRIVATE));
  app.openapi(leaderboardRoute, async (c) => {
    const { limit } = c.req.valid("query");
    return c.json(await tips.leaderboard(await tokenOf(c, services), c.req.valid("param").id, limit), 200, PRIVATE);
  });
  app.openapi(earningsRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { from = null, to = null } = c.req.valid("query");
    return c.json(await tips.earnings(accessToken, { fromMs: from, toMs: to }), 200, PRIVATE);
  });
  app.openapi(viewRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(
      { seq: await tips.setView(accessToken, c.req.valid("param").id, c.req.valid("json")) },
      200,
      PRIVATE,
    );
  });
  app.openapi(cardRoute, async (c) => {
    const session = await requireSession(c, services);
    const { client_id, pool_id, ...named } = c.req.valid("json");
    refuseOthers(named, session);
    const message = await tips.postPoolCard(session.accessToken, c.req.valid("param").id, pool_id, client_id);
    return c.json({ message }, 200, PRIVATE);
  });
}

function isShallow(view: unknown): boolean {
  return isNestedWithin(view, VIEW_DEPTH_MAX);
}

function isNestedWithin(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => isNestedWithin(each, depth - 1));
}
