/** A table as the stream describes it before its first change. */
export interface StreamRelation {
  oid: number;
  schema: string;
  table: string;
  columns: StreamColumn[];
}

/** A column; `key` when it is part of the replica identity. */
export interface StreamColumn {
  name: string;
  key: boolean;
}

/** Values as PostgreSQL's text, by column; undefined: not sent (unchanged and stored out of line, or no key). */
export type Tuple = (string | null | undefined)[];

/** A row that was inserted, updated or deleted. */
export interface RowChange {
  kind: "INSERT" | "UPDATE" | "DELETE";
  relation: StreamRelation;
  /** Null for a deletion. */
  after: Tuple | null;
  /** The replica identity's values before; null for an insertion. */
  before: Tuple | null;
  /** Size of the message, to bound queues. */
  byteLength: number;
}

/** What a message of the stream says. */
export type StreamMessage =
  /** `lsn` is the same whenever the transaction is sent again. */
  | { type: "begin"; lsn: bigint; committedMs: number; xid: number }
  | { type: "change"; change: RowChange }
  /** `endLsn` lies behind the transaction. */
  | { type: "commit"; endLsn: bigint };

/** Milliseconds from 1970 to PostgreSQL's epoch. */
export const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
const RELATIONS_MAX = 10_000;
// A byte order mark is a value like any other.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes the messages of PostgreSQL's `pgoutput` plugin, protocol version 1, text values. */
export class PgoutputDecoder {
  readonly #relations = new Map<number, StreamRelation>();

  /**
   * Reads one message; null when it tells nothing about rows.
   * @throws when the message is cut short or names a table it never described.
   */
  decode(bytes: Uint8Array): StreamMessage | null {
    const reader = new Reader(bytes);
    switch (String.fromCharCode(reader.byte())) {
      case "B":
        return {
          type: "begin",
          lsn: reader.int64(),
          committedMs: POSTGRES_EPOCH_MS + Number(reader.int64() / 1_000n),
          xid: reader.int32(),
        };
      case "C":
        reader.byte();
        reader.int64();
        return { type: "commit", endLsn: reader.int64() };
      case "R":
        this.#readRelation(reader);
        return null;
      case "I":
        return this.#change("INSERT", reader, bytes.length);
      case "U":
        return this.#change("UPDATE", reader, bytes.length);
      case "D":
        return this.#change("DELETE", reader, bytes.length);
      default:
        return null;
    }
  }

  #readRelation(reader: Reader): void {
    const oid = reader.int32();
    const schema = reader.string() || "pg_catalog";
    const table = reader.string();
    reader.byte();
    const columns: StreamColumn[] = [];
    for (let left = reader.int16(); left > 0; left--) {
      const key = (reader.byte() & 1) === 1;
      const name = reader.string();
      reader.int32();
      reader.int32();
      columns.push({ name, key });
    }
    // Described again whenever it is needed: forgetting costs nothing but an error, which starts the stream anew.
    if (this.#relations.size >= RELATIONS_MAX) this.#relations.clear();
    this.#relations.set(oid, { oid, schema, table, columns });
  }

  #change(kind: RowChange["kind"], reader: Reader, byteLength: number): StreamMessage {
    const relation = this.#relations.get(reader.int32());
    if (relation === undefined) throw new Error("A change names a table the stream never described");
    let before: Tuple | null = null;
    let after: Tuple | null = null;
    while (!reader.ended) {
      const part = String.fromCharCode(reader.byte());
      const tuple = reader.tuple();
      if (part === "N") after = tuple;
      else before = part === "K" ? keysOf(relation, tuple) : tuple;
    }
    if (kind === "UPDATE" && after !== null) {
      // Without an old tuple the identity did not change.
      before ??= keysOf(relation, after);
      const whole = before;
      after = after.map((value, index) => value === undefined ? whole[index] : value);
    }
    return { type: "change", change: { kind, relation, after, before, byteLength } };
  }
}

function keysOf(relation: StreamRelation, tuple: Tuple): Tuple {
  return tuple.map((value, index) => relation.columns[index]?.key ? value : undefined);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  int16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8);
  }

  string(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new RangeError("A name has no end");
    const text = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  tuple(): Tuple {
    const values: Tuple = [];
    for (let left = this.int16(); left > 0; left--) {
      const kind = String.fromCharCode(this.byte());
      if (kind === "n") values.push(null);
      else if (kind === "u") values.push(undefined);
      else values.push(this.#text());
    }
    return values;
  }

  #text(): string {
    const end = this.int32() + this.#at;
    if (end > this.#bytes.length) throw new RangeError("A value is cut short");
    const text = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return text;
  }
}
