import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

Deno.test("leases, candles and watches in the database", async (t) => {
  await using supabase = await startTestSupabase();
  const worker = createClient(supabase.url, supabase.secretKey, SESSIONLESS);
  const anyone = createClient(supabase.url, supabase.publishableKey, SESSIONLESS);
  const lease = async (holder: string, ttl_ms = 60_000) => {
    const { data, error } = await worker.rpc("acquire_lease", {
      p_name: "feed:sim",
      p_holder: holder,
      p_ttl_ms: ttl_ms,
    });
    assert.equal(error, null);
    return data as { token: number } | null;
  };
  const first = crypto.randomUUID();
  const second = crypto.randomUUID();
  const candle = (t: number) => ({
    symbol: "BTC-USDT",
    timeframe: "1m",
    t,
    o: "100.10",
    h: "101",
    l: "99.5",
    c: "100",
    v: "3.25000000",
    ind: { ema20: 100.5 },
  });

  await step(t, "a lease is held by one, renewed by its holder, and taken over with a higher token", async () => {
    assert.equal((await lease(first))?.token, 1);
    assert.equal((await lease(first))?.token, 1);
    assert.equal(await lease(second), null);
    await worker.rpc("release_lease", { p_name: "feed:sim", p_holder: first });
    assert.equal((await lease(second))?.token, 2);
  });

  await step(t, "a write with a stale token is refused and writes nothing", async () => {
    const { error, status } = await worker.rpc("record_candles", {
      p_exchange: "sim",
      p_token: 1,
      p_rows: [candle(0)],
    });
    assert.equal(status, 409);
    assert.equal(error?.message, "stale_lease");
    assert.equal((await supabase.sql`select count(*)::int as n from candles`)[0]?.n, 0);
  });

  await step(t, "a candle told twice is stored once, and money leaves as canonical text", async () => {
    const symbol = { symbol: "BTC-USDT", venue_symbol: "BTC/USDT", base: "BTC", quote: "USDT" };
    const limits = { tick_size: "0.01", lot_size: "0.00001", min_notional: "5", active: true };
    const listed = await worker.rpc("record_symbols", {
      p_exchange: "sim",
      p_token: 2,
      p_rows: [{ ...symbol, ...limits }],
    });
    assert.equal(listed.error, null);
    const rows = [0, 1, 2].map((minute) => candle(minute * 60_000));
    assert.equal((await worker.rpc("record_candles", { p_exchange: "sim", p_token: 2, p_rows: rows })).data, 3);
    assert.equal((await worker.rpc("record_candles", { p_exchange: "sim", p_token: 2, p_rows: rows })).data, 0);
    const { data } = await anyone.rpc("candles_page", {
      p_exchange: "sim",
      p_symbol: "BTC-USDT",
      p_timeframe: "1m",
      p_from: "1970-01-01T00:00:00Z",
      p_limit: 2,
    });
    assert.equal(data.next_cursor, "60001");
    assert.deepEqual(data.items[0], {
      t: 0,
      o: "100.1",
      h: "101",
      l: "99.5",
      c: "100",
      v: "3.25",
      closed: true,
      ind: { ema20: 100.5 },
    });
  });

  const refusals: [string, Record<string, unknown>, string, number][] = [
    ["an unknown symbol", { p_symbol: "NO-SUCH" }, "unknown_symbol", 404],
    ["an unknown timeframe", { p_timeframe: "7m" }, "invalid_timeframe", 400],
    ["a limit of nothing", { p_limit: 0 }, "invalid_limit", 400],
    ["a limit beyond 1,000", { p_limit: 1001 }, "invalid_limit", 400],
    ["a range that ends before it starts", { p_from: "2026-01-02", p_to: "2026-01-01" }, "invalid_range", 400],
  ];
  for (const [name, change, code, expected] of refusals) {
    await step(t, `candles_page() refuses ${name} with a stable code`, async () => {
      const { error, status } = await anyone.rpc("candles_page", {
        p_exchange: "sim",
        p_symbol: "BTC-USDT",
        p_timeframe: "1m",
        ...change,
      });
      assert.equal(error?.message, code);
      assert.equal(status, expected);
    });
  }

  await step(t, "watch() counts sessions, and ws_stats() compares them with the shared sockets", async () => {
    const status = {
      state: "live",
      sockets: 1,
      streams: 1,
      reconnects: 0,
      gaps_found: 0,
      gaps_filled: 0,
      last_event_ms: 0,
    };
    const recorded = await worker.rpc("record_feed", {
      p_exchange: "sim",
      p_token: 2,
      p_status: status,
      p_tickers: [],
    });
    assert.equal(recorded.error, null);
    const topics = ["1m", "5m", "15m", "1h", "4h", "1d"].map((timeframe) => `market:sim:BTC-USDT:${timeframe}`);
    const clients = Array.from({ length: 10 }, () => crypto.randomUUID());
    for (const client of clients) {
      assert.equal((await anyone.rpc("watch", { p_topics: topics, p_client_id: client })).error, null);
    }
    assert.deepEqual((await anyone.rpc("ws_stats")).data, {
      activeSessions: 10,
      totalSubscriptions: 60,
      sharedWebSockets: 1,
      timeframes: ["1m", "5m", "15m", "1h", "4h", "1d"],
      efficiency: {
        traditionalConnections: 60,
        sharedConnections: 1,
        savedConnections: 59,
        savingsPercent: "98.3%",
      },
    });
    await anyone.rpc("unwatch", { p_client_id: clients[0] });
    assert.equal((await anyone.rpc("ws_stats")).data.activeSessions, 9);
    await worker.rpc("record_feed", {
      p_exchange: "sim",
      p_token: 2,
      p_status: { ...status, sockets: 6 },
      p_tickers: [],
    });
    await anyone.rpc("watch", { p_topics: topics, p_client_id: clients[0] });
    assert.equal((await anyone.rpc("ws_stats")).data.efficiency.savingsPercent, "90%");
  });

  await step(t, "a flood of anonymous watches keeps nobody from live candles, and fills no table", async () => {
    await supabase.sql`
      insert into public.watches (holder, topic, timeframe, expires_at)
      select gen_random_uuid(), 'market:sim:BTC-USDT:1m', '1m', now() + interval '1 minute' from generate_series(1, 20000)`;
    const topics = ["market:sim:BTC-USDT:5m", "market:sim:BTC-USDT:1d"];
    await supabase.sql`delete from public.watches where topic = any(${topics})`;
    const client = crypto.randomUUID();
    for (let times = 0; times < 2; times++) {
      assert.equal((await anyone.rpc("watch", { p_topics: topics, p_client_id: client })).error, null);
    }
    const rows = () =>
      supabase.sql`select holder, topic from public.watches where topic = any(${topics}) order by topic`;
    const shared = "00000000-0000-0000-0000-000000000000";
    assert.deepEqual([...await rows()], topics.toSorted().map((topic) => ({ holder: shared, topic })));
    // Whose it is, nobody may end it.
    await anyone.rpc("unwatch", { p_client_id: shared });
    assert.equal((await rows()).length, 2);
    assert.equal((await anyone.rpc("watch", { p_topics: topics, p_client_id: shared })).status, 400);
    // Whoever was there before still renews its own.
    const [early] = await supabase
      .sql`select holder from public.watches where topic = 'market:sim:BTC-USDT:1m' limit 1`;
    await anyone.rpc("watch", { p_topics: ["market:sim:BTC-USDT:1m"], p_client_id: early?.holder });
    const [{ count } = { count: 0 }] = await supabase.sql`select count(*)::integer as count from public.watches`;
    assert.ok(count <= 20_000 + 100, `${count} rows`);
    const { savingsPercent } = (await anyone.rpc("ws_stats")).data.efficiency;
    assert.equal(savingsPercent, "99.9%", "a socket is never nothing");
    await supabase.sql`delete from public.watches`;
  });

  const hostile: [string, unknown, number][] = [
    ["no topics", [], 400],
    ["51 topics", Array(51).fill("market:sim:BTC-USDT:1m"), 400],
    ["an unlisted symbol", ["market:sim:NO-SUCH:1m"], 404],
    ["an unknown timeframe", ["market:sim:BTC-USDT:7m"], 404],
    ["another kind of topic", ["user:1"], 404],
    ["a topic with a tail", ["market:sim:BTC-USDT:1m:x"], 404],
    ["a null topic", [null], 404],
  ];
  for (const [name, topics, expected] of hostile) {
    await step(t, `watch() refuses ${name}`, async () => {
      const { status } = await anyone.rpc("watch", { p_topics: topics, p_client_id: crypto.randomUUID() });
      assert.equal(status, expected);
    });
  }

  await step(t, "a database that belongs to local mode refuses production", async () => {
    assert.equal((await worker.rpc("claim_deployment_mode", { p_mode: "local" })).data, "local");
    const { error, status } = await worker.rpc("claim_deployment_mode", { p_mode: "production" });
    assert.equal(error?.message, "mode_mismatch");
    assert.equal(status, 503);
    assert.equal((await anyone.rpc("deployment_mode")).data, "local");
  });
});
