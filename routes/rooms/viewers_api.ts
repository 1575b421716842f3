import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import {
  caughtUpSchema,
  followedSchema,
  followsPageSchema,
  joinedSchema,
  roomViewersSchema,
  touchedSchema,
} from "../../lib/rooms/answers.ts";
import type { AppContext } from "../context.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession, sessionOf } from "../session.ts";
import {
  claimed,
  cursorParam,
  jsonAnswer,
  PRIVATE,
  PROBLEMS,
  refuseOthers,
  streamParam,
  TAGS,
  tokenOf,
  USER_PROBLEMS,
  uuid,
} from "./parts.ts";

const success = z.literal(true);
const tabBody = z.object({ tab_id: uuid });

const joinRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/join",
  tags: TAGS,
  summary: "Watch a live room, signed in or not",
  description: "Counts as a viewer for 75 seconds: say every 30 that you are there (`touch`). A `tab_id` of your own " +
    "tells your tabs apart; without one you are given it. Join `topic` on Realtime for what happens.",
  request: {
    params: streamParam,
    body: { content: { "application/json": { schema: z.object({ tab_id: uuid.optional(), ...claimed }) } } },
  },
  responses: {
    ...jsonAnswer(z.object({ success, ...joinedSchema.shape, tab_id: uuid.optional() }), "You are in"),
    ...problemsOf(...PROBLEMS, "stream_ended", "unauthenticated", "cross_site"),
  },
});

const touchRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/touch",
  tags: TAGS,
  summary: "Say that a tab still watches, or, without `tab_id`, that the streamer is there",
  description:
    "Every 30 seconds. A room whose streamer says nothing for two minutes ends. After a move to another topic " +
    "say the last message you know as `after`: one answer has all that may have been missed.",
  request: {
    params: streamParam,
    body: {
      content: { "application/json": { schema: z.object({ tab_id: uuid.optional(), after: uuid.optional() }) } },
    },
  },
  responses: {
    ...jsonAnswer(
      z.object({ success, ...caughtUpSchema.partial().shape, ...touchedSchema.shape }),
      "Noted; the topic is another one if the room moved",
    ),
    ...problemsOf(...USER_PROBLEMS, "not_owner", "stream_ended"),
  },
});

const leaveRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/leave",
  tags: TAGS,
  summary: "Say that a tab watches no more; takes a beacon's text/plain as well",
  request: {
    params: streamParam,
    body: { content: { "application/json": { schema: tabBody }, "text/plain": { schema: z.string() } } },
  },
  responses: {
    204: { description: "Noted" },
    ...problemsOf("bad_request", "cross_site", "rate_limited", "unauthenticated", "upstream_unavailable"),
  },
});

const viewersRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/viewers",
  tags: TAGS,
  summary: "Who watches a live room now",
  description:
    "People by name where you are signed in yourself, moderators first; whoever has no account is counted. " +
    "Moderators see who is muted or shadow banned as well.",
  request: { params: streamParam, query: z.object({ limit: limitParam(200, 100) }) },
  responses: { ...jsonAnswer(roomViewersSchema, "As of now"), ...problemsOf(...PROBLEMS, "invalid_limit") },
});

const userParam = z.object({ id: uuid });
const FOLLOW_PROBLEMS = [...USER_PROBLEMS, "follow_limit"] as const;

const followRoute = createRoute({
  method: "post",
  path: "/api/v1/users/{id}/follow",
  tags: TAGS,
  summary: "Follow somebody: you are told when they are live",
  request: { params: userParam },
  responses: { ...jsonAnswer(followedSchema, "You follow"), ...problemsOf(...FOLLOW_PROBLEMS) },
});

const unfollowRoute = createRoute({
  method: "delete",
  path: "/api/v1/users/{id}/follow",
  tags: TAGS,
  summary: "Follow somebody no longer",
  request: { params: userParam },
  responses: { ...jsonAnswer(followedSchema, "You do not follow"), ...problemsOf(...FOLLOW_PROBLEMS) },
});

const followsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/follows",
  tags: TAGS,
  summary: "Whom you follow, the newest first",
  request: { query: z.object({ limit: limitParam(200, 50), cursor: cursorParam }) },
  responses: {
    ...jsonAnswer(followsPageSchema, "A page"),
    ...problemsOf("unauthenticated", "invalid_limit", "invalid_cursor", "rate_limited", "upstream_unavailable"),
  },
});

/** Adds watching and following. */
export function addViewersApi(app: ApiApp, services: Services): void {
  const { rooms } = services;
  app.openapi(joinRoute, async (c) => {
    const session = await sessionOf(c, services);
    const { tab_id, ...named } = c.req.valid("json");
    // Nobody acts under an id, signed in or not, that is not theirs.
    refuseOthers(named, session);
    // Random, because whoever knows a tab's id can say that it left.
    const tabId = tab_id ?? crypto.randomUUID();
    const joined = await rooms.join(session?.accessToken ?? null, c.req.valid("param").id, tabId);
    const answer = { success: true as const, ...joined };
    return c.json(tab_id === undefined ? { ...answer, tab_id: tabId } : answer, 200, PRIVATE);
  });
  app.openapi(touchRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { tab_id, after } = c.req.valid("json");
    if (tab_id === undefined) {
      const touched = await rooms.touchStreamer((await requireSession(c, services)).accessToken, id);
      return c.json({ success: true as const, ...touched }, 200, PRIVATE);
    }
    const token = await tokenOf(c, services);
    const touched = after === undefined
      ? await rooms.touch(token, id, tab_id)
      : await rooms.catchUp(token, id, tab_id, after);
    return c.json({ success: true as const, ...touched }, 200, PRIVATE);
  });
  app.openapi(leaveRoute, async (c) => {
    await rooms.leave(await tokenOf(c, services), c.req.valid("param").id, await readTab(c));
    return c.body(null, 204, PRIVATE);
  });
  app.openapi(viewersRoute, async (c) => {
    const { limit } = c.req.valid("query");
    return c.json(await rooms.viewers(await tokenOf(c, services), c.req.valid("param").id, limit), 200, PRIVATE);
  });
  app.openapi(followRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await rooms.follow(accessToken, c.req.valid("param").id, true), 200, PRIVATE);
  });
  app.openapi(unfollowRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await rooms.follow(accessToken, c.req.valid("param").id, false), 200, PRIVATE);
  });
  app.openapi(followsRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { limit, cursor = null } = c.req.valid("query");
    return c.json(await rooms.follows(accessToken, { limit, cursor }), 200, PRIVATE);
  });
}

/** A page that goes away can only send a beacon, which browsers label text/plain unless told otherwise. */
async function readTab(c: AppContext): Promise<string> {
  const parsed = tabBody.safeParse(await c.req.text().then(JSON.parse).catch(() => null));
  if (!parsed.success) throw new Refusal("bad_request", 'The body must be JSON with a UUID in "tab_id"');
  return parsed.data.tab_id;
}
