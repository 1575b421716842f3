/**
 * A week of market in minutes, with everything going wrong: `deno task soak:feed`. Two workers share one exchange; every
 * simulated hour it drops its sockets, and in between it stalls, loses frames, refuses REST calls, and workers are
 * killed. Afterwards every stored candle must equal the exchange's own, none missing, none doubled.
 *
 * Environment: SOAK_HOURS (168), SOAK_SPEED (600, simulated seconds a second), SOAK_KILLS (20), SOAK_SEED.
 */
import assert from "node:assert/strict";
import { canonicalDecimal } from "../../lib/kernel/decimal.ts";
import { seeded } from "../../lib/kernel/seeded.ts";
import { TIMEFRAME_MS, TIMEFRAMES } from "../../lib/market/timeframe.ts";
import { assertNoHoles, caughtUp, openWorld, SYMBOLS, until, type World } from "../../lib/market/worker/testing.ts";
import { freePort } from "../dev_stack.ts";
import { exitCode, feedHealth, startWorker, workerEnvironment, type WorkerProcess } from "../worker_process.ts";

const HOUR_MS = 3_600_000;
/** One page of the exchange's history. */
const PAGE_CANDLES = 1_000;
/** Wall time between two ends of workers: a fresh one needs some to stand by. */
const KILLS_APART_MS = 12_000;
const PROGRESS_INTERVAL_MS = 15_000;

/** How long and how hard. */
export interface SoakSize {
  hours: number;
  /** Simulated seconds a second. */
  speed: number;
  kills: number;
  seed: number;
}

/** What was done and found. */
export interface SoakReport {
  seed: number;
  hours: number;
  took_s: number;
  faults: Record<string, number>;
  /** Candles compared with the exchange's own, one by one. */
  compared: number;
  differing: number;
  missing: number;
  doubled: number;
  foldsDiffering: number;
  repairs: number;
  reconnects: number;
  gapsFilled: number;
}

interface Planned {
  /** Simulated time after the beginning. */
  at_ms: number;
  kind: "disconnect" | "stall" | "gap" | "429" | "SIGKILL" | "SIGTERM";
  fault: Record<string, unknown> | null;
}

