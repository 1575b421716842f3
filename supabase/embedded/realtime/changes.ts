import type { Sql } from "postgres";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { Identity } from "./authority.ts";
import { changeData, errorData, sendChange } from "./change_payload.ts";
import { type BrokenGroups, canonicalKey, ChangeReader, type QueuedChange, type Verdict } from "./change_reader.ts";
import {
  type ChangeGroup,
  type ChangeListener,
  ChangeRegistry,
  type ChangeSubscription,
  wants,
} from "./change_registry.ts";
import { type ChangeRequest, describeRequest, namesMatch } from "./change_request.ts";
import {
  canonicalText,
  describeTable,
  openChangePool,
  publishedTables,
  refuseOnTable,
  type TableInfo,
} from "./change_sql.ts";
import type { Limits } from "./limits.ts";
import type { Counters } from "./metrics.ts";
import type { StreamMessage, StreamRelation } from "./pgoutput.ts";
import { ReplicationStream } from "./replication.ts";

/** What the database's changes need of the server. */
export interface ChangesContext {
  limits: Limits;
  counters: Counters;
  logger: Logger;
  nowMs(): number;
}

type Queued = QueuedChange | { endLsn: bigint };

const BATCH_CHANGES_MAX = 100;
const BATCH_BYTES_MAX = 1_000_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
const CANONICAL_MAX = 50_000;

/**
 * Delivers `postgres_changes`: reads the publication's changes from one logical replication stream, which is there
 * only while somebody has subscribed, and asks the database who may have them.
 */
export class PostgresChanges {
  readonly #dbUrl: string;
  readonly #context: ChangesContext;
  readonly #sql: Sql;
  readonly #registry = new ChangeRegistry();
  readonly #canonical = new Map<string, string>();
  readonly #reader: ChangeReader;
  #stream: ReplicationStream | null = null;
  #stopping: Promise<void> = Promise.resolve();
  #stopTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #processing = false;
  /** The transaction being received: when it is sent again, `received` of its changes are known. */
  #open: { lsn: bigint; committedMs: number; xid: number; received: number; skip: number } | null = null;
  #retryWait: (() => void) | null = null;

  constructor(dbUrl: string, context: ChangesContext) {
    this.#dbUrl = dbUrl;
    this.#context = context;
    this.#sql = openChangePool(dbUrl);
    this.#reader = new ChangeReader(this.#sql, this.#canonical, (broken) => this.#onBroken(broken));
  }

  /** Whether what commits now is delivered. */
  get live(): boolean {
    return this.#stream?.live ?? false;
  }

