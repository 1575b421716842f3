import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack } from "../../tests/web.ts";
import { Person } from "../admin/testing.ts";
import { fillBuckets } from "./testing.ts";

const STUDIO = "/live/studio";

/** What a reader sees. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

/** The part of a header that lets scripts reach servers. */
function connectSrc(response: Response): string {
  return /connect-src ([^;]*)/.exec(response.headers.get("content-security-policy") ?? "")?.[1] ?? "";
}

Deno.test({
  name: "the studio and people's pages over plain forms",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    await fillBuckets(stack);
    const web = await createTestWeb({ supabase: stack });
    const people = ["mara", "ines", "dksh"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [mara, ines, dksh] = people as [Person, Person, Person];
    const nameOf = async ({ id }: Person) =>
      (await sql`select username from public.profiles where id = ${id}`)[0]?.username as string;
    const [maraName, inesName, dkshName] = [await nameOf(mara), await nameOf(ines), await nameOf(dksh)];
    const open = async (who: Person, path: string) => {
      const response = await who.browser.request(path);
      await response.body?.cancel();
      return response;
    };
    let room = "";

    await step(t, "who is not signed in is led to the sign-in, and other people's streams are not there", async () => {
      const response = await web.app.request(STUDIO);
      assert.equal(response.status, 303);
      assert.match(response.headers.get("location") ?? "", /^\/login\?next=%2Flive%2Fstudio$/);
      assert.match(textOf(await mara.get(STUDIO)), /New stream .*Nothing is scheduled\. .*No stream has ended yet\./);
    });

    await step(t, "a stream is scheduled by the clock on the streamer's wall, changed, and taken back", async () => {
      const at = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
      const terms = { title: "Weekly <i>review</i>", category: "education", visibility: "public" };
      const client_id = crypto.randomUUID();
      const send = () => mara.sent(STUDIO, { ...terms, scheduled_for: at, client_id });
      assert.equal(await send(), `${STUDIO}?done=studio.done_created`);
      // Sent twice it is one.
      assert.equal(await send(), `${STUDIO}?done=studio.done_created`);
      const [row, ...more] = await sql`select id, scheduled_for from public.streams where streamer_id = ${mara.id}`;
      assert.equal(more.length, 0);
      assert.equal(row?.scheduled_for.toISOString().slice(0, 16), at);
      const path = `${STUDIO}/${row?.id}`;
      const page = await mara.get(path);
      assert.match(page, /Weekly &lt;i>review&lt;\/i>/);
      assert.equal(
        await mara.sent(`${path}/edit`, { ...terms, title: "Review", scheduled_for: at, markets: "SIM:btc/usdt" }),
        `${path}?done=studio.done_saved`,
      );
      assert.deepEqual(
        (await sql`select title, markets from public.streams where id = ${row?.id}`)[0],
        { title: "Review", markets: ["sim:BTC-USDT"] },
      );
      for (const scheduled_for of ["2026-02-30T10:00", "yesterday"]) {
        assert.match(await mara.sent(`${path}/edit`, { ...terms, scheduled_for }), /error=invalid_stream/);
      }
      for (const what of ["", "/edit"]) assert.equal((await open(ines, path + what)).status, 404);
      assert.match(await ines.sent(`${path}/cancel`), /error=not_owner/);
      assert.equal(await mara.sent(`${path}/cancel`), `${STUDIO}?done=studio.done_cancelled`);
    });

    await step(t, "a form with a mistake in it comes back with all that was typed", async () => {
      const typed = { title: "Kept <b>title", description: "Kept words", markets: "sim:BTC-USDT, nope" };
      const response = await mara.post(STUDIO, { ...typed, visibility: "private" });
      assert.equal(response.status, 400);
      const html = await response.text();
      assert.match(html, /value="Kept &lt;b[^"]*title"/);
      for (const kept of [">Kept words<", "nope", "What the stream is to be is malformed"]) {
        assert.ok(html.includes(kept), kept);
      }
      assert.equal((await sql`select 1 from public.streams where title like 'Kept%'`).length, 0);
    });

    await step(t, "going live opens the desk, which alone may reach the media server and the camera", async () => {
      const whip_url = "https://media.example:8443/whip/secret";
      const location = await mara.sent(STUDIO, { title: "London open", visibility: "public", whip_url });
      room = /studio\/([0-9a-f-]{36})\?done=studio\.done_live/.exec(location)?.[1] ?? "";
      assert.ok(room, location);
      const desk = await open(mara, `${STUDIO}/${room}`);
      assert.match(connectSrc(desk), /^https:\/\/media\.example:8443 'self' /);
      assert.match(desk.headers.get("permissions-policy") ?? "", /camera=\(self\).*microphone=\(self\)/);
      for (const [who, path] of [[mara, STUDIO], [mara, `${STUDIO}/${room}/edit`], [ines, `/u/${maraName}`]] as const) {
        const other = await open(who, path);
        assert.doesNotMatch(connectSrc(other), /media\.example/, path);
        assert.match(other.headers.get("permissions-policy") ?? "", /camera=\(\).*microphone=\(\)/, path);
      }
      assert.match(await mara.sent(STUDIO, { title: "Two", visibility: "public" }), /error=already_live/);
    });

    await step(t, "opening the desk says that the streamer is there", async () => {
      await sql`update public.streams set streamer_seen_at = now() - interval '1 hour' where id = ${room}`;
      await mara.get(`${STUDIO}/${room}`);
      const [row] = await sql`select streamer_seen_at > now() - interval '1 minute' as seen from public.streams`;
      assert.equal(row?.seen, true);
    });

    await step(t, "without a script a market can be chosen, and what was drawn on it stays", async () => {
      const path = `${STUDIO}/${room}/view`;
      await sql`insert into public.symbols (exchange, symbol, venue_symbol, base, quote, tick_size, lot_size, min_notional)
        values ('sim', 'BTC-USDT', 'BTCUSDT', 'BTC', 'USDT', 0.01, 0.00001, 5) on conflict do nothing`;
      assert.match(await mara.sent(path, { market: "sim:BTC-USDT", timeframe: "15m" }), /done=studio\.done_saved/);
      const drawing = { id: "d1", kind: "level", points: [{ t: 1, p: "5" }], text: "stop" };
      await sql`update public.streams set view = view || ${sql.json({ drawings: [drawing] })} where id = ${room}`;
      assert.match(await mara.sent(path, { market: "sim:BTC-USDT", timeframe: "1h" }), /done=/);
      const [row] = await sql`select view from public.streams where id = ${room}`;
      assert.deepEqual([row?.view.timeframe, row?.view.drawings], ["1h", [drawing]]);
      assert.match(await mara.sent(path, { market: "sim:NO-SUCH", timeframe: "1h" }), /error=unknown_symbol/);
      assert.match(await dksh.sent(path, { market: "sim:BTC-USDT", timeframe: "1h" }), /error=not_owner/);
    });

    await step(t, "people are decided about by name, and each decision is taken back from its list", async () => {
      const path = `${STUDIO}/${room}/people`;
      const tab = `${STUDIO}/${room}?tab=people`;
      for (const act of ["moderator", "invite"]) {
        assert.match(await mara.sent(path, { act, username: `@${inesName.toUpperCase()}` }), /done=studio\.done_saved/);
      }
      assert.match(textOf(await mara.get(tab)), new RegExp(`Moderators 1 ${inesName} .*Invited 1 ${inesName}`));
      // A moderator has the desk, without what is the streamer's.
      const desk = await ines.get(tab);
      assert.match(desk, /value="mute_600"/);
      assert.doesNotMatch(desk, /value="moderator"|\/end"|media\.example/);
      for (const act of ["mute_600", "shadow", "ban"]) {
        assert.match(await ines.sent(path, { act, username: dkshName }), /done=/, act);
      }
      assert.match(await ines.sent(path, { act: "moderator", username: dkshName }), /error=not_owner/);
      assert.match(await ines.sent(path, { act: "ban", username: maraName }), /error=cannot_moderate/);
      assert.match(await ines.sent(path, { act: "ban", username: "nobody_of_that_name" }), /error=not_found/);
      assert.match(textOf(await ines.get(tab)), /Muted 1 .*Banned 1 .*Hidden from others 1/);
      for (const act of ["unmute", "unshadow", "unban"]) {
        assert.match(await ines.sent(path, { act, user_id: dksh.id }), /done=/, act);
      }
      assert.match(textOf(await ines.get(tab)), /Muted 0 Nobody Banned 0 Nobody Hidden from others 0/);
      assert.equal((await open(dksh, tab)).status, 404);
      assert.match(await dksh.sent(path, { act: "ban", user_id: ines.id }), /error=forbidden/);
    });

    await step(t, "settings, reports and the log are worked by forms", async () => {
      const path = `${STUDIO}/${room}`;
      const settings = { slow_mode_s: "10", followers_only: "on", blocked_words: "VIP channel\r\n\r\nsignals" };
      assert.match(await mara.sent(`${path}/settings`, settings), /tab=settings&done=/);
      const [row] = await sql`select slow_mode_s, followers_only, blocked_words from public.streams where id = ${room}`;
      assert.deepEqual(row, { slow_mode_s: 10, followers_only: true, blocked_words: ["VIP channel", "signals"] });
      assert.match(await mara.sent(`${path}/settings`, { slow_mode_s: "999" }), /error=bad_request/);
      const [message] = await sql`insert into public.stream_messages (id, stream_id, user_id, message, message_type)
        values (private.uuid_v7(), ${room}, ${dksh.id}, '<script>alert(1)</script>', 'TEXT') returning id`;
      assert.match(await mara.sent(`${path}/settings/pin`, { message_id: message?.id }), /done=/);
      assert.match(await mara.get(`${path}?tab=settings`), /&lt;script>alert\(1\)&lt;\/script>/);
      const [report] = await sql`insert into public.stream_reports (stream_id, message_id, reporter_id, reason)
        values (${room}, ${message?.id}, ${ines.id}, 'spam') returning id`;
      assert.match(textOf(await mara.get(`${path}?tab=reports`)), /Reports 1 .*Reported by .* spam Keep Remove/);
      assert.match(await mara.sent(`${path}/reports/${report?.id}`, { decision: "remove" }), /tab=reports&done=/);
      assert.match(textOf(await mara.get(`${path}?tab=reports`)), /No reports here\./);
      const log = textOf(await mara.get(`${path}?tab=log`));
      for (const said of ["removed a reported message", "changed the settings", "banned", "a moderator"]) {
        assert.match(log, new RegExp(said));
      }
    });

    await step(t, "tips are earnings by stream and day, with the fee, and as a file", async () => {
      await sql`update public.streams set followers_only = false, slow_mode_s = 0 where id = ${room}`;
      await sql`select private.post_transfer('seed', gen_random_uuid(),
        array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${ines.id}, 'EUR', 'available')],
        array[-100::numeric, 100::numeric])`;
      const { access_token } = await (await ines.browser.request("/api/v1/auth/token")).json();
      const tipped = await web.services.tips.tip(access_token, room, {
        clientId: crypto.randomUUID(),
        amount: "25",
        message: "",
      });
      assert.equal(tipped.fee, "1.25");
      const page = textOf(await mara.get(`${STUDIO}/earnings?days=7`));
      assert.match(page, /Tips 1 Tipped €25\.00 Platform fee, 5 % −€1\.25 In your wallet €23\.75/);
      assert.match(page, /London open .*1 €25\.00 −€1\.25 €23\.75/);
      const csv = await (await mara.browser.request(`${STUDIO}/earnings.csv?days=7`)).text();
      assert.match(csv, /^day,tips,amount,fee,net,currency\n\d{4}-\d\d-\d\d,1,25,1\.25,23\.75,EUR\n$/);
      assert.match(textOf(await ines.get(`${STUDIO}/earnings`)), /No tips in this time\./);
    });

    await step(t, "a profile shows what is live and what was, and is followed by a form", async () => {
      const path = `/u/${maraName}`;
      assert.match(textOf(await ines.get(path)), /Live now London open .*LIVE/);
      assert.equal(await ines.sent(`${path}/follow`, { follow: "yes" }), `${path}?done=studio.done_followed`);
      assert.match(textOf(await ines.get(path)), /Follower 1 .*Unfollow/);
      assert.match(textOf(await mara.get(path)), /Go to the studio/);
      assert.equal(await mara.sent(`${path}/follow`, { follow: "yes" }), `${path}?error=bad_request`);
      assert.equal(await ines.sent(`${path}/follow`, { follow: "no" }), `${path}?done=studio.done_unfollowed`);
      for (const name of ["nobody_of_that_name", "a", "%3Cscript%3E", "x".repeat(300)]) {
        assert.equal((await open(ines, `/u/${name}`)).status, 404, name);
      }
    });

    await step(t, "the owner ends the stream, once asked for sure, and nobody else does", async () => {
      const path = `${STUDIO}/${room}`;
      assert.match(textOf(await mara.get(path)), /End the stream for everybody\?/);
      assert.match(await ines.sent(`${path}/end`), /error=not_owner/);
      assert.equal(await mara.sent(`${path}/end`), `${path}?done=studio.done_ended`);
      const page = textOf(await mara.get(path));
      assert.match(page, /London open .*Ended/);
      assert.doesNotMatch(page, /End stream/);
      assert.doesNotMatch(connectSrc(await open(mara, path)), /media\.example/);
      assert.match(textOf(await ines.get(`/u/${maraName}`)), /Past streams London open/);
    });
  },
});
