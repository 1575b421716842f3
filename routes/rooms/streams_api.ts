import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { uuidv7 } from "../../lib/kernel/uuid.ts";
import { streamDetailSchema, type StreamsPage, streamStatsSchema } from "../../lib/rooms/answers.ts";
import { streamObjectSchema, type StreamScope } from "../../lib/rooms/shapes.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import {
  claimed,
  cursorParam,
  jsonAnswer,
  jsonBody,
  PRIVATE,
  PROBLEMS,
  refuseOthers,
  searchParam,
  streamParam,
  TAGS,
  tokenOf,
  USER_PROBLEMS,
  uuid,
} from "./parts.ts";

const success = z.literal(true);
const streamAnswer = z.object({ success, stream: streamObjectSchema });

const streamsAnswer = z.object({
  success,
  count: z.int().openapi({ description: "How many are in this answer" }),
  streams: z.array(streamObjectSchema),
  next_cursor: z.string().optional().openapi({ description: "Where the list goes on; missing at its end" }),
});

const page = { limit: limitParam(200, 50), cursor: cursorParam };

/** Whatever of these is said; the database decides whether it can be used. */
const terms = {
  description: z.string().optional(),
  category: z.string().optional().openapi({ example: "crypto" }),
  markets: z.array(z.string()).max(50).optional().openapi({ example: ["binance:BTC-USDT"] }),
  thumbnail_url: z.string().nullish(),
  visibility: z.enum(["public", "private"]).optional(),
  scheduled_for: z.string().max(40).nullish().openapi({ example: "2026-12-01T09:00:00Z" }),
  whip_url: z.string().nullish(),
  whep_url: z.string().nullish(),
  recording_url: z.string().nullish(),
  is_recording: z.boolean().optional(),
  client_id: uuid.optional().openapi({ description: "Makes asking twice harmless" }),
  ...claimed,
};

function listRoute<Path extends string>(path: Path, summary: string) {
  return createRoute({
    method: "get",
    path,
    tags: TAGS,
    summary,
    request: { query: z.object({ ...page, category: z.string().max(24).optional(), q: searchParam }) },
    responses: {
      ...jsonAnswer(streamsAnswer, "A page"),
      ...problemsOf("bad_request", "invalid_limit", "invalid_cursor", "rate_limited", "upstream_unavailable"),
    },
  });
}

const liveRoute = listRoute("/api/v1/streaming/live", "Who is live, by viewers");
const scheduledRoute = listRoute("/api/v1/streaming/scheduled", "Who will be live, the next one first");
const endedRoute = listRoute("/api/v1/streaming/ended", "Who was live, the last one first");

const userRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/user/{userId}/streams",
  tags: TAGS,
  summary: "A user's streams of any status, newest first",
  request: { params: z.object({ userId: uuid }), query: z.object(page) },
  responses: {
    ...jsonAnswer(streamsAnswer, "A page"),
    ...problemsOf("bad_request", "invalid_limit", "invalid_cursor", "rate_limited", "upstream_unavailable"),
  },
});

const createStreamRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/create",
  tags: TAGS,
  summary: "Open a room of yours, or schedule one",
  description: "It is live at once, unless `scheduled_for` is given or `start` is false.",
  request: { body: jsonBody(z.object({ title: z.string(), ...terms, start: z.boolean().optional() })) },
  responses: {
    201: { description: "The stream", content: { "application/json": { schema: streamAnswer } } },
    ...problemsOf(...USER_PROBLEMS, "invalid_stream", "already_live", "schedule_limit", "conflict"),
  },
});

const detailRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}",
  tags: TAGS,
  summary: "A stream, the Realtime topic it speaks on while it is live, and what you are there",
  description: "The topic changes whenever somebody is banned; the event `moved` says so on the old one.",
  request: { params: streamParam },
  responses: {
    ...jsonAnswer(z.object({ success, ...streamDetailSchema.shape }), "The stream"),
    ...problemsOf(...PROBLEMS),
  },
});

const updateRoute = createRoute({
  method: "put",
  path: "/api/v1/streaming/{id}",
  tags: TAGS,
  summary: "Change a stream of yours",
  request: { params: streamParam, body: jsonBody(z.object({ title: z.string().optional(), ...terms })) },
  responses: {
    ...jsonAnswer(streamAnswer, "The stream"),
    ...problemsOf(...USER_PROBLEMS, "not_owner", "invalid_stream", "stream_ended", "conflict"),
  },
});

