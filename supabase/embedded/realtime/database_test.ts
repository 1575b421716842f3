import assert from "node:assert/strict";
import postgres from "postgres";
import { createLogger } from "../../../lib/kernel/log.ts";
import { startCluster } from "../postgres/cluster.ts";
import { prepareDatabase } from "../prepare_database.ts";
import { startTestSupabase } from "../testing.ts";
import { RawClient, SECRET_KEY, startHost, waitFor } from "./testing.ts";

type Push = [null, null, string, string, {
  event: string;
  payload: Record<string, unknown>;
  meta: { id: string; replayed?: true };
}];

Deno.test("Messages from the database", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await using host = await startHost(stack.dbUrl);
  using client = await RawClient.open(host, "2.0.0", SECRET_KEY);
  await client.join("t", { private: true, presence: { enabled: false } });
  const send = (text: string) => sql`select realtime.send(${sql.json({ text })}, 'e', 't')`;
  const textsUntil = async (last: string): Promise<string[]> => {
    await client.until(last, () => JSON.stringify(client.received).includes(last) ? true : undefined);
    return client.received.splice(0).map((frame) => String((frame as { json: Push }).json[4].payload.text));
  };

  await t.step("realtime.send() reaches subscribers with the message's id in payload and meta", async () => {
    await send("hello");
    const [, , topic, event, body] = await client.text("hello") as Push;
    assert.deepEqual([topic, event, body.event], ["realtime:t", "broadcast", "e"]);
    assert.equal(body.payload.id, body.meta.id);
    assert.match(body.meta.id, /^[0-9a-f-]{36}$/);
    assert.equal(body.meta.replayed, undefined);
  });

  await t.step("what is rolled back is never delivered, what commits is, in order of insertion", async () => {
    await sql.begin(async (tx) => {
      await tx`select realtime.send('{"text":"undone"}', 'e', 't')`;
      throw new Error("roll back");
    }).catch(() => {});
    await sql.begin(async (tx) => {
      for (let i = 0; i < 50; i++) await tx`select realtime.send(${tx.json({ text: `n${i}` })}, 'e', 't')`;
    });
    assert.deepEqual(await textsUntil("n49"), Array.from({ length: 50 }, (_, i) => `n${i}`));
  });

  await t.step("a transaction that commits after a later one is delivered all the same", async () => {
    const slow = await sql.reserve();
    try {
      await slow`begin`;
      await slow`select realtime.send('{"text":"long"}', 'e', 't')`;
      await send("short");
      await client.text("short");
      await slow`commit`;
    } finally {
      // After a commit a mere notice; after a failure it frees the table for the steps below.
      await slow`rollback`;
      slow.release();
    }
    await client.text("long");
  });

  await t.step("a payload larger than a notification may be arrives", async () => {
    await sql`select realtime.send(jsonb_build_object('text', repeat('x', 100000)), 'big', 't')`;
    const [, , , , body] = await client.text('"big"') as Push;
    assert.equal(String(body.payload.text).length, 100_000);
  });

  await t.step("2,000 messages of one statement arrive once each", async () => {
    await sql`select realtime.send(jsonb_build_object('text', 'bulk' || i), 'e', 't') from generate_series(1, 2000) i`;
    await client.until("2,000 frames", () => client.received.length >= 2_000 ? true : undefined);
    const texts = await textsUntil("bulk2000");
    assert.deepEqual(texts, Array.from({ length: 2_000 }, (_, i) => `bulk${i + 1}`));
  });

  await t.step("realtime.send_binary() arrives as kind 4 with the id as metadata", async () => {
    await sql`select realtime.send_binary('\\x00ff01'::bytea, 'b', 't')`;
    const frame = await client.binary();
    assert.deepEqual([frame[0], frame[1], frame[2], frame[4]], [4, "realtime:t".length, 1, 0]);
    assert.deepEqual([...frame.subarray(-3)], [0, 255, 1]);
    assert.match(new TextDecoder().decode(frame), /\{"id":"[0-9a-f-]{36}"\}/);
  });

  await t.step("realtime.broadcast_changes() tells operation, table, schema, and both records", async () => {
    await sql.unsafe(`
      create table public.things (id integer primary key, name text);
      create function private.on_things() returns trigger language plpgsql security definer set search_path = '' as $$
      begin
        perform realtime.broadcast_changes('t', tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger on_things after insert or update or delete on public.things
        for each row execute function private.on_things();`);
    await sql`insert into public.things values (1, 'a')`;
    await sql`update public.things set name = 'b'`;
    const [, , , , body] = await client.text('"UPDATE"') as Push;
    const { id: _id, ...payload } = body.payload;
    assert.deepEqual(payload, {
      schema: "public",
      table: "things",
      operation: "UPDATE",
      record: { id: 1, name: "b" },
      old_record: { id: 1, name: "a" },
    });
  });

  await t.step("send() of a caller without permission is a warning, not a message", async () => {
    await sql.begin((tx) => [
      tx`select set_config('role', 'anon', true)`,
      tx`select realtime.send('{"text":"smuggled"}', 'e', 't')`,
    ]);
    await send("after");
    await client.text("after");
    assert.doesNotMatch(JSON.stringify(client.received), /smuggled/);
  });

  await t.step("public messages reach the public channel alone", async () => {
    using outside = await RawClient.open(host);
    await outside.join("t");
    await sql`select realtime.send('{"text":"open"}', 'e', 't', false)`;
    await outside.text("open");
    await client.settle();
    assert.doesNotMatch(JSON.stringify(client.received), /"open"/);
  });

  await t.step("replay brings the newest stored messages first, marked, then what is live", async () => {
    using late = await RawClient.open(host, "2.0.0", SECRET_KEY);
    const since = Date.now();
    const delivered = host.server.metrics().database_messages;
    for (const text of ["r1", "r2", "r3"]) await sql`select realtime.send(${sql.json({ text })}, 'e', 'replayed')`;
    // What is still on its way when the channel joins would arrive live.
    await waitFor("their delivery", () => host.server.metrics().database_messages === delivered + 3);
    const config = { private: true, broadcast: { replay: { since: since - 5_000, limit: 2 } } };
    assert.equal((await late.join("replayed", config)).status, "ok");
    const bodies = [(await late.text('"r2"') as Push)[4], (await late.text('"r3"') as Push)[4]];
    assert.ok(bodies.every((body) => body.meta.replayed === true));
    await sql`select realtime.send('{"text":"r4"}', 'e', 'replayed')`;
    assert.equal((await late.text('"r4"') as Push)[4].meta.replayed, undefined);
    assert.doesNotMatch(JSON.stringify(late.received), /"r1"/);
  });

  await t.step("replication_ready is told once delivery is live", async () => {
    using ready = await RawClient.open(host);
    await ready.join("ready", { broadcast: { replication_ready: true } });
    const [, , , , body] = await ready.text('"system"') as unknown as [0, 0, 0, 0, Record<string, string>];
    assert.deepEqual([body.extension, body.status, body.channel], ["system", "ok", "ready"]);
  });

  await t.step("what commits while the listener is cut off is delivered when it is back, once", async () => {
    await client.settle();
    client.received.length = 0;
    const reconnects = host.server.metrics().database_reconnects;
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'realtime_listener'`;
    for (let i = 0; i < 20; i++) await send(`gap${i}`);
    await waitFor("a reconnect", () => host.server.metrics().database_reconnects > reconnects);
    await send("gap-end");
    const texts = await textsUntil("gap-end");
    assert.deepEqual(texts, [...Array.from({ length: 20 }, (_, i) => `gap${i}`), "gap-end"]);
  });

  await t.step("permissions are checked again after the listener was cut off", async () => {
    const before = host.server.metrics();
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'realtime_listener'`;
    await waitFor("the check", () => host.server.metrics().reauthorized > before.reauthorized);
    await client.settle();
    assert.equal(client.closed, null);
  });

  await t.step("schema.sql can run again, messages kept", async () => {
    const count = () => sql<{ rows: number }[]>`select count(*)::integer as rows from realtime.messages`;
    const before = [...await count()];
    await sql.unsafe(await Deno.readTextFile(new URL("./schema.sql", import.meta.url)));
    assert.deepEqual([...await count()], before);
  });

  await t.step("partitions are made ahead and dropped after 72 hours", async () => {
    await sql.unsafe(`create table realtime.messages_2020_01_01 partition of realtime.messages
      for values from ('2020-01-01') to ('2020-01-02')`);
    await sql`select realtime.maintain_partitions()`;
    const rows = await sql<{ name: string }[]>`
      select inhrelid::regclass::text as name from pg_inherits where inhparent = 'realtime.messages'::regclass`;
    const names = rows.map((row) => row.name);
    const day = (offset: number) => {
      const date = new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
      return `realtime.messages_${date.replaceAll("-", "_")}`;
    };
    for (const offset of [-1, 0, 1, 2, 3]) assert.ok(names.includes(day(offset)), day(offset));
    assert.ok(!names.includes("realtime.messages_2020_01_01"));
  });
});

