import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import { CANDLES_STORED, createTestWeb, FIRST_T, ORIGIN, seedMarkets, startStack } from "../../tests/web.ts";
import { CSV_ROWS_MAX } from "./history.ts";

const MINUTE = 60_000;

Deno.test("history, depth, rates, alerts and the monitor over REST", async (t) => {
  await using stack = await startStack();
  await seedMarkets(stack);
  const web = await createTestWeb({ supabase: stack });
  const get = (path: string, headers: Record<string, string> = {}) => web.app.request(path, { headers });
  const refusal = async (path: string) => {
    const response = await get(path);
    assert.equal(response.headers.get("content-type"), "application/problem+json", path);
    return (await response.json()).code;
  };
  const candles = "/api/v1/candles?symbol=BTC-USDT&timeframe=1m&limit=5";

  await t.step("history that has not changed is answered 304 without a body", async () => {
    const first = await get(candles);
    const tag = first.headers.get("etag") ?? "";
    assert.match(tag, /^(W\/)?"[0-9a-f]+"$/);
    await first.body?.cancel();
    const second = await get(candles, { "if-none-match": tag });
    assert.deepEqual([second.status, await second.text()], [304, ""]);
    const other = await get(`${candles}&to=${FIRST_T + 2 * MINUTE}`, { "if-none-match": tag });
    assert.equal(other.status, 200);
    await other.body?.cancel();
  });

  await t.step("a range comes as a CSV file, in the digits that are stored", async () => {
    const path = `/api/v1/candles.csv?symbol=BTC-USDT&timeframe=1m&from=${FIRST_T}`;
    const response = await get(`${path}&to=${FIRST_T + CANDLES_STORED * MINUTE}`);
    assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
    assert.match(response.headers.get("content-disposition") ?? "", /attachment; filename="sim-BTC-USDT-1m.csv"/);
    const lines = (await response.text()).trimEnd().split("\n");
    assert.equal(lines[0], "open_time,open,high,low,close,volume");
    assert.equal(lines.length, 1 + CANDLES_STORED);
    const { items } = await (await get(`${candles}&from=${FIRST_T}`)).json();
    const [first] = items;
    const opened = new Date(FIRST_T).toISOString().replace(".000", "");
    assert.equal(lines[1], [opened, first.o, first.h, first.l, first.c, first.v].join());
  });

  await t.step("a file without an end, beyond its limit, or of nothing we list is refused with a code", async () => {
    const path = "/api/v1/candles.csv?timeframe=1m&symbol=";
    assert.equal(await refusal(`${path}BTC-USDT&from=0`), "invalid_range");
    assert.equal(await refusal(`${path}BTC-USDT&from=1&to=0`), "invalid_range");
    assert.equal(await refusal(`${path}BTC-USDT&from=0&to=${(CSV_ROWS_MAX + 1) * MINUTE}`), "invalid_range");
    assert.equal(await refusal(`${path}NO-SUCH&from=0&to=1`), "unknown_symbol");
    assert.equal(await refusal(`${path}BTC-USDT&from=x&to=1`), "invalid_time");
  });

  await t.step("a book that nobody has looked at is empty and says that it is stale", async () => {
    const book = await (await get("/api/v1/book?symbol=BTC-USDT")).json();
    assert.deepEqual(book, { bids: [], asks: [], at: null, stale: true });
    const trades = await (await get("/api/v1/trades?symbol=BTC-USDT")).json();
    assert.deepEqual(trades, { items: [], next_cursor: null, stale: true });
    assert.equal(await refusal("/api/v1/book?symbol=NO-SUCH"), "unknown_symbol");
  });

  await t.step("books and trades can be watched, other views cannot", async () => {
    const watch = (view: string) =>
      web.app.request("/api/v1/watch", {
        method: "POST",
        headers: { "content-type": "application/json", origin: ORIGIN },
        body: JSON.stringify({ topics: [`market:sim:BTC-USDT:${view}`], client_id: crypto.randomUUID() }),
      });
    for (const [view, status] of [["book", 200], ["trades", 200], ["depth", 400]] as const) {
      const response = await watch(view);
      assert.equal(response.status, status, view);
      await response.body?.cancel();
    }
  });

  await t.step("rates and the monitor are anybody's, and filters are checked", async () => {
    assert.deepEqual(await (await get("/api/v1/rates")).json(), { items: [], next_cursor: null });
    const monitor = await (await get("/api/v1/monitor?symbol=BTC&timeframe=1m")).json();
    assert.ok(monitor.candles.every(({ symbol }: { symbol: string }) => symbol.includes("BTC")));
    assert.equal(await refusal("/api/v1/monitor?timeframe=7m"), "invalid_timeframe");
    assert.equal(await refusal("/api/v1/monitor?symbol=%25"), "invalid_symbol");
  });

  await t.step("alerts are their owner's: made once, paused, armed, deleted, and hidden from others", async () => {
    assert.equal(await refusal("/api/v1/alerts"), "unauthenticated");
    const [ann, bob] = await Promise.all(["ann", "bob"].map((name) => bearerOf(stack, `${name}@example.test`)));
    const call = async (token: string | undefined, method: string, path: string, body?: unknown) => {
      const response = await web.app.request(path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? null : JSON.parse(text) };
    };
    const wish = { client_id: crypto.randomUUID(), symbol: "BTC-USDT", condition: "above", value: "100000" };
    const made = await call(ann, "POST", "/api/v1/alerts", wish);
    assert.equal(made.status, 201);
    assert.deepEqual((await call(ann, "POST", "/api/v1/alerts", wish)).body, made.body);
    const rsi = { ...wish, client_id: crypto.randomUUID(), timeframe: "1h", indicator: "RSI( 14 )", value: "70" };
    assert.equal((await call(ann, "POST", "/api/v1/alerts", rsi)).body.indicator, "rsi(14)", "in its canonical form");
    assert.equal((await call(ann, "GET", "/api/v1/alerts?symbol=BTC-USDT")).body.items.length, 2);
    assert.deepEqual((await call(bob, "GET", "/api/v1/alerts")).body.items, []);
    const path = `/api/v1/alerts/${made.body.id}`;
    assert.equal((await call(bob, "DELETE", path)).body.code, "not_found");
    assert.equal((await call(bob, "PUT", `${path}/state`, { state: "paused" })).body.code, "not_found");
    assert.equal((await call(ann, "PUT", `${path}/state`, { state: "paused" })).body.state, "paused");
    assert.equal((await call(ann, "DELETE", path)).status, 204);
    const bad: [Record<string, unknown>, string][] = [
      [{ indicator: "wizardry(3)", timeframe: "1h" }, "bad_request"],
      [{ indicator: "macd(12,26,9)", timeframe: "1h" }, "bad_request"],
      [{ indicator: "rsi(14)" }, "invalid_alert"],
      [{ value: "1e309" }, "bad_request"],
      [{ value: "-1" }, "invalid_alert"],
      [{ condition: "beside" }, "bad_request"],
      [{ symbol: "NO-SUCH" }, "unknown_symbol"],
      [{ repeat_after_s: 1 }, "bad_request"],
      [{ client_id: "x" }, "bad_request"],
    ];
    for (const [change, code] of bad) {
      const body = { ...wish, client_id: crypto.randomUUID(), ...change };
      assert.equal((await call(ann, "POST", "/api/v1/alerts", body)).body.code, code, JSON.stringify(change));
    }
  });
});

async function bearerOf(stack: Awaited<ReturnType<typeof startStack>>, email: string): Promise<string> {
  const options = { auth: { persistSession: false, autoRefreshToken: false } };
  const password = "correct horse battery staple 7";
  await createClient(stack.url, stack.secretKey, options).auth.admin.createUser({
    email,
    password,
    email_confirm: true,
  });
  const { data } = await createClient(stack.url, stack.publishableKey, options).auth.signInWithPassword({
    email,
    password,
  });
  return data.session?.access_token ?? "";
}
