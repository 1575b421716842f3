import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { LineProcess } from "../line_process.ts";
import type { BenchResult } from "../main.ts";

/** The same work for every server. */
const CLIENTS = 1_000;
const UPDATES_PER_TICK = 8;
const TICKS = 40;
const TICK_EVERY_ms = 125;
const WARM_UP_TICKS = 8;
const RUNS = Number(Deno.env.get("RUNS") ?? 5);

const here = fileURLToPath(new URL("./", import.meta.url));
const peers = fileURLToPath(new URL("../peers/", import.meta.url));

interface Contender {
  name: string;
  kind: "plain" | "socketio" | "outcry";
  command: string;
  args: string[];
}

const contenders: Contender[] = [
  { name: "outcry", kind: "outcry", command: Deno.execPath(), args: ["run", "-A", `${here}ours.ts`] },
  { name: "socket.io", kind: "socketio", command: "node", args: ["socketio.mjs"] },
  { name: "ws", kind: "plain", command: "node", args: ["ws.mjs"] },
  { name: "bun", kind: "plain", command: `${peers}node_modules/@oven/bun-linux-x64/bin/bun`, args: ["bun.mjs"] },
];

/**
 * Fan-out of candle-sized updates to a thousand clients: server CPU per delivered frame, side by side.
 * Ours authorises each join of a private channel and is published to as the worker does, over REST.
 */
export async function fanoutBench(): Promise<BenchResult> {
  await ensurePeers();
  const runs = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let run = 0; run < RUNS; run++) {
    for (const contender of contenders) {
      const perFrame = await measure(contender);
      runs.get(contender.name)?.push(perFrame);
      Deno.stdout.writeSync(
        new TextEncoder().encode(`run ${run + 1} ${contender.name} ${perFrame.toFixed(2)} µs a frame\n`),
      );
    }
  }
  const micros = Object.fromEntries([...runs].map(([name, values]) => [name, medianOf(values)]));
  const ours = micros.outcry ?? Number.NaN;
  const ratio = (name: string) => Math.round((micros[name] ?? Number.NaN) / ours * 100) / 100;
  return {
    bench: "fanout",
    ratios: { "socket.io": ratio("socket.io"), ws: ratio("ws"), bun: ratio("bun") },
    work: { clients: CLIENTS, updates_per_tick: UPDATES_PER_TICK, ticks: TICKS, runs: RUNS, cpu_us_per_frame: micros },
  };
}

async function measure(contender: Contender): Promise<number> {
  await using server = new LineProcess(contender.command, contender.args, peers);
  const { port, apikey } = await server.read<{ port: number; apikey?: string }>();
  await using load = new LineProcess(
    Deno.execPath(),
    ["run", "-A", `${here}load.ts`, contender.kind, String(port), String(CLIENTS), apikey ?? ""],
    here,
  );
  await load.read();
  const run = async (ticks: number, expected: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      await server.say("tick");
      await delay(TICK_EVERY_ms);
    }
    await load.ask(`expect ${expected}`);
  };
  await run(WARM_UP_TICKS, WARM_UP_TICKS * UPDATES_PER_TICK * CLIENTS);
  const before = await server.ask<{ cpu_us: number }>("cpu");
  await run(TICKS, (WARM_UP_TICKS + TICKS) * UPDATES_PER_TICK * CLIENTS);
  const after = await server.ask<{ cpu_us: number }>("cpu");
  return (after.cpu_us - before.cpu_us) / (TICKS * UPDATES_PER_TICK * CLIENTS);
}

async function ensurePeers(): Promise<void> {
  const there = await Deno.stat(`${peers}node_modules/socket.io`).then(() => true, () => false);
  if (there) return;
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
    cwd: peers,
  }).output();
  if (!success) throw new Error("Cannot install the benchmark's peers: run npm install in bench/peers");
}

function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
