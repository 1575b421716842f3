import { setTimeout as delay } from "node:timers/promises";
import type { LineProcess } from "./line_process.ts";
import type { BenchResult } from "./main.ts";
import { print } from "./output.ts";
import { childrenCpu, processCpu } from "./processes.ts";
import { ensurePeers } from "./realtime/contenders.ts";
import { openAudience, openOurs, openSocketIo, type Room } from "./rooms/contenders.ts";
import type { AudienceReport, AudienceState } from "./rooms/load.ts";
import { STEP_ms, textOf } from "./rooms/viewer.ts";
import { medianOf, quantileOf, round } from "./statistics.ts";

/** The same for both: who is there, what is said, and what happens to them meanwhile. */
const PLAN = {
  viewers: 2_000,
  /** Of them, those who talk: each has an account, a second tab, and speaks less often than once a second. */
  speakers: 25,
  audience_processes: 2,
  messages_per_s: 20,
  seconds: 30,
  /** Cut at once in each second, both processes together: they come back after 0.5 to 1.5 s. */
  drops_per_s: 20,
  /** Tabs that are gone in the middle: without a word, and with one. */
  crashes: 40,
  leaves: 40,
  /** How long the room is talked in around a ban, which moves it to another topic: our room alone, when all else is done. */
  ban_seconds: 12,
  /** For a shorter run: PLAN='{"viewers":500}'. */
  ...JSON.parse(Deno.env.get("PLAN") ?? "{}") as Record<string, never>,
};
const BAN_AT_s = 2;
const DROPS_FROM_s = 2;
/** Drops end this long before the last message, as the last who were dropped need it to come back. */
const CALM_s = 2;
const SETTLE_MAX_ms = 20_000;
/** Rows of tabs that crashed run out after 75 seconds. */
const COUNT_MAX_ms = 90_000;
/** A message that was not taken is sent again, under the same id. */
const TRIES_MAX = 20;
const TRY_AGAIN_ms = 500;
const TRY_AGAIN_ms_MAX = 2_000;
const RUNS = Number(Deno.env.get("RUNS") ?? 1);

/** What a ban in a full room does to the others. */
interface BanOutcome {
  /** Until all the others were on the new topic with nothing missing; null when they did not come. */
  all_moved_after_s: number | null;
  /** Calls of each viewer from then till now, among them the usual touch every 30 seconds. */
  calls_per_viewer: number;
  lost: number;
  /** From the ban's answer on, by the banned. */
  heard_by_banned: number;
}

interface Outcome {
  sent: number;
  /** Tries that the server did not take, because it had too much to do. */
  resent: number;
  deliveries: number;
  delivery_p50_ms: number;
  delivery_p99_ms: number;
  drops: number;
  recovered: number;
  rejoin_and_read_p50_ms: number;
  rejoin_and_read_p99_ms: number;
  lost: number;
  doubled: number;
  failures: number;
  /** The server's processes', database and all, for each message that reached a viewer. */
  cpu_us_per_delivery: number;
  server_cpu_s: number;
  database_cpu_s: number;
  /** The least and the greatest count that viewers were told while others were dropped; all are still there. */
  count_during_drops: [number, number];
  count_expected: number;
  count_after: [number, number];
  /** From the last message until every viewer was told the right count. */
  count_exact_after_s: number | null;
  ban: BanOutcome | null;
}

/**
 * One room with 2,000 viewers. Ours: each viewer joins by `join_stream`, on a private topic authorised for it, and says
 * every 30 seconds that it is there; messages go through `send_message` over REST, one transaction each that checks the
 * sender, stores the message and broadcasts it; the worker's keeper counts. Who was cut joins again and reads over REST
 * what came after the last message it knew. Socket.IO: the same room, chat, count and recovery, but in the memory of one
 * process, without identities, limits or a database.
 *
 * Delivery is from before a message is sent to its arrival at each viewer's socket, all on one machine that carries the
 * viewers too: a machine that has no time left shows in it first, so look at the processor's figure beside it. `lost` are messages missing at viewers in the end. Ratios are Socket.IO's figure over ours; `lost` and
 * `count` are 1 when none was lost or doubled, and when every viewer was told the exact count.
 */