/** Runs the week; answers what it found. Throws when something is missing or waits in vain. */
export async function soakFeed(size: SoakSize, tell: (line: string) => void): Promise<SoakReport> {
  const startedAt = performance.now();
  await using world = await openWorld(size.speed);
  await using pair = await WorkerPair.open(world);
  await caughtUp(world);
  const begin = (await world.simStats()).sim_ms;
  const planned = plan(size);
  const faults: Record<string, number> = {};
  let toldAt = performance.now();
  let at = 0;
  while (at < size.hours * HOUR_MS) {
    at = (await world.simStats()).sim_ms - begin;
    for (; planned[0] !== undefined && planned[0].at_ms <= at; planned.shift()) {
      const { kind, fault } = planned[0];
      if (fault !== null) await world.fault(fault);
      else await pair.end(kind as Deno.Signal);
      faults[kind] = (faults[kind] ?? 0) + 1;
    }
    if (performance.now() - toldAt > PROGRESS_INTERVAL_MS) {
      toldAt = performance.now();
      tell(`${Math.floor(at / HOUR_MS)} of ${size.hours} h, ${JSON.stringify(faults)}, ${await pair.describe()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await world.fault({ kind: "clear" });
  await pair.settled();
  await caughtUp(world);
  await pair.leave();
  tell("The time is over: comparing every candle with the exchange's own");
  await assertNoHoles(world);
  const [status] = await world.stack.sql`
    select max(reconnects)::int as reconnects, max(gaps_filled)::int as filled from public.feed_status`;
  return {
    seed: size.seed,
    hours: size.hours,
    took_s: Math.round((performance.now() - startedAt) / 1_000),
    faults,
    ...await compareAll(world, begin),
    reconnects: status?.reconnects,
    gapsFilled: status?.filled,
  };
}

/** What happens when: drawn by the seed. */
function plan({ hours, speed, kills, seed }: SoakSize): Planned[] {
  const random = seeded(seed);
  const planned: Planned[] = [];
  const anytime = () => random() * hours * HOUR_MS;
  for (let hour = 0; hour < hours; hour++) {
    planned.push({ at_ms: (hour + random()) * HOUR_MS, kind: "disconnect", fault: { kind: "disconnect" } });
  }
  for (let i = 0; i < Math.ceil(hours / 24); i++) {
    // Longer than the silence after which a socket counts as dead.
    const duration_ms = 5_500 + Math.floor(random() * 2_000);
    planned.push({ at_ms: anytime(), kind: "stall", fault: { kind: "stall", duration_ms } });
  }
  const symbols = ["BTC-USDT", "ETH-USDT", "SOL-USDT", "ETH-BTC"];
  for (let i = 0; i < Math.ceil(hours / 4); i++) {
    const symbol = random() < 0.3 ? {} : { symbol: symbols[Math.floor(random() * symbols.length)] };
    const duration_ms = 100 + Math.floor(random() * 1_500);
    planned.push({ at_ms: anytime(), kind: "gap", fault: { kind: "gap", duration_ms, ...symbol } });
  }
  for (let i = 0; i < Math.ceil(hours / 6); i++) {
    const much = random() < 0.5 ? { count: 1 + Math.floor(random() * 8) } : { duration_ms: 500 + random() * 1_500 | 0 };
    planned.push({ at_ms: anytime(), kind: "429", fault: { kind: "429", ...much } });
  }
  const room_ms = hours * HOUR_MS / Math.max(1, kills);
  const apart_ms = Math.min(room_ms * 0.9, KILLS_APART_MS * speed);
  for (let i = 0; i < kills; i++) {
    const at_ms = i * room_ms + random() * (room_ms - apart_ms);
    planned.push({ at_ms, kind: random() < 0.75 ? "SIGKILL" : "SIGTERM", fault: null });
  }
  return planned.sort((a, b) => a.at_ms - b.at_ms);
}

/** Two workers; whichever leads is the one that is ended, and another is started in its place. */
class WorkerPair implements AsyncDisposable {
  readonly #world: World;
  readonly #workers: WorkerProcess[] = [];

  private constructor(world: World) {
    this.#world = world;
  }

  static async open(world: World): Promise<WorkerPair> {
    const pair = new WorkerPair(world);
    pair.#workers.push(await pair.#start());
    await pair.settled();
    pair.#workers.push(await pair.#start());
    return pair;
  }

  /** Ends the leader, and has a new one stand by. */
  async end(signal: Deno.Signal): Promise<void> {
    const leader = await this.#leader();
    const at = this.#workers.indexOf(leader);
    leader.kill(signal);
    if (signal === "SIGTERM") assert.equal(await exitCode(leader), 0, leader.output());
    else await leader.exited;
    this.#workers[at] = await this.#start();
  }

  /** Waits until one of them feeds every symbol. */
  async settled(): Promise<void> {
    await until(async () => {
      const all = await Promise.all(this.#workers.map(({ port }) => feedHealth(port)));
      return all.some(({ live }) => live === SYMBOLS);
    }, "a worker to feed every symbol");
  }

  async describe(): Promise<string> {
    const all = await Promise.all(this.#workers.map(({ port }) => feedHealth(port)));
    return all.map(({ role, live, ...rest }) => `${role} ${live} ${(rest as { queued?: number }).queued ?? ""}`).join(
      " | ",
    );
  }

  /** Asks both to leave. */
  async leave(): Promise<void> {
    for (const worker of this.#workers) {
      worker.kill("SIGTERM");
      assert.equal(await exitCode(worker), 0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.#workers) await worker[Symbol.asyncDispose]();
  }

  async #leader(): Promise<WorkerProcess> {
    let leader: WorkerProcess | undefined;
    await until(async () => {
      for (const worker of this.#workers) if ((await feedHealth(worker.port)).role === "feeding") leader = worker;
      return leader !== undefined;
    }, "a worker to lead");
    return leader as WorkerProcess;
  }

  async #start(): Promise<WorkerProcess> {
    const worker = startWorker(workerEnvironment(this.#world, freePort()));
    await until(async () => (await feedHealth(worker.port)).role !== "", "a worker to start");
    return worker;
  }
}

/** Compares what is stored with what the exchange says, symbol by symbol and width by width. */
async function compareAll(world: World, begin: number) {
  const { sql } = world.stack;
  const found = { compared: 0, differing: 0, missing: 0 };
  const symbols = (await sql`select distinct symbol from public.candles order by symbol`).map((row) => row.symbol);
  assert.equal(symbols.length, SYMBOLS);
  for (const symbol of symbols) {
    for (const timeframe of TIMEFRAMES) {
      const stored = await sql`
        select private.unix_ms(open_time)::float8 as t, trim_scale(open)::text as o, trim_scale(high)::text as h,
          trim_scale(low)::text as l, trim_scale(close)::text as c, trim_scale(volume)::text as v
        from public.candles where exchange = 'sim' and symbol = ${symbol} and timeframe = ${timeframe} order by open_time`;
      const [first, last] = [stored[0]?.t as number, stored.at(-1)?.t as number];
      assert.ok(first < begin && last >= begin - TIMEFRAME_MS["1d"], `${symbol} ${timeframe}`);
      const truth = await history(world, symbol, timeframe, first, last);
      for (const { t, ...candle } of stored) {
        const told = truth.get(t);
        found.compared++;
        if (told === undefined || JSON.stringify(told) !== JSON.stringify(Object.values(candle))) found.differing++;
        truth.delete(t);
      }
      found.missing += truth.size;
    }
  }
  const [counts] = await sql`
    select (select count(*)::int from (select 1 from public.candles group by exchange, symbol, timeframe, open_time
        having count(*) > 1) as d) as doubled,
      (select count(*)::int from public.candle_repairs) as repairs,
      (select folds_differing::int from public.feed_status where exchange = 'sim') as folds`;
  return { ...found, doubled: counts?.doubled, repairs: counts?.repairs, foldsDiffering: counts?.folds };
}

/** The exchange's own candles of a stretch, by open time. */
async function history({ simulator }: World, symbol: string, timeframe: string, from: number, to: number) {
  const candles = new Map<number, string[]>();
  for (let start = from; start <= to;) {
    const query = `symbol=${symbol.replace("-", "")}&interval=${timeframe}&startTime=${start}&endTime=${to}`;
    const answer = await fetch(`${simulator.url}/api/v3/klines?${query}&limit=${PAGE_CANDLES}`);
    if (answer.status === 429) {
      await answer.body?.cancel();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      continue;
    }
    const rows: [number, ...string[]][] = await answer.json();
    for (const [t, ...rest] of rows) candles.set(t, rest.slice(0, 5).map(canonicalDecimal));
    const last = rows.at(-1);
    if (last === undefined) break;
    start = last[0] + 1;
  }
  return candles;
}

function setting(name: string, fallback: number): number {
  const value = Number(Deno.env.get(name) ?? fallback);
  assert.ok(Number.isFinite(value) && value >= 0, `${name} must be a number`);
  return value;
}

if (import.meta.main) {
  const size = {
    hours: setting("SOAK_HOURS", 168),
    speed: setting("SOAK_SPEED", 600),
    kills: setting("SOAK_KILLS", 20),
    seed: setting("SOAK_SEED", 20_261_120),
  };
  const write = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  const report = await soakFeed(size, write);
  write(JSON.stringify(report));
  const { differing, missing, doubled, foldsDiffering } = report;
  if (differing + missing + doubled + foldsDiffering > 0) Deno.exit(1);
}
