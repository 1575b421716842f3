import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { type CandleEvent, candleEventSchema } from "../lib/market/candle.ts";
import {
  assertNoHoles,
  assertSameAsExchange,
  caughtUp,
  openWorld,
  until,
  type World,
} from "../lib/market/worker/testing.ts";
import { freePort } from "../tests/dev_stack.ts";
import { ask, makeCallers } from "../tests/rls/pool_world.ts";
import { exitCode, feedHealth, startWorker, workerEnvironment } from "../tests/worker_process.ts";

// realtime-js leaves a ten-second timer behind when it disconnects.
const unsanitized = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "The worker, killed and started again, leaves no hole and no double, and stops in time when asked to",
  unsanitized,
  async () => {
    await using world = await openWorld();
    const port = freePort();
    let worker = startWorker(workerEnvironment(world, port));
    await using _last = { [Symbol.asyncDispose]: () => worker[Symbol.asyncDispose]() };
    await until(async () => (await feedHealth(port)).live === 23, "the first worker to feed");
    await caughtUp(world);

    // A visitor without an account watches: the wake reaches the worker, its candles reach the visitor.
    const visitor = createClient(world.stack.url, world.stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const topic = "market:sim:BTC-USDT:1m";
    const seen: CandleEvent[] = [];
    const channel = visitor.channel(topic, { config: { private: true } });
    channel.on("broadcast", { event: "candle" }, ({ payload }) => seen.push(candleEventSchema.parse(payload)));
    await new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    const watched = await visitor.rpc("watch", { p_topics: [topic], p_client_id: crypto.randomUUID() });
    assert.equal(watched.error, null);
    await until(
      () => seen.some((candle) => candle.closed) && seen.some((candle) => !candle.closed),
      "the visitor's candles",
    );
    await visitor.removeAllChannels();
    await visitor.realtime.disconnect();

    await settleSimulatedPool(world);
    const before = (await world.simStats()).sim_ms;
    worker.kill("SIGKILL");
    await worker.exited;
    await until(async () => (await world.simStats()).sim_ms > before + 2 * 60_000, "two simulated minutes");
    worker = startWorker(workerEnvironment(world, port));
    await until(async () => (await feedHealth(port)).live === 23, "the second worker to feed");
    await caughtUp(world);
    await assertNoHoles(world);
    await assertSameAsExchange(world, ["BTC-USDT", "ETH-USDT"]);
    assert.equal((await world.simStats()).open_sockets, 1);

    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(metrics, /^feed_sockets\{exchange="sim"\} 1$/m);
    assert.match(metrics, /^feed_streams\{exchange="sim"\} 23$/m);
    assert.match(metrics, /^candles_stored_total\{exchange="sim"\} [1-9]/m);
    assert.match(metrics, /^rpc_duration_seconds_count\{name="record_candles",outcome="ok"\} [1-9]/m);
    assert.match(metrics, /^pools_lease_held [01]$/m);
    assert.match(metrics, /^rooms_lease_held [01]$/m);
    assert.match(metrics, /^process_resident_memory_bytes [1-9]/m);
    assert.ok(!metrics.includes(world.stack.secretKey) && !worker.output().includes(world.stack.secretKey));
    const nothing = await fetch(`http://127.0.0.1:${port}/`);
    await nothing.body?.cancel();
    assert.equal(nothing.status, 404);

    const asked = performance.now();
    worker.kill("SIGTERM");
    assert.equal(await exitCode(worker), 0);
    assert.ok(performance.now() - asked < 3_000, `${performance.now() - asked} ms`);
    const [lease] = await world.stack
      .sql`select expires_at <= now() as free from public.leases where name = 'feed:sim'`;
    assert.equal(lease?.free, true, "the lease is given back");
    await assertNoHoles(world);
  },
);

/** A pool whose strategy follows the feed's own prices: its investor's money becomes units, and then a position. */
async function settleSimulatedPool({ stack: { sql } }: World): Promise<void> {
  const [admin] = await makeCallers(sql, 1, { admin: true });
  const [ann] = await makeCallers(sql, 1);
  assert.ok(admin && ann);
  const id = () => crypto.randomUUID();
  const p_pool = { name: "Simulated", currency: "EUR", cycle: "manual", minimum: "10" };
  const { pool } = await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: id() });
  await ask(sql, ann, "invest", { p_pool_id: pool.id, p_amount: "1000", p_client_id: id() });
  const settle = () => ask(sql, admin, "admin_force_settlement", { p_pool_id: pool.id, p_client_id: id() });
  const settled = async () =>
    (await sql`select 1 from public.pool_cycles where pool_id = ${pool.id} and status = 'settled'`).length;
  await settle();
  await until(async () => await settled() === 1, "the subscription to be settled");
  await until(async () => {
    const [live] =
      await sql`select positions -> 0 ->> 'symbol' as symbol from public.pool_live where pool_id = ${pool.id}`;
    return live?.symbol === "BTC-USDT";
  }, "the pool to hold something");
  await settle();
  await until(async () => await settled() === 2, "a whole cycle to be settled");
  assert.deepEqual([...await sql`select * from public.ledger_check()`], []);
}

Deno.test("The worker refuses to start with one clear line", unsanitized, async () => {
  await using world = await openWorld();
  const refused = async (env: Record<string, string>, pattern: RegExp) => {
    const worker = startWorker(env);
    assert.equal(await exitCode(worker), 1, worker.output());
    const lines = worker.output().trim().split("\n");
    assert.match(JSON.parse(lines.at(-1) as string).message, pattern);
    assert.equal(lines.length, 1);
  };
  const env = workerEnvironment(world, freePort());
  await world.stack.sql`select public.claim_deployment_mode('local')`;
  await refused({ ...env, SUPABASE_SECRET_KEY: "" }, /^Cannot start the worker: set SUPABASE_SECRET_KEY/);
  await refused({ ...env, POOL_ADAPTER_SECRETS: "{}]" }, /^Cannot start the worker: set POOL_ADAPTER_SECRETS/);
  await refused({ ...env, EXCHANGES: "nonesuch" }, /^Cannot start the worker: exchange "nonesuch" is not offered/);
  await refused({ ...env, OUTCRY_MODE: "production" }, /mode_mismatch/);
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await refused({ ...env, WORKER_PORT: String(taken.addr.port) }, /port \d+ is taken/);
  taken.close();
});
