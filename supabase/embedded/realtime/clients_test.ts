import { RealtimeClient } from "@supabase/realtime-js";
import { createClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { ANON_KEY, MEMBERS_SQL, signToken, startHost, waitFor } from "./testing.ts";

const ANN = "00000000-0000-4000-8000-00000000000a";

// The stock clients leave push timers running and a response body unread when they are done.
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test("Stock clients", options, async (t) => {
  await using stack = await startTestSupabase();
  await stack.sql.unsafe(MEMBERS_SQL);
  await stack.sql`insert into public.realtime_members values ('test:room', ${ANN}, true)`;
  await using host = await startHost(stack.dbUrl);
  const open = (vsn?: "1.0.0" | "2.0.0") =>
    new RealtimeClient(`${host.url.replace("http", "ws")}/realtime/v1`, { params: { apikey: ANON_KEY }, vsn });
  const close = async (...clients: RealtimeClient[]) => {
    for (const client of clients) await client.disconnect();
    await waitFor("closed sockets", () => host.server.metrics().connections === 0);
  };

  await t.step("realtime-js of both versions exchange broadcasts and acks on one channel", async () => {
    const [two, one] = [open(), open("1.0.0")];
    const seen: unknown[] = [];
    const channels = [two, one].map((client) => client.channel("chat", { config: { broadcast: { ack: true } } }));
    for (const channel of channels) {
      channel.on("broadcast", { event: "say" }, (message) => seen.push(message.payload));
      await subscribed(channel);
    }
    assert.equal(await channels[0]?.send({ type: "broadcast", event: "say", payload: { n: 2 } }), "ok");
    assert.equal(await channels[1]?.send({ type: "broadcast", event: "say", payload: { n: 1 } }), "ok");
    await waitFor("both messages", () => seen.length === 2);
    assert.deepEqual(seen, [{ n: 2 }, { n: 1 }]);
    await close(two, one);
  });

  await t.step("presence is tracked, seen, changed and dropped", async () => {
    const [first, second] = [open(), open()];
    const [a, b] = [first.channel("p", presenceKey("a")), second.channel("p", presenceKey("b"))];
    const left: string[] = [];
    a.on("presence", { event: "sync" }, () => {});
    b.on("presence", { event: "leave" }, ({ key }) => left.push(key));
    await subscribed(a);
    await subscribed(b);
    assert.equal(await a.track({ mood: "calm" }), "ok");
    await waitFor("the first mood", () => b.presenceState<{ mood: string }>().a?.[0]?.mood === "calm");
    assert.equal(await a.track({ mood: "glad" }), "ok");
    await waitFor("the second mood", () => b.presenceState<{ mood: string }>().a?.[0]?.mood === "glad");
    assert.equal(b.presenceState().a?.length, 1);
    assert.equal(await a.untrack(), "ok");
    await waitFor("the leave", () => b.presenceState().a === undefined);
    assert.ok(left.includes("a"));
    await close(first, second);
  });

  await t.step("setAuth() opens a private channel, and the database's message carries its meta", async () => {
    const client = open();
    await client.setAuth(await signToken({ sub: ANN }));
    const channel = client.channel("test:room", { config: { private: true } });
    const seen: { meta?: { id: string } }[] = [];
    channel.on("broadcast", { event: "*" }, (message) => seen.push(message));
    await subscribed(channel);
    await stack.sql`select realtime.send('{"x":1}', 'e', 'test:room')`;
    await waitFor("the message", () => seen.length === 1);
    assert.match(seen[0]?.meta?.id ?? "", /^[0-9a-f-]{36}$/);
    assert.deepEqual(await channel.httpSend("over-http", { y: 2 }), { success: true });
    await waitFor("the second message", () => seen.length === 2);
    assert.equal(await channel.unsubscribe(), "ok");
    await close(client);
  });

  await t.step("a refused join is an error with its reason", async () => {
    const client = open();
    const channel = client.channel("test:room", { config: { private: true } });
    await assert.rejects(subscribed(channel), /Unauthorized/);
    await client.removeAllChannels();
    await close(client);
  });

  await t.step("supabase-js follows a market through the gateway", async () => {
    const browser = createClient(stack.url, stack.publishableKey);
    const worker = createClient(stack.url, stack.secretKey);
    const topic = "market:sim:BTC-USDT:1m";
    const seen: unknown[] = [];
    const channel = browser.channel(topic, { config: { private: true } });
    channel.on("broadcast", { event: "candle" }, (message) => seen.push(message.payload));
    await subscribed(channel);
    const answer = await worker.channel(topic, { config: { private: true } }).httpSend("candle", { t: 1, c: "2" });
    assert.deepEqual(answer, { success: true });
    await waitFor("the candle", () => seen.length === 1);
    assert.deepEqual(seen, [{ t: 1, c: "2" }]);
    for (const client of [browser, worker]) {
      await client.removeAllChannels();
      await client.realtime.disconnect();
      await client.auth.stopAutoRefresh();
    }
  });
});

interface Subscribable {
  subscribe(callback: (status: string, error?: Error) => void): unknown;
}

function subscribed(channel: Subscribable): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === "SUBSCRIBED") resolve();
      else reject(error ?? new Error(status));
    });
  });
}

function presenceKey(key: string) {
  return { config: { presence: { key } } };
}
