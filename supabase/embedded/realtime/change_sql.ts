import postgres, { type Sql } from "postgres";
import type { Identity } from "./authority.ts";
import type { ChangeRequest, Condition } from "./change_request.ts";
import type { StreamRelation, Tuple } from "./pgoutput.ts";
import { PUBLICATION, SLOT_PREFIX } from "./replication.ts";

/** A column as the catalog has it now. */
export interface ColumnInfo {
  name: string;
  /** Bare name of its type, as clients get it. */
  typeName: string;
  /** Its type, quoted and qualified. */
  type: string;
  key: boolean;
  /** Its text is JSON. */
  json: boolean;
  /** Equal values have equal texts, so that `eq` needs no database. */
  textual: boolean;
  /** Roles that may read it. */
  readers: ReadonlySet<string>;
}

/** A table as the catalog has it now. */
export interface TableInfo {
  /** Quoted and qualified. */
  name: string;
  rowSecurity: boolean;
  columns: ColumnInfo[];
  /** Roles row level security does not bind. */
  exempt: ReadonlySet<string>;
}

/** A row's values as JSON texts by column of the {@link TableInfo}, and which conditions hold. */
export interface RowValues {
  json: (string | null)[];
  holds: boolean[];
}

/** Rows somebody's policies are asked about; keys are the primary key's texts. */
export interface VisibilityCheck {
  identity: Identity;
  keys: (string | null)[][];
}

/** Positions in `keys` of the rows that may be seen; null when the policies raised an error. */
export type Visibility = ReadonlySet<number> | null;

const CONNECTIONS_MAX = 2;
const STATEMENT_MS_MAX = 5_000;
const IDLE_S_MAX = 20;
const IN_VALUES_MAX = 100;
// An abandoned slot holds back write-ahead log: a server that lives comes back to its own within seconds.
const ABANDONED_SLOT_MINUTES = 10;
const SQL_OPERATORS = {
  eq: "=",
  neq: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  like: "like",
  ilike: "ilike",
  match: "~",
  imatch: "~*",
  isdistinct: "is distinct from",
};
const IS_KEYWORDS = ["null", "true", "false", "unknown"];

/** A pool for the questions below; it opens connections when asked and closes them when idle. */
export function openChangePool(dbUrl: string): Sql {
  return postgres(dbUrl, {
    max: CONNECTIONS_MAX,
    idle_timeout: IDLE_S_MAX,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: "realtime_rls", statement_timeout: STATEMENT_MS_MAX, TimeZone: "UTC" },
  });
}

/** Drops slots of servers that ended without dropping them. */
export async function dropAbandonedSlots(sql: Sql): Promise<void> {
  await sql`
    select pg_drop_replication_slot(slot_name) from pg_replication_slots
    where starts_with(slot_name, ${SLOT_PREFIX}) and not active and not temporary
      and inactive_since < now() - make_interval(mins => ${ABANDONED_SLOT_MINUTES})`;
}

/** The tables of the publication. */
export async function publishedTables(sql: Sql): Promise<{ oid: number; schema: string; table: string }[]> {
  return await sql`
    select format('%I.%I', schemaname, tablename)::regclass::oid as oid,
      schemaname as schema, tablename as "table"
    from pg_publication_tables where pubname = ${PUBLICATION}`;
}