export async function roomsBench(): Promise<BenchResult> {
  await ensurePeers();
  const [ours, theirs]: [Outcome[], Outcome[]] = [[], []];
  // By turns, so that a busier machine is so for both.
  for (let round = 0; round < RUNS; round++) {
    ours.push(await run(await openOurs(PLAN)));
    theirs.push(await run(await openSocketIo(PLAN)));
  }
  const ratio = (figure: "delivery_p50_ms" | "delivery_p99_ms" | "cpu_us_per_delivery") =>
    round(medianOf(theirs.map((each) => each[figure])) / medianOf(ours.map((each) => each[figure])));
  const isWhole = ours.every(({ lost, doubled }) => lost === 0 && doubled === 0);
  const isBanned = ours.every(({ ban }) => ban !== null && ban.lost === 0 && ban.heard_by_banned === 0);
  const isExact = ours.every(({ count_exact_after_s, count_during_drops }) =>
    count_exact_after_s !== null && count_during_drops.every((count) => count === PLAN.viewers)
  );
  return {
    bench: "rooms",
    ratios: {
      "socket.io-p50": ratio("delivery_p50_ms"),
      "socket.io-p99": ratio("delivery_p99_ms"),
      "socket.io-cpu": ratio("cpu_us_per_delivery"),
      lost: isWhole ? 1 : 0,
      count: isExact ? 1 : 0,
      ban: isBanned ? 1 : 0,
    },
    work: { ...PLAN, runs: RUNS, outcry: ours, "socket.io": theirs },
  };
}

async function run(opened: Room): Promise<Outcome> {
  await using room = opened;
  const audiences: LineProcess[] = [];
  try {
    for (const plan of room.plans) {
      audiences.push(openAudience(plan));
    }
    await Promise.all(audiences.map((audience) => audience.read()));
    await until(COUNT_MAX_ms, async () => isExactly(await stateOf(audiences, 0), PLAN.viewers));
    print(`${room.name}: ${PLAN.viewers} viewers are there`);
    const before = await cpuOf(room.pid);
    const storm = await blow(room, audiences);
    const after = await cpuOf(room.pid);
    const [server_us, database_us] = [after.server - before.server, after.database - before.database];
    const { sent } = storm;
    await until(SETTLE_MAX_ms, async () => (await stateOf(audiences, sent)).missing === 0);
    const settled = await stateOf(audiences, sent);
    const count_expected = PLAN.viewers - PLAN.crashes - PLAN.leaves;
    const from = performance.now();
    const isExact = await until(COUNT_MAX_ms, async () => isExactly(await stateOf(audiences, sent), count_expected));
    const { count_min, count_max } = await stateOf(audiences, sent);
    const reports = await reportsOf(audiences);
    const stored = await room.stored();
    const live = merge(reports.map((report) => report.live));
    const recovered = merge(reports.map((report) => report.recovered));
    const away_ms = reports.flatMap((report) => report.away_ms);
    const sum = (pick: (report: AudienceReport) => number) => reports.reduce((total, each) => total + pick(each), 0);
    const outcome: Outcome = {
      sent,
      resent: storm.resent,
      deliveries: live.count,
      delivery_p50_ms: live.quantile(0.5),
      delivery_p99_ms: live.quantile(0.99),
      drops: sum(({ drops }) => drops),
      recovered: recovered.count,
      rejoin_and_read_p50_ms: round(medianOf(away_ms)),
      rejoin_and_read_p99_ms: round(quantileOf(away_ms, 0.99)),
      lost: settled.missing,
      doubled: sum(({ doubled }) => doubled) + Math.max(0, (stored ?? sent) - sent),
      failures: sum(({ failures }) => failures),
      cpu_us_per_delivery: round((server_us + database_us) / (live.count + recovered.count), 3),
      server_cpu_s: round(server_us / 1e6, 1),
      database_cpu_s: round(database_us / 1e6, 1),
      count_during_drops: storm.counts,
      count_expected,
      count_after: [count_min, count_max],
      count_exact_after_s: isExact ? round((performance.now() - from) / 1_000, 1) : null,
      ban: null,
    };
    outcome.ban = await ban(room, audiences, sent);
    print(
      `${room.name}: p50 ${outcome.delivery_p50_ms} ms, p99 ${outcome.delivery_p99_ms} ms, ${outcome.lost} lost of ` +
        `${outcome.deliveries + outcome.recovered} after ${outcome.drops} drops, ${outcome.recovered} recovered`,
    );
    return outcome;
  } finally {
    for (const audience of audiences) await audience[Symbol.asyncDispose]();
  }
}

/** Speaks at an even pace, whatever the server does, while viewers are struck. */
async function blow(
  room: Room,
  audiences: LineProcess[],
): Promise<{ sent: number; resent: number; counts: [number, number] }> {
  const total = PLAN.seconds * PLAN.messages_per_s;
  const sending: Promise<number>[] = [];
  const counts: [number, number] = [Number.POSITIVE_INFINITY, 0];
  const tell = (word: string, count: number) =>
    Promise.all(audiences.map((audience) => audience.ask(`${word} ${count / audiences.length}`)));
  const start = performance.now();
  for (let n = 1; n <= total; n++) {
    sending.push(say(room, n));
    const second = n / PLAN.messages_per_s;
    if (Number.isInteger(second) && second >= DROPS_FROM_s && second <= PLAN.seconds - CALM_s) {
      await tell("drop", PLAN.drops_per_s);
      // Whoever is told of the second half's crashes and departures expects another count.
      if (second < PLAN.seconds / 2) {
        const { count_min, count_max } = await stateOf(audiences, 0);
        counts[0] = Math.min(counts[0], count_min);
        counts[1] = Math.max(counts[1], count_max);
      }
      if (second === PLAN.seconds / 2) {
        await tell("crash", PLAN.crashes);
        await tell("leave", PLAN.leaves);
      }
    }
    await delay(Math.max(0, start + (n * 1_000) / PLAN.messages_per_s - performance.now()));
  }
  const tries = await Promise.all(sending);
  return { sent: total, counts, resent: tries.reduce((sum, each) => sum + each - 1, 0) };
}

