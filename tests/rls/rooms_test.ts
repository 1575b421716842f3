import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { attackRooms } from "./room_attacks.ts";
import { openRoom, setMember, Warden } from "./room_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";
const HOUR_MS = 3_600_000;

Deno.test("rooms open, are watched and end", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  // Enough connections for those who come at once.
  const many = postgres(stack.dbUrl, { max: 25, onnotice: () => {} });
  await using _ = { [Symbol.asyncDispose]: () => many.end({ timeout: 1 }) };
  const warden = await Warden.hire(sql);
  const someone = async (): Promise<Caller> => {
    const [who] = await makeCallers(sql, 1, { eur: 0 });
    assert.ok(who);
    return who;
  };
  const create = (who: Caller, p_stream: unknown, p_client_id = id(), db = sql): Promise<Answer> =>
    ask(db, who, "create_stream", { p_stream, p_client_id });
  const update = (who: Caller, p_stream_id: string, p_changes: unknown): Promise<Answer> =>
    ask(sql, who, "update_stream", { p_stream_id, p_changes, p_client_id: id() });
  const on = (name: string, who: Caller, p_stream_id: string): Promise<Answer> => ask(sql, who, name, { p_stream_id });
  const watch = (name: string, who: Caller, p_stream_id: string, p_tab_id: string, db = sql): Promise<Answer> =>
    ask(db, who, name, { p_stream_id, p_tab_id });
  const page = (who: Caller, args: Record<string, unknown> = {}): Promise<Answer> =>
    ask(sql, who, "streams_page", args);
  const titles = async (who: Caller, args: Record<string, unknown> = {}): Promise<string[]> =>
    (await page(who, { p_limit: 200, ...args })).items.map(({ title }: Answer) => title);
  const follow = (who: Caller, p_user_id: string, p_follow = true): Promise<Answer> =>
    ask(sql, who, "follow", { p_user_id, p_follow });
  const newsOf = async (
    who: Caller,
  ): Promise<Answer[]> => [
    ...await sql`select data from public.notifications where user_id = ${who.id} and kind = 'live_now'`,
  ];
  const heardIn = async (streamId: string): Promise<[string, Answer][]> => {
    const rows = await sql`select event, payload - 'id' as payload from realtime.messages
      where topic like ${"room:" + streamId + ":%"} order by id`;
    return rows.map(({ event, payload }) => [event, payload]);
  };
  const later = (ms: number) => new Date(Date.now() + ms).toISOString();

  await step(t, "a room is live from the moment it is opened, with what its streamer said of it", async () => {
    const ann = await someone();
    const { stream } = await create(ann, {
      ...{ title: "  Reading the tape  ", description: "Slowly", category: "education", markets: ["sim:BTC-USDT"] },
      ...{ thumbnail_url: "https://pictures.example/1.png", is_recording: true },
      ...{ whip_url: "http://127.0.0.1:8889/live/whip", whep_url: "https://media.example/live/whep" },
    });
    assert.deepEqual(
      [stream.title, stream.status, stream.category, stream.markets, stream.is_recording, stream.streamer_id],
      ["Reading the tape", "LIVE", "education", ["sim:BTC-USDT"], true, ann.id],
    );
    assert.equal(stream.whip_url, "http://127.0.0.1:8889/live/whip");
    const seen = await on("stream_detail", STRANGER, stream.stream_id);
    assert.deepEqual(
      [seen.stream.whip_url, seen.stream.whep_url, seen.stream.settings.blocked_words, seen.topic, seen.me.role],
      [null, "https://media.example/live/whep", null, `room:${stream.stream_id}:1`, "anonymous"],
    );
    const listed = (await page(STRANGER)).items.find(({ stream_id }: Answer) => stream_id === stream.stream_id);
    assert.deepEqual([listed.whep_url, listed.whip_url], [null, null]);
    const { user, me } = await ask(sql, ann, "profile_page", { p_username: stream.streamer.username });
    assert.deepEqual([user.live_stream_id, user.streams, me.self], [stream.stream_id, 1, true]);
  });

  await step(t, "what is no stream is refused, and no room is made of it", async () => {
    const ann = await someone();
    const bad: Record<string, unknown>[] = [
      ...["", "   ", "two\nlines", "x".repeat(121), "turned \u202e around", "bell \u0007", "hidden \u200b"].map((
        title,
      ) => ({
        title,
      })),
      {},
      { title: "x", description: "x".repeat(2_001) },
      { title: "x", category: "No Such" },
      { title: "x", visibility: "secret" },
      { title: "x", markets: "sim:BTC-USDT" },
      { title: "x", markets: ["btc"] },
      { title: "x", markets: Array(9).fill("sim:BTC-USDT") },
      { title: "x", thumbnail_url: "javascript:alert(1)" },
      { title: "x", whep_url: "https://me:secret@media.example/" },
      { title: "x", recording_url: "https://media.example/\u202Egpj.exe" },
      { title: "x", recording_url: "https://media.example/\u0007" },
      // Nothing that shows, and what covers its neighbours.
      ...["\u00A0", "\u3164", "\u00AD\u200C", `Z${"\u0301".repeat(9)}`, `Z${"\u0E34".repeat(9)}`].map((title) => ({
        title,
      })),
      { title: "x", description: `Z${"\u064B".repeat(9)}` },
      ...[{ a: 1 }, [1], 5, true].map((title) => ({ title })),
      { title: "x", scheduled_for: 20261231 },
      { title: "x", thumbnail_url: `https://a.example/"onerror="x` },
      { title: "x", is_recording: "yes" },
      { title: "x", scheduled_for: "soon" },
      { title: "x", scheduled_for: later(-HOUR_MS) },
      { title: "x", scheduled_for: later(91 * 24 * HOUR_MS) },
      // Whose it is comes from the token alone.
      { title: "x", streamer_id: NOTHING },
      { title: "x", status: "ended" },
    ];
    for (const each of bad) assert.equal((await create(ann, each)).code, "invalid_stream", JSON.stringify(each));
    for (const each of [null, [], "x", { title: "x", start: "now" }]) {
      assert.equal((await create(ann, each)).code, "bad_request", JSON.stringify(each));
    }
    assert.deepEqual((await ask(sql, ann, "user_streams", { p_user_id: ann.id })).items, []);
  });

  await step(t, "one stream of a user is live, however many are asked for at once", async () => {
    const ann = await someone();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(ann, { title: "Me" }, id(), many)));
    assert.equal(answers.filter(({ stream }) => stream).length, 1);
    assert.equal(answers.filter(({ code }) => code === "already_live").length, 7);
    const clientId = id();
    const then = { title: "Then", scheduled_for: later(HOUR_MS) };
    const twice = [1, 2].map(() => create(ann, then, clientId, many));
    const [first, second] = await Promise.all(twice);
    assert.equal(first.stream.stream_id, second.stream.stream_id);
    assert.equal((await create(ann, { ...then, title: "Other" }, clientId)).code, "conflict");
    const { items } = await ask(sql, ann, "user_streams", { p_user_id: ann.id });
    assert.equal(items.length, 2, "one is live, and one waits");
  });

  await step(t, "a scheduled stream is changed, begun and ended, or taken back, by its owner alone", async () => {
    const [ann, bob] = [await someone(), await someone()];
    const { stream } = await create(ann, { title: "Tomorrow", scheduled_for: later(HOUR_MS) });
    const streamId = stream.stream_id;
    assert.deepEqual([stream.status, stream.duration_seconds], ["SCHEDULED", null]);
    assert.deepEqual((await on("stream_detail", STRANGER, streamId)).topic, null);
    assert.equal((await watch("join_stream", bob, streamId, id())).code, "stream_ended");
    for (const name of ["start_stream", "end_stream", "cancel_stream", "touch_streamer"]) {
      assert.equal((await on(name, bob, streamId)).code, "not_owner", name);
      assert.equal((await on(name, bob, NOTHING)).code, "not_found", name);
    }
    assert.equal((await update(bob, streamId, { title: "Mine" })).code, "not_owner");
    assert.equal((await on("end_stream", ann, streamId)).code, "not_live");
    assert.equal((await update(ann, streamId, { scheduled_for: later(2 * HOUR_MS) })).stream.title, "Tomorrow");
    assert.equal((await on("start_stream", ann, streamId)).stream.status, "LIVE");
    assert.equal((await on("start_stream", ann, streamId)).stream.status, "LIVE", "twice is once");
    assert.equal((await on("cancel_stream", ann, streamId)).code, "not_scheduled");
    assert.equal((await update(ann, streamId, { title: "Now" })).stream.title, "Now");
    const ended = (await on("end_stream", ann, streamId)).stream;
    assert.equal(ended.status, "ENDED");
    assert.deepEqual((await on("end_stream", ann, streamId)).stream.ended_at, ended.ended_at);
    assert.equal((await on("start_stream", ann, streamId)).code, "stream_ended");
    assert.equal((await update(ann, streamId, { markets: [] })).code, "stream_ended");
    const recorded = await update(ann, streamId, { recording_url: "https://films.example/1" });
    assert.equal(recorded.stream.recording_url, "https://films.example/1");
    const heard = await heardIn(streamId);
    assert.deepEqual(heard.map(([event]) => event), ["room_settings", "stream_ended"]);
    assert.deepEqual(heard[1]?.[1], { stream_id: streamId, duration: 0 });
    const other = (await create(ann, { title: "Next", scheduled_for: later(HOUR_MS) })).stream.stream_id;
    assert.deepEqual(await on("cancel_stream", ann, other), { success: true });
    assert.equal((await on("stream_detail", ann, other)).code, "not_found");
  });

  await attackRooms(t, { stack, many, warden, someone, update, on, watch, heardIn });

  await step(t, "a room that is closed by hand in the dashboard ends as any other", async () => {
    const room = await openRoom(sql, await someone());
    await sql`update public.streams set status = 'ended' where id = ${room.stream_id}`;
    assert.deepEqual((await heardIn(room.stream_id)).map(([event]) => event), ["stream_ended"]);
    assert.equal((await watch("touch_viewer", STRANGER, room.stream_id, id())).code, "stream_ended");
  });

  await step(t, "lists show what one may see, by viewers, time and end, page by page", async () => {
    const [ann, bob, cleo] = [await someone(), await someone(), await someone()];
    const mark = id().slice(0, 8);
    const rooms = [];
    for (const [i, viewers] of [3, 9, 5, 5].entries()) {
      const room = await openRoom(sql, await someone(), {
        title: `${mark} ${i}`,
        category: i === 1 ? "stocks" : "crypto",
      });
      await sql`update public.streams set viewer_count = ${viewers} where id = ${room.stream_id}`;
      rooms.push(room);
    }
    await openRoom(sql, ann, { title: `${mark} private`, visibility: "private" });
    await setMember(sql, ann.id, bob.id, "invited");
    assert.deepEqual(await titles(cleo, { p_search: mark }), [1, 3, 2, 0].map((i) => `${mark} ${i}`));
    assert.deepEqual(await titles(STRANGER, { p_search: mark.toUpperCase(), p_category: "stocks" }), [`${mark} 1`]);
    for (const who of [ann, bob]) assert.equal((await titles(who, { p_search: mark })).length, 5);
    const paged = [];
    let cursor: string | null = null;
    do {
      const { items, next_cursor }: Answer = await page(STRANGER, { p_search: mark, p_limit: 1, p_cursor: cursor });
      paged.push(...items.map(({ title }: Answer) => title));
      cursor = next_cursor;
    } while (cursor !== null);
    assert.deepEqual(paged, [1, 3, 2, 0].map((i) => `${mark} ${i}`));
    for (const room of rooms) await sql`update public.streams set status = 'ended' where id = ${room.stream_id}`;
    const ended = [];
    do {
      const { items, next_cursor }: Answer = await page(cleo, {
        ...{ p_status: "ended", p_search: mark, p_limit: 3, p_cursor: cursor },
      });
      ended.push(...items.map(({ title }: Answer) => title));
      cursor = next_cursor;
    } while (cursor !== null);
    assert.deepEqual(ended, [3, 2, 1, 0].map((i) => `${mark} ${i}`));
    for (const hours of [5, 2]) {
      await create(bob, { title: `${mark} in ${hours} h`, scheduled_for: later(hours * HOUR_MS) });
    }
    assert.deepEqual(await titles(STRANGER, { p_status: "scheduled", p_search: mark }), [
      `${mark} in 2 h`,
      `${mark} in 5 h`,
    ]);
    assert.deepEqual((await ask(sql, cleo, "user_streams", { p_user_id: ann.id })).items, []);
    assert.equal((await ask(sql, bob, "user_streams", { p_user_id: ann.id })).items.length, 1);
    for (const args of [{ p_limit: 0 }, { p_limit: 201 }]) assert.equal((await page(cleo, args)).code, "invalid_limit");
    for (const cursor of ["1 or 1=1", `-9999999999999999.${id()}`]) {
      assert.equal((await page(cleo, { p_cursor: cursor, p_status: "ended" })).code, "invalid_cursor");
    }
    // The last moment a cursor can name is one that the database knows.
    assert.deepEqual((await page(cleo, { p_cursor: `-99999999999999.${id()}`, p_status: "ended" })).code, undefined);
    assert.equal((await page(cleo, { p_status: "all" })).code, "bad_request");
  });

  await step(t, "who follows hears of it when a stream goes live, once in a quarter of an hour", async () => {
    const [ann, bob, cleo, dora] = [await someone(), await someone(), await someone(), await someone()];
    assert.deepEqual(await follow(bob, ann.id), { following: true, followers: 1 });
    assert.deepEqual(await follow(bob, ann.id), { following: true, followers: 1 });
    await follow(cleo, ann.id);
    await follow(dora, ann.id);
    assert.deepEqual(await follow(dora, ann.id, false), { following: false, followers: 2 });
    assert.deepEqual(await follow(dora, bob.id), { following: true, followers: 1 });
    assert.deepEqual(await follow(dora, ann.id, false), { following: false, followers: 2 });
    assert.equal((await ask(sql, dora, "my_follows", {})).items.length, 1, "and follows the others still");
    assert.equal((await follow(ann, ann.id)).code, "bad_request");
    assert.equal((await follow(ann, NOTHING)).code, "not_found");
    await setMember(sql, ann.id, cleo.id, "banned");
    assert.equal((await follow(cleo, ann.id)).code, "banned");
    const room = await openRoom(sql, ann, { title: "First" });
    assert.deepEqual(await Promise.all([bob, cleo, dora].map(newsOf)).then((all) => all.map(({ length }) => length)), [
      1,
      0,
      0,
    ]);
    assert.deepEqual((await newsOf(bob))[0]?.data.stream_id, room.stream_id);
    const { items } = await ask(sql, bob, "my_follows", {});
    assert.deepEqual(items.map(({ user_id, live_stream_id }: Answer) => [user_id, live_stream_id]), [[
      ann.id,
      room.stream_id,
    ]]);
    assert.equal((await on("stream_stats", ann, room.stream_id)).followers_gained, 0);
    await follow(dora, ann.id);
    assert.equal((await on("stream_stats", ann, room.stream_id)).followers_gained, 1);
    await on("end_stream", ann, room.stream_id);
    await on("end_stream", ann, (await openRoom(sql, ann)).stream_id);
    assert.equal((await newsOf(bob)).length, 1);
    await sql`update public.streams set started_at = started_at - interval '1 hour' where streamer_id = ${ann.id}`;
    const secret = await openRoom(sql, ann, { visibility: "private" });
    assert.equal((await newsOf(bob)).length, 1, "nobody hears of a private room who cannot see it");
    await on("end_stream", ann, secret.stream_id);
    await sql`delete from auth.users where id = ${bob.id}`;
    assert.equal(
      (await on("stream_detail", STRANGER, room.stream_id)).me.followers,
      2,
      "whoever leaves follows nobody",
    );
  });

  await step(
    t,
    "viewers are people, however many tabs they have, and whoever has no account is one a tab",
    async () => {
      const [ann, bob, cleo] = [await someone(), await someone(), await someone()];
      const { stream_id: roomId } = await openRoom(sql, ann);
      const [first, second, third] = [id(), id(), id()];
      const joined = await watch("join_stream", bob, roomId, first);
      assert.deepEqual([joined.success, joined.topic, joined.stream.stream_id], [true, `room:${roomId}:1`, roomId]);
      await watch("join_stream", bob, roomId, second);
      await watch("join_stream", bob, roomId, second);
      await watch("join_stream", ann, roomId, id());
      for (const tab of [third, id()]) await watch("join_stream", STRANGER, roomId, tab);
      await warden.turn();
      assert.equal((await watch("touch_viewer", bob, roomId, first)).viewer_count, 3);
      // Whoever knows a tab's id neither takes it over nor ends it.
      await watch("touch_viewer", cleo, roomId, first);
      await watch("leave_stream", cleo, roomId, first);
      await watch("leave_stream", STRANGER, roomId, first);
      await watch("leave_stream", bob, roomId, second);
      await warden.turn();
      assert.equal((await on("stream_detail", bob, roomId)).stream.viewer_count, 3);
      // A tab that crashed runs out; one whose page signs in stays one viewer.
      await watch("touch_viewer", cleo, roomId, third);
      await sql`update public.stream_viewers set expires_at = now() where tab_id = ${first}`;
      await warden.turn();
      const fewer = (await on("stream_detail", bob, roomId)).stream;
      assert.deepEqual([fewer.viewer_count, fewer.peak_viewers], [2, 3]);
      await watch("touch_viewer", bob, roomId, first);
      await warden.turn();
      const { stream } = await on("stream_detail", bob, roomId);
      assert.deepEqual([stream.viewer_count, stream.peak_viewers], [3, 3]);
      assert.equal((await watch("join_stream", bob, NOTHING, id())).code, "not_found");
      assert.equal((await watch("join_stream", bob, roomId, null as never)).code, "bad_request");
      assert.deepEqual(await heardIn(roomId), [
        ...[["viewer_joined", { viewer_count: 3 }], ["viewer_count", { viewer_count: 3 }]],
        ...[["viewer_left", { viewer_count: 2 }], ["viewer_count", { viewer_count: 2 }]],
        ...[["viewer_joined", { viewer_count: 3 }], ["viewer_count", { viewer_count: 3 }]],
      ]);
      const stats = await on("stream_stats", ann, roomId);
      assert.deepEqual([stats.viewer_count, stats.peak_viewers, stats.minutes.at(-1)?.viewers], [3, 3, 3]);
      await on("end_stream", ann, roomId);
      const last = await on("stream_stats", STRANGER, roomId);
      assert.deepEqual([last.viewer_count, last.peak_viewers, last.tips], [0, 3, null]);
      assert.deepEqual([...await sql`select from public.stream_viewers where stream_id = ${roomId}`], []);
    },
  );

  await step(
    t,
    "who is signed in sees who else watches, and of those without an account the number alone",
    async () => {
      const [ann, mod, bob, cleo, ghost, gone] = await Promise.all(Array.from({ length: 6 }, () => someone()));
      assert.ok(ann && mod && bob && cleo && ghost && gone);
      const { stream_id: roomId } = await openRoom(sql, ann);
      await setMember(sql, ann.id, mod.id, "moderator");
      const tabs = new Map<Caller, string>();
      for (const who of [ann, bob, bob, cleo, mod, ghost, gone]) {
        tabs.set(who, id());
        await watch("join_stream", who, roomId, tabs.get(who) ?? "");
      }
      for (let n = 0; n < 2; n++) await watch("join_stream", STRANGER, roomId, id());
      await sql`insert into public.stream_members (streamer_id, user_id, shadow_banned_at) values (${ann.id}, ${ghost.id}, now())`;
      await sql`update public.stream_viewers set expires_at = now() where user_id = ${gone.id}`;
      await sql`update public.stream_members set muted_until = now() + interval '1 hour' where user_id = ${mod.id}`;
      const seenBy = (who: Caller) => on("room_viewers", who, roomId);
      const ids = ({ items }: Answer) => items.map(({ user_id }: Answer) => user_id);
      // The streamer is nobody's audience, a person with two tabs one of it.
      const seen = await seenBy(bob);
      assert.deepEqual([seen.signed_in, seen.anonymous, seen.next_cursor], [3, 2, null]);
      assert.deepEqual(ids(seen), [mod.id, bob.id, cleo.id]);
      assert.deepEqual(Object.keys(seen.items[0]).toSorted(), ["role", "since", "user_id", "username"]);
      assert.equal(seen.items[0].role, "moderator");
      for (const who of [ann, mod, ghost]) {
        assert.deepEqual(ids(await seenBy(who)), [
          mod.id,
          bob.id,
          cleo.id,
          ghost.id,
        ]);
      }
      const [first, , , last] = (await seenBy(ann)).items;
      assert.ok(Date.parse(first.muted_until) > Date.now());
      assert.deepEqual([first.shadow_banned, last.shadow_banned, last.muted_until], [false, true, null]);
      const few = await ask(sql, ann, "room_viewers", { p_stream_id: roomId, p_limit: 1 });
      assert.deepEqual([few.signed_in, ids(few)], [4, [mod.id]]);
      const { items, ...counts } = await seenBy(STRANGER);
      assert.deepEqual([items, counts.signed_in, counts.anonymous], [[], 3, 2]);
      await setMember(sql, ann.id, cleo.id, "banned");
      assert.equal((await seenBy(cleo)).code, "banned");
      assert.deepEqual(ids(await seenBy(bob)), [mod.id, bob.id]);
      for (const p_limit of [0, 201, null]) {
        assert.equal((await ask(sql, ann, "room_viewers", { p_stream_id: roomId, p_limit })).code, "invalid_limit");
      }
      await on("end_stream", ann, roomId);
      assert.deepEqual((await seenBy(bob)).items, []);
      const hidden = await openRoom(sql, ann, { visibility: "private" });
      for (const who of [bob, STRANGER]) {
        assert.equal(
          (await on("room_viewers", who, hidden.stream_id)).code,
          "not_found",
        );
      }
      await on("end_stream", ann, hidden.stream_id);
    },
  );

  await step(t, "a room hears of its viewers once a second at most", async () => {
    const { stream_id: roomId } = await openRoom(sql, await someone());
    await watch("join_stream", STRANGER, roomId, id());
    await warden.turnAtOnce();
    await watch("join_stream", STRANGER, roomId, id());
    assert.equal((await warden.turnAtOnce()).told, 0);
    assert.equal((await warden.turn()).told, 1);
    assert.equal((await warden.turn()).told, 0, "nor when nothing changed");
    assert.equal((await heardIn(roomId)).length, 4);
  });

  await step(t, "viewers come and stay while a room's row is held, and it is counted afterwards", async () => {
    const people = await makeCallers(sql, 40, { eur: 0 });
    const { stream_id: roomId } = await openRoom(sql, await someone());
    const tabs = people.map(() => id());
    const touchAll = (name: string) =>
      Promise.all(people.map((who, i) => watch(name, who, roomId, tabs[i] ?? "", many)));
    await sql.begin(async (tx) => {
      await tx`select from public.streams where id = ${roomId} for no key update`;
      await touchAll("join_stream");
      await touchAll("touch_viewer");
      assert.equal((await many`select private.count_viewers() as told`)[0]?.told, 0);
    });
    await warden.turn();
    assert.equal((await on("stream_detail", STRANGER, roomId)).stream.viewer_count, 40);
  });

  await step(t, "whoever is banned is counted no longer, reads no more, and does not come back", async () => {
    const [ann, bob] = [await someone(), await someone()];
    const { stream_id: roomId } = await openRoom(sql, ann, { whep_url: "https://media.example/whep" });
    await watch("join_stream", bob, roomId, id());
    await warden.turn();
    await setMember(sql, ann.id, bob.id, "banned");
    const [raised] = await sql`select private.raise_epoch(${roomId}) as raised`;
    assert.equal(raised?.raised, true);
    await warden.turn();
    const { stream, topic, me } = await on("stream_detail", bob, roomId);
    assert.deepEqual([stream.viewer_count, stream.whep_url, topic, me.banned], [0, null, null, true]);
    for (const name of ["join_stream", "touch_viewer"]) {
      assert.equal((await watch(name, bob, roomId, id())).code, "banned");
    }
    assert.equal((await on("stream_stats", bob, roomId)).code, "banned");
    const heard = await heardIn(roomId);
    assert.deepEqual(heard[2], ["moved", { topic: `room:${roomId}:2`, within_ms: 1_500 }]);
    // What holds of a streamer's people holds in the next room, too.
    await on("end_stream", ann, roomId);
    const next = await openRoom(sql, ann);
    assert.equal((await watch("join_stream", bob, next.stream_id, id())).code, "banned");
  });

  await step(t, "a room whose streamer says nothing for two minutes ends, and no other does", async () => {
    const [ann, bob] = [await someone(), await someone()];
    const [left, kept] = [await openRoom(sql, ann), await openRoom(sql, bob)];
    await sql`update public.streams set streamer_seen_at = clock_timestamp() - interval '119 seconds'
      where id in (${left.stream_id}, ${kept.stream_id})`;
    assert.equal((await warden.turn()).ended, 0);
    await sql`update public.streams set streamer_seen_at = clock_timestamp() - interval '121 seconds'
      where id in (${left.stream_id}, ${kept.stream_id})`;
    assert.equal((await on("touch_streamer", bob, kept.stream_id)).success, true);
    assert.equal((await warden.turn()).ended, 1);
    assert.equal((await on("touch_streamer", ann, left.stream_id)).code, "stream_ended");
    assert.equal((await on("stream_detail", ann, kept.stream_id)).stream.status, "LIVE");
    assert.deepEqual((await heardIn(left.stream_id)).map(([event]) => event), ["stream_ended"]);
    const audited =
      await sql`select detail from public.audit_log where action = 'stream.ended' and subject_id = ${left.stream_id}`;
    assert.equal(audited[0]?.detail.streamer_id, ann.id);
  });

  await step(
    t,
    "an account that streamed, watched and tipped can be deleted, and the tips stay in the books",
    async () => {
      const [ann, bob] = [await someone(), await someone()];
      const room = await openRoom(sql, ann);
      await watch("join_stream", bob, room.stream_id, id());
      await sql`insert into public.stream_tips (stream_id, from_user, to_user, amount, fee, transfer_id)
      select ${room.stream_id}, ${bob.id}, ${ann.id}, 10, 0.5, private.post_transfer('seed', gen_random_uuid(),
        array[private.platform_account('EUR', 'world'), private.platform_account('EUR', 'fees')], array[-0.5, 0.5])`;
      assert.deepEqual((await on("stream_stats", ann, room.stream_id)).tips, { count: 1, amount: "10", fee: "0.5" });
      const [hers, his] = await Promise.all([ann, bob].map((who) => ask(sql, who, "export_my_data", {})));
      assert.deepEqual([hers.streams.length, hers.tips_given.length, hers.tips_received[0].fee], [1, 0, "0.5"]);
      assert.deepEqual([his.streams.length, his.tips_given[0].amount, his.tips_received.length], [0, "10", 0]);
      await sql`delete from auth.users where id in (${ann.id}, ${bob.id})`;
      assert.equal((await on("stream_detail", STRANGER, room.stream_id)).code, "not_found");
      assert.equal((await sql`select from public.stream_tips where to_user = ${ann.id}`).length, 1);
    },
  );
});
