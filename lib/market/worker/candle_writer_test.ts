import assert from "node:assert/strict";
import { createLogger } from "../../kernel/log.ts";
import { createWorkerClient, Rpc } from "../../kernel/worker/supabase.ts";
import { CandleWriter, ROWS_QUEUED_MAX } from "./candle_writer.ts";
import { type CandleRow, FeedStore, ROWS_PER_CALL_MAX } from "./feed_store.ts";
import { until } from "./testing.ts";

const sanitized = { sanitizeOps: true, sanitizeResources: true };

interface Door {
  /** Rows taken, in the order of their calls. */
  taken: { symbol: string; t: number }[];
  calls: number[];
  /** Answers instead of taking rows, one a call. */
  refusals: (() => Response)[];
  writer: CandleWriter;
  ended: string[];
  bugs: Error[];
  stored: number;
  token: number | null;
  stop(): Promise<void>;
}

function openDoor(): Door {
  const door: Omit<Door, "writer"> & { writer?: CandleWriter } = {
    taken: [],
    calls: [],
    refusals: [],
    ended: [],
    bugs: [],
    stored: 0,
    token: 7,
    stop: () => server.shutdown(),
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { p_rows, p_token } = await request.json();
    door.calls.push(p_rows.length);
    const refusal = door.refusals.shift();
    if (refusal !== undefined) return refusal();
    assert.equal(p_token, door.token);
    door.taken.push(...p_rows);
    return Response.json(p_rows.length);
  });
  const rpc = new Rpc(createWorkerClient(`http://127.0.0.1:${server.addr.port}`, "sb_secret_x"));
  door.writer = new CandleWriter({
    store: new FeedStore(rpc, "sim"),
    token: () => door.token,
    logger: createLogger({ service: "test", write: () => {}, nowMs: () => 0 }),
    random: () => 0,
    onStored: (rows) => door.stored += rows,
    onEnd: (reason) => door.ended.push(reason),
    onBug: (error) => door.bugs.push(error),
  });
  return door as Door;
}

function rows(symbol: string, from: number, count: number): CandleRow[] {
  return Array.from({ length: count }, (_, i) => ({
    symbol,
    timeframe: "1m",
    t: (from + i) * 60_000,
    o: "1",
    h: "1",
    l: "1",
    c: "1",
    v: "1",
  }));
}

function refuse(status: number, code: string, message: string): () => Response {
  return () => Response.json({ code, message, details: "", hint: null }, { status });
}

Deno.test(
  "CandleWriter stores each symbol's candles in order and in bounded batches, through failing calls",
  sanitized,
  async () => {
    const door = openDoor();
    door.refusals.push(
      refuse(503, "", "down"),
      refuse(500, "57P01", "restarting"),
      () => new Response("", { status: 502 }),
    );
    for (let i = 0; i < 6; i++) {
      for (const symbol of ["A", "B", "C"]) {
        door.writer.add(rows(symbol, i * 300, 300));
      }
    }
    await until(() => door.stored === 5_400, "every row to be stored");
    await door.writer.close();
    await door.stop();
    for (const symbol of ["A", "B", "C"]) {
      const times = door.taken.filter((row) => row.symbol === symbol).map((row) => row.t / 60_000);
      assert.deepEqual(times, Array.from({ length: 1_800 }, (_, i) => i), symbol);
    }
    assert.ok(door.calls.every((count) => count <= ROWS_PER_CALL_MAX));
    assert.equal(door.writer.queued, 0);
  },
);

Deno.test(
  "CandleWriter stops at once when the lease has passed on, as the database says or as it knows itself",
  sanitized,
  async () => {
    const told = openDoor();
    told.refusals.push(refuse(409, "PT409", "stale_lease"));
    told.writer.add(rows("A", 0, 10));
    await until(() => told.ended.length > 0, "the end");
    told.writer.add(rows("A", 10, 10));
    await told.writer.close();
    await told.stop();
    assert.deepEqual([told.ended, told.calls, told.taken], [["stale_lease"], [10], []]);

    const known = openDoor();
    known.token = null;
    known.writer.add(rows("A", 0, 10));
    await until(() => known.ended.length > 0, "the end");
    await known.writer.close();
    await known.stop();
    assert.deepEqual([known.ended, known.calls], [["stale_lease"], []]);
  },
);

Deno.test("CandleWriter reports rows that the database refuses as a bug", sanitized, async () => {
  const door = openDoor();
  door.refusals.push(refuse(400, "23514", "violates check constraint"));
  door.writer.add(rows("A", 0, 1));
  await until(() => door.bugs.length > 0, "the bug");
  await door.writer.close();
  await door.stop();
  assert.match(door.bugs[0]?.message ?? "", /^Cannot store candles: internal/);
});

Deno.test("CandleWriter ends the term instead of dropping rows when too many wait", sanitized, async () => {
  const door = openDoor();
  let answer = () => {};
  const hold = new Promise<void>((resolve) => answer = resolve);
  door.refusals.push(() =>
    new Response(new ReadableStream({ pull: (c) => hold.then(() => c.close()) }), { status: 503 })
  );
  for (let i = 0; i <= ROWS_QUEUED_MAX / 1_000; i++) door.writer.add(rows("A", i * 1_000, 1_000));
  assert.deepEqual(door.ended, ["overflow"]);
  await door.writer.room();
  answer();
  await door.writer.close();
  await until(() => door.calls.length === 1, "the call on its way");
  await door.stop();
  assert.deepEqual(door.taken, []);
});

Deno.test("CandleWriter stores what waits when it is closed", sanitized, async () => {
  const door = openDoor();
  door.writer.add(rows("A", 0, 3));
  door.writer.add(rows("B", 0, 4));
  await door.writer.close();
  await door.stop();
  assert.equal(door.taken.length, 7);
});

Deno.test("CandleWriter says when what waits of a symbol now is stored, whatever follows", sanitized, async () => {
  const door = openDoor();
  door.refusals.push(refuse(503, "", "down"));
  door.writer.add(rows("A", 0, 3));
  await door.writer.settled("B");
  assert.equal(door.taken.length, 0, "of B nothing waits");
  const settled = door.writer.settled("A");
  await settled;
  assert.equal(door.taken.length, 3);
  door.writer.add(rows("A", 3, 1));
  const ended = door.writer.settled("A");
  door.refusals.push(refuse(409, "PT409", "stale_lease"));
  await ended;
  assert.deepEqual(door.ended, ["stale_lease"]);
  await door.writer.close();
  await door.stop();
});
