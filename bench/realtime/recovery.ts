import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { LineProcess } from "../line_process.ts";
import type { BenchResult } from "../main.ts";
import { print } from "../output.ts";
import { drawFrom } from "../peers/control.mjs";
import { medianOf, quantileOf, round } from "../statistics.ts";
import { BenchServer, ensurePeers, OURS, TOPIC } from "./contenders.ts";
import { createReadAfter } from "./read_after.ts";
import { RecoveringClient } from "./recovering_client.ts";

/** The same for all: forced drops of one client in twenty every second. */
const PLAN = { clients: 200, seconds: 60, perSecond: 20, dropShare: 0.05, seed: 1 };
const SETTLE_MAX_ms = 15_000;
const peers = fileURLToPath(new URL("../peers/", import.meta.url));

interface Outcome {
  sent: number;
  drops: number;
  /** Messages that a client never got, over all clients. */
  lost: number;
  due: number;
}

/**
 * What clients lose whose connections are cut: ours join again and read over REST what came after the last message
 * they know; Socket.IO's run with its defaults, and with its connection state recovery on. All three at once.
 */
export async function recoveryBench(): Promise<BenchResult> {
  await ensurePeers();
  const [ours, plain, recovering] = await Promise.all([runOurs(), runPeer(false), runPeer(true)]);
  return {
    bench: "recovery",
    ratios: { lost: ours.lost === 0 ? 1 : 0 },
    work: { ...PLAN, outcry: ours, "socket.io": plain, "socket.io with connection state recovery": recovering },
  };
}

async function runPeer(recovery: boolean): Promise<Outcome> {
  await using process = new LineProcess("node", ["recovery.mjs", JSON.stringify({ ...PLAN, recovery })], peers);
  const outcome = await process.read<Outcome>();
  print(`socket.io${recovery ? " with recovery" : ""}: ${outcome.lost} of ${outcome.due} lost, ${outcome.drops} drops`);
  return outcome;
}

async function runOurs(): Promise<Outcome & Record<string, number>> {
  await using server = await BenchServer.start(OURS);
  const { port, publishableKey = "", dbUrl = "" } = server.hello;
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  const draw = drawFrom(PLAN.seed);
  const place = { url: server.url, port, apiKey: publishableKey };
  await createReadAfter(sql, server.url, publishableKey);
  const clients = Array.from({ length: PLAN.clients }, () => new RecoveringClient(place, draw));
  try {
    await Promise.all(clients.map((client) => client.ready()));
    let sent = 0;
    let drops = 0;
    const start = performance.now();
    for (let tick = 0; tick < PLAN.seconds * PLAN.perSecond; tick++) {
      // Not before everybody has had a message: without one Socket.IO's recovery does not begin.
      if (tick > 0 && tick % PLAN.perSecond === 0) {
        for (let i = 0; i < PLAN.clients * PLAN.dropShare; i++) {
          if (clients[draw(PLAN.clients)]?.drop()) drops++;
        }
        if (tick % (10 * PLAN.perSecond) === 0) print(`outcry: ${sent} sent, ${drops} drops`);
      }
      await sql`select realtime.send(${sql.json({ n: ++sent })}, 'chat', ${TOPIC})`;
      await delay(Math.max(0, start + (tick + 1) * 1_000 / PLAN.perSecond - performance.now()));
    }
    const settleUntil = performance.now() + SETTLE_MAX_ms;
    while (clients.some((client) => client.got.size < sent) && performance.now() < settleUntil) await delay(50);
    const lost = clients.reduce((sum, client) => sum + sent - client.got.size, 0);
    const recovery_ms = clients.flatMap((client) => client.recovery_ms);
    print(`outcry: ${lost} of ${sent * PLAN.clients} lost, ${drops} drops`);
    return {
      sent,
      drops,
      lost,
      due: sent * PLAN.clients,
      recovered_by_rest: clients.reduce((sum, client) => sum + client.recovered, 0),
      rejoin_and_read_p50_ms: round(medianOf(recovery_ms)),
      rejoin_and_read_p99_ms: round(quantileOf(recovery_ms, 0.99)),
    };
  } finally {
    for (const client of clients) client.stop();
    await sql.end();
  }
}
