import assert from "node:assert/strict";
import type { TopicListener } from "../../realtime/client/connection.ts";
import type { BookEvent, TradeOnWire } from "../depth.ts";
import { mergeTrades, takeBook, takeStoredBook, TRADES_KEPT_MAX } from "./depth_book.ts";
import { DepthModel, type DepthPort } from "./depth_model.ts";

const MARKET = { exchange: "sim", symbol: "BTC-USDT" };
const EMPTY = { bids: [], asks: [], et: null, token: 0 };

function book(et: number | null, token = 1, bid = "100"): BookEvent {
  return { bids: [[bid, "1"]], asks: [["101", "2"]], et, token };
}

function trade(id: string, t: number, p = "100"): TradeOnWire {
  return { id, p, q: "0.5", side: "buy", t };
}

/** A page's port that answers from `stored` and lets the test speak as the feed. */
function createPort(stored: Record<string, unknown> = {}) {
  const listeners = new Map<string, TopicListener>();
  const watched: string[] = [];
  const asked: string[] = [];
  const traded: number[] = [];
  let now = 1_000;
  const port: DepthPort = {
    subscribe(topic, event, listener) {
      listeners.set(`${topic} ${event}`, listener);
      return () => listeners.delete(`${topic} ${event}`);
    },
    watch(topic) {
      watched.push(topic);
      return () => watched.splice(watched.indexOf(topic), 1);
    },
    fetchJson(path) {
      asked.push(path);
      const answer = stored[new URL(path, "http://page").pathname];
      return answer === undefined ? Promise.reject(new Error("away")) : Promise.resolve(answer);
    },
    nowMs: () => now,
    onTrade: (eventMs) => void traded.push(eventMs),
  };
  const listener = (view: string) => listeners.get(`market:sim:BTC-USDT:${view} ${view}`);
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { port, listener, watched, asked, traded, settled, advance: (ms: number) => now += ms };
}

Deno.test("a book of a lower token, or older than the one shown, changes nothing; a new leader's always does", () => {
  const state = takeBook(EMPTY, book(2_000, 5));
  assert.equal(takeBook(state, book(9_000, 4)), state);
  assert.equal(takeBook(state, book(1_999, 5)), state);
  assert.equal(takeBook(state, book(1_000, 6)).token, 6);
  assert.equal(takeBook(state, book(null, 5)).et, null, "some exchanges tell no time");
});

Deno.test("a stored book fills an empty page and a gap, and never goes back behind what was broadcast", () => {
  const stored = (at: string | null) => ({ bids: [], asks: [["7", "1"] as [string, string]], at });
  assert.equal(takeStoredBook(EMPTY, stored("1970-01-01T00:00:01Z")).et, 1_000);
  const shown = takeBook(EMPTY, book(2_000));
  assert.equal(takeStoredBook(shown, stored("1970-01-01T00:00:01Z")), shown);
  assert.equal(takeStoredBook(shown, stored("1970-01-01T00:00:03Z")).et, 3_000);
  assert.equal(takeStoredBook(shown, stored(null)), shown);
  assert.equal(takeStoredBook(takeBook(EMPTY, book(null)), stored("1970-01-01T00:00:03Z")).et, null);
});

Deno.test("trades come newest first, each once, in the exchange's order within a millisecond, and no more than are kept", () => {
  const merged = mergeTrades([trade("9", 5), trade("10", 5)], [trade("9", 5), trade("8", 4), trade("11", 6)]);
  assert.deepEqual(merged.map(({ id }) => id), ["11", "10", "9", "8"]);
  const many = Array.from({ length: 80 }, (_, i) => trade(String(i), i));
  assert.equal(mergeTrades([], many).length, TRADES_KEPT_MAX);
  assert.equal(mergeTrades([], many)[0]?.id, "79");
});

Deno.test("the model watches while followed, catches up when joined, and stops for good", async () => {
  const missed = { items: [trade("3", 30), trade("2", 20)] };
  const page = createPort({ "/api/v1/trades": missed, "/api/v1/book": { ...book(5_000), at: "1970-01-01T00:00:05Z" } });
  const model = new DepthModel(MARKET, null, page.port);
  const stops = [model.followBook(), model.followTrades()];
  assert.deepEqual(page.watched, ["market:sim:BTC-USDT:book", "market:sim:BTC-USDT:trades"]);
  page.listener("trades")?.onPayload({ trades: [trade("4", 40)], token: 1 });
  page.listener("book")?.onJoined();
  page.listener("trades")?.onJoined();
  await page.settled();
  assert.deepEqual(page.asked, [
    "/api/v1/book?exchange=sim&symbol=BTC-USDT",
    "/api/v1/trades?exchange=sim&symbol=BTC-USDT",
  ]);
  assert.deepEqual(model.trades.value.items.map(({ id }) => id), ["4", "3", "2"]);
  assert.equal(model.book.value.et, 5_000);
  assert.equal(model.bookHeardMs.value, 0, "what was stored is not heard live");
  stops.forEach((stop) => stop());
  assert.deepEqual(page.watched, []);
  assert.equal(page.listener("book"), undefined);
});

Deno.test("an answer that comes after the panel has gone changes nothing", async () => {
  const page = createPort({ "/api/v1/trades": { items: [trade("1", 1)] } });
  const model = new DepthModel(MARKET, null, page.port);
  const stop = model.followTrades();
  page.listener("trades")?.onJoined();
  stop();
  await page.settled();
  assert.deepEqual(model.trades.value.items, []);
});

Deno.test("the book's age counts from its last change: the same one told again makes it no younger", () => {
  const page = createPort();
  const model = new DepthModel(MARKET, null, page.port);
  model.followBook();
  page.listener("book")?.onPayload(book(2_000));
  assert.equal(model.bookHeardMs.value, 1_000);
  page.advance(6_000);
  page.listener("book")?.onPayload(book(2_000));
  assert.equal(model.bookHeardMs.value, 1_000);
  page.listener("book")?.onPayload(book(2_001));
  assert.equal(model.bookHeardMs.value, 7_000);
});

Deno.test("trades make the price younger, unless an old leader tells them", () => {
  const page = createPort();
  const model = new DepthModel(MARKET, null, page.port);
  model.followTrades();
  page.listener("trades")?.onPayload({ trades: [trade("1", 10)], token: 7 });
  page.listener("trades")?.onPayload({ trades: [trade("2", 20)], token: 6 });
  assert.deepEqual(page.traded, [10]);
  assert.deepEqual(model.trades.value.items.map(({ id }) => id), ["1"]);
});

Deno.test("payloads of another shape are dropped, and a failing REST leaves what is shown", async () => {
  const page = createPort();
  const model = new DepthModel(MARKET, null, page.port);
  model.followBook();
  model.followTrades();
  for (const bad of [null, 1, {}, { bids: 1 }, { ...book(1), bids: [["-1", "1"]] }, { ...book(1), bids: [["1"]] }]) {
    page.listener("book")?.onPayload(bad);
  }
  for (const bad of [{ trades: [{ ...trade("1", 1), p: "1e9" }], token: 1 }, { trades: [trade("1", 1)] }]) {
    page.listener("trades")?.onPayload(bad);
  }
  page.listener("book")?.onJoined();
  await page.settled();
  assert.deepEqual(model.book.value, EMPTY);
  assert.deepEqual(model.trades.value.items, []);
});
