import { createClient, postgresChangesFilter, type SupabaseClient } from "@supabase/supabase-js";
import { createClient as createOldClient } from "@supabase/supabase-js-2.49";
import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { startTestSupabase, type TestSupabase } from "../testing.ts";
import { MEMBERS_SQL, waitFor } from "./testing.ts";

/**
 * The stock clients of today and of the protocol's first version, through the real gateway with real users. Both are
 * typed as today's: what the test uses of them is the same.
 */
const KINDS = {
  "supabase-js 2.119": createClient,
  "supabase-js 2.49": createOldClient as unknown as typeof createClient,
};
const PASSWORD = "correct horse";
const SCHEMA = `
  create table public.notes (id bigint generated always as identity primary key, owner uuid default auth.uid(),
    title text, at timestamp, tags text[], price numeric);
  alter table public.notes enable row level security;
  create policy own on public.notes to authenticated using (owner = (select auth.uid()));
  grant select, insert, update, delete on public.notes to authenticated;
  alter publication supabase_realtime add table public.notes;
  ${MEMBERS_SQL}`;

type Client = SupabaseClient;
type Channel = ReturnType<Client["channel"]>;
interface Change {
  eventType: string;
  schema: string;
  table: string;
  commit_timestamp: string;
  new: Record<string, unknown>;
  old: Record<string, unknown>;
  errors: unknown;
}

// The stock clients leave push timers running and response bodies unread.
const options = { sanitizeOps: false, sanitizeResources: false };

