import { createRoute } from "@hono/zod-openapi";
import { z } from "zod";
import { Refusal } from "../../lib/kernel/problem.ts";
import { type ApiApp, problemsOf } from "../openapi.ts";
import type { Services } from "../services.ts";
import { requireSession } from "../session.ts";

const tokenSchema = z.object({ access_token: z.string(), expires_at: z.iso.datetime() });

const route = createRoute({
  method: "get",
  path: "/api/v1/auth/token",
  summary: "The signed-in browser's access token, for Realtime",
  description: "Short-lived. The refresh token never leaves its httpOnly cookie.",
  responses: {
    200: { description: "The token", content: { "application/json": { schema: tokenSchema } } },
    ...problemsOf("unauthenticated", "cross_site"),
  },
});

/** Adds what islands need to know about their user. */
export function addAccountApi(app: ApiApp, services: Services): void {
  const { settings } = services;
  app.openapi(route, async (c) => {
    const fetchSite = c.req.header("sec-fetch-site") ?? "same-origin";
    const origin = c.req.header("origin") ?? settings.publicUrl;
    // Other sites could not read the answer; they do not even get to ask.
    if (fetchSite !== "same-origin" || origin !== settings.publicUrl) {
      throw new Refusal("cross_site", "The request was made by another site");
    }
    const session = await requireSession(c, services);
    return c.json(
      { access_token: session.accessToken, expires_at: new Date(session.expiresAtMs).toISOString() },
      200,
      { "cache-control": "no-store", vary: "Cookie" },
    );
  });
}
