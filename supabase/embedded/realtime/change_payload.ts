import type { ChangeGroup, ChangeListener } from "./change_registry.ts";
import type { ColumnInfo, TableInfo } from "./change_sql.ts";
import type { Frame } from "./outbox.ts";
import type { RowChange, Tuple } from "./pgoutput.ts";
import { messageJson, textFrame } from "./wire.ts";

/** A change with its values as JSON texts, by column of the table's {@link TableInfo}. */
export interface ReadChange {
  change: RowChange;
  committedMs: number;
  info: TableInfo;
  after: (string | null)[] | null;
  before: (string | null)[] | null;
}

/** Why a change comes without its row, as hosted Realtime words it. */
export const CHANGE_ERRORS = {
  noPrimaryKey: "Error 400: Bad Request, no primary key",
  unauthorized: "Error 401: Unauthorized",
  tooLarge: "Error 413: Payload Too Large",
  policyFailed: "Error 500: Internal Server Error, RLS policy evaluation failed",
  unreadable: "Error 500: Internal Server Error, the record could not be read",
} as const;

// Of a record that is too large, values this long or shorter are still sent.
const SMALL_VALUE_LENGTH_MAX = 64;

/** The `data` of a change whose row is withheld, as JSON text. */
export function errorData({ relation, kind }: RowChange, error: string): string {
  return JSON.stringify({
    schema: relation.schema,
    table: relation.table,
    type: kind,
    commit_timestamp: null,
    columns: [],
    record: {},
    ...(kind === "INSERT" ? {} : { old_record: {} }),
    errors: [error],
  });
}

/** The `data` of a change as `role` may read it, as JSON text; `select` narrows it to columns and the primary key. */
export function changeData(read: ReadChange, role: string, select: string[] | null, recordBytesMax: number): string {
  const { change, info, after, before } = read;
  const { relation, kind } = change;
  const tooLarge = change.byteLength > recordBytesMax;
  const shown = info.columns.map((column) =>
    column.readers.has(role) && (select === null || column.key || select.includes(column.name))
  );
  const columns = info.columns.filter((_, index) => shown[index]).map(({ name, typeName }) => ({
    name,
    type: typeName,
  }));
  const record = (values: (string | null)[], tuple: Tuple | null, keysOnly: boolean): string => {
    const present = presentColumns(read, tuple);
    const fields = info.columns.flatMap((column: ColumnInfo, index) => {
      const json = values[index] ?? "null";
      if (!shown[index] || !present.has(column.name) || (keysOnly && !column.key)) return [];
      if (tooLarge && json.length > SMALL_VALUE_LENGTH_MAX) return [];
      return `${JSON.stringify(column.name)}:${json}`;
    });
    return `{${fields.join(",")}}`;
  };
  const parts = [
    `"schema":${JSON.stringify(relation.schema)}`,
    `"table":${JSON.stringify(relation.table)}`,
    `"type":"${kind}"`,
    `"commit_timestamp":"${new Date(read.committedMs).toISOString()}"`,
    `"columns":${JSON.stringify(columns)}`,
  ];
  if (after !== null) parts.push(`"record":${record(after, change.after, false)}`);
  // Nobody's policies are asked about a deleted row, so that where there are policies only its key is told.
  if (before !== null) {
    parts.push(`"old_record":${record(before, change.before, kind === "DELETE" && info.rowSecurity)}`);
  }
  parts.push(`"errors":${tooLarge ? JSON.stringify([CHANGE_ERRORS.tooLarge]) : "null"}`);
  return `{${parts.join(",")}}`;
}

function presentColumns({ change }: ReadChange, tuple: Tuple | null): Set<string> {
  return new Set(change.relation.columns.filter((_, index) => tuple?.[index] !== undefined).map(({ name }) => name));
}

/** Sends `data` to the groups' channels, each once, with the ids it knows it by. Returns the frames sent. */
export function sendChange(data: string, groups: Iterable<ChangeGroup>): number {
  const channels = new Map<ChangeListener, number[]>();
  for (const { subscriptions } of groups) {
    for (const { id, listener } of subscriptions) {
      const ids = channels.get(listener);
      if (ids === undefined) channels.set(listener, [id]);
      else ids.push(id);
    }
  }
  const frames = new Map<string, Frame>();
  for (const [{ target, wireTopic }, ids] of channels) {
    const idsText = ids.join(",");
    const key = `${target.version} ${idsText} ${wireTopic}`;
    let frame = frames.get(key);
    if (frame === undefined) {
      const payload = `{"ids":[${idsText}],"data":${data}}`;
      frame = textFrame(messageJson(target.version, null, null, wireTopic, "postgres_changes", payload));
      frames.set(key, frame);
    }
    target.send(frame);
  }
  return channels.size;
}
