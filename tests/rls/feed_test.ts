import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

const PASSWORD = "correct horse battery staple 7";
const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 5, 15, 12);

/** Signs somebody in whose address counts as confirmed. */
async function signedIn(stack: TestSupabase, email: string) {
  const admin = createClient(stack.url, stack.secretKey, SESSIONLESS).auth.admin;
  const { data: { user } } = await admin.createUser({ email, password: PASSWORD, email_confirm: true });
  const client = createClient(stack.url, stack.publishableKey, SESSIONLESS);
  const { error } = await client.auth.signInWithPassword({ email, password: PASSWORD });
  assert.equal(error, null);
  return { id: user?.id ?? "", client };
}

Deno.test("what a feed keeps in the database", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const worker = createClient(stack.url, stack.secretKey, SESSIONLESS);
  const anyone = createClient(stack.url, stack.publishableKey, SESSIONLESS);
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const { data, error } = await worker.rpc(name, args);
    assert.equal(error, null, `${name}: ${error?.message} ${error?.details}`);
    return data;
  };
  const feed = (name: string, rows: Record<string, unknown>) => call(name, { p_exchange: "sim", p_token: 1, ...rows });
  const candle = (symbol: string, timeframe: string, at: number, c = "100") => ({
    ...{ symbol, timeframe, t: at, o: "100", h: "101", l: "99", c, v: "1" },
  });
  const status = (change: Record<string, unknown> = {}) => ({
    ...{ state: "live", sockets: 1, streams: 3, reconnects: 0, gaps_found: 0, gaps_filled: 0, last_event_ms: NOW_MS },
    ...change,
  });
  const ticker = (symbol: string, last: string, at_ms = NOW_MS, quote_volume_24h = "1000") => ({
    ...{ symbol, last, at_ms, open_24h: last, high_24h: last, low_24h: last, volume_24h: "10", quote_volume_24h },
  });
  await call("acquire_lease", { p_name: "feed:sim", p_holder: crypto.randomUUID(), p_ttl_ms: 60_000 });
  const market = (base: string, quote: string) => ({
    ...{ symbol: `${base}-${quote}`, venue_symbol: `${base}/${quote}`, base, quote, tick_size: "0.01" },
    ...{ lot_size: "0.00001", min_notional: "5", active: true },
  });
  await feed("record_symbols", {
    p_rows: [market("BTC", "USDT"), market("BTC", "EUR"), market("EUR", "USDT"), market("ETH", "USDT")],
  });

  await step(t, "record_candles() makes a partition for each month that minutes fall in", async () => {
    const months = [0, 31, 62].map((days) => candle("BTC-USDT", "1m", NOW_MS - days * DAY_MS));
    assert.equal(await feed("record_candles", { p_rows: [...months, candle("BTC-USDT", "1h", 0)] }), 4);
    const parts = await sql`
      select c.relname, c.relrowsecurity from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'private.candles_1m'::regclass order by 1`;
    assert.deepEqual(parts.map((row) => row.relname), [
      "candles_1m_2026_04",
      "candles_1m_2026_05",
      "candles_1m_2026_06",
    ]);
    assert.ok(parts.every((row) => row.relrowsecurity));
  });

  await step(
    t,
    "record_candles() refuses minutes spread over more than 120 months, and makes no table for them",
    async () => {
      const rows = Array.from({ length: 121 }, (_, i) => candle("BTC-USDT", "5m", i * 31 * DAY_MS));
      const { error } = await worker.rpc("record_candles", { p_exchange: "sim", p_token: 1, p_rows: rows });
      assert.equal(error?.message, "bad_request");
      const [row] = await sql`
      select count(*)::int as n from pg_inherits where inhparent = 'private.candles_5m'::regclass`;
      assert.equal(row?.n, 0);
    },
  );

  await step(t, "prune_candles() drops months past their retention and deletes what is kept in one table", async () => {
    await sql`update candle_retention set keep_days = 20 where timeframe in ('1m', '1h')`;
    await feed("record_feed", { p_status: status(), p_tickers: [ticker("BTC-USDT", "100")] });
    assert.deepEqual(await call("prune_candles"), { partitions_dropped: 1, rows_deleted: 1 });
    assert.deepEqual(await call("prune_candles"), { partitions_dropped: 0, rows_deleted: 0 });
    const left = await sql`select timeframe, open_time from candles order by open_time`;
    assert.deepEqual(left.map((row) => row.timeframe), ["1m", "1m"], "the month the cutoff falls in stays");
    await sql`update candle_retention set keep_days = null where timeframe in ('1m', '1h')`;
  });

  await step(t, "candles_csv() pages through a range in lines, and refuses an open one", async () => {
    await feed("record_candles", { p_rows: [1, 2, 3].map((i) => candle("ETH-USDT", "1d", i * DAY_MS)) });
    const args = { p_exchange: "sim", p_symbol: "ETH-USDT", p_timeframe: "1d", p_to: "1970-01-04T00:00:00Z" };
    const first = await anyone.rpc("candles_csv", { ...args, p_from: "1970-01-01T00:00:00Z", p_limit: 2 });
    assert.deepEqual(first.data, {
      lines: "1970-01-02T00:00:00Z,100,101,99,100,1\n1970-01-03T00:00:00Z,100,101,99,100,1\n",
      rows: 2,
      next_cursor: String(2 * DAY_MS + 1),
    });
    const from = new Date(Number(first.data.next_cursor)).toISOString();
    const rest = await anyone.rpc("candles_csv", { ...args, p_from: from });
    assert.deepEqual(rest.data, { lines: "", rows: 0, next_cursor: null }, "the range ends before its end");
    const { error } = await anyone.rpc("candles_csv", { ...args, p_from: null });
    assert.equal(error?.message, "invalid_range");
  });

  await step(t, "repair_candles() changes only what differs, and keeps both versions", async () => {
    const rows = [candle("BTC-USDT", "1m", NOW_MS, "100.5"), candle("BTC-USDT", "1m", NOW_MS - 60_000, "7")];
    assert.equal(await feed("repair_candles", { p_rows: rows }), 1, "a candle that is not stored is no repair");
    assert.equal(await feed("repair_candles", { p_rows: rows }), 0, "telling it again changes nothing");
    const [repair] = await sql`select stored, told from candle_repairs`;
    assert.equal(repair?.stored.c, "100");
    assert.equal(repair?.told.c, "100.5");
    const { data } = await anyone.rpc("candles_page", { p_exchange: "sim", p_symbol: "BTC-USDT", p_timeframe: "1m" });
    assert.equal(data.items.at(-1).c, "100.5");
  });

  await step(t, "every write refuses a stale token", async () => {
    const writes: [string, Record<string, unknown>][] = [
      ["record_candles", { p_rows: [] }],
      ["repair_candles", { p_rows: [] }],
      ["record_quarantine", { p_rows: [] }],
      ["set_feed_alerts", { p_open: [] }],
      ["record_depth", { p_rows: [] }],
      ["record_tickers", { p_rows: [] }],
      ["refresh_rates", {}],
      ["fire_alerts", { p_rows: [] }],
      ["retire_symbols", { p_listed: ["BTC-USDT"] }],
      ["record_feed", { p_status: status(), p_tickers: [] }],
    ];
    for (const [name, args] of writes) {
      const { error } = await worker.rpc(name, { p_exchange: "sim", p_token: 2, ...args });
      assert.equal(error?.message, "stale_lease", name);
    }
  });

  await step(t, "record_quarantine() keeps the beginning of a frame and the newest thousand", async () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ...{
          reason: "half_frame",
          bytes: 5_000_000,
          raw: i === 0 ? "x".repeat(20_000) : `{"e":${i}`,
          received_ms: NOW_MS,
        },
      }));
    assert.equal(await feed("record_quarantine", { p_rows: rows(600) }), 600);
    assert.equal(await feed("record_quarantine", { p_rows: rows(600) }), 600);
    const [row] = await sql`
      select count(*)::int as n, max(char_length(raw)) as longest, max(bytes)::int as bytes from quarantined_frames`;
    assert.deepEqual({ ...row }, { n: 1_000, longest: 16_384, bytes: 5_000_000 });
  });

  await step(
    t,
    "set_feed_alerts() opens what is new, resolves what is gone, and tells administrators once an hour",
    async () => {
      const { id } = await signedIn(stack, "operator@example.test");
      await sql`insert into admins (user_id) values (${id})`;
      const silent = { symbol: "BTC-USDT", kind: "symbol_silent", detail: { age_ms: 6_000 } };
      const skew = { kind: "clock_skew" };
      assert.deepEqual(await feed("set_feed_alerts", { p_open: [silent, skew] }), { opened: 2, resolved: 0 });
      assert.deepEqual(await feed("set_feed_alerts", { p_open: [silent, skew] }), { opened: 0, resolved: 0 });
      assert.deepEqual(await feed("set_feed_alerts", { p_open: [skew] }), { opened: 0, resolved: 1 });
      assert.deepEqual(await feed("set_feed_alerts", { p_open: [silent] }), { opened: 1, resolved: 1 });
      const told = await sql`select data ->> 'kind' as kind from notifications
        where user_id = ${id} and kind = 'feed_alert' order by 1`;
      assert.deepEqual(told.map((row) => row.kind), ["clock_skew", "symbol_silent"]);
    },
  );

  await step(t, "refresh_rates() goes straight, backwards and over one other asset", async () => {
    await feed("record_feed", {
      p_status: status(),
      p_tickers: [
        ticker("BTC-EUR", "50000"),
        ticker("EUR-USDT", "1.25"),
        ticker("ETH-USDT", "2500"),
        ticker("BTC-USDT", "62000"),
      ],
    });
    assert.equal(await feed("refresh_rates", {}), 3);
    const { data } = await anyone.rpc("rates_page");
    const rates = Object.fromEntries(data.items.map((row: Record<string, string>) => [row.asset, [row.eur, row.via]]));
    assert.deepEqual(rates, {
      BTC: ["50000", "BTC-EUR"],
      ETH: ["2000", "ETH-USDT EUR-USDT"],
      USDT: ["0.8", "EUR-USDT"],
    });
  });

  await step(t, "eur_value() is exact, and refuses a missing and an old rate", async () => {
    const value = async (asset: string, amount: string) => {
      const [row] = await sql`select private.eur_value(${asset}, ${amount}::numeric)::text as eur`;
      return row?.eur;
    };
    assert.equal(Number(await value("ETH", "0.5")), 1_000);
    assert.equal(await value("EUR", "12.34"), "12.34");
    await assert.rejects(value("XYZ", "1"), /rate_missing/);
    await sql`update rates set updated_at = now() - interval '61 seconds' where asset = 'ETH'`;
    await assert.rejects(value("ETH", "1"), /rate_stale/);
  });

  await step(t, "a price that lags behind its exchange is no base for a rate", async () => {
    await feed("record_feed", {
      p_status: status({ last_event_ms: NOW_MS + 400_000 }),
      p_tickers: [ticker("EUR-USDT", "1.25", NOW_MS + 400_000)],
    });
    assert.equal(await feed("refresh_rates", {}), 1, "only USDT still has a price");
    await feed("record_feed", { p_status: status({ last_event_ms: NOW_MS }), p_tickers: [] });
  });

  await step(t, "a symbol silent for more than 5 s while its exchange speaks is shown as stale", async () => {
    const stale = async () => {
      const { data } = await anyone.rpc("symbols_page", { p_query: "BTC" });
      return Object.fromEntries(data.items.map((row: Record<string, never>) => [row.symbol, row["ticker"]?.["stale"]]));
    };
    await feed("record_feed", {
      p_status: status({ last_event_ms: NOW_MS + 6_000 }),
      p_tickers: [ticker("BTC-USDT", "62000", NOW_MS + 6_000)],
    });
    assert.deepEqual(await stale(), { "BTC-EUR": true, "BTC-USDT": false });
    await feed("record_feed", { p_status: status({ state: "reconnecting" }), p_tickers: [] });
    assert.deepEqual(await stale(), { "BTC-EUR": true, "BTC-USDT": true });
    await feed("record_feed", { p_status: status(), p_tickers: [] });
  });

  await step(t, "a polled ticker never replaces a newer streamed one", async () => {
    await feed("record_feed", { p_status: status(), p_tickers: [ticker("BTC-USDT", "1", NOW_MS - 1)] });
    const [row] = await sql`select last::text from tickers where symbol = 'BTC-USDT'`;
    assert.equal(row?.last, "62000");
  });

  await step(
    t,
    "polled statistics fill what nobody streams, leave out what is not listed, and never go back",
    async () => {
      await sql`delete from tickers where symbol = 'ETH-USDT'`;
      const rows = [
        ticker("ETH-USDT", "2600"),
        ticker("BTC-USDT", "1", NOW_MS - 1),
        ticker("NO-SUCH", "5"),
        ticker("BTC-EUR", "0"),
      ];
      assert.equal(await feed("record_tickers", { p_rows: rows }), 1);
      const stored =
        await sql`select symbol, last::text from tickers where symbol in ('ETH-USDT', 'BTC-USDT') order by 1`;
      assert.deepEqual(stored.map((row) => [row.symbol, row.last]), [["BTC-USDT", "62000"], ["ETH-USDT", "2600"]]);
    },
  );

  await step(t, "books and trades have topics of their own, which are watched and read like candles", async () => {
    const watched = await anyone.rpc("watch", {
      p_topics: ["market:sim:BTC-USDT:book", "market:sim:BTC-USDT:trades", "market:sim:BTC-USDT:1m"],
      p_client_id: crypto.randomUUID(),
    });
    assert.equal(watched.error, null);
    const second = { p_topics: ["market:sim:BTC-USDT:1m"], p_client_id: crypto.randomUUID() };
    assert.equal((await anyone.rpc("watch", second)).error, null);
    const counted = await call("active_watches", { p_exchange: "sim" });
    assert.deepEqual(
      counted.map(({ topic, watchers }: { topic: string; watchers: number }) => [topic.split(":")[3], watchers]),
      [["1m", 2], ["book", 1], ["trades", 1]],
    );
    const stats = await anyone.rpc("ws_stats");
    assert.deepEqual(stats.data.timeframes, ["1m"], "a book is no timeframe");
    const refused = await anyone.rpc("watch", {
      p_topics: ["market:sim:BTC-USDT:books"],
      p_client_id: crypto.randomUUID(),
    });
    assert.equal(refused.error?.message, "unknown_symbol");
  });

  await step(t, "market_depth() gives the stored book, and says when nobody keeps it up", async () => {
    const row = { symbol: "BTC-USDT", bids: [["100", "1"]], asks: [["101", "2"]], book_ms: NOW_MS };
    assert.equal(await feed("record_depth", { p_rows: [row] }), 1);
    const trade = { id: "1", p: "100", q: "0.5", side: "buy", t: NOW_MS };
    await feed("record_depth", { p_rows: [{ symbol: "BTC-USDT", trades: [trade] }] });
    const read = () => anyone.rpc("market_depth", { p_exchange: "sim", p_symbol: "BTC-USDT" });
    const { data } = await read();
    assert.deepEqual([data.bids, data.asks, data.trades, data.stale], [row.bids, row.asks, [trade], false]);
    await sql`update market_depth set updated_at = now() - interval '6 seconds'`;
    assert.equal((await read()).data.stale, true);
  });

  await step(t, "an alert fires once, reaches its owner alone, and can be armed again", async () => {
    const ann = await signedIn(stack, "ann@example.test");
    const bob = await signedIn(stack, "bob@example.test");
    const args = {
      ...{ p_client_id: crypto.randomUUID(), p_exchange: "sim", p_symbol: "BTC-USDT" },
      ...{ p_condition: "above", p_value: "62000.5", p_note: "up" },
    };
    const made = await ann.client.rpc("create_alert", args);
    assert.equal(made.error, null);
    assert.deepEqual((await ann.client.rpc("create_alert", args)).data, made.data, "asked twice, made once");
    assert.equal((await ann.client.rpc("create_alert", { ...args, p_value: "1" })).error?.message, "conflict");
    const { id } = made.data;
    assert.deepEqual((await ann.client.rpc("export_my_data")).data.alerts, [made.data], "it goes along with an export");
    const rows = [{ id, value: "62001", at_ms: NOW_MS }];
    assert.equal((await call("active_alerts", { p_exchange: "sim" })).length, 1);
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 1);
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 0);
    const told = await sql`select user_id, data from notifications where kind = 'alert'`;
    assert.deepEqual(told.map((row) => [row.user_id, row.data.fired_value]), [[ann.id, "62001"]]);
    assert.deepEqual((await bob.client.rpc("alerts_page")).data.items, []);
    assert.equal((await bob.client.rpc("delete_alert", { p_id: id })).error?.message, "not_found");
    assert.equal(
      (await bob.client.rpc("set_alert_state", { p_id: id, p_state: "paused" })).error?.message,
      "not_found",
    );
    assert.equal((await ann.client.rpc("set_alert_state", { p_id: id, p_state: "active" })).data.state, "active");
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 1);
    assert.equal((await ann.client.rpc("delete_alert", { p_id: id })).data, true);
  });

  await step(t, "a repeating alert rests between two firings", async () => {
    const { client } = await signedIn(stack, "cat@example.test");
    const made = await client.rpc("create_alert", {
      ...{ p_client_id: crypto.randomUUID(), p_exchange: "sim", p_symbol: "BTC-USDT", p_condition: "crosses_below" },
      ...{ p_value: "30", p_timeframe: "1h", p_indicator: "rsi(14)", p_repeat_after_s: 60 },
    });
    assert.equal(made.error, null);
    const rows = [{ id: made.data.id, value: "29.5", at_ms: NOW_MS }];
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 1);
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 0);
    await sql`update alerts set fired_at = fired_at - interval '60 seconds'`;
    assert.equal(await feed("fire_alerts", { p_rows: rows }), 1);
  });

  await step(t, "malformed alerts are refused with a code, and the hundred-and-first as well", async () => {
    const { id, client } = await signedIn(stack, "dan@example.test");
    const create = (change: Record<string, unknown>) =>
      client.rpc("create_alert", {
        ...{ p_client_id: crypto.randomUUID(), p_exchange: "sim", p_symbol: "BTC-USDT", p_condition: "above" },
        ...{ p_value: "1", ...change },
      });
    const refusals: [Record<string, unknown>, string][] = [
      [{ p_symbol: "NO-SUCH" }, "unknown_symbol"],
      [{ p_condition: "beside" }, "invalid_alert"],
      [{ p_value: "NaN" }, "invalid_alert"],
      [{ p_value: "1e309" }, "invalid_alert"],
      [{ p_value: "-1" }, "invalid_alert"],
      [{ p_value: null }, "invalid_alert"],
      [{ p_timeframe: "7m" }, "invalid_alert"],
      [{ p_indicator: "rsi(14)" }, "invalid_alert"],
      [{ p_indicator: "rsi(14); drop", p_timeframe: "1m" }, "invalid_alert"],
      [{ p_repeat_after_s: 1 }, "invalid_alert"],
      [{ p_note: "x".repeat(201) }, "invalid_alert"],
      [{ p_client_id: null }, "bad_request"],
    ];
    for (const [change, code] of refusals) {
      assert.equal((await create(change)).error?.message, code, JSON.stringify(change));
    }
    await sql`
      insert into alerts (user_id, exchange, symbol, condition, value)
      select ${id}, 'sim', 'BTC-USDT', 'above', n from generate_series(1, 100) as n`;
    assert.equal((await create({})).error?.message, "alert_limit");
    assert.equal((await anyone.rpc("create_alert", { p_client_id: crypto.randomUUID() })).data, null);
  });

  await step(
    t,
    "retire_symbols() takes what is listed no more out of the offer, and refuses an empty list",
    async () => {
      assert.equal(await feed("retire_symbols", { p_listed: ["BTC-USDT", "BTC-EUR", "EUR-USDT"] }), 1);
      const [row] = await sql`select array_agg(symbol order by symbol) as symbols from symbols where active`;
      assert.deepEqual(row?.symbols, ["BTC-EUR", "BTC-USDT", "EUR-USDT"]);
      const { error } = await worker.rpc("retire_symbols", { p_exchange: "sim", p_token: 1, p_listed: [] });
      assert.equal(error?.message, "bad_request");
    },
  );

  await step(t, "retire_symbols() does not believe a list in which most markets are missing", async () => {
    const thin = { p_exchange: "thin", p_token: 1 };
    await call("acquire_lease", { p_name: "feed:thin", p_holder: crypto.randomUUID(), p_ttl_ms: 60_000 });
    const markets = Array.from({ length: 12 }, (_, i) => market(`A${i}`, "USDT"));
    await call("record_symbols", { ...thin, p_rows: markets });
    const listed = markets.map(({ symbol }) => symbol);
    assert.equal(await call("retire_symbols", { ...thin, p_listed: listed.slice(0, 5) }), -7);
    const active = () => sql`select symbol from symbols where exchange = 'thin' and active`;
    assert.equal((await active()).length, 12);
    assert.equal(await call("retire_symbols", { ...thin, p_listed: listed.slice(0, 6) }), 6);
    assert.equal((await active()).length, 6);
    assert.equal(await call("retire_symbols", { ...thin, p_listed: listed.slice(0, 1) }), 5, "few may all vanish");
    await sql`delete from symbols where exchange = 'thin'`;
  });

  await step(t, "monitor_page() shows feeds, alerts, repairs and candles, to anybody", async () => {
    await feed("record_feed", { p_status: status(), p_tickers: [] });
    const { data, error } = await anyone.rpc("monitor_page", { p_timeframe: "1m", p_symbol: "BTC" });
    assert.equal(error, null);
    assert.equal(data.feeds[0].state, "live");
    assert.equal(data.feeds[0].terms, 1);
    assert.equal(data.candles[0].symbol, "BTC-USDT");
    assert.equal(data.repairs.length, 1);
    assert.equal(data.alerts[0].resolved_at, null, "open ones come first");
    await sql`update feed_status set updated_at = now() - interval '6 seconds'`;
    assert.equal((await anyone.rpc("monitor_page")).data.feeds[0].state, "stopped");
    assert.equal((await anyone.rpc("monitor_page", { p_symbol: "%" })).error?.message, "invalid_symbol");
  });
});
