import { z } from "@hono/zod-openapi";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import type { AppContext } from "../context.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

/** How the document groups these routes. */
export const TAGS = ["Rooms"];

/** What rooms answer depends on who asks. */
export const PRIVATE = { "cache-control": "no-store" };

/** Refusals that any route of a room can give. */
export const PROBLEMS = ["bad_request", "not_found", "banned", "rate_limited", "upstream_unavailable"] as const;

/** Those of routes that ask for a user. */
export const USER_PROBLEMS = [...PROBLEMS, "unauthenticated", "cross_site"] as const;

export const uuid = z.uuid("use a UUID");

export const streamParam = z.object({ id: uuid });

/** Part of a list; the database says whether the cursor is one of ours. */
export const cursorParam = z.string().max(100, "use next_cursor as it came").optional();

/** A text to look for. */
export const searchParam = z.string().max(100, "use 100 characters at most").optional();

/** Who is asked for is told by the token; see {@link refuseOthers}. */
export const claimed = {
  user_id: z.string().nullish().openapi({ description: "The token says who calls; another id is refused" }),
  streamer_id: z.string().nullish().openapi({ description: "The token says who calls; another id is refused" }),
};

/** A JSON body that has to be there. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}

/** A JSON answer with 200. */
export function jsonAnswer<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { 200: { description, content: { "application/json": { schema } } } };
}

/** The caller's access token; null for a stranger's. */
export async function tokenOf(c: AppContext, services: Services): Promise<string | null> {
  return (await sessionOf(c, services))?.accessToken ?? null;
}

/**
 * Whoever names somebody else as the one who acts is told so, rather than acting as oneself without noticing.
 * @throws Refusal `bad_request`.
 */
export function refuseOthers(
  { user_id, streamer_id }: { user_id?: string | null | undefined; streamer_id?: string | null | undefined },
  session: Session | null,
): void {
  for (const [name, id] of Object.entries({ user_id, streamer_id })) {
    if (typeof id === "string" && id.toLowerCase() !== session?.user.id) {
      throw new Refusal("bad_request", `Cannot use "${name}": the access token says who you are`);
    }
  }
}

/**
 * Refuses what Postgres cannot hold in a text, a zero byte or half a character, as the database refuses the rest.
 * @throws Refusal `invalid_message`.
 */
export function requireText(text: string): string {
  if (!text.includes("\0") && text.isWellFormed()) return text;
  throw new Refusal("invalid_message", "A message has characters that show, none of control");
}
