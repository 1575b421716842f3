import type { ReservedSql, Sql } from "postgres";

/** Texts prepared in all, old generations included: each costs memory in every connection, and callers choose some. */
const TEXTS_MAX = 500;
const TEXT_LENGTH_MAX = 2_000;
/** Settings of a transaction, which are ours: a few texts, whose answers never change their types. */
const SETTINGS = /^select set_config\(/;
/** The call of a function, as the REST server writes it. */
const CALL = /^select \* from [a-z_]+\.[a-z0-9_]+\(/;

/**
 * Has the driver prepare statements that come again and again. Of any other it asks the database for the types first and
 * waits: one more round trip, each of which waits for its turn in an event loop that a crowd keeps busy.
 */
export class PreparedStatements {
  readonly #texts = new Set<string>();
  #left = TEXTS_MAX;
  /** Stands behind each call: what was prepared for a function before it changed is used no more. */
  #generation = 0;

  /** Changes what `sql` reserves from now on. */
  install(sql: Sql): void {
    const reserve = sql.reserve.bind(sql);
    sql.reserve = async () => {
      const connection = await reserve();
      const unsafe = connection.unsafe.bind(connection) as ReservedSql["unsafe"];
      connection.unsafe = ((text, parameters, options) => {
        const prepared = parameters === undefined || parameters.length === 0 ? null : this.#preparedText(text);
        return prepared === null
          ? unsafe(text, parameters, options)
          : unsafe(prepared, parameters, { ...options, prepare: true });
      }) as ReservedSql["unsafe"];
      return connection;
    };
  }

  /** The schema has been read anew. */
  renew(): void {
    this.#generation++;
    this.#texts.clear();
  }

  #preparedText(text: string): string | null {
    if (SETTINGS.test(text)) return text;
    if (!this.#texts.has(text)) {
      if (this.#left === 0 || text.length > TEXT_LENGTH_MAX || !CALL.test(text)) return null;
      this.#left--;
      this.#texts.add(text);
    }
    return `${text} /* ${this.#generation} */`;
  }
}
