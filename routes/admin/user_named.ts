import { z } from "zod";
import type { AdminStore } from "../../lib/admin/edge/admin_store.ts";
import { Refusal } from "../../lib/kernel/problem.ts";

/** The id of a user whom an administrator names by id or by name. @throws Refusal `bad_request` where nobody goes by it. */
export async function userNamed(store: AdminStore, text: string): Promise<string> {
  if (z.uuid().safeParse(text).success) return text;
  const name = text.toLowerCase();
  const { items } = await store.users({ query: name, kyc: null, role: null }, { limit: 200, cursor: null });
  const found = items.find(({ username }) => username.toLowerCase() === name);
  if (found === undefined) throw new Refusal("bad_request", "Nobody goes by that name");
  return found.user_id;
}
