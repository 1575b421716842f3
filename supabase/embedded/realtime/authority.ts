import type { Sql, TransactionSql } from "postgres";
import type { Logger } from "../../../lib/kernel/log.ts";
import type { Counters } from "./metrics.ts";

/** Who speaks on a channel. */
export interface Identity {
  role: string;
  /** The token's claims as JSON text; for an API key only its role. */
  claimsJson: string;
  /** Subject of the token; empty for an API key. */
  sub: string;
  /** When the token expires, Unix ms; Infinity for an API key. */
  expMs: number;
  /** Headers a policy may read, as JSON text. */
  headersJson: string;
}

/** What may be read on a private channel. */
export interface ReadGrants {
  broadcast: boolean;
  presence: boolean;
}

/** The two kinds of messages policies tell apart. */
export type Extension = "broadcast" | "presence";

/**
 * How soon a check's turn comes: a signal about one topic (somebody was banned) before a sweep over all
 * topics, both before joins.
 */
export type Urgency = "signal" | "sweep" | "join";

/** Answer to a permission check; a failure of the database is not a no. */
export type Checked<T> = { ok: true; value: T } | { ok: false; code: string; message: string };

interface Entry {
  atMs: number;
  answer: Promise<Checked<unknown>>;
  asked: Asked;
}

// Joins of one key and topic come in storms; a grant that ended must not outlive this.
const CACHE_MS_MAX = 5_000;
const CACHE_ENTRIES_MAX = 10_000;
// As many as the pool has connections: a storm waits here, not inside the database.
const TRANSACTIONS_MAX = 4;
// A transaction this long takes some 20 ms, so that a question that comes meanwhile does not wait long.
const QUESTIONS_PER_TRANSACTION_MAX = 50;
// Of each urgency: whoever floods us with joins must not make signals be refused.
const PROBES_QUEUED_MAX = 20_000;
const URGENCIES: readonly Urgency[] = ["signal", "sweep", "join"];
const EPOCHS_MAX = 10_000;
/** What a signal says for all topics. */
export const EVERY_TOPIC = "*";

interface Question {
  identity: Identity;
  topic: string;
  presence: boolean;
  /** What is to be written; null asks what may be read. */
  extension: Extension | null;
}

/** A question that waits for its turn. */
interface Asked {
  question: Question;
  urgency: Urgency;
  /** Its turn has come. It may still stand in a queue it was moved up from. */
  taken: boolean;
  answer(checked: Checked<unknown>): void;
}

/** Rolls a probe's transaction back. */
class RollBack extends Error {}

/**
 * Asks the policies on realtime.messages what an identity may do on a private topic, in transactions that
 * are rolled back: one at a time as long as few ask, many to a transaction when they queue up. Equal
 * questions (same claims, byte for byte) share one answer for a few seconds, unless a signal says that
 * permissions changed.
 */
export class Authority {
  readonly #sql: Sql;
  readonly #counters: Counters;
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  readonly #cache = new Map<string, Entry>();
  readonly #topicEpochs = new Map<string, number>();
  readonly #waiting: Record<Urgency, Asked[]> = { signal: [], sweep: [], join: [] };
  #running = 0;
  #epochs = 0;
  #commonEpoch = 0;

  constructor(sql: Sql, counters: Counters, logger: Logger, nowMs: () => number) {
    this.#sql = sql;
    this.#counters = counters;
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  /** Rises when permissions on `topic` may have changed; an answer asked for under an older one is stale. */
  epochOf(topic: string): number {
    return this.#topicEpochs.get(topic) ?? this.#commonEpoch;
  }

  /** Forgets answers about `topic`, or about all for `*`. */
  invalidate(topic: string): void {
    this.#epochs++;
    if (topic !== EVERY_TOPIC && this.#topicEpochs.size < EPOCHS_MAX) this.#topicEpochs.set(topic, this.#epochs);
    else {
      this.#topicEpochs.clear();
      this.#commonEpoch = this.#epochs;
    }
  }

  /** What `identity` may read on `topic`. */
  read(
    identity: Identity,
    topic: string,
    presence: boolean,
    urgency: Urgency = "join",
  ): Promise<Checked<ReadGrants>> {
    if (identity.role === "service_role") {
      return Promise.resolve({ ok: true, value: { broadcast: true, presence } });
    }
    return this.#ask({ identity, topic, presence, extension: null }, urgency) as Promise<Checked<ReadGrants>>;
  }

  /** Whether `identity` may send messages of `extension` on `topic`. */
  write(identity: Identity, topic: string, extension: Extension): Promise<Checked<boolean>> {
    if (identity.role === "service_role") return Promise.resolve({ ok: true, value: true });
    return this.#ask({ identity, topic, presence: false, extension }, "join") as Promise<Checked<boolean>>;
  }

  #ask(question: Question, urgency: Urgency): Promise<Checked<unknown>> {
    const { identity, topic, presence, extension } = question;
    const { role, claimsJson, headersJson } = identity;
    const key = JSON.stringify([presence, extension, this.epochOf(topic), role, topic, claimsJson, headersJson]);
    const nowMs = this.#nowMs();
    const cached = this.#cache.get(key);
    if (cached !== undefined && nowMs - cached.atMs < CACHE_MS_MAX) {
      this.#counters.probe_cache_hits++;
      this.#hurry(cached.asked, urgency);
      return cached.answer;
    }
    if (this.#waiting[urgency].length >= PROBES_QUEUED_MAX) {
      return Promise.resolve({ ok: false, code: "IncreaseConnectionPool", message: "Too many checks are waiting" });
    }
    const { promise: answer, resolve } = Promise.withResolvers<Checked<unknown>>();
    const asked: Asked = { question, urgency, taken: false, answer: resolve };
    this.#waiting[urgency].push(asked);
    if (this.#running < TRANSACTIONS_MAX) this.#work();
    this.#cache.delete(key);
    this.#cache.set(key, { atMs: nowMs, answer, asked });
    this.#trim(nowMs);
    answer.then((checked) => {
      if (!checked.ok && this.#cache.get(key)?.answer === answer) this.#cache.delete(key);
    });
    return answer;
  }

  /** Entries are in the order they were made: the old ones are in front. */
  #trim(nowMs: number): void {
    for (const [key, entry] of this.#cache) {
      if (this.#cache.size <= CACHE_ENTRIES_MAX && nowMs - entry.atMs < CACHE_MS_MAX) return;
      this.#cache.delete(key);
    }
  }

  /** Moves a question up that somebody in more of a hurry asks too. */
  #hurry(asked: Asked, urgency: Urgency): void {
    if (asked.taken || URGENCIES.indexOf(urgency) >= URGENCIES.indexOf(asked.urgency)) return;
    asked.urgency = urgency;
    this.#waiting[urgency].push(asked);
  }

  async #work(): Promise<void> {
    this.#running++;
    for (let asked = this.#takeBatch(); asked.length > 0; asked = this.#takeBatch()) {
      this.#counters.probes += asked.length;
      const answers = await this.#probe(asked.map(({ question }) => question));
      asked.forEach(({ answer }, index) => answer(answers[index] as Checked<unknown>));
    }
    this.#running--;
  }

  /** What the next transaction asks: the most urgent, shared out between the transactions that may run. */
  #takeBatch(): Asked[] {
    for (const urgency of URGENCIES) {
      const waiting = this.#waiting[urgency];
      while (waiting.length > 0) {
        const share = Math.min(Math.ceil(waiting.length / TRANSACTIONS_MAX), QUESTIONS_PER_TRANSACTION_MAX);
        const batch = waiting.splice(0, share).filter((asked) => !asked.taken);
        for (const asked of batch) asked.taken = true;
        if (batch.length > 0) return batch;
      }
    }
    return [];
  }

