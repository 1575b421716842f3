import assert from "node:assert/strict";
import { BUFFERED_BYTES_MAX, MESSAGE_BYTES_MAX, MESSAGES_PER_SECOND_MAX, STREAMS_MAX } from "./connection.ts";
import { formatUnits } from "./fold.ts";
import { MINUTE_MS, PriceModel } from "./price.ts";
import { loadCandles, type Simulator } from "./server.ts";
import { getJson, injectFault, Listener, manualWall, sealedTest, withSimulator } from "./testing.ts";

/** Twenty seconds into a minute. */
const NOW = Date.UTC(2026, 10, 20, 10, 31, 20);

async function statsOf({ url }: Simulator) {
  return (await getJson(`${url}/sim/stats`)).body;
}

sealedTest("at 60 minutes a minute every close comes once, in order, and equals REST's candle", async () => {
  await withSimulator({ speed: 60 }, async (simulator) => {
    const names = ["btcusdt@kline_1m", "ethusdt@kline_1m", "ethusdt@kline_5m"];
    const listener = await Listener.open(simulator, `/stream?streams=${names.join("/")}`);
    const closes = (name: string) => listener.frames.filter(({ stream, data }) => stream === name && data.k.x);
    await listener.until(() => names.every((name) => closes(name).length >= (name.endsWith("5m") ? 1 : 6)), "closes");
    await listener.close();
    for (const name of names) {
      const width_ms = (name.endsWith("5m") ? 5 : 1) * MINUTE_MS;
      const [first] = closes(name);
      for (const [index, { data }] of closes(name).entries()) {
        assert.equal(data.k.t, first.data.k.t + index * width_ms, name);
        assert.equal(data.E, data.k.T + 1);
        const query = `symbol=${data.s}&interval=${data.k.i}&startTime=${data.k.t}&limit=1`;
        const { body: [row] } = await getJson(`${simulator.url}/api/v3/klines?${query}`);
        const { k } = data;
        assert.deepEqual([k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, k.B], row);
        assert.equal(k.L - k.f + 1, k.n);
      }
      const times = listener.frames.filter(({ stream }) => stream === name).map(({ data }) => data.E);
      assert.deepEqual(times, [...times].sort((a, b) => a - b), "event times never go back");
    }
    const forming = listener.frames.filter(({ stream, data }) => stream === names[0] && !data.k.x);
    assert(forming.length >= 6, `forming candles move too: ${forming.length}`);
  });
});

sealedTest("a hub that was held up still tells every close", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const listener = await Listener.open(simulator, "/ws/dogeusdt@kline_1m");
    await listener.until(() => listener.frames.length > 0, "a forming candle");
    // To the very millisecond at which the last of them closes.
    wall.now_ms += 600 * MINUTE_MS - 20_000;
    const closes = () => listener.frames.filter((frame) => frame.k.x);
    await listener.until(() => closes().length === 600, "600 closes");
    for (const [index, { k }] of closes().entries()) assert.equal(k.t, NOW - 20_000 + index * MINUTE_MS);
    wall.now_ms += 3 * 1440 * MINUTE_MS;
    assert.equal((await listener.closed).code, 1001);
  });
});

sealedTest("trades stream as they happen: each once, in order, folding into the candle", async () => {
  const wall = manualWall(NOW);
  const market = new PriceModel(1, await loadCandles()).market("BTCUSDT");
  assert(market);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const listener = await Listener.open(simulator, "/stream?streams=btcusdt@aggTrade/btcusdt@trade");
    await listener.until(() => true, "the socket");
    wall.now_ms += 90_000;
    const minute = Math.floor(NOW / MINUTE_MS);
    const expected = [minute, minute + 1].flatMap((m) => market.trades(m))
      .filter((trade) => trade.time_ms > NOW && trade.time_ms <= NOW + 90_000);
    const heard = (stream: string) => listener.frames.filter((frame) => frame.stream === stream);
    const count = expected.length;
    await listener.until(
      () => heard("btcusdt@aggTrade").length >= count && heard("btcusdt@trade").length >= count,
      "trades",
    );
    await listener.close();
    for (const [index, trade] of expected.entries()) {
      const { data } = heard("btcusdt@aggTrade")[index];
      assert.deepEqual(data, {
        e: "aggTrade",
        E: trade.time_ms,
        s: "BTCUSDT",
        a: trade.id,
        p: formatUnits(trade.price, 2),
        q: formatUnits(trade.quantity, 5),
        f: trade.id,
        l: trade.id,
        T: trade.time_ms,
        m: !trade.takerBuy,
        M: true,
      });
      assert.equal(heard("btcusdt@trade")[index].data.t, trade.id);
    }
    assert.equal(heard("btcusdt@aggTrade").length, count);
  });
});

