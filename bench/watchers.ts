import { TIMEFRAMES } from "../lib/market/timeframe.ts";
import { openWorld, SPEED, SYMBOLS, until, type World } from "../lib/market/worker/testing.ts";
import { freePort } from "../tests/dev_stack.ts";
import { feedHealth, startWorker, workerEnvironment } from "../tests/worker_process.ts";
import type { BenchResult } from "./main.ts";
import { print } from "./output.ts";
import { processCpu } from "./processes.ts";
import { medianOf, round } from "./statistics.ts";

const RUNS = 5;
const MANY = 1_000;
/** What everybody looks at: three charts at every width. */
const TOPICS = ["BTC-USDT", "ETH-USDT", "SOL-USDT"].flatMap((symbol) =>
  TIMEFRAMES.map((timeframe) => `market:sim:${symbol}:${timeframe}`)
);
/** One measurement, in simulated minutes: shorter than what a watch lasts, so that nobody has to renew one. */
const MINUTES = 20;
/** The goal: the worker's processor time with many watchers over that with one. */
const GOAL = 1.1;
/** A worker's streams go on one socket as long as there are fewer. */
const STREAMS_PER_SOCKET = 1_024;

interface Measured {
  cpu_s: number;
  sockets: number;
  streams: number;
  broadcasts: number;
}

/**
 * Processor time of one worker over the same stretch of market, while one page looks at three charts and while a
 * thousand do. Realtime carries candles to pages, not the worker.
 */
export async function watchersBench(): Promise<BenchResult> {
  await using world = await openWorld();
  await using worker = startWorker(workerEnvironment(world, freePort()));
  await until(async () => (await feedHealth(worker.port)).live === SYMBOLS, "the worker to feed");
  // What a cold start leaves to be stored is not what is measured, nor what a first run leaves to be compiled.
  await measure(world, worker, 1);
  const one: Measured[] = [];
  const many: Measured[] = [];
  for (let run = 0; run < RUNS; run++) {
    one.push(await measure(world, worker, 1));
    many.push(await measure(world, worker, MANY));
    print(`1 watcher ${one.at(-1)?.cpu_s} s, ${MANY} watchers ${many.at(-1)?.cpu_s} s`);
  }
  const cpu = { one: medianOf(one.map((m) => m.cpu_s)), many: medianOf(many.map((m) => m.cpu_s)) };
  const last = many.at(-1) as Measured;
  return {
    bench: "watchers",
    ratios: { cpu_1_over_1000: round(cpu.one / cpu.many) },
    work: {
      runs: RUNS,
      simulated_minutes: MINUTES,
      cpu_s_1: round(cpu.one),
      cpu_s_1000: round(cpu.many),
      goal_cpu_1000_over_1: GOAL,
      sockets_1: Math.max(...one.map((m) => m.sockets)),
      sockets_1000: Math.max(...many.map((m) => m.sockets)),
      streams: last.streams,
      sockets_needed: Math.ceil(last.streams / STREAMS_PER_SOCKET),
      broadcasts_1: medianOf(one.map((m) => m.broadcasts)),
      broadcasts_1000: medianOf(many.map((m) => m.broadcasts)),
    },
  };
}

async function measure(world: World, worker: { pid: number; port: number }, watchers: number): Promise<Measured> {
  const { sql } = world.stack;
  await sql`delete from public.watches`;
  await sql`
    select count(private.watch(${TOPICS}, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid))
    from generate_series(1, ${watchers}) as n`;
  const before = await world.simStats();
  // The feed looks at watches every two seconds.
  await until(
    async () => (await world.simStats()).sim_ms >= before.sim_ms + 3 * SPEED * 1_000,
    "the watches to be seen",
  );
  const start = (await world.simStats()).sim_ms;
  const [cpu, broadcasts] = [await processCpu(worker.pid), await broadcastsOf(worker.port)];
  await until(async () => (await world.simStats()).sim_ms >= start + MINUTES * 60_000, "the minutes to pass");
  const { sockets, streams } = await feedHealth(worker.port) as unknown as { sockets: number; streams: number };
  const { open_sockets } = await world.simStats();
  return {
    cpu_s: round((await processCpu(worker.pid) - cpu) / 1e6),
    sockets: Math.max(sockets, open_sockets),
    streams,
    broadcasts: await broadcastsOf(worker.port) - broadcasts,
  };
}

/** Messages that a worker has sent to Realtime so far. */
async function broadcastsOf(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(metrics.match(/^broadcasts_total (\d+)/m)?.[1] ?? 0);
}