  /** Why `identity` cannot have what `request` asks for, in hosted Realtime's words; null when it can. */
  async refusal(request: ChangeRequest, identity: Identity): Promise<string | null> {
    const published = await publishedTables(this.#sql);
    const tables = published.filter(({ schema, table }) =>
      namesMatch(request.schema, schema) && namesMatch(request.table, table)
    );
    const unable = "Unable to subscribe to changes with given parameters.";
    if (tables.length === 0) {
      return `${unable} Please check Realtime is enabled for the given connect parameters: [${
        describeRequest(request)
      }]`;
    }
    if (request.conditions.length === 0 && request.select === null) return null;
    for (const { oid } of tables) {
      const info = await describeTable(this.#sql, oid, [identity.role]);
      if (info === null) continue;
      const refusal = await refuseOnTable(this.#sql, info, request, identity.role);
      if (refusal !== null) {
        return `${unable} An exception happened so please check your connect parameters: [${
          describeRequest(request)
        }]. Exception: ${refusal}`;
      }
      await this.#learnCanonical(info, request);
    }
    return null;
  }

  /** Begins to deliver; the listener hears when changes arrive, at once where they do already. */
  add(subscription: ChangeSubscription): void {
    if (this.#stopped) return;
    this.#registry.add(subscription);
    clearTimeout(this.#stopTimer);
    if (this.#stream === null) this.#startStream();
  }

  remove(subscription: ChangeSubscription): void {
    this.#registry.remove(subscription);
    if (!this.#registry.empty || this.#stream === null || this.#stopped) return;
    clearTimeout(this.#stopTimer);
    // Visitors who go from page to page need not wait for a new slot each time.
    this.#stopTimer = setTimeout(() => {
      if (this.#registry.empty) this.#stopStream();
    }, this.#context.limits.changesLinger_ms);
  }

  /** Ends the stream and leaves the database. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#stopTimer);
    this.#stopStream();
    await this.#stopping;
    await this.#sql.end({ timeout: 1 });
  }

  /** Notes how the values of equality filters look in the stream. */
  async #learnCanonical(info: TableInfo, request: ChangeRequest): Promise<void> {
    for (const { column, op, value } of request.conditions) {
      const found = info.columns.find(({ name }) => name === column);
      if (op !== "eq" || !found?.textual) continue;
      const key = canonicalKey(found.type, value);
      if (this.#canonical.has(key)) continue;
      // What is forgotten is asked of the database instead, change by change.
      if (this.#canonical.size >= CANONICAL_MAX) this.#canonical.clear();
      this.#canonical.set(key, await canonicalText(this.#sql, value, found.type));
    }
  }

  #startStream(): void {
    const { logger, nowMs } = this.#context;
    const stream = new ReplicationStream(
      this.#dbUrl,
      {
        onMessage: (message) => this.#onMessage(message),
        onLive: (gap) => this.#onLive(gap),
        idle: () => this.#queue.length === 0 && !this.#processing && this.#open === null,
      },
      logger,
      nowMs,
    );
    this.#stream = stream;
    this.#stopping.then(() => {
      if (this.#stream === stream) stream.start();
    });
  }

  #stopStream(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#stream = null;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#open = null;
    this.#canonical.clear();
    this.#retryWait?.();
    this.#stopping = this.#stopping.then(() => stream.stop(this.#sql));
  }

  #onLive(gap: boolean): void {
    if (gap) this.#open = null;
    for (const listener of [...this.#registry.listeners]) listener.onChangesLive(gap);
  }

  #onMessage(message: StreamMessage): void {
    if (message.type === "begin") {
      const { lsn, committedMs, xid } = message;
      const skip = this.#open?.lsn === lsn ? this.#open.received : 0;
      this.#open = { lsn, committedMs, xid, received: 0, skip };
    } else if (message.type === "commit") {
      this.#open = null;
      this.#enqueue({ endLsn: message.endLsn }, 0);
    } else if (this.#open !== null) {
      const { change } = message;
      if (this.#open.received++ < this.#open.skip) return;
      const groups = this.#registry.groupsOf(change.relation.schema, change.relation.table);
      if (!groups.some((group) => wants(group, change.kind))) return;
      const { committedMs, xid } = this.#open;
      this.#enqueue({ change, committedMs, xid }, change.byteLength);
    }
  }

  #enqueue(item: Queued, bytes: number): void {
    const { changesQueueMax, changesQueueBytesMax } = this.#context.limits;
    this.#queue.push(item);
    this.#queuedBytes += bytes;
    if (this.#queue.length >= changesQueueMax || this.#queuedBytes >= changesQueueBytesMax) this.#stream?.pause();
    if (this.#processing) return;
    this.#processing = true;
    // What arrives in one read of the socket is judged together.
    setImmediate(() => this.#process());
  }

  async #process(): Promise<void> {
    let retry_ms = RETRY_MS_MIN;
    while (this.#queue.length > 0) {
      const stream = this.#stream;
      const { batch, bytes } = this.#nextBatch();
      try {
        await this.#deliver(batch);
        retry_ms = RETRY_MS_MIN;
      } catch (error) {
        this.#context.logger.warn("Changes could not be judged", { error, retry_ms });
        await this.#wait(retry_ms);
        retry_ms = Math.min(retry_ms * 2, RETRY_MS_MAX);
        continue;
      }
      if (stream === null || stream !== this.#stream) continue;
      this.#queue.splice(0, batch.length);
      this.#queuedBytes -= bytes;
      const committed = batch.findLast((item) => "endLsn" in item);
      if (committed !== undefined) stream.confirm(committed.endLsn);
      stream.resume();
    }
    this.#processing = false;
  }

  #nextBatch(): { batch: Queued[]; bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const item of this.#queue) {
      const size = "change" in item ? item.change.byteLength : 0;
      if (count > 0 && (count >= BATCH_CHANGES_MAX || bytes + size > BATCH_BYTES_MAX)) break;
      bytes += size;
      count++;
    }
    return { batch: this.#queue.slice(0, count), bytes };
  }

  async #deliver(batch: Queued[]): Promise<void> {
    const tables = new Map<StreamRelation, QueuedChange[]>();
    for (const item of batch) {
      if (!("change" in item)) continue;
      const items = tables.get(item.change.relation);
      if (items === undefined) tables.set(item.change.relation, [item]);
      else items.push(item);
    }
    const verdicts = new Map<QueuedChange, Verdict>();
    for (const [relation, items] of tables) {
      const groups = this.#registry.groupsOf(relation.schema, relation.table);
      if (groups.length === 0) continue;
      for (const verdict of await this.#reader.judge(relation, items, groups)) verdicts.set(verdict.queued, verdict);
    }
    for (const item of batch) {
      const verdict = "change" in item ? verdicts.get(item) : undefined;
      if (verdict !== undefined) this.#send(verdict);
    }
  }

  #send({ queued, read, granted, refused }: Verdict): void {
    const { counters, limits } = this.#context;
    counters.changes_in++;
    for (const { error, groups } of refused) {
      counters.changes_out += sendChange(errorData(queued.change, error), groups);
    }
    if (read === null) return;
    // Groups that may read the same columns get the same text.
    const variants = new Map<string, { role: string; select: string[] | null; groups: ChangeGroup[] }>();
    for (const group of granted) {
      const { identity: { role }, request: { select } } = group;
      const key = JSON.stringify([role, select]);
      const variant = variants.get(key);
      if (variant === undefined) variants.set(key, { role, select, groups: [group] });
      else variant.groups.push(group);
    }
    for (const { role, select, groups } of variants.values()) {
      counters.changes_out += sendChange(changeData(read, role, select, limits.changeRecordBytesMax), groups);
    }
  }

  #onBroken({ groups, message }: BrokenGroups): void {
    const failed = new Set<ChangeListener>();
    for (const { subscriptions } of groups) {
      for (const subscription of [...subscriptions]) {
        this.remove(subscription);
        failed.add(subscription.listener);
      }
    }
    for (const listener of failed) listener.onChangesFailed(message);
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#retryWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#retryWait = null;
  }
}
