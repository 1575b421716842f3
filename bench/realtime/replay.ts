import postgres from "postgres";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { childrenCpu } from "../processes.ts";
import { updatesOf } from "../peers/control.mjs";
import { round } from "../statistics.ts";
import { BenchServer, OURS, TOPIC } from "./contenders.ts";
import { realtimeGreeting } from "./greetings.ts";
import { RawClient } from "./raw_client.ts";
import { createReadAfter, readAfter } from "./read_after.ts";

const MESSAGES = 25;
/** Each may join a hundred times a second. */
const CLIENTS = 40;
const WARM_UP_TIMES = 400;
const TIMES = 2_000;

interface Cost {
  per_second: number;
  server_us: number;
  postgres_us: number;
}

/** What a replay on join costs: joins with and without one, and the same messages read over REST. */
export async function replayBench(): Promise<BenchResult> {
  await using server = await BenchServer.start(OURS);
  const { publishableKey = "", dbUrl = "" } = server.hello;
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await createReadAfter(sql, server.url, publishableKey);
    const since_ms = Date.now() - 60_000;
    for (const update of updatesOf(1, MESSAGES)) {
      await sql`select realtime.send(${sql.json(update)}, 'candle', ${TOPIC})`;
    }
    const join = await measure(server, "joins", (times) => joinMany(server, times, {}));
    const replay = await measure(
      server,
      "joins with replay",
      (times) => joinMany(server, times, { replay: { since: since_ms, limit: MESSAGES } }),
    );
    const rest = await measure(server, "reads over REST", (times) => readMany(server, times));
    const perMessage = (cost: Cost, base: Cost | null) => ({
      server_us: round((cost.server_us - (base?.server_us ?? 0)) / MESSAGES),
      postgres_us: round((cost.postgres_us - (base?.postgres_us ?? 0)) / MESSAGES),
    });
    const total = (cost: Cost) => cost.server_us + cost.postgres_us;
    return {
      bench: "replay",
      ratios: {
        rest: round(total(rest) / (total(replay) - total(join))),
        "rest-whole-join": round(total(rest) / total(replay)),
      },
      work: {
        clients: CLIENTS,
        messages: MESSAGES,
        times: TIMES,
        join,
        join_with_replay: replay,
        rest_read: rest,
        replay_per_message: perMessage(replay, join),
        rest_per_message: perMessage(rest, null),
      },
    };
  } finally {
    await sql.end();
  }
}

async function measure(server: BenchServer, name: string, work: (times: number) => Promise<void>): Promise<Cost> {
  await work(WARM_UP_TIMES);
  const before = await server.usage();
  const childrenBefore = await childrenCpu(before.pid);
  const start = performance.now();
  await work(TIMES);
  const seconds = (performance.now() - start) / 1_000;
  const after = await server.usage();
  const cost = {
    per_second: Math.round(TIMES / seconds),
    server_us: round((after.cpu_us - before.cpu_us) / TIMES),
    postgres_us: round((await childrenCpu(before.pid) - childrenBefore) / TIMES),
  };
  print(`${name}: ${cost.per_second}/s, ${cost.server_us} µs in the server, ${cost.postgres_us} µs in Postgres`);
  return cost;
}

async function readMany(server: BenchServer, times: number): Promise<void> {
  const { publishableKey = "" } = server.hello;
  let left = times;
  const one = async () => {
    while (left-- > 0) {
      const messages = await readAfter(server.url, publishableKey, null, MESSAGES);
      if (messages.length !== MESSAGES) throw new Error(`${messages.length} messages came`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, one));
}

async function joinMany(server: BenchServer, times: number, broadcast: Record<string, unknown>): Promise<void> {
  let left = times;
  const messages = "replay" in broadcast ? MESSAGES : 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const greeting = realtimeGreeting(server.hello.publishableKey ?? "", TOPIC, broadcast);
      let joined = false;
      let missing = 0;
      const client = new RawClient(server.hello.port, greeting.path, {
        onOpen: join,
        onFrame(_opcode, payload) {
          const text = payload.toString();
          if (text.includes('"status":"error"')) return client.destroy();
          if (text.includes('"postgres_changes":[]')) joined = true;
          else if (text.includes('"replayed":true')) missing--;
          if (joined && missing === 0) join();
        },
        onClose: (error) => left < 0 ? resolve() : reject(error ?? new Error("A join was refused")),
      });
      function join() {
        joined = false;
        missing = messages;
        // Joining a joined topic again takes its place.
        if (left-- > 0) client.send(greeting.first ?? "");
        else client.destroy();
      }
    });
  await Promise.all(Array.from({ length: CLIENTS }, one));
}
