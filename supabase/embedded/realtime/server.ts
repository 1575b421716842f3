import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import postgres, { type Sql } from "postgres";
import type { Logger } from "../../../lib/kernel/log.ts";
import { Authority } from "./authority.ts";
import { dropAbandonedSlots } from "./change_sql.ts";
import { PostgresChanges } from "./changes.ts";
import type { Channel } from "./channel.ts";
import { acceptHandshake, parseHandshake, refuseHandshake } from "./handshake.ts";
import { type Addressed, Hub, topicKey } from "./hub.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { type ConflationRule, storedBroadcast } from "./messages.ts";
import { type Counters, formatMetrics, newCounters, type RealtimeMetrics } from "./metrics.ts";
import { Outbox } from "./outbox.ts";
import { Presence } from "./presence.ts";
import { BATCH_PATH, refuse, RestBroadcast } from "./rest.ts";
import { Revocation } from "./revocation.ts";
import { type Authentication, type KeyRole, Session, type SessionContext } from "./session.ts";
import { DatabaseSource, type StoredMessage } from "./source.ts";

/** How to embed the server. */
export interface RealtimeOptions {
  /** A superuser's connection to a database where `schema.sql` has run. */
  dbUrl: string;
  /** Checks an access token's signature and expiry. */
  authenticate(token: string): Promise<Authentication>;
  /** The role of an API key; null when it is none of ours. */
  roleOfApiKey(key: string): KeyRole | null;
  logger: Logger;
  nowMs(): number;
  /** Differences from {@link DEFAULT_LIMITS}. */
  limits?: Partial<Limits>;
  /** Broadcasts a lagging socket may lose to newer ones; by default forming candles. */
  conflation?: readonly ConflationRule[];
  /** Refuses public channels, as the hosted setting of that name; false by default. */
  privateOnly?: boolean;
}

const POOL_CONNECTIONS_MAX = 4;
const SWEEP_INTERVAL_MS = 1_000;
const MAINTENANCE_INTERVAL_MS = 3_600_000;
const STOP_WAIT_MS = 1_000;
const POLICY_MS_MAX = 5_000;
const DEFAULT_CONFLATION: readonly ConflationRule[] = [{ topicPrefix: "market:", event: "candle", keyField: "t" }];

/** Supabase Realtime over a `node:http` server's upgraded sockets. */
export class RealtimeServer {
  readonly #options: RealtimeOptions;
  readonly #limits: Limits;
  readonly #counters: Counters = newCounters();
  readonly #sessions = new Set<Session>();
  readonly #hub: Hub<Channel>;
  readonly #presence: Presence;
  readonly #sql: Sql;
  readonly #authority: Authority;
  readonly #source: DatabaseSource;
  readonly #changes: PostgresChanges;
  readonly #rest: RestBroadcast;
  readonly #revocation: Revocation;
  readonly #context: SessionContext;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  #waitingForLive: (() => void)[] = [];
  #stopped = false;

