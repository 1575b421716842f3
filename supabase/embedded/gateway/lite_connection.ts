import { PostgresConnection } from "@supabase/lite/postgres";
import { PreparedStatements } from "./prepared_statements.ts";

/** Connections that serve REST and Auth: requests of both wait for them, and Auth's a little less. */
const CONNECTIONS_MAX = 20;
/** REST requests at once. */
export const REST_CONNECTIONS_MAX = 18;
/** Roles the API acts as; a token may name another one, which the server judges itself. */
const API_ROLES: ReadonlySet<string> = new Set(["anon", "authenticated", "service_role"]);
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
  /** Limits on time that functions of the API have of their own, by name. */
  #limits: ReadonlyMap<string, string> = new Map();
  readonly #statements = new PreparedStatements();

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
    this.#statements.install(this.driver);
  }

  /** Reads the schema, or returns what was read before. */
  override async introspect(options?: { useCache?: boolean }) {
    // First, so that no function is reachable without its limit.
    if (options?.useCache !== true) await this.#readLimits();
    if (options?.useCache !== true) this.#statements.renew();
    return await this.#catalogue.introspect(options);
  }

  /**
   * Runs a request in its transaction. What the server sets in a statement each, a dozen for a function's call, is set in
   * one: each waits for the turn of an event loop that a crowd keeps busy. A function's own statement_timeout would come
   * too late, the statement that calls it having begun: it is set before, as PostgREST does ("Hoisted function settings").
   */
  override withContext: PostgresConnection["withContext"] = (vars, body, options) => {
    const { rpc } = options ?? {};
    const { uid, jwt, ...auth } = (vars?.auth ?? {}) as { role?: string; uid?: string | null; jwt?: object };
    const role = auth.role || "anon";
    if (rpc === undefined || !API_ROLES.has(role) || options?.transaction || options?.forceRollback) {
      return super.withContext(vars, body, options);
    }
    const limit = this.#limits.get(rpc.path.split("/").at(-1) ?? "");
    const settings: [name: string, value: string][] = [
      ["role", role],
      ["request.jwt.claim.sub", uid ?? ""],
      ["request.jwt.claim.role", role],
      ["request.jwt.claims", jwt ? JSON.stringify(jwt) : ""],
      ["request.method", rpc.method],
      ["request.path", rpc.path],
      ["request.headers", JSON.stringify(rpc.requestHeaders ?? {})],
      // Where a function puts what else it answers.
      ["response.status", ""],
      ["response.headers", ""],
      ...(rpc.readOnly ? [["transaction_read_only", "on"] as [string, string]] : []),
      ...(limit === undefined ? [] : [["statement_timeout", limit] as [string, string]]),
    ];
    return this.kysely.transaction().execute(async (db) => {
      await db.executeQuery(compiledSettings(settings));
      return await body(db);
    });
  };

  async #readLimits(): Promise<void> {
    try {
      const rows = await this.#catalogue.driver<{ name: string; limit: string }[]>`
        select p.proname as name, split_part(c, '=', 2) as limit
        from pg_catalog.pg_proc p cross join unnest(p.proconfig) as c
        where p.pronamespace = 'public'::regnamespace and c like 'statement_timeout=%'`;
      this.#limits = new Map(rows.map(({ name, limit }) => [name, limit]));
    } catch {
      // As with the schema, what was read before holds until a reading succeeds.
    }
  }

  /** Closes both. */
  override async close(): Promise<void> {
    const patience = { timeout: STOP_S_MAX };
    await Promise.all([this.driver.end(patience), this.#catalogue.driver.end(patience)]);
  }
}

/** A statement that holds settings until the transaction ends. Names are ours, values are whatever callers send. */
function compiledSettings(settings: [name: string, value: string][]) {
  const sql = `select ${settings.map(([name], i) => `set_config('${name}', $${i + 1}, true)`).join(", ")}`;
  const query = { kind: "RawNode", sqlFragments: [sql], parameters: [] } as const;
  return { query, queryId: { queryId: "settings" }, sql, parameters: settings.map(([, value]) => value) };
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
