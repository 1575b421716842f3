import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { ANON_KEY, RawClient, SECRET_KEY, startHost, waitFor } from "./testing.ts";

const options = { sanitizeOps: true, sanitizeResources: true };
const SELF = { broadcast: { self: true, ack: true } };

/** A kind 3 frame. */
function push(ref: string, topic: string, event: string, json: boolean, payload: Uint8Array): Uint8Array {
  const fields = ["1", ref, topic, event, ""].map((field) => new TextEncoder().encode(field));
  return new Uint8Array([
    3,
    ...fields.map((field) => field.length),
    json ? 1 : 0,
    ...fields.flatMap((field) => [...field]),
    ...payload,
  ]);
}

Deno.test("The socket protocol on public channels", options, async (t) => {
  await using stack = await startTestSupabase();
  let skew = 0;
  await using host = await startHost(stack.dbUrl, {
    nowMs: () => Date.now() + skew,
    limits: { frameBytesMax: 200_000, payloadBytesMax: 100_000 },
  });

  await t.step("a heartbeat is answered in both versions", async () => {
    using two = await RawClient.open(host, "2.0.0");
    two.send([null, "7", "phoenix", "heartbeat", {}]);
    assert.deepEqual(await two.text("phx_reply"), [null, "7", "phoenix", "phx_reply", { status: "ok", response: {} }]);
    using one = await RawClient.open(host, "1.0.0");
    one.send({ topic: "phoenix", event: "heartbeat", payload: {}, ref: "7" });
    assert.deepEqual(await one.text("phx_reply"), {
      topic: "phoenix",
      event: "phx_reply",
      payload: { status: "ok", response: {} },
      ref: "7",
    });
  });

  await t.step("both versions on one channel see each other's broadcasts", async () => {
    using two = await RawClient.open(host, "2.0.0");
    using one = await RawClient.open(host, "1.0.0");
    await two.join("mixed");
    one.send({ topic: "realtime:mixed", event: "phx_join", payload: { config: {} }, ref: "1", join_ref: "1" });
    await one.text("phx_reply");
    two.send(push("2", "realtime:mixed", "hi", true, new TextEncoder().encode('{"from":"two"}')));
    assert.deepEqual(await one.text('"two"'), {
      topic: "realtime:mixed",
      event: "broadcast",
      payload: { type: "broadcast", event: "hi", payload: { from: "two" } },
      ref: null,
    });
    const body = { type: "broadcast", event: "hi", payload: { from: "one" } };
    one.send({ topic: "realtime:mixed", event: "broadcast", payload: body, ref: "2" });
    assert.deepEqual(await two.text('"one"'), [null, null, "realtime:mixed", "broadcast", body]);
  });

  await t.step("a binary payload reaches version 2 as kind 4 and spares version 1", async () => {
    using sender = await RawClient.open(host);
    using two = await RawClient.open(host);
    using one = await RawClient.open(host, "1.0.0");
    await sender.join("bytes");
    await two.join("bytes");
    one.send({ topic: "realtime:bytes", event: "phx_join", payload: {}, ref: "1" });
    await one.text("phx_reply");
    sender.send(push("2", "realtime:bytes", "blob", false, new Uint8Array([0, 255, 1])));
    const frame = await two.binary();
    assert.deepEqual([...frame.subarray(0, 5)], [4, "realtime:bytes".length, 4, 0, 0]);
    assert.deepEqual([...frame.subarray(-3)], [0, 255, 1]);
    await one.settle();
    assert.deepEqual(one.received.filter((frame) => JSON.stringify(frame).includes("blob")), []);
  });

  await t.step("`self` includes the sender and `ack` is answered after fan-out", async () => {
    using client = await RawClient.open(host);
    await client.join("mine", SELF);
    const body = { type: "broadcast", event: "e", payload: {} };
    client.send(["1", "2", "realtime:mine", "broadcast", body]);
    assert.deepEqual(await client.text('"e"'), [null, null, "realtime:mine", "broadcast", body]);
    assert.deepEqual(await client.text('"2"'), ["1", "2", "realtime:mine", "phx_reply", {
      status: "ok",
      response: {},
    }]);
    await client.join("others", {}, undefined, "5");
    client.send(["5", "6", "realtime:others", "broadcast", body]);
    await client.settle();
    assert.deepEqual(client.received.filter((frame) => JSON.stringify(frame).includes('"e"')), []);
  });

  await t.step("joining again closes the old join, and leaving ends with phx_close", async () => {
    using client = await RawClient.open(host);
    await client.join("again", {}, undefined, "1");
    await client.join("again", {}, undefined, "2");
    assert.deepEqual(await client.text("phx_close"), ["1", "1", "realtime:again", "phx_close", {}]);
    client.send(["1", "3", "realtime:again", "phx_leave", {}]);
    assert.deepEqual(await client.text('"3"'), ["1", "3", "realtime:again", "phx_reply", {
      status: "ok",
      response: {},
    }]);
    await client.settle();
    const closes = client.received.filter((frame) => JSON.stringify(frame).includes("phx_close"));
    assert.equal(closes.length, 0, "a leave of the old join must not end the new one");
    client.send(["2", "4", "realtime:again", "phx_leave", {}]);
    await client.text('"4"');
    assert.deepEqual(await client.text("phx_close"), ["2", "2", "realtime:again", "phx_close", {}]);
    client.send(["2", "5", "realtime:again", "broadcast", {}]);
    assert.match(JSON.stringify(await client.text('"5"')), /unmatched topic/);
  });

  await t.step("malformed frames are dropped and the socket lives", async () => {
    using client = await RawClient.open(host);
    for (
      const bad of ["{", "[]", "null", '"x"', "[1,2,3,4,5]", new Uint8Array([3, 9, 9, 9, 9, 9, 1]), new Uint8Array([0])]
    ) {
      client.send(bad);
    }
    await client.settle();
    assert.equal(client.closed, null);
  });

  await t.step("sockets full of mutated messages leave the server and the other clients unharmed", async () => {
    using witness = await RawClient.open(host);
    await witness.join("witness");
    const seed = 7;
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor(state / 4_294_967_296 * below);
    };
    const bases = [
      '["1","1","realtime:f","phx_join",{"config":{"presence":{"key":"k"},"broadcast":{"ack":true}}}]',
      '["1","2","realtime:f","presence",{"type":"presence","event":"track","payload":{"a":1}}]',
      '["1","3","realtime:f","access_token",{"access_token":"x.y.z"}]',
      '["1","4","realtime:f","broadcast",{"type":"broadcast","event":"e","payload":{"a":1}}]',
      '["1","5","realtime:f","phx_leave",{}]',
    ];
    for (let socket = 0; socket < 10; socket++) {
      const client = await RawClient.open(host);
      for (let i = 0; i < 400; i++) {
        const text = bases[random(bases.length)] as string;
        const at = random(text.length);
        const cut = text.slice(0, at) + ['"', "{", "null", "[1]", "\u0000", "é", ""][random(7)] +
          text.slice(at + random(6));
        client.send(random(4) === 0 ? new TextEncoder().encode(cut) : cut);
      }
      await client.settle().catch(() => client.ended());
      client.socket.close();
      await client.ended();
    }
    await witness.settle();
    assert.equal(witness.closed, null, `seed ${seed}`);
    assert.equal((await witness.join("witness-two")).status, "ok");
  });

  await t.step("a join that asks for nonsense is refused", async () => {
    using client = await RawClient.open(host);
    const cases: [string, unknown, RegExp][] = [
      ["a", { private: "maybe" }, /InvalidJoinPayload.*config\.private/],
      ["b", "text", /InvalidJoinPayload.*config/],
      ["c", { presence: { enabled: 7 } }, /InvalidJoinPayload/],
      ["", {}, /TopicNameRequired/],
      ["x".repeat(247), {}, /TopicNameTooLong/],
      ["d", { broadcast: { replay: { since: 1 } } }, /UnableToReplayMessages: Replay is not allowed/],
      ["e", { private: true, broadcast: { replay: { since: "x" } } }, /UnableToReplayMessages: Replay params/],
      ["f", { postgres_changes: "all" }, /InvalidJoinPayload.*config\.postgres_changes/],
    ];
    for (const [topic, config, reason] of cases) {
      const reply = await client.join(topic, config);
      assert.equal(reply.status, "error", topic);
      assert.match(reply.response.reason ?? "", reason);
    }
    client.send(["1", "9", "elsewhere:x", "phx_join", {}]);
    assert.match(JSON.stringify(await client.text("elsewhere")), /unmatched topic/);
    const flags = await client.join("a:b:c", { private: "false", broadcast: { self: "true" } });
    assert.deepEqual(flags, { status: "ok", response: { postgres_changes: [] } });
  });

  await t.step("the 101st channel is refused", async () => {
    using client = await RawClient.open(host);
    for (let i = 0; i < 100; i++) client.send(["1", `r${i}`, `realtime:c${i}`, "phx_join", {}]);
    await client.text('"r99"');
    skew += 1_000;
    const reply = await client.join("c100", {}, undefined, "201");
    assert.equal(reply.response.reason, "ChannelRateLimitReached: Too many channels");
    client.send(["1", "202", "realtime:c0", "phx_leave", {}]);
    assert.equal((await client.join("c100", {}, undefined, "203")).status, "ok");
  });

  await t.step("the 101st join within a second is refused and ends the socket", async () => {
    using client = await RawClient.open(host);
    for (let i = 0; i < 101; i++) client.send(["1", `r${i}`, "realtime:same", "phx_join", {}]);
    assert.match(JSON.stringify(await client.text('"r100"')), /ClientJoinRateLimitReached/);
    assert.equal((await client.ended()).code, 1008);
  });

  await t.step("a payload over the limit is answered, a frame over the limit closes the socket", async () => {
    using client = await RawClient.open(host);
    await client.join("big", SELF);
    client.send(push("2", "realtime:big", "e", true, new TextEncoder().encode(JSON.stringify("x".repeat(100_001)))));
    assert.match(JSON.stringify(await client.text('"2"')), /payload_size_exceeded/);
    client.send(new Uint8Array(200_001));
    assert.equal((await client.ended()).code, 1009);
  });

  await t.step("101 events within a second end the channel, not the socket", async () => {
    using client = await RawClient.open(host);
    await client.join("storm");
    for (let i = 0; i < 101; i++) client.send(["1", "2", "realtime:storm", "broadcast", { event: "e" }]);
    assert.match(JSON.stringify(await client.text("system")), /Too many messages per second/);
    await client.text("phx_close");
    await client.settle();
  });

  await t.step("presence: state after the join, then diffs, and a storm ends the channel", async () => {
    using first = await RawClient.open(host);
    await first.join("here", { presence: { key: "ann" } });
    assert.deepEqual(await first.text("presence_state"), ["1", null, "realtime:here", "presence_state", {}]);
    first.send(["1", "2", "realtime:here", "presence", { type: "presence", event: "track", payload: { mood: "ok" } }]);
    await first.text('"2"');
    const joins = JSON.stringify(await first.text("presence_diff"));
    assert.match(joins, /"joins":\{"ann":\{"metas":\[\{"mood":"ok","phx_ref":"[^"]+"\}\]\}\},"leaves":\{\}/);
    using second = await RawClient.open(host);
    await second.join("here", { presence: { key: "bob" } });
    assert.match(JSON.stringify(await second.text("presence_state")), /"ann".*"mood":"ok"/);
    first.socket.close();
    assert.match(JSON.stringify(await second.text("presence_diff")), /"joins":\{\},"leaves":\{"ann"/);
    for (let i = 0; i < 6; i++) {
      second.send(["1", `p${i}`, "realtime:here", "presence", { event: "track", payload: { i } }]);
    }
    assert.match(JSON.stringify(await second.text("system")), /presence rate limit/);
    await second.text("phx_close");
  });

  await t.step("the handshake refuses strangers over HTTP", async () => {
    const headers = {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    const statusOf = async (path: string) => (await rawUpgrade(host.url, path, headers)).slice(9, 12);
    assert.equal(await statusOf("/realtime/v1/websocket?apikey=nobody"), "401");
    assert.equal(await statusOf("/realtime/v1/websocket"), "401");
    assert.equal(await statusOf(`/realtime/v1/websocket?apikey=${ANON_KEY}&vsn=9.0.0`), "403");
    assert.equal(await statusOf(`/realtime/v1/elsewhere?apikey=${ANON_KEY}`), "404");
    assert.equal(await statusOf(`/realtime/v1/websocket/websocket?apikey=${ANON_KEY}`), "101");
  });
});

Deno.test("A server of few connections and short patience", options, async (t) => {
  await using stack = await startTestSupabase();
  let skew = 0;
  await using host = await startHost(stack.dbUrl, {
    nowMs: () => Date.now() + skew,
    limits: { connectionsMax: 2, sendQueueSoftBytesMax: 300_000, sendQueueHardBytesMax: 1_000_000 },
  });

  await t.step("one connection too many is refused with 429", async () => {
    using _one = await RawClient.open(host);
    using _two = await RawClient.open(host);
    await assert.rejects(RawClient.open(host));
    await waitFor("two connections", () => host.server.metrics().connections === 2);
  });

  await t.step("a reader that stops reading is conflated, then closed; others get everything", async () => {
    await waitFor("free places", () => host.server.metrics().connections === 0);
    const stalled = await stalledSubscriber(host.url, "market:sim:SLOW:1m");
    try {
      using reader = await RawClient.open(host);
      await reader.join("market:sim:SLOW:1m");
      let sent = 0;
      // Twenty frames at a time, each batch read before the next: only the stalled reader falls behind.
      const post = async (event: string) => {
        const messages = Array.from({ length: 20 }, () => ({
          topic: "market:sim:SLOW:1m",
          event,
          payload: { t: 60_000, sequence: ++sent, pad: "x".repeat(10_000) },
        }));
        const response = await fetch(`${host.url}/realtime/v1/api/broadcast`, {
          method: "POST",
          headers: { apikey: SECRET_KEY, "content-type": "application/json" },
          body: JSON.stringify({ messages }),
        });
        assert.equal(response.status, 202);
        await response.body?.cancel();
        await reader.text(`"sequence":${sent},`);
        reader.received.length = 0;
      };
      await waitFor("conflation", async () => {
        await post("candle");
        return host.server.metrics().conflated > 500;
      });
      const { queue_bytes, connections } = host.server.metrics();
      assert.equal(connections, 2, "a conflated reader stays");
      assert.ok(queue_bytes < 1_000_000, `the queue holds ${queue_bytes} bytes`);
      await waitFor("the cut", async () => {
        await post("trade");
        return host.server.metrics().slow_closed === 1;
      });
      assert.equal(reader.closed, null);
    } finally {
      stalled.close();
    }
  });

  await t.step("a socket without heartbeats is closed", async () => {
    using silent = await RawClient.open(host);
    await silent.settle();
    skew = 76_000;
    assert.equal((await silent.ended()).code, 1001);
  });
});

async function rawUpgrade(url: string, path: string, headers: Record<string, string>): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const request = [`GET ${path} HTTP/1.1`, "host: localhost", ...lines, "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(1_024);
  const length = await connection.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}

/** Joins a public topic over a bare socket and never reads again. */
async function stalledSubscriber(url: string, topic: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  const lines = [
    `GET /realtime/v1/websocket?apikey=${ANON_KEY}&vsn=2.0.0 HTTP/1.1`,
    "host: localhost",
    "upgrade: websocket",
    "connection: Upgrade",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    "",
    "",
  ];
  await connection.write(new TextEncoder().encode(lines.join("\r\n")));
  await connection.read(new Uint8Array(1_024));
  const join = new TextEncoder().encode(JSON.stringify(["1", "1", `realtime:${topic}`, "phx_join", {}]));
  // Masked with zeros: the payload stands as it is.
  await connection.write(new Uint8Array([0x81, 0x80 | join.length, 0, 0, 0, 0, ...join]));
  await connection.read(new Uint8Array(1_024));
  return connection;
}
