import assert from "node:assert/strict";
import { startTestSupabase } from "../testing.ts";
import { type ChangeData, ChangesTester, SCHEMA } from "./changes_testing.ts";
import { ANON_KEY, RawClient, startHost, waitFor } from "./testing.ts";

Deno.test("postgres_changes: subscribing", { sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql.unsafe(SCHEMA);
  await using host = await startHost(stack.dbUrl, { limits: { changesLinger_ms: 50, changeRecordBytesMax: 20_000 } });
  const tester = new ChangesTester(stack, host);

  await t.step("there is no slot and no connection before anybody subscribes", async () => {
    assert.deepEqual(await tester.slots(), []);
    const rows =
      await sql`select 1 from pg_stat_activity where application_name in ('realtime_changes', 'realtime_rls')`;
    assert.equal(rows.length, 0);
  });

  await t.step("a subscription is answered with ids, then with system ok, then with changes as hosted", async () => {
    using client = await RawClient.open(host);
    const entry = { event: "*", schema: "public", table: "open_notes" };
    const { topic, reply, system } = await tester.subscribe(client, [entry]);
    assert.equal(reply.status, "ok");
    const [answered] = reply.response.postgres_changes as { id: number }[];
    assert.ok(Number.isInteger(answered?.id));
    assert.deepEqual(answered, { ...entry, id: answered?.id });
    const ok = { extension: "postgres_changes", status: "ok", message: "Subscribed to PostgreSQL", channel: topic };
    assert.deepEqual(system, ok);
    await sql.unsafe(`insert into public.open_notes values (9007199254740993, 'Ü"\\', 'calm', '{a,"b,c"}',
      '{"x":[1,null]}', 12345678901234567890.5, true, '2026-01-02 03:04:05.678+00', '\\x00ff', 'c', 'hidden')`);
    const text = JSON.stringify(client.received);
    const { ids, data } = await tester.changeOf(client);
    assert.deepEqual(ids, [answered?.id], text);
    const { commit_timestamp, columns, ...rest } = data;
    assert.match(commit_timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(commit_timestamp) - Date.now()) < 10_000);
    const types = ["int8", "text", "mood", "_text", "jsonb", "numeric", "bool", "timestamptz", "bytea", "varchar"];
    assert.deepEqual(columns.map((column) => column.type), types);
    assert.deepEqual(rest, {
      schema: "public",
      table: "open_notes",
      type: "INSERT",
      record: {
        id: 9007199254740992,
        title: 'Ü"\\',
        mood: "calm",
        tags: ["a", "b,c"],
        data: { x: [1, null] },
        price: 12345678901234567000,
        done: true,
        at: "2026-01-02T03:04:05.678+00:00",
        bytes: "\\x00ff",
        code: "c",
      },
      errors: null,
    });
    await sql`update public.open_notes set title = 'new', tags = null`;
    const update = (await tester.changeOf(client)).data;
    assert.deepEqual([update.type, update.record?.title, update.record?.tags], ["UPDATE", "new", null]);
    assert.deepEqual([update.old_record?.title, update.old_record?.secret], ['Ü"\\', undefined]);
    await sql`delete from public.open_notes`;
    const gone = (await tester.changeOf(client)).data;
    assert.deepEqual([gone.type, gone.record, gone.old_record?.title], ["DELETE", undefined, "new"]);
  });

  await t.step("the slot and its connections go when the last subscriber has gone", async () => {
    await waitFor("no slot", async () => (await tester.slots()).length === 0);
  });

  await t.step("events, schemas and tables choose, and a channel's ids come together", async () => {
    using client = await RawClient.open(host);
    const { reply } = await tester.subscribe(client, [
      { event: "INSERT", schema: "public", table: "open_notes" },
      { event: "UPDATE", schema: "public" },
      { event: "DELETE", schema: "*" },
      { event: "insert", table: "open_notes" },
      { event: "*", schema: "pub%", table: "open%" },
    ]);
    const ids = (reply.response.postgres_changes as { id: number }[]).map(({ id }) => id);
    assert.equal(new Set(ids).size, 5);
    const sorted = async () => (await tester.changeOf(client)).ids.map((id) => ids.indexOf(id)).sort();
    await sql`insert into public.open_notes (id) values (1)`;
    assert.deepEqual(await sorted(), [0, 3, 4]);
    await sql`update public.open_notes set title = 'x' where id = 1`;
    assert.deepEqual(await sorted(), [1, 4]);
    await sql`delete from public.open_notes`;
    assert.deepEqual(await sorted(), [2, 4]);
  });

  await t.step("every filter operator, negated and combined, decides as SQL does", async () => {
    using client = await RawClient.open(host);
    // Rows: (1, 'apple', 'calm', 1.5, true), (2, 'Pear, "ripe"', 'glad', 20, false), (3, null…).
    const cases: [string, number[]][] = [
      ["id=eq.1", [1]],
      ["id=eq.001", [1]],
      ["id=not.eq.1", [2, 3]],
      ["id=neq.1", [2, 3]],
      ["id=lt.2", [1]],
      ["id=lte.2", [1, 2]],
      ["id=gt.2", [3]],
      ["id=gte.2", [2, 3]],
      ["id=in.(1,3)", [1, 3]],
      ["id=not.in.(1,3)", [2]],
      ['title=in.("Pear, \\"ripe\\"",x)', [2]],
      ["title=like.app%", [1]],
      ["title=ilike.PEAR%", [2]],
      ["title=not.like.app%", [2]],
      ["code=like.c_", [1]],
      ["title=match.^a.*e$", [1]],
      ["title=imatch.^PEAR", [2]],
      ["title=is.null", [3]],
      ["title=not.is.null", [1, 2]],
      ["done=is.true", [1]],
      ["done=is.unknown", [3]],
      ["title=isdistinct.apple", [2, 3]],
      ["title=not.isdistinct.apple", [1]],
      ["title=eq.apple", [1]],
      ["title=not.eq.apple", [2]],
      ['title=eq."Pear, \\"ripe\\""', [2]],
      ["mood=eq.glad", [2]],
      ["mood=gt.calm", [2]],
      ["price=gt.3", [2]],
      ["price=eq.1.50", [1]],
      ["done=eq.true", [1]],
      ['tags=eq."{a,b}"', [1]],
      ["id=gt.0,id=lt.3,title=like.%e%", [1, 2]],
      ["id=gt.0,title=is.null", [3]],
      [" ", [1, 2, 3]],
    ];
    const entries = cases.map(([filter]) => ({ event: "INSERT", schema: "public", table: "open_notes", filter }));
    const { reply, system } = await tester.subscribe(client, entries);
    assert.equal(system.status, "ok", `${system.message}`);
    const ids = (reply.response.postgres_changes as { id: number }[]).map(({ id }) => id);
    await sql.unsafe(`insert into public.open_notes (id, title, mood, price, done, tags, code) values
      (1, 'apple', 'calm', 1.5, true, '{a,b}', 'c1'), (2, 'Pear, "ripe"', 'glad', 20, false, '{}', 'd'),
      (3, null, null, null, null, null, null)`);
    const got = new Map<number, number[]>();
    for (let i = 0; i < 3; i++) {
      const { ids: matched, data } = await tester.changeOf(client);
      for (const id of matched) got.set(id, [...got.get(id) ?? [], data.record?.id as number]);
    }
    for (const [index, [filter, rows]] of cases.entries()) {
      assert.deepEqual(got.get(ids[index] as number) ?? [], rows, filter);
    }
    await sql`delete from public.open_notes`;
  });

  await t.step("select narrows a change to columns and the primary key", async () => {
    using client = await RawClient.open(host);
    const { system } = await tester.subscribe(client, [
      { event: "*", schema: "public", table: "open_notes", select: ["title"], filter: "done=is.true" },
    ]);
    assert.equal(system.status, "ok");
    await sql`insert into public.open_notes (id, title, done) values (5, 'five', true)`;
    const { data } = await tester.changeOf(client);
    assert.deepEqual(data.record, { id: 5, title: "five" });
    assert.deepEqual(data.columns.map(({ name }) => name), ["id", "title"]);
    await sql`delete from public.open_notes`;
    assert.deepEqual((await tester.changeOf(client)).data.old_record, { id: 5, title: "five" });
  });

  await t.step("what is malformed or does not exist is told in hosted Realtime's words", async () => {
    using client = await RawClient.open(host);
    await waitFor("no slot", async () => (await tester.slots()).length === 0);
    const table = { event: "*", schema: "public", table: "open_notes" };
    const unable = "Unable to subscribe to changes with given parameters. ";
    const cases: [Record<string, unknown>, string | RegExp][] = [
      [{ ...table, filter: "wrong" }, 'Error parsing `filter` params: ["wrong"]'],
      [{ ...table, filter: "id=foo.hey" }, 'Error parsing `filter` params: ["foo", "hey"]'],
      [
        { ...table, filter: "id=in.1,2" },
        "Error parsing `filter` params: `in` filter value must be wrapped by parentheses",
      ],
      [{ ...table, filter: "id=eq.1,,id=eq.2" }, /filter must not contain empty segments/],
      [{ ...table, select: "id" }, /^Error parsing `select` params: expected a list/],
      [{ schema: "*", select: ["id"] }, /^Column selection is not supported for wildcard subscriptions/],
      [
        { event: "*" },
        'No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: %{"event" => "*"}',
      ],
      [
        { ...table, table: "doesnotexist" },
        `${unable}Please check Realtime is enabled for the given connect parameters: [event: *, schema: public, table: doesnotexist, filters: [], select: nil]`,
      ],
      [{ ...table, table: "unpublished" }, /Please check Realtime is enabled/],
      [{ ...table, schema: "elsewhere" }, /Please check Realtime is enabled/],
      [
        { ...table, filter: "notacolumn=eq.123" },
        `${unable}An exception happened so please check your connect parameters: [event: *, schema: public, table: open_notes, filters: [{"notacolumn", "eq", "123", false}], select: nil]. Exception: ERROR P0001 (raise_exception) invalid column for filter notacolumn`,
      ],
      [{ ...table, filter: "secret=eq.x" }, /invalid column for filter secret$/],
      [{ ...table, select: ["secret"] }, /invalid column for select secret$/],
      [
        { ...table, filter: "id=eq.x" },
        /ERROR 22P02 \(invalid_text_representation\) invalid input syntax for type bigint: "x"$/,
      ],
      [{ ...table, filter: "id=like.1%" }, /operator like is not supported on column id of type int8/],
      [{ ...table, filter: "title=match.(" }, /invalid regular expression for match filter/],
      [{ ...table, filter: "id=is.true" }, /is true filter requires a boolean column, got int8$/],
      [{ ...table, filter: "id=is.maybe" }, /invalid value for is filter/],
      [{ ...table, filter: `id=in.(${Array.from({ length: 101 }, (_, i) => i)})` }, /too many values for `in` filter/],
      [
        { ...table, filter: "title=eq.'; drop table public.open_notes; --", select: ["nope"] },
        /invalid column for select/,
      ],
    ];
    for (const [entry, message] of cases) {
      const { reply, system } = await tester.subscribe(client, [entry]);
      assert.equal(reply.status, "ok");
      assert.deepEqual([system.extension, system.status], ["postgres_changes", "error"]);
      if (typeof message === "string") assert.equal(system.message, message);
      else assert.match(system.message ?? "", message);
    }
    assert.deepEqual(await tester.slots(), [], "nobody has subscribed");
    assert.match((await client.join("x", { postgres_changes: ["x"] })).response.reason ?? "", /^InvalidJoinPayload/);
    const many = Array.from({ length: 101 }, () => ({ table: "open_notes" }));
    assert.match((await client.join("y", { postgres_changes: many })).response.reason ?? "", /^InvalidJoinPayload/);
  });

  await t.step("a client that waits is answered once changes arrive, or with the reason why not", async () => {
    using client = await RawClient.open(host);
    const wait = (entry: unknown, timeout?: number) => ({
      postgres_changes: [entry],
      postgres_changes_options: { wait: "true", timeout },
    });
    const reply = await client.join("wait", wait({ event: "*", schema: "public", table: "open_notes" }));
    assert.equal(reply.status, "ok");
    await client.text('"status":"ok","message":"Subscribed to PostgreSQL"');
    const refused = await client.join("wait-2", wait({ event: "*", schema: "public", table: "nope" }), undefined, "2");
    assert.match(refused.response.reason ?? "", /^RealtimeDisabledForConfiguration: Unable to subscribe/);
    await waitFor("no slot", async () => (await client.settle(), host.server.metrics().channels === 1));
  });

  await t.step("version 1 sockets get the same, as objects", async () => {
    using client = await RawClient.open(host, "1.0.0", ANON_KEY);
    const payload = { config: { postgres_changes: [{ event: "INSERT", schema: "public", table: "open_notes" }] } };
    client.send({ topic: "realtime:v1", event: "phx_join", payload, ref: "1", join_ref: "1" });
    await client.text("Subscribed to PostgreSQL");
    await sql`insert into public.open_notes (id) values (41)`;
    const frame = await client.text('"ids"') as { event: string; topic: string; payload: { data: ChangeData } };
    assert.deepEqual([frame.event, frame.topic], ["postgres_changes", "realtime:v1"]);
    assert.equal(frame.payload.data.record?.id, 41);
    await sql`delete from public.open_notes`;
  });
});
