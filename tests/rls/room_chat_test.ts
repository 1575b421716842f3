import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { openRoom } from "./room_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";
const FIRST = "00000000-0000-0000-0000-000000000000";
/** Who writes at once while somebody reads, and how much each says: as much as the bucket holds. */
const WRITERS = 20;
const SAID_EACH = 10;
const SPAM = 1_000;

Deno.test("what may be said in a room", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  // Enough connections for those who talk at once.
  const many = postgres(stack.dbUrl, { max: WRITERS + 4, onnotice: () => {} });
  await using _ = { [Symbol.asyncDispose]: () => many.end({ timeout: 1 }) };
  const [ann, mod, bob, cleo] = await makeCallers(sql, 4, { eur: 0 });
  assert.ok(ann && mod && bob && cleo);
  const { stream_id: room } = await openRoom(sql, ann);
  const say = (who: Caller, p_message: string, more: Record<string, unknown> = {}, db = sql): Promise<Answer> =>
    ask(db, who, "send_message", { p_stream_id: room, p_client_id: id(), p_message, ...more });
  const read = (who: Caller, more: Record<string, unknown> = {}): Promise<Answer> =>
    ask(sql, who, "chat_page", { p_stream_id: room, ...more });
  const set = (settings: Record<string, unknown>): Promise<Answer> =>
    ask(sql, ann, "set_room_settings", { p_stream_id: room, p_settings: sql.json(settings as never) });
  const told = async (event: string): Promise<Answer[]> =>
    (await sql`select payload, topic from realtime.messages m join public.streams s on s.id = ${room}
      where event = ${event} and topic like 'room:' || s.id || ':%' order by inserted_at`).map((row) => row);
  /** Everybody speaks again at once: buckets are full, and what was said was said long ago. */
  const later = async () => {
    await sql`delete from public.rate_limits`;
    await sql`update public.stream_messages set created_at = created_at - interval '10 minutes'`;
  };
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await later();
      await body();
    });
  await ask(sql, ann, "set_moderator", { p_stream_id: room, p_user_id: mod.id });

  await rule("a message is stored, answered, and told to the room as the server made it", async () => {
    const clientId = id();
    const { message } = await say(bob, "  Cafe\u0301 <b>now</b> https://x.test  ", { p_client_id: clientId });
    const [profile] = await sql`select username from public.profiles where id = ${bob.id}`;
    const { message_id, created_at, ...rest } = message;
    assert.deepEqual(rest, {
      ...{ stream_id: room, user_id: bob.id, username: profile?.username, role: null, client_id: clientId },
      ...{ message: "Café <b>now</b> https://x.test", message_type: "TEXT", data: {} },
    });
    const [event] = await told("chat_message");
    assert.deepEqual(event.payload, (({ client_id: _, ...open }) => ({ ...open, id: event.payload.id }))(message));
    const { topic } = await ask(sql, bob, "stream_detail", { p_stream_id: room });
    assert.equal(event.topic, topic);
    assert.deepEqual((await read(STRANGER)).items.map((each: Answer) => [each.message_id, each.client_id]), [
      [message_id, undefined],
    ]);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 60_000);
    assert.equal((await say(ann, "Welcome")).message.role, "streamer");
    assert.equal((await say(mod, "Welcome")).message.role, "moderator");
    const [stream] = await sql`select messages from public.streams where id = ${room}`;
    assert.equal(stream?.messages, 3);
  });

  await rule("whoever comes to a room's next topic gets all that was missed in one answer", async () => {
    const said = [await say(bob, "One"), await say(cleo, "Two"), await say(bob, "Three")];
    const [one, two, three] = said.map(({ message }) => message.message_id);
    await ask(sql, mod, "remove_message", { p_stream_id: room, p_message_id: one });
    const p_tab_id = id();
    const catchUp = (p_after: string | null) => ask(sql, bob, "catch_up", { p_stream_id: room, p_tab_id, p_after });
    const { chat, removed, topic, viewer_count, ...detail } = await catchUp(two);
    assert.deepEqual(chat.items.map((each: Answer) => each.message_id), [three]);
    assert.deepEqual([chat.next_cursor, removed], [null, [one]]);
    const { success, ...asked } = await ask(sql, bob, "touch_viewer", { p_stream_id: room, p_tab_id });
    assert.deepEqual({ topic, viewer_count }, asked);
    assert.equal(success, true);
    const { stream, me } = await ask(sql, bob, "stream_detail", { p_stream_id: room });
    const { duration_seconds: _, ...still } = stream;
    const { duration_seconds: __, ...was } = detail.stream;
    assert.deepEqual([was, detail.me], [still, me]);
    assert.equal((await sql`select from public.stream_viewers where tab_id = ${p_tab_id}`).length, 1);
    // What was removed long ago is no news, and what comes after is among what was said.
    await sql`update public.stream_messages set removed_at = now() - interval '2 minutes' where id = ${one}`;
    assert.deepEqual((await catchUp(two)).removed, []);
    assert.equal((await catchUp(null)).code, "bad_request");
  });

  await rule(
    "a retry is answered as the first time, however many come at once; other content is a conflict",
    async () => {
      const clientId = id();
      const answers = await Promise.all([1, 2, 3, 4].map(() => say(bob, "Once", { p_client_id: clientId }, many)));
      assert.equal(new Set(answers.map(({ message }) => message.message_id)).size, 1);
      assert.equal((await told("chat_message")).filter(({ payload }) => payload.message === "Once").length, 1);
      assert.equal((await say(bob, "Twice", { p_client_id: clientId })).code, "conflict");
      const elsewhere = await openRoom(sql, cleo);
      const again = await say(bob, "Once", { p_client_id: clientId, p_stream_id: elsewhere.stream_id });
      assert.equal(again.code, "conflict");
      assert.equal((await say(bob, "Once", { p_client_id: null })).code, "bad_request");
    },
  );

  await rule("what is no text is refused, and what looks odd but is one is taken", async () => {
    const bidi = [..."\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069"].map((mark) => `usd${mark}lleh`);
    const control = [..."\u0001\u0007\b\t\n\r\u001B\u007F\u0085\u009F\u2028\u2029\uFFFE"].map((each) => `a${each}b`);
    const invisible = ["\u200B", "\u200D\u200D", "\uFEFF \u2060", "\u00AD", "\u3164", "\u2800", "\u{E0041}\u{E0042}"];
    const long = ["x".repeat(501), "é".repeat(501), "e\u0301".repeat(501), "x".repeat(1_000_000)];
    const piled = ["\u0351", "\u0E34", "\u064B", "\u05B0", "\u0730", "\u{1D165}"].map((mark) => `Z${mark.repeat(5)}`);
    for (const text of ["", "   ", "\n", ...bidi, ...control, ...invisible, ...long, ...piled]) {
      await sql`delete from public.rate_limits`;
      assert.equal((await say(bob, text)).code, "invalid_message", JSON.stringify(text).slice(0, 40));
    }
    assert.equal((await say(bob, null as never)).code, "invalid_message");
    const fine = [
      "x".repeat(500),
      "😀".repeat(500),
      "e\u0301".repeat(500),
      "مرحبا\u200F!",
      "שָׁלוֹם",
      "👩‍👩‍👧‍👦",
      "x",
      "हिन्दी",
      "လျှို့",
      "น้ำ",
    ];
    for (const text of fine) {
      await later();
      assert.equal((await say(bob, text)).message?.message, text.normalize("NFC"), text.slice(0, 20));
    }
    for (const type of ["TIP", "CARD", "text", "", null]) {
      assert.equal((await say(bob, "x", { p_message_type: type })).code, "bad_request", String(type));
    }
    await later();
    assert.equal((await say(bob, "🚀", { p_message_type: "EMOJI" })).message.message_type, "EMOJI");
    assert.equal((await say(bob, "x".repeat(41), { p_message_type: "EMOJI" })).code, "invalid_message");
    assert.equal((await say(bob, "Fire", { p_message_type: "ALERT" })).code, "forbidden");
    assert.equal((await say(mod, "Fire", { p_message_type: "ALERT" })).message.message_type, "ALERT");
  });

  await rule("slow mode takes one message in its time, of however many at once; moderators do not wait", async () => {
    await set({ slow_mode_s: 30 });
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((n) => say(bob, `Hurry ${n}`, {}, many)));
    assert.equal(answers.filter(({ message }) => message).length, 1);
    const refused = answers.filter(({ code }) => code === "slow_mode");
    assert.equal(refused.length, 7);
    for (const { hint } of refused) assert.ok(Number(hint) >= 28 && Number(hint) <= 30, hint);
    for (const who of [ann, mod]) for (const n of [1, 2]) assert.ok((await say(who, `No hurry ${n}`)).message);
    await sql`update public.stream_messages set created_at = created_at - interval '30 seconds' where user_id = ${bob.id}`;
    assert.ok((await say(bob, "Slowly")).message);
    await set({ slow_mode_s: 0 });
    assert.ok((await say(bob, "Faster")).message);
  });

  await rule("what one has just said is not said again, in any case and spacing, of however many at once", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => say(bob, "Buy the dip", {}, many)));
    assert.equal(answers.filter(({ message }) => message).length, 1);
    const refused = await say(bob, "BUY  the dip");
    assert.equal(refused.code, "duplicate_message");
    assert.ok(Number(refused.hint) > 25 && Number(refused.hint) <= 30, refused.hint);
    // What nobody sees, accents, and letters that look like others make it nothing new.
    for (
      const text of ["Bu\u200Dy the dip", "Buy\u2060 the d\u00ADip", "Búy the dip", "Ｂｕｙ the dip", "Вuу thе diр"]
    ) {
      await sql`delete from public.rate_limits`;
      assert.equal((await say(bob, text)).code, "duplicate_message", text);
    }
    assert.ok((await say(cleo, "Buy the dip")).message, "somebody else may");
    assert.ok((await say(cleo, "👍")).message);
    assert.ok((await say(cleo, "👎")).message, "signs are compared as they are");
    assert.equal((await say(cleo, "👎")).code, "duplicate_message");
    assert.ok((await say(bob, "Sell the dip")).message);
    assert.equal((await say(bob, "buy the dip")).code, "duplicate_message", "nor after something else");
    await later();
    assert.ok((await say(bob, "buy the dip")).message);
  });

  await rule("blocked words are found whole, in any case, accent and width, and never as patterns", async () => {
    for (
      const words of [
        [".*"],
        ["  "],
        [""],
        [1],
        "ass",
        null,
        ["x".repeat(51)],
        Array.from({ length: 201 }, (_, n) => `w${n}`),
      ]
    ) {
      assert.equal((await set({ blocked_words: words })).code, "invalid_settings", JSON.stringify(words).slice(0, 40));
    }
    const { settings } = await set({ blocked_words: ["Ass", "pump and dump", "naïve", "(a+)+$"] });
    assert.equal(settings.blocked_words.length, 4);
    const refused = ["you ass", "ASS!", "a\u0301ss", "ａｓｓ", "a\u200Bss"];
    const disguised = [
      ...["\u064B", "\u05B0", "\u0E34", "\u2062", "\u1160", "\u17B4", "\u{E0041}", "\u{E0100}", "\u{1D165}"].map((
        mark,
      ) => `a${mark}ss`),
      ...["аss", "αѕѕ", "ᴀꜱꜱ", "𝐚𝐬𝐬", "ⓐⓢⓢ", "you\u3164ass", "pump\u2800and dump"],
    ];
    for (const text of [...refused, ...disguised, "Pump, and dump", "NAIVE", "naïve?", "a"]) {
      await sql`delete from public.rate_limits`;
      assert.equal((await say(bob, text)).code, "blocked_word", text);
    }
    for (const text of ["class", "assess", "pump and jump", "naiveté", "aa aaa"]) {
      await later();
      assert.ok((await say(bob, text)).message, text);
    }
    // What makes a matcher of patterns think for years.
    const startedAt = performance.now();
    assert.ok((await say(cleo, "a".repeat(499) + "!")).message);
    assert.ok(performance.now() - startedAt < 1_000);
    assert.ok((await say(mod, "ass")).message, "a moderator says it");
    await set({ blocked_words: ["жук"] });
    assert.equal((await say(cleo, "ЖУК!")).code, "blocked_word");
    await set({ blocked_words: [] });
    assert.ok((await say(cleo, "жук")).message);
  });

  await rule("followers-only chat hears followers and moderators", async () => {
    await set({ followers_only: true });
    assert.equal((await say(bob, "May I?")).code, "followers_only");
    assert.ok((await say(mod, "I may")).message);
    await ask(sql, bob, "follow", { p_user_id: ann.id, p_follow: true });
    assert.ok((await say(bob, "Now I may")).message);
    assert.equal((await say(cleo, "And I?")).code, "followers_only");
    await set({ followers_only: false });
    assert.ok((await say(cleo, "And I")).message);
  });

  await rule("nobody talks in rooms that are unknown, hidden, planned or over, or without a session", async () => {
    const [dora] = await makeCallers(sql, 1, { eur: 0 });
    assert.ok(dora);
    assert.equal((await say(bob, "Hello?", { p_stream_id: NOTHING })).code, "not_found");
    const hidden = await openRoom(sql, dora, { visibility: "private" });
    assert.equal((await say(bob, "Hello?", { p_stream_id: hidden.stream_id })).code, "not_found");
    assert.equal((await ask(sql, bob, "chat_page", { p_stream_id: hidden.stream_id })).code, "not_found");
    await ask(sql, dora, "invite_user", { p_stream_id: hidden.stream_id, p_user_id: bob.id });
    assert.ok((await say(bob, "Hello!", { p_stream_id: hidden.stream_id })).message);
    await ask(sql, dora, "end_stream", { p_stream_id: hidden.stream_id });
    assert.equal((await say(bob, "Still there?", { p_stream_id: hidden.stream_id })).code, "stream_ended");
    assert.equal((await say(bob, "Hello!", { p_stream_id: hidden.stream_id })).code, "stream_ended");
    const planned = await openRoom(sql, dora, { scheduled_for: new Date(Date.now() + 3_600_000).toISOString() });
    assert.equal((await say(bob, "Early", { p_stream_id: planned.stream_id })).code, "stream_ended");
    await assert.rejects(say(STRANGER, "Hello?"), /permission denied/);
    const ended = { ...dora, claims: { ...dora.claims, session_id: id() } };
    assert.equal((await say(ended, "Hello?")).code, "unauthenticated");
  });

  await rule(
    "a reader who asks for what came after its last message misses none of those who write at once",
    async () => {
      const writers = await makeCallers(sql, WRITERS, { eur: 0 });
      let last: string | null = (await read(ann, { p_limit: 1 })).items[0]?.message_id ?? FIRST;
      const before = last;
      const seen: string[] = [];
      let writing = true;
      const poll = async () => {
        // As many looks as it takes; once nobody writes, one more finds the rest.
        while (true) {
          const wasWriting = writing;
          await sql`delete from public.rate_limits where key = ${"user:" + cleo.id}`;
          const { items } = await ask(many, cleo, "chat_page", { p_stream_id: room, p_after: last, p_limit: 7 });
          for (const { message_id } of items) seen.push(last = message_id);
          if (!wasWriting && items.length === 0) return;
        }
      };
      const write = async (who: Caller) => {
        for (let n = 0; n < SAID_EACH; n++) assert.ok((await say(who, `Line ${n}`, {}, many)).message);
      };
      await Promise.all([poll(), Promise.all(writers.map(write)).finally(() => writing = false)]);
      const stored =
        await sql`select id from public.stream_messages where stream_id = ${room} and id > ${before} order by id`;
      assert.equal(stored.length, WRITERS * SAID_EACH);
      assert.deepEqual(seen, stored.map((row) => row.id));
    },
  );

  await rule("ids rise even when the clock was set back", async () => {
    const ahead = "ffffffff-fffe-7000-8000-000000000000";
    const { stream_id } = await openRoom(sql, bob);
    await sql`insert into public.stream_messages (id, stream_id, message, message_type) values (${ahead}, ${stream_id}, 'x', 'TEXT')`;
    const { message } = await say(cleo, "Later", { p_stream_id: stream_id });
    assert.ok(message.message_id > ahead && message.message_id.startsWith("ffffffff-ffff-7"), message.message_id);
  });

  await rule("somebody who calls a thousand times says ten things, and disturbs nobody", async () => {
    const [spammer] = await makeCallers(sql, 1, { eur: 0 });
    assert.ok(spammer);
    const startedAt = performance.now();
    let calls = 0;
    let taken = 0;
    const waits: number[] = [];
    const spam = async () => {
      while (calls++ < SPAM) {
        const { message, code, hint } = await say(spammer, `Spam ${calls}`, {}, many);
        if (message) taken++;
        else assert.deepEqual([code, hint], ["rate_limited", "1"]);
      }
    };
    const talk = async () => {
      for (let n = 0; n < SAID_EACH; n++) {
        const askedAt = performance.now();
        assert.ok((await say(cleo, `Talk ${n}`)).message);
        waits.push(performance.now() - askedAt);
      }
    };
    await Promise.all([...Array.from({ length: 8 }, spam), talk()]);
    const seconds = (performance.now() - startedAt) / 1_000;
    assert.ok(taken >= 10 && taken <= 11 + seconds, `${taken} in ${seconds} s`);
    assert.ok(Math.max(...waits) < 1_000, `${Math.max(...waits)} ms`);
  });

  await rule("a page is the newest messages, oldest first, and goes on either way", async () => {
    const { stream_id } = await openRoom(sql, mod);
    const page = (more: Record<string, unknown>) => ask(sql, bob, "chat_page", { p_stream_id: stream_id, ...more });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push((await say(bob, `Number ${n} of Five_%`, { p_stream_id: stream_id })).message.message_id);
    }
    const idsOf = ({ items }: Answer) => items.map((each: Answer) => each.message_id);
    const newest = await page({ p_limit: 2 });
    assert.deepEqual([idsOf(newest), newest.next_cursor], [ids.slice(3), ids[3]]);
    const older = await page({ p_limit: 3, p_before: newest.next_cursor });
    assert.deepEqual([idsOf(older), older.next_cursor], [ids.slice(0, 3), null]);
    const after = await page({ p_limit: 2, p_after: ids[0] });
    assert.deepEqual([idsOf(after), after.next_cursor], [ids.slice(1, 3), ids[2]]);
    assert.deepEqual(idsOf(await page({ p_after: ids[4] })), []);
    assert.deepEqual(idsOf(await page({ p_search: "NUMBER 3" })), [ids[3]]);
    assert.deepEqual(idsOf(await page({ p_search: "five_%", p_before: ids[2] })), ids.slice(0, 2));
    assert.deepEqual(idsOf(await page({ p_search: "six%" })), []);
    for (const limit of [0, 201, null]) assert.equal((await page({ p_limit: limit })).code, "invalid_limit");
    for (
      const more of [{ p_after: ids[0], p_before: ids[1] }, { p_search: "x" }, { p_search: "xx", p_after: ids[0] }]
    ) {
      assert.equal((await page(more)).code, "bad_request");
    }
  });
});
