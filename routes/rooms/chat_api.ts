import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { chatPageSchema, hiddenSchema, reportedSchema, sentSchema } from "../../lib/rooms/answers.ts";
import { SENT_MESSAGE_TYPES } from "../../lib/rooms/shapes.ts";
import { limitParam } from "../market/params.ts";
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
  searchParam,
  streamParam,
  TAGS,
  tokenOf,
  USER_PROBLEMS,
  uuid,
} from "./parts.ts";

const historyRoute = createRoute({
  method: "get",
  path: "/api/v1/streaming/{id}/chat",
  tags: TAGS,
  summary: "What was said, oldest first: after a message, or else the last before one or now",
  description:
    "Whoever lost the connection asks for what came `after` the last message they have; nothing is missed. " +
    "`next_cursor` is the next `after`, or else the next `before`.",
  request: {
    params: streamParam,
    query: z.object({
      after: uuid.optional(),
      before: uuid.optional(),
      limit: limitParam(200, 50),
      q: searchParam,
    }),
  },
  responses: { ...jsonAnswer(chatPageSchema, "A page"), ...problemsOf(...PROBLEMS, "invalid_limit") },
});

const sendRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/messages",
  tags: TAGS,
  summary: "Say something; the same `client_id` says it once",
  description: "`slow_mode`, `duplicate_message` and `muted` tell in `Retry-After` how many seconds to wait.",
  request: {
    params: streamParam,
    body: jsonBody(z.object({
      client_id: uuid,
      message: z.string(),
      message_type: z.enum(SENT_MESSAGE_TYPES).default("TEXT"),
      ...claimed,
    })),
  },
  responses: {
    ...jsonAnswer(sentSchema, "The message"),
    ...problemsOf(
      ...USER_PROBLEMS,
      "body_too_large",
      "invalid_message",
      "slow_mode",
      "duplicate_message",
      "blocked_word",
      "followers_only",
      "muted",
      "forbidden",
      "stream_ended",
      "conflict",
    ),
  },
});

const messageParam = streamParam.extend({ messageId: uuid });
const HIDING_PROBLEMS = [...USER_PROBLEMS, "forbidden", "cannot_moderate"] as const;

const removeRoute = createRoute({
  method: "delete",
  path: "/api/v1/streaming/{id}/messages/{messageId}",
  tags: TAGS,
  summary: "Take a message away, as a moderator",
  request: { params: messageParam },
  responses: { ...jsonAnswer(hiddenSchema, "The message"), ...problemsOf(...HIDING_PROBLEMS) },
});

const restoreRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/messages/{messageId}/restore",
  tags: TAGS,
  summary: "Give a message back, as a moderator",
  request: { params: messageParam },
  responses: { ...jsonAnswer(hiddenSchema, "The message"), ...problemsOf(...HIDING_PROBLEMS) },
});

const reportRoute = createRoute({
  method: "post",
  path: "/api/v1/streaming/{id}/reports",
  tags: TAGS,
  summary: "Report somebody's message to the room's moderators",
  request: { params: streamParam, body: jsonBody(z.object({ message_id: uuid, reason: z.string(), ...claimed })) },
  responses: { ...jsonAnswer(reportedSchema, "It is reported"), ...problemsOf(...USER_PROBLEMS, "invalid_message") },
});

/** Adds a room's chat. */
export function addChatApi(app: ApiApp, services: Services): void {
  const { chat } = services;
  app.openapi(historyRoute, async (c) => {
    const { after = null, before = null, limit, q: search = null } = c.req.valid("query");
    const { id } = c.req.valid("param");
    return c.json(await chat.chat(await tokenOf(c, services), id, { after, before, limit, search }), 200, PRIVATE);
  });
  app.openapi(sendRoute, async (c) => {
    const session = await requireSession(c, services);
    const { client_id, message, message_type, ...named } = c.req.valid("json");
    refuseOthers(named, session);
    const said = { clientId: client_id, message: requireText(message), messageType: message_type };
    return c.json({ message: await chat.send(session.accessToken, c.req.valid("param").id, said) }, 200, PRIVATE);
  });
  app.openapi(removeRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { id, messageId } = c.req.valid("param");
    return c.json({ message: await chat.remove(accessToken, id, messageId) }, 200, PRIVATE);
  });
  app.openapi(restoreRoute, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { id, messageId } = c.req.valid("param");
    return c.json({ message: await chat.restore(accessToken, id, messageId) }, 200, PRIVATE);
  });
  app.openapi(reportRoute, async (c) => {
    const session = await requireSession(c, services);
    const { message_id, reason, ...named } = c.req.valid("json");
    refuseOthers(named, session);
    await chat.report(session.accessToken, c.req.valid("param").id, message_id, requireText(reason));
    return c.json({ reported: true as const }, 200, PRIVATE);
  });
}
