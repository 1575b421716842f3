import { setTimeout as delay } from "node:timers/promises";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { medianOf, round } from "../statistics.ts";
import { BenchClients, BenchServer, type Contender, CONTENDERS, ensurePeers } from "./contenders.ts";

/** The same work for every server: each subscriber gets eight updates a second. */
const SUBSCRIBERS = 1_000;
const UPDATE_EVERY_ms = 125;
const WARM_UP_UPDATES = 40;
const UPDATES = 64;
const RUNS = 3;

interface Latency {
  p50_ms: number;
  p99_ms: number;
}

/**
 * From publication to arrival, at a thousand subscribers. Ours counts from before the REST call in another process,
 * the peers' from the call of their own publish function. The clients' own reading of a thousand sockets is in all.
 */
export async function latencyBench(): Promise<BenchResult> {
  await ensurePeers();
  const runs = new Map(CONTENDERS.map(({ name }) => [name, [] as Latency[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const contender of CONTENDERS) {
      const latency = await measure(contender);
      runs.get(contender.name)?.push(latency);
      print(`run ${run + 1} ${contender.name} p50 ${latency.p50_ms} ms p99 ${latency.p99_ms} ms`);
    }
  }
  const medians = Object.fromEntries(
    [...runs].map(([name, all]) => [name, {
      p50_ms: round(medianOf(all.map((each) => each.p50_ms))),
      p99_ms: round(medianOf(all.map((each) => each.p99_ms))),
    }]),
  );
  const ratio = (name: string) => round((medians[name]?.p99_ms ?? NaN) / (medians.outcry?.p99_ms ?? NaN));
  return {
    bench: "latency",
    ratios: { "socket.io": ratio("socket.io"), ws: ratio("ws"), bun: ratio("bun") },
    work: {
      subscribers: SUBSCRIBERS,
      updates_per_second: 1_000 / UPDATE_EVERY_ms,
      updates: UPDATES,
      runs: RUNS,
      medians,
    },
  };
}

async function measure(contender: Contender): Promise<Latency> {
  await using server = await BenchServer.start(contender);
  await using clients = await BenchClients.open(server, SUBSCRIBERS);
  const run = async (updates: number, expected: number) => {
    for (let update = 0; update < updates; update++) await Promise.all([server.publish(1), delay(UPDATE_EVERY_ms)]);
    await clients.expect(expected * SUBSCRIBERS);
  };
  await run(WARM_UP_UPDATES, WARM_UP_UPDATES);
  await clients.stamp();
  await run(UPDATES, WARM_UP_UPDATES + UPDATES);
  return await clients.latency();
}
