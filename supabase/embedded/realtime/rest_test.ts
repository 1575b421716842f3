import assert from "node:assert/strict";
import { z } from "zod";
import { startTestSupabase } from "../testing.ts";
import { type BatchMessage, messageSchema, parseBatch } from "./rest.ts";
import { ANON_KEY, MEMBERS_SQL, RawClient, SECRET_KEY, signToken, startHost } from "./testing.ts";

const ANN = "00000000-0000-4000-8000-00000000000a";

Deno.test("the short way to judge a batch agrees with the schema on 5,000 mutated messages", () => {
  const seed = 7;
  let state = seed;
  const draw = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
  const values: readonly unknown[] = [
    undefined,
    null,
    "",
    "x",
    0,
    1e21,
    true,
    false,
    [],
    [1],
    {},
    { a: [{}] },
    '"\\u0000',
  ];
  const keys = ["topic", "event", "payload", "private", "__proto__", "extra"] as const;
  let accepted = 0;
  for (let i = 0; i < 5_000; i++) {
    let item: unknown = { topic: "a", event: "e", payload: { n: i }, private: i % 2 === 0 };
    if (draw(20) === 0) item = values[draw(values.length)];
    else {for (let n = draw(3); n > 0; n--) {
        item = mutate(item, keys[draw(keys.length)] ?? "topic", values[draw(values.length)]);
      }}
    const list: unknown = JSON.parse(JSON.stringify([item]));
    const expected = z.array(messageSchema).safeParse(list);
    const parsed = parseBatch(new TextEncoder().encode(JSON.stringify({ messages: list })));
    assert.equal(parsed.ok, expected.success, `seed ${seed}, message ${i}: ${JSON.stringify(list)}`);
    if (!parsed.ok) continue;
    accepted++;
    const read = ({ topic, event, payload, private: isPrivate }: BatchMessage) => [topic, event, payload, isPrivate];
    assert.deepEqual(parsed.messages.map(read), expected.data?.map(read));
  }
  assert.ok(accepted > 500 && accepted < 4_500, `seed ${seed}: ${accepted} accepted`);
});

