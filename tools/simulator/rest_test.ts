import assert from "node:assert/strict";
import { loadCandles } from "./server.ts";
import { formatUnits } from "./fold.ts";
import { PriceModel } from "./price.ts";
import { WEIGHT_MAX } from "./rest.ts";
import { SYMBOLS } from "./symbols.ts";
import { getJson, injectFault, manualWall, sealedTest, withSimulator } from "./testing.ts";

/** Twenty seconds into a minute, so that there is a forming candle. */
const NOW = Date.UTC(2026, 10, 20, 10, 31, 20);

sealedTest("klines answers as Binance: twelve fields, the forming candle last, nothing from the future", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async ({ url }) => {
    const { status, body, headers } = await getJson(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1m`);
    assert.equal(status, 200);
    assert.match(headers.get("x-mbx-used-weight-1m") ?? "", /^\d+$/);
    assert.equal(body.length, 500);
    for (const [index, row] of body.entries()) {
      assert.equal(row.length, 12);
      assert.equal(row[0], NOW - 20_000 - (499 - index) * 60_000);
      assert.equal(row[6], row[0] + 59_999);
      for (const at of [1, 2, 3, 4, 5, 7, 9, 10]) assert.match(row[at], /^\d+\.\d{8}$/);
      assert(Number.isInteger(row[8]) && row[8] > 0);
    }
    const market = new PriceModel(1, await loadCandles()).market("BTCUSDT");
    assert.equal(body[499][4], formatUnits(market?.lastTrade(NOW).price ?? 0, 2));
    const future = await getJson(`${url}/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${NOW + 60_000}`);
    assert.deepEqual(future.body, []);
  });
});

sealedTest("klines pages by startTime, endTime and limit, and begins at the listing", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async ({ url }) => {
    const klines = async (query: string) =>
      (await getJson(`${url}/api/v3/klines?symbol=ETHUSDT&${query}`)).body.map((row: [number]) => row[0]);
    const noon = Date.UTC(2026, 10, 19, 12);
    assert.deepEqual(await klines(`interval=1h&startTime=${noon}&limit=2`), [noon, noon + 3_600_000]);
    assert.deepEqual(await klines(`interval=1h&startTime=${noon + 1}&limit=1`), [noon + 3_600_000]);
    assert.deepEqual(await klines(`interval=1h&endTime=${noon}&limit=2`), [noon - 3_600_000, noon]);
    assert.deepEqual(await klines(`interval=4h&startTime=${noon}&endTime=${noon + 1}`), [noon]);
    assert.deepEqual(await klines(`interval=1h&startTime=${noon}&endTime=${noon - 1}`), []);
    assert.equal((await klines("interval=1m&limit=5000")).length, 1000);
    assert.equal((await klines("interval=1d&startTime=0&limit=1"))[0], Date.UTC(2020, 0, 1));
    assert.equal((await klines("interval=1d&limit=1000")).length, 1000);
  });
});

sealedTest("bad parameters are refused with Binance's codes", async () => {
  await withSimulator({}, async ({ url }) => {
    const cases: [string, number, number][] = [
      ["klines?interval=1m", 400, -1102],
      ["klines?symbol=&interval=1m", 400, -1105],
      ["klines?symbol=BTCUSDT", 400, -1102],
      ["klines?symbol=NOPEUSDT&interval=1m", 400, -1121],
      ["klines?symbol=btcusdt&interval=1m", 400, -1100],
      ["klines?symbol=BTCUSDT'--&interval=1m", 400, -1100],
      ["klines?symbol=BTCUSDT&interval=7m", 400, -1120],
      ["klines?symbol=BTCUSDT&interval=__proto__", 400, -1120],
      ["klines?symbol=BTCUSDT&interval=1m&limit=0", 400, -1130],
      ["klines?symbol=BTCUSDT&interval=1m&limit=-1", 400, -1100],
      ["klines?symbol=BTCUSDT&interval=1m&limit=ten", 400, -1100],
      ["klines?symbol=BTCUSDT&interval=1m&startTime=1e3", 400, -1100],
      ["klines?symbol=BTCUSDT&interval=1m&startTime=99999999999999999999", 400, -1108],
      ["klines?symbol=BTCUSDT&interval=1m&symbol=ETHUSDT", 400, -1101],
      ["klines?symbol=BTCUSDT&interval=1m&colour=red", 400, -1104],
      ["ticker/24hr?symbol=BTCUSDT&symbols=[]", 400, -1128],
      ["ticker/24hr?symbols=BTCUSDT", 400, -1100],
      ["ticker/24hr?type=HUGE", 400, -1139],
      [`ticker/price?symbols=["BTCUSDT","BTCUSDT"]`, 400, -1151],
      [`exchangeInfo?symbols=["NOPEUSDT"]`, 400, -1121],
      ["depth", 400, -1102],
      ["trades?symbol=NOPE", 400, -1121],
      ["aggTrades?symbol=BTCUSDT&fromId=1&startTime=1", 400, -1128],
      ["account", 404, -1000],
      [`klines?symbol=${"A".repeat(3000)}`, 400, -1108],
    ];
    for (const [path, status, code] of cases) {
      const answer = await getJson(`${url}/api/v3/${path}`);
      assert.deepEqual([path, answer.status, answer.body.code], [path, status, code]);
      assert.equal(typeof answer.body.msg, "string");
    }
    assert.equal((await getJson(`${url}/api/v3/klines`, { method: "POST", body: "{}" })).status, 405);
    assert.equal((await getJson(`${url}/`)).status, 404);
    assert.equal((await getJson(`${url}/ws`)).status, 426);
  });
});

sealedTest("trades and aggTrades list consecutive ids up to now, and page by id and by time", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async ({ url }) => {
    const recent = (await getJson(`${url}/api/v3/trades?symbol=APTUSDT&limit=1000`)).body;
    assert.equal(recent.length, 1000);
    for (const [index, trade] of recent.entries()) assert.equal(trade.id, recent[0].id + index);
    assert(recent.at(-1).time <= NOW);
    const aggregates = (await getJson(`${url}/api/v3/aggTrades?symbol=APTUSDT&limit=1000`)).body;
    assert.deepEqual(
      aggregates.map((trade: { a: number }) => trade.a),
      recent.map((trade: { id: number }) => trade.id),
    );
    const from = recent[500];
    const byId = (await getJson(`${url}/api/v3/aggTrades?symbol=APTUSDT&fromId=${from.id}&limit=10`)).body;
    assert.deepEqual(byId, aggregates.slice(500, 510));
    const byTime = (await getJson(`${url}/api/v3/aggTrades?symbol=APTUSDT&startTime=${from.time}&limit=5`)).body;
    assert.equal(byTime[0].T, from.time);
    const window = `startTime=${from.time}&endTime=${from.time}`;
    for (const trade of (await getJson(`${url}/api/v3/aggTrades?symbol=APTUSDT&${window}`)).body) {
      assert.equal(trade.T, from.time);
    }
  });
});

sealedTest("tickers, depth and exchangeInfo agree with each other", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async ({ url }) => {
    const info = (await getJson(`${url}/api/v3/exchangeInfo`)).body;
    assert.deepEqual(info.symbols.map((symbol: { symbol: string }) => symbol.symbol), SYMBOLS.map((spec) => spec.id));
    assert(info.symbols.length >= 23);
    const all = (await getJson(`${url}/api/v3/ticker/24hr`)).body;
    assert.equal(all.length, SYMBOLS.length);
    for (const ticker of all) {
      const { body: price } = await getJson(`${url}/api/v3/ticker/price?symbol=${ticker.symbol}`);
      assert.equal(price.price, ticker.lastPrice);
      assert(Number(ticker.lowPrice) <= Number(price.price) && Number(price.price) <= Number(ticker.highPrice));
      assert(Number(ticker.bidPrice) < Number(ticker.askPrice), ticker.symbol);
    }
    const { body: depth } = await getJson(`${url}/api/v3/depth?symbol=BTCUSDT&limit=20`);
    assert.equal(depth.bids.length, 20);
    const prices = (levels: [string, string][]) => levels.map(([price]) => Number(price));
    assert.deepEqual(prices(depth.bids), prices(depth.bids).sort((a, b) => b - a));
    assert.deepEqual(prices(depth.asks), prices(depth.asks).sort((a, b) => a - b));
    const { body: best } = await getJson(`${url}/api/v3/ticker/bookTicker?symbol=BTCUSDT`);
    assert.deepEqual([best.bidPrice, best.bidQty], depth.bids[0]);
  });
});

sealedTest("fault 429 refuses REST with Retry-After, by count and by duration, and clear ends it", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const ping = () => getJson(`${simulator.url}/api/v3/ping`);
    assert.equal((await injectFault(simulator, { kind: "429", count: 2 })).status, 200);
    for (let i = 0; i < 2; i++) {
      const refused = await ping();
      assert.deepEqual([refused.status, refused.body.code, refused.headers.get("retry-after")], [429, -1003, "1"]);
    }
    assert.equal((await ping()).status, 200);
    await injectFault(simulator, { kind: "429", duration_ms: 5_000 });
    assert.equal((await ping()).headers.get("retry-after"), "5");
    wall.now_ms += 5_000;
    assert.equal((await ping()).status, 200);
    await injectFault(simulator, { kind: "429", duration_ms: 5_000 });
    await injectFault(simulator, { kind: "clear" });
    assert.equal((await ping()).status, 200);
  });
});

sealedTest("callers over the request weight of a minute are refused until the next one", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async ({ url }) => {
    for (let used = 0; used < WEIGHT_MAX; used += 250) {
      assert.equal((await getJson(`${url}/api/v3/depth?symbol=BTCUSDT&limit=5000`)).status, 200);
    }
    const refused = await getJson(`${url}/api/v3/ping`);
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "40"]);
    wall.now_ms += 40_000;
    assert.equal((await getJson(`${url}/api/v3/ping`)).status, 200);
  });
});

sealedTest("a page in a browser cannot inject faults", async () => {
  await withSimulator({}, async (simulator) => {
    const body = JSON.stringify({ kind: "stall", duration_ms: 1_000 });
    for (const name of ["origin", "sec-fetch-site"]) {
      const headers = { [name]: "null", "content-type": "text/plain" };
      const { status } = await getJson(`${simulator.url}/sim/faults`, { method: "POST", headers, body });
      assert.equal(status, 403, name);
    }
    const { body: stats } = await getJson(`${simulator.url}/sim/stats`);
    assert.deepEqual(stats.faults, []);
  });
});

sealedTest("faults that are not faults are refused, and nothing comes into force", async () => {
  await withSimulator({}, async (simulator) => {
    const bad: [unknown, number][] = [
      [{}, 400],
      [{ kind: "explode" }, 400],
      [{ kind: "stall" }, 400],
      [{ kind: "stall", duration_ms: 0 }, 400],
      [{ kind: "stall", duration_ms: 1e9 }, 400],
      [{ kind: "gap", duration_ms: 10, symbol: "NOPE-USDT" }, 400],
      [{ kind: "429" }, 400],
      [{ kind: "429", count: 1, duration_ms: 1 }, 400],
      [{ kind: "disconnect", duration_ms: 1 }, 400],
      [{ kind: "clear", padding: "x".repeat(5_000) }, 413],
    ];
    for (const [fault, status] of bad) {
      const answer = await injectFault(simulator, fault);
      assert.equal(answer.status, status, JSON.stringify(fault).slice(0, 80));
      assert.equal(typeof answer.body.code, "number");
      assert.equal(typeof answer.body.msg, "string");
    }
    const { body: stats } = await getJson(`${simulator.url}/sim/stats`);
    assert.deepEqual(stats.faults, []);
  });
});
