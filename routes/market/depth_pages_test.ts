import assert from "node:assert/strict";
import { createTestWeb, ORIGIN, seedMarkets, startStack, TestBrowser, type TestWeb } from "../../tests/web.ts";
import type { TestSupabase } from "../../supabase/embedded/testing.ts";

Deno.test("books, alerts, the monitor and the choice of exchange work by plain pages and forms", async (t) => {
  await using stack = await startStack();
  await seedMarkets(stack);
  await seedDepth(stack);
  const web = await createTestWeb({ supabase: stack });
  const stranger = new TestBrowser(web);
  const browser = new TestBrowser(web);
  await browser.signIn();

  await t.step("a market's page holds book, trades and the price in EUR in three languages", async () => {
    for (
      const [locale, book, spread] of [["en", "Order book", "Spread 0.01"], ["fr", "Carnet", "Écart"], [
        "es",
        "Libro de",
        "Diferencial",
      ]]
    ) {
      const html = await pageOf(stranger, "/markets/sim/BTC-USDT", { cookie: `outcry_prefs=${locale}..` });
      for (const text of [book ?? "", spread ?? "", "98,412.61", "€88,571.34"]) {
        assert.ok(html.includes(text), `${locale}: ${text}`);
      }
      assert.match(html, /href="\/login\?next=%2Fmarkets%2Fsim%2FBTC-USDT"/, "signing in leads back here");
    }
  });

  await t.step("an alert is set on an indicator by forms alone, paused, armed and deleted", async () => {
    const form = await pageOf(browser, "/alerts?exchange=sim&symbol=btc-usdt&on=rsi");
    const fields = {
      exchange: "sim",
      symbol: "BTC-USDT",
      client_id: field(form, "client_id"),
      on: "rsi",
      param_period: "21",
      timeframe: "1h",
      condition: "below",
      value: "30",
      repeat: "3600",
      note: "oversold",
      next: "/markets/sim/BTC-USDT",
    };
    const made = await browser.post("/alerts", fields);
    assert.equal(made.headers.get("location"), "/markets/sim/BTC-USDT?done=alerts.saved");
    const market = await pageOf(browser, "/markets/sim/BTC-USDT?done=alerts.saved");
    assert.match(market, /RSI\(21\) 1h at or below 30/);
    assert.match(market, /id="tab-alerts" checked/, "the panel that says so is the one shown");
    await (await browser.post("/alerts", fields)).body?.cancel();
    for (const [typed, error] of [["NOPE-USDT", "unknown_symbol"], ["BTC USDT", "invalid_symbol"]] as const) {
      const wrong = await browser.request(`/alerts?${new URLSearchParams({ exchange: "simkraken", symbol: typed })}`);
      assert.equal(
        wrong.headers.get("location"),
        `/alerts?${new URLSearchParams({ typed, exchange: "simkraken", error })}`,
      );
      assert.match(
        await pageOf(browser, wrong.headers.get("location") ?? ""),
        new RegExp(`value="simkraken".*value="${typed}"`, "s"),
      );
    }
    const list = await pageOf(browser, "/alerts");
    assert.equal(list.match(/data-alert="active"/g)?.length, 1, "sent twice, it is set once");
    const id = /action="\/alerts\/([^/]+)\/state"/.exec(list)?.[1] ?? "";
    await (await browser.post(`/alerts/${id}/state`, { state: "paused", next: "/alerts" })).body?.cancel();
    assert.match(await pageOf(browser, "/alerts"), /data-alert="paused"/);
    const gone = await browser.post(`/alerts/${id}/delete`, { next: "//evil.example" });
    assert.equal(gone.headers.get("location"), "/alerts?done=alerts.deleted", "a form leads nowhere else");
    assert.match(await pageOf(browser, "/alerts"), /No alerts yet/);
  });

  await t.step("what cannot be an alert is told where it can be tried again", async () => {
    const form = await pageOf(browser, "/alerts?exchange=sim&symbol=BTC-USDT&on=macd");
    const fields = {
      exchange: "sim",
      symbol: "BTC-USDT",
      client_id: field(form, "client_id"),
      on: "macd",
      param_fast: "26",
      param_slow: "12",
      param_signal: "9",
      output: "line",
      timeframe: "1h",
      condition: "above",
      value: "0",
      repeat: "",
      note: "",
    };
    const location = (await browser.post("/alerts", fields)).headers.get("location") ?? "";
    assert.match(location, /^\/alerts\?.*on=macd.*error=invalid_alert/);
    assert.match(await pageOf(browser, location), /role="alert"[^]*malformed/);
    for (const change of [{ value: "1e9" }, { value: "" }, { timeframe: "" }, { on: "wizardry" }]) {
      const answer = await browser.post("/alerts", { ...fields, param_fast: "12", param_slow: "26", ...change });
      assert.match(answer.headers.get("location") ?? "", /error=invalid_alert/, JSON.stringify(change));
      await answer.body?.cancel();
    }
  });

  await t.step("alerts are for who is signed in, and a stranger's forms lead to the sign-in", async () => {
    assert.match((await stranger.request("/alerts")).headers.get("location") ?? "", /^\/login\?next=%2Falerts/);
    const answer = await stranger.post("/alerts/0199e2f0-0000-7000-8000-000000000001/delete", {});
    assert.match(answer.headers.get("location") ?? "", /^\/login/);
    assert.equal((await browser.post("/alerts/no-id/delete", {})).status, 404);
  });

  await t.step("the monitor is anybody's, filters by its address, and refuses what is no filter", async () => {
    const html = await pageOf(stranger, "/monitor?exchange=&symbol=btc&timeframe=1m");
    assert.match(html, /data-feed="sim" data-state="live"/);
    assert.match(html, /data-market="sim:BTC-USDT"/);
    assert.match(html, /<option selected value="1m"|<option value="1m" selected/);
    assert.doesNotMatch(await pageOf(stranger, "/monitor?symbol=ETH"), /data-market="sim:BTC-USDT"/);
    const bad = [["timeframe=7m", "invalid_timeframe"], ["exchange=A", "invalid_exchange"], [
      "symbol=%25",
      "invalid_symbol",
    ]] as const;
    for (const [query, code] of bad) {
      const response = await stranger.request(`/monitor?${query}`);
      assert.equal(response.status, 400, query);
      assert.ok((await response.text()).includes(code), query);
    }
  });

  await t.step("frames set aside are for administrators; for others there is nothing here", async () => {
    assert.equal((await stranger.request("/admin/quarantine")).status, 404);
    assert.equal((await browser.request("/admin/quarantine")).status, 404);
  });

  await t.step("a second exchange brings a filter to the list, and links between its markets", async () => {
    assert.doesNotMatch(await pageOf(stranger, "/markets"), /exchange-filter/);
    await stack.sql`
      insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
      values ('kraken', 'BTC-USDT', 'XBT/USDT', 'BTC', 'USDT', 0.1, 0.0001, 5)`;
    const later = new TestBrowser(await laterWeb(stack));
    const list = await pageOf(later, "/markets?exchange=kraken");
    assert.match(list, /href="\/markets\?exchange=kraken" aria-current="true"/);
    assert.match(list, /href="\/markets\/kraken\/BTC-USDT"/);
    assert.doesNotMatch(list, /href="\/markets\/sim\/BTC-USDT"/);
    const market = await pageOf(later, "/markets/sim/BTC-USDT");
    assert.match(market, /href="\/markets\/kraken\/BTC-USDT"/);
    assert.equal((await later.request("/markets?exchange=No!")).status, 400);
  });

  await t.step("rates can be asked for by asset", async () => {
    const answer = await web.app.request(`${ORIGIN}/api/v1/rates?assets=USDT,NONE`);
    const { items } = await answer.json() as { items: { asset: string; eur: string }[] };
    assert.deepEqual(items.map(({ asset, eur }) => [asset, eur]), [["USDT", "0.9"]]);
  });
});

/** A web of its own: the list of exchanges is kept for a minute. */
function laterWeb(stack: TestSupabase): Promise<TestWeb> {
  return createTestWeb({ supabase: stack });
}

async function seedDepth({ sql }: TestSupabase): Promise<void> {
  const trade = { id: "1", p: "98412.61", q: "0.5", side: "buy", t: Date.UTC(2026, 0, 2) };
  await sql`
    insert into public.market_depth (exchange, symbol, bids, asks, book_at, trades)
    values ('sim', 'BTC-USDT', '[["98412.60","1.5"]]', '[["98412.61","2"]]', now(), ${sql.json([trade])})`;
  await sql`
    insert into public.rates (asset, eur, exchange, via, at)
    values ('USDT', 0.9, 'sim', 'EUR-USDT', now()), ('BTC', 88000, 'sim', 'BTC-EUR', now())`;
}

async function pageOf(browser: TestBrowser, path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await browser.request(path, { headers });
  const html = await response.text();
  assert.equal(response.status, 200, `${path}: ${html.slice(0, 300)}`);
  return html;
}

function field(html: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? assert.fail(`no field "${name}"`);
}
