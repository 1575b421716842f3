import assert from "node:assert/strict";
import { knownVenue } from "../venue_capabilities.ts";
import { openExchange } from "./ccxt_exchange.ts";
import { tapSockets } from "./ccxt_sockets.ts";

Deno.test("tapSockets() hears every message of every socket as it came, and ccxt still reads it", async () => {
  const capabilities = knownVenue("simkraken");
  assert.ok(capabilities);
  // A port that nothing listens on: no connection is opened here.
  const exchange = openExchange(capabilities, "127.0.0.1:1");
  const heard: unknown[] = [];
  const read: unknown[] = [];
  const handler = exchange as unknown as { handleMessage(client: unknown, message: unknown): void };
  handler.handleMessage = (_client, message) => read.push(message);
  const ignore = () => {};
  tapSockets(exchange, {
    names: ignore,
    opened: ignore,
    confirmed: ignore,
    lost: ignore,
    switched: ignore,
    released: ignore,
    frame: (socket, data, held) => heard.push([socket, data, held]),
  });
  const first = exchange.client("ws://127.0.0.1:1/a") as unknown as { onMessage(event: { data: string }): void };
  const again = exchange.client("ws://127.0.0.1:1/a") as unknown as typeof first;
  const second = exchange.client("ws://127.0.0.1:1/b") as unknown as typeof first;
  first.onMessage({ data: '{ "a" : 1}' });
  again.onMessage({ data: "half {" });
  second.onMessage({ data: "[2]" });
  assert.deepEqual(heard, [[0, '{ "a" : 1}', false], [0, "half {", false], [1, "[2]", false]]);
  assert.deepEqual(read[0], { a: 1 });
  assert.equal(read.length, 3);
  await exchange.close();
});
