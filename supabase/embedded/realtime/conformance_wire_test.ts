import { SignJWT } from "jose";
import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { ANON_KEY, MEMBERS_SQL, RawClient, SECRET_KEY, signToken, startHost, waitFor } from "./testing.ts";

/** What clients hide of the protocol, and the other tests of this folder do not show. */
const ANN = "00000000-0000-4000-8000-00000000000a";

Deno.test("The protocol on the wire", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(MEMBERS_SQL);
  let skew = 0;
  await using host = await startHost(stack.dbUrl, { nowMs: () => Date.now() + skew });
  const ann = await signToken({ sub: ANN, level: 3 });
  const admit = (topic: string) => sql`insert into public.realtime_members values (${topic}, ${ANN}, true)`;

  await t.step("the limits are hosted Realtime's", () => {
    const { channelsPerConnectionMax, joinsPerSecondMax, eventsPerSecondMax, presenceCallsMax } = DEFAULT_LIMITS;
    assert.deepEqual([channelsPerConnectionMax, joinsPerSecondMax, eventsPerSecondMax], [100, 100, 100]);
    assert.deepEqual([presenceCallsMax, DEFAULT_LIMITS.presenceWindow_ms], [5, 30_000]);
    assert.deepEqual([DEFAULT_LIMITS.payloadBytesMax, DEFAULT_LIMITS.replayMessagesMax], [3_000_000, 25]);
  });

  await t.step("a refused handshake is JSON with an error", async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(host.url).port) });
    const lines = ["upgrade: websocket", "connection: Upgrade", "sec-websocket-version: 13"];
    const key = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
    const request = ["GET /realtime/v1/websocket?apikey=nobody HTTP/1.1", "host: x", ...lines, key, "", ""].join(
      "\r\n",
    );
    await connection.write(new TextEncoder().encode(request));
    const answer = await new Response(connection.readable).text();
    assert.match(answer, /^HTTP\/1\.1 401 /);
    assert.deepEqual(JSON.parse(answer.split("\r\n\r\n")[1] ?? ""), { error: "Invalid API key" });
  });

  await t.step("a topic of 255 bytes joins, and one byte more is refused", async () => {
    using client = await RawClient.open(host);
    const longest = "é".repeat(123);
    assert.equal((await client.join(longest)).status, "ok");
    assert.match((await client.join(`${longest}x`)).response.reason ?? "", /^TopicNameTooLong/);
  });

  await t.step("booleans may be text in any case, and an empty presence key becomes a UUID", async () => {
    using client = await RawClient.open(host);
    const config = {
      private: "False",
      broadcast: { self: "TRUE", ack: "true" },
      presence: { enabled: "true", key: "" },
    };
    assert.equal((await client.join("flags", config)).status, "ok");
    client.send(["1", "2", "realtime:flags", "broadcast", { type: "broadcast", event: "e", payload: {} }]);
    await client.text('"broadcast"');
    await client.text('["1","2","realtime:flags","phx_reply",{"status":"ok"');
    client.send(["1", "3", "realtime:flags", "presence", { type: "presence", event: "track", payload: {} }]);
    assert.match(
      JSON.stringify(await client.text("presence_diff")),
      /"joins":\{"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}":/,
    );
    assert.equal((await client.join("quiet", { presence: { enabled: "false" } }, undefined, "5")).status, "ok");
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /"realtime:quiet","presence_state"/);
    for (const flag of ["maybe", "yes", "", 1, [], {}]) {
      assert.match((await client.join("x", { private: flag })).response.reason ?? "", /^InvalidJoinPayload/);
    }
  });

  await t.step("a text broadcast over the limit is answered, and dropped without ack", async () => {
    using client = await RawClient.open(host);
    const body = { type: "broadcast", event: "e", payload: { pad: "x".repeat(3_000_001) } };
    await client.join("big", { broadcast: { ack: true, self: true } });
    client.send(["1", "2", "realtime:big", "broadcast", body]);
    assert.deepEqual(await client.text('"2"'), ["1", "2", "realtime:big", "phx_reply", {
      status: "error",
      response: { reason: "payload_size_exceeded" },
    }]);
    await client.join("big-2", { broadcast: { self: true } }, undefined, "3");
    client.send(["3", "4", "realtime:big-2", "broadcast", body]);
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received).slice(0, 10_000), /"broadcast"/);
  });

  await t.step("presence: five calls in 30 seconds, then five more", async () => {
    using client = await RawClient.open(host);
    await client.join("calls", { presence: { key: "k" } });
    const track = (ref: string) =>
      client.send(["1", ref, "realtime:calls", "presence", { type: "presence", event: "track", payload: { ref } }]);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5; i++) {
        track(`t${round}${i}`);
        await client.text(`"t${round}${i}","realtime:calls","phx_reply",{"status":"ok"`);
      }
      // Heartbeats keep the socket from being taken for dead.
      await client.settle();
      if (round === 0) skew += 30_000;
    }
    track("t6");
    assert.match(JSON.stringify(await client.text('"system"')), /Client presence rate limit exceeded/);
    await client.text("phx_close");
  });

  await t.step("policies see topic, extension, claims, subject, role and the handshake's headers", async () => {
    await sql.unsafe(`create policy "Sees" on realtime.messages for select to authenticated using (
      realtime.topic() = 'sees' and topic = 'sees' and extension = 'broadcast' and private
      and current_user = 'authenticated' and auth.uid() = '${ANN}'
      and (current_setting('request.jwt.claims')::jsonb ->> 'level')::integer = 3
      and current_setting('request.jwt.claim.sub') = '${ANN}'
      and current_setting('request.jwt.claim.role') = 'authenticated'
      and jsonb_typeof(current_setting('request.headers')::jsonb) = 'object')`);
    using client = await RawClient.open(host);
    assert.equal((await client.join("sees", { private: true }, ann)).status, "ok");
    const other = await signToken({ sub: ANN, level: 4 });
    assert.match((await client.join("sees", { private: true }, other)).response.reason ?? "", /^Unauthorized/);
  });

  await t.step("who may only read presence gets no broadcasts, and no replay", async () => {
    await sql.unsafe(`create policy "Presence alone" on realtime.messages for select to authenticated
      using (realtime.topic() = 'faces' and extension = 'presence')`);
    using client = await RawClient.open(host);
    const replay = { private: true, presence: { enabled: true }, broadcast: { replay: { since: 0 } } };
    assert.match((await client.join("faces", replay, ann)).response.reason ?? "", /^Unauthorized/);
    assert.equal((await client.join("faces", { private: true, presence: { enabled: true } }, ann)).status, "ok");
    await client.text("presence_state");
    await sql`select realtime.send('{"text":"not for you"}', 'e', 'faces')`;
    await waitFor("delivery", () => host.server.metrics().database_messages > 0);
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /not for you/);
  });

  await t.step("the permission to write is asked for once, until a new token", async () => {
    await admit("test:writes");
    using client = await RawClient.open(host);
    await client.join("test:writes", { private: true, broadcast: { ack: true } }, ann);
    const probesOf = async (from: number) => {
      const before = host.server.metrics().probes;
      for (let i = from; i < from + 5; i++) {
        client.send(["1", `w${i}`, "realtime:test:writes", "broadcast", {
          type: "broadcast",
          event: "e",
          payload: {},
        }]);
        await client.text(`"w${i}"`);
      }
      return host.server.metrics().probes - before;
    };
    assert.equal(await probesOf(0), 1);
    assert.equal(await probesOf(5), 0);
    const renewed = await signToken({ sub: ANN, renewed: true });
    client.send(["1", null, "realtime:test:writes", "access_token", { access_token: renewed }]);
    await client.settle();
    assert.equal(await probesOf(10) > 0, true);
  });

  await t.step("a token of another project is refused", async () => {
    const foreign = await new SignJWT({ role: "service_role", sub: ANN }).setProtectedHeader({ alg: "HS256" })
      .setExpirationTime("1h").sign(new TextEncoder().encode("the secret of another project, as long"));
    using client = await RawClient.open(host);
    const reply = await client.join("test:writes", { private: true }, foreign);
    assert.match(reply.response.reason ?? "", /^(MalformedJWT|InvalidJWTToken|JwtSignatureError): /);
    const response = await fetch(`${host.url}/realtime/v1/api/broadcast`, {
      method: "POST",
      headers: { apikey: ANON_KEY, authorization: `Bearer ${foreign}`, "content-type": "application/json" },
      body: JSON.stringify({ messages: [{ topic: "a", event: "e", payload: {} }] }),
    });
    await response.body?.cancel();
    assert.equal(response.status, 401);
  });

  await t.step(
    "rows inserted into realtime.messages by hand are delivered, those without an event are not",
    async () => {
      using client = await RawClient.open(host, "2.0.0", SECRET_KEY);
      await client.join("hand", { private: true });
      await sql`insert into realtime.messages (topic, extension, event, payload, private) values
      ('hand', 'broadcast', null, '{"text":"eventless"}', true), ('hand', 'presence', 'e', '{"text":"presence"}', true),
      ('hand', 'broadcast', 'e', '{"text":"by hand"}', true)`;
      const [, , , , body] = await client.text("by hand") as [0, 0, 0, 0, Record<string, unknown>];
      assert.deepEqual(body.payload, { text: "by hand" });
      assert.match(JSON.stringify(body.meta), /^\{"id":"[0-9a-f-]{36}"\}$/);
      await client.settle();
      assert.doesNotMatch(JSON.stringify(client.received), /eventless|"text":"presence"/);
    },
  );

  await t.step("replay is cut to 25 messages, and says why it cannot be had", async () => {
    using client = await RawClient.open(host, "2.0.0", SECRET_KEY);
    await sql`select realtime.send(jsonb_build_object('n', i), 'e', 'long') from generate_series(1, 40) i`;
    const replay = (value: unknown) => ({ private: true, broadcast: { replay: value } });
    await client.join("long", replay({ since: 0, limit: 100 }));
    await client.text('"n":40');
    const replayed = client.received.filter((frame) => JSON.stringify(frame).includes('"replayed":true'));
    assert.equal(replayed.length, 24);
    assert.match(JSON.stringify(replayed[0]), /"n":16\D/);
    for (const bad of [{ since: "yesterday" }, { since: -1 }, { since: 0, limit: "x" }, "all", []]) {
      const reply = await client.join("long", replay(bad));
      assert.equal(reply.response.reason, "UnableToReplayMessages: Replay params are not valid", JSON.stringify(bad));
    }
    const open = await client.join("long", { broadcast: { replay: { since: 0 } } });
    assert.equal(open.response.reason, "UnableToReplayMessages: Replay is not allowed for public channels");
  });

  await t.step("realtime.messages has hosted Realtime's columns", async () => {
    const rows = await sql<{ column: string }[]>`
      select column_name || ' ' || data_type as column from information_schema.columns
      where table_schema = 'realtime' and table_name = 'messages' and column_name <> 'xact' order by 1`;
    assert.deepEqual(rows.map(({ column }) => column), [
      "binary_payload bytea",
      "event text",
      "extension text",
      "id uuid",
      "inserted_at timestamp without time zone",
      "payload jsonb",
      "private boolean",
      "topic text",
      "updated_at timestamp without time zone",
    ]);
  });

  await t.step("a server for private channels only refuses public ones", async () => {
    await using strict = await startHost(stack.dbUrl, { privateOnly: true });
    using client = await RawClient.open(strict);
    const reason = "PrivateOnly: This project only allows private channels";
    assert.equal((await client.join("a")).response.reason, reason);
    assert.equal((await client.join("market:sim:BTC-USDT:1m", { private: true })).status, "ok");
  });
});
