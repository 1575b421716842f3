import assert from "node:assert/strict";
import { createWorkerClient } from "../../kernel/worker/supabase.ts";
import { type CandleEvent, candleEventSchema } from "../candle.ts";
import { TIMEFRAMES } from "../timeframe.ts";
import {
  assertNoHoles,
  assertSameAsExchange,
  caughtUp,
  openWorld,
  type RunningFeed,
  SYMBOLS,
  until,
} from "./testing.ts";

async function allLive(feed: RunningFeed): Promise<void> {
  // At this speed a minute's closes always wait to be stored; more than that is what is left of a backfill.
  const few = 3 * SYMBOLS;
  await until(() => feed.health().live === SYMBOLS && feed.health().queued as number <= few, "all symbols to be live");
}

// Each time realtime-js disconnects it leaves a timer of ten seconds behind, and the last step does so.
Deno.test("Feed", { sanitizeOps: false, sanitizeResources: false }, async (t) => {
  await using world = await openWorld();
  const { sql } = world.stack;
  // It reads the list of markets often, for the step in which one vanishes.
  let feed = world.startFeed(3_000);

  await t.step("backfills 500 candles of each width with indicators, through one socket", async () => {
    await allLive(feed);
    await caughtUp(world);
    const rows = await sql`
      select symbol, timeframe, count(*)::int as candles, count(ind -> 'ema50')::int as with_ema50
      from public.candles group by symbol, timeframe`;
    assert.equal(rows.length, SYMBOLS * TIMEFRAMES.length);
    for (const { symbol, timeframe, candles, with_ema50 } of rows) {
      assert.ok(candles >= 500, `${symbol} ${timeframe}: ${candles}`);
      assert.equal(with_ema50, candles - 49, `${symbol} ${timeframe}`);
    }
    const [status] = await sql`select * from public.feed_status`;
    assert.deepEqual([status?.state, status?.sockets, status?.streams], ["live", 1, SYMBOLS]);
    assert.equal((await world.simStats()).open_sockets, 1);
    await assertNoHoles(world);
  });

  await t.step("folds live minutes into longer candles equal to the exchange's, and keeps tickers", async () => {
    const [before] = await sql`select count(*)::int as n from public.candles where timeframe = '15m'`;
    await until(async () => {
      const [now] = await sql`select count(*)::int as n from public.candles where timeframe = '15m'`;
      return now?.n >= before?.n + SYMBOLS;
    }, "a quarter of an hour to close");
    await assertNoHoles(world);
    await assertSameAsExchange(world, ["BTC-USDT", "ETH-USDT"]);
    const [ticker] = await sql`
      select count(*)::int as n, bool_and(low_24h <= last and last <= high_24h) as sane from public.tickers`;
    assert.deepEqual([ticker?.n, ticker?.sane], [SYMBOLS, true]);
  });

  await t.step(
    "broadcasts forming candles at most twice a second and every close, for watched pairs alone",
    async () => {
      const client = createWorkerClient(world.stack.url, world.stack.secretKey);
      const seen: { at: number; timeframe: string; event: CandleEvent }[] = [];
      const open = (timeframe: string) => {
        const channel = client.channel(`market:sim:BTC-USDT:${timeframe}`, { config: { private: true } });
        channel.on("broadcast", { event: "candle" }, ({ payload }) => {
          seen.push({ at: performance.now(), timeframe, event: candleEventSchema.parse(payload) });
        });
        return new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
      };
      await Promise.all([open("1m"), open("5m"), open("1h")]);
      await sql`insert into public.watches (holder, topic, timeframe, expires_at)
      select gen_random_uuid(), 'market:sim:BTC-USDT:' || tf, tf, now() + interval '60 seconds'
      from unnest(array['1m', '5m']) as tf`;
      feed.feed.wake({ alerts: false });
      const closes = (timeframe: string) => seen.filter((s) => s.timeframe === timeframe && s.event.closed);
      await until(() => closes("1m").length >= 7 && closes("5m").length >= 1, "closes to arrive");
      await client.removeAllChannels();
      await client.realtime.disconnect();

      assert.equal(seen.filter((s) => s.timeframe === "1h").length, 0, "nobody watches 1h");
      const times = closes("1m").map(({ event }) => event.t);
      times.forEach((time, i) => assert.equal(time, (times[0] as number) + i * 60_000, "no close is left out"));
      const [stored] = await sql`
      select private.candle_json(c) as candle from public.candles c
      where symbol = 'BTC-USDT' and timeframe = '1m' and open_time = to_timestamp(${times[0] as number / 1_000})`;
      const { et: _et, token, ...candle } = closes("1m")[0]?.event as CandleEvent;
      assert.deepEqual(candle, stored?.candle, "the broadcast says what is stored, to the letter");
      const [lease] = await sql`select token from public.leases where name = 'feed:sim'`;
      assert.equal(token, lease?.token);
      const forming = seen.filter((s) => s.timeframe === "5m" && !s.event.closed);
      const span_s = ((forming.at(-1)?.at ?? 0) - (forming[0]?.at ?? 0)) / 1_000;
      assert.ok(forming.length >= 3 && forming.length <= 2 * span_s + 3, `${forming.length} in ${span_s} s`);
      assert.ok(forming.every(({ event }) => event.ind?.rsi14 !== undefined));
    },
  );

  await t.step(
    "loses and doubles nothing through disconnects, stalls, gaps and 429s, and stays on one socket",
    async () => {
      await world.fault({ kind: "disconnect" });
      await until(() => feed.health().reconnects as number >= 1 && feed.health().state === "live", "the reconnect");
      await caughtUp(world);
      await world.fault({ kind: "gap", duration_ms: 2_500, symbol: "ETH-USDT" });
      await world.fault({ kind: "429", count: 3 });
      await caughtUp(world);
      await world.fault({ kind: "gap", duration_ms: 3_000 });
      await world.fault({ kind: "disconnect" });
      await caughtUp(world);
      await world.fault({ kind: "stall", duration_ms: 7_000 });
      await until(() => feed.health().reconnects as number >= 3, "the stall to be noticed");
      await caughtUp(world);
      await allLive(feed);
      await assertNoHoles(world);
      await assertSameAsExchange(world, ["BTC-USDT", "ETH-USDT"]);
      assert.ok(feed.health().gapsFound as number > 0);
      assert.equal(feed.health().gapsFilled, feed.health().gapsFound);
      assert.equal((await world.simStats()).open_sockets, 1);
    },
  );

  await t.step("stops writing at once when its lease has passed on, and stands by", async () => {
    await sql`update public.leases set holder = gen_random_uuid(), token = token + 1,
      expires_at = now() + interval '4 seconds' where name = 'feed:sim'`;
    await until(() => feed.health().role === "standby", "the feed to stand by");
    const [before] = await sql`select count(*)::int as n from public.candles`;
    assert.equal((await world.simStats()).open_sockets, 0, "a standby leaves the exchange alone");
    const [after] = await sql`select count(*)::int as n from public.candles`;
    assert.equal(after?.n, before?.n);
    await until(() => feed.health().role === "feeding", "the lease to lapse and be taken");
    await allLive(feed);
    await caughtUp(world);
    await assertNoHoles(world);
  });

  await t.step("hands over to a standby that goes on without a hole", async () => {
    const standby = world.startFeed();
    await until(() => standby.health().role === "standby", "the second feed to stand by");
    await feed.stop();
    const [status] = await sql`select state, sockets from public.feed_status`;
    assert.deepEqual([status?.state, status?.sockets], ["stopped", 0]);
    await until(() => standby.health().role === "feeding", "the second feed to take over", 5_000);
    await allLive(standby);
    await caughtUp(world);
    await assertNoHoles(world);
    await assertSameAsExchange(world, ["BTC-USDT"]);
    assert.equal((await world.simStats()).open_sockets, 1);
    feed = standby;
  });

  await t.step(
    "finds a hole that something else tore between stored candles, and fills it when it starts",
    async () => {
      await feed.stop();
      await sql`delete from public.candles where symbol = 'SOL-USDT' and timeframe in ('1m', '1h')
      and open_time in (select open_time from public.candles where symbol = 'SOL-USDT' and timeframe = '1h'
        order by open_time desc offset 20 limit 3)`;
      await sql`delete from public.candles where symbol = 'XRP-USDT' and timeframe = '5m'
      and open_time in (select open_time from public.candles where symbol = 'XRP-USDT' and timeframe = '5m'
        order by open_time desc limit 7)`;
      feed = world.startFeed(1_000);
      await allLive(feed);
      await caughtUp(world);
      await assertNoHoles(world);
      await assertSameAsExchange(world, ["SOL-USDT", "XRP-USDT"]);
    },
  );

  await t.step("ends the stream of a market that vanishes, marks it inactive and tells who watches it", async () => {
    const client = createWorkerClient(world.stack.url, world.stack.secretKey);
    const told: unknown[] = [];
    const channel = client.channel("market:sim:OP-USDT:1m", { config: { private: true } });
    channel.on("broadcast", { event: "delisted" }, ({ payload }) => told.push(payload));
    await new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    await sql`insert into public.watches (holder, topic, timeframe, expires_at)
      values (gen_random_uuid(), 'market:sim:OP-USDT:1m', '1m', now() + interval '60 seconds')`;
    feed.feed.wake({ alerts: false });
    await until(() => feed.health().watched === 1, "the watch to be read");
    await world.fault({ kind: "delist", symbol: "OP-USDT" });
    await until(() => told.length > 0, "the watchers to be told");
    assert.equal((told[0] as { symbol: string }).symbol, "OP-USDT");
    await until(() => feed.health().streams === SYMBOLS - 1, "its stream to end");
    const [row] = await sql`select active from public.symbols where exchange = 'sim' and symbol = 'OP-USDT'`;
    assert.equal(row?.active, false);
    const [others] = await sql`select count(*)::int as n from public.symbols where active`;
    assert.equal(others?.n, SYMBOLS - 1);
    assert.equal(feed.health().state, "live");
    await client.removeAllChannels();
    await client.realtime.disconnect();
  });
});
