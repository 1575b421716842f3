import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { createWorkerClient } from "../../kernel/worker/supabase.ts";
import { bookEventSchema, tradesEventSchema } from "../depth.ts";
import { openWorld, SYMBOLS, until } from "./testing.ts";

const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
const PASSWORD = "correct horse battery staple 7";

// realtime-js leaves a ten-second timer behind when it disconnects.
Deno.test("Feed beside candles", { sanitizeOps: false, sanitizeResources: false }, async (t) => {
  await using world = await openWorld();
  const { stack, simulator } = world;
  const { sql } = stack;
  const feed = world.startFeed();
  await until(() => feed.health().live === SYMBOLS, "all symbols to be live");

  await t.step("books and trades are streamed on the same socket while somebody looks, and stored", async () => {
    const client = createWorkerClient(stack.url, stack.secretKey);
    const books: unknown[] = [];
    const trades: unknown[] = [];
    const join = (view: string, seen: unknown[]) => {
      const channel = client.channel(`market:sim:BTC-USDT:${view}`, { config: { private: true } });
      channel.on("broadcast", { event: view }, ({ payload }) => seen.push(payload));
      return new Promise<void>((resolve) => channel.subscribe((state) => state === "SUBSCRIBED" && resolve()));
    };
    await Promise.all([join("book", books), join("trades", trades)]);
    const { error } = await createClient(stack.url, stack.publishableKey, SESSIONLESS).rpc("watch", {
      p_topics: ["market:sim:BTC-USDT:book", "market:sim:BTC-USDT:trades"],
      p_client_id: crypto.randomUUID(),
    });
    assert.equal(error, null);
    await until(() => books.length >= 3 && trades.length >= 3, "books and trades");
    const [lease] = await sql`select token from leases where name = 'feed:sim'`;
    for (const payload of books) {
      const { bids, asks, token } = bookEventSchema.parse(payload);
      assert.ok(Number(bids[0]?.[0]) < Number(asks[0]?.[0]), "the best bid is below the best ask");
      assert.equal(token, lease?.token);
    }
    const ids = trades.flatMap((payload) => tradesEventSchema.parse(payload).trades.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length, "each trade is told once");
    await until(async () => {
      const [row] = await sql`
        select jsonb_array_length(bids) as bids, jsonb_array_length(trades) as trades from market_depth`;
      return row?.bids === 20 && row?.trades > 0;
    }, "the depth to be stored");
    const stats = await world.simStats();
    assert.equal(stats.open_sockets, 1);
    await client.removeAllChannels();
    await client.realtime.disconnect();
    await sql`delete from watches`;
  });

  await t.step("rates to EUR are worked out from its own tickers", async () => {
    await until(async () => {
      const [row] = await sql`select count(*)::int as n from rates where asset in ('USDT', 'BTC', 'SOL')`;
      return row?.n === 3;
    }, "rates");
    const [row] = await sql`
      select (private.eur_value('BTC', 1) * 1.0 / (select last from tickers where symbol = 'BTC-EUR'))::float8 as ratio`;
    assert.ok(Math.abs(row?.ratio - 1) < 0.05, `BTC is worth its EUR price: ${row?.ratio}`);
  });

  await t.step("alerts on a price and on an indicator's close fire once and reach their owner", async () => {
    const email = "ann@example.test";
    const admin = createClient(stack.url, stack.secretKey, SESSIONLESS).auth.admin;
    await admin.createUser({ email, password: PASSWORD, email_confirm: true });
    const ann = createClient(stack.url, stack.publishableKey, SESSIONLESS);
    await ann.auth.signInWithPassword({ email, password: PASSWORD });
    const alert = { p_exchange: "sim", p_symbol: "ETH-USDT", p_condition: "above", p_value: "0.01" };
    const made = [
      await ann.rpc("create_alert", { ...alert, p_client_id: crypto.randomUUID() }),
      await ann.rpc("create_alert", {
        ...{ ...alert, p_client_id: crypto.randomUUID() },
        ...{ p_timeframe: "1m", p_indicator: "bb(20,2).upper" },
      }),
      await ann.rpc("create_alert", { ...alert, p_client_id: crypto.randomUUID(), p_value: "99999999" }),
    ];
    assert.deepEqual(made.map(({ error }) => error), [null, null, null]);
    feed.feed.wake({ alerts: true });
    await until(async () => {
      const [row] = await sql`select count(*)::int as n from notifications where kind = 'alert'`;
      return row?.n === 2;
    }, "two alerts");
    const { data } = await ann.rpc("alerts_page");
    const states = data.items.map(({ state, fired_count }: Record<string, unknown>) => [state, fired_count]);
    assert.deepEqual(states, [["active", 0], ["fired", 1], ["fired", 1]], "newest first");
  });

  await t.step("a frame that cannot be used is kept raw, and the feed goes on", async () => {
    await world.fault({ kind: "frame", text: '{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":17' });
    await until(async () => (await sql`select raw from quarantined_frames where reason = 'not_json'`).length > 0, "it");
    const [frame] = await sql`select raw, bytes::int from quarantined_frames where reason = 'not_json'`;
    assert.match(frame?.raw, /^\{"stream":"btcusdt@kline_1m"/);
    const [status] = await sql`select state, bad_frames::int from feed_status`;
    assert.equal(status?.state, "live");
    assert.equal(feed.health().live, SYMBOLS);
  });

  await t.step(
    "a fold that differs from the exchange's own candle is repaired, with its minute, and logged",
    async () => {
      await until(async () => {
        await closeFalsely(simulator.url, world.fault);
        const rows = await sql`select timeframe from candle_repairs where symbol = 'SOL-USDT'`;
        return rows.some(({ timeframe }) => timeframe === "5m") && rows.some(({ timeframe }) => timeframe === "1m");
      }, "the repair");
      const [repair] = await sql`select stored, told from candle_repairs where timeframe = '1m' limit 1`;
      assert.equal(repair?.stored.v, "987654.321");
      assert.notEqual(repair?.told.v, "987654.321");
      const [totals] = await sql`select folds_differing::int, repairs::int from feed_status`;
      await until(
        async () => (await sql`select 1 from feed_status where folds_differing > 0 and repairs > 1`).length > 0,
        `the counters to show it: ${JSON.stringify(totals)}`,
      );
      // At a minute a second not every close can be checked in time: what was repaired is what the exchange says.
      const wrong = await sql`
        select r.timeframe, r.open_time from candle_repairs r
        join candles c using (exchange, symbol, timeframe, open_time)
        where trim_scale(c.volume)::text <> r.told ->> 'v' or trim_scale(c.close)::text <> r.told ->> 'c'`;
      assert.deepEqual([...wrong], []);
      await until(() => feed.health().live === SYMBOLS, "the symbol to be live again");
    },
  );
});

/** Tells a close of the minute that runs, with a volume the exchange never had. */
async function closeFalsely(url: string, fault: (fault: Record<string, unknown>) => Promise<void>): Promise<void> {
  const { serverTime } = await (await fetch(`${url}/api/v3/time`)).json();
  const open = Math.floor(serverTime / 60_000) * 60_000;
  const query = `symbol=SOLUSDT&interval=1m&startTime=${open}&limit=1`;
  const [row] = await (await fetch(`${url}/api/v3/klines?${query}`)).json();
  if (row === undefined) return;
  const [t, o, h, l, c] = row;
  const k = {
    ...{ t, T: t + 59_999, s: "SOLUSDT", i: "1m", f: 1, L: 2, o, c, h, l, v: "987654.321", n: 2, x: true },
    ...{ q: "1", V: "1", Q: "1", B: "0" },
  };
  const data = { e: "kline", E: t + 59_999, s: "SOLUSDT", k };
  await fault({ kind: "frame", text: JSON.stringify({ stream: "solusdt@kline_1m", data }) });
}
