import { z } from "@hono/zod-openapi";
import { AdminStore } from "../../lib/admin/edge/admin_store.ts";
import { NO_STORE } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";
import { nothingHere } from "./administer.ts";

/** Where the document lists these routes. */
export const TAGS = ["Administration"];

/** What any of them may refuse with. */
export const ADMIN_PROBLEMS = ["unauthenticated", "step_up_required", "not_found", "upstream_unavailable"] as const;

/** What administrators read is for nobody's cache. */
export const NOT_KEPT = { "cache-control": NO_STORE };

/** Makes a change happen once, however often it is asked for. */
export const clientId = z.uuid("use a UUID");

export const userParams = z.object({ user_id: z.uuid("use a UUID") });

export const cursorParam = z.string().max(200, "use next_cursor as it came").optional();

/** An amount, a count or seconds as a decimal string. */
export const amountText = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, "use a decimal string").openapi({
  example: "2500.00",
});

/** A JSON body that has to be there. */
export function jsonBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { "application/json": { schema } } } };
}

/** The answer when all is well. */
export function answerOf<T extends z.ZodType>(description: string, schema: T) {
  return { 200: { description, content: { "application/json": { schema } } } };
}

/** What the caller may see and do; whether they are an administrator the database decides. */
export async function storeOf(c: AppContext, services: Services): Promise<AdminStore> {
  return new AdminStore(services.rpc, await tokenOf(c, services));
}

/** The caller's access token. @throws Refusal `not_found` for who is not signed in. */
export async function tokenOf(c: AppContext, services: Services): Promise<string> {
  const session = await sessionOf(c, services);
  if (session === null) throw nothingHere();
  return session.accessToken;
}