Deno.test("Broadcasts over REST", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  await stack.sql.unsafe(MEMBERS_SQL);
  await stack.sql`insert into public.realtime_members values ('test:room', ${ANN}, true)`;
  await using host = await startHost(stack.dbUrl, { limits: { restBodyBytesMax: 50_000, payloadBytesMax: 20_000 } });
  const ann = await signToken({ sub: ANN });

  const post = async (path: string, body: BodyInit, headers: Record<string, string>) => {
    const response = await fetch(`${host.url}/realtime/v1/api/broadcast${path}`, { method: "POST", body, headers });
    return { status: response.status, text: await response.text() };
  };
  const batch = (messages: unknown, headers: Record<string, string>) =>
    post("", JSON.stringify({ messages }), { "content-type": "application/json", ...headers });
  const message = (topic: string, text: string, isPrivate: boolean) => ({
    topic,
    event: "e",
    payload: { text },
    private: isPrivate,
  });

  await t.step("the secret key's batch reaches private and public channels in order", async () => {
    using client = await RawClient.open(host);
    await client.join("market:sim:BTC-USDT:1m", { private: true });
    await client.join("lobby");
    const messages = Array.from({ length: 300 }, (_, i) => message("market:sim:BTC-USDT:1m", `m${i}`, true));
    const answer = await batch([...messages, message("lobby", "last", false)], { apikey: SECRET_KEY });
    assert.deepEqual(answer, { status: 202, text: "" });
    assert.deepEqual(await client.text('"last"'), [null, null, "realtime:lobby", "broadcast", {
      type: "broadcast",
      event: "e",
      payload: { text: "last" },
    }]);
    const seen = client.received.flatMap((frame) => JSON.stringify(frame).match(/"m\d+"/) ?? []);
    assert.deepEqual(seen, messages.map((_, i) => `"m${i}"`));
  });

  await t.step("a private topic needs the caller's permission: 202 and dropped in a batch, 403 alone", async () => {
    using client = await RawClient.open(host);
    await client.join("test:room", { private: true }, ann);
    assert.equal((await batch([message("test:room", "intruder", true)], { apikey: ANON_KEY })).status, 202);
    const member = { apikey: ANON_KEY, authorization: `Bearer ${ann}` };
    const single = "/test%3Aroom/events/e?private=true";
    const json = { "content-type": "application/json" };
    assert.equal((await post(single, '{"text":"intruder"}', { ...json, apikey: ANON_KEY })).status, 403);
    assert.equal((await batch([message("test:room", "member", true)], member)).status, 202);
    await client.text('"member"');
    assert.equal((await post(single, '{"text":"alone"}', { ...json, ...member })).status, 202);
    assert.match(new TextDecoder().decode(await client.binary()), /realtime:test:roome\{"text":"alone"\}$/);
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /intruder/);
  });

  await t.step("bytes posted to a topic arrive as bytes", async () => {
    using client = await RawClient.open(host);
    await client.join("bytes");
    const headers = { apikey: ANON_KEY, "content-type": "application/octet-stream" };
    assert.equal((await post("/bytes/events/blob", new Uint8Array([0, 255, 7]), headers)).status, 202);
    const frame = await client.binary();
    assert.deepEqual([frame[4], ...frame.subarray(-3)], [0, 0, 255, 7]);
  });

  await t.step("strangers, bad tokens and bad bodies are refused by status", async () => {
    const json = { "content-type": "application/json", apikey: ANON_KEY };
    const good = [message("a", "x", false)];
    assert.equal((await batch(good, {})).status, 401);
    assert.equal((await batch(good, { apikey: "sb_secret_guess" })).status, 401);
    assert.equal((await batch(good, { apikey: ANON_KEY, authorization: "Bearer x.y.z" })).status, 401);
    assert.equal((await post("", "{", json)).status, 400);
    assert.equal((await post("", "[]", json)).status, 422);
    assert.equal((await post("", "x", { apikey: ANON_KEY, "content-type": "text/plain" })).status, 415);
    assert.equal((await post("/a/events/e", "x", { apikey: ANON_KEY, "content-type": "text/plain" })).status, 415);
    assert.equal((await post("/a/events/e", "[1]", json)).status, 422);
    assert.equal((await post("/a/events/%ff", "{}", json)).status, 400);
    assert.equal((await post("/a/events/e", " ".repeat(20_001), json)).status, 413);
    assert.equal((await post("", " ".repeat(50_001), json)).status, 413);
    assert.equal((await batch([message("x".repeat(247), "x", false)], { apikey: ANON_KEY })).status, 422);
    const { status, text } = await batch([good[0], { topic: "", payload: [] }], { apikey: ANON_KEY });
    assert.equal(status, 422);
    assert.deepEqual(JSON.parse(text), {
      errors: { messages: [{}, { topic: ["can't be blank"], event: ["can't be blank"], payload: ["can't be blank"] }] },
    });
  });

  await t.step("too large a batch and too many messages a second are 429, but not for the secret key", async () => {
    const small = Array.from({ length: 600 }, () => message("a", "", false));
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) statuses.push((await batch(small, { apikey: ANON_KEY })).status);
    assert.ok(statuses.includes(429), statuses.join());
    for (let i = 0; i < 6; i++) assert.equal((await batch(small, { apikey: SECRET_KEY })).status, 202);
  });

  await t.step("metrics are for the secret key", async () => {
    const get = async (apikey: string) => {
      const response = await fetch(`${host.url}/realtime/v1/metrics`, { headers: { apikey } });
      return { status: response.status, text: await response.text() };
    };
    assert.equal((await get(ANON_KEY)).status, 403);
    assert.equal((await get("nobody")).status, 401);
    const { status, text } = await get(SECRET_KEY);
    assert.equal(status, 200);
    assert.match(text, /^# TYPE realtime_connections gauge\nrealtime_connections \d+$/m);
    assert.match(text, /^realtime_messages_in_total \d+$/m);
  });
});

function mutate(item: unknown, key: string, value: unknown): unknown {
  return Object.fromEntries([...Object.entries(item as object).filter(([name]) => name !== key), [key, value]]);
}
