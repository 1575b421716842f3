import { z } from "zod";
import type { Session } from "../../lib/accounts/edge/sessions.ts";
import { AdminStore } from "../../lib/admin/edge/admin_store.ts";
import { Refusal } from "../../lib/kernel/problem.ts";
import { personally } from "../accounts/personal.ts";
import type { AppContext } from "../context.ts";
import type { Services } from "../services.ts";
import { sessionOf } from "../session.ts";

/** What an administrator's request works with. */
export interface Administration {
  session: Session;
  store: AdminStore;
}

/**
 * Serves an administrator's page, or its forms, which come back to `path`. Who is not signed in must not learn that
 * there would be something to sign in for, so nobody but administrators finds anything here.
 */
export async function administer(
  c: AppContext,
  services: Services,
  path: string,
  serve: (administration: Administration) => Promise<Response>,
): Promise<Response> {
  if (await sessionOf(c, services) === null) throw nothingHere();
  return await personally(
    c,
    services,
    path,
    (session) => serve({ session, store: new AdminStore(services.rpc, session.accessToken) }),
  );
}

/** The refusal of whoever is no administrator, the same as for what does not exist. */
export function nothingHere(): Refusal {
  return new Refusal("not_found", "There is nothing at this address");
}

/** The user's id in the path. @throws Refusal `not_found` when it is none. */
export function userIdOf(c: AppContext): string {
  return idOf(c, "user_id");
}

/** An id in the path. @throws Refusal `not_found` when it is none. */
export function idOf(c: AppContext, name: string): string {
  const parsed = z.uuid().safeParse(c.req.param(name));
  if (!parsed.success) throw nothingHere();
  return parsed.data;
}

/** A parameter of the address; null when it is missing or empty. */
export function textOf(c: AppContext, name: string, lengthMax: number): string | null {
  const text = (c.req.query(name) ?? "").trim().slice(0, lengthMax);
  return text === "" ? null : text;
}