/** Bans somebody while the room talks on, from message number `said` + 1. */
async function ban(room: Room, audiences: LineProcess[], said: number): Promise<BanOutcome | null> {
  const rowdy = await room.openRowdy();
  if (rowdy === null) return null;
  const calls = async () => (await reportsOf(audiences)).reduce((sum, report) => sum + report.calls, 0);
  const before = await calls();
  const sending: Promise<number>[] = [];
  const total = PLAN.ban_seconds * PLAN.messages_per_s;
  const start = performance.now();
  let banned = { n: 0, atMs: 0 };
  let banning = Promise.resolve();
  for (let i = 1; i <= total; i++) {
    sending.push(say(room, said + i));
    if (i === BAN_AT_s * PLAN.messages_per_s) {
      banning = rowdy.ban().then(() => void (banned = { n: said + sending.length, atMs: performance.now() }));
    }
    await delay(Math.max(0, start + (i * 1_000) / PLAN.messages_per_s - performance.now()));
  }
  await Promise.all([banning, ...sending]);
  const isMoved = await until(COUNT_MAX_ms, async () => (await stateOf(audiences, said + total)).moves === 1);
  const movedMs = Math.max(...(await reportsOf(audiences)).map(({ movedMs }) => movedMs));
  await until(SETTLE_MAX_ms, async () => (await stateOf(audiences, said + total)).missing === 0);
  const { missing, watching } = await stateOf(audiences, said + total);
  rowdy.close();
  return {
    all_moved_after_s: isMoved ? round((movedMs - performance.timeOrigin - banned.atMs) / 1_000, 1) : null,
    calls_per_viewer: round((await calls() - before) / watching),
    lost: missing,
    heard_by_banned: [...rowdy.heard()].filter((n) => n > banned.n).length,
  };
}

function reportsOf(audiences: LineProcess[]): Promise<AudienceReport[]> {
  return Promise.all(audiences.map((audience) => audience.ask<AudienceReport>("report")));
}

/** Answers how often it had to be tried. */
async function say(room: Room, n: number): Promise<number> {
  const clientId = crypto.randomUUID();
  const text = textOf(n);
  for (let tries = 1;; tries++) {
    try {
      await room.send(n % PLAN.speakers, clientId, text);
      return tries;
    } catch (error) {
      if (tries === TRIES_MAX) throw error;
      await delay(Math.min(tries * TRY_AGAIN_ms, TRY_AGAIN_ms_MAX));
    }
  }
}

async function stateOf(audiences: LineProcess[], sent: number): Promise<AudienceState> {
  const states = await Promise.all(audiences.map((audience) => audience.ask<AudienceState>(`state ${sent}`)));
  return {
    missing: states.reduce((sum, each) => sum + each.missing, 0),
    moves: Math.min(...states.map((each) => each.moves)),
    watching: states.reduce((sum, each) => sum + each.watching, 0),
    count_min: Math.min(...states.map((each) => each.count_min)),
    count_max: Math.max(...states.map((each) => each.count_max)),
  };
}

function isExactly({ count_min, count_max }: AudienceState, count: number): boolean {
  return count_min === count && count_max === count;
}

/** Of the server's process, and of all below it, in microseconds. */
async function cpuOf(pid: number): Promise<{ server: number; database: number }> {
  return { server: await processCpu(pid), database: await childrenCpu(pid) };
}

function merge(histograms: [number, number][][]): { count: number; quantile(q: number): number } {
  const steps = new Map<number, number>();
  for (const [step, count] of histograms.flat()) steps.set(step, (steps.get(step) ?? 0) + count);
  const sorted = [...steps].toSorted(([a], [b]) => a - b);
  const count = sorted.reduce((sum, [, each]) => sum + each, 0);
  const quantile = (q: number) => {
    let left = Math.floor(count * q);
    for (const [step, each] of sorted) {
      if (left < each) return round(step * STEP_ms, 1);
      left -= each;
    }
    return Number.NaN;
  };
  return { count, quantile };
}

async function until(max_ms: number, condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + max_ms;
  while (!await condition()) {
    if (performance.now() > deadline) return false;
    await delay(250);
  }
  return true;
}
