import assert from "node:assert/strict";
import ccxt from "ccxt";
import { toLoopback } from "../../../lib/market/worker/loopback.ts";
import { MINUTE_MS } from "../price.ts";
import { getJson, injectFault, Listener, sealedTest, withSimulator } from "../testing.ts";
import { crc32 } from "./crc32.ts";
import { PAIRS } from "./pairs.ts";

interface Level {
  price: number;
  qty: number;
}

Deno.test("crc32() agrees with the check value of ISO 3309", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
});

sealedTest("pairs carry Kraken's several names, and REST takes any of them", async () => {
  await withSimulator({ speed: 60 }, async ({ url }) => {
    const names = (symbol: string) => {
      const { id, altname, wsname, base, quote } = PAIRS.find((pair) => pair.symbol === symbol) ?? assert.fail(symbol);
      return [id, altname, wsname, base, quote];
    };
    assert.deepEqual(names("BTC/EUR"), ["XXBTZEUR", "XBTEUR", "XBT/EUR", "XXBT", "ZEUR"]);
    assert.deepEqual(names("BTC/USDT"), ["XBTUSDT", "XBTUSDT", "XBT/USDT", "XXBT", "USDT"]);
    assert.deepEqual(names("DOGE/USDT"), ["XDGUSDT", "XDGUSDT", "XDG/USDT", "XXDG", "USDT"]);
    for (const name of ["XXBTZEUR", "XBTEUR", "XBT/EUR"]) {
      const { body } = await getJson(`${url}/kraken/0/public/OHLC?pair=${encodeURIComponent(name)}&interval=60`);
      assert.deepEqual([body.error, body.result.XXBTZEUR.length], [[], 720]);
    }
    const unknown = await getJson(`${url}/kraken/0/public/OHLC?pair=BTCEUR`);
    assert.deepEqual([unknown.status, unknown.body], [200, { error: ["EQuery:Unknown asset pair"] }]);
  });
});

sealedTest(
  "history shows the same market as the simulated Binance, and no more than its latest 720 candles",
  async () => {
    await withSimulator({ speed: 1 }, async ({ url }) => {
      const { body: { result } } = await getJson(`${url}/kraken/0/public/OHLC?pair=XBTUSDT&interval=5&since=1`);
      const rows: (string | number)[][] = result.XBTUSDT;
      assert.equal(rows.length, 720);
      const from_ms = Number(rows[0]?.[0]) * 1_000;
      const { body } = await getJson(
        `${url}/api/v3/klines?symbol=BTCUSDT&interval=5m&startTime=${from_ms}&limit=719`,
      );
      const numbers = (row: (string | number)[], at: number[]) => at.map((i) => Number(row[i]));
      assert.deepEqual(
        rows.slice(0, 719).map((row) => [Number(row[0]) * 1_000, ...numbers(row, [1, 2, 3, 4, 6, 7])]),
        body.map((row: (string | number)[]) => numbers(row, [0, 1, 2, 3, 4, 5, 8])),
      );
      assert.equal(result.last, rows.at(-2)?.[0], "the last one is still forming");
      const later = await getJson(`${url}/kraken/0/public/OHLC?pair=XBTUSDT&interval=5&since=${rows[700]?.[0]}`);
      assert.equal(later.body.result.XBTUSDT[0][0], rows[701]?.[0], "since is exclusive");
    });
  },
);