for (const [kind, create] of Object.entries(KINDS)) {
  Deno.test(`${kind} through the gateway`, options, async (t) => {
    await using stack = await startTestSupabase();
    await stack.sql.unsafe(SCHEMA);
    const clients: Client[] = [];
    const open = (make = create, key = stack.publishableKey) => {
      const client = make(stack.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
      clients.push(client);
      return client;
    };
    const ann = await signUp(open(), "ann@example.com");
    const bob = await signUp(open(), "bob@example.com");
    const admit = (topic: string, user: string, writes = true) =>
      stack.sql`insert into public.realtime_members values (${topic}, ${user}, ${writes})`;

    await t.step("both kinds of clients share a channel: send, self, acknowledgement", async () => {
      const other = open(kind === "supabase-js 2.119" ? KINDS["supabase-js 2.49"] : KINDS["supabase-js 2.119"]);
      const config = { broadcast: { ack: true, self: true } };
      const channels = [open().channel("room:a:b", { config }), other.channel("room:a:b", { config })];
      const seen: string[][] = [[], []];
      for (const [index, channel] of channels.entries()) {
        channel.on("broadcast", { event: "say" }, ({ payload }) => seen[index]?.push(payload.text));
        await subscribed(channel);
      }
      for (const [index, channel] of channels.entries()) {
        assert.equal(await channel.send({ type: "broadcast", event: "say", payload: { text: `é${index}` } }), "ok");
      }
      await waitFor("all four", () => seen.every((texts) => texts.length === 2));
      assert.deepEqual(seen, [["é0", "é1"], ["é0", "é1"]]);
    });

    await t.step("presence: sync, join and leave, under a key of the server's own where none is given", async () => {
      const [first, second] = [open(), open()];
      const a = first.channel("lobby");
      const b = second.channel("lobby", { config: { presence: { key: "bob" } } });
      const events: string[] = [];
      a.on("presence", { event: "join" }, ({ key }) => events.push(`join ${key}`));
      a.on("presence", { event: "leave" }, ({ key }) => events.push(`leave ${key}`));
      b.on("presence", { event: "sync" }, () => {});
      await subscribed(a);
      await subscribed(b);
      assert.equal(await a.track({ mood: "calm" }), "ok");
      assert.equal(await b.track({ mood: "glad" }), "ok");
      await waitFor("both", () => Object.keys(b.presenceState()).length === 2);
      const keys = Object.keys(a.presenceState());
      assert.ok(keys.some((key) => /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(key)), `${keys}`);
      assert.equal(await b.untrack(), "ok");
      await waitFor("the leave", () => events.includes("leave bob"));
    });

    await t.step("presence on a private channel follows its own policies", async () => {
      await admit("test:club", ann.user.id);
      await admit("test:club", bob.user.id, false);
      const config = { private: true, presence: { key: "ann" } };
      const a = ann.client.channel("test:club", { config });
      const b = bob.client.channel("test:club", { config: { private: true, presence: { key: "bob" } } });
      for (const channel of [a, b]) {
        channel.on("presence", { event: "sync" }, () => {});
        await subscribed(channel);
      }
      assert.equal(await a.track({ here: true }), "ok");
      await waitFor("ann", () => b.presenceState().ann?.length === 1);
      assert.equal(await b.track({ here: true }), "error");
      assert.equal(a.presenceState().bob, undefined);
      await a.unsubscribe();
      await waitFor("nobody", () => b.presenceState().ann === undefined);
      await b.unsubscribe();
    });

    await t.step("a private topic is its owner's: joined, kept over a refreshed session and signing out", async () => {
      const topic = `user:${ann.user.id}`;
      const config = { private: true };
      await assert.rejects(subscribed(bob.client.channel(topic, { config })), /Unauthorized|permission/);
      await assert.rejects(subscribed(open().channel(topic, { config })), /Unauthorized|permission/);
      const channel = ann.client.channel(topic, { config });
      const seen: string[] = [];
      const closed: string[] = [];
      channel.on("broadcast", { event: "news" }, ({ payload }) => seen.push(payload.text));
      channel.on("system", {}, ({ message }: { message: string }) => closed.push(message));
      await subscribed(channel);
      const tell = (text: string) =>
        stack.sql`select realtime.send(jsonb_build_object('text', ${text}::text), 'news', ${topic})`;
      await tell("one");
      await waitFor("one", () => seen.length === 1);
      const before = (await ann.client.auth.getSession()).data.session?.access_token ?? "";
      // Within one second a session's token stays the same.
      await waitFor("the next second", () => Date.now() >= ((decodeJwt(before).iat ?? 0) + 1) * 1_000);
      assert.equal((await ann.client.auth.refreshSession()).error, null);
      assert.notEqual((await ann.client.auth.getSession()).data.session?.access_token, before);
      await ann.client.realtime.setAuth();
      await tell("two");
      await waitFor("two", () => seen.length === 2);
      // As hosted: a signed token counts until it expires, which is why tokens live 15 minutes.
      await ann.client.auth.signOut();
      await tell("three");
      await waitFor("three", () => seen.length === 3);
      assert.deepEqual([seen, closed], [["one", "two", "three"], []]);
      await ann.client.removeAllChannels();
      await bob.client.removeAllChannels();
      assert.equal(
        (await ann.client.auth.signInWithPassword({ email: "ann@example.com", password: PASSWORD })).error,
        null,
      );
    });

    await t.step("somebody else's token on a private channel ends it with a reason", async () => {
      await admit("test:den", ann.user.id);
      const channel = ann.client.channel("test:den", { config: { private: true } });
      const told: string[] = [];
      channel.on("system", {}, ({ message }: { message: string }) => told.push(message));
      await subscribed(channel);
      await ann.client.realtime.setAuth((await bob.client.auth.getSession()).data.session?.access_token ?? "");
      await waitFor("the reason", () => told.length > 0);
      assert.match(told[0] ?? "", /no longer have permission to read from this Channel topic: test:den/);
      await ann.client.realtime.setAuth((await ann.client.auth.getSession()).data.session?.access_token ?? "");
      await ann.client.removeAllChannels();
    });

    await t.step(
      "postgres_changes: the owner's rows, converted as the client converts them, and nobody else's",
      async () => {
        const mine: Change[] = [];
        const theirs: Change[] = [];
        const listen = (client: Client, into: Change[]) => {
          const channel = client.channel("any");
          channel.on(
            "postgres_changes",
            { event: "*", schema: "public", table: "notes" },
            (change) => into.push(change as unknown as Change),
          );
          return live(channel);
        };
        const a = await listen(ann.client, mine);
        const b = await listen(bob.client, theirs);
        const { data, error } = await ann.client.from("notes")
          .insert({ title: "first", at: "2026-01-02 03:04:05", tags: ["x", "y"], price: 1.5 }).select().single();
        assert.equal(error, null);
        // Policies are asked about the row as it is when its change is delivered.
        await waitFor("the insertion", () => mine.length === 1);
        await ann.client.from("notes").update({ title: "second" }).eq("id", data.id);
        await waitFor("the update", () => mine.length === 2);
        await ann.client.from("notes").delete().eq("id", data.id);
        await waitFor("three changes", () => mine.length === 3);
        await waitFor("the deletion", () => theirs.length === 1);
        const [inserted, updated, removed] = mine as [Change, Change, Change];
        assert.deepEqual(inserted.new, data);
        assert.deepEqual([inserted.eventType, inserted.old, inserted.errors], ["INSERT", {}, null]);
        assert.deepEqual([inserted.schema, inserted.table], ["public", "notes"]);
        assert.match(inserted.commit_timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.deepEqual([updated.eventType, updated.new.title, updated.old], ["UPDATE", "second", { id: data.id }]);
        assert.deepEqual([removed.eventType, removed.new, removed.old], ["DELETE", {}, { id: data.id }]);
        assert.deepEqual([theirs[0]?.eventType, theirs[0]?.old], ["DELETE", { id: data.id }]);
        await a.unsubscribe();
        await b.unsubscribe();
      },
    );

    await t.step("postgres_changes: several bindings of one channel hear their own events and filters", async () => {
      const heard: string[] = [];
      const channel = bob.client.channel("filters");
      const on = (name: string, event: "INSERT" | "DELETE", filter?: string) =>
        channel.on("postgres_changes", { event: event as "INSERT", schema: "public", table: "notes", filter }, () => {
          heard.push(name);
        });
      on("title", "INSERT", "title=eq.b");
      on("in", "INSERT", "title=in.(a,c)");
      on("gone", "DELETE");
      await live(channel);
      await bob.client.from("notes").insert([{ title: "a" }, { title: "b" }, { title: "d" }]);
      await waitFor("both insertions", () => heard.length === 2);
      await bob.client.from("notes").delete().gt("id", 0);
      await waitFor("all", () => heard.filter((name) => name === "gone").length === 3);
      assert.deepEqual(heard.slice(0, 2), ["in", "title"]);
      assert.equal(heard.length, 5);
      await channel.unsubscribe();
    });

    await t.step("postgres_changes: what cannot be had is told by a system message", async () => {
      const channel = bob.client.channel("nothing");
      channel.on("postgres_changes", { event: "*", schema: "public", table: "candles" }, () => {});
      await assert.rejects(live(channel), /Please check Realtime is enabled for the given connect parameters/);
      await channel.unsubscribe();
    });

    if (kind === "supabase-js 2.119") await ofToday(t, stack, ann, bob, open);
    await Promise.all(clients.map(close));
  });
}

/** What only today's client can say. */
async function ofToday(t: Deno.TestContext, stack: TestSupabase, ann: User, bob: User, open: () => Client) {
  await t.step("bytes go both ways", async () => {
    const [a, b] = [open().channel("bytes"), open().channel("bytes")];
    const seen: Uint8Array[] = [];
    b.on("broadcast", { event: "blob" }, ({ payload }) => seen.push(new Uint8Array(payload as unknown as ArrayBuffer)));
    await subscribed(a);
    await subscribed(b);
    await a.send({ type: "broadcast", event: "blob", payload: new Uint8Array([0, 255, 7]).buffer });
    await stack.sql`select realtime.send_binary('\\x0102'::bytea, 'blob', 'bytes', false)`;
    await waitFor("both", () => seen.length === 2);
    assert.deepEqual(seen.map((bytes) => [...bytes]), [[0, 255, 7], [1, 2]]);
  });

  await t.step("replay brings what was stored, marked, before what is live", async () => {
    const topic = `user:${ann.user.id}`;
    const since = Date.now() - 60_000;
    await stack.sql`select realtime.send('{"text":"stored"}', 'replayed', ${topic})`;
    const channel = ann.client.channel(topic, {
      config: { private: true, broadcast: { replay: { since, limit: 1 }, replication_ready: true } },
    });
    const seen: [string, boolean][] = [];
    const ready: string[] = [];
    channel.on("broadcast", { event: "replayed" }, ({ payload, meta }) => {
      seen.push([payload.text, meta?.replayed ?? false]);
    });
    channel.on("system", {}, ({ status }: { status: string }) => ready.push(status));
    await subscribed(channel);
    await waitFor("readiness", () => ready.length === 1);
    await stack.sql`select realtime.send('{"text":"live"}', 'replayed', ${topic})`;
    await waitFor("both", () => seen.length === 2);
    assert.deepEqual([seen, ready], [[["stored", true], ["live", false]], ["ok"]]);
    await channel.unsubscribe();
  });

  await t.step("postgres_changes with a built filter, chosen columns, and a join that waits", async () => {
    const seen: Record<string, unknown>[] = [];
    const channel = bob.client.channel("built", { config: { postgres_changes_options: { wait: true } } });
    const filter = postgresChangesFilter().like("title", "a,%").not("title", "eq", 'a,"no"').is("price", null);
    channel.on(
      "postgres_changes",
      { event: "INSERT", schema: "public", table: "notes", filter, select: ["title"] },
      (change) => seen.push(change.new),
    );
    await subscribed(channel);
    await bob.client.from("notes").insert([{ title: 'a,"no"' }, { title: "b" }, { title: "a,b" }]);
    await waitFor("the note", () => seen.length === 1);
    assert.deepEqual({ ...seen[0], id: 0 }, { id: 0, title: "a,b" });
    await channel.unsubscribe();
    const refused = bob.client.channel("refused", { config: { postgres_changes_options: { wait: true } } });
    refused.on("postgres_changes", { event: "*", schema: "public", table: "candles" }, () => {});
    await assert.rejects(subscribed(refused), /RealtimeDisabledForConfiguration: Unable to subscribe/);
  });
}

interface User {
  client: Client;
  user: { id: string };
}

async function signUp(client: Client, email: string): Promise<User> {
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  assert.equal(error, null);
  assert.ok(data.user);
  // The older client sends the session's token only from here on, as its documentation says.
  await client.realtime.setAuth();
  return { client, user: data.user };
}

function subscribed(channel: Channel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === "SUBSCRIBED") resolve();
      else reject(error ?? new Error(status));
    });
  });
}

/** Subscribes, and waits for the word that changes arrive. */
async function live(channel: Channel): Promise<Channel> {
  const told = new Promise<void>((resolve, reject) => {
    channel.on("system", {}, ({ extension, status, message }: Record<string, string>) => {
      if (extension !== "postgres_changes") return;
      if (status === "ok") resolve();
      else reject(new Error(message));
    });
  });
  told.catch(() => {});
  await subscribed(channel);
  await told;
  return channel;
}

async function close(client: Client): Promise<void> {
  await client.removeAllChannels();
  await client.realtime.disconnect();
  await client.auth.stopAutoRefresh();
}
