import type { Duplex } from "node:stream";
import postgres, { type Sql } from "postgres";
import type { Logger } from "../../../lib/kernel/log.ts";
import { PgoutputDecoder, POSTGRES_EPOCH_MS, type StreamMessage } from "./pgoutput.ts";

/** What the stream tells. */
export interface ReplicationEvents {
  onMessage(message: StreamMessage): void;
  /** What commits from now on arrives. `gap`: what committed during an interruption is lost. */
  onLive(gap: boolean): void;
  /** Whether everything received has been dealt with. */
  idle(): boolean;
}

/** The publication whose tables can be subscribed to. */
export const PUBLICATION = "supabase_realtime";
/** What every slot's name begins with. */
export const SLOT_PREFIX = "realtime_changes_";
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;
// Well below wal_sender_timeout's default of a minute.
const STATUS_INTERVAL_MS = 10_000;
const DROP_ATTEMPTS_MAX = 20;
const DROP_INTERVAL_MS = 25;

/**
 * One logical replication stream of the publication. Its slot outlives a lost connection, so that what commits
 * meanwhile arrives afterwards, once; it is dropped when the stream stops. Where the server does not limit what a
 * slot may hold back (max_slot_wal_keep_size), the slot is temporary instead, and a lost connection is a gap.
 */
export class ReplicationStream {
  readonly #dbUrl: string;
  readonly #events: ReplicationEvents;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #slot = SLOT_PREFIX + crypto.randomUUID().replaceAll("-", "");
  #sql: Sql | null = null;
  #stream: Duplex | null = null;
  /** Everything that committed before it has been received. */
  #received = 0n;
  /** Everything that committed before it has been dealt with. */
  #confirmed = 0n;
  #slotMade = false;
  #live = false;
  #stopped = false;
  #paused = false;
  #retry_ms = RETRY_MS_MIN;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #statusTimer: ReturnType<typeof setInterval> | undefined;
  #connecting: Promise<void> = Promise.resolve();

