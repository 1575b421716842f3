/** The part of the schema cache this needs. */
export interface SchemaCache {
  columns: { schema?: string; table: string; name: string; type: string }[];
  functions?: { schema: string; name: string; arg_names: string[]; arg_types: string[] }[];
}

/** What a body is for. */
export interface BodyTarget {
  schema: string;
  /** The table or function. */
  name: string;
  isRpc: boolean;
}

const JSON_TYPES: ReadonlySet<string> = new Set(["json", "jsonb"]);
const NUMBER_TYPES: ReadonlySet<string> = new Set(["numeric", "bigint"]);
/** Digits a JavaScript number surely keeps. */
const EXACT_DIGITS = 15;

/**
 * Rewrites the texts in a JSON body that the REST server would change on their way to the database:
 * - a text for a json column or argument is a JSON string to PostgREST, while the server takes it for JSON already
 *   written (twice over, for a column): it is quoted accordingly;
 * - a long decimal in a text for a numeric or bigint column would be rounded to a JavaScript number: an underscore,
 *   which Postgres reads over, keeps it a text.
 */
export function protectTexts(body: string, target: BodyTarget, cache: SchemaCache): string {
  const types = typesOf(target, cache);
  if (types.size === 0) return body;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  let changed = false;
  for (const row of Array.isArray(value) ? value : [value]) {
    if (typeof row !== "object" || row === null) continue;
    const fields = row as Record<string, unknown>;
    for (const [name, type] of types) {
      const text = fields[name];
      if (typeof text !== "string") continue;
      fields[name] = protect(text, type, target.isRpc);
      changed ||= fields[name] !== text;
    }
  }
  // Only then: writing it again would round its longest numbers.
  return changed ? JSON.stringify(value) : body;
}

function protect(text: string, type: string, isRpc: boolean): string {
  if (JSON_TYPES.has(type)) return isRpc ? JSON.stringify(text) : JSON.stringify(JSON.stringify(text));
  if (isRpc || text.length <= EXACT_DIGITS || !/^-?\d{2,}(\.\d+)?$/.test(text)) return text;
  return text.replace(/\d/, "$&_");
}

/** The types of the named columns or arguments that need care. */
function typesOf({ schema, name, isRpc }: BodyTarget, cache: SchemaCache): Map<string, string> {
  const all: [string, string][] = isRpc
    ? (cache.functions ?? []).filter((found) => found.schema === schema && found.name === name)
      .flatMap(({ arg_names, arg_types }) =>
        arg_names.map((argument, i): [string, string] => [argument, arg_types[i] ?? ""])
      )
    : cache.columns.filter((column) => (column.schema ?? "public") === schema && column.table === name)
      .map((column) => [column.name, column.type]);
  return new Map(all.filter(([, type]) => JSON_TYPES.has(type) || (!isRpc && NUMBER_TYPES.has(type))));
}
