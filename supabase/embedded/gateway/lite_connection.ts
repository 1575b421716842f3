import { PostgresConnection } from "@supabase/lite/postgres";

/** Connections that serve REST and Auth. */
const CONNECTIONS_MAX = 20;
/** How long queries under way may go on at a stop. */
const STOP_S_MAX = 0.5;

/** How values travel between the REST server and Postgres, where its own way differs from PostgREST's. */
const TYPES = {
  // It hands over JSON as text already.
  json: { to: 114, from: [114], serialize: toJsonText, parse: (text: string) => JSON.parse(text) as unknown },
  jsonb: { to: 3802, from: [3802], serialize: toJsonText, parse: (text: string) => JSON.parse(text) as unknown },
  // PostgREST writes numbers; what a client's JSON.parse makes of them is this.
  numeric: { to: 1700, from: [1700], serialize: String, parse: toNumber },
  // "2026-01-02 03:04:05+00" becomes RFC 3339.
  timestamp: { to: 1114, from: [1114], serialize: keep, parse: (text: string) => text.replace(" ", "T") },
  timestamptz: { to: 1184, from: [1184], serialize: keep, parse: toRfc3339 },
};

/** The REST and Auth server's connections: they log in as "authenticator", the catalogue is read by the superuser. */
export class LiteConnection extends PostgresConnection {
  readonly #catalogue: PostgresConnection;

  /** @param superuserUrl sees tables that "authenticator" has no right to, as PostgREST's schema cache does. */
  constructor(url: string, superuserUrl: string) {
    super({
      url,
      postgresOptions: {
        max: CONNECTIONS_MAX,
        onnotice: () => {},
        connection: { application_name: "rest-and-auth" },
        types: TYPES,
      },
    });
    this.#catalogue = new PostgresConnection({
      url: superuserUrl,
      postgresOptions: { max: 1, idle_timeout: 10, onnotice: () => {}, connection: { application_name: "catalogue" } },
    });
    // Left "unknown", the first request would GRANT ALL on every table and undo our revokes.
    Object.assign(this, { rlsState: "active" });
  }

  /** Reads the schema, or returns what was read before. */
  override introspect(options?: { useCache?: boolean }) {
    return this.#catalogue.introspect(options);
  }

  /** Closes both. */
  override async close(): Promise<void> {
    const patience = { timeout: STOP_S_MAX };
    await Promise.all([this.driver.end(patience), this.#catalogue.driver.end(patience)]);
  }
}

function toJsonText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function toNumber(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function toRfc3339(text: string): string {
  return text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
}

function keep(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}