Deno.test("A restart of the database loses nothing that committed", {
  sanitizeOps: true,
  sanitizeResources: true,
}, async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "realtime-restart-" });
  const logger = createLogger({ service: "test", write: () => {}, nowMs: () => Date.now() });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = (listener.addr as Deno.NetAddr).port;
  listener.close();
  const start = () => startCluster({ dataDir, port, password: "test", logger });
  const dbUrl = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  let cluster = await start();
  try {
    await prepareDatabase({ dbUrl, doorPassword: "test", logger });
    await using host = await startHost(dbUrl);
    using client = await RawClient.open(host, "2.0.0", SECRET_KEY);
    using visitor = await RawClient.open(host);
    await client.join("t", { private: true });
    const setUp = postgres(dbUrl, { max: 1 });
    await setUp.unsafe(`create table public.notes (id integer primary key); grant select on public.notes to anon;
      alter publication supabase_realtime add table public.notes`);
    await visitor.join("changes", { postgres_changes: [{ event: "INSERT", schema: "public", table: "notes" }] });
    await visitor.text("Subscribed to PostgreSQL");
    await setUp`insert into public.notes values (1)`;
    await setUp.end();
    await cluster.stop();
    assert.match(
      (await visitor.join("market:sim:BTC-USDT:1m", { private: true })).response.reason ?? "",
      /^UnableToSetPolicies/,
    );
    cluster = await start();
    // Commits before the server's listener is back, as far as it can be helped.
    const sql = postgres(dbUrl, { max: 1 });
    await sql`select realtime.send('{"text":"first"}', 'e', 't')`;
    await sql`insert into public.notes values (2)`;
    await sql.end();
    await client.text("first");
    for (const id of [1, 2]) await visitor.text(`"record":{"id":${id}}`);
    await visitor.settle();
    assert.doesNotMatch(JSON.stringify(visitor.received), /"record"|may be missing/);
    assert.equal(host.server.metrics().database_messages, 1);
    assert.equal((await visitor.join("market:sim:BTC-USDT:1m", { private: true })).status, "ok");
  } finally {
    await cluster.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
});
