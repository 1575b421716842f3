import postgres, { type ISql, type Sql } from "postgres";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { Counters } from "./metrics.ts";

/** A row of realtime.messages to deliver. */
export interface StoredMessage {
  id: string;
  topic: string;
  event: string;
  private: boolean;
  /** JSON text; null when the payload is binary. */
  payload: string | null;
  binary_payload: Uint8Array | null;
}

/** What the database tells. */
export interface SourceEvents {
  /** Committed messages, each once, in the order they were inserted. */
  onMessages(messages: StoredMessage[]): void;
  /** Permissions of a topic (`*`: of all) may have changed; those of one user where `sub` names one. */
  onReauthorize(topic: string, sub?: string): void;
  /** Delivery is live, for the first time or again after a gap (what the gap held has been delivered). */
  onLive(): void;
}

// How many rows are fetched at a time, so that a gap's worth of messages does not sit in memory at once.
const ROWS_PER_FETCH_MAX = 500;
const RECONNECT_MS_MIN = 50;
const RECONNECT_MS_MAX = 2_000;
// A dead connection that nobody closed is noticed by the first poll it does not answer.
const POLL_INTERVAL_MS = 15_000;

/**
 * Delivers what commits into realtime.messages. A notification only wakes it; what is new it reads by
 * transaction snapshot: rows whose transaction the last read did not see. So messages are neither bound
 * to a notification's size nor forgeable by one, a long transaction's rows are not overtaken, and after a
 * lost connection or a restart of the database the next read brings all that committed meanwhile.
 */
export class DatabaseSource {
  readonly #dbUrl: string;
  readonly #events: SourceEvents;
  readonly #logger: Logger;
  readonly #counters: Counters;
  #sql: Sql | null = null;
  #snapshot: string | null = null;
  /** Ids delivered since the snapshot: a read that broke off half way starts again behind them. */
  readonly #delivered = new Set<string>();
  #live = false;
  #stopped = false;
  #polling = false;
  #woken = false;
  #retry_ms = RECONNECT_MS_MIN;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pollTimer: ReturnType<typeof setInterval> | undefined;

  constructor(dbUrl: string, events: SourceEvents, counters: Counters, logger: Logger) {
    this.#dbUrl = dbUrl;
    this.#events = events;
    this.#counters = counters;
    this.#logger = logger;
  }

  /** Whether what commits now is delivered. */
  get live(): boolean {
    return this.#live;
  }

  /** Connects; resolves once delivery is live. Throws when the first connection fails. */
  async start(): Promise<void> {
    await this.#connect();
    this.#pollTimer = setInterval(() => this.#wake(), POLL_INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#live = false;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pollTimer);
    await this.#sql?.end({ timeout: 1 });
  }

