import postgres from "postgres";
import { ANON_KEY, MEMBERS_SQL, signToken, startHost } from "../../supabase/embedded/realtime/testing.ts";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { medianOf, round } from "../statistics.ts";
import { RawClient } from "./raw_client.ts";

const USERS = 2_000;
const JOINS_AT_ONCE_MAX = 50;
const RUNS = 5;
/** A banned user must be cut by then. */
const GOAL_ms = 2_000;
const TOPIC = "test:crowd";
const POLL_ms = 2;

/** A topic of many distinct users is checked again on a signal of the database: how long until all are. */
export async function reauthorizeBench(): Promise<BenchResult> {
  await using stack = await startTestSupabase();
  await using host = await startHost(stack.dbUrl);
  const sql = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
  const clients: RawClient[] = [];
  try {
    await sql.unsafe(MEMBERS_SQL);
    const users = Array.from({ length: USERS }, () => crypto.randomUUID());
    await sql`
      insert into public.realtime_members (topic, user_id, writes) select ${TOPIC}, unnest(${users}::uuid[]), false`;
    const port = Number(new URL(host.url).port);
    let cut = 0;
    let left = USERS;
    const start = performance.now();
    await Promise.all(Array.from({ length: JOINS_AT_ONCE_MAX }, async () => {
      while (left-- > 0) clients.push(await join(port, await signToken({ sub: users[left] }), () => cut++));
    }));
    const joins_per_second = Math.round(USERS / (performance.now() - start) * 1_000);
    const all_ms: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      await sql`delete from public.realtime_members where user_id = ${users[run] ?? null}`;
      const before = host.server.metrics().reauthorized;
      const signalled = performance.now();
      await sql`select realtime.reauthorize(${TOPIC})`;
      // Those cut in earlier runs are gone.
      while (host.server.metrics().reauthorized < before + USERS - run || cut < run + 1) {
        await new Promise((resolve) => setTimeout(resolve, POLL_ms));
      }
      all_ms.push(round(performance.now() - signalled));
      print(`run ${run + 1}: ${USERS - run} users checked, one cut, in ${all_ms.at(-1)} ms`);
    }
    const median_ms = medianOf(all_ms);
    return {
      bench: "reauthorize",
      ratios: { goal: round(GOAL_ms / median_ms) },
      work: { users: USERS, joins_per_second, median_ms, all_ms },
    };
  } finally {
    for (const client of clients) client.destroy();
    await sql.end();
  }
}

function join(port: number, token: string, onCut: () => void): Promise<RawClient> {
  const config = { private: true, presence: { enabled: false } };
  const message = ["1", "1", `realtime:${TOPIC}`, "phx_join", { config, access_token: token }];
  return new Promise((resolve, reject) => {
    const client = new RawClient(port, `/realtime/v1/websocket?vsn=2.0.0&apikey=${ANON_KEY}`, {
      onOpen: () => client.send(JSON.stringify(message)),
      onFrame(_opcode, payload) {
        const text = payload.toString();
        if (text.includes('"phx_close"')) onCut();
        else if (text.includes('"status":"ok"')) resolve(client);
        else if (text.includes("Unauthorized")) reject(new Error(text));
      },
      onClose: () => {},
    });
  });
}