const cancelRoute = createRoute({
  method: "delete",
  path: "/api/v1/streaming/{id}",
  tags: TAGS,
  summary: "Take back a scheduled stream of yours",
  request: { params: streamParam },
  responses: {
    ...jsonAnswer(z.object({ success }), "It is gone"),
    ...problemsOf(...USER_PROBLEMS, "not_owner", "not_scheduled"),
  },
});

const startRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/start",
  tags: TAGS,
  summary: "Open a scheduled room of yours",
  request: { params: streamParam },
  responses: {
    ...jsonAnswer(streamAnswer, "The stream"),
    ...problemsOf(...USER_PROBLEMS, "not_owner", "already_live", "stream_ended"),
  },
});

const endRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/end",
  tags: TAGS,
  summary: "End a stream of yours",
  request: { params: streamParam },
  responses: { ...jsonAnswer(streamAnswer, "The stream"), ...problemsOf(...USER_PROBLEMS, "not_owner", "not_live") },
});

const statsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/stats",
  tags: TAGS,
  summary: "A stream in numbers; its tips for the streamer alone",
  request: { params: streamParam },
  responses: { ...jsonAnswer(streamStatsSchema, "Numbers"), ...problemsOf(...PROBLEMS) },
});

/** Adds streams: listing, opening, changing and ending them. */
export function addStreamsApi(app: ApiApp, services: Services): void {
  const { rooms, nowMs, random } = services;
  const newId = () => uuidv7(nowMs(), random(10));
  const lists = [[liveRoute, "live"], [scheduledRoute, "scheduled"], [endedRoute, "ended"]] as const;
  for (const [route, status] of lists satisfies readonly (readonly [unknown, StreamScope])[]) {
    app.openapi(route, async (c) => {
      const { limit, cursor = null, category = null, q: search = null } = c.req.valid("query");
      const query = { status, category, search, limit, cursor };
      return c.json(listed(await rooms.list(await tokenOf(c, services), query)), 200, PRIVATE);
    });
  }
  app.openapi(userRoute, async (c) => {
    const { limit, cursor = null } = c.req.valid("query");
    const { userId } = c.req.valid("param");
    return c.json(listed(await rooms.ofUser(await tokenOf(c, services), userId, { limit, cursor })), 200, PRIVATE);
  });
  app.openapi(createStreamRoute, async (c) => {
    const session = await requireSession(c, services);
    const { client_id = newId(), user_id, streamer_id, ...stream } = c.req.valid("json");
    refuseOthers({ user_id, streamer_id }, session);
    return c.json(succeeded(await rooms.create(session.accessToken, stream, client_id)), 201, PRIVATE);
  });
  app.openapi(detailRoute, async (c) => {
    const detail = await rooms.detail(await tokenOf(c, services), c.req.valid("param").id);
    return c.json({ success: true as const, ...detail }, 200, PRIVATE);
  });
  app.openapi(updateRoute, async (c) => {
    const session = await requireSession(c, services);
    const { client_id = newId(), user_id, streamer_id, ...changes } = c.req.valid("json");
    refuseOthers({ user_id, streamer_id }, session);
    const { id } = c.req.valid("param");
    return c.json(succeeded(await rooms.update(session.accessToken, id, changes, client_id)), 200, PRIVATE);
  });
  app.openapi(cancelRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    await rooms.cancel(accessToken, c.req.valid("param").id);
    return c.json({ success: true as const }, 200, PRIVATE);
  });
  app.openapi(startRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(succeeded(await rooms.start(accessToken, c.req.valid("param").id)), 200, PRIVATE);
  });
  app.openapi(endRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(succeeded(await rooms.end(accessToken, c.req.valid("param").id)), 200, PRIVATE);
  });
  app.openapi(statsRoute, async (c) => {
    return c.json(await rooms.stats(await tokenOf(c, services), c.req.valid("param").id), 200, PRIVATE);
  });
}

function succeeded(stream: z.infer<typeof streamObjectSchema>): z.infer<typeof streamAnswer> {
  return { success: true, stream };
}

function listed({ items, next_cursor }: StreamsPage): z.infer<typeof streamsAnswer> {
  const answer = { success: true as const, count: items.length, streams: items };
  return next_cursor === null ? answer : { ...answer, next_cursor };
}
