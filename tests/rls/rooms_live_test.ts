import assert from "node:assert/strict";
import type { SupabaseClient } from "@supabase/supabase-js";
import { client, signIn, signUp } from "../../supabase/embedded/auth_testing.ts";
import { waitFor } from "../../supabase/embedded/realtime/testing.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { ask } from "./money_people.ts";
import { Listener, setMember, Warden } from "./room_world.ts";

const id = () => crypto.randomUUID();
/** A ban is felt this soon where the server hears the database's signal. */
const CUT_MS_MAX = 2_000;
/** And this soon where it hears nothing: bans five seconds apart, a turn of the worker, and whatever is under way. */
const SILENT_MS_MAX = 10_000;
/** A year of nothing: replays are asked for everything. */
const ALL_SINCE_MS = 1;

interface Person {
  id: string;
  supabase: SupabaseClient;
}

// The clients are told to leave below; timers of their retries outlive that.
Deno.test("who may hear a room", { sanitizeOps: false, sanitizeResources: false }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const warden = await Warden.hire(sql);
  const people: SupabaseClient[] = [];
  const newPerson = async (name: string): Promise<Person> => {
    const { supabase, session } = await signUp(stack, `${name}@rooms.test`);
    people.push(supabase);
    return { id: session.user.id, supabase };
  };
  const nobody = client(stack);
  people.push(nobody);
  const [ann, bob, cleo, dora] = await Promise.all(["ann", "bob", "cleo", "dora"].map(newPerson));
  assert.ok(ann && bob && cleo && dora);
  const open = async (visibility = "public"): Promise<{ id: string; topic: string }> => {
    const p_stream = { title: "A room", visibility };
    const { stream } = await ask(ann.supabase, "create_stream", { p_stream, p_client_id: id() });
    const { topic } = await ask(ann.supabase, "stream_detail", { p_stream_id: stream.stream_id });
    return { id: stream.stream_id, topic };
  };
  const end = (p_stream_id: string) => ask(ann.supabase, "end_stream", { p_stream_id });
  const join = async (supabase: SupabaseClient, topic: string, sinceMs?: number): Promise<Listener> => {
    const listener = await Listener.join(supabase, topic, sinceMs);
    assert.ok(listener instanceof Listener, String(listener));
    return listener;
  };
  const refused = async (supabase: SupabaseClient, topic: string, sinceMs?: number) =>
    assert.match(String(await Listener.join(supabase, topic, sinceMs)), /Unauthorized/);
  const say = (streamId: string, n: number) =>
    sql`select private.send_to_room(s, 'said', ${sql.json({ n })}) from public.streams s where s.id = ${streamId}`;
  const ban = (streamId: string, userId: string) =>
    sql.begin(async (tx) => {
      await setMember(tx as never, ann.id, userId, "banned");
      await tx`select private.raise_epoch(${streamId}, ${userId})`;
    });
  const pardon = () => sql`delete from public.stream_members`;
  const topicFor = async (who: Person, p_stream_id: string): Promise<string> =>
    (await ask(who.supabase, "stream_detail", { p_stream_id })).topic;
  const said = (listener: Listener) =>
    listener.heard.filter(({ event }) => event === "said").map(({ payload }) => payload.n);

  await step(t, "anybody hears a public room while it is live, and its end", async () => {
    const room = await open();
    const ears = [await join(bob.supabase, room.topic), await join(nobody, room.topic)];
    await say(room.id, 1);
    await end(room.id);
    for (const each of ears) {
      await waitFor("the end", () => each.events.includes("stream_ended"));
      assert.deepEqual(each.events, ["said", "stream_ended"]);
      assert.equal(each.heard[1]?.payload.stream_id, room.id);
      await each.leave();
    }
    await refused(dora.supabase, room.topic);
    await refused(cleo.supabase, room.topic, ALL_SINCE_MS);
  });

  await step(
    t,
    "a private room is heard by its streamer, moderators and who was invited, and by nobody else",
    async () => {
      const room = await open("private");
      await setMember(sql, ann.id, cleo.id, "invited");
      await setMember(sql, ann.id, bob.id, "moderator");
      const ears: Listener[] = [];
      for (const who of [ann, bob, cleo]) ears.push(await join(who.supabase, room.topic));
      for (const stranger of [dora.supabase, nobody]) {
        await refused(stranger, room.topic);
        for (const name of ["stream_detail", "stream_stats"]) {
          assert.equal(await ask(stranger, name, { p_stream_id: room.id }), "not_found");
        }
        assert.equal(await ask(stranger, "join_stream", { p_stream_id: room.id, p_tab_id: id() }), "not_found");
      }
      await say(room.id, 1);
      for (const each of ears) await waitFor("what was said", () => said(each).length === 1);
      // Nobody's invitation outlives a ban.
      await ban(room.id, cleo.id);
      await waitFor("the cut", () => ears[2]?.lostAtMs !== null);
      await refused(cleo.supabase, await topicFor(ann, room.id));
      for (const each of ears) await each.leave();
      await end(room.id);
      await pardon();
    },
  );

  await step(t, "a room that turns private cuts the strangers in it", async () => {
    const room = await open();
    const stranger = await join(nobody, room.topic);
    const p_changes = { visibility: "private" };
    await ask(ann.supabase, "update_stream", { p_stream_id: room.id, p_changes, p_client_id: id() });
    await waitFor("the cut", () => stranger.lostAtMs !== null);
    await refused(nobody, await topicFor(ann, room.id));
    assert.ok(!stranger.events.includes("room_settings"));
    await stranger.leave();
    await end(room.id);
  });

  await step(t, "no client speaks to a room, by socket or REST, and presence is nobody's", async () => {
    const room = await open();
    const ears = await join(dora.supabase, room.topic);
    const forged = { type: "broadcast" as const, event: "stream_ended", payload: { stream_id: room.id, duration: 1 } };
    for (const isPrivate of [true, false]) {
      // The streamer's own client as well: what a room hears comes from functions.
      for (const who of [ann, bob]) {
        const channel = who.supabase.channel(room.topic, { config: { private: isPrivate } });
        await new Promise<void>((resolve) => channel.subscribe((status) => status === "SUBSCRIBED" && resolve()));
        await channel.send(forged);
        if (isPrivate) assert.notEqual(await channel.track({ here: true }, { timeout: 500 }), "ok");
        await who.supabase.removeChannel(channel);
      }
    }
    const { data } = await bob.supabase.auth.getSession();
    const post = (path: string, body: unknown) =>
      fetch(`${stack.url}/realtime/v1/api/broadcast${path}`, {
        method: "POST",
        headers: {
          ...{ apikey: stack.publishableKey, "content-type": "application/json" },
          authorization: `Bearer ${data.session?.access_token}`,
        },
        body: JSON.stringify(body),
      }).then(async (response) => (await response.body?.cancel(), response.status));
    for (const isPrivate of [true, false]) {
      await post("", { messages: [{ topic: room.topic, event: "chat_message", payload: {}, private: isPrivate }] });
    }
    assert.equal(await post(`/${encodeURIComponent(room.topic)}/events/chat_message?private=true`, {}), 403);
    await say(room.id, 1);
    await waitFor("what was said", () => said(ears).length === 1);
    assert.deepEqual(ears.events, ["said"]);
    await ears.leave();
    await end(room.id);
  });

  await step(t, "who joins late is replayed what was said, but nothing that was taken away", async () => {
    const room = await open();
    const talk = (who: Person, p_message: string) =>
      ask(who.supabase, "send_message", { p_stream_id: room.id, p_client_id: id(), p_message });
    const { message } = await talk(bob, "Where somebody lives");
    await talk(cleo, "Where nobody lives");
    await ask(ann.supabase, "remove_message", { p_stream_id: room.id, p_message_id: message.message_id });
    const late = await join(nobody, room.topic, ALL_SINCE_MS);
    await waitFor("the replay", () => late.events.includes("chat_message"));
    await say(room.id, 1);
    await waitFor("what was said", () => said(late).length === 1);
    assert.ok(!JSON.stringify(late.heard).includes("somebody"));
    assert.ok(JSON.stringify(late.heard).includes("Where nobody lives"));
    await late.leave();
    await end(room.id);
  });

  await step(
    t,
    `a ban cuts within ${CUT_MS_MAX} ms where the server hears the signal, and nothing is heard after it`,
    async () => {
      const room = await open();
      const [banned, other] = [await join(bob.supabase, room.topic), await join(dora.supabase, room.topic)];
      await say(room.id, 1);
      await waitFor("what was said", () => said(banned).length === 1 && said(other).length === 1);
      const bannedAtMs = performance.now();
      await ban(room.id, bob.id);
      await waitFor("the cut", () => banned.lostAtMs !== null);
      assert.ok(
        (banned.lostAtMs ?? 0) - bannedAtMs < CUT_MS_MAX,
        `cut after ${(banned.lostAtMs ?? 0) - bannedAtMs} ms`,
      );
      const moved = await topicFor(dora, room.id);
      assert.notEqual(moved, room.topic);
      // A thousand others would all come back at once.
      assert.equal(other.lostAtMs, null, "nobody else is cut");
      assert.ok(other.events.includes("moved"));
      await other.leave();
      const again = await join(dora.supabase, moved);
      await say(room.id, 2);
      await waitFor("what was said next", () => said(again).length === 1);
      for (const topic of [room.topic, moved]) {
        await refused(bob.supabase, topic);
        await refused(bob.supabase, topic, ALL_SINCE_MS);
      }
      await refused(dora.supabase, room.topic, ALL_SINCE_MS);
      for (const name of ["join_stream", "touch_viewer"]) {
        assert.equal(await ask(bob.supabase, name, { p_stream_id: room.id, p_tab_id: id() }), "banned");
      }
      const missed = { p_stream_id: room.id, p_tab_id: id(), p_after: id() };
      assert.equal(await ask(bob.supabase, "catch_up", missed), "banned");
      assert.equal(await ask(bob.supabase, "stream_stats", { p_stream_id: room.id }), "banned");
      const told = await ask(bob.supabase, "stream_detail", { p_stream_id: room.id });
      assert.deepEqual([told.topic, told.me.banned, told.stream.whep_url], [null, true, null]);
      assert.deepEqual(said(banned), [1]);
      // Within five seconds of the last time nobody is moved, but whoever is banned is cut all the same.
      const secondAtMs = performance.now();
      await ban(room.id, dora.id);
      await waitFor("the second cut", () => again.lostAtMs !== null);
      assert.ok((again.lostAtMs ?? 0) - secondAtMs < CUT_MS_MAX);
      assert.equal(await topicFor(ann, room.id), moved);
      await Promise.all([banned.leave(), again.leave()]);
      await end(room.id);
      await pardon();
    },
  );

  await step(
    t,
    "without that signal, as on hosted servers, the epoch alone silences, five seconds after the last one at the latest",
    async () => {
      await sql`drop function realtime.reauthorize(text)`;
      const room = await open();
      const about = (p_user: Person) => ({ p_stream_id: room.id, p_user_id: p_user.id });
      const hearsNothing = async (who: Person) => {
        for (const name of ["chat_page", "stream_stats", "leaderboard"]) {
          assert.equal(await ask(who.supabase, name, { p_stream_id: room.id }), "banned", name);
        }
      };
      const [banned, second, other] = [
        await join(bob.supabase, room.topic),
        await join(cleo.supabase, room.topic),
        await join(dora.supabase, room.topic),
      ];
      await ask(ann.supabase, "ban_user", about(bob));
      await say(room.id, 1);
      await hearsNothing(bob);
      await waitFor("where the room moved", () => other.events.includes("moved"));
      const moved = await topicFor(dora, room.id);
      assert.equal(other.heard.find(({ event }) => event === "moved")?.payload.topic, moved);
      await other.leave();
      const again = await join(dora.supabase, moved);
      const stays = await join(cleo.supabase, moved);
      await say(room.id, 2);
      await waitFor("what was said", () => said(again).length === 1 && said(stays).length === 1);
      // The next ban comes too soon: the worker raises the epoch when its time has come.
      const secondAtMs = performance.now();
      await ask(ann.supabase, "ban_user", about(cleo));
      await hearsNothing(cleo);
      assert.equal(await topicFor(dora, room.id), moved);
      await waitFor("the worker to move the room", async () => (await warden.turnAtOnce()).raised === 1);
      await say(room.id, 3);
      assert.ok(performance.now() - secondAtMs < SILENT_MS_MAX, `moved after ${performance.now() - secondAtMs} ms`);
      const last = await topicFor(dora, room.id);
      const newest = await join(dora.supabase, last);
      await say(room.id, 4);
      await waitFor("what was said last", () => said(newest).length === 1);
      // All of them were still on their sockets.
      assert.deepEqual([banned.lostAtMs, second.lostAtMs, stays.lostAtMs], [null, null, null]);
      assert.deepEqual([said(banned), said(second), said(stays)], [[], [], [2]]);
      for (const each of [banned, second, newest]) await each.leave();
      // Answers are shared for some seconds among the connections of a session: new ones ask for themselves.
      for (const name of ["bob", "cleo"]) {
        const elsewhere = await signIn(stack, `${name}@rooms.test`);
        people.push(elsewhere);
        for (const topic of [room.topic, moved, last]) await refused(elsewhere, topic, ALL_SINCE_MS);
      }
    },
  );

  for (const supabase of people) {
    await supabase.removeAllChannels();
    await supabase.realtime.disconnect();
  }
  await waitFor("closed sockets", () => people.every((each) => !each.realtime.isConnected()));
});
