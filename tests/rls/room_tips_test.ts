import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { until } from "../until.ts";
import { type Answer, ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { openRoom } from "./room_world.ts";

const id = () => crypto.randomUUID();
const NOTHING = "00000000-0000-7000-8000-000000000000";
/** Tips at once, and from how many: `TIPS=1000` runs the long one. */
const TIPS = Number(Deno.env.get("TIPS") ?? 200);
const TIPPERS = 50;

Deno.test("tips", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const many = postgres(stack.dbUrl, { max: 30, onnotice: () => {} });
  await using _ = { [Symbol.asyncDispose]: () => many.end({ timeout: 1 }) };
  const [ann, mod, bob, cleo] = await makeCallers(sql, 4);
  const [admin] = await makeCallers(sql, 1, { eur: 0, admin: true });
  assert.ok(ann && mod && bob && cleo && admin);
  const { stream_id: room } = await openRoom(sql, ann, { title: "Tip me" });
  const tip = (who: Caller, p_amount: string, more: Record<string, unknown> = {}, db = sql): Promise<Answer> =>
    ask(db, who, "tip", { p_stream_id: room, p_client_id: id(), p_amount, ...more });
  /** What is available to somebody, in cents: 0 for a wallet that has none. */
  const cents = async (ownerId: string, kind = "available"): Promise<number> => {
    const [row] = await sql`select balance * 100 as cents from public.ledger_accounts
      where owner_id = ${ownerId} and asset = 'EUR' and kind = ${kind}`;
    return Number(row?.cents ?? 0);
  };
  const fees = () => cents("00000000-0000-0000-0000-000000000000", "fees");
  const rules = (p_rules: Record<string, unknown>, who = admin): Promise<Answer> =>
    ask(sql, who, "admin_set_tip_rules", { p_rules: sql.json(p_rules as never), p_client_id: id() });
  /** Until a statement of somebody's waits for a lock. */
  const waiting = (statement: string) =>
    until(
      async () =>
        (await sql`select 1 from pg_stat_activity
          where wait_event_type = 'Lock' and query like ${"%" + statement + "%"}`).length > 0,
      `${statement} waits`,
    );
  /** What the worker does. */
  const tellAll = async () => {
    while ((await sql`select public.deliver_notices() as users`)[0]?.users > 0);
  };
  /** What somebody was last told of a tip. */
  const newsOf = async (who: Caller) =>
    (await ask(sql, who, "my_account", {})).notifications.find(({ kind }: Answer) => kind === "tip_received")?.data;
  /** A step after which the books hold. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await sql`delete from public.rate_limits`;
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("a tip moves money once, less the fee, and stands in the chat", async () => {
    const clientId = id();
    const before = [await cents(bob.id), await cents(ann.id), await fees()];
    const args = { p_client_id: clientId, p_message: "Well traded" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => tip(bob, "12.50", args, many)));
    const [{ tip: first }] = answers;
    assert.deepEqual(new Set(answers.map((each) => each.tip?.id)), new Set([first.id]), "a double click");
    assert.deepEqual([first.amount, first.fee], ["12.5", "0.63"], "half a cent is rounded up");
    const after = [await cents(bob.id), await cents(ann.id), await fees()];
    assert.deepEqual(after.map((each, i) => each - (before[i] ?? 0)), [-1250, 1187, 63]);
    assert.equal((await tip(bob, "12.51", args)).code, "conflict");
    const { items } = await ask(sql, STRANGER, "chat_page", { p_stream_id: room });
    const [message] = items;
    assert.deepEqual([items.length, message.message_id, message.message_type, message.message, message.user_id], [
      ...[1, first.message_id, "TIP", "Well traded", bob.id],
    ]);
    assert.deepEqual(message.data, { tip_id: first.id, amount: "12.5", currency: "EUR" });
    const told =
      await sql`select event, payload from realtime.messages where topic like ${`room:${room}:%`} order by id`;
    assert.deepEqual(told.map(({ event }) => event), ["chat_message", "tip_received"]);
    const [names] = await sql`select b.username as from, a.username as to from public.profiles a, public.profiles b
      where a.id = ${ann.id} and b.id = ${bob.id}`;
    const { from_user, to_user, amount, message: words } = told[1]?.payload;
    assert.deepEqual([from_user, to_user, amount, words], [names?.from, names?.to, "12.5", "Well traded"]);
    await tellAll();
    const { tip_id, ...news } = await newsOf(ann);
    const about = { stream_id: room, currency: "EUR", user_id: bob.id, username: names?.from };
    assert.deepEqual([tip_id, news], [first.id, { ...about, amount: "12.5", net: "11.87" }]);
    for (const who of [ann, bob]) {
      const [entry] = (await ask(sql, who, "my_statement", {})).items;
      assert.equal(entry.operation, "tip");
      assert.deepEqual([entry.memo.stream_id, entry.memo.title, entry.memo.from, entry.memo.to], [
        ...[room, "Tip me", names?.from, names?.to],
      ]);
    }
  });

  await rule("no tip of an amount that is none, too small, too large or not there is taken", async () => {
    const before = [await cents(bob.id), await cents(ann.id), await fees()];
    for (const amount of ["-5", "0.001", "0", "1e12", "NaN", "Infinity", "", " 5", "5,00", "0x10", "1.005"]) {
      assert.equal((await tip(bob, amount)).code, "invalid_amount", amount);
    }
    assert.equal((await tip(bob, null as never)).code, "invalid_amount");
    assert.equal((await tip(bob, "0.49")).code, "below_minimum");
    for (const amount of ["5000.01", "1000000000000"]) assert.equal((await tip(bob, amount)).code, "above_maximum");
    assert.equal((await tip(bob, "987.51")).code, "insufficient_funds");
    assert.equal((await tip(bob, "1", { p_client_id: null })).code, "bad_request");
    assert.equal((await tip(bob, "1", { p_message: "\u202Esdrawkcab" })).code, "invalid_message");
    assert.equal((await tip(bob, "1", { p_message: "x".repeat(501) })).code, "invalid_message");
    assert.deepEqual([await cents(bob.id), await cents(ann.id), await fees()], before);
  });

  await rule("nobody tips oneself, in unknown or ended rooms, while muted, or with blocked words", async () => {
    assert.equal((await tip(ann, "1")).code, "tip_to_self");
    assert.equal((await tip(bob, "1", { p_stream_id: NOTHING })).code, "not_found");
    await assert.rejects(tip(STRANGER, "1"), /permission denied/);
    const about = { p_stream_id: room, p_user_id: bob.id };
    await ask(sql, ann, "mute_user", { ...about, p_seconds: 60 });
    assert.equal((await tip(bob, "1")).code, "muted");
    await ask(sql, ann, "mute_user", { ...about, p_seconds: 0 });
    await ask(sql, ann, "ban_user", about);
    assert.equal((await tip(bob, "1")).code, "banned");
    await ask(sql, ann, "unban_user", about);
    const settings = (p_settings: unknown) =>
      ask(sql, ann, "set_room_settings", { p_stream_id: room, p_settings: sql.json(p_settings as never) });
    await settings({ blocked_words: ["scam"], slow_mode_s: 120, followers_only: true });
    assert.equal((await tip(bob, "1", { p_message: "SCÂM" })).code, "blocked_word");
    for (const n of [1, 2]) assert.ok((await tip(bob, "0.5")).tip, `no wait for money: ${n}`);
    await settings({ blocked_words: [], slow_mode_s: 0, followers_only: false });
    const theirs = await openRoom(sql, cleo);
    await ask(sql, cleo, "end_stream", { p_stream_id: theirs.stream_id });
    assert.equal((await tip(bob, "1", { p_stream_id: theirs.stream_id })).code, "stream_ended");
  });

  await rule(`${TIPS} tips at once from ${TIPPERS} people are each booked once, five percent to the cent`, async () => {
    const people = await makeCallers(sql, TIPPERS);
    const [dora] = await makeCallers(sql, 1, { eur: 0 });
    assert.ok(dora);
    const { stream_id } = await openRoom(sql, dora);
    const feesBefore = await fees();
    // 0.50, 0.51 …: every way five percent can be rounded.
    const asked = Array.from({ length: TIPS }, (_, n) => ({ cents: 50 + n, clientId: id(), who: people[n % TIPPERS] }));
    const send = ({ who, cents, clientId }: (typeof asked)[number]) => {
      assert.ok(who);
      return tip(who, (cents / 100).toFixed(2), { p_stream_id: stream_id, p_client_id: clientId }, many);
    };
    // Every seventh one is clicked twice.
    const answers = await Promise.all([...asked, ...asked.filter((_, n) => n % 7 === 0)].map(send));
    assert.deepEqual(answers.filter((each) => !each.tip), []);
    // Half a cent up: 5 % of c cents are c / 20.
    const feeOf = (cents: number) => Math.floor((cents + 10) / 20);
    const total = asked.reduce((sum, each) => sum + each.cents, 0);
    const fee = asked.reduce((sum, each) => sum + feeOf(each.cents), 0);
    assert.deepEqual([await cents(dora.id), (await fees()) - feesBefore], [total - fee, fee]);
    const [booked] = await sql`select count(*)::integer as n, count(distinct transfer_id)::integer as transfers,
      sum(amount * 100)::integer as total, sum(fee * 100)::integer as fee from public.stream_tips where stream_id = ${stream_id}`;
    assert.deepEqual({ ...booked }, { n: TIPS, transfers: TIPS, total, fee });
    const said = await sql`select count(*)::integer as n from public.stream_messages where stream_id = ${stream_id}`;
    assert.equal(said[0]?.n, TIPS);
    for (const who of people) {
      const spent = asked.filter((each) => each.who === who).reduce((sum, each) => sum + each.cents, 0);
      assert.equal(await cents(who.id), 100_000 - spent);
    }
    const { items } = await ask(sql, STRANGER, "leaderboard", { p_stream_id: stream_id, p_limit: 100 });
    assert.equal(items.length, Math.min(TIPS, TIPPERS));
    assert.equal(items.reduce((sum: number, each: Answer) => sum + Math.round(each.amount * 100), 0), total);
    assert.deepEqual(
      items.map((each: Answer) => Number(each.amount)),
      items.map((each: Answer) => Number(each.amount)).sort((a: number, b: number) => b - a),
    );
    assert.deepEqual(items.map((each: Answer) => each.place), items.map((_: Answer, i: number) => i + 1));
    const earned = await ask(sql, dora, "my_earnings", {});
    const euros = (cents: number) => String(cents / 100);
    assert.deepEqual(earned.total, { amount: euros(total), fee: euros(fee), net: euros(total - fee), tips: TIPS });
    assert.deepEqual(earned.streams.map((each: Answer) => [each.stream_id, each.net]), [[
      stream_id,
      euros(total - fee),
    ]]);
    assert.equal(earned.days.reduce((sum: number, each: Answer) => sum + each.tips, 0), TIPS);
  });

  await rule("a wallet that is emptied by many tips at once never goes below nothing", async () => {
    const [poor] = await makeCallers(sql, 1, { eur: 5 });
    assert.ok(poor);
    const answers = await Promise.all(Array.from({ length: 12 }, () => tip(poor, "1", {}, many)));
    assert.equal(answers.filter((each) => each.tip).length, 5);
    assert.ok(answers.every((each) => each.tip || each.code === "insufficient_funds"));
    assert.equal(await cents(poor.id), 0);
  });

  await rule("above 1,000 EUR in a day tips ask for a fresh second factor, however many share the sum", async () => {
    const [rich, host] = await makeCallers(sql, 2, { eur: 3_000 });
    assert.ok(rich && host);
    const { stream_id } = await openRoom(sql, host);
    const there = { p_stream_id: stream_id };
    const password = { ...rich, claims: { ...rich.claims, aal: "aal1", amr: [] } };
    assert.equal((await tip(password, "1000.01", there)).code, "insufficient_aal");
    const answers = await Promise.all(Array.from({ length: 12 }, () => tip(password, "100", { ...there }, many)));
    assert.equal(answers.filter((each) => each.tip).length, 10);
    assert.ok(answers.every((each) => each.tip || each.code === "insufficient_aal"));
    assert.equal((await tip(password, "0.5", there)).code, "insufficient_aal");
    const now = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) }];
    assert.ok((await tip({ ...rich, claims: { ...rich.claims, aal: "aal2", amr: now } }, "500", there)).tip);
    assert.equal(await cents(rich.id), 150_000);
  });

  await rule("a shadow-banned tipper pays, and is not put on show", async () => {
    const [shade] = await makeCallers(sql, 1);
    assert.ok(shade);
    await ask(sql, ann, "shadow_ban_user", { p_stream_id: room, p_user_id: shade.id });
    await tellAll();
    const before = await sql`select count(*) from realtime.messages where topic <> 'worker'`;
    assert.ok((await tip(shade, "900", { p_message: "Look at me" })).tip);
    assert.deepEqual(await sql`select count(*) from realtime.messages where topic <> 'worker'`, before);
    // Whose money it is now is told where it came from.
    await tellAll();
    assert.deepEqual([(await newsOf(ann)).user_id, (await newsOf(ann)).amount], [shade.id, "900"]);
    const leads = async (who: Caller) =>
      (await ask(sql, who, "leaderboard", { p_stream_id: room })).items[0].user_id === shade.id;
    assert.deepEqual(await Promise.all([leads(shade), leads(cleo), leads(STRANGER)]), [true, false, false]);
  });

  await rule(
    "a tip and the end of its streamer's account do not lock each other out, and no money is lost",
    async () => {
      const [dora] = await makeCallers(sql, 1, { eur: 0 });
      assert.ok(dora);
      const { stream_id } = await openRoom(sql, dora);
      const [account] = await sql`select private.ledger_account('user', ${dora.id}, 'EUR', 'available') as id`;
      // Who holds the streamer's money holds the tip up until the deletion waits as well.
      const ends = await sql.begin(async (tx) => {
        await tx`select 1 from public.ledger_accounts where id = ${account?.id} for update`;
        const tipping = tip(bob, "1", { p_stream_id: stream_id }, many);
        await waiting("public.tip");
        const deleting = many`delete from auth.users where id = ${dora.id}`.then(() => null, (error) => error.message);
        await waiting("delete from auth.users");
        return [tipping, deleting] as const;
      }).then((both) => Promise.all(both));
      assert.ok(ends[0].tip, ends[0].detail);
      assert.doesNotMatch(String(ends[1]), /deadlock/);
      assert.equal(await cents(dora.id), 95);
    },
  );

  await rule("what comes in any number does not push other news out of sight", async () => {
    await sql`select private.notify_user(${ann.id}, 'password_changed')`;
    await sql`select private.notify_user(${ann.id}, 'tip_received', jsonb_build_object('user_id', ${bob.id}::text))
      from generate_series(1, 60)`;
    const { notifications } = await ask(sql, ann, "my_account", {});
    const kinds = notifications.map(({ kind }: Answer) => kind);
    assert.ok(kinds.includes("password_changed"));
    assert.equal(kinds.filter((kind: string) => kind === "tip_received").length, 10);
  });

  await rule(
    "an administrator with a fresh second factor sets the rules, which hold from the next tip on",
    async () => {
      assert.equal((await rules({ fee_percent: "10" }, bob)).code, "not_found");
      const longAgo = [{ method: "totp", timestamp: Math.floor(Date.now() / 1_000) - 3_600 }];
      assert.equal(
        (await rules({ fee_percent: "10" }, { ...admin, claims: { ...admin.claims, amr: longAgo } })).code,
        "step_up_required",
      );
      for (
        const bad of [
          { fee_percent: "51" },
          { fee_percent: "-1" },
          { fee_percent: 5 },
          { fee_percent: "5.001" },
          { minimum_eur: "0" },
          { maximum_eur: "0.1" },
          { other: "1" },
          [],
          null,
        ]
      ) {
        assert.equal((await rules(bad as never)).code, "bad_request", JSON.stringify(bad));
      }
      const { rules: set } = await rules({ fee_percent: "7.5", minimum_eur: "0.01" });
      const { updated_at, ...terms } = set;
      assert.ok(Date.parse(updated_at) > 0);
      assert.deepEqual(terms, { fee_percent: "7.5", minimum_eur: "0.01", maximum_eur: "5000" });
      assert.deepEqual(await ask(sql, STRANGER, "tip_terms", {}), terms);
      assert.equal((await tip(cleo, "10")).tip.fee, "0.75");
      assert.equal((await tip(cleo, "0.01")).tip.fee, "0", "nothing of nothing");
      await rules({ fee_percent: "50" });
      assert.equal((await tip(cleo, "0.01")).tip.fee, "0.01", "and all of one cent");
      const [audited] =
        await sql`select actor, detail from public.audit_log where action = 'tip_rules.changed' order by at limit 1`;
      assert.equal(audited?.actor, admin.id);
      assert.deepEqual([audited?.detail.from.fee_percent, audited?.detail.to.fee_percent], ["5", "7.5"]);
      assert.deepEqual((await ask(sql, admin, "admin_tip_rules", {})).rules.fee_percent, "50");
      await rules({ fee_percent: "5", minimum_eur: "0.5" });
    },
  );

  await rule("earnings are one's own, in a range that is one", async () => {
    assert.equal((await ask(sql, cleo, "my_earnings", {})).total.tips, 0);
    const range = (from: string, to: string) => ask(sql, ann, "my_earnings", { p_from: from, p_to: to });
    assert.equal((await range("2026-01-02", "2026-01-01")).code, "invalid_range");
    assert.equal((await range("2020-01-01", "2026-01-01")).code, "invalid_range");
    assert.equal((await range("2020-01-01", "2020-02-01")).total.amount, "0");
    for (const p_limit of [0, 101]) {
      assert.equal((await ask(sql, bob, "leaderboard", { p_stream_id: room, p_limit })).code, "invalid_limit");
    }
  });
});
