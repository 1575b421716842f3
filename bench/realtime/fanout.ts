import { setTimeout as delay } from "node:timers/promises";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { medianOf, round } from "../statistics.ts";
import { BenchClients, BenchServer, type Contender, CONTENDERS, ensurePeers } from "./contenders.ts";

/** The same work for every server. */
const CLIENTS = 1_000;
const UPDATES_PER_TICK = 8;
const TICK_EVERY_ms = 100;
/** Before the crowd comes, a few clients and enough ticks for every runtime's compiler to know the code of a tick. */
const WARM_UP_CLIENTS = 16;
const WARM_UP_TICKS = 1_000;
/**
 * With the crowd, as fast as the updates arrive. Whoever writes a tick in one piece runs the code of a socket an
 * eighth as often as whoever writes each frame: with fewer ticks its compiler would still be at work, and the
 * crowd's own objects still be moved by the collector, in the part that is measured.
 */
const CROWD_TICKS = 100;
/** The last of them in the rhythm that is measured. */
const FIRST_TICKS = 16;
const TICKS = 40;
const RUNS = Number(Deno.env.get("RUNS") ?? 5);

/**
 * Fan-out of candle-sized updates to a thousand clients: server CPU per delivered frame, side by side.
 * Ours authorises each join of a private channel and is published to as the worker does, over REST.
 */
export async function fanoutBench(): Promise<BenchResult> {
  await ensurePeers();
  const runs = new Map(CONTENDERS.map(({ name }) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const contender of CONTENDERS) {
      const perFrame = await measure(contender);
      runs.get(contender.name)?.push(perFrame);
      print(`run ${run + 1} ${contender.name} ${perFrame.toFixed(2)} µs a frame`);
    }
  }
  const micros = Object.fromEntries([...runs].map(([name, values]) => [name, round(medianOf(values), 3)]));
  const ratio = (name: string) => round((micros[name] ?? Number.NaN) / (micros.outcry ?? Number.NaN));
  return {
    bench: "fanout",
    ratios: { "socket.io": ratio("socket.io"), ws: ratio("ws"), bun: ratio("bun") },
    work: {
      clients: CLIENTS,
      updates_per_tick: UPDATES_PER_TICK,
      ticks: TICKS,
      warm_up_ticks: WARM_UP_TICKS,
      crowd_ticks: CROWD_TICKS,
      runs: RUNS,
      cpu_us_per_frame: micros,
      all: Object.fromEntries([...runs].map(([name, values]) => [name, values.map((each) => round(each, 3))])),
    },
  };
}

async function measure(contender: Contender): Promise<number> {
  await using server = await BenchServer.start(contender);
  {
    await using _few = await warmUp(server, WARM_UP_CLIENTS, WARM_UP_TICKS);
  }
  await using clients = await warmUp(server, CLIENTS, CROWD_TICKS);
  let published = CROWD_TICKS;
  const run = async (ticks: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      await Promise.all([server.publish(UPDATES_PER_TICK), delay(TICK_EVERY_ms)]);
    }
    published += ticks;
    await clients.expect(published * UPDATES_PER_TICK * CLIENTS);
  };
  await run(FIRST_TICKS);
  const before = await server.usage();
  await run(TICKS);
  const after = await server.usage();
  return (after.cpu_us - before.cpu_us) / (TICKS * UPDATES_PER_TICK * CLIENTS);
}

/** Opens clients and publishes to them, each tick once the one before has come. */
async function warmUp(server: BenchServer, count: number, ticks: number): Promise<BenchClients> {
  const clients = await BenchClients.open(server, count);
  for (let tick = 1; tick <= ticks; tick++) {
    await server.publish(UPDATES_PER_TICK);
    await clients.expect(tick * UPDATES_PER_TICK * count);
  }
  return clients;
}