  /**
   * Asks all questions in one transaction, which is rolled back. Each stands behind the same savepoint, so
   * neither an error nor a setting a policy makes reaches the next. The statements are sent without waiting.
   */
  async #probe(questions: Question[]): Promise<Checked<unknown>[]> {
    const answers: Checked<unknown>[] = [];
    try {
      await this.#sql.begin(async (sql) => {
        // execute() sends in the order it is called; a query merely awaited would start later.
        const steps: Promise<unknown>[] = [sql`savepoint probe`.execute()];
        for (const [index, question] of questions.entries()) {
          const asked = question.extension === null ? askRead(sql, question) : askWrite(sql, question);
          steps.push(asked.then(
            (value) => answers[index] = { ok: true, value },
            (error: unknown) => answers[index] = this.#failed(error, noOf(question)),
          ));
          steps.push(sql`rollback to savepoint probe`.execute());
        }
        await Promise.all(steps);
        throw new RollBack();
      });
    } catch (error) {
      if (error instanceof RollBack) return answers;
      return questions.map((question) => this.#failed(error, noOf(question)));
    }
    return answers;
  }

  /** A policy that raises or forbids is a no; a database that does not answer is no answer. */
  #failed<T>(error: unknown, no: T): Checked<T> {
    const state = sqlState(error);
    if (state === "42501") return { ok: true, value: no };
    if (state === null || UNAVAILABLE.test(state)) {
      this.#logger.warn("Permission check got no answer", { error });
      return {
        ok: false,
        code: "UnableToSetPolicies",
        message: "Realtime was unable to connect to the project database",
      };
    }
    // Callers choose the topic and so can make a policy's cast fail at will: not worth more than a debug line.
    this.#logger.debug("A policy raised an error", { error, sqlstate: state });
    return { ok: true, value: no };
  }
}

/** Connection, resource, intervention and time-out states: the policy gave no answer. */
const UNAVAILABLE = /^(08|53|57|58|XX)/;

function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function assume(sql: TransactionSql, identity: Identity, topic: string) {
  const { role, claimsJson, sub, headersJson } = identity;
  return sql`select
    set_config('role', ${role}, true),
    set_config('realtime.topic', ${topic}, true),
    set_config('request.jwt.claims', ${claimsJson}, true),
    set_config('request.jwt.claim.sub', ${sub}, true),
    set_config('request.jwt.claim.role', ${role}, true),
    set_config('request.headers', ${headersJson}, true)`;
}

async function askRead(sql: TransactionSql, { identity, topic, presence }: Question): Promise<ReadGrants> {
  const broadcastId = crypto.randomUUID();
  const presenceId = crypto.randomUUID();
  const rows = [{ id: broadcastId, topic, extension: "broadcast", private: true }];
  if (presence) rows.push({ id: presenceId, topic, extension: "presence", private: true });
  const [, , found] = await Promise.all([
    sql`insert into realtime.messages ${sql(rows)}`.execute(),
    assume(sql, identity, topic).execute(),
    sql<{ id: string }[]>`
      select id from realtime.messages where topic = ${topic} and id in (${broadcastId}, ${presenceId})`.execute(),
  ]);
  const visible = found.map((row) => row.id);
  return { broadcast: visible.includes(broadcastId), presence: visible.includes(presenceId) };
}

async function askWrite(sql: TransactionSql, { identity, topic, extension }: Question): Promise<boolean> {
  await Promise.all([
    assume(sql, identity, topic).execute(),
    sql`insert into realtime.messages (topic, extension, private) values (${topic}, ${extension}, true)`.execute(),
  ]);
  return true;
}

function noOf({ extension }: Question): ReadGrants | boolean {
  return extension === null ? { broadcast: false, presence: false } : false;
}
