import assert from "node:assert/strict";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { type Answer, ask, type Caller, Dealer, makeCallers } from "./pool_world.ts";
import { openRoom } from "./room_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";

Deno.test("what a streamer shows", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [ann, mod, bob] = await makeCallers(sql, 3);
  const [admin] = await makeCallers(sql, 1, { eur: 0, admin: true });
  assert.ok(ann && mod && bob && admin);
  await sql`insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
    values ('sim', 'BTC-USDT', 'BTC/USDT', 'BTC', 'USDT', 0.01, 0.00001, 5)`;
  const { stream_id: room } = await openRoom(sql, ann);
  await ask(sql, ann, "set_moderator", { p_stream_id: room, p_user_id: mod.id });
  const show = (who: Caller, view: unknown): Promise<Answer> =>
    ask(sql, who, "set_view", { p_stream_id: room, p_view: sql.json(view as never) });
  const heard = async (): Promise<Answer[]> =>
    [...await sql`delete from realtime.messages where topic like 'room:%' returning id, event, payload`]
      .sort((a, b) => a.id < b.id ? -1 : 1);
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await sql`delete from public.rate_limits`;
      await heard();
      await body();
    });
  const TREND = {
    ...{ id: "t1", kind: "trend", text: "up" },
    points: [{ t: 1_700_000_000_000, p: "60000.5" }, { t: 1_700_000_060_000, p: "60001" }],
  };
  const LEVEL = { id: "l-1", kind: "level", text: "", points: [{ t: 0, p: "61000" }] };
  const VIEW = {
    ...{ exchange: "sim", symbol: "BTC-USDT", timeframe: "5m" },
    range: { from: 1_700_000_000_000, to: 1_700_003_600_000 },
    drawings: [TREND, LEVEL],
  };

  await rule("the room hears of the streamer's chart as it is, numbered, and who comes later reads it", async () => {
    assert.deepEqual(await show(ann, { ...VIEW, extra: "dropped", drawings: [{ ...TREND, color: "red" }, LEVEL] }), {
      seq: 1,
    });
    const [{ event, payload }] = await heard();
    assert.deepEqual([event, payload.seq, payload.view], ["view", 1, VIEW]);
    const { stream } = await ask(sql, bob, "stream_detail", { p_stream_id: room });
    assert.deepEqual([stream.view, stream.view_seq], [VIEW, 1]);
    assert.deepEqual(await show(ann, { ...VIEW, range: null, drawings: undefined }), { seq: 2 });
  });

  await rule("twice a second is as often as it changes, and only by the streamer", async () => {
    for (const who of [mod, bob]) assert.equal((await show(who, VIEW)).code, "not_owner");
    const startedAt = performance.now();
    const answers: Answer[] = [];
    while (answers.length < 20) answers.push(await show(ann, VIEW));
    const seconds = (performance.now() - startedAt) / 1_000;
    const shown = answers.filter(({ seq }) => seq).length;
    assert.ok(shown >= 4 && shown <= 5 + 2 * seconds, `${shown} in ${seconds} s`);
    assert.ok(answers.every(({ seq, code }) => seq || code === "rate_limited"));
  });

  await rule("what is no view is refused", async () => {
    const bad: unknown[] = [
      ...[null, [], "x", {}, { ...VIEW, exchange: "SIM" }, { ...VIEW, symbol: "btc" }, { ...VIEW, timeframe: "2m" }],
      ...[{ ...VIEW, range: { from: 2, to: 1 } }, { ...VIEW, range: { from: "x", to: 1 } }, { ...VIEW, range: [1, 2] }],
      ...[{ ...VIEW, drawings: {} }, { ...VIEW, drawings: Array.from({ length: 51 }, () => LEVEL) }],
      ...[{ ...VIEW, drawings: [null] }, { ...VIEW, drawings: [{ ...LEVEL, kind: "script" }] }],
      // Names that viewers would get as numbers.
      ...[{ ...VIEW, drawings: [{ ...LEVEL, id: 7 }] }, { ...VIEW, symbol: 7 }, { ...VIEW, exchange: true }],
      ...[{ ...VIEW, drawings: [{ ...LEVEL, id: "<b>" }] }, { ...VIEW, drawings: [{ ...LEVEL, points: [] }] }],
      { ...VIEW, drawings: [{ ...TREND, points: [TREND.points[0]] }] },
      { ...VIEW, drawings: [{ ...LEVEL, points: [{ t: 1, p: 61_000 }] }] },
      { ...VIEW, drawings: [{ ...LEVEL, points: [{ t: 1, p: "1e9" }] }] },
      { ...VIEW, drawings: [{ ...LEVEL, points: [{ t: -1, p: "1" }] }] },
      { ...VIEW, drawings: [{ ...LEVEL, text: "\u202Eabc" }] },
      { ...VIEW, drawings: [{ ...LEVEL, text: "x".repeat(201) }] },
      { ...VIEW, drawings: Array.from({ length: 50 }, (_, n) => ({ ...LEVEL, id: `${n}`, text: "字".repeat(200) })) },
      { ...VIEW, drawings: [{ ...LEVEL, junk: "x".repeat(100_000) }] },
    ];
    for (const view of bad) {
      await sql`delete from public.rate_limits`;
      assert.equal((await show(ann, view)).code, "invalid_view", JSON.stringify(view).slice(0, 100));
    }
    await sql`delete from public.rate_limits`;
    assert.equal((await show(ann, { ...VIEW, symbol: "NO-ONE" })).code, "unknown_symbol");
    assert.deepEqual(await heard(), []);
  });

  await rule("a card of a public pool is the platform's own word, once", async () => {
    const dealer = await Dealer.hire(sql);
    const newPool = async (terms: Record<string, unknown>): Promise<string> => {
      const p_pool = { currency: "EUR", cycle: "manual", minimum: "10", ...terms };
      return (await ask(sql, admin, "admin_create_pool", { p_pool: sql.json(p_pool as never), p_client_id: id() })).pool
        .id;
    };
    const open = await newPool({ name: "Calm" });
    await ask(sql, bob, "invest", { p_pool_id: open, p_amount: "100", p_client_id: id() });
    await dealer.settle(open, "0");
    const card = (who: Caller, p_pool_id: string, p_client_id = id()): Promise<Answer> =>
      ask(sql, who, "post_pool_card", { p_stream_id: room, p_pool_id, p_client_id });
    await heard();
    const clientId = id();
    const { message } = await card(mod, open, clientId);
    assert.equal(message.message_type, "CARD");
    const { at, spark, ...data } = message.data;
    assert.deepEqual(data, {
      ...{ kind: "pool", pool_id: open, name: "Calm", unit_price: "100", currency: "EUR" },
      ...{ change_percent: "0", size: "100" },
    });
    assert.ok(Array.isArray(spark) && Math.abs(Date.parse(at) - Date.now()) < 60_000);
    assert.deepEqual(await card(mod, open, clientId), { message });
    assert.deepEqual((await heard()).map(({ event, payload }) => [event, payload.message_id]), [
      ["chat_message", message.message_id],
    ]);
    assert.equal((await card(bob, open)).code, "forbidden");
    const hidden = await newPool({ name: "Hidden", visibility: "private", manager_id: ann.id });
    const draft = await newPool({ name: "Draft", draft: true });
    for (const poolId of [hidden, draft, NOTHING]) assert.equal((await card(ann, poolId)).code, "not_found");
  });

  await rule("a room that is over shows nothing new", async () => {
    await ask(sql, ann, "end_stream", { p_stream_id: room });
    assert.equal((await show(ann, VIEW)).code, "stream_ended");
    assert.equal(
      (await ask(sql, ann, "set_room_settings", { p_stream_id: room, p_settings: sql.json({ slow_mode_s: 1 }) })).code,
      "stream_ended",
    );
  });
});
