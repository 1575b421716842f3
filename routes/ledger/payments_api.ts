import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import {
  depositAnswerSchema,
  depositsPageSchema,
  paymentReceiptSchema,
  PROVIDER_PATTERN,
} from "../../lib/ledger/deposit_shapes.ts";
import { answerOf, cursorParam, jsonBody, NOT_KEPT } from "../admin/api_parts.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { amountText, assetText, clientId } from "./parts.ts";

const TAGS = ["Wallet"];
const PATH = "/api/v1/wallet/deposits";
const PROBLEMS = ["unauthenticated", "rate_limited", "upstream_unavailable"] as const;

/** Header in which a provider signs what it says. */
const SIGNATURE_HEADER = "outcry-signature";

/** Characters of a signature: a time and 64 digits fit well. */
const SIGNATURE_LENGTH_MAX = 100;

const start = createRoute({
  method: "post",
  path: PATH,
  tags: TAGS,
  summary: "Pay money in: answers where to pay it",
  description: "The provider tells us when it was paid; the wallet has it then.",
  request: jsonBody(z.object({ asset: assetText, amount: amountText, client_id: clientId })),
  responses: {
    ...answerOf("The deposit", depositAnswerSchema),
    ...problemsOf(
      ...PROBLEMS,
      "bad_request",
      "conflict",
      "deposit_limit",
      "deposits_unavailable",
      "invalid_amount",
      "unknown_asset",
    ),
  },
});
const list = createRoute({
  method: "get",
  path: PATH,
  tags: TAGS,
  summary: "Your deposits, newest first",
  request: { query: z.object({ limit: limitParam(200, 50), cursor: cursorParam }) },
  responses: {
    ...answerOf("A page", depositsPageSchema),
    ...problemsOf(...PROBLEMS, "invalid_cursor", "invalid_limit"),
  },
});
const one = createRoute({
  method: "get",
  path: `${PATH}/{deposit_id}`,
  tags: TAGS,
  summary: "One of your deposits",
  request: { params: z.object({ deposit_id: z.uuid("use a UUID") }) },
  responses: { ...answerOf("The deposit", depositAnswerSchema), ...problemsOf(...PROBLEMS, "not_found") },
});
const webhook = createRoute({
  method: "post",
  path: "/api/v1/payments/webhook/{provider}",
  tags: ["Payments"],
  summary: "Where a payment provider says what was paid",
  description: "The body is `{id, type, deposit_id, asset, amount}` with `type` `deposit.paid`, and is signed in the " +
    `header \`${SIGNATURE_HEADER}\`: \`t=<Unix s>,v1=<HMAC-SHA256(secret, "<t>.<body>") in hexadecimal>\`, five ` +
    "minutes old at most. The same `id` is booked once; other types are taken note of.",
  request: {
    params: z.object({ provider: z.string().regex(PROVIDER_PATTERN, "use a provider's name") }),
    // Read as it came: a signature is of bytes.
    body: { required: true, content: { "application/octet-stream": { schema: z.any() } } },
  },
  responses: {
    ...answerOf("What became of it", paymentReceiptSchema),
    ...problemsOf(
      "bad_request",
      "body_too_large",
      "conflict",
      "deposit_mismatch",
      "invalid_signature",
      "signature_expired",
      "upstream_unavailable",
    ),
  },
});

/** Adds the caller's deposits, and where providers tell of payments. */
export function addPaymentsApi(app: ApiApp, services: Services): void {
  const { deposits } = services;
  app.openapi(start, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { client_id, ...amount } = c.req.valid("json");
    return c.json(await deposits.start(accessToken, amount, client_id), 200, NOT_KEPT);
  });
  app.openapi(list, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { limit, cursor = null } = c.req.valid("query");
    return c.json(await deposits.list(accessToken, { limit, cursor }), 200, NOT_KEPT);
  });
  app.openapi(one, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(await deposits.one(accessToken, c.req.valid("param").deposit_id), 200, NOT_KEPT);
  });
  app.openapi(webhook, async (c) => {
    const signature = c.req.header(SIGNATURE_HEADER) ?? "";
    if (signature.length > SIGNATURE_LENGTH_MAX) {
      throw new Refusal("invalid_signature", "The signature is no signature of ours");
    }
    // What is not UTF-8 is changed by reading it, and its signature does not fit any more.
    const body = await c.req.text();
    return c.json(await deposits.receive(c.req.valid("param").provider, signature, body), 200, NOT_KEPT);
  });
}
