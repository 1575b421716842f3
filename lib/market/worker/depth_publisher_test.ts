import assert from "node:assert/strict";
import type { Broadcast } from "../../realtime/worker/broadcaster.ts";
import { TRADES_SHOWN_MAX } from "../depth.ts";
import { DepthPublisher } from "./depth_publisher.ts";
import type { VenueBook, VenueTrade } from "./venue.ts";

const BTC = "BTC-USDT";

function open(token: number | null = 7) {
  const sent: Broadcast[] = [];
  const publisher = new DepthPublisher({
    exchange: "sim",
    broadcaster: { send: (message) => void sent.push(message) },
    token: () => token,
  });
  return { sent, publisher };
}

function book(price: string, at = 1): VenueBook {
  return { symbol: BTC, bids: [[price, "1"]], asks: [[`${price}.5`, "2"]], at, depth: 20 };
}

function trade(id: number, at = id): VenueTrade {
  return { symbol: BTC, id: String(id), price: "100", quantity: "1", side: "buy", at };
}

Deno.test("DepthPublisher sends the latest book at most twice a second, with the lease's token", () => {
  const { sent, publisher } = open();
  publisher.setWatched([BTC], []);
  publisher.onBook(book("100"));
  publisher.publish(0);
  publisher.onBook(book("101"));
  publisher.onBook(book("102"));
  publisher.publish(499);
  assert.equal(sent.length, 1);
  publisher.publish(500);
  publisher.publish(1_000);
  assert.deepEqual(sent.map(({ payload }) => (payload as { bids: string[][] }).bids[0]?.[0]), ["100", "102"]);
  assert.deepEqual(sent[0], {
    topic: "market:sim:BTC-USDT:book",
    event: "book",
    payload: { bids: [["100", "1"]], asks: [["100.5", "2"]], et: 1, token: 7 },
    replaceable: true,
  });
});

Deno.test("DepthPublisher sends trades in batches, each once, and no more than are shown", () => {
  const { sent, publisher } = open();
  publisher.setWatched([], [BTC]);
  for (let id = 1; id <= TRADES_SHOWN_MAX + 10; id++) publisher.onTrade(trade(id));
  publisher.onTrade(trade(TRADES_SHOWN_MAX + 10));
  publisher.onTrade(trade(5));
  publisher.publish(0);
  publisher.onTrade(trade(1_000));
  publisher.publish(600);
  const ids = sent.map(({ payload }) => (payload as { trades: { id: string }[] }).trades.map(({ id }) => Number(id)));
  assert.deepEqual(ids, [Array.from({ length: TRADES_SHOWN_MAX }, (_, i) => i + 11), [1_000]]);
  assert.ok(sent.every(({ replaceable }) => !replaceable), "a batch that is replaced would be lost");
});

Deno.test("DepthPublisher is deaf to markets that nobody looks at, and silent without the lease", () => {
  const { sent, publisher } = open(null);
  publisher.onBook(book("100"));
  publisher.onTrade(trade(1));
  assert.deepEqual(publisher.takeRows(), []);
  publisher.setWatched([BTC], [BTC]);
  assert.deepEqual(publisher.unseen(), [BTC]);
  publisher.onBook(book("100"));
  publisher.publish(0);
  assert.deepEqual([sent, publisher.unseen()], [[], []]);
});

Deno.test("DepthPublisher gives what has changed to be stored once, trades newest first", () => {
  const { publisher } = open();
  publisher.setWatched([BTC], [BTC]);
  publisher.onBook(book("100", 9));
  publisher.onTrade(trade(1));
  publisher.onTrade(trade(2));
  const [row] = publisher.takeRows();
  assert.deepEqual([row?.book_ms, row?.trades?.map(({ id }) => id)], [9, ["2", "1"]]);
  assert.deepEqual(publisher.takeRows(), []);
  publisher.onTrade(trade(3));
  assert.deepEqual(publisher.takeRows().map(({ bids, trades }) => [bids, trades?.length]), [[undefined, 3]]);
});

Deno.test("DepthPublisher stores again what could not be stored, and asks once for a first view that was empty", () => {
  const { publisher } = open();
  publisher.setWatched([BTC], [BTC]);
  publisher.seen(BTC);
  assert.deepEqual(publisher.unseen(), []);
  publisher.onBook(book("100", 9));
  publisher.onTrade(trade(1));
  const rows = publisher.takeRows();
  publisher.giveBack(rows);
  assert.deepEqual(publisher.takeRows(), rows);
  publisher.setWatched([], []);
  publisher.giveBack(rows);
  publisher.seen(BTC);
  assert.deepEqual(publisher.takeRows(), [], "nobody looks any more");
});
