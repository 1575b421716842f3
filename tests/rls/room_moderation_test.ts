import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { openRoom } from "./room_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";
/** A ban and messages meet this often. */
const ROUNDS = 8;

Deno.test("how a room is moderated", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const many = postgres(stack.dbUrl, { max: 12, onnotice: () => {} });
  await using _ = { [Symbol.asyncDispose]: () => many.end({ timeout: 1 }) };
  const [ann, mod, second, bob, cleo] = await makeCallers(sql, 5, { eur: 0 });
  assert.ok(ann && mod && second && bob && cleo);
  const { stream_id: room } = await openRoom(sql, ann);
  const act = (who: Caller, name: string, args: Record<string, unknown> = {}, db = sql): Promise<Answer> =>
    ask(db, who, name, { p_stream_id: room, ...args });
  const about = (who: Caller, name: string, p_user: Caller, more: Record<string, unknown> = {}, db = sql) =>
    act(who, name, { p_user_id: p_user.id, ...more }, db);
  const say = (who: Caller, p_message: string, db = sql): Promise<Answer> =>
    act(who, "send_message", { p_client_id: id(), p_message }, db);
  const set = (who: Caller, settings: Record<string, unknown>): Promise<Answer> =>
    act(who, "set_room_settings", { p_settings: sql.json(settings as never) });
  const read = async (who: Caller): Promise<Answer[]> => (await act(who, "chat_page")).items;
  /** What the room heard since the last look: events, topics aside. */
  const heard = async (): Promise<Answer[]> =>
    (await sql`delete from realtime.messages where topic like 'room:%' returning event, payload, inserted_at, id`)
      .sort((a, b) => a.id < b.id ? -1 : 1).map(({ event, payload: { id: _, ...payload } }) => ({ event, ...payload }));
  const acts = async (): Promise<string[]> =>
    (await act(ann, "acts_page")).items.map((each: Answer) => each.act).reverse();
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await sql`delete from public.rate_limits`;
      await sql`update public.stream_messages set created_at = created_at - interval '10 minutes'`;
      await sql`delete from public.stream_acts`;
      await heard();
      await body();
    });

  await rule("the streamer makes moderators, and nobody else does", async () => {
    for (const who of [mod, bob]) assert.equal((await about(who, "set_moderator", bob)).code, "not_owner");
    for (const who of [mod, second]) assert.equal((await about(ann, "set_moderator", who)).person.moderator, true);
    assert.equal((await about(mod, "set_moderator", bob)).code, "not_owner");
    assert.equal((await about(ann, "set_moderator", ann)).code, "cannot_moderate");
    assert.equal((await act(ann, "set_moderator", { p_user_id: NOTHING })).code, "not_found");
    assert.equal((await about(ann, "set_moderator", mod, { p_moderator: null })).code, "bad_request");
    await about(ann, "set_moderator", second);
    assert.deepEqual(await acts(), ["moderator_made", "moderator_made"], "twice is once");
    const crowd = await makeCallers(sql, 49, { eur: 0 });
    await sql`delete from public.rate_limits`;
    const answers = await Promise.all(crowd.map((who) => about(ann, "set_moderator", who, {}, many)));
    assert.equal(answers.filter(({ person }) => person).length, 48, "fifty are the most");
    assert.deepEqual(answers.map(({ code }) => code).filter(Boolean), ["people_limit"]);
    await sql`update public.stream_members set moderator_since = null where user_id = any(${
      crowd.map((who) => who.id)
    })`;
  });

  await rule("viewers moderate nobody, moderators neither the streamer nor each other", async () => {
    const { message } = await say(ann, "Mine");
    const theirs = await say(second, "Theirs");
    const calls: [string, Record<string, unknown>][] = [
      ["mute_user", { p_seconds: 60 }],
      ["ban_user", {}],
      ["unban_user", {}],
      ["shadow_ban_user", {}],
    ];
    for (const [name, more] of calls) {
      assert.equal((await about(bob, name, cleo, more)).code, "forbidden", name);
      const above: Caller[] = [ann, mod, second];
      for (const whom of above) {
        assert.equal((await about(mod, name, whom, more)).code, "cannot_moderate", name);
      }
      assert.equal((await about(ann, name, ann, more)).code, "cannot_moderate", name);
    }
    for (const name of ["acts_page", "room_people", "reports_page"]) {
      assert.equal((await act(bob, name)).code, "forbidden", name);
      await assert.rejects(act(STRANGER, name), /permission denied/);
    }
    assert.equal((await set(bob, { slow_mode_s: 1 })).code, "forbidden");
    for (const { message_id } of [message, theirs.message]) {
      assert.equal((await act(bob, "remove_message", { p_message_id: message_id })).code, "forbidden");
      assert.equal((await act(mod, "remove_message", { p_message_id: message_id })).code, "cannot_moderate");
    }
    assert.deepEqual(await acts(), []);
  });

  await rule("a mute takes somebody's voice until it ends, and says for how long", async () => {
    const { person } = await about(mod, "mute_user", bob, { p_seconds: 90 });
    assert.ok(Date.parse(person.muted_until) > Date.now() + 60_000);
    const refused = await say(bob, "Mmh");
    assert.equal(refused.code, "muted");
    assert.ok(Number(refused.hint) > 80 && Number(refused.hint) <= 90, refused.hint);
    assert.ok((await read(bob)).length > 0, "he reads on");
    await sql`update public.stream_members set muted_until = now() where user_id = ${bob.id}`;
    assert.ok((await say(bob, "Ah")).message);
    await about(mod, "mute_user", bob, { p_seconds: 90 });
    assert.equal((await about(ann, "mute_user", bob, { p_seconds: 0 })).person.muted_until, null);
    assert.ok((await say(bob, "Again")).message);
    for (const p_seconds of [-1, 30 * 86_400 + 1, null]) {
      assert.equal((await about(mod, "mute_user", bob, { p_seconds })).code, "bad_request");
    }
    assert.deepEqual(await acts(), ["user_muted", "user_muted", "user_unmuted"]);
  });

  await rule(
    "a ban shuts out of all rooms of the streamer, moves the room, and hides what was said until it ends",
    async () => {
      const { message } = await say(bob, "Before");
      const { topic } = await act(bob, "stream_detail");
      await heard();
      assert.equal((await about(mod, "ban_user", bob)).person.banned, true);
      const events = await heard();
      assert.deepEqual(events.map(({ event }) => event), ["message_removed", "moved"]);
      assert.deepEqual([events[0].user_id, events[0].removed], [bob.id, true]);
      assert.notEqual(events[1].topic, topic);
      assert.equal((await act(ann, "stream_detail")).topic, events[1].topic);
      for (const name of ["chat_page", "leaderboard"]) assert.equal((await act(bob, name)).code, "banned", name);
      assert.equal((await say(bob, "Let me in")).code, "banned");
      const tip = { p_client_id: id(), p_amount: "1" };
      assert.equal((await act(bob, "tip", tip)).code, "banned");
      assert.equal(
        (await act(bob, "report_message", { p_message_id: message.message_id, p_reason: "x" })).code,
        "banned",
      );
      const [hidden] = (await read(cleo)).filter((each) => each.message_id === message.message_id);
      assert.deepEqual(Object.keys(hidden).sort(), [
        "created_at",
        "message_id",
        "removed",
        "removed_by_name",
        "stream_id",
      ]);
      assert.deepEqual((await ask(sql, cleo, "chat_page", { p_stream_id: room, p_search: "before" })).items, []);
      assert.equal((await read(mod)).find((each) => each.message_id === message.message_id).message, "Before");
      await about(mod, "ban_user", bob);
      assert.deepEqual(await acts(), ["user_banned"]);
      await about(ann, "unban_user", bob);
      assert.deepEqual((await heard()).map(({ event, user_id, removed }) => [event, user_id, removed]), [
        ["message_removed", bob.id, false],
      ]);
      assert.equal((await read(cleo)).find((each) => each.message_id === message.message_id).message, "Before");
      assert.ok((await say(bob, "After")).message);
      assert.deepEqual(await acts(), ["user_banned", "user_unbanned"]);
      const audited = await sql`select action from public.audit_log where action like 'room.user_%banned' order by at`;
      assert.deepEqual(audited.map(({ action }) => action), ["room.user_banned", "room.user_unbanned"]);
      await about(ann, "ban_user", second);
      assert.equal((await about(ann, "set_moderator", second)).code, "cannot_moderate");
      assert.equal((await act(second, "remove_message", { p_message_id: message.message_id })).code, "banned");
      await about(ann, "unban_user", second);
      await about(ann, "set_moderator", second);
    },
  );

  await rule("a message that meets a ban is told before it or refused", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await sql`delete from public.rate_limits`;
      await sql`update public.streams set epoch_raised_at = null where id = ${room}`;
      const [dora] = await makeCallers(sql, 1, { eur: 0 });
      assert.ok(dora);
      await heard();
      const said = [1, 2, 3, 4, 5].map((n) => say(dora, `Quick ${n}`, many));
      const banned = about(mod, "ban_user", dora, {}, many);
      const answers = await Promise.all(said);
      const ban = await banned;
      assert.ok(ban.person.banned);
      assert.ok(answers.every(({ message, code }) => message || code === "banned"), JSON.stringify(answers));
      const events = (await heard()).map(({ event }) => event);
      assert.deepEqual(events.slice(-2), ["message_removed", "moved"], `round ${round}: ${events}`);
    }
  });

  await rule("a shadow ban is seen by nobody: its user goes on talking to himself", async () => {
    await about(mod, "shadow_ban_user", bob);
    await heard();
    const { message } = await say(bob, "Anyone?");
    assert.equal(message.message, "Anyone?");
    assert.ok(!JSON.stringify(message).includes("shadow"));
    assert.deepEqual(await heard(), []);
    const said = async (who: Caller) => (await act(who, "stream_stats")).messages;
    assert.equal(await said(bob), await said(cleo) + 1, "numbers do not tell either");
    const sees = async (who: Caller) => (await read(who)).some((each) => each.message_id === message.message_id);
    assert.deepEqual(await Promise.all([sees(bob), sees(cleo), sees(mod), sees(STRANGER)]), [
      true,
      false,
      false,
      false,
    ]);
    const after = await act(cleo, "chat_page", { p_search: "anyone" });
    assert.deepEqual(after.items, []);
    assert.equal(
      (await act(cleo, "report_message", { p_message_id: message.message_id, p_reason: "?" })).code,
      "not_found",
    );
    assert.equal((await act(mod, "remove_message", { p_message_id: message.message_id })).code, "not_found");
    assert.equal((await act(bob, "stream_detail")).me.banned, false);
    await about(mod, "shadow_ban_user", bob, { p_banned: false });
    assert.equal(await sees(cleo), false, "what was said to nobody stays so");
    assert.equal((await say(bob, "Hello")).message.message, "Hello");
    assert.equal((await heard()).length, 1);
  });

  await rule("a message is taken away and given back, and the room hears of it", async () => {
    const { message } = await say(bob, "Look at this");
    await heard();
    const p = { p_message_id: message.message_id };
    const removed = await act(mod, "remove_message", p);
    assert.deepEqual([removed.message.removed, removed.message.message], [true, "Look at this"]);
    assert.deepEqual(await heard(), [{ event: "message_removed", message_id: message.message_id, removed: true }]);
    const [seen] = (await read(cleo)).filter((each) => each.message_id === message.message_id);
    assert.ok(seen.removed && seen.removed_by_name && !("message" in seen) && !("user_id" in seen));
    await act(mod, "remove_message", p);
    assert.deepEqual(await heard(), [], "twice is once");
    const restored = await act(second, "restore_message", p);
    assert.equal(restored.message.removed, undefined);
    const [event] = await heard();
    assert.deepEqual([event.removed, event.message.message], [false, "Look at this"]);
    await act(ann, "remove_message", p);
    assert.equal((await act(mod, "restore_message", p)).code, "cannot_moderate", "what the streamer took away");
    const own = { p_message_id: (await say(mod, "My own")).message.message_id };
    await act(ann, "remove_message", own);
    assert.equal((await act(mod, "restore_message", own)).code, "cannot_moderate", "not even one's own");
    assert.equal((await act(mod, "remove_message", { p_message_id: NOTHING })).code, "not_found");
    const { stream_id } = await openRoom(sql, cleo);
    assert.equal(
      (await ask(sql, cleo, "remove_message", { p_stream_id: stream_id, ...p })).code,
      "not_found",
      "elsewhere",
    );
    assert.deepEqual(await acts(), ["message_removed", "message_restored", "message_removed", "message_removed"]);
  });

  await rule("what was taken away is in nothing that Realtime would replay", async () => {
    const { message } = await say(bob, "Where somebody lives");
    const p = { p_message_id: message.message_id };
    await set(mod, { pinned_message_id: message.message_id });
    await act(mod, "remove_message", p);
    await act(mod, "restore_message", p);
    assert.ok((await say(cleo, "Where nobody lives")).message);
    await act(mod, "remove_message", p);
    const events = await heard();
    assert.ok(!JSON.stringify(events).includes("Where somebody lives"));
    assert.deepEqual(events.filter(({ event }) => event !== "message_removed").map((each) => each.message), [
      "Where nobody lives",
    ]);
    for (const { event, message_id, removed } of events.filter((each) => each.event === "message_removed")) {
      assert.deepEqual([event, message_id, removed], ["message_removed", message.message_id, true]);
    }
    await set(mod, { pinned_message_id: null });
  });

  await rule("what viewers report is decided once for all who reported it", async () => {
    const { message } = await say(bob, "Send me your keys");
    const p_message_id = message.message_id;
    const report = (who: Caller, p_reason: string) => act(who, "report_message", { p_message_id, p_reason });
    assert.equal((await report(cleo, "\u202Etfeht")).code, "invalid_message");
    assert.deepEqual(await report(cleo, "Theft"), { reported: true });
    await report(cleo, "Theft!");
    await report(second, "Fraud");
    assert.equal((await report(bob, "Me")).code, "not_found");
    const { items } = await act(mod, "reports_page");
    assert.deepEqual(items.map((each: Answer) => [each.reason, each.message.message]), [
      ["Theft", "Send me your keys"],
      ["Fraud", "Send me your keys"],
    ]);
    const decide = (who: Caller, p_remove: boolean | null) =>
      ask(sql, who, "decide_report", { p_report_id: items[0].id, p_remove });
    assert.equal((await decide(bob, true)).code, "not_found");
    assert.equal((await decide(mod, null)).code, "bad_request");
    await heard();
    assert.equal((await decide(mod, true)).report.status, "removed");
    assert.deepEqual((await heard()).map(({ event }) => event), ["message_removed"]);
    assert.deepEqual((await act(mod, "reports_page")).items, []);
    assert.equal((await act(mod, "reports_page", { p_status: "removed" })).items.length, 2);
    assert.deepEqual(await acts(), ["message_removed", "report_upheld"]);
    const { message: theirs } = await say(mod, "Nothing to see here");
    await act(cleo, "report_message", { p_message_id: theirs.message_id, p_reason: "Theft" });
    const p_report_id = (await act(mod, "reports_page")).items[0].id;
    for (const p_remove of [true, false]) {
      const decided = await ask(sql, mod, "decide_report", { p_report_id, p_remove });
      assert.equal(decided.code, "cannot_moderate", "nobody decides what is reported about oneself");
    }
    assert.equal((await ask(sql, second, "decide_report", { p_report_id, p_remove: false })).report.status, "kept");
  });

  await rule("what a ban hid stays hidden when the banned delete their account", async () => {
    const [dora] = await makeCallers(sql, 1, { eur: 0 });
    assert.ok(dora);
    const { message } = await say(dora, "Spam and more spam");
    await about(mod, "ban_user", dora);
    await sql`delete from auth.users where id = ${dora.id}`;
    const [seen] = (await read(cleo)).filter((each) => each.message_id === message.message_id);
    assert.ok(seen.removed && !("message" in seen));
    assert.deepEqual((await act(STRANGER, "chat_page", { p_search: "more spam" })).items, []);
    const { message: fine } = await say(cleo, "Something fine");
    assert.ok((await read(bob)).some((each) => each.message_id === fine.message_id && each.message));
  });

  await rule("a moderator who is shadow banned is cut from a private room", async () => {
    const { stream_id } = await openRoom(sql, second, { visibility: "private" });
    const there = { p_stream_id: stream_id, p_user_id: mod.id };
    await ask(sql, second, "set_moderator", there);
    await ask(sql, second, "shadow_ban_user", there);
    const { topic, stream } = await ask(sql, second, "stream_detail", { p_stream_id: stream_id });
    assert.deepEqual([topic, stream.visibility], [`room:${stream_id}:2`, "private"]);
    assert.equal((await ask(sql, mod, "stream_detail", { p_stream_id: stream_id })).code, "not_found");
    await ask(sql, second, "end_stream", { p_stream_id: stream_id });
  });

  await rule("the room hears of its settings, but for the words it blocks", async () => {
    const { message } = await say(ann, "Read this first");
    await heard();
    await set(mod, { slow_mode_s: 5, pinned_message_id: message.message_id, blocked_words: ["moon"] });
    const [event] = await heard();
    assert.deepEqual([event.event, event.slow_mode_s, event.pinned.message], ["room_settings", 5, "Read this first"]);
    assert.ok(!JSON.stringify(event).includes("moon"));
    await set(mod, { slow_mode_s: 5 });
    assert.deepEqual(await heard(), [], "nothing changed");
    const { stream } = await act(cleo, "stream_detail");
    assert.deepEqual([stream.settings.pinned.message, stream.settings.blocked_words], ["Read this first", null]);
    await act(ann, "remove_message", { p_message_id: message.message_id });
    assert.equal((await act(cleo, "stream_detail")).stream.settings.pinned, null);
    for (
      const settings of [
        ...[{ slow_mode_s: 121 }, { slow_mode_s: -1 }, { slow_mode_s: "x" }, { slow_mode_s: 1.5 }, {
          slow_mode_s: null,
        }],
        ...[{ followers_only: "yes" }, { followers_only: null }, { pinned_message_id: "x" }, { else: 1 }, [], "x"],
      ]
    ) {
      assert.equal((await set(ann, settings as never)).code, "invalid_settings", JSON.stringify(settings));
    }
    assert.equal((await set(ann, { pinned_message_id: message.message_id })).code, "not_found", "it was removed");
    await set(ann, { slow_mode_s: 0, blocked_words: [], pinned_message_id: null });
    assert.deepEqual(await acts(), ["settings_changed", "message_removed", "settings_changed"]);
  });

  await rule("moderators see whom they decided about, and what they did", async () => {
    await about(mod, "mute_user", bob, { p_seconds: 60 });
    await about(ann, "invite_user", cleo);
    const people = await act(mod, "room_people");
    assert.deepEqual(people.moderators.map((each: Answer) => each.user_id).sort(), [mod.id, second.id].sort());
    assert.deepEqual(people.muted.map((each: Answer) => each.user_id), [bob.id]);
    assert.deepEqual(people.invited.map((each: Answer) => each.user_id), [cleo.id]);
    const { items, next_cursor } = await act(mod, "acts_page", { p_limit: 1 });
    assert.deepEqual([items[0].act, items[0].actor_id, items[0].subject_id], ["user_invited", ann.id, cleo.id]);
    const rest = await act(mod, "acts_page", { p_cursor: next_cursor });
    assert.deepEqual(rest.items.map((each: Answer) => [each.act, each.detail]), [["user_muted", { seconds: 60 }]]);
    for (const p_limit of [0, 201]) assert.equal((await act(mod, "acts_page", { p_limit })).code, "invalid_limit");
  });
});
