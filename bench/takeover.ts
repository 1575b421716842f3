import { candleEventSchema } from "../lib/market/candle.ts";
import { openWorld, SYMBOLS, until, type World } from "../lib/market/worker/testing.ts";
import { createWorkerClient } from "../lib/kernel/worker/supabase.ts";
import { freePort } from "../tests/dev_stack.ts";
import { feedHealth, startWorker, workerEnvironment, type WorkerProcess } from "../tests/worker_process.ts";
import type { BenchResult } from "./main.ts";
import { print } from "./output.ts";
import { quantileOf, round } from "./statistics.ts";

const ROUNDS = Number(Deno.env.get("TAKEOVER_ROUNDS") ?? 20);
/** The goals, from the signal to the other worker's first candle. */
const GOAL_ms = { SIGKILL: 10_000, SIGTERM: 1_000 };
/** An exchange at its own pace: a forming candle changes several times a second. */
const SPEED = 1;
const WATCHED = ["BTC-USDT", "ETH-USDT", "SOL-USDT"].map((symbol) => `market:sim:${symbol}:1m`);
/** Watches end after a minute. */
const WATCH_INTERVAL_ms = 20_000;
/** The signal comes at any moment between two renewals of the lease. */
const PAUSE_ms_max = 2_000;

type Signal = keyof typeof GOAL_ms;

/** What the listeners have heard: the highest token of a broadcast candle, and who waits for a higher one. */
class Ear {
  #token = 0;
  #waiting: { above: number; resolve: () => void }[] = [];

  get token(): number {
    return this.#token;
  }

  hear(token: number): void {
    if (token <= this.#token) return;
    this.#token = token;
    const ready = this.#waiting.filter(({ above }) => token > above);
    this.#waiting = this.#waiting.filter(({ above }) => token <= above);
    for (const { resolve } of ready) resolve();
  }

  higherThan(above: number): Promise<void> {
    if (this.#token > above) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ above, resolve }));
  }
}

/**
 * Two workers and twenty ends of the leading one by either signal: the time from the signal to the first candle that
 * the other one broadcasts with a higher token, as whoever watches that market receives it.
 */
export async function takeoverBench(): Promise<BenchResult> {
  await using world = await openWorld(SPEED);
  const ear = new Ear();
  const client = createWorkerClient(world.stack.url, world.stack.secretKey);
  await listen(client, ear);
  const workers = [await start(world)];
  await until(async () => (await feedHealth(workers[0]?.port ?? 0)).live === SYMBOLS, "the first worker to feed");
  await watch(world);
  const watching = setInterval(() => watch(world), WATCH_INTERVAL_ms);
  const took: Record<Signal, number[]> = { SIGKILL: [], SIGTERM: [] };
  try {
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const signal: Signal = round % 2 === 0 ? "SIGKILL" : "SIGTERM";
      took[signal].push(await takeOver(world, workers, ear, signal));
      print(`${signal} ${Math.round(took[signal].at(-1) ?? 0)} ms`);
    }
  } finally {
    clearInterval(watching);
    for (const worker of workers) await worker[Symbol.asyncDispose]();
    await client.removeAllChannels();
    await client.realtime.disconnect();
  }
  const worst = (signal: Signal) => quantileOf(took[signal], 1);
  return {
    bench: "takeover",
    ratios: {
      sigkill: round(GOAL_ms.SIGKILL / worst("SIGKILL")),
      sigterm: round(GOAL_ms.SIGTERM / worst("SIGTERM")),
    },
    work: { rounds: ROUNDS, sigkill_ms: distribution(took.SIGKILL), sigterm_ms: distribution(took.SIGTERM) },
  };
}

async function takeOver(world: World, workers: WorkerProcess[], ear: Ear, signal: Signal): Promise<number> {
  const standby = await start(world);
  workers.push(standby);
  const leader = workers.shift() as WorkerProcess;
  await until(async () => (await feedHealth(leader.port)).live === SYMBOLS, "the leader to feed");
  await until(async () => (await feedHealth(standby.port)).role === "standby", "the other one to stand by");
  await new Promise((resolve) => setTimeout(resolve, PAUSE_ms_max * (0.5 + Math.random())));
  const [lease] = await world.stack.sql`select token from public.leases where name = 'feed:sim'`;
  const heard = ear.higherThan(Number(lease?.token));
  const sentAt = performance.now();
  leader.kill(signal);
  await heard;
  const took = performance.now() - sentAt;
  await leader.exited;
  return took;
}

async function start(world: World): Promise<WorkerProcess> {
  const worker = startWorker(workerEnvironment(world, freePort()));
  await until(async () => (await feedHealth(worker.port)).role !== "", "a worker to start");
  return worker;
}

async function watch({ stack }: World): Promise<void> {
  await stack.sql`select private.watch(${WATCHED}, '00000000-0000-4000-8000-000000000001')`;
}

async function listen(client: ReturnType<typeof createWorkerClient>, ear: Ear): Promise<void> {
  await Promise.all(WATCHED.map((topic) => {
    const channel = client.channel(topic, { config: { private: true } });
    channel.on("broadcast", { event: "candle" }, ({ payload }) => ear.hear(candleEventSchema.parse(payload).token));
    return new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
  }));
}

function distribution(values: readonly number[]): Record<string, number> {
  const at = (q: number) => Math.round(quantileOf(values, q));
  return { min: at(0), p50: at(0.5), p90: at(0.9), max: at(1) };
}
