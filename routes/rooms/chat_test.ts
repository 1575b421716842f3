import assert from "node:assert/strict";
import { startStack } from "../../tests/web.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { type Answer, fillBuckets, newMember, RoomsApi } from "./testing.ts";

const id = () => crypto.randomUUID();
const UNKNOWN = "00000000-0000-7000-8000-000000000000";

Deno.test({
  name: "a room's chat and moderation over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    const limits = await sql`select name, capacity, refill_per_s from public.rate_limit_rules where name = 'chat_send'`;
    await fillBuckets(stack);
    const api = await RoomsApi.start(stack);
    const [ann, bob, cleo] = [
      await newMember(stack, "ann"),
      await newMember(stack, "bob", 1_000),
      await newMember(stack, "cleo"),
    ];

    await step(t, "what is no message is refused with a code, and the room is unharmed", async () => {
      const room = await api.open(ann);
      assert.equal(await api.say(null, room, "x"), "401 unauthenticated");
      assert.equal(await api.say(bob, room, "x", { user_id: ann.id }), "400 bad_request");
      assert.equal(await api.say(bob, room, "x", { streamer_id: ann.id }), "400 bad_request");
      assert.equal(await api.say(bob, room, "x".repeat(1_000_000)), "413 body_too_large");
      const unreadable: Record<string, string> = {
        "nothing": "",
        "spaces": " \t\n ",
        "too long": "x".repeat(501),
        "far too long": "x".repeat(60_000),
        "a zero byte": "a\u0000b",
        "half a character": "a\ud800b",
        "a bell": "a\u0007b",
        "an escape": "a\u001b[31mb",
        "an override": "abc\u202edcba",
        "an isolate": "abc\u2066dcba",
        "what is not seen": "\u200b\u200b",
        "a pile of marks": `a${"\u0301".repeat(50)}`,
      };
      for (const [what, message] of Object.entries(unreadable)) {
        assert.equal(await api.say(bob, room, message), "400 invalid_message", what);
      }
      for (const message of [null, 7, {}, ["x"]]) assert.equal(await api.say(bob, room, message), "400 bad_request");
      for (const message_type of ["TIP", "CARD", "text", 1]) {
        assert.equal(await api.say(bob, room, "x", { message_type }), "400 bad_request");
      }
      assert.equal(await api.say(bob, room, "x", { client_id: "x" }), "400 bad_request");
      assert.equal(await api.say(bob, room, "Watch out", { message_type: "ALERT" }), "403 forbidden");
      assert.deepEqual((await api.get(null, `/${room}/chat`)).items, []);

      const client_id = id();
      const html = `<script>alert("xss")</script>`;
      const { message } = await api.say(bob, room, html, { client_id, user_id: bob.id });
      assert.deepEqual([message.message, message.user_id, message.message_type, message.client_id], [
        html,
        bob.id,
        "TEXT",
        client_id,
      ]);
      assert.deepEqual((await api.say(bob, room, html, { client_id })).message, message);
      assert.equal(await api.say(bob, room, "Another", { client_id }), "409 conflict");
      assert.equal(await api.say(bob, room, html), "409 duplicate_message");
      assert.match(api.headers.get("retry-after") ?? "", /^([12]?[0-9]|30)$/);
      await api.say(bob, room, "x".repeat(500));
      await api.say(cleo, room, "שלום, عرب and 👩‍👩‍👧‍👦");
      assert.equal((await api.get(null, `/${room}/chat`)).items.length, 3);
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "whoever was away gets all that was said since, and the pages before", async () => {
      const room = await api.open(ann);
      const said: string[] = [];
      for (let n = 0; n < 25; n++) said.push((await api.say(n % 2 ? bob : cleo, room, `Line ${n}`)).message.message_id);
      const idsOf = ({ items }: Answer) => items.map(({ message_id }: Answer) => message_id);
      let after = said[4];
      const caughtUp: string[] = [];
      for (let pages = 0; after !== undefined && pages < 10; pages++) {
        const page = await api.get(null, `/${room}/chat?after=${after}&limit=7`);
        caughtUp.push(...idsOf(page));
        after = page.next_cursor ?? undefined;
      }
      assert.deepEqual(caughtUp, said.slice(5));
      const last = await api.get(null, `/${room}/chat?limit=10`);
      assert.deepEqual(idsOf(last), said.slice(15));
      assert.equal(last.items[0].message, "Line 15");
      const before = await api.get(null, `/${room}/chat?limit=10&before=${last.next_cursor}`);
      assert.deepEqual(idsOf(before), said.slice(5, 15));
      assert.deepEqual(idsOf(await api.get(null, `/${room}/chat?q=line%2012`)), [said[12]]);
      assert.deepEqual(idsOf(await api.get(null, `/${room}/chat?after=${said[24]}`)), []);
      // Of a clock ahead of ours, or of another room: nothing comes after it, and nothing breaks.
      assert.deepEqual(idsOf(await api.get(null, `/${room}/chat?after=ffffffff-ffff-7fff-bfff-ffffffffffff`)), []);
      const refused: [query: string, code: string][] = [
        ["after=x", "bad_request"],
        ["limit=201", "invalid_limit"],
        [`after=${id()}&before=${id()}`, "bad_request"],
        ["q=a", "bad_request"],
      ];
      for (const [query, code] of refused) {
        assert.equal(await api.get(null, `/${room}/chat?${query}`), `400 ${code}`, query);
      }
      // Removed ones keep their place.
      assert.equal(await api.call(bob, "DELETE", `/${room}/messages/${said[20]}`), "403 forbidden");
      await api.call(ann, "DELETE", `/${room}/messages/${said[20]}`);
      const seen = (await api.get(bob, `/${room}/chat?after=${said[19]}`)).items[0];
      assert.deepEqual([seen.message_id, seen.removed, "message" in seen], [said[20], true, false]);
      assert.equal((await api.get(ann, `/${room}/chat?after=${said[19]}`)).items[0].message, "Line 20");
      await api.post(ann, `/${room}/messages/${said[20]}/restore`);
      assert.equal((await api.get(null, `/${room}/chat?after=${said[19]}`)).items[0].message, "Line 20");
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "settings hold, and say what is wrong with them", async () => {
      const room = await api.open(ann);
      assert.equal(await api.post(bob, `/${room}/settings`, { slow_mode_s: 5 }), "403 forbidden");
      for (const slow_mode_s of [-1, 121, 1.5]) {
        assert.equal(await api.call(ann, "PUT", `/${room}/settings`, { slow_mode_s }), "400 invalid_settings");
      }
      assert.equal(await api.post(ann, `/${room}/settings`, { blocked_words: ["!!"] }), "400 invalid_settings");
      assert.equal(await api.post(ann, `/${room}/settings`, { followers_only: "yes" }), "400 bad_request");
      assert.equal(await api.post(ann, `/${room}/settings`, { pinned_message_id: UNKNOWN }), "404 not_found");
      const changes = { slow_mode_s: 60, blocked_words: ["moon"] };
      const { settings } = await api.post(ann, `/${room}/settings`, changes);
      assert.deepEqual([settings.slow_mode_s, settings.blocked_words, settings.followers_only], [60, ["moon"], false]);
      assert.equal(await api.say(bob, room, "To the MOON"), "409 blocked_word");
      const { message } = await api.say(bob, room, "Hello");
      assert.equal(await api.say(bob, room, "Again"), "429 slow_mode");
      assert.match(api.headers.get("retry-after") ?? "", /^(5[0-9]|60)$/);
      const pinned = { pinned_message_id: message.message_id, followers_only: true };
      assert.equal((await api.call(ann, "PUT", `/${room}/settings`, pinned)).settings.pinned.message, "Hello");
      assert.equal((await api.get(null, `/${room}`)).stream.settings.pinned.message_id, message.message_id);
      assert.equal(await api.say(cleo, room, "Hello"), "403 followers_only");
      assert.deepEqual(await api.post(cleo, `^/users/${ann.id}/follow`), { following: true, followers: 1 });
      assert.equal((await api.say(cleo, room, "Hello")).message.user_id, cleo.id);
      assert.equal((await api.get(cleo, "/follows")).items[0].live_stream_id, room);
      assert.equal((await api.call(cleo, "DELETE", `^/users/${ann.id}/follow`)).following, false);
      assert.equal(await api.post(cleo, `^/users/${cleo.id}/follow`), "400 bad_request");
      assert.equal(await api.post(cleo, `^/users/${UNKNOWN}/follow`), "404 not_found");
      assert.equal(await api.post(null, `^/users/${ann.id}/follow`), "401 unauthenticated");
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "moderators decide about viewers, and nobody about the owner", async () => {
      const room = await api.open(ann);
      const { message } = await api.say(bob, room, "Buy my course");
      assert.equal(await api.post(bob, `/${room}/bans`, { user_id: cleo.id }), "403 forbidden");
      assert.equal(await api.post(cleo, `/${room}/moderators`, { user_id: cleo.id }), "403 not_owner");
      assert.equal((await api.post(ann, `/${room}/moderators`, { user_id: cleo.id })).person.moderator, true);
      for (const who of [ann, cleo]) {
        assert.equal(await api.post(who, `/${room}/bans`, { user_id: ann.id }), "403 cannot_moderate");
        assert.equal(await api.post(who, `/${room}/mutes`, { user_id: ann.id, seconds: 60 }), "403 cannot_moderate");
      }
      assert.equal(await api.post(cleo, `/${room}/bans`, { user_id: UNKNOWN }), "404 not_found");
      assert.equal(await api.post(cleo, `/${room}/bans`, { user_id: "bob" }), "400 bad_request");
      assert.equal(await api.post(cleo, `/${room}/mutes`, { user_id: bob.id, seconds: -1 }), "400 bad_request");
      assert.ok((await api.post(cleo, `/${room}/mutes`, { user_id: bob.id, seconds: 60 })).person.muted_until);
      assert.equal(await api.say(bob, room, "Let me speak"), "403 muted");
      assert.match(api.headers.get("retry-after") ?? "", /^(5[0-9]|60)$/);
      assert.equal((await api.post(cleo, `/${room}/mutes`, { user_id: bob.id, seconds: 0 })).person.muted_until, null);

      const report = { message_id: message.message_id, reason: "Spam" };
      assert.deepEqual(await api.post(ann, `/${room}/reports`, report), { reported: true });
      assert.equal(await api.post(bob, `/${room}/reports`, report), "404 not_found");
      assert.equal(await api.post(cleo, `/${room}/reports`, { ...report, reason: "" }), "400 invalid_message");
      assert.equal(await api.get(bob, `/${room}/reports`), "403 forbidden");
      const { items: [reported] } = await api.get(cleo, `/${room}/reports`);
      assert.deepEqual([reported.reason, reported.message.message], ["Spam", "Buy my course"]);
      assert.equal(await api.post(bob, `/reports/${reported.id}`, { remove: true }), "404 not_found");
      assert.equal((await api.post(cleo, `/reports/${reported.id}`, { remove: true })).report.status, "removed");

      const { topic } = await api.get(bob, `/${room}`);
      assert.equal((await api.post(cleo, `/${room}/bans`, { user_id: bob.id })).person.banned, true);
      assert.notEqual((await api.get(null, `/${room}`)).topic, topic);
      const shut = await api.get(bob, `/${room}`);
      assert.deepEqual([shut.topic, shut.me.banned], [null, true]);
      assert.equal(await api.post(bob, `/${room}/join`, { tab_id: id() }), "403 banned");
      assert.equal(await api.get(bob, `/${room}/chat`), "403 banned");
      assert.equal(await api.get(bob, `/${room}/stats`), "403 banned");
      assert.equal(await api.say(bob, room, "Hello?"), "403 banned");
      assert.equal(await api.tip(bob, room, "1"), "403 banned");
      assert.equal(await api.post(bob, `^/users/${ann.id}/follow`), "403 banned");
      const people = await api.get(ann, `/${room}/people`);
      assert.deepEqual([people.banned[0].user_id, people.moderators[0].user_id], [bob.id, cleo.id]);
      const acts = (await api.get(cleo, `/${room}/acts`)).items.map(({ act }: Answer) => act);
      assert.deepEqual(acts.slice(0, 2), ["user_banned", "report_upheld"]);
      assert.equal((await api.call(cleo, "DELETE", `/${room}/bans/${bob.id}`)).person.banned, false);
      assert.equal((await api.say(bob, room, "Thank you")).message.user_id, bob.id);

      assert.equal((await api.post(cleo, `/${room}/shadow_bans`, { user_id: bob.id })).person.shadow_banned, true);
      const { message: { message_id } } = await api.say(bob, room, "Can you hear me");
      const hears = async (who: typeof ann | null) =>
        JSON.stringify((await api.get(who, `/${room}/chat`)).items).includes(message_id);
      assert.deepEqual([await hears(bob), await hears(cleo), await hears(null)], [true, false, false]);
      await api.call(cleo, "DELETE", `/${room}/shadow_bans/${bob.id}`);
      assert.equal(await api.call(cleo, "DELETE", `/${room}/moderators/${cleo.id}`), "403 not_owner");
      assert.equal((await api.call(ann, "DELETE", `/${room}/moderators/${cleo.id}`)).person.moderator, false);
      assert.equal(await api.get(cleo, `/${room}/acts`), "403 forbidden");
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "whoever floods a room is told to wait, and the room goes on", async () => {
      const room = await api.open(ann);
      const [rule] = limits;
      await sql`update public.rate_limit_rules set capacity = ${rule?.capacity}, refill_per_s = ${rule?.refill_per_s}
        where name = 'chat_send'`;
      const dora = await newMember(stack, "dora");
      const startedMs = performance.now();
      const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => api.say(dora, room, `Flood ${n}`)));
      const accepted = answers.filter((answer) => typeof answer !== "string").length;
      const seconds = (performance.now() - startedMs) / 1_000;
      assert.ok(accepted >= 10 && accepted <= 11 + seconds, `${accepted} in ${seconds} s`);
      assert.deepEqual([...new Set(answers.filter((answer) => typeof answer === "string"))], ["429 rate_limited"]);
      assert.equal((await api.say(cleo, room, "Quiet here")).message.user_id, cleo.id);
      assert.equal((await api.get(null, `/${room}/chat?limit=200`)).items.length, accepted + 1);
      await api.post(ann, `/${room}/end`);
    });
  },
});
