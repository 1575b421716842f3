import assert from "node:assert/strict";
import { startStack, TestBrowser } from "../../tests/web.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { ask, makeCallers } from "../../tests/rls/pool_world.ts";
import { Warden } from "../../tests/rls/room_world.ts";
import { poolCardSchema, viewOf } from "../../lib/rooms/shapes.ts";
import { fillBuckets, newMember, RoomsApi } from "./testing.ts";

const id = () => crypto.randomUUID();
const UNKNOWN = "00000000-0000-7000-8000-000000000000";

Deno.test({
  name: "rooms over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await fillBuckets(stack);
    const api = await RoomsApi.start(stack);
    const [ann, bob, cleo] = [
      await newMember(stack, "ann"),
      await newMember(stack, "bob", 1_000),
      await newMember(stack, "cleo"),
    ];
    const warden = await Warden.hire(sql);

    await step(t, "streams are opened by whoever the token names, and by nobody else", async () => {
      assert.equal(await api.post(null, "/create", { title: "x" }), "401 unauthenticated");
      for (const named of [{ streamer_id: bob.id }, { user_id: bob.id }, { user_id: "x" }]) {
        assert.equal(await api.post(ann, "/create", { title: "x", ...named }), "400 bad_request");
      }
      assert.equal(await api.post(ann, "/create", { title: "x", user_id: 7 }), "400 bad_request");
      for (const terms of [{}, { title: 7 }]) {
        assert.equal(await api.post(ann, "/create", terms), "400 bad_request");
      }
      const refused = [{ title: "" }, { title: "turned \u202e around" }, {
        title: "x",
        thumbnail_url: "javascript:alert(1)",
      }];
      for (const terms of refused) assert.equal(await api.post(ann, "/create", terms), "400 invalid_stream");
      assert.equal(await api.post(ann, "/create", { title: "nothing \u0000 here" }), "400 bad_request");
      assert.deepEqual(await api.get(null, "/live"), { success: true, count: 0, streams: [] });

      const client_id = id();
      const terms = { title: "<b>Mine</b>", category: "education", streamer_id: ann.id.toUpperCase(), client_id };
      const { success, stream } = await api.post(ann, "/create", terms);
      assert.deepEqual([success, stream.streamer_id, stream.title, stream.status], [
        true,
        ann.id,
        "<b>Mine</b>",
        "LIVE",
      ]);
      const names =
        "stream_id streamer_id title description thumbnail_url status viewer_count peak_viewers started_at " +
        "ended_at duration_seconds category is_recording recording_url created_at updated_at";
      for (const name of names.split(" ")) assert.ok(name in stream, name);
      assert.equal((await api.post(ann, "/create", terms)).stream.stream_id, stream.stream_id);
      assert.equal(await api.post(ann, "/create", { title: "Two" }), "409 already_live");
      assert.equal(await api.post(ann, "/create", { title: "Two", client_id }), "409 conflict");

      const listed = await api.get(null, "/live");
      assert.deepEqual(Object.keys(listed).toSorted(), ["count", "streams", "success"]);
      assert.deepEqual([listed.count, listed.streams[0].stream_id], [1, stream.stream_id]);
      for (const [query, count] of [["category=education", 1], ["category=forex", 0], ["q=mine", 1], ["q=zz", 0]]) {
        assert.equal((await api.get(null, `/live?${query}`)).count, count, String(query));
      }
      for (
        const [query, code] of [
          ["limit=0", "invalid_limit"],
          ["limit=201", "invalid_limit"],
          ["cursor=x", "invalid_cursor"],
          [`q=${"x".repeat(101)}`, "bad_request"],
          ["q=%00", "bad_request"],
        ]
      ) {
        assert.equal(await api.get(null, `/live?${query}`), `400 ${code}`);
      }

      const path = `/${stream.stream_id}`;
      assert.equal(await api.call(bob, "PUT", path, { title: "His" }), "403 not_owner");
      assert.equal(await api.call(ann, "PUT", path, { title: "x", streamer_id: bob.id }), "400 bad_request");
      assert.equal(await api.call(ann, "PUT", path, { visibility: "secret" }), "400 bad_request");
      assert.equal((await api.call(ann, "PUT", path, { title: "Ours" })).stream.title, "Ours");
      assert.equal(await api.post(bob, `${path}/end`), "403 not_owner");
      assert.equal(await api.post(null, `${path}/end`), "401 unauthenticated");
      assert.equal((await api.post(ann, `${path}/end`)).stream.status, "ENDED");
      assert.equal((await api.get(null, "/ended")).streams[0].stream_id, stream.stream_id);
    });

    await step(t, "scheduled streams are listed, opened, and taken back", async () => {
      const scheduled_for = new Date(Date.now() + 3_600_000).toISOString();
      const [one, two] = [await api.open(ann, { scheduled_for }), await api.open(ann, { scheduled_for })];
      assert.equal((await api.get(null, "/scheduled")).count, 2);
      const page = await api.get(null, "/scheduled?limit=1");
      const rest = await api.get(null, `/scheduled?limit=1&cursor=${page.next_cursor}`);
      assert.deepEqual([page, rest].map(({ streams }) => streams[0].stream_id).toSorted(), [one, two].toSorted());
      assert.equal("next_cursor" in rest, false);
      assert.equal(await api.post(ann, `/${one}/end`), "409 not_live");
      assert.equal(await api.call(bob, "DELETE", `/${two}`), "403 not_owner");
      assert.deepEqual(await api.call(ann, "DELETE", `/${two}`), { success: true });
      assert.equal(await api.get(ann, `/${two}`), "404 not_found");
      assert.equal((await api.post(ann, `/${one}/start`)).stream.status, "LIVE");
      assert.equal(await api.call(ann, "DELETE", `/${one}`), "409 not_scheduled");
      await api.post(ann, `/${one}/end`);
      assert.equal(await api.post(ann, `/${one}/start`), "409 stream_ended");
      const { count, streams } = await api.get(null, `/user/${ann.id}/streams`);
      assert.deepEqual([count, streams[0].stream_id], [2, one]);
      assert.equal(await api.get(null, "/user/ann/streams"), "400 bad_request");
    });

    await step(t, "joining answers stream, count and topic; what is no live room is refused", async () => {
      const room = await api.open(ann);
      const tab_id = id();
      const joined = await api.post(bob, `/${room}/join`, { tab_id });
      assert.deepEqual(Object.keys(joined).toSorted(), ["stream", "success", "topic", "viewer_count"]);
      assert.deepEqual([joined.success, joined.stream.stream_id, joined.topic], [true, room, `room:${room}:1`]);
      // A second tab, and somebody without an account or a tab of their own.
      await api.post(bob, `/${room}/join`, { tab_id: id() });
      const stranger = await api.post(null, `/${room}/join`);
      assert.match(stranger.tab_id, /^[0-9a-f-]{36}$/);
      assert.equal(await api.post(null, `/${room}/join`, { user_id: bob.id }), "400 bad_request");
      assert.equal(await api.post(cleo, `/${room}/join`, { user_id: bob.id }), "400 bad_request");
      assert.equal(await api.post(cleo, `/${room}/join`, { tab_id: "x" }), "400 bad_request");
      await warden.turn();
      const detail = await api.get(cleo, `/${room}`);
      assert.deepEqual(Object.keys(detail).toSorted(), ["me", "stream", "success", "topic"]);
      assert.deepEqual([detail.stream.viewer_count, detail.topic, detail.me.role], [2, `room:${room}:1`, "viewer"]);

      assert.equal((await api.post(bob, `/${room}/touch`, { tab_id })).viewer_count, 2);
      assert.equal((await api.post(ann, `/${room}/touch`)).success, true);
      assert.equal(await api.post(bob, `/${room}/touch`, {}), "403 not_owner");
      // As a page sends it that goes away, and as one that says what it sends.
      assert.equal(await api.post(null, `/${room}/leave`, JSON.stringify({ tab_id: stranger.tab_id })), null);
      assert.equal(await api.post(bob, `/${room}/leave`, { tab_id }), null);
      await warden.turn();
      assert.equal((await api.get(null, `/${room}`)).stream.viewer_count, 1);
      for (const body of ["hello", "{}", '{"tab_id":"x"}', "null"]) {
        assert.equal(await api.post(null, `/${room}/leave`, body), "400 bad_request", body);
      }

      for (const path of ["/join", "/touch", "/messages", "/tips", "/bans"]) {
        const body = { tab_id, client_id: id(), message: "x", amount: "1", user_id: bob.id };
        assert.equal(await api.post(bob, `/${UNKNOWN}${path}`, body), "404 not_found", path);
        assert.equal(await api.post(bob, `/nowhere${path}`, body), "400 bad_request", path);
      }
      for (const path of ["", "/stats", "/chat", "/leaderboard"]) {
        assert.equal(await api.get(null, `/${UNKNOWN}${path}`), "404 not_found", path);
      }
      const stats = await api.get(bob, `/${room}/stats`);
      assert.deepEqual([stats.viewer_count, stats.peak_viewers, stats.tips], [1, 2, null]);
      assert.deepEqual((await api.get(ann, `/${room}/stats`)).tips, { count: 0, amount: "0", fee: "0" });
      await api.post(ann, `/${room}/end`);
      assert.equal(await api.post(bob, `/${room}/join`, { tab_id }), "409 stream_ended");
      assert.equal(await api.post(bob, `/${room}/touch`, { tab_id }), "409 stream_ended");
      assert.equal(await api.say(bob, room, "Too late"), "409 stream_ended");
      assert.equal(await api.tip(bob, room, "1"), "409 stream_ended");
      assert.equal((await api.get(null, `/${room}`)).topic, null);
    });

    await step(t, "a browser leaves by beacon from its own site alone", async () => {
      const room = await api.open(ann);
      const browser = new TestBrowser(api.web);
      await (await browser.signIn()).body?.cancel();
      const tab_id = id();
      const send = (site: string, path: string, body: Record<string, unknown>) =>
        browser.request(`/api/v1/streaming/${room}/${path}`, {
          method: "POST",
          headers: { "sec-fetch-site": site, "content-type": path === "leave" ? "text/plain" : "application/json" },
          body: JSON.stringify(body),
        });
      const watching = async () => (await sql`select 1 from public.stream_viewers where tab_id = ${tab_id}`).length;
      assert.equal((await send("cross-site", "join", { tab_id })).status, 403);
      const joined = await send("same-origin", "join", { tab_id });
      await joined.body?.cancel();
      assert.deepEqual([joined.status, await watching()], [200, 1]);
      const elsewhere = await send("cross-site", "leave", { tab_id });
      assert.equal((await elsewhere.json()).code, "cross_site");
      assert.equal(await watching(), 1);
      assert.equal((await send("same-origin", "leave", { tab_id })).status, 204);
      assert.equal(await watching(), 0);
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "strangers do not find a private room, whoever is invited does", async () => {
      const room = await api.open(ann, { visibility: "private" });
      for (const path of ["", "/chat", "/stats", "/leaderboard"]) {
        assert.equal(await api.get(cleo, `/${room}${path}`), "404 not_found", path);
      }
      assert.equal(await api.post(cleo, `/${room}/join`, {}), "404 not_found");
      assert.equal(await api.say(cleo, room, "Hello"), "404 not_found");
      assert.equal((await api.get(cleo, "/live")).count, 0);
      assert.equal((await api.post(ann, `/${room}/invites`, { user_id: cleo.id })).person.invited, true);
      assert.equal((await api.post(cleo, `/${room}/join`, { tab_id: id() })).success, true);
      assert.equal((await api.get(cleo, "/live")).count, 1);
      await api.call(ann, "DELETE", `/${room}/invites/${cleo.id}`);
      assert.equal(await api.get(cleo, `/${room}`), "404 not_found");
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "tips move money once; what is none is refused with a code", async () => {
      const room = await api.open(ann);
      const refusals: [unknown, string][] = [
        ...["-5", "0.001", "1e12", "0", "NaN", "", " ", "5,00", "１０", `5.${"0".repeat(40)}1`].map((amount) =>
          [amount, "400 invalid_amount"] as [string, string]
        ),
        ...[-5, 5, null, {}, "9".repeat(65)].map((amount) => [amount, "400 bad_request"] as [unknown, string]),
        ["0.49", "409 below_minimum"],
        ["1000000000000", "409 above_maximum"],
        ["5000.01", "409 above_maximum"],
        ["1000.01", "409 insufficient_funds"],
      ];
      for (const [amount, code] of refusals) {
        const answer = await api.tip(bob, room, amount);
        // Full-width digits are characters the amount may not have at all.
        assert.equal(answer, amount === "１０" ? "400 bad_request" : code, String(amount));
      }
      assert.equal(await api.tip(null, room, "5"), "401 unauthenticated");
      assert.equal(await api.tip(ann, room, "5"), "403 tip_to_self");
      assert.equal(await api.tip(bob, room, "5", { user_id: cleo.id }), "400 bad_request");
      assert.equal(await api.tip(bob, room, "5", { streamer_id: ann.id }), "400 bad_request");
      assert.equal(await api.tip(bob, room, "5", { message: "\u202eeuro" }), "400 invalid_message");
      assert.equal(await api.tip(bob, room, "5", { client_id: "x" }), "400 bad_request");

      const client_id = id();
      const both = await Promise.all([1, 2].map(() => api.tip(bob, room, "10.10", { client_id, message: "Thanks" })));
      assert.deepEqual(both[0], both[1]);
      assert.deepEqual([both[0].tip.amount, both[0].tip.fee], ["10.1", "0.51"]);
      assert.equal(await api.tip(bob, room, "11", { client_id }), "409 conflict");
      assert.equal((await api.tip(bob, room, "2.00", { message: null, user_id: bob.id })).tip.fee, "0.1");
      const { items: [first] } = await api.get(null, `/${room}/leaderboard`);
      assert.deepEqual([first.user_id, first.amount, first.tips], [bob.id, "12.1", 2]);
      assert.equal(await api.get(null, `/${room}/leaderboard?limit=101`), "400 invalid_limit");
      const { total, streams } = await api.get(ann, "/earnings");
      assert.deepEqual(total, { amount: "12.1", fee: "0.61", net: "11.49", tips: 2 });
      assert.equal(streams[0].stream_id, room);
      assert.equal(await api.get(null, "/earnings"), "401 unauthenticated");
      assert.equal(await api.get(ann, "/earnings?from=soon"), "400 invalid_time");
      assert.equal(
        await api.get(ann, "/earnings?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z"),
        "400 invalid_range",
      );
      assert.deepEqual(await api.get(null, "/tip_terms"), {
        fee_percent: "5",
        minimum_eur: "0.5",
        maximum_eur: "5000",
      });
      const [chat] = (await api.get(null, `/${room}/chat`)).items;
      assert.deepEqual([chat.message_type, chat.message, chat.data.amount], ["TIP", "Thanks", "10.1"]);
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "the streamer shares a chart and cards; what is none is refused", async () => {
      const room = await api.open(ann);
      await sql`insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
        values ('sim', 'BTC-USDT', 'BTCUSDT', 'BTC', 'USDT', 0.01, 0.00001, 5) on conflict do nothing`;
      const view = {
        ...{ exchange: "sim", symbol: "BTC-USDT", timeframe: "1m", range: null },
        drawings: [{ id: "a", kind: "level", points: [{ t: 1, p: "98000" }], text: "" }],
      };
      assert.equal(await api.post(bob, `/${room}/view`, view), "403 not_owner");
      assert.equal(await api.post(ann, `/${room}/view`, { ...view, symbol: "NONE-USDT" }), "404 unknown_symbol");
      for (
        const change of [{ timeframe: "2m" }, { symbol: "btc" }, { drawings: [{}] }, { range: { from: 2, to: 1 } }]
      ) {
        assert.equal(await api.post(ann, `/${room}/view`, { ...view, ...change }), "400 invalid_view");
      }
      let nested: unknown = 1;
      for (let depth = 0; depth < 1_000; depth++) nested = [nested];
      assert.equal(await api.post(ann, `/${room}/view`, { ...view, drawings: nested }), "400 bad_request");
      assert.equal(await api.post(ann, `/${room}/view`, ["x"]), "400 bad_request");
      assert.deepEqual(await api.post(ann, `/${room}/view`, view), { seq: 1 });
      assert.deepEqual((await api.get(null, `/${room}`)).stream.view, view);
      // Whatever a chart holds, its room can be read.
      await sql`update public.streams set view = ${sql.json({ ...view, symbol: 7 })} where id = ${room}`;
      const { stream } = await api.get(null, `/${room}`);
      assert.deepEqual([stream.view_seq, viewOf(stream)], [1, null]);
      const card = { client_id: id(), pool_id: UNKNOWN };
      assert.equal(await api.post(bob, `/${room}/cards`, card), "403 forbidden");
      assert.equal(await api.post(ann, `/${room}/cards`, card), "404 not_found");
      assert.equal(await api.post(ann, `/${room}/cards`, { ...card, user_id: bob.id }), "400 bad_request");
      const [root] = await makeCallers(sql, 1, { admin: true });
      assert.ok(root);
      const p_pool = { name: "Harbour Basis", currency: "EUR", cycle: "manual", minimum: "10", visibility: "public" };
      const { pool } = await ask(sql, root, "admin_create_pool", { p_pool, p_client_id: id() });
      const { message } = await api.post(ann, `/${room}/cards`, { ...card, pool_id: pool.id });
      const shown = poolCardSchema.parse(message.data);
      assert.deepEqual([message.message_type, shown.pool_id, shown.unit_price], ["CARD", pool.id, "100"]);
      const again = await api.post(ann, `/${room}/cards`, { ...card, pool_id: pool.id });
      assert.equal(again.message.message_id, message.message_id);
      await api.post(ann, `/${room}/end`);
    });

    await step(t, "the document describes the routes", async () => {
      const document = await (await api.web.app.request("/api/v1/openapi.json")).json();
      const paths = Object.keys(document.paths).filter((path) => path.startsWith("/api/v1/streaming"));
      for (const path of ["/live", "/create", "/{id}", "/{id}/join", "/{id}/bans/{userId}", "/{id}/settings"]) {
        assert.ok(paths.includes(`/api/v1/streaming${path}`), path);
      }
      assert.ok(document.paths["/api/v1/users/{id}/follow"].delete);
    });
  },
});
