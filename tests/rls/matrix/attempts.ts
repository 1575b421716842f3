import type postgres from "postgres";
import { CALLER_NAMES, type CallerName, type TenantName, tenantOf } from "./callers.ts";
import { type Example, type FunctionRule, FUNCTIONS, OPEN_HELPERS, type Outcome, OUTCOMES, TABLES } from "./rules.ts";
import { MARKET_TOPIC, type World } from "./world.ts";

/** One cell of the matrix: a caller tries a statement. */
export interface Attempt {
  /** What it is about, such as "public.profiles" or "public.watch(text[],uuid)". */
  object: string;
  caller: CallerName;
  /** What is tried, for people. */
  what: string;
  /** A statement with one text column, and Realtime's topic where that matters. */
  statement: string;
  topic?: string;
  expected: Outcome;
  /** Tenants the answer may show, and those it must show. */
  maySee: TenantName[];
  mustSee: TenantName[];
  /** Tenants whose rows it may change: all of them ("owner"), or those of one table ("owner public.devices"). */
  mayChange: string[];
  /** What the answer holds; "" for an answer without rows. */
  says?: string;
}

/** A table, view or function as the catalogue names it. */
export interface CatalogueTable {
  schema: string;
  name: string;
  column: string;
}
export interface CatalogueFunction {
  schema: string;
  name: string;
  /** Such as "watch(text[],uuid)". */
  signature: string;
  nulls: string;
}
export interface Catalogue {
  tables: CatalogueTable[];
  functions: CatalogueFunction[];
}

/** The schemas the matrix walks: public is exposed, private is out of reach, of realtime the messages count. */
export async function readCatalogue(sql: postgres.Sql): Promise<Catalogue> {
  const tables = await sql<CatalogueTable[]>`
    select n.nspname as schema, c.relname as name, (
      select quote_ident(a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum limit 1
    ) as column
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and (n.nspname in ('public', 'private') or (n.nspname = 'realtime' and c.relname ~ '^messages'))
    order by 1, 2`;
  const functions = await sql<CatalogueFunction[]>`
    select n.nspname as schema, p.proname as name,
      p.proname || '(' || coalesce((select string_agg(t::regtype::text, ',' order by place)
        from unnest(p.proargtypes) with ordinality as a(t, place)), '') || ')' as signature,
      coalesce((select string_agg('null::' || t::regtype::text, ', ' order by place)
        from unnest(p.proargtypes) with ordinality as a(t, place)), '') as nulls
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private') and p.prokind in ('f', 'p') order by 1, 3`;
  return { tables: [...tables], functions: [...functions] };
}

/** What the rules do not know of the catalogue, and the other way round: each a sentence that says what to do. */
export function unruled({ tables, functions }: Catalogue): string[] {
  const exposed = new Set(tables.filter((table) => table.schema === "public").map((table) => table.name));
  const open = new Set(functions.filter((each) => each.schema === "public").map((each) => each.name));
  const helpers = new Set(functions.filter((each) => each.schema === "private").map((each) => each.signature));
  const rules = "tests/rls/matrix/rules.ts";
  return [
    ...[...exposed].filter((name) => !(name in TABLES)).map((name) =>
      `public.${name} is in no rule: say in TABLES (${rules}) what it holds; if that is tenants' rows, ` +
      `give both tenants some in seedWorld() (tests/rls/matrix/world.ts)`
    ),
    ...[...open].filter((name) => !(name in FUNCTIONS)).map((name) =>
      `public.${name}() is in no rule: say in FUNCTIONS (${rules}) for whom it is, and give calls with valid ` +
      `arguments, one of them with what is the owner's where an argument names anybody's`
    ),
    ...Object.keys(TABLES).filter((name) => !exposed.has(name)).map((name) =>
      `public.${name} is gone: take it out of TABLES (${rules})`
    ),
    ...Object.keys(FUNCTIONS).filter((name) => !open.has(name)).map((name) =>
      `public.${name}() is gone: take it out of FUNCTIONS (${rules})`
    ),
    ...Object.keys(OPEN_HELPERS).filter((name) => !helpers.has(name)).map((name) =>
      `private.${name} is gone: take it out of OPEN_HELPERS (${rules})`
    ),
  ];
}

