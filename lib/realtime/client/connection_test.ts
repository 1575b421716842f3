import assert from "node:assert/strict";
import { until } from "../../../tests/until.ts";
import { Connection, type TopicListener } from "./connection.ts";

interface Joined {
  socket: WebSocket;
  joinRef: string;
}

/** Speaks just enough of the protocol to let the stock client join, leave, and be thrown out. */
function startServer() {
  const joined = new Map<string, Joined>();
  const joins: { topic: string; payload: { access_token?: string; config: { private: boolean } } }[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(data);
      if (event === "phx_join") {
        joins.push({ topic, payload });
        joined.set(topic, { socket, joinRef });
      }
      if (event === "phx_leave") joined.delete(topic);
      const response = event === "phx_join" ? { postgres_changes: [] } : {};
      socket.send(JSON.stringify([joinRef, ref, topic, "phx_reply", { status: "ok", response }]));
    };
    return response;
  });
  const send = (topic: string, event: string, payload: unknown) => {
    const { socket, joinRef } = joined.get(topic) ?? assert.fail(`"${topic}" is not joined`);
    socket.send(JSON.stringify([event === "broadcast" ? null : joinRef, null, topic, event, payload]));
  };
  return { url: `http://127.0.0.1:${server.addr.port}`, server, joined, joins, send };
}

function listen(): { listener: TopicListener; payloads: unknown[]; joins: () => number } {
  const payloads: unknown[] = [];
  let joins = 0;
  return {
    payloads,
    joins: () => joins,
    listener: { onPayload: (payload) => void payloads.push(payload), onJoined: () => void joins++ },
  };
}

async function withConnection(
  run: (use: ReturnType<typeof startServer> & { connection: Connection }) => Promise<void>,
  signed_in = false,
) {
  const server = startServer();
  const connection = new Connection({
    realtime: { url: server.url, publishableKey: "sb_publishable_test" },
    signed_in,
    islands: {},
    texts: { locale: "en", timeZone: "UTC", messages: {} },
  });
  try {
    await run({ ...server, connection });
  } finally {
    await connection.close();
    await server.server.shutdown();
  }
}

// realtime-js leaves a ten-second timer behind each disconnect.
const leaky = { sanitizeOps: false, sanitizeResources: false };

Deno.test("listeners of one topic share one private channel and all get its payloads", leaky, async () => {
  await withConnection(async ({ connection, joins, send }) => {
    const [first, second] = [listen(), listen()];
    const stop = connection.subscribe("market:sim:BTC-USDT:1m", "candle", first.listener);
    await until(() => first.joins() === 1, "the first joins");
    connection.subscribe("market:sim:BTC-USDT:1m", "candle", second.listener);
    await until(() => second.joins() === 1, "the second is told");
    assert.equal(connection.phase.value, "live");
    assert.equal(joins.length, 1);
    assert.equal(joins[0]?.payload.config.private, true);
    const topic = "realtime:market:sim:BTC-USDT:1m";
    send(topic, "broadcast", { type: "broadcast", event: "candle", payload: { c: "1" } });
    send(topic, "broadcast", { type: "broadcast", event: "other", payload: { c: "2" } });
    await until(() => second.payloads.length === 1, "the payload arrives");
    stop();
    send(topic, "broadcast", { type: "broadcast", event: "candle", payload: { c: "3" } });
    await until(() => second.payloads.length === 2, "the next payload arrives");
    assert.deepEqual([first.payloads, second.payloads], [[{ c: "1" }], [{ c: "1" }, { c: "3" }]]);
  });
});

Deno.test("who is signed in joins with the token at the first try, however long it takes to come", leaky, async () => {
  const asked = Promise.withResolvers<void>();
  const token = Promise.withResolvers<Response>();
  const fetchAnything = globalThis.fetch;
  globalThis.fetch = () => {
    asked.resolve();
    return token.promise;
  };
  try {
    await withConnection(async ({ connection, joins }) => {
      const { listener, joins: told } = listen();
      connection.subscribe("user:ada", "notification", listener);
      await asked.promise;
      assert.deepEqual([joins.length, connection.phase.value], [0, "connecting"]);
      token.resolve(
        Response.json({ access_token: "header.payload.signature", expires_at: Date.now() / 1_000 + 3_600 }),
      );
      await until(() => told() === 1, "the topic is joined");
      assert.deepEqual(joins.map(({ payload }) => payload.access_token), ["header.payload.signature"]);
    }, true);
  } finally {
    globalThis.fetch = fetchAnything;
  }
});

Deno.test("two events of one topic share its channel, and each reaches who wants it", leaky, async () => {
  await withConnection(async ({ connection, joins, send }) => {
    const [candles, ends] = [listen(), listen()];
    connection.subscribe("market:sim:BTC-USDT:1m", "candle", candles.listener);
    connection.subscribe("market:sim:BTC-USDT:1m", "delisted", ends.listener);
    await until(() => candles.joins() === 1 && ends.joins() === 1, "both are told");
    assert.equal(joins.length, 1);
    const topic = "realtime:market:sim:BTC-USDT:1m";
    send(topic, "broadcast", { type: "broadcast", event: "candle", payload: { c: "1" } });
    send(topic, "broadcast", { type: "broadcast", event: "delisted", payload: { token: 1 } });
    await until(() => ends.payloads.length === 1, "the end arrives");
    assert.deepEqual([candles.payloads, ends.payloads], [[{ c: "1" }], [{ token: 1 }]]);
  });
});

Deno.test("a channel the server closes is joined again, and said to be lost meanwhile", leaky, async () => {
  await withConnection(async ({ connection, joined, joins, send }) => {
    const { listener, joins: told } = listen();
    connection.subscribe("a", "candle", listener);
    await until(() => told() === 1, "the topic is joined");
    send("realtime:a", "phx_close", {});
    joined.clear();
    await until(() => connection.phase.value === "reconnecting", "the loss is said");
    await until(() => told() === 2, "the topic is joined again");
    assert.equal(connection.phase.value, "live");
    assert.equal(joins.length, 2);
  });
});

Deno.test("a dropped socket comes back with its topics", leaky, async () => {
  await withConnection(async ({ connection, joined }) => {
    const { listener, joins: told } = listen();
    connection.subscribe("a", "candle", listener);
    await until(() => told() === 1, "the topic is joined");
    joined.get("realtime:a")?.socket.close();
    await until(() => connection.phase.value === "reconnecting", "the loss is said");
    await until(() => told() === 2 && connection.phase.value === "live", "it is live again");
  });
});

Deno.test("a topic left and asked for again at once is joined", leaky, async () => {
  await withConnection(async ({ connection, joined }) => {
    const first = listen();
    const stop = connection.subscribe("a", "candle", first.listener);
    await until(() => first.joins() === 1, "the topic is joined");
    stop();
    const second = listen();
    connection.subscribe("a", "candle", second.listener);
    await until(() => second.joins() === 1, "it is joined again");
    assert.equal(joined.has("realtime:a"), true);
    assert.equal(connection.phase.value, "live");
  });
});