sealedTest("mini tickers, book tickers and depth stream, and diffs continue a snapshot", async () => {
  await withSimulator({ speed: 60 }, async (simulator) => {
    const names = [
      "!miniTicker@arr",
      "solusdt@miniTicker",
      "solusdt@bookTicker",
      "solusdt@depth20@100ms",
      "solusdt@depth@100ms",
    ];
    const listener = await Listener.open(simulator, `/stream?streams=${names.join("/")}`);
    const heard = (name: string) => listener.frames.filter(({ stream }) => stream === name).map(({ data }) => data);
    await listener.until(() => names.every((name) => heard(name).length >= 2), "two frames of each");
    const { body: snapshot } = await getJson(`${simulator.url}/api/v3/depth?symbol=SOLUSDT`);
    await listener.until(
      () => heard("solusdt@depth@100ms").at(-1).U > snapshot.lastUpdateId,
      "a diff past the snapshot",
    );
    await listener.close();
    assert.equal(heard("!miniTicker@arr")[0].length, 23);
    assert.equal(heard("solusdt@miniTicker")[0].e, "24hrMiniTicker");
    assert.equal(heard("solusdt@depth20@100ms")[0].bids.length, 20);
    const [book] = heard("solusdt@bookTicker");
    assert(Number(book.b) < Number(book.a));

    const sides = { b: new Map<string, string>(snapshot.bids), a: new Map<string, string>(snapshot.asks) };
    let last = snapshot.lastUpdateId;
    for (const diff of heard("solusdt@depth@100ms").filter((update) => update.u > snapshot.lastUpdateId)) {
      assert(diff.U <= last + 1 && diff.u > last, `diff ${diff.U}–${diff.u} follows ${last}`);
      last = diff.u;
      for (const side of ["b", "a"] as const) {
        for (const [price, quantity] of diff[side]) {
          if (Number(quantity) === 0) sides[side].delete(price);
          else sides[side].set(price, quantity);
        }
      }
    }
    const partial = heard("solusdt@depth20@100ms").find((update) => update.lastUpdateId === last);
    const bids = [...sides.b].sort((a, b) => Number(b[0]) - Number(a[0])).slice(0, 20);
    const asks = [...sides.a].sort((a, b) => Number(a[0]) - Number(b[0])).slice(0, 20);
    if (partial) assert.deepEqual([bids, asks], [partial.bids, partial.asks]);
    assert(Number(bids[0]?.[0]) < Number(asks[0]?.[0]), "the followed book is not crossed");
    assert.equal(bids.length, 20);
  });
});

