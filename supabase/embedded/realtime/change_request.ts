/** The events a subscription may ask for. */
export type ChangeEvent = "*" | "INSERT" | "UPDATE" | "DELETE";

/** Operators of a filter. */
export const FILTER_OPERATORS = [
  "eq",
  "neq",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "like",
  "ilike",
  "is",
  "match",
  "imatch",
  "isdistinct",
] as const;
export type FilterOperator = typeof FILTER_OPERATORS[number];

/** One condition of a filter; all of a filter's conditions must hold. */
export interface Condition {
  column: string;
  op: FilterOperator;
  /** As text; for `in` an array literal. */
  value: string;
  negate: boolean;
}

/** What one entry of `postgres_changes` asks for. */
export interface ChangeRequest {
  event: ChangeEvent;
  /** A name, `*`, or a name with `%` for any characters. */
  schema: string;
  table: string;
  conditions: Condition[];
  /** Null: all columns. */
  select: string[] | null;
}

/** A parsed entry, or hosted Realtime's words for what is wrong with it. */
export type ChangeRequestParse = { ok: true; request: ChangeRequest } | { ok: false; message: string };

// A filter is evaluated for every change: longer ones are no filters but attacks.
const FILTER_LENGTH_MAX = 8_192;
const CONDITIONS_MAX = 20;
const SELECT_COLUMNS_MAX = 1_600;
const NO_PARAMS = "No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: ";
const NO_SELECT_ON_WILDCARD =
  "Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.";

/** Reads one entry of a join's `postgres_changes`. */
export function parseChangeRequest(params: Record<string, unknown>): ChangeRequestParse {
  const { schema, table, filter, select } = params;
  if (typeof select === "string") {
    return refuse(
      'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
    );
  }
  const names = namesOf(schema, table, filter);
  if (names === null) return refuse(NO_PARAMS + inspect(params));
  const conditions = parseFilter(filter === undefined ? "" : String(filter));
  if (typeof conditions === "string") return refuse(`Error parsing \`filter\` params: ${conditions}`);
  const columns = Array.isArray(select) ? select.filter((name) => typeof name === "string") : [];
  if (columns.length > 0 && (names.schema === "*" || names.table === "*")) return refuse(NO_SELECT_ON_WILDCARD);
  if (columns.length > SELECT_COLUMNS_MAX) return refuse("Error parsing `select` params: too many columns");
  const selected = columns.length === 0 ? null : [...new Set(columns)].sort();
  return { ok: true, request: { event: eventOf(params.event), ...names, conditions, select: selected } };
}

function refuse(message: string): ChangeRequestParse {
  return { ok: false, message };
}

/** A schema without a table means all of its tables, a table without a schema one of `public`. */
function namesOf(schema: unknown, table: unknown, filter: unknown): { schema: string; table: string } | null {
  if (filter !== undefined && typeof filter !== "string") return null;
  if (typeof schema === "string" && typeof table === "string") return { schema, table };
  if (filter !== undefined) return null;
  if (typeof schema === "string" && table === undefined) return { schema, table: "*" };
  if (typeof table === "string" && schema === undefined) return { schema: "public", table };
  return null;
}

function eventOf(event: unknown): ChangeEvent {
  const name = typeof event === "string" ? event.toUpperCase() : "";
  return name === "INSERT" || name === "UPDATE" || name === "DELETE" ? name : "*";
}

/** The conditions of a filter; a text says what is wrong. */
export function parseFilter(filter: string): Condition[] | string {
  const trimmed = filter.trim();
  if (trimmed === "") return [];
  if (trimmed.length > FILTER_LENGTH_MAX) return `a filter has at most ${FILTER_LENGTH_MAX} characters`;
  const conditions: Condition[] = [];
  for (const segment of splitSegments(trimmed)) {
    const condition = parseCondition(segment.trim());
    if (typeof condition === "string") return condition;
    if (conditions.push(condition) > CONDITIONS_MAX) return `a filter has at most ${CONDITIONS_MAX} conditions`;
  }
  return conditions;
}

/** Splits at commas outside quotes and parentheses. A quote opens only where a value may begin. */
function splitSegments(filter: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < filter.length; i++) {
    const char = filter[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
    } else if (char === '"' && ".(,".includes(filter[i - 1] ?? " ")) quoted = true;
    else if (char === "(") depth++;
    else if (char === ")") depth = Math.max(0, depth - 1);
    else if (char === "," && depth === 0) {
      segments.push(filter.slice(start, i));
      start = i + 1;
    }
  }
  segments.push(filter.slice(start));
  return segments;
}

function parseCondition(segment: string): Condition | string {
  if (segment === "") return "filter must not contain empty segments (check for extra commas)";
  const [column, expression] = splitOnce(segment, "=");
  if (expression === null) return inspect([segment]);
  const negate = expression.startsWith("not.");
  const [op, value] = splitOnce(negate ? expression.slice(4) : expression, ".");
  if (value === null) return inspect([op]);
  if (!isOperator(op)) return inspect([op, value]);
  if (column.includes("\0") || value.includes("\0")) return "a filter must not contain NUL";
  if (op !== "in") return { column, op, value: unquote(value), negate };
  if (!value.startsWith("(") || !value.endsWith(")") || value.length < 2) {
    return "`in` filter value must be wrapped by parentheses";
  }
  return { column, op, value: `{${value.slice(1, -1)}}`, negate };
}

function splitOnce(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function isOperator(op: string): op is FilterOperator {
  return (FILTER_OPERATORS as readonly string[]).includes(op);
}

/** Takes a value out of double quotes; one that is not wholly quoted stays as it is. */
function unquote(value: string): string {
  const inside = /^"((?:[^"\\]|\\[^])*)"$/.exec(value)?.[1];
  return inside === undefined ? value : inside.replace(/\\([^])/g, "$1");
}

/** A request as hosted Realtime writes it into its messages. */
export function describeRequest({ event, schema, table, conditions, select }: ChangeRequest): string {
  const filters = conditions.map(({ column, op, value, negate }) =>
    `{${inspect(column)}, "${op}", ${inspect(value)}, ${negate}}`
  );
  return `event: ${event}, schema: ${schema}, table: ${table}, filters: [${filters.join(", ")}], select: ${
    inspect(select)
  }`;
}

const INSPECTED_LENGTH_MAX = 500;

/** Elixir's notation, in which hosted Realtime words its errors. */
function inspect(value: unknown): string {
  return inspectWhole(value).slice(0, INSPECTED_LENGTH_MAX);
}

function inspectWhole(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return `[${value.map(inspectWhole).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)} => ${inspectWhole(item)}`);
  return `%{${entries.join(", ")}}`;
}

/** Whether `pattern` (a name, `*`, or a name with `%`) means `name`. */
export function namesMatch(pattern: string, name: string): boolean {
  if (pattern === "*" || pattern === name) return true;
  if (!pattern.includes("%")) return false;
  const [first = "", ...rest] = pattern.split("%");
  const last = rest.pop() ?? "";
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

/** The number by which client and server mean one entry: equal entries have equal numbers, never zero. */
export function idOfParams(params: Record<string, unknown>): number {
  const text = JSON.stringify(Object.entries(params).sort(([a], [b]) => a < b ? -1 : 1));
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 5) + 1;
}