/** The whole matrix. */
export function attemptsOf(catalogue: Catalogue, world: World): Attempt[] {
  return [
    ...catalogue.tables.flatMap((table) => table.schema === "realtime" ? [] : tableAttempts(table)),
    ...catalogue.tables.flatMap((table) => table.schema === "realtime" ? messageAttempts(table, world) : []),
    ...catalogue.functions.flatMap((each) =>
      each.schema === "public" ? functionAttempts(each, world) : helperAttempts(each)
    ),
  ];
}

const NONE = { maySee: [], mustSee: [], mayChange: [] };

function tableAttempts({ schema, name, column }: CatalogueTable): Attempt[] {
  const object = `${schema}.${name}`;
  const table = `${schema}.${JSON.stringify(name)}`;
  const isShown = schema === "public" && TABLES[name] === "tenants' rows, shown to their owners";
  return CALLER_NAMES.flatMap((caller): Attempt[] => {
    const isShownToCaller = isShown && caller !== "anonymous" && caller !== "worker";
    // A revoked token reads its owner's rows by policy until it expires, minutes later; functions refuse it at once.
    const own = caller === "owner_signed_out" ? "owner" : tenantOf(caller);
    const sees = isShownToCaller && own !== null ? [own] : [];
    const refused = { object, caller, expected: "denied", ...NONE };
    return [
      {
        ...{
          object,
          caller,
          what: `select from ${object}`,
          statement: `select string_agg(x::text, e'\\n') from ${table} x`,
        },
        ...{ expected: isShownToCaller ? "ok" : "denied", maySee: sees, mustSee: sees, mayChange: [] },
      },
      { ...refused, what: `insert into ${object}`, statement: written(`insert into ${table} default values`) },
      { ...refused, what: `update ${object}`, statement: written(`update ${table} set ${column} = default`) },
      { ...refused, what: `delete from ${object}`, statement: written(`delete from ${table}`) },
    ];
  });
}

function written(statement: string): string {
  return `with x as (${statement} returning 1) select count(*)::text from x`;
}

/** Realtime's own grants are wide: the policy alone decides who reads, and that nobody but the secret key writes. */
function messageAttempts({ name, column }: CatalogueTable, world: World): Attempt[] {
  const object = `realtime.${name}`;
  const isParent = name === "messages";
  const select = `select string_agg(x::text, e'\\n') from ${object} x`;
  const insert = (topic: string) =>
    written(`insert into ${object} (topic, extension, event, private) values ('${topic}', 'broadcast', 'x', true)`);
  const both: TenantName[] = ["owner", "other"];
  return CALLER_NAMES.flatMap((caller): Attempt[] => {
    const isWorker = caller === "worker";
    const refused = { object, caller, expected: "denied", ...NONE };
    const allowed = { object, caller, expected: "ok", maySee: both, mustSee: [], mayChange: both };
    const writes = (isParent && isWorker) ? allowed : refused;
    const byPolicy = isParent && !isWorker ? { expected: "denied by policy" } : {};
    const attempts: Attempt[] = [
      { ...writes, what: `update ${object}`, statement: written(`update ${object} set ${column} = default`) },
      { ...writes, what: `delete from ${object}`, statement: written(`delete from ${object}`) },
    ];
    if (!isParent) {
      return [...attempts, { ...refused, what: `select from ${object}`, statement: select }];
    }
    for (const topic of topicsOf(world)) {
      const sees: TenantName[] = isWorker ? both : both.filter((tenant) => isReader(world, caller, topic, tenant));
      attempts.push(
        {
          ...{ object, caller, topic, what: `read the topic "${topic}"`, statement: select },
          ...{ expected: "ok", maySee: sees, mustSee: sees, mayChange: [] },
          ...(isWorker || sees.length > 0 ? {} : { says: "" }),
        },
        { ...writes, ...byPolicy, topic, what: `write to the topic "${topic}"`, statement: insert(topic) },
        {
          ...{ object, caller, topic, what: `realtime.send() to the topic "${topic}"` },
          statement: `select realtime.send('{}', 'x', '${topic}', true)::text`,
          ...{ expected: "ok", maySee: [], mustSee: [], mayChange: isWorker ? both : [] },
        },
      );
    }
    return attempts;
  });
}