  constructor(dbUrl: string, events: ReplicationEvents, logger: Logger, nowMs: () => number) {
    this.#dbUrl = dbUrl;
    this.#events = events;
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  get live(): boolean {
    return this.#live;
  }

  /** Connects, again and again until it is stopped. */
  start(): void {
    this.#statusTimer = setInterval(() => this.#sendStatus(), STATUS_INTERVAL_MS);
    this.#tryConnect();
  }

  /** Ends the stream and drops its slot by way of `sql`, where the database answers. */
  async stop(sql: Sql): Promise<void> {
    this.#stopped = true;
    this.#live = false;
    clearTimeout(this.#retryTimer);
    clearInterval(this.#statusTimer);
    await this.#disconnect();
    await this.#connecting;
    await this.#disconnect();
    if (!this.#slotMade) return;
    try {
      for (let i = 0; i < DROP_ATTEMPTS_MAX; i++) {
        // The server may take a moment to notice that its reader has gone.
        const [row] = await sql<{ active: boolean }[]>`
          select active, case when not active then pg_drop_replication_slot(slot_name) end
          from pg_replication_slots where slot_name = ${this.#slot}`;
        if (row === undefined || !row.active) return;
        await new Promise((resolve) => setTimeout(resolve, DROP_INTERVAL_MS));
      }
    } catch (error) {
      this.#logger.warn("A replication slot could not be dropped", { error, slot: this.#slot });
    }
  }

  /** Holds the stream while the reader is busy; PostgreSQL then waits, too. */
  pause(): void {
    this.#paused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream?.resume();
  }

  /** Everything before `endLsn` has been dealt with and need not come again. */
  confirm(endLsn: bigint): void {
    if (endLsn <= this.#confirmed) return;
    this.#confirmed = endLsn;
    this.#sendStatus();
  }

  #tryConnect(): void {
    this.#connecting = this.#connect().catch((error: unknown) => {
      if (this.#stopped) return;
      this.#logger.warn("The replication stream did not start", { error, retry_ms: this.#retry_ms });
      return this.#disconnect().then(() => this.#retryLater());
    });
  }

  async #connect(): Promise<void> {
    const sql = openReplication(this.#dbUrl, () => this.#onClose(sql));
    this.#sql = sql;
    const gap = await this.#prepareSlot(sql);
    if (gap) this.#received = this.#confirmed = 0n;
    // The server may have less from us than we have in hand: what was received does not come again.
    const start = `${(this.#received >> 32n).toString(16)}/${(this.#received & 0xffffffffn).toString(16)}`;
    const query = sql.unsafe(
      `START_REPLICATION SLOT "${this.#slot}" LOGICAL ${start} ` +
        `(proto_version '1', publication_names '"${PUBLICATION}"')`,
    );
    // In this mode the driver's stream goes both ways.
    const stream = await query.writable() as Duplex;
    if (this.#stopped || sql !== this.#sql) return stream.destroy() && undefined;
    const decoder = new PgoutputDecoder();
    stream.on("error", () => this.#onClose(sql));
    stream.on("close", () => this.#onClose(sql));
    stream.on("data", (message: Uint8Array) => this.#onData(sql, decoder, message));
    if (this.#paused) stream.pause();
    this.#stream = stream;
    this.#retry_ms = RETRY_MS_MIN;
    this.#live = true;
    this.#events.onLive(gap);
  }

  /** Finds the slot of before, or makes one; true when what committed meanwhile is lost. */
  async #prepareSlot(sql: Sql): Promise<boolean> {
    const [found] = await sql.unsafe<{ wal_status: string; keep: string }[]>(
      `SELECT wal_status, current_setting('max_slot_wal_keep_size') AS keep
       FROM (SELECT) one LEFT JOIN pg_replication_slots ON slot_name = '${this.#slot}'`,
    );
    if (found !== undefined && found.wal_status !== null && found.wal_status !== "lost") return false;
    const gap = this.#slotMade;
    if (found?.wal_status === "lost") await sql.unsafe(`DROP_REPLICATION_SLOT "${this.#slot}" WAIT`);
    const temporary = found?.keep === "-1" ? "TEMPORARY" : "";
    await sql.unsafe(`CREATE_REPLICATION_SLOT "${this.#slot}" ${temporary} LOGICAL pgoutput (SNAPSHOT 'nothing')`);
    this.#slotMade = true;
    return gap;
  }

  #onData(sql: Sql, decoder: PgoutputDecoder, message: Uint8Array): void {
    if (sql !== this.#sql) return;
    try {
      const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
      const kind = String.fromCharCode(view.getUint8(0));
      if (kind === "w") {
        const decoded = decoder.decode(message.subarray(25));
        if (decoded?.type === "commit") this.#received = decoded.endLsn;
        if (decoded !== null) this.#events.onMessage(decoded);
      } else if (kind === "k") {
        // With nothing in hand all that the server has written is dealt with, whoever's it was.
        if (this.#events.idle() && view.getBigUint64(1) > this.#confirmed) this.#confirmed = view.getBigUint64(1);
        if (view.getUint8(17) === 1) this.#sendStatus();
      }
    } catch (error) {
      this.#logger.error("The replication stream is not understood", { error });
      this.#onClose(sql);
    }
  }

  #sendStatus(): void {
    const stream = this.#stream;
    if (stream === null || !stream.writable) return;
    const status = new Uint8Array(34);
    const view = new DataView(status.buffer);
    view.setUint8(0, "r".charCodeAt(0));
    for (const offset of [1, 9, 17]) view.setBigUint64(offset, this.#confirmed);
    view.setBigUint64(25, BigInt(Math.trunc(this.#nowMs()) - POSTGRES_EPOCH_MS) * 1_000n);
    stream.write(status);
  }

  #onClose(sql: Sql): void {
    if (this.#stopped || sql !== this.#sql || this.#stream === null) return;
    this.#logger.warn("The replication stream was cut off", { retry_ms: this.#retry_ms });
    this.#disconnect().then(() => this.#retryLater());
  }

  #retryLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#tryConnect(), this.#retry_ms);
    this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MS_MAX);
  }

  async #disconnect(): Promise<void> {
    const sql = this.#sql;
    this.#live = false;
    this.#sql = null;
    this.#stream?.destroy();
    this.#stream = null;
    await sql?.end({ timeout: 0 }).catch(() => {});
  }
}

/** A connection that speaks the replication protocol; it takes simple queries only. */
function openReplication(dbUrl: string, onclose: () => void): Sql {
  const options = {
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
    onclose,
    connection: { application_name: "realtime_changes", replication: "database" },
  };
  return postgres(dbUrl, options);
}
