import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  actsPageSchema,
  decidedSchema,
  type Person,
  personAnswerSchema,
  REPORT_STATUSES,
  reportsPageSchema,
  roomPeopleSchema,
  settingsAnswerSchema,
} from "../../lib/rooms/answers.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import {
  cursorParam,
  jsonAnswer,
  jsonBody,
  PRIVATE,
  requireText,
  streamParam,
  TAGS,
  USER_PROBLEMS,
  uuid,
} from "./parts.ts";

const MODERATION_PROBLEMS = [...USER_PROBLEMS, "forbidden", "not_owner", "cannot_moderate", "people_limit"] as const;

/** A mute of 30 days is the longest there is; 0 ends one. */
const SECONDS_MAX = 30 * 86_400;

/** Decisions that are made about somebody, and taken back: the list, and what the decision is. */
const LISTS = [
  [
    "bans",
    "Shut somebody out of all your rooms: the connection is cut, what they said is hidden",
    "Let somebody in again",
  ],
  ["shadow_bans", "Let nobody see from now on what somebody says", "Let everybody see it again"],
  ["moderators", "Make somebody a moderator of your rooms", "Make somebody no moderator any more"],
  ["invites", "Let somebody into your private rooms", "Let somebody into your private rooms no more"],
] as const;

const personParam = streamParam.extend({ userId: uuid });
const settingsBody = z.object({
  slow_mode_s: z.number().optional().openapi({ description: "0 to 120 seconds", example: 10 }),
  followers_only: z.boolean().optional(),
  blocked_words: z.array(z.string()).max(1_000).optional(),
  pinned_message_id: uuid.nullish().openapi({ description: "null takes it down" }),
});

const muteRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/mutes",
  tags: TAGS,
  summary: "Take somebody's voice for a while; 0 seconds give it back",
  request: {
    params: streamParam,
    body: jsonBody(z.object({ user_id: uuid, seconds: z.int().min(0).max(SECONDS_MAX) })),
  },
  responses: { ...jsonAnswer(personAnswerSchema, "The person"), ...problemsOf(...MODERATION_PROBLEMS) },
});

function settingsRoute<Method extends "put" | "post">(method: Method) {
  return createRoute({
    method,
    path: "/api/v1/streaming/{id}/settings",
    tags: TAGS,
    summary: "Change how the room talks; what is left out stays",
    request: { params: streamParam, body: jsonBody(settingsBody) },
    responses: {
      ...jsonAnswer(settingsAnswerSchema, "The settings"),
      ...problemsOf(...MODERATION_PROBLEMS, "invalid_settings", "stream_ended"),
    },
  });
}

const pageQuery = { limit: limitParam(200, 50), cursor: cursorParam };

const reportsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/reports",
  tags: TAGS,
  summary: "What was reported, oldest first, for moderators",
  request: { params: streamParam, query: z.object({ ...pageQuery, status: z.enum(REPORT_STATUSES).default("open") }) },
  responses: {
    ...jsonAnswer(reportsPageSchema, "A page"),
    ...problemsOf(...MODERATION_PROBLEMS, "invalid_limit", "invalid_cursor"),
  },
});

const decideRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/reports/{reportId}",
  tags: TAGS,
  summary: "Remove the reported message or keep it; all that was reported about it is decided",
  request: { params: z.object({ reportId: uuid }), body: jsonBody(z.object({ remove: z.boolean() })) },
  responses: { ...jsonAnswer(decidedSchema, "The report"), ...problemsOf(...MODERATION_PROBLEMS) },
});

const actsRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/acts",
  tags: TAGS,
  summary: "What moderators did in all rooms of this streamer, newest first, for moderators",
  request: { params: streamParam, query: z.object(pageQuery) },
  responses: {
    ...jsonAnswer(actsPageSchema, "A page"),
    ...problemsOf(...MODERATION_PROBLEMS, "invalid_limit", "invalid_cursor"),
  },
});

const peopleRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/people",
  tags: TAGS,
  summary: "Moderators, invited, muted and banned users, for moderators",
  request: { params: streamParam },
  responses: { ...jsonAnswer(roomPeopleSchema, "People"), ...problemsOf(...MODERATION_PROBLEMS) },
});

/** Adds what moderators do. */
export function addModerationApi(app: ApiApp, services: Services): void {
  const { chat } = services;
  addDecisions(app, services);
  app.openapi(muteRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { user_id, seconds } = c.req.valid("json");
    return c.json({ person: await chat.mute(accessToken, c.req.valid("param").id, user_id, seconds) }, 200, PRIVATE);
  });
  for (const method of ["put", "post"] as const) {
    app.openapi(settingsRoute(method), async (c) => {
      const { accessToken } = await requireSession(c, services);
      const changes = c.req.valid("json");
      changes.blocked_words?.forEach(requireText);
      const settings = await chat.setSettings(accessToken, c.req.valid("param").id, changes);
      return c.json({ settings }, 200, PRIVATE);
    });
  }
  app.openapi(reportsRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { status, limit, cursor = null } = c.req.valid("query");
    const { id } = c.req.valid("param");
    return c.json(await chat.reports(accessToken, id, { status, limit, cursor }), 200, PRIVATE);
  });
  app.openapi(decideRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { remove } = c.req.valid("json");
    return c.json(
      { report: await chat.decideReport(accessToken, c.req.valid("param").reportId, remove) },
      200,
      PRIVATE,
    );
  });
  app.openapi(actsRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { limit, cursor = null } = c.req.valid("query");
    return c.json(await chat.acts(accessToken, c.req.valid("param").id, { limit, cursor }), 200, PRIVATE);
  });
  app.openapi(peopleRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await chat.people(accessToken, c.req.valid("param").id), 200, PRIVATE);
  });
}

/** `POST /:id/<list> {user_id}` puts somebody on a list, `DELETE /:id/<list>/:userId` takes them off. */
function addDecisions(app: ApiApp, services: Services): void {
  const { chat } = services;
  const decide = {
    bans: chat.ban.bind(chat),
    shadow_bans: chat.shadowBan.bind(chat),
    moderators: chat.setModerator.bind(chat),
    invites: chat.invite.bind(chat),
  } satisfies Record<string, (token: string, streamId: string, userId: string, is: boolean) => Promise<Person>>;
  for (const [list, add, drop] of LISTS) {
    const path = `/api/v1/streaming/{id}/${list}` as const;
    const responses = { ...jsonAnswer(personAnswerSchema, "The person"), ...problemsOf(...MODERATION_PROBLEMS) };
    const request = { params: streamParam, body: jsonBody(z.object({ user_id: uuid })) };
    app.openapi(createRoute({ method: "post", path, tags: TAGS, summary: add, request, responses }), async (c) => {
      const { accessToken } = await requireSession(c, services);
      const { user_id } = c.req.valid("json");
      const person = await decide[list](accessToken, c.req.valid("param").id, user_id, true);
      return c.json({ person }, 200, PRIVATE);
    });
    const undo = createRoute({
      method: "delete",
      path: `${path}/{userId}` as const,
      tags: TAGS,
      summary: drop,
      request: { params: personParam },
      responses,
    });
    app.openapi(undo, async (c) => {
      const { accessToken } = await requireSession(c, services);
      const { id, userId } = c.req.valid("param");
      return c.json({ person: await decide[list](accessToken, id, userId, false) }, 200, PRIVATE);
    });
  }
}