/** Describes a table and what `roles` may read of it; null when it is gone. */
export async function describeTable(sql: Sql, oid: number, roles: string[]): Promise<TableInfo | null> {
  // The pool does not look up array types when it connects.
  const asked = sql`select jsonb_array_elements_text(${JSON.stringify(roles)}::text::jsonb)`;
  const rows = await sql<(Omit<ColumnInfo, "readers"> & { readers: string; table: string; row_security: boolean })[]>`
    select format('%I.%I', n.nspname, c.relname) as "table", c.relrowsecurity as row_security,
      a.attname as name, t.typname as "typeName", format('%I.%I', tn.nspname, t.typname) as type,
      coalesce(a.attnum = any(k.conkey), false) as key,
      coalesce(nullif(t.typbasetype, 0), t.oid) in ('json'::regtype, 'jsonb'::regtype) as json,
      (t.oid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype, 'text'::regtype,
        'varchar'::regtype) or t.typtype = 'e') and coalesce(l.collisdeterministic, true) as textual,
      (select coalesce(json_agg(r.rolname), '[]') from pg_roles r where r.rolname in (${asked})
        and has_column_privilege(r.oid, c.oid, a.attnum, 'select'))::text as readers
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    join pg_namespace tn on tn.oid = t.typnamespace
    left join pg_collation l on l.oid = a.attcollation
    left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
    where c.oid = ${oid} order by a.attnum`;
  const [first] = rows;
  if (first === undefined) return null;
  const exempt = await sql<{ role: string }[]>`
    select rolname as role from pg_roles where rolname in (${asked}) and (rolbypassrls or rolsuper)`;
  return {
    name: first.table,
    rowSecurity: first.row_security,
    columns: rows.map(({ name, typeName, type, key, json, textual, readers }) => {
      return { name, typeName, type, key, json, textual, readers: new Set(JSON.parse(readers)) };
    }),
    exempt: new Set(exempt.map(({ role }) => role)),
  };
}

/** The SQL of a condition about `column`, whose parameter is `$index`; it is never null. */
function conditionSql({ op, value, negate }: Condition, column: string, type: string, index: number): string {
  const operand = op === "in" ? `$${index}::text::${type}[]` : `$${index}::text::${type}`;
  let sql: string;
  if (op === "in") sql = `${column} = any (${operand})`;
  // A keyword takes no parameter, but each condition has one.
  else if (op === "is") sql = `(${column} is ${value} and $${index}::text is not null)`;
  else sql = `${column} ${SQL_OPERATORS[op]} (${operand})`;
  return `((${negate ? "not " : ""}(${sql})) is true)`;
}

/**
 * Checks that a subscription's conditions and columns suit a table; the text of what does not. A condition is tried
 * on its own value, the way changes are tried, so what is accepted here does not fail there.
 */
export async function refuseOnTable(
  sql: Sql,
  info: TableInfo,
  request: ChangeRequest,
  role: string,
): Promise<string | null> {
  const columnOf = (name: string) => info.columns.find((column) => column.name === name && column.readers.has(role));
  for (const condition of request.conditions) {
    const column = columnOf(condition.column);
    if (column === undefined) return raised(`invalid column for filter ${condition.column}`);
    const refusal = await refuseCondition(sql, condition, column);
    if (refusal !== null) return refusal;
  }
  for (const name of request.select ?? []) {
    if (columnOf(name) === undefined) return raised(`invalid column for select ${name}`);
  }
  return null;
}

async function refuseCondition(sql: Sql, condition: Condition, column: ColumnInfo): Promise<string | null> {
  const { op, value } = condition;
  if (op === "is") {
    if (!IS_KEYWORDS.includes(value)) {
      return raised("invalid value for is filter: must be null, true, false, or unknown");
    }
    if (value === "null" || column.type === "pg_catalog.bool") return null;
    return raised(`is ${value} filter requires a boolean column, got ${column.typeName}`);
  }
  try {
    if (op === "in") {
      const [row] = await sql.unsafe<{ values: number }[]>(
        `select coalesce(cardinality($1::text::${column.type}[]), 0) as values`,
        [value],
      );
      if ((row?.values ?? 0) > IN_VALUES_MAX) {
        return raised(`too many values for \`in\` filter. Maximum ${IN_VALUES_MAX}`);
      }
    }
    if (op === "match" || op === "imatch") await sql`select '' ~ ${value}::text`;
    const sample = op === "in" ? `null::${column.type}` : `$1::text::${column.type}`;
    await sql.unsafe(`select ${conditionSql(condition, `(${sample})`, column.type, 1)}`, [value]);
    return null;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined || !/^(0A|2[0-9A-Z]|42|P0)/.test(code)) throw error;
    if (code === "2201B") return raised(`invalid regular expression for ${op} filter: ${message}`);
    if (code.startsWith("42")) {
      return raised(
        `operator ${op} is not supported on column ${column.name} of type ${column.typeName}: ${message}`,
      );
    }
    return `ERROR ${code}${code === "22P02" ? " (invalid_text_representation)" : ""} ${message}`;
  }
}

