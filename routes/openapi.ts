import type { Hook, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { type Code, CODES, isCode } from "../lib/kernel/codes.ts";
import { Refusal } from "../lib/kernel/problem.ts";
import type { AppEnv } from "./context.ts";
import type { Services } from "./services.ts";

/** The part of the app whose routes describe themselves. */
export type ApiApp = OpenAPIHono<AppEnv>;

/** The document every refusal answers with. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
});

/** Describes a route's refusals: all have one shape, and `code` says which it is. */
export function problemsOf(...codes: Code[]) {
  const byStatus = new Map<number, Code[]>();
  for (const code of codes) byStatus.set(CODES[code].status, [...byStatus.get(CODES[code].status) ?? [], code]);
  return Object.fromEntries(
    [...byStatus].map(([status, same]) => [status, {
      description: same.map((code) => `\`${code}\`: ${CODES[code].title}`).join("; "),
      content: { "application/problem+json": { schema: problemSchema } },
    }]),
  );
}

/** The refusal each parameter gives when it is malformed, wherever it appears. */
const CODE_OF_PARAMETER: Readonly<Record<string, Code>> = {
  cursor: "invalid_cursor",
  exchange: "invalid_exchange",
  from: "invalid_time",
  to: "invalid_time",
  last_event_id: "invalid_cursor",
  limit: "invalid_limit",
  symbol: "invalid_symbol",
  timeframe: "invalid_timeframe",
  topics: "invalid_topic",
};

/** Turns what a route's schema refused into a problem that names the parameter. */
export const refuseInvalid: Hook<unknown, AppEnv, string, unknown> = (result) => {
  if (result.success) return;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? "");
  const code = CODE_OF_PARAMETER[name];
  throw new Refusal(
    code !== undefined && isCode(code) ? code : "bad_request",
    name === "" ? "The body is malformed" : `Cannot use "${name}": ${issue?.message ?? "it is malformed"}`,
  );
};

/** Serves the document made of the routes themselves. */
export function addOpenApiDocument(app: ApiApp, { settings }: Services): void {
  let document: object | null = null;
  app.get("/api/v1/openapi.json", (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: "3.1.0",
      info: {
        title: "Outcry",
        version: "1",
        description:
          "Markets over one shared feed. Prices and quantities are decimal strings, times RFC 3339 or Unix milliseconds. " +
          "Refusals are `application/problem+json` with a stable `code`.",
      },
      servers: [{ url: settings.publicUrl }],
    });
    return c.json(document, 200, { "cache-control": "public, max-age=300" });
  });
}
