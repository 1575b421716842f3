import process from "node:process";
import postgres from "postgres";
import { createLogger } from "../../lib/kernel/log.ts";
import { newCounters } from "../../supabase/embedded/realtime/metrics.ts";
import { PUBLICATION, ReplicationStream } from "../../supabase/embedded/realtime/replication.ts";
import { DatabaseSource } from "../../supabase/embedded/realtime/source.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { childrenCpu } from "../processes.ts";
import { medianOf, quantileOf, round } from "../statistics.ts";

const WARM_UP = 200;
const SINGLE = 3_000;
const SENDERS = 4;
const BULK = 20_000;
/** Rows of a table that has nothing to do with messages. */
const OTHER_ROWS = 100_000;
const PACED = 200;
const PACE_ms = 10;
const WAIT_MAX_ms = 60_000;
const TOPIC = "bench";

/** A way from a commit to this process. */
interface Way extends AsyncDisposable {
  /** Numbers of the messages that have come, and when. */
  readonly arrived_ms: Map<number, number>;
}

interface Figures {
  single_per_second: number;
  single_postgres_us: number;
  single_reader_us: number;
  bulk_per_second: number;
  bulk_postgres_us: number;
  bulk_reader_us: number;
  other_row_postgres_us: number;
  p50_ms: number;
  p99_ms: number;
}

/**
 * Two ways for what commits into realtime.messages to reach the server: a notification that wakes a reader, which
 * is what the server does, and logical replication. Each with nothing else of the other in the database.
 */
export async function deliveryBench(): Promise<BenchResult> {
  await using stack = await startTestSupabase();
  const sql = postgres(stack.dbUrl, { max: SENDERS, onnotice: () => {} });
  try {
    const notify = await measure("notify", sql, () => openNotify(stack.dbUrl));
    await sql`alter table realtime.messages disable trigger on_insert`;
    const replication = await measure("pgoutput", sql, () => openReplication(stack.dbUrl, sql));
    const ratio = (key: keyof Figures) => round(replication[key] / notify[key]);
    return {
      bench: "delivery",
      ratios: {
        "single-rate": round(1 / ratio("single_per_second")),
        "bulk-rate": round(1 / ratio("bulk_per_second")),
        latency: ratio("p50_ms"),
        "postgres-cpu": ratio("single_postgres_us"),
      },
      work: { single: SINGLE, senders: SENDERS, bulk: BULK, notify, pgoutput: replication },
    };
  } finally {
    await sql.end();
  }
}

async function measure(name: string, sql: postgres.Sql, open: () => Promise<Way>): Promise<Figures> {
  await using way = await open();
  let next = 0;
  const send = async () => {
    const n = next++;
    await sql`select realtime.send(${sql.json({ n, pad: "x".repeat(150) })}, 'e', ${TOPIC})`;
    return n;
  };
  const sendMany = async (count: number) => {
    const until = next + count;
    await Promise.all(Array.from({ length: SENDERS }, async () => {
      while (next < until) await send();
    }));
    await allArrived(way, next);
  };
  await sendMany(WARM_UP);
  const single = await costOf(SINGLE, () => sendMany(SINGLE));
  const bulk = await costOf(BULK, async () => {
    await sql`
      select realtime.send(jsonb_build_object('n', n, 'pad', repeat('x', 150)), 'e', ${TOPIC})
      from generate_series(${next}::int, ${next + BULK - 1}::int) n`;
    next += BULK;
    await allArrived(way, next);
  });
  await sql`create table if not exists public.bench_other (n integer, body text)`;
  const other = await costOf(OTHER_ROWS, async () => {
    await sql`insert into public.bench_other select n, repeat('x', 100) from generate_series(1, ${OTHER_ROWS}::int) n`;
    await send();
    await allArrived(way, next);
  });
  const latencies_ms: number[] = [];
  for (let i = 0; i < PACED; i++) {
    const sent_ms = performance.now();
    const n = await send();
    await allArrived(way, next);
    latencies_ms.push((way.arrived_ms.get(n) ?? NaN) - sent_ms);
    await new Promise((resolve) => setTimeout(resolve, PACE_ms));
  }
  const figures = {
    single_per_second: single.per_second,
    single_postgres_us: single.postgres_us,
    single_reader_us: single.own_us,
    bulk_per_second: bulk.per_second,
    bulk_postgres_us: bulk.postgres_us,
    bulk_reader_us: bulk.own_us,
    other_row_postgres_us: other.postgres_us,
    p50_ms: round(medianOf(latencies_ms)),
    p99_ms: round(quantileOf(latencies_ms, 0.99)),
  };
  print(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

/** A message's share of the time and of both sides' processor time; our own includes the senders'. */
async function costOf(messages: number, work: () => Promise<void>) {
  const children = await childrenCpu(Deno.pid);
  const own = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(own);
  return {
    per_second: Math.round(messages / seconds),
    postgres_us: round((await childrenCpu(Deno.pid) - children) / messages),
    own_us: round((user + system) / messages),
  };
}

async function allArrived(way: Way, count: number): Promise<void> {
  const deadline = performance.now() + WAIT_MAX_ms;
  while (way.arrived_ms.size < count) {
    if (performance.now() > deadline) throw new Error(`${way.arrived_ms.size} of ${count} messages have come`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function silentLogger() {
  return createLogger({ service: "bench", write: () => {}, nowMs: () => Date.now() });
}

async function openNotify(dbUrl: string): Promise<Way> {
  const arrived_ms = new Map<number, number>();
  const source = new DatabaseSource(
    dbUrl,
    {
      onMessages(messages) {
        for (const { topic, payload } of messages) {
          if (topic === TOPIC) arrived_ms.set(JSON.parse(payload ?? "{}").n, performance.now());
        }
      },
      onReauthorize: () => {},
      onLive: () => {},
    },
    newCounters(),
    silentLogger(),
  );
  await source.start();
  return { arrived_ms, [Symbol.asyncDispose]: () => source.stop() };
}

async function openReplication(dbUrl: string, sql: postgres.Sql): Promise<Way> {
  await sql.unsafe(`alter publication ${PUBLICATION} set (publish_via_partition_root = true)`);
  await sql.unsafe(`alter publication ${PUBLICATION} add table realtime.messages`);
  const arrived_ms = new Map<number, number>();
  let live = () => {};
  const isLive = new Promise<void>((resolve) => live = resolve);
  const stream = new ReplicationStream(
    dbUrl,
    {
      onMessage(message) {
        if (message.type === "commit") return stream.confirm(message.endLsn);
        if (message.type !== "change") return;
        const { relation, after } = message.change;
        const payload = after?.[relation.columns.findIndex((column) => column.name === "payload")];
        if (payload) arrived_ms.set(JSON.parse(payload).n, performance.now());
      },
      onLive: () => live(),
      idle: () => true,
    },
    silentLogger(),
    () => Date.now(),
  );
  stream.start();
  await isLive;
  return { arrived_ms, [Symbol.asyncDispose]: () => stream.stop(sql) };
}
