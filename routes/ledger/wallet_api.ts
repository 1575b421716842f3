import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { CODES } from "../../lib/kernel/codes.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import {
  STATEMENT_LINES_PER_CALL,
  STATEMENT_ROWS_MAX,
  streamStatementCsv,
} from "../../lib/ledger/edge/statement_csv.ts";
import { faucetSchema, statementSchema, walletSchema } from "../../lib/ledger/wallet_shapes.ts";
import { NO_STORE } from "../accounts/personal.ts";
import { limitParam } from "../market/params.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";
import { amountText, assetParam, assetText, clientId } from "./parts.ts";

const TAGS = ["Wallet"];
const PRIVATE = { "cache-control": NO_STORE };
const PROBLEMS = ["unauthenticated", "rate_limited", "upstream_unavailable"] as const;

const wallet = createRoute({
  method: "get",
  path: "/api/v1/wallet",
  tags: TAGS,
  summary: "Your balances, EUR first",
  responses: {
    200: { description: "Balances", content: { "application/json": { schema: walletSchema } } },
    ...problemsOf(...PROBLEMS),
  },
});

const faucet = createRoute({
  method: "post",
  path: "/api/v1/wallet/faucet",
  tags: TAGS,
  summary: "Get play money, worth 10,000 EUR a day at most; in local mode only",
  request: {
    body: {
      required: true,
      content: {
        "application/json": { schema: z.object({ asset: assetText, amount: amountText, client_id: clientId }) },
      },
    },
  },
  responses: {
    200: { description: "What was given", content: { "application/json": { schema: faucetSchema } } },
    ...problemsOf(
      ...PROBLEMS,
      "bad_request",
      "conflict",
      "faucet_limit",
      "invalid_amount",
      "local_only",
      "rate_missing",
      "rate_stale",
      "unknown_asset",
    ),
  },
});

const statement = createRoute({
  method: "get",
  path: "/api/v1/wallet/statement",
  tags: TAGS,
  summary: "What moved your available money of one asset, newest first, with the balance after each",
  request: {
    query: z.object({
      asset: assetParam,
      limit: limitParam(200, 50),
      cursor: z.string().regex(/^\d{1,18}$/, "use next_cursor as it came").optional(),
    }),
  },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: statementSchema } } },
    ...problemsOf(...PROBLEMS, "bad_request", "invalid_cursor", "invalid_limit", "unknown_asset"),
  },
});

const file = createRoute({
  method: "get",
  path: "/api/v1/wallet/statement.csv",
  tags: TAGS,
  summary: "The statement of one asset as a CSV file, newest first",
  description: `At most ${STATEMENT_ROWS_MAX} lines; a last line says when there are more.`,
  request: { query: z.object({ asset: assetParam }) },
  responses: {
    200: { description: "The file", content: { "text/csv": { schema: z.string() } } },
    ...problemsOf(...PROBLEMS, "bad_request", "unknown_asset"),
  },
});

/** Adds the caller's wallet. */
export function addWalletApi(app: ApiApp, services: Services): void {
  const { wallets, settings, nowMs } = services;
  app.openapi(wallet, async (c) => {
    const { accessToken } = await requireSession(c, services);
    return c.json(walletSchema.parse(await wallets.wallet(accessToken)), 200, PRIVATE);
  });
  app.openapi(faucet, async (c) => {
    if (settings.mode !== "local") throw new Refusal("local_only", CODES.local_only.title);
    const { accessToken } = await requireSession(c, services);
    const { client_id, ...amount } = c.req.valid("json");
    return c.json(await wallets.useFaucet(accessToken, amount, client_id), 200, PRIVATE);
  });
  app.openapi(statement, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { asset, limit, cursor = null } = c.req.valid("query");
    return c.json(await wallets.statement(accessToken, { asset, limit, cursor }), 200, PRIVATE);
  });
  app.openapi(file, async (c) => {
    const { accessToken } = await requireSession(c, services);
    const { asset } = c.req.valid("query");
    const page = (cursor: string | null) =>
      wallets.statement(accessToken, { asset, limit: STATEMENT_LINES_PER_CALL, cursor });
    const day = new Date(nowMs()).toISOString().slice(0, 10);
    return c.body(streamStatementCsv(asset, await page(null), page), 200, {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="outcry-${asset}-${day}.csv"`,
      ...PRIVATE,
    });
  });
}
