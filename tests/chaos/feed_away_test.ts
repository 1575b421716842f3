import assert from "node:assert/strict";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import {
  assertNoHoles,
  assertSameAsExchange,
  caughtUp,
  openWorld,
  type RunningFeed,
  SYMBOLS,
  until,
  type World,
} from "../../lib/market/worker/testing.ts";
import { QUEUE_MESSAGES_MAX } from "../../lib/realtime/worker/broadcaster.ts";
import { step } from "../../supabase/embedded/testing.ts";

const TOPIC = "market:sim:BTC-USDT:1m";
/** How long each is away in simulated minutes. */
const AWAY_MINUTES = 5;

/** A way to Supabase on which parts of it can be out of reach. */
interface Gate extends AsyncDisposable {
  url: string;
  databaseAway: boolean;
  realtimeAway: boolean;
  /** Broadcast requests refused so far. */
  refused: number;
}

function openGate(target: string): Gate {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const isRealtime = pathname.startsWith("/realtime/");
    const body = await request.arrayBuffer();
    if (isRealtime ? gate.realtimeAway : gate.databaseAway) {
      if (isRealtime) gate.refused++;
      return new Response("upstream is away", { status: 503 });
    }
    const headers = new Headers(request.headers);
    headers.delete("host");
    const answer = await fetch(target + pathname + search, { method: request.method, headers, body });
    const told = answer.body === null ? null : await answer.arrayBuffer();
    return new Response(told, { status: answer.status, headers: { "content-type": "application/json" } });
  });
  const gate: Gate = {
    url: `http://127.0.0.1:${server.addr.port}`,
    databaseAway: false,
    realtimeAway: false,
    refused: 0,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return gate;
}

async function minutesPass(world: World, minutes: number): Promise<void> {
  const { sim_ms } = await world.simStats();
  await until(async () => (await world.simStats()).sim_ms >= sim_ms + minutes * 60_000, `${minutes} simulated minutes`);
}

async function allLive(feed: RunningFeed): Promise<void> {
  await until(() => feed.health().live === SYMBOLS, "all symbols to be live");
}

// realtime-js leaves a ten-second timer behind when it disconnects.
Deno.test("The feed outlives what it stands on", { sanitizeOps: false, sanitizeResources: false }, async (t) => {
  await using world = await openWorld();
  await using gate = openGate(world.stack.url);
  const feed = world.startFeed(undefined, gate.url);
  await allLive(feed);
  await caughtUp(world);

  await step(t, "a database that is away for longer than the lease leaves no hole", async () => {
    gate.databaseAway = true;
    await until(() => feed.health().role === "standby", "the lease to lapse");
    assert.equal((await world.simStats()).open_sockets, 0, "nobody listens to what cannot be kept");
    await minutesPass(world, AWAY_MINUTES);
    gate.databaseAway = false;
    await allLive(feed);
    await caughtUp(world);
    await assertNoHoles(world);
    await assertSameAsExchange(world, ["BTC-USDT", "ETH-BTC"]);
  });

  await step(t, "candles are stored while Realtime is away, and broadcast again once it is back", async () => {
    const client = createWorkerClient(world.stack.url, world.stack.secretKey);
    const heard: { t: number }[] = [];
    const channel = client.channel(TOPIC, { config: { private: true } });
    channel.on("broadcast", { event: "candle" }, ({ payload }) => heard.push(payload));
    await new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    await world.stack.sql`select private.watch(${[TOPIC]}, '00000000-0000-4000-8000-000000000001')`;
    await until(() => heard.length > 0, "a first candle");
    gate.realtimeAway = true;
    await until(() => gate.refused > 3, "broadcasts to be refused");
    await minutesPass(world, AWAY_MINUTES);
    await caughtUp(world);
    gate.realtimeAway = false;
    const before = heard.length;
    const { sim_ms } = await world.simStats();
    await until(() => heard.slice(before).some((candle) => candle.t >= sim_ms), "the present to be broadcast");
    assert.ok(heard.length - before < QUEUE_MESSAGES_MAX);
    await client.removeAllChannels();
    await client.realtime.disconnect();
    await assertNoHoles(world);
  });

  await step(t, "it leaves at once when asked to, though the exchange has told it to wait", async () => {
    await world.fault({ kind: "429", duration_ms: 300_000 });
    await world.fault({ kind: "disconnect" });
    await until(
      () => feed.health().state === "live" && feed.health().live as number < SYMBOLS,
      "history to be refused",
    );
    await feed.stop();
    const { faults } = await world.simStats() as unknown as { faults: { kind: string }[] };
    assert.deepEqual(faults.map(({ kind }) => kind), ["429"], "the exchange still refuses");
    const [lease] = await world.stack
      .sql`select expires_at <= now() as free from public.leases where name = 'feed:sim'`;
    assert.equal(lease?.free, true, "the lease is given back");
    const [status] = await world.stack.sql`select state from public.feed_status`;
    assert.equal(status?.state, "stopped");
  });
});
