import { setTimeout as delay } from "node:timers/promises";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { residentBytes } from "../processes.ts";
import { round } from "../statistics.ts";
import { BenchClients, BenchServer, type Contender, CONTENDERS, ensurePeers } from "./contenders.ts";

/** Opened first, so that what a server allocates once is not counted. */
const FIRST_CONNECTIONS = 500;
const CONNECTIONS = 10_000;
const WATCH_ms = 5_000;

/**
 * Connections that do nothing: resident bytes each after a garbage collection, and the processor time they take.
 * Ours hold a joined private channel each, socket.io's and bun's a subscription, those of ws nothing.
 */
export async function idleBench(): Promise<BenchResult> {
  await ensurePeers();
  const bytes: Record<string, number> = {};
  const cpu_ms_per_s: Record<string, number> = {};
  for (const contender of CONTENDERS) {
    const measured = await measure(contender);
    bytes[contender.name] = Math.round(measured.bytes);
    cpu_ms_per_s[contender.name] = round(measured.cpu_ms_per_s);
    print(`${contender.name} ${bytes[contender.name]} bytes a connection`);
  }
  const ratio = (name: string) => round((bytes[name] ?? Number.NaN) / (bytes.outcry ?? Number.NaN));
  return {
    bench: "idle",
    ratios: { "socket.io": ratio("socket.io"), ws: ratio("ws"), bun: ratio("bun") },
    work: { connections: CONNECTIONS, resident_bytes_per_connection: bytes, idle_cpu_ms_per_s: cpu_ms_per_s },
  };
}

async function measure(contender: Contender): Promise<{ bytes: number; cpu_ms_per_s: number }> {
  await using server = await BenchServer.start(contender);
  const { pid } = await server.usage();
  const resident = async () => {
    await server.collectGarbage();
    return await residentBytes(pid);
  };
  await using _first = await BenchClients.open(server, FIRST_CONNECTIONS);
  const before = await resident();
  await using _clients = await BenchClients.open(server, CONNECTIONS);
  const after = await resident();
  const start = await server.usage();
  await delay(WATCH_ms);
  const end = await server.usage();
  return { bytes: (after - before) / CONNECTIONS, cpu_ms_per_s: (end.cpu_us - start.cpu_us) / WATCH_ms };
}
