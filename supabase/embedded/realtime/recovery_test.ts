import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { RawClient, SECRET_KEY, startHost, type TestHost, waitFor } from "./testing.ts";

const CLIENTS = 12;
const ROUNDS = 40;
const DROPS_A_ROUND = 2;
const SEED = 7;
const TOPIC = "t";

/** Messages behind an id, oldest first, as a read over REST would answer them. */
type ReadAfter = (id: string | null) => Promise<{ id: string; n: number }[]>;

/** Joins again when it is cut, and only then reads what came after the last message it knew. */
class Reader {
  readonly got = new Set<number>();
  readonly #host: TestHost;
  readonly #read: ReadAfter;
  #client: RawClient | null = null;
  #lastId: string | null = null;

  constructor(host: TestHost, read: ReadAfter) {
    this.#host = host;
    this.#read = read;
  }

  async connect(): Promise<void> {
    const client = await RawClient.open(this.#host, "2.0.0", SECRET_KEY);
    this.#client = client;
    await client.join(TOPIC, { private: true, presence: { enabled: false } });
    for (const { id, n } of await this.#read(this.#lastId)) {
      this.got.add(n);
      this.#lastId = id;
    }
  }

  /** Takes what has come; what a live message says about the past holds once the read is done. */
  take(): void {
    for (const frame of this.#client?.received.splice(0) ?? []) {
      const [, , , event, body] = (frame as { json: [null, null, string, string, Message] }).json;
      if (event !== "broadcast") continue;
      this.got.add(body.payload.n);
      if (this.#lastId === null || body.meta.id > this.#lastId) this.#lastId = body.meta.id;
    }
  }

  async drop(): Promise<void> {
    this.take();
    this.#client?.socket.close();
    await this.connect();
  }

  [Symbol.dispose](): void {
    this.#client?.[Symbol.dispose]();
  }
}

interface Message {
  payload: { n: number };
  meta: { id: string };
}

Deno.test(
  "clients that are cut again and again lose nothing: they join, then read after the last message they know",
  { sanitizeOps: true, sanitizeResources: true },
  async () => {
    await using stack = await startTestSupabase();
    const { sql } = stack;
    await using host = await startHost(stack.dbUrl);
    const read: ReadAfter = (id) =>
      sql<{ id: string; n: number }[]>`
        select id, (payload ->> 'n')::int as n from realtime.messages
        where topic = ${TOPIC} and (${id}::uuid is null or id > ${id}::uuid) order by id`;
    const readers = Array.from({ length: CLIENTS }, () => new Reader(host, read));
    try {
      await Promise.all(readers.map((reader) => reader.connect()));
      let state = SEED;
      const draw = () => (state = state * 48_271 % 2_147_483_647) % CLIENTS;
      for (let round = 0; round < ROUNDS; round++) {
        const dropped = new Set(Array.from({ length: DROPS_A_ROUND }, draw));
        const drops = [...dropped].map((index) => readers[index]?.drop());
        // Sent while some are away, some are joining and some are reading.
        for (const n of [2 * round, 2 * round + 1]) {
          await sql`select realtime.send(${sql.json({ n })}, 'chat', ${TOPIC})`;
        }
        await Promise.all(drops);
      }
      const all = Array.from({ length: 2 * ROUNDS }, (_, n) => n);
      await waitFor(`every message at every client (seed ${SEED})`, () => {
        for (const reader of readers) reader.take();
        return readers.every((reader) => reader.got.size === all.length);
      });
      for (const reader of readers) assert.deepEqual([...reader.got].sort((a, b) => a - b), all);
    } finally {
      for (const reader of readers) reader[Symbol.dispose]();
    }
  },
);
