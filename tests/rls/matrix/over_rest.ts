import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Catalogue } from "./attempts.ts";
import { outcomeOf } from "./attempts.ts";
import { type CallerName, type TenantName, tenantOf } from "./callers.ts";
import { FUNCTIONS, TABLES } from "./rules.ts";
import { as, type World } from "./world.ts";

interface Answer {
  data: unknown;
  error: { message: string; code?: string; details?: string | null; hint?: string | null } | null;
}
type Try = { caller: CallerName; what: string; expected: string; run: (client: SupabaseClient) => PromiseLike<Answer> };

const AT_ONCE = 8;
/** No grant; a table, such as a partition, or a schema that is no part of the API. */
const CLOSED = ["42501", "PGRST205", "PGRST106"];

/**
 * The matrix once more as an attacker has it: stock clients, real tokens, HTTP. What is expected to succeed and changes
 * something is left to the other pass, because nothing is undone here. Answers with what was wrong.
 */
export async function tryOverRest(world: World, catalogue: Catalogue): Promise<string[]> {
  const { stack, owner, other, admin } = world;
  const clients: Partial<Record<CallerName, SupabaseClient>> = {
    anonymous: as(stack, null),
    owner: as(stack, owner.token),
    owner_signed_out: as(stack, owner.endedToken),
    other: as(stack, other.token),
    admin: as(stack, admin.token),
    worker: createClient(stack.url, stack.secretKey, { auth: { persistSession: false, autoRefreshToken: false } }),
  };
  const callers = Object.keys(clients) as CallerName[];
  const tries = [...tableTries(catalogue, callers), ...functionTries(world, callers)];
  const wrong: string[] = [];
  const work = async () => {
    for (let each = tries.pop(); each !== undefined; each = tries.pop()) {
      const client = clients[each.caller];
      if (client === undefined) continue;
      const found = judge(world, each, await each.run(client));
      if (found !== null) wrong.push(`${each.caller}: ${each.what}: ${found}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong;
}

function judge(world: World, { caller, expected }: Try, { data, error }: Answer): string | null {
  const outcome = error === null ? "ok" : CLOSED.includes(error.code ?? "") ? "denied" : error.message;
  if (outcome !== expected) return `"${outcome}" instead of "${expected}"`;
  const text = JSON.stringify([data, error]);
  const own = caller === "owner_signed_out" ? "owner" : tenantOf(caller);
  const seen = (["owner", "other"] as TenantName[])
    .filter((name) => name !== own && world[name].markers.some((mark) => text.includes(mark)));
  return seen.length === 0 ? null : `saw what is of ${seen.join()}`;
}

function tableTries({ tables }: Catalogue, callers: readonly CallerName[]): Try[] {
  // The API knows one schema: of the others one table stands for all.
  const others = ["private", "realtime"].flatMap((schema) => tables.find((table) => table.schema === schema) ?? []);
  const tried = [...tables.filter((table) => table.schema === "public"), ...others];
  return callers.flatMap((caller) =>
    tried.flatMap(({ schema, name, column }): Try[] => {
      const isShown = schema === "public" && TABLES[name] === "tenants' rows, shown to their owners" &&
        caller !== "anonymous" && caller !== "worker";
      const expected = "denied";
      const from = (client: SupabaseClient) => client.schema(schema).from(name);
      const refused = { caller, expected };
      return [
        {
          ...{ caller, what: `select from ${schema}.${name}`, expected: isShown ? "ok" : expected },
          run: (client) => from(client).select(),
        },
        { ...refused, what: `insert into ${schema}.${name}`, run: (client) => from(client).insert({ [column]: null }) },
        { ...refused, what: `update ${schema}.${name}`, run: (client) => from(client).update({ [column]: null }) },
        { ...refused, what: `delete from ${schema}.${name}`, run: (client) => from(client).delete() },
      ];
    })
  );
}

function functionTries(world: World, callers: readonly CallerName[]): Try[] {
  return callers.flatMap((caller) =>
    Object.entries(FUNCTIONS).flatMap(([name, rule]) =>
      rule.examples.flatMap((example): Try[] => {
        const expected = outcomeOf(rule, example, caller);
        if (expected === "ok") return [];
        return [{
          ...{ caller, what: `${name}() ${example.name ?? ""}`, expected },
          run: (client) => client.rpc(name, example.with?.(world) ?? {}),
        }];
      })
    )
  );
}
