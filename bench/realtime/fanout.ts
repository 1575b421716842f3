import { setTimeout as delay } from "node:timers/promises";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { medianOf, round } from "../statistics.ts";
import { BenchClients, BenchServer, type Contender, CONTENDERS, ensurePeers } from "./contenders.ts";

/** The same work for every server. */
const CLIENTS = 1_000;
const UPDATES_PER_TICK = 8;
const TICK_EVERY_ms = 100;
/** Before the crowd comes, a few clients and enough ticks for every runtime's compiler to settle. */
const WARM_UP_CLIENTS = 16;
const WARM_UP_TICKS = 1_000;
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
      runs: RUNS,
      cpu_us_per_frame: micros,
      all: Object.fromEntries([...runs].map(([name, values]) => [name, values.map((each) => round(each, 3))])),
    },
  };
}

async function measure(contender: Contender): Promise<number> {
  await using server = await BenchServer.start(contender);
  await warmUp(server);
  await using clients = await BenchClients.open(server, CLIENTS);
  const run = async (ticks: number, expected: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      await Promise.all([server.publish(UPDATES_PER_TICK), delay(TICK_EVERY_ms)]);
    }
    await clients.expect(expected);
  };
  await run(FIRST_TICKS, FIRST_TICKS * UPDATES_PER_TICK * CLIENTS);
  const before = await server.usage();
  await run(TICKS, (FIRST_TICKS + TICKS) * UPDATES_PER_TICK * CLIENTS);
  const after = await server.usage();
  return (after.cpu_us - before.cpu_us) / (TICKS * UPDATES_PER_TICK * CLIENTS);
}

async function warmUp(server: BenchServer): Promise<void> {
  await using clients = await BenchClients.open(server, WARM_UP_CLIENTS);
  for (let tick = 1; tick <= WARM_UP_TICKS; tick++) {
    await server.publish(UPDATES_PER_TICK);
    await clients.expect(tick * UPDATES_PER_TICK * WARM_UP_CLIENTS);
  }
}
