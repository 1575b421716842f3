import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../lib/kernel/problem.ts";
import { type ApiApp, problemsOf } from "./openapi.ts";
import type { Services } from "./services.ts";

const healthSchema = z.object({
  status: z.literal("ok"),
  mode: z.enum(["local", "production"]),
  /** `unclaimed` until a worker has started on the database. */
  database: z.enum(["ok", "unclaimed"]),
  streams: z.int().nonnegative(),
});

const route = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Whether this server can do its work",
  responses: {
    200: { description: "It can", content: { "application/json": { schema: healthSchema } } },
    ...problemsOf("upstream_unavailable", "mode_mismatch"),
  },
});

/** Adds the health check, which asks the database at most once a second. */
export function addHealthApi(app: ApiApp, { deployment, settings, streams }: Services): void {
  app.openapi(route, async (c) => {
    const state = await deployment.probe();
    if (state === "unreachable") throw new Refusal("upstream_unavailable", "The database does not answer");
    if (state === "mismatch") throw new Refusal("mode_mismatch", `This server runs in ${settings.mode} mode`);
    c.header("cache-control", "no-store");
    return c.json({ status: "ok" as const, mode: settings.mode, database: state, streams: streams.size }, 200);
  });
}