function topicsOf({ owner, other, draftPoolId }: World): string[] {
  return [
    ...[owner, other].flatMap(({ id, poolId, rooms }) => [
      ...[`user:${id}`, `pool:${poolId}`, rooms.topic, rooms.oldTopic, rooms.endedTopic],
    ]),
    ...[`pool:${draftPoolId}`, MARKET_TOPIC, "worker", "", "user:", "pool:", "room:"],
  ];
}

/**
 * Whether a caller reads what is a tenant's on a topic; of a private pool that is its administrators' as well, of a private
 * room whoever is invited.
 */
function isReader(world: World, caller: CallerName, topic: string, tenant: TenantName): boolean {
  const own = tenantOf(caller);
  if (topic === `user:${world[tenant].id}`) {
    return own === tenant;
  }
  if (topic === world[tenant].rooms.topic) return own === tenant || caller === "impostor";
  return topic === `pool:${world[tenant].poolId}` &&
    (own === tenant || (caller.startsWith("admin") && caller !== "admin_signed_out"));
}

function functionAttempts({ schema, name, signature }: CatalogueFunction, world: World): Attempt[] {
  const rule = FUNCTIONS[name];
  if (rule === undefined) return [];
  return rule.examples.flatMap((example) => {
    const statement = `select string_agg(x::text, e'\\n') from ${schema}.${name}(${
      writtenArguments(example, world)
    }) x`;
    return CALLER_NAMES.map((caller): Attempt => {
      const own = tenantOf(caller);
      const outcome = outcomeOf(rule, example, caller);
      const isTrusted = outcome === "ok" &&
        (caller === "worker" || caller.startsWith("admin") || OUTCOMES[rule.for].owner !== "ok");
      return {
        object: `${schema}.${signature}`,
        caller,
        what: `${name}()${example.name === undefined ? "" : `: ${example.name}`}`,
        statement,
        expected: outcome,
        maySee: [
          ...(own === null ? [] : [own]),
          ...(isTrusted ? example.sees ?? [] : []),
          ...(outcome === "ok" ? [...example.anybodySees ?? [], ...example.showsTo?.[caller] ?? []] : []),
        ],
        mustSee: [],
        ...(example.says?.[caller] === undefined ? {} : { says: example.says[caller] }),
        mayChange: [
          ...(own === null ? [] : [own]),
          ...(example.anybodyChanges ?? []),
          ...(isTrusted ? example.changes ?? [] : []),
          // What everybody may call, a revoked token may call until it expires, in its owner's name.
          ...(caller === "owner_signed_out" && outcome === "ok"
            ? ["owner public.rate_limits", "owner public.watches"]
            : []),
        ],
      };
    });
  });
}

/** What becomes of a caller's call. */
export function outcomeOf(rule: FunctionRule, { but = {} }: Example, caller: CallerName): Outcome {
  const byAudience = OUTCOMES[rule.for][caller];
  const named = but[caller];
  if (named !== undefined) return named;
  if (rule.limited && caller === "busy" && byAudience !== "denied") return "rate_limited";
  return byAudience === "ok" ? but["everybody else"] ?? "ok" : byAudience;
}

function helperAttempts({ schema, name, signature, nulls }: CatalogueFunction): Attempt[] {
  return CALLER_NAMES.map((caller) => {
    const open = OPEN_HELPERS[signature];
    const isOpen = open !== undefined && caller !== "worker" && (caller !== "anonymous" || open !== "authenticated");
    return {
      object: `${schema}.${signature}`,
      caller,
      what: `private.${name}()`,
      statement: `select (private.${name}(${nulls}))::text`,
      expected: isOpen ? "ok" : "denied",
      ...NONE,
    };
  });
}

function writtenArguments(example: Example, world: World): string {
  return Object.entries(example.with?.(world) ?? {}).map(([name, value]) => `${name} => ${literal(value)}`).join(", ");
}

function literal(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.length === 0 ? "'[]'" : `array[${value.map(quoted).join(", ")}]`;
  }
  return quoted(typeof value === "string" ? value : JSON.stringify(value));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
