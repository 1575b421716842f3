import assert from "node:assert/strict";
import type { Exchange, OrderBook, Trade } from "ccxt";
import type { BadFrameReason } from "../bad_frame.ts";
import { COINBASE_BOOK, COINBASE_TRADE, KRAKEN_BOOK, KRAKEN_OHLC, KRAKEN_TRADE } from "../testdata/venue_frames.ts";
import { knownVenue, type VenueCapabilities } from "../venue_capabilities.ts";
import { openExchange } from "./ccxt_exchange.ts";
import { watchMessages } from "./ccxt_sockets.ts";
import { toBook, toCandle, toTrade } from "./ccxt_values.ts";

interface Handler {
  handleMessage(client: unknown, message: unknown): void;
}

/** ccxt's own class with one market and no network; what it makes of a frame is in `resolved`. */
function stock(id: string, market: Record<string, unknown>) {
  const exchange = openExchange(knownVenue(id) as VenueCapabilities);
  const bad: BadFrameReason[] = [];
  let messages = 0;
  watchMessages(exchange, { onMessage: () => messages++, onBad: (reason) => bad.push(reason) });
  exchange.setMarkets([{ type: "spot", spot: true, active: true, precision: {}, limits: {}, info: {}, ...market }]);
  const resolved: unknown[] = [];
  const client = {
    url: "wss://example.invalid/v2",
    subscriptions: {},
    futures: {},
    resolve: (value: unknown) => resolved.push(value),
    reject: () => {},
  };
  const send = (message: unknown) => (exchange as unknown as Handler).handleMessage(client, message);
  return { exchange, bad, resolved, send, messages: () => messages };
}

function kraken() {
  return stock("kraken", { id: "MATICUSD", symbol: "MATIC/USD", base: "MATIC", quote: "USD" });
}

function coinbase() {
  return stock("coinbase", { id: "ETH-USD", symbol: "ETH/USD", base: "ETH", quote: "USD" });
}

Deno.test("Kraken's frames become candles, trades and books with the venue's own numbers", () => {
  const { send, resolved, bad } = kraken();
  send(KRAKEN_OHLC);
  const [candles] = resolved.splice(0) as [number[][]];
  assert.deepEqual(toCandle(candles.at(-1)), {
    t: Date.UTC(2023, 9, 4, 16, 25),
    o: "0.5624",
    h: "0.5628",
    l: "0.5622",
    c: "0.5627",
    v: "30927.68066226",
  });
  send(KRAKEN_TRADE);
  const [trades] = resolved.splice(0) as [Trade[]];
  assert.deepEqual(toTrade("MATIC-USD", trades.at(-1) as Trade), {
    symbol: "MATIC-USD",
    id: "4665906",
    price: "0.5117",
    quantity: "40",
    side: "sell",
    at: Date.UTC(2023, 8, 25, 7, 49, 37, 708),
  });
  for (const frame of KRAKEN_BOOK) send(frame);
  const book = resolved.at(-1) as OrderBook;
  assert.deepEqual(toBook("MATIC-USD", book, 20), {
    symbol: "MATIC-USD",
    bids: [["0.5666", "4831.75496356"], ["0.5665", "6658.22734739"]],
    asks: [["0.5668", "4410.79769741"], ["0.5669", "4655.40412487"]],
    at: Date.UTC(2023, 9, 6, 17, 35, 55, 440),
    depth: 20,
  });
  assert.deepEqual(bad, []);
});

Deno.test("Coinbase's frames become trades and books", () => {
  const { send, resolved, bad } = coinbase();
  send(COINBASE_TRADE);
  const [trades] = resolved.splice(0) as [Trade[]];
  const trade = toTrade("ETH-USD", trades.at(-1) as Trade);
  assert.ok(typeof trade !== "string");
  assert.deepEqual([trade.price, trade.quantity, trade.at], ["1260.01", "0.3", Date.UTC(2019, 7, 14, 20, 42, 27, 265)]);
  send(COINBASE_BOOK);
  const book = toBook("ETH-USD", resolved.at(-1) as OrderBook, 20);
  assert.ok(typeof book !== "string");
  assert.deepEqual([book.bids[0], book.asks[0]], [["21921.74", "0.06317902"], ["21922.1", "0.5"]]);
  assert.deepEqual(bad, []);
});

Deno.test("a frame that ccxt's handler cannot digest is told, and the streams go on", () => {
  const { send, bad, resolved, messages } = kraken();
  send('{"channel":"ohlc","type":"upd');
  send({ channel: "trade", type: "update", data: [{ symbol: "NONE/USD", price: 1 }] });
  send({ channel: "book", type: "update", data: [{ symbol: "NONE/USD", bids: [], asks: [] }] });
  assert.deepEqual(bad, ["not_json", "missing_field", "missing_field"]);
  send({ channel: "heartbeat" });
  send("pong");
  send(KRAKEN_OHLC);
  assert.equal(resolved.length, 1);
  assert.deepEqual([bad.length, messages()], [3, 6]);
});

Deno.test("numbers that cannot be are refused by name", () => {
  const row = [60_000, 2, 3, 1, 2, 5];
  const candle = (i: number, value: unknown) => toCandle(row.map((old, at) => at === i ? value : old));
  assert.equal(typeof candle(5, 0), "object");
  assert.deepEqual(
    [candle(3, 0), candle(3, -1), candle(1, NaN), candle(2, 1e400), candle(2, undefined), candle(0, -5), candle(2, 1)],
    ["bad_price", "bad_price", "bad_number", "bad_number", "bad_number", "bad_time", "bad_price"],
  );
  assert.equal(toCandle([1, 2]), "missing_field");
  const trade = (change: Partial<Trade>) =>
    toTrade("A-B", { timestamp: 5, side: "buy", price: 1, amount: 1, ...change } as Trade);
  assert.equal((trade({}) as { id: string }).id, "5-buy-1-1");
  assert.deepEqual(
    [trade({ side: undefined }), trade({ timestamp: undefined }), trade({ price: 0 }), trade({ amount: Infinity })],
    ["missing_field", "bad_time", "bad_price", "bad_number"],
  );
  const book = (bids: number[][], asks: number[][]) => toBook("A-B", { bids, asks } as unknown as OrderBook, 20);
  assert.deepEqual([book([[2, 1]], [[1, 1]]), book([[2, NaN]], [])], ["bad_price", "bad_number"]);
});

Deno.test("an exchange opened on loopback has no address beyond it", () => {
  const exchange: Exchange = openExchange(knownVenue("simkraken") as VenueCapabilities, "127.0.0.1:9200/kraken");
  for (const address of JSON.stringify(exchange.urls["api"]).match(/(http|ws)s?:[^"]+/g) ?? []) {
    assert.match(address, /^(http|ws):\/\/127\.0\.0\.1:9200\/kraken/);
  }
});