  constructor(options: RealtimeOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#hub = new Hub(this.#limits);
    this.#presence = new Presence(this.#hub);
    this.#sql = openPool(options.dbUrl);
    const { logger, nowMs } = options;
    this.#authority = new Authority(this.#sql, this.#counters, logger, nowMs);
    this.#revocation = new Revocation(this.#authority, this.#hub, () => this.#sessions);
    this.#source = new DatabaseSource(
      options.dbUrl,
      {
        onMessages: (messages) => this.#onStored(messages),
        onReauthorize: (topic, sub) => this.#revocation.onSignal(topic, sub),
        onLive: () => this.#onLive(),
      },
      this.#counters,
      logger,
    );
    this.#changes = new PostgresChanges(options.dbUrl, {
      limits: this.#limits,
      counters: this.#counters,
      logger,
      nowMs,
    });
    this.#context = this.#makeContext();
    this.#rest = new RestBroadcast({ ...this.#context, roleOfApiKey: (key) => options.roleOfApiKey(key) });
  }

  /** Connects to the database; resolves once its messages are delivered. Throws when it cannot be reached. */
  async start(): Promise<void> {
    await this.#maintain();
    await this.#source.start();
    this.#timers.push(setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS));
    this.#timers.push(setInterval(() => {
      this.#maintain().catch((error: unknown) => this.#options.logger.warn("Partition upkeep failed", { error }));
    }, MAINTENANCE_INTERVAL_MS));
  }

  /** Takes over a socket at `upgrade`: answers the handshake, or refuses it over HTTP. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    if (this.#stopped) return refuseHandshake(socket, 503, "Realtime is stopping");
    const parsed = parseHandshake(request, (key) => this.#options.roleOfApiKey(key));
    if (!parsed.ok) return refuseHandshake(socket, parsed.status, parsed.error);
    if (this.#sessions.size >= this.#limits.connectionsMax) {
      return refuseHandshake(socket, 429, "Too many connected users");
    }
    if ("setNoDelay" in socket && typeof socket.setNoDelay === "function") socket.setNoDelay(true);
    acceptHandshake(socket, parsed.accept);
    const session = new Session(socket, this.#context, parsed.handshake);
    this.#sessions.add(session);
    if (head.length > 0) session.read(head);
  }

  /**
   * Answers a batch of broadcasts without a fetch Request: what a publisher sends many times a second is worth
   * it. Null: the request is something else, for {@link handleHttp}.
   */
  openBatch(incoming: IncomingMessage): ((body: Uint8Array) => Promise<Response | "accepted">) | null {
    if (incoming.method !== "POST" || !BATCH_PATH.test(incoming.url ?? "")) return null;
    const headers = { get: (name: string) => incoming.headers[name]?.toString() ?? null };
    return (body) => this.#rest.batch(headers, () => Promise.resolve(body));
  }

  /** Answers HTTP requests under `/realtime/v1`. */
  async handleHttp(request: Request): Promise<Response> {
    const answer = await this.#rest.handle(request);
    if (answer !== null) return answer;
    const { pathname } = new URL(request.url);
    if (pathname !== "/realtime/v1/metrics" || request.method !== "GET") return refuse(404, "Not found");
    const identity = await this.#rest.identify(request.headers);
    if (identity instanceof Response) return identity;
    if (identity.role !== "service_role") return refuse(403, "Only the secret key may read metrics");
    return new Response(formatMetrics(this.metrics()), {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  }

  /** What has happened since start, and how things stand. */
  metrics(): RealtimeMetrics {
    let queue_bytes = 0;
    for (const session of this.#sessions) queue_bytes += session.queuedBytes;
    return {
      connections: this.#sessions.size,
      channels: this.#hub.size,
      topics: this.#hub.topicCount,
      queue_bytes,
      ...this.#counters,
    };
  }

  /** Says goodbye to every socket and leaves the database. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#revocation.stop();
    for (const timer of this.#timers) clearInterval(timer);
    this.#presence.stop();
    const open = [...this.#sessions];
    for (const session of open) session.close();
    await Promise.all([
      this.#source.stop(),
      this.#changes.stop(),
      this.#sql.end({ timeout: STOP_WAIT_MS / 1_000 }),
    ]);
    for (const session of open) session.destroy();
  }

  #makeContext(): SessionContext {
    const { authenticate, nowMs, conflation, privateOnly } = this.#options;
    return {
      hub: this.#hub,
      presence: this.#presence,
      changes: this.#changes,
      authority: this.#authority,
      limits: this.#limits,
      counters: this.#counters,
      outbox: new Outbox(),
      conflation: conflation ?? DEFAULT_CONFLATION,
      privateOnly: privateOnly ?? false,
      nowMs,
      authenticate,
      replay: (topic, sinceMs, limit) => this.#replay(topic, sinceMs, limit),
      whenLive: (tell) => this.#source.live ? tell() : this.#waitingForLive.push(tell),
      onSessionGone: (session) => this.#sessions.delete(session),
    };
  }

  #onStored(messages: StoredMessage[]): void {
    this.#counters.messages_in += messages.length;
    const broadcasts: Addressed[] = [];
    for (const stored of messages) {
      const message = storedBroadcast(stored, false);
      if (message !== null) broadcasts.push({ key: topicKey(stored.topic, stored.private), message });
    }
    this.#hub.broadcastAll(broadcasts);
  }

  #onLive(): void {
    const waiting = this.#waitingForLive;
    this.#waitingForLive = [];
    for (const tell of waiting) tell();
  }

  async #replay(topic: string, sinceMs: number, limit: number): Promise<StoredMessage[]> {
    const rows = await this.#sql<StoredMessage[]>`
      select id, topic, event, private, payload::text, binary_payload from realtime.messages
      where topic = ${topic} and private and extension = 'broadcast' and event is not null
        and (payload is not null or binary_payload is not null)
        and inserted_at >= to_timestamp(${sinceMs / 1_000}) at time zone 'utc'
      order by inserted_at desc, id desc limit ${limit}`;
    return [...rows].reverse();
  }

  #sweep(): void {
    const nowMs = this.#options.nowMs();
    for (const session of this.#sessions) session.sweep(nowMs);
  }

  async #maintain(): Promise<void> {
    await this.#sql`select realtime.maintain_partitions()`;
    await dropAbandonedSlots(this.#sql);
  }
}

function openPool(dbUrl: string): Sql {
  return postgres(dbUrl, {
    max: POOL_CONNECTIONS_MAX,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
    connection: { application_name: "realtime", statement_timeout: POLICY_MS_MAX, TimeZone: "UTC" },
  });
}
