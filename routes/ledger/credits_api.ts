import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import {
  CREDIT_REASON_LENGTH_MAX,
  CREDIT_STATES,
  creditSchema,
  creditsPageSchema,
} from "../../lib/ledger/credit_shapes.ts";
import { newClientId } from "../accounts/personal.ts";
import { nothingHere } from "../admin/administer.ts";
import { ADMIN_PROBLEMS, answerOf, clientId, cursorParam, jsonBody, NOT_KEPT, userParams } from "../admin/api_parts.ts";
import type { AppContext } from "../context.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { amountText, assetText } from "./parts.ts";

const TAGS = ["Administration"];

const credit = createRoute({
  method: "post",
  path: "/api/v1/admin/users/{user_id}/credit",
  tags: TAGS,
  summary: "Book money to a user's wallet",
  description: "What makes the user's credits of 24 hours more than 1,000 EUR waits for a second administrator: its " +
    "status is `awaiting_approval`. The user reads the reason.",
  request: {
    params: userParams,
    ...jsonBody(z.object({
      asset: assetText,
      amount: amountText,
      client_id: clientId,
      reason: z.string().trim().max(CREDIT_REASON_LENGTH_MAX).nullable().default(null),
    })),
  },
  responses: {
    ...answerOf("What became of it", creditSchema),
    ...problemsOf(
      ...ADMIN_PROBLEMS,
      "bad_request",
      "conflict",
      "invalid_amount",
      "own_account",
      "rate_missing",
      "rate_stale",
      "unknown_asset",
    ),
  },
});

const creditParams = z.object({ credit_id: z.uuid("use a UUID") });

const reject = createRoute({
  method: "put",
  path: "/api/v1/admin/credits/{credit_id}/reject",
  tags: TAGS,
  summary: "Refuse a credit that another administrator asked for, who reads the reason",
  request: {
    params: creditParams,
    body: {
      content: {
        "application/json": {
          schema: z.object({
            client_id: clientId.optional(),
            reason: z.string().trim().max(CREDIT_REASON_LENGTH_MAX).nullable().default(null),
          }),
        },
      },
    },
  },
  responses: {
    ...answerOf("What became of it", creditSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting", "own_request"),
  },
});

const withdraw = createRoute({
  method: "put",
  path: "/api/v1/admin/credits/{credit_id}/withdraw",
  tags: TAGS,
  summary: "Take back a credit you asked for, while it waits",
  request: {
    params: creditParams,
    body: { content: { "application/json": { schema: z.object({ client_id: clientId.optional() }) } } },
  },
  responses: {
    ...answerOf("What became of it", creditSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "forbidden", "not_waiting"),
  },
});

const approve = createRoute({
  method: "put",
  path: "/api/v1/admin/credits/{credit_id}/approve",
  tags: TAGS,
  summary: "Post a credit that another administrator asked for",
  request: {
    params: z.object({ credit_id: z.uuid("use a UUID") }),
    body: { content: { "application/json": { schema: z.object({ client_id: clientId.optional() }) } } },
  },
  responses: {
    ...answerOf("What became of it", creditSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "conflict", "not_waiting", "own_account", "own_request"),
  },
});

const list = createRoute({
  method: "get",
  path: "/api/v1/admin/credits",
  tags: TAGS,
  summary: "Credits, newest first",
  request: {
    query: z.object({ status: z.enum(CREDIT_STATES).optional(), limit: limitParam(200, 50), cursor: cursorParam }),
  },
  responses: {
    ...answerOf("A page", creditsPageSchema),
    ...problemsOf(...ADMIN_PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit"),
  },
});

/** Adds what administrators book to users' wallets; goes after the administrators' API, which guards the addresses. */
export function addCreditsApi(app: ApiApp, services: Services): void {
  const { credits } = services;
  app.openapi(credit, async (c) => {
    const { asset, amount, client_id, reason } = c.req.valid("json");
    const wanted = { userId: c.req.valid("param").user_id, asset, amount, reason };
    return c.json(await credits.credit(await tokenOf(c, services), wanted, client_id), 200, NOT_KEPT);
  });
  app.openapi(approve, async (c) => {
    // Approving again is harmless, so that a client needs no id of its own.
    const { client_id = newClientId(services) } = c.req.valid("json") ?? {};
    const { credit_id } = c.req.valid("param");
    return c.json(await credits.approve(await tokenOf(c, services), credit_id, client_id), 200, NOT_KEPT);
  });
  app.openapi(reject, async (c) => {
    const { client_id = newClientId(services), reason = null } = c.req.valid("json") ?? {};
    const { credit_id } = c.req.valid("param");
    return c.json(await credits.reject(await tokenOf(c, services), credit_id, reason, client_id), 200, NOT_KEPT);
  });
  app.openapi(withdraw, async (c) => {
    const { client_id = newClientId(services) } = c.req.valid("json") ?? {};
    const { credit_id } = c.req.valid("param");
    return c.json(await credits.withdraw(await tokenOf(c, services), credit_id, client_id), 200, NOT_KEPT);
  });
  app.openapi(list, async (c) => {
    const { status = null, limit, cursor = null } = c.req.valid("query");
    return c.json(await credits.list(await tokenOf(c, services), { status, limit, cursor }), 200, NOT_KEPT);
  });
}

async function tokenOf(c: AppContext, services: Services): Promise<string> {
  const session = await sessionOf(c, services);
  if (session === null) throw nothingHere();
  return session.accessToken;
}