sealedTest("control messages answer as Binance does", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const listener = await Listener.open(simulator, "/ws/btcusdt@kline_1h");
    const ask = async (message: unknown) => {
      wall.now_ms += 300;
      const before = listener.frames.length;
      listener.send(message);
      return await listener.until(
        () => listener.frames.slice(before).find((frame) => "id" in frame || "error" in frame),
        JSON.stringify(message),
      );
    };
    assert.deepEqual(await ask({ method: "LIST_SUBSCRIPTIONS", id: 1 }), { result: ["btcusdt@kline_1h"], id: 1 });
    assert.deepEqual(await ask({ method: "SUBSCRIBE", params: ["ethusdt@trade", "nope@trade"], id: "a" }), {
      result: null,
      id: "a",
    });
    assert.deepEqual(await ask({ method: "UNSUBSCRIBE", params: ["btcusdt@kline_1h"], id: null }), {
      result: null,
      id: null,
    });
    assert.deepEqual((await ask({ method: "LIST_SUBSCRIPTIONS", id: 3 })).result, ["ethusdt@trade", "nope@trade"]);
    const stats = await statsOf(simulator);
    assert.deepEqual([stats.open_sockets, stats.streams, stats.stream_names_count], [1, 1, 1]);
    assert.deepEqual((await ask({ method: "GET_PROPERTY", params: ["combined"], id: 4 })).result, false);
    assert.deepEqual((await ask({ method: "SET_PROPERTY", params: ["combined", true], id: 5 })).result, null);
    wall.now_ms += 5_000;
    await listener.until(() => listener.frames.find((frame) => frame.stream === "ethusdt@trade"), "a wrapped trade");
    const errors: [unknown, number][] = [
      ["{", 3],
      ["[1]", 2],
      ["null", 2],
      [{ id: 1 }, 2],
      [{ method: "DANCE", id: 1 }, 2],
      [{ method: "SUBSCRIBE", id: 1 }, 2],
      [{ method: "SUBSCRIBE", params: [7], id: 1 }, 2],
      [{ method: "SUBSCRIBE", params: ['a"b'], id: 1 }, 2],
      [{ method: "SUBSCRIBE", params: ["btcusdt@trade"], id: { a: 1 } }, 2],
      [{ method: "SET_PROPERTY", params: ["combined", "yes"], id: 1 }, 1],
      [{ method: "SET_PROPERTY", params: ["colour", true], id: 1 }, 0],
      [{ method: "SET_PROPERTY", params: [], id: 1 }, 2],
      [{ method: "SUBSCRIBE", params: Array.from({ length: STREAMS_MAX }, (_, i) => `x${i}@trade`), id: 1 }, 2],
    ];
    for (const [message, code] of errors) {
      assert.equal((await ask(message)).error?.code, code, JSON.stringify(message).slice(0, 60));
    }
    assert.equal((await ask({ method: "LIST_SUBSCRIPTIONS", id: 9 })).result.length, 2, "errors change nothing");
    await listener.close();
  });
});

sealedTest("connections past a limit are closed with a reason, and others stay", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async (simulator) => {
    const quiet = await Listener.open(simulator, "/ws");
    const hasty = await Listener.open(simulator, "/ws");
    for (let id = 0; id <= MESSAGES_PER_SECOND_MAX; id++) hasty.send({ method: "LIST_SUBSCRIPTIONS", id });
    assert.equal((await hasty.closed).code, 1008);
    assert.equal(hasty.frames.length, MESSAGES_PER_SECOND_MAX);
    const verbose = await Listener.open(simulator, "/ws");
    verbose.send(`"${"x".repeat(MESSAGE_BYTES_MAX)}"`);
    assert.equal((await verbose.closed).code, 1009);
    const binary = await Listener.open(simulator, "/ws");
    binary.send(new Uint8Array([1, 2, 3]));
    assert.equal((await binary.closed).code, 1003);
    const streams = Array.from({ length: STREAMS_MAX + 1 }, (_, i) => `x${i}@trade`).join("/");
    await assert.rejects(Listener.open(simulator, `/stream?streams=${streams}`));
    await assert.rejects(Listener.open(simulator, "/ws/%00"));
    quiet.send({ method: "LIST_SUBSCRIPTIONS", id: 1 });
    await quiet.until(() => quiet.frames.length === 1, "an answer");
    assert.equal((await statsOf(simulator)).open_sockets, 1);
    await quiet.close();
  });
});

sealedTest("a malformed frame costs only its own socket", async () => {
  await withSimulator({ nowMs: manualWall(NOW).nowMs }, async (simulator) => {
    const quiet = await Listener.open(simulator, "/ws");
    const broken = await rawSocket(simulator, "/ws");
    // An unmasked frame with a reserved opcode: a client may send neither.
    await broken.write(new Uint8Array([0x8f, 0x05, 1, 2, 3, 4, 5]));
    while (await broken.read(new Uint8Array(1024)) !== null);
    broken.close();
    await answers(quiet);
    assert.equal((await statsOf(simulator)).open_sockets, 1);
    await quiet.close();
  });
});

async function answers(listener: Listener): Promise<void> {
  const before = listener.frames.length;
  listener.send({ method: "LIST_SUBSCRIPTIONS", id: 1 });
  await listener.until(() => listener.frames.length > before, "an answer");
}

async function rawSocket({ url }: Simulator, path: string): Promise<Deno.TcpConn> {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${hostname}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  return connection;
}

