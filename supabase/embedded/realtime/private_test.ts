import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { MEMBERS_SQL, RawClient, SECRET_KEY, signToken, startHost, waitFor } from "./testing.ts";

const PRIVATE = { private: true };
const ANN = "00000000-0000-4000-8000-00000000000a";
const BOB = "00000000-0000-4000-8000-00000000000b";
const FORGED = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjo5OTk5OTk5OTk5fQ.AAAA";
const UNSIGNED = "eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjo5OTk5OTk5OTk5fQ.";

Deno.test("Private channels", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(MEMBERS_SQL);
  let skew = 0;
  await using host = await startHost(stack.dbUrl, { nowMs: () => Date.now() + skew });
  const ann = await signToken({ sub: ANN });
  const bob = await signToken({ sub: BOB });
  const admit = (topic: string, user: string, writes: boolean) =>
    sql`insert into public.realtime_members values (${topic}, ${user}, ${writes})
      on conflict (topic, user_id) do update set writes = excluded.writes`;
  const body = (text: string) => ({ type: "broadcast", event: "e", payload: { text } });

  await t.step("a topic no policy opens is refused, and so is one opened to somebody else", async () => {
    await admit("test:room", ANN, true);
    using client = await RawClient.open(host);
    for (const [topic, token] of [["worker", undefined], ["test:room", bob], ["test:room", undefined]] as const) {
      const reply = await client.join(topic, PRIVATE, token);
      assert.match(reply.response.reason ?? "", /^Unauthorized: You do not have permissions to read from this Channel/);
    }
    assert.equal((await client.join("test:room", PRIVATE, ann)).status, "ok");
    assert.equal((await client.join("market:sim:BTC-USDT:1m", PRIVATE)).status, "ok");
  });

  await t.step("the secret key joins and writes what nobody else may", async () => {
    using worker = await RawClient.open(host, "2.0.0", SECRET_KEY);
    using other = await RawClient.open(host, "2.0.0", SECRET_KEY);
    assert.equal((await worker.join("worker", PRIVATE)).status, "ok");
    assert.equal((await other.join("worker", PRIVATE)).status, "ok");
    worker.send(["1", "2", "realtime:worker", "broadcast", body("wake")]);
    await other.text("wake");
  });

  await t.step("who may read but not write is neither heard nor acknowledged", async () => {
    await admit("test:lecture", ANN, true);
    await admit("test:lecture", BOB, false);
    using speaker = await RawClient.open(host);
    using listener = await RawClient.open(host);
    const config = { private: true, broadcast: { ack: true } };
    await speaker.join("test:lecture", config, ann);
    await listener.join("test:lecture", config, bob);
    listener.send(["1", "2", "realtime:test:lecture", "broadcast", body("heckle")]);
    speaker.send(["1", "2", "realtime:test:lecture", "broadcast", body("lesson")]);
    await listener.text("lesson");
    await listener.settle();
    await speaker.settle();
    assert.doesNotMatch(JSON.stringify(speaker.received), /heckle/);
    assert.doesNotMatch(JSON.stringify(listener.received), /"2","realtime:test:lecture","phx_reply"/);
  });

  await t.step("a private channel and a public one of the same name never meet", async () => {
    using inside = await RawClient.open(host);
    using outside = await RawClient.open(host);
    await inside.join("test:room", PRIVATE, ann);
    await outside.join("test:room");
    inside.send(["1", "2", "realtime:test:room", "broadcast", body("secret")]);
    outside.send(["1", "2", "realtime:test:room", "broadcast", body("public")]);
    await Promise.all([inside.settle(), outside.settle()]);
    assert.doesNotMatch(JSON.stringify(outside.received), /secret/);
    assert.doesNotMatch(JSON.stringify(inside.received), /public/);
  });

  await t.step("presence needs its own permission", async () => {
    using client = await RawClient.open(host);
    assert.equal((await client.join("market:sim:BTC-USDT:5m", { private: true, presence: { key: "x" } })).status, "ok");
    client.send(["1", "2", "realtime:market:sim:BTC-USDT:5m", "presence", { event: "track", payload: {} }]);
    assert.match(JSON.stringify(await client.text('"2"')), /Unauthorized/);
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /presence_state|presence_diff/);
    await client.join("test:room", { private: true, presence: { key: "ann" } }, ann);
    await client.text("presence_state");
    client.send(["1", "3", "realtime:test:room", "presence", { event: "track", payload: { a: 1 } }]);
    await client.text("presence_diff");
  });

  await t.step("forged, unsigned, malformed and expired tokens are refused by code", async () => {
    using client = await RawClient.open(host);
    const expired = await signToken({ sub: ANN }, -10);
    const cases: [string, RegExp][] = [
      [FORGED, /^(MalformedJWT|InvalidJWTToken): /],
      [UNSIGNED, /^(MalformedJWT|InvalidJWTToken): /],
      ["x", /^MalformedJWT: /],
      ["y".repeat(20_000), /^MalformedJWT: /],
      [expired, /^InvalidJWTToken: /],
    ];
    for (const [token, reason] of cases) {
      const reply = await client.join("test:room", PRIVATE, token);
      assert.equal(reply.status, "error");
      assert.match(reply.response.reason ?? "", reason);
    }
  });

  await t.step("null, unchanged and sb_ tokens change nothing; a bad one ends the channel", async () => {
    using client = await RawClient.open(host);
    await client.join("test:room", PRIVATE, ann);
    for (const token of [null, ann, "sb_publishable_other", SECRET_KEY, 7]) {
      client.send(["1", "2", "realtime:test:room", "access_token", { access_token: token }]);
    }
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /system|phx_close/);
    client.send(["1", "3", "realtime:test:room", "access_token", { access_token: FORGED }]);
    const system = await client.text('"system"') as [string, null, string, string, Record<string, string>];
    assert.deepEqual([system[4].extension, system[4].status, system[4].channel], ["system", "error", "test:room"]);
    await client.text("phx_close");
  });

  await t.step("a new token that may not read ends the channel", async () => {
    using client = await RawClient.open(host);
    await client.join("test:room", PRIVATE, ann);
    client.send(["1", "2", "realtime:test:room", "access_token", { access_token: bob }]);
    assert.match(JSON.stringify(await client.text('"system"')), /no longer have permission to read/);
    await client.text("phx_close");
  });

  await t.step("a token that expires ends its channels, and theirs alone", async () => {
    using client = await RawClient.open(host);
    const short = await signToken({ sub: ANN }, 60);
    await client.join("test:room", PRIVATE, short);
    await client.join("market:sim:BTC-USDT:1m", PRIVATE);
    skew = 61_000;
    assert.match(JSON.stringify(await client.text('"system"')), /Token has expired/);
    assert.match(JSON.stringify(await client.text("phx_close")), /test:room/);
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /phx_close/);
    skew = 0;
  });

  await t.step("realtime.reauthorize() cuts whoever was banned, and nobody else, within two seconds", async () => {
    await admit("test:club", ANN, true);
    await admit("test:club", BOB, true);
    using member = await RawClient.open(host);
    using banned = await RawClient.open(host);
    await member.join("test:club", PRIVATE, ann);
    await banned.join("test:club", PRIVATE, bob);
    const from = performance.now();
    await sql.begin(async (tx) => {
      await tx`delete from public.realtime_members where topic = 'test:club' and user_id = ${BOB}`;
      await tx`select realtime.reauthorize('test:club')`;
    });
    assert.match(JSON.stringify(await banned.text('"system"')), /no longer have permission/);
    await banned.text("phx_close");
    assert.ok(performance.now() - from < 2_000);
    await host.server.handleHttp(broadcastRequest("test:club", "after the ban"));
    await member.text("after the ban");
    await banned.settle();
    assert.doesNotMatch(JSON.stringify(banned.received), /after the ban/);
    assert.match((await banned.join("test:club", PRIVATE, bob)).response.reason ?? "", /Unauthorized/);
  });

  await t.step(
    "realtime.reauthorize_user() asks for one user alone, and cuts all of that user's channels",
    async () => {
      for (const who of [ANN, BOB]) await admit("test:crowd", who, true);
      using member = await RawClient.open(host);
      using first = await RawClient.open(host);
      using second = await RawClient.open(host);
      await member.join("test:crowd", PRIVATE, ann);
      for (const client of [first, second]) await client.join("test:crowd", PRIVATE, bob);
      const before = host.server.metrics();
      await sql.begin(async (tx) => {
        await tx`delete from public.realtime_members where topic = 'test:crowd'`;
        await tx`select realtime.reauthorize_user('test:crowd', ${BOB})`;
      });
      for (const client of [first, second]) {
        assert.match(JSON.stringify(await client.text('"system"')), /no longer have permission/);
      }
      const { reauthorized, revoked } = host.server.metrics();
      assert.deepEqual([reauthorized - before.reauthorized, revoked - before.revoked], [2, 2]);
      // Nobody asked for the other one, who has lost it as well.
      await host.server.handleHttp(broadcastRequest("test:crowd", "after the signal"));
      await member.text("after the signal");
    },
  );

  await t.step("a revoked right to write takes effect with the signal", async () => {
    await admit("test:mute", ANN, true);
    await admit("test:mute", BOB, true);
    using listener = await RawClient.open(host);
    using speaker = await RawClient.open(host);
    await listener.join("test:mute", PRIVATE, ann);
    await speaker.join("test:mute", PRIVATE, bob);
    speaker.send(["1", "2", "realtime:test:mute", "broadcast", body("before")]);
    await listener.text("before");
    await admit("test:mute", BOB, false);
    const checked = host.server.metrics().reauthorized;
    await sql`select realtime.reauthorize('*')`;
    await waitFor("the check", () => host.server.metrics().reauthorized >= checked + 2);
    await speaker.settle();
    speaker.send(["1", "3", "realtime:test:mute", "broadcast", body("muted")]);
    await waitFor("the drop", () => host.server.metrics().dropped_in > 0);
    await listener.settle();
    assert.doesNotMatch(JSON.stringify(listener.received), /muted/);
  });

  await t.step("callers of the API cannot signal", async () => {
    for (const role of ["anon", "authenticated"]) {
      await assert.rejects(
        sql.begin((tx) => [tx`select set_config('role', ${role}, true)`, tx`select realtime.reauthorize('*')`]),
        /permission denied/,
      );
      await assert.rejects(
        sql.begin((tx) => [
          tx`select set_config('role', ${role}, true)`,
          tx`select realtime.reauthorize_user('test:club', ${ANN})`,
        ]),
        /permission denied/,
      );
    }
  });

  await t.step("a join storm of one role and topic asks the database once", async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => RawClient.open(host)));
    const before = host.server.metrics().probes;
    const replies = await Promise.all(clients.map((client) => client.join("market:sim:ETH-USDT:1h", PRIVATE)));
    assert.ok(replies.every((reply) => reply.status === "ok"));
    assert.equal(host.server.metrics().probes - before, 1);
    for (const client of clients) client.socket.close();
    await Promise.all(clients.map((client) => client.ended()));
  });

  await t.step("a policy's error is a no, and leaves nothing behind in realtime.messages", async () => {
    await sql.unsafe(`create policy "Raises" on realtime.messages for select to authenticated
      using (realtime.topic() like 'raise:%' and (split_part(realtime.topic(), ':', 2))::integer > 0)`);
    using client = await RawClient.open(host);
    assert.match((await client.join("raise:x", PRIVATE, ann)).response.reason ?? "", /^Unauthorized/);
    assert.equal((await client.join("raise:1", PRIVATE, ann)).status, "ok");
    assert.deepEqual([...await sql`select count(*)::integer as rows from realtime.messages`], [{ rows: 0 }]);
  });
});

function broadcastRequest(topic: string, text: string): Request {
  return new Request("http://localhost/realtime/v1/api/broadcast", {
    method: "POST",
    headers: { apikey: SECRET_KEY, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ topic, event: "e", payload: { text }, private: true }] }),
  });
}