sealedTest(
  "a socket greets, acknowledges each symbol, begins with a snapshot, updates, beats and answers pings",
  async () => {
    await withSimulator({ speed: 60 }, async (simulator) => {
      const listener = await Listener.open(simulator, "/kraken/v2");
      const heard = (channel: string) => listener.frames.filter((frame) => frame.channel === channel);
      await listener.until(() => heard("status")[0]?.data[0].system === "online", "the greeting");
      const symbol = ["BTC/USDT", "NO/NE", "ETH/EUR"];
      listener.send({ method: "subscribe", params: { channel: "ohlc", symbol, interval: 1 }, req_id: 7 });
      const acks = () => listener.frames.filter(({ method }) => method === "subscribe");
      await listener.until(() => acks().length === 3, "three answers");
      assert.deepEqual(acks().map(({ success, req_id }) => [success, req_id]), [[true, 7], [false, 7], [true, 7]]);
      assert.match(acks()[1].error, /not supported/);
      await listener.until(() => heard("ohlc").length > 8, "updates");
      const [snapshot] = heard("ohlc");
      assert.deepEqual([snapshot.type, snapshot.data.length], ["snapshot", 10]);
      const begins = heard("ohlc").filter(({ data }) => data[0].symbol === "BTC/USDT")
        .flatMap(({ data }) => data.map((entry: { interval_begin: string }) => Date.parse(entry.interval_begin)));
      assert.deepEqual(begins, begins.toSorted((a, b) => a - b));
      assert.ok(begins.every((begin) => begin % MINUTE_MS === 0));
      listener.send({ method: "subscribe", params: { channel: "ohlc", symbol: ["BTC/USDT"], interval: 1 } });
      await listener.until(() => acks().at(-1).error === "Already subscribed", "the refusal");
      listener.send({ method: "ping", req_id: 101 });
      const pong = await listener.until(() => listener.frames.find(({ method }) => method === "pong"), "the pong");
      assert.equal(pong.req_id, 101);
      await injectFault(simulator, { kind: "gap", duration_ms: 5_000 });
      await listener.until(() => heard("heartbeat").length > 0, "a heartbeat in the silence");
      for (const bad of ["{", "[]", "5", { method: "dance" }, { method: "subscribe" }]) listener.send(bad);
      await listener.until(() => listener.frames.filter(({ success }) => success === false).length === 7, "refusals");
      await listener.close();
    });
  },
);

sealedTest("a book is a snapshot and updates that lead to the checksum of every message", async () => {
  await withSimulator({ speed: 60 }, async (simulator) => {
    const listener = await Listener.open(simulator, "/kraken/v2");
    listener.send({ method: "subscribe", params: { channel: "book", symbol: ["BTC/USDT"], depth: 10 } });
    const books = () => listener.frames.filter(({ channel }) => channel === "book");
    await listener.until(() => books().length > 10, "updates");
    await listener.close();
    const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
    for (const [index, { type, data: [entry] }] of books().entries()) {
      assert.equal(type, index === 0 ? "snapshot" : "update");
      for (const side of ["bids", "asks"] as const) {
        for (const { price, qty } of entry[side] as Level[]) {
          if (qty === 0) sides[side].delete(price);
          else sides[side].set(price, qty);
        }
      }
      const best = (side: Map<number, number>, sign: 1 | -1) =>
        [...side].sort((a, b) => sign * (a[0] - b[0])).slice(0, 10);
      const digits = (value: number, places: number) => value.toFixed(places).replace(".", "").replace(/^0+/, "");
      const text = [...best(sides.asks, 1), ...best(sides.bids, -1)]
        .map(([price, qty]) => digits(price, 2) + digits(qty, 8)).join("");
      assert.equal(entry.checksum, crc32(text), `message ${index}`);
    }
  });
});

// sanitizeOps and sanitizeResources stay off: ccxt keeps timers and a keep-alive pool of its own after close().
Deno.test("stock ccxt.pro.kraken loads markets, fetches and watches with URL overrides alone", async () => {
  await withSimulator({ speed: 60 }, async ({ url }) => {
    const exchange = new ccxt.pro.kraken({ enableRateLimit: false });
    toLoopback(exchange, `${new URL(url).host}/kraken`);
    try {
      const markets = await exchange.loadMarkets();
      assert.deepEqual(Object.keys(markets).toSorted(), PAIRS.map(({ symbol }) => symbol).toSorted());
      assert.equal((await exchange.fetchOHLCV("DOGE/USDT", "15m", undefined, 100)).length, 100);
      assert.equal((await exchange.fetchTrades("BTC/EUR", undefined, 30)).length, 30);
      assert.ok(Number((await exchange.fetchTicker("ETH/BTC")).quoteVolume) > 0);
      const candles = await exchange.watchOHLCV("BTC/EUR", "1m");
      assert.equal(Number(candles.at(-1)?.[0]) % MINUTE_MS, 0);
      assert.equal((await exchange.watchTrades("BTC/EUR"))[0]?.symbol, "BTC/EUR");
      const book = await exchange.watchOrderBook("BTC/EUR", 25);
      assert.equal(book.bids.length, 25);
    } finally {
      await exchange.close();
    }
  });
});