  async #connect(): Promise<void> {
    const sql = openListener(this.#dbUrl, {
      onnotify: (channel, payload) => this.#onNotify(channel, payload),
      onclose: () => this.#onClose(sql),
    });
    this.#sql = sql;
    await sql`listen realtime_messages`;
    await sql`listen realtime_reauthorize`;
    await sql`listen realtime_reauthorize_user`;
    if (this.#snapshot === null) {
      const [row] = await sql<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
      this.#snapshot = row?.snapshot ?? null;
    } else {
      // Signals of the gap are lost: ask for everybody again before anything of the gap is delivered.
      this.#events.onReauthorize("*");
      await this.#readNew(sql);
    }
    this.#retry_ms = RECONNECT_MS_MIN;
    this.#live = true;
    this.#events.onLive();
  }

  #onNotify(channel: string, payload: string): void {
    if (this.#stopped) return;
    if (channel === "realtime_reauthorize") this.#events.onReauthorize(payload);
    else if (channel === "realtime_reauthorize_user") {
      const space = payload.indexOf(" ");
      this.#events.onReauthorize(payload.slice(space + 1), payload.slice(0, space));
    } else this.#wake();
  }

  /** One read at a time; a wake during a read makes it read once more. */
  #wake(): void {
    this.#woken = true;
    if (this.#polling || !this.#live || this.#sql === null) return;
    this.#polling = true;
    this.#drain(this.#sql).catch((error: unknown) => {
      // The connection is broken or the schema is: both are worth a fresh start.
      this.#logger.warn("Reading realtime.messages failed", { error });
      this.#sql?.end({ timeout: 0 });
    }).finally(() => this.#polling = false);
  }

  async #drain(sql: Sql): Promise<void> {
    while (this.#woken && this.#live && sql === this.#sql) {
      this.#woken = false;
      await this.#readNew(sql);
    }
  }

  /** Delivers the rows that became visible since the last snapshot, and moves on to the present one. */
  async #readNew(sql: Sql): Promise<void> {
    const since = this.#snapshot as string;
    // One statement sees one snapshot: its rows and the snapshot returned beside them belong together.
    // Materialized: otherwise the order and the limit would tempt the planner to walk the whole table by id.
    const rows = await sql<(StoredMessage & { snapshot: string; id: string | null })[]>`
      with new as materialized (${newMessages(sql, since)})
      select s.snapshot, m.*
      from (select pg_current_snapshot()::text as snapshot) s
      left join lateral (select * from new order by id limit ${ROWS_PER_FETCH_MAX + 1}) m on true
      order by m.id`;
    if (rows.length > ROWS_PER_FETCH_MAX) return await this.#readMany(sql, since);
    this.#deliver(rows.filter((row) => row.id !== null));
    this.#advance(rows[0]?.snapshot ?? since);
  }

  /** As {@link #readNew}, for more rows than memory should hold at once. */
  async #readMany(sql: Sql, since: string): Promise<void> {
    const snapshot = await sql.begin("isolation level repeatable read, read only", async (tx) => {
      const [now] = await tx<{ snapshot: string }[]>`select pg_current_snapshot()::text as snapshot`;
      const rows = tx<StoredMessage[]>`${newMessages(tx, since)} order by id`;
      for await (const batch of rows.cursor(ROWS_PER_FETCH_MAX)) this.#deliver(batch);
      return now?.snapshot ?? since;
    });
    this.#advance(snapshot);
  }

  #deliver(rows: StoredMessage[]): void {
    const fresh = rows.filter((row) => !this.#delivered.has(row.id));
    if (fresh.length === 0) return;
    for (const row of fresh) this.#delivered.add(row.id);
    this.#counters.database_messages += fresh.length;
    this.#events.onMessages(fresh);
  }

  #advance(snapshot: string): void {
    this.#snapshot = snapshot;
    this.#delivered.clear();
  }

  #onClose(sql: Sql): void {
    if (this.#stopped || sql !== this.#sql) return;
    this.#sql = null;
    this.#live = false;
    sql.end({ timeout: 0 });
    this.#retryTimer = setTimeout(() => this.#reconnect(), this.#retry_ms);
    this.#retry_ms = Math.min(this.#retry_ms * 2, RECONNECT_MS_MAX);
  }

  async #reconnect(): Promise<void> {
    this.#counters.database_reconnects++;
    try {
      await this.#connect();
      this.#wake();
    } catch (error) {
      this.#logger.warn("The database does not answer", { error, retry_ms: this.#retry_ms });
      const sql = this.#sql;
      if (sql !== null) this.#onClose(sql);
    }
  }
}

function newMessages(sql: ISql, since: string) {
  return sql`
    select id, topic, event, coalesce(private, false) as private, payload::text, binary_payload
    from realtime.messages
    where xact >= pg_snapshot_xmin(${since}::pg_snapshot)
      and not pg_visible_in_snapshot(xact, ${since}::pg_snapshot)
      and extension = 'broadcast' and event is not null
      and (payload is not null or binary_payload is not null)`;
}

interface ListenerHooks {
  onnotify(channel: string, payload: string): void;
  onclose(): void;
}

/** One connection that hears notifications; the driver's own `listen` gives up after one failed reconnect. */
function openListener(dbUrl: string, hooks: ListenerHooks): Sql {
  const options = {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
    connection: {
      application_name: "realtime_listener",
      statement_timeout: 30_000,
      TimeZone: "UTC",
      // The planner cannot know that what is new is the end of the index, and would read all 72 hours for it.
      enable_seqscan: "off",
      plan_cache_mode: "force_generic_plan",
    },
    ...hooks,
  };
  return postgres(dbUrl, options);
}
