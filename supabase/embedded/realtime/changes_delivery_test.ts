import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { ANN, BOB, ChangesTester, SCHEMA } from "./changes_testing.ts";
import { RawClient, SECRET_KEY, signToken, startHost, waitFor } from "./testing.ts";

Deno.test("postgres_changes: policies and faults", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(SCHEMA);
  await using host = await startHost(stack.dbUrl, { limits: { changesLinger_ms: 50, changeRecordBytesMax: 20_000 } });
  const tester = new ChangesTester(stack, host);
  const ann = await signToken({ sub: ANN });
  const bob = await signToken({ sub: BOB });

  await t.step("row level security decides for each subscriber, and deletions tell the key alone", async () => {
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.open(host)));
    const [a, b, anon] = clients as [RawClient, RawClient, RawClient];
    using admin = await RawClient.open(host, "2.0.0", SECRET_KEY);
    const entry = { event: "*", schema: "public", table: "owned_notes" };
    await tester.subscribe(a, [entry], ann);
    await tester.subscribe(b, [entry], bob);
    await tester.subscribe(anon, [entry]);
    await tester.subscribe(admin, [entry]);
    const id = crypto.randomUUID();
    await sql`insert into public.owned_notes values (${id}, ${ANN}, 'mine')`;
    assert.deepEqual((await tester.changeOf(a)).data.record, { id, owner: ANN, title: "mine" });
    assert.equal((await tester.changeOf(admin)).data.type, "INSERT");
    await sql`update public.owned_notes set owner = ${BOB}`;
    const seen = (await tester.changeOf(b)).data;
    assert.deepEqual([seen.type, seen.record?.owner], ["UPDATE", BOB]);
    await tester.changeOf(admin);
    await sql`delete from public.owned_notes`;
    for (const client of [...clients, admin]) {
      assert.deepEqual((await tester.changeOf(client)).data.old_record, { id }, "every subscriber hears of a deletion");
    }
    for (const client of clients) {
      assert.deepEqual(await tester.changesUntilNow(client), []);
      client.socket.close();
      await client.ended();
    }
  });

  await t.step("new claims count from the token that brings them", async () => {
    using client = await RawClient.open(host);
    const { topic } = await tester.subscribe(
      client,
      [{ event: "INSERT", schema: "public", table: "owned_notes" }],
      ann,
    );
    client.send([String(tester.joins), "t", `realtime:${topic}`, "access_token", { access_token: bob }]);
    await client.text('"status":"ok"');
    await sql`insert into public.owned_notes values (${crypto.randomUUID()}, ${ANN}, 'not yours any more')`;
    await sql`insert into public.owned_notes values (${crypto.randomUUID()}, ${BOB}, 'yours')`;
    assert.equal((await tester.changeOf(client)).data.record?.title, "yours");
    assert.deepEqual(await tester.changesUntilNow(client), []);
  });

  await t.step("a row is not judged before others can see it, though the stream tells of it sooner", async () => {
    using client = await RawClient.open(host);
    await tester.subscribe(client, [{ event: "INSERT", schema: "public", table: "owned_notes" }], ann);
    const waiting = async (event: string, backends = 1) =>
      (await sql`select 1 from pg_stat_activity where wait_event = ${event}`).length >= backends;
    // A commit that waits for a standby is written, and sent, but not yet visible.
    await sql`alter system set synchronous_standby_names = 'nobody'`;
    const probes: Promise<unknown>[] = [];
    try {
      await sql`select pg_reload_conf()`;
      // The setting counts once the checkpointer has read it: commits that nobody listens to are tried until one waits.
      let stuck = false;
      await waitFor("commits to wait", async () => {
        if (stuck) return await waiting("SyncRep");
        stuck = true;
        probes.push(
          sql`insert into public.unpublished values (${-1 - probes.length})`.execute().then(() => stuck = false),
        );
        return false;
      });
      const insert = sql`insert into public.owned_notes values (${crypto.randomUUID()}, ${ANN}, 'in time')`.execute();
      await waitFor("the commit to wait", () => waiting("SyncRep", 2));
      await waitFor("the reader to wait", () => waiting("PgSleep"));
      await sql`alter system reset synchronous_standby_names`;
      await sql`select pg_reload_conf()`;
      await insert;
      await Promise.all(probes);
    } finally {
      await sql`alter system reset synchronous_standby_names`;
      await sql`select pg_reload_conf()`;
    }
    assert.equal((await tester.changeOf(client)).data.record?.title, "in time");
  });

  await t.step("1,000 subscriptions of the same claims cost one check", async () => {
    await sql`truncate public.owned_notes`;
    const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.open(host)));
    for (const client of clients) {
      for (let i = 0; i < 10; i++) {
        const entries = Array.from({ length: 10 }, (_, n) => ({ table: "owned_notes", n }));
        await tester.subscribe(client, entries, ann);
      }
    }
    await sql.unsafe(`
      create sequence private.checks; grant usage on sequence private.checks to authenticated;
      grant usage on schema private to authenticated;
      drop policy own on public.owned_notes;
      create policy counted on public.owned_notes for select to authenticated
        using (nextval('private.checks') > 0 and owner = (select auth.uid()));`);
    await sql`insert into public.owned_notes values (${crypto.randomUUID()}, ${ANN}, 'many')`;
    for (const client of clients) {
      for (let i = 0; i < 10; i++) assert.equal((await tester.changeOf(client)).ids.length, 10);
    }
    assert.deepEqual([...await sql`select last_value::integer as checks from private.checks`], [{ checks: 1 }]);
    for (const client of clients) client.socket.close();
    await Promise.all(clients.map((client) => client.ended()));
  });

  await t.step("a policy that raises an error withholds the row and says so, to its own subscriber alone", async () => {
    using a = await RawClient.open(host);
    using b = await RawClient.open(host);
    await sql.unsafe(`drop policy counted on public.owned_notes;
      create policy raising on public.owned_notes for select to authenticated
        using ((auth.jwt() ->> 'level')::integer > 0)`);
    const entry = { event: "INSERT", schema: "public", table: "owned_notes" };
    await tester.subscribe(a, [entry], await signToken({ sub: ANN, level: "1" }));
    await tester.subscribe(b, [entry], await signToken({ sub: BOB, level: "one" }));
    await sql`insert into public.owned_notes values (${crypto.randomUUID()}, ${ANN}, 'x')`;
    assert.equal((await tester.changeOf(a)).data.errors, null);
    const { data } = await tester.changeOf(b);
    assert.deepEqual(data.errors, ["Error 500: Internal Server Error, RLS policy evaluation failed"]);
    assert.deepEqual(data.record, {});
  });

  await t.step("no primary key, no right to read it, and too large a record are errors in the change", async () => {
    using client = await RawClient.open(host);
    await tester.subscribe(client, [{ event: "*", schema: "public" }]);
    await sql`insert into public.keyless values (1)`;
    assert.deepEqual((await tester.changeOf(client)).data.errors, ["Error 400: Bad Request, no primary key"]);
    await sql`revoke select (id) on public.open_notes from anon`;
    await sql`insert into public.open_notes (id) values (7)`;
    assert.deepEqual((await tester.changeOf(client)).data.errors, ["Error 401: Unauthorized"]);
    await sql`grant select (id) on public.open_notes to anon`;
    await sql`insert into public.open_notes (id, title) values (8, repeat('x', 30000))`;
    const { data } = await tester.changeOf(client);
    assert.deepEqual([data.errors, data.record?.id], [["Error 413: Payload Too Large"], 8]);
    assert.equal("title" in (data.record ?? {}), false);
    await sql`delete from public.open_notes`;
  });

  await t.step("a condition that fails on real rows ends its own subscription, not the others", async () => {
    using culprit = await RawClient.open(host);
    using other = await RawClient.open(host);
    const entry = { event: "INSERT", schema: "public", table: "open_notes" };
    const { system } = await tester.subscribe(culprit, [{ ...entry, filter: "title=like.b\\b\\" }]);
    assert.equal(system.status, "ok");
    await tester.subscribe(other, [{ ...entry, filter: "title=like.bb%" }]);
    await sql`insert into public.open_notes (id, title) values (31, 'bb!')`;
    assert.equal((await tester.changeOf(other)).data.record?.id, 31);
    assert.match(JSON.stringify(await culprit.text('"status":"error"')), /LIKE pattern must not end/);
    await sql`insert into public.open_notes (id, title) values (32, 'bb!')`;
    assert.equal((await tester.changeOf(other)).data.record?.id, 32);
    await sql`delete from public.open_notes`;
  });

  await t.step(
    "a large transaction arrives whole and in order, and the slot lets go of what was delivered",
    async () => {
      using client = await RawClient.open(host);
      await tester.subscribe(client, [{ event: "INSERT", schema: "public", table: "open_notes" }]);
      await sql`insert into public.open_notes (id, title) select i, repeat('y', 500) from generate_series(1, 5000) i`;
      const rows: number[] = [];
      while (rows.length < 5_000) rows.push((await tester.changeOf(client)).data.record?.id as number);
      assert.deepEqual(rows, Array.from({ length: 5_000 }, (_, i) => i + 1));
      await sql`truncate public.open_notes`;
      await waitFor("a confirmed slot", async () => {
        const [row] = await sql<{ behind: string }[]>`
        select pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) as behind from pg_replication_slots`;
        return Number(row?.behind) < 100_000;
      });
    },
  );

  await t.step("a killed walsender loses and repeats nothing", async () => {
    using client = await RawClient.open(host);
    await tester.subscribe(client, [{ event: "INSERT", schema: "public", table: "open_notes" }]);
    for (let round = 0; round < 3; round++) {
      await sql`select pg_terminate_backend(active_pid) from pg_replication_slots where active_pid is not null`;
      await sql`insert into public.open_notes (id) select ${round * 1000}::bigint + i from generate_series(1, 300) i`;
    }
    const rows: number[] = [];
    while (rows.length < 900) rows.push((await tester.changeOf(client)).data.record?.id as number);
    assert.deepEqual(rows, [0, 1, 2].flatMap((round) => Array.from({ length: 300 }, (_, i) => round * 1000 + i + 1)));
    assert.deepEqual(await tester.changesUntilNow(client), []);
    await sql`truncate public.open_notes`;
  });

  await t.step("a slot that is gone is made anew, and subscribers are told of the gap", async () => {
    using client = await RawClient.open(host);
    await tester.subscribe(client, [{ event: "INSERT", schema: "public", table: "open_notes" }]);
    await waitFor("a gap", async () => {
      await sql`select pg_terminate_backend(active_pid) from pg_replication_slots where active_pid is not null`;
      const dropped = await sql`
        select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active`.catch(() => []);
      return dropped.length > 0;
    });
    assert.match(JSON.stringify(await client.text('"status":"error"')), /some changes may be missing/);
    await client.text('"status":"ok"');
    await sql`insert into public.open_notes (id) values (51)`;
    assert.equal((await tester.changeOf(client)).data.record?.id, 51);
  });
});
