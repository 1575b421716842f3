import assert from "node:assert/strict";
import postgres from "postgres";
import { type DevStack, startDevStack } from "../dev_stack.ts";
import { until } from "../until.ts";

/** A simulated minute each real second. */
const SPEED = "60";

interface Hole {
  symbol: string;
  timeframe: string;
  after: Date;
}

Deno.test("a worker killed for two simulated minutes leaves no gap and no double in candles", async () => {
  await using stack = await startDevStack({ env: { SIM_SPEED: SPEED } });
  const sql = postgres(stack.dbUrl, { max: 1 });
  try {
    await until(async () => await minutesOf(sql) >= 500, "the history is filled");
    const [{ latest: killedAt }] = await sql`select max(open_time) as latest from candles where timeframe = '1m'` as [
      { latest: Date },
    ];
    await holdWorkerDown(stack, killedAt, 2);
    // Back again: wait until it has stored minutes from well after its return.
    await until(
      async () => await latestMinute(sql) >= killedAt.getTime() + 12 * 60_000,
      "candles are stored again",
      60_000,
    );
    assert.match(stack.output(), /The worker was killed by SIGKILL: starting it again/);
    await until(async () => (await holes(sql)).length === 0, "no gap is left", 30_000);
    const [doubles] = await sql`
      select count(*)::int as n from (
        select 1 from candles group by exchange, symbol, timeframe, open_time having count(*) > 1) as d`;
    assert.equal(doubles?.n, 0);
    assert.deepEqual([...await foldMismatches(sql)], []);
  } finally {
    await sql.end();
  }
});

/** Kills the worker again and again until the exchange's clock has moved on by `minutes`. */
async function holdWorkerDown(stack: DevStack, killedAt: Date, minutes: number): Promise<void> {
  await until(async () => {
    const { workerPid } = await runningPids(stack);
    if (workerPid !== null) {
      try {
        Deno.kill(workerPid, "SIGKILL");
      } catch {
        // Dead already.
      }
    }
    const time = await (await fetch(`${stack.simUrl}/api/v3/time`)).json();
    return time.serverTime - killedAt.getTime() > (minutes + 1) * 60_000;
  }, "two simulated minutes pass");
}

async function runningPids(stack: DevStack): Promise<{ workerPid: number | null }> {
  const { children } = JSON.parse(await Deno.readTextFile(`${stack.dataDir}/pids.json`)) as {
    children: { pid: number; script: string }[];
  };
  return { workerPid: children.find(({ script }) => script === "workers/main.ts")?.pid ?? null };
}

async function minutesOf(sql: postgres.Sql): Promise<number> {
  const [row] = await sql`
    select min(n)::int as n from (
      select count(*) as n from candles where symbol in ('BTC-USDT', 'SOL-USDT') and timeframe = '1m' group by symbol) as c`;
  return row?.n ?? 0;
}

async function latestMinute(sql: postgres.Sql): Promise<number> {
  const [row] = await sql`
    select min(latest) as at from (
      select max(open_time) as latest from candles where timeframe = '1m' group by exchange, symbol) as l`;
  return (row?.at as Date | null)?.getTime() ?? 0;
}

/** Places where the candle after one stored is missing though a later one is there. */
async function holes(sql: postgres.Sql): Promise<Hole[]> {
  return await sql<Hole[]>`
    select symbol, timeframe, open_time as after from (
      select symbol, timeframe, open_time,
        lead(open_time) over (partition by exchange, symbol, timeframe order by open_time) as next
      from candles) as c
    where next - open_time <> private.timeframe_ms(timeframe) * interval '1 millisecond'`;
}

/** Stored five-minute candles that are not the fold of their five stored minutes. */
async function foldMismatches(sql: postgres.Sql): Promise<{ symbol: string; open_time: Date }[]> {
  return await sql<{ symbol: string; open_time: Date }[]>`
    select f.symbol, f.open_time from candles f
    join lateral (
      select count(*) as n, max(m.high) as high, min(m.low) as low, sum(m.volume) as volume,
        (array_agg(m.open order by m.open_time))[1] as open,
        (array_agg(m.close order by m.open_time desc))[1] as close
      from candles m
      where m.exchange = f.exchange and m.symbol = f.symbol and m.timeframe = '1m'
        and m.open_time >= f.open_time and m.open_time < f.open_time + interval '5 minutes'
    ) as w on w.n = 5
    where f.timeframe = '5m'
      and (f.open, f.high, f.low, f.close, f.volume) is distinct from (w.open, w.high, w.low, w.close, w.volume)`;
}