sealedTest("fault disconnect closes every market socket at once, and they may come back", async () => {
  await withSimulator({}, async (simulator) => {
    const listeners = await Promise.all(
      ["/ws", "/stream", "/ws/btcusdt@trade"].map((path) => Listener.open(simulator, path)),
    );
    await injectFault(simulator, { kind: "disconnect" });
    for (const listener of listeners) assert.equal((await listener.closed).code, 1001);
    const again = await Listener.open(simulator, "/ws");
    const stats = await statsOf(simulator);
    assert.deepEqual([stats.open_sockets, stats.connections_total, stats.streams], [1, 4, 0]);
    await again.close();
  });
});

sealedTest("fault stall keeps sockets open and silent, and what was missed never comes", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const listener = await Listener.open(simulator, "/ws/btcusdt@kline_1m");
    await listener.until(() => listener.frames.length > 0, "a forming candle");
    await injectFault(simulator, { kind: "stall", duration_ms: 150_000 });
    const heard = listener.frames.length;
    wall.now_ms += 149_000;
    listener.send({ method: "LIST_SUBSCRIPTIONS", id: 1 });
    while ((await statsOf(simulator)).messages_in === 0);
    assert.equal((await statsOf(simulator)).open_sockets, 1);
    assert.equal(listener.frames.length, heard);
    while ((await statsOf(simulator)).streamed_ms < wall.now_ms);
    wall.now_ms += 61_000;
    const close = await listener.until(() => listener.frames.find((frame) => frame.k?.x), "a close after the stall");
    assert.equal(
      close.k.t,
      Math.floor((NOW + 149_000) / MINUTE_MS) * MINUTE_MS,
      "the closes within the stall are lost",
    );
    assert(!listener.frames.some((frame) => "id" in frame));
    await listener.close();
  });
});

sealedTest("fault gap loses one symbol's klines and trades, while others and REST go on", async () => {
  const wall = manualWall(NOW);
  await withSimulator({ nowMs: wall.nowMs }, async (simulator) => {
    const listener = await Listener.open(simulator, "/stream?streams=btcusdt@kline_1m/ethusdt@kline_1m/btcusdt@trade");
    assert.equal((await injectFault(simulator, { kind: "gap", symbol: "BTC-USDT", duration_ms: 150_000 })).status, 200);
    assert.equal((await statsOf(simulator)).faults[0].symbol, "BTCUSDT");
    const closes = (stream: string) => listener.frames.filter((frame) => frame.stream === stream && frame.data.k.x);
    wall.now_ms += 149_000;
    await listener.until(() => closes("ethusdt@kline_1m").length === 2, "ETH's closes");
    assert.equal(closes("btcusdt@kline_1m").length, 0);
    wall.now_ms += 61_000;
    const close = await listener.until(() => closes("btcusdt@kline_1m")[0], "BTC's close after the gap");
    assert.equal(close.data.k.t, Math.floor((NOW + 149_000) / MINUTE_MS) * MINUTE_MS);
    const { body } = await getJson(`${simulator.url}/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=4`);
    assert.equal(body.length, 4, "REST has what the stream lost");
    await listener.close();
  });
});

// Last in its file and with sanitizeOps off: Deno finishes closing a socket whose reader has broken off some moments
// after that socket's close event, and there is nothing to wait for.
Deno.test({
  name: "a reader that never reads is closed once too much waits for it, and others stay",
  sanitizeOps: false,
  sanitizeResources: true,
  fn: () =>
    withSimulator({ speed: 3600 }, async (simulator) => {
      const quiet = await Listener.open(simulator, "/ws");
      const coins = ["btc", "eth", "sol", "bnb", "xrp", "doge"];
      const names = coins.flatMap((coin) => [`${coin}usdt@aggTrade`, `${coin}usdt@trade`]);
      const deaf = await rawSocket(simulator, `/stream?streams=${names.join("/")}`);
      const deadline = Date.now() + 60_000;
      while ((await statsOf(simulator)).open_sockets > 1) {
        assert(Date.now() < deadline, `still open with ${BUFFERED_BYTES_MAX} bytes to wait for`);
      }
      const { frames_out } = await statsOf(simulator);
      assert(frames_out > 1_000, `it was told ${frames_out} frames first`);
      await answers(quiet);
      deaf.close();
      await quiet.close();
    }),
});