function raised(message: string): string {
  return `ERROR P0001 (raise_exception) ${message}`;
}

/** The text by which `value` would appear in the stream, for a `textual` column. */
export async function canonicalText(sql: Sql, value: string, type: string): Promise<string> {
  const [row] = await sql.unsafe<{ text: string }[]>(`select ($1::text::${type})::text as text`, [value]);
  return row?.text ?? value;
}

/** Turns rows of one table into JSON values and tries `conditions` on each. */
export async function readRows(
  sql: Sql,
  info: TableInfo,
  relation: StreamRelation,
  tuples: Tuple[],
  conditions: Condition[],
): Promise<RowValues[]> {
  const byName = new Map(info.columns.map((column) => [column.name, column]));
  const rows = tuples.map((tuple) => {
    const fields = relation.columns.flatMap(({ name }, index) => {
      const value = tuple[index];
      if (value === undefined || value === null) return [];
      return `${JSON.stringify(name)}:${byName.get(name)?.json ? value : JSON.stringify(value)}`;
    });
    return `{${fields.join(",")}}`;
  });
  const columns = info.columns.map(({ name }) => `to_jsonb(r.${quote(name)})::text`);
  const truths = conditions.map((condition, index) => {
    const column = byName.get(condition.column);
    if (column === undefined) return `case when $${index + 2}::text is null then '0' else '0' end`;
    const sqlText = conditionSql(condition, `r.${quote(column.name)}`, column.type, index + 2);
    return `case when ${sqlText} then '1' else '0' end`;
  });
  const answers: (string | null)[][] = await sql.unsafe(
    `select ${[...columns, truths.join(" || ") || "''"].join(", ")}
     from json_populate_recordset(null::${info.name}, $1::text::json) r`,
    [`[${rows.join(",")}]`, ...conditions.map((condition) => condition.value)],
  ).values();
  return answers.map((answer) => {
    const holds = [...(answer.pop() as string)].map((truth) => truth === "1");
    return { json: answer, holds };
  });
}

/**
 * Asks the policies of a table who may see which rows as they stand now, in one statement for all, once the
 * transactions `xids` are visible.
 */
export async function checkVisibility(
  sql: Sql,
  info: TableInfo,
  checks: VisibilityCheck[],
  xids: number[],
): Promise<Visibility[]> {
  const keys = info.columns.filter((column) => column.key);
  const fields = keys.map((_, index) => `k${index} text`).join(", ");
  const matches = keys.map(({ name, type }, index) => `t.${quote(name)} = k.k${index}::${type}`).join(" and ");
  const query = `select array_agg(k.n) from jsonb_to_recordset($1) as k(n integer, ${fields})
    where exists (select 1 from ${info.name} t where ${matches})`;
  const asked = checks.map(({ identity, keys }) => ({
    role: identity.role,
    claims: identity.claimsJson,
    sub: identity.sub,
    keys: keys.map((key, n) => ({ n, ...Object.fromEntries(key.map((value, index) => [`k${index}`, value])) })),
  }));
  const rows = await sql<{ visible: string | null; failed: boolean }[]>`
    select array_to_json(visible)::text as visible, failed
    from realtime.check_visibility(${query}, ${JSON.stringify(asked)}::text::jsonb, ${
    JSON.stringify(xids)
  }::text::jsonb)
    order by place`;
  return rows.map(({ visible, failed }) => failed ? null : new Set<number>(JSON.parse(visible ?? "[]")));
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
