import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { startTestSupabase, type TestSupabase } from "../../../supabase/embedded/testing.ts";
import { type Simulator, startSimulator } from "../../../tools/simulator/server.ts";
import { canonicalDecimal } from "../../kernel/decimal.ts";
import { createLogger } from "../../kernel/log.ts";
import { uuidv7 } from "../../kernel/uuid.ts";
import { createWorkerClient, Rpc } from "../../kernel/worker/supabase.ts";
import { Broadcaster } from "../../realtime/worker/broadcaster.ts";
import { TIMEFRAME_MS, TIMEFRAMES } from "../timeframe.ts";
import { Feed, type FeedHealth } from "./feed.ts";
import { FeedMetrics } from "./feed_metrics.ts";
import { openVenue } from "./venues.ts";

/** A minute passes in a second, on 23 symbols. */
export const SPEED = 60;
export const SYMBOLS = 23;

/** A feed in this process. */
export interface RunningFeed {
  feed: Feed;
  health(): FeedHealth;
  stop(): Promise<void>;
}

/** An exchange, a database and whatever feeds one from the other. */
export interface World extends AsyncDisposable {
  stack: TestSupabase;
  simulator: Simulator;
  /**
   * @param marketsInterval_ms how often the feed reads the list of markets.
   * @param url where the feed finds Supabase, when that is not where it is.
   */
  startFeed(marketsInterval_ms?: number, url?: string): RunningFeed;
  fault(fault: Record<string, unknown>): Promise<void>;
  simStats(): Promise<{ open_sockets: number; sim_ms: number; connections_total: number }>;
}

/**
 * Starts an embedded Supabase and a simulator, both empty; disposing stops them and the feeds.
 * @param speed simulated seconds a second.
 */
export async function openWorld(speed = SPEED): Promise<World> {
  const dataDir = await Deno.makeTempDir({ prefix: "outcry-feed-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: Date.now });
  const stack = await startTestSupabase();
  const simulator = await startSimulator({ port: 0, speed, seed: 1, dataDir, logger, nowMs: Date.now });
  const running: RunningFeed[] = [];
  return {
    stack,
    simulator,
    startFeed(marketsInterval_ms, url = stack.url) {
      const started = startFeed(url, stack.secretKey, simulator, marketsInterval_ms);
      running.push(started);
      return started;
    },
    async fault(fault) {
      const response = await fetch(`${simulator.url}/sim/faults`, { method: "POST", body: JSON.stringify(fault) });
      assert.equal(response.status, 200, await response.text());
    },
    async simStats() {
      return await (await fetch(`${simulator.url}/sim/stats`)).json();
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((feed) => feed.stop()));
      await simulator.stop();
      await stack.stop();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

function startFeed(
  url: string,
  secretKey: string,
  simulator: Simulator,
  marketsInterval_ms: number | undefined,
): RunningFeed {
  const lines: string[] = [];
  const logger = createLogger({ service: "feed", write: (line) => lines.push(line), nowMs: Date.now });
  const nowMs = () => performance.now();
  const rpc = new Rpc(createWorkerClient(url, secretKey));
  const broadcaster = new Broadcaster({
    url,
    secretKey,
    logger,
    random: Math.random,
    nowMs: () => performance.now(),
    messages_per_s_max: null,
  });
  const port = Number(new URL(simulator.url).port);
  const feed = new Feed({
    exchange: "sim",
    holder: uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
    rpc,
    broadcaster,
    logger,
    metrics: new FeedMetrics(new Registry()),
    openVenue: () => openVenue({ exchange: "sim", logger, nowMs, random: Math.random }, port),
    nowMs,
    wallMs: () => Date.now(),
    random: Math.random,
    ...(marketsInterval_ms === undefined ? {} : { marketsInterval_ms }),
  });
  const stopping = new AbortController();
  const run = feed.run(stopping.signal);
  return {
    feed,
    health: () => feed.health(),
    async stop() {
      stopping.abort();
      await run;
      await broadcaster.close();
    },
  };
}

/** Waits for a condition, bounded. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  wait_ms_max = 120_000,
): Promise<void> {
  const deadline = performance.now() + wait_ms_max;
  while (!await condition()) {
    assert.ok(performance.now() < deadline, `Gave up waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until every symbol's minutes are stored up to the simulator's present, so past all that a fault did. */
export async function caughtUp(world: World): Promise<void> {
  const { sim_ms } = await world.simStats();
  await until(async () => {
    const [row] = await world.stack.sql`
      select count(*)::int as symbols from (
        select symbol from public.candles where timeframe = '1m' group by symbol
        having max(open_time) >= to_timestamp(${sim_ms / 1_000}) - interval '1 minute') as fresh`;
    return row?.symbols === SYMBOLS;
  }, "every symbol to be stored up to now");
}

/** Fails when a candle is missing between stored ones; a primary key rules doubles out. */
export async function assertNoHoles({ stack }: World): Promise<void> {
  for (const timeframe of TIMEFRAMES) {
    const width = `${TIMEFRAME_MS[timeframe]} milliseconds`;
    const holes = await stack.sql`
      select symbol, open_time::text from (
        select symbol, open_time, lag(open_time) over (partition by symbol order by open_time) as before
        from public.candles where timeframe = ${timeframe}) as c
      where before is not null and open_time - before <> ${width}::interval`;
    assert.deepEqual([...holes], [], `holes on ${timeframe}`);
  }
}

/** Fails when a stored candle differs from the exchange's own. */
export async function assertSameAsExchange({ stack, simulator }: World, symbols: string[]): Promise<void> {
  for (const symbol of symbols) {
    for (const timeframe of TIMEFRAMES) {
      const stored = await stack.sql`
        select private.unix_ms(open_time)::float8 as t, trim_scale(open)::text as o, trim_scale(high)::text as h,
          trim_scale(low)::text as l, trim_scale(close)::text as c, trim_scale(volume)::text as v
        from public.candles where symbol = ${symbol} and timeframe = ${timeframe}
        order by open_time desc limit 600`;
      const from = stored.at(-1)?.t;
      const query = `symbol=${symbol.replace("-", "")}&interval=${timeframe}&startTime=${from}&limit=1000`;
      const rows: [number, ...string[]][] = await (await fetch(`${simulator.url}/api/v3/klines?${query}`)).json();
      const theirs = new Map(rows.map(([t, ...rest]) => [t, rest.slice(0, 5).map(canonicalDecimal)]));
      for (const { t, o, h, l, c, v } of stored) {
        assert.deepEqual([o, h, l, c, v], theirs.get(t), `${symbol} ${timeframe} ${new Date(t).toISOString()}`);
      }
    }
  }
}
