import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack } from "../../tests/web.ts";
import { Person } from "../admin/testing.ts";
import { fillBuckets } from "./testing.ts";

/** What a reader sees. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test({
  name: "rooms as their viewers see them, over plain pages and forms",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    await fillBuckets(stack);
    const web = await createTestWeb({ supabase: stack });
    const people = ["mara", "ada", "dksh"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [mara, ada, dksh] = people as [Person, Person, Person];
    await sql`select private.post_transfer('seed', gen_random_uuid(),
      array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${ada.id}, 'EUR', 'available')],
      array[-50::numeric, 50::numeric])`;
    const open = async (path: string): Promise<Response & { html: string }> => {
      const response = await web.app.request(path, { headers: { accept: "text/html" } });
      return Object.assign(response, { html: await response.text() });
    };
    const start = async (fields: Record<string, string>) => {
      const location = await mara.sent("/live/studio", { visibility: "public", ...fields });
      return /studio\/([0-9a-f-]{36})/.exec(location)?.[1] ?? assert.fail(location);
    };
    const title = "</title><script>alert(1)</script>";
    const room = await start({ title, whep_url: "https://media.example:8443/whep/1", category: "education" });
    const path = `/live/${room}`;

    await step(
      t,
      "anybody finds a live room in the list, by category and by words, and its title is text",
      async () => {
        assert.match(
          textOf((await open("/live")).html),
          /Live now LIVE .*&lt;script>alert\(1\)&lt;\/script>.*0 watching/,
        );
        assert.match(textOf((await open("/live?category=education&q=ALERT")).html), /alert\(1\)/);
        assert.match(textOf((await open("/live?category=news")).html), /No live room matches\./);
        assert.match(textOf((await open("/live?category=%27%3B--&q=%22%3E&cursor=%20")).html), /Live now/);
        for (const page of ["/live", path]) {
          assert.doesNotMatch((await open(page)).html, /<script>alert|<\/title><script/);
        }
      },
    );

    await step(t, "a room's page alone may reach the server its video comes from", async () => {
      const policyOf = async (page: string) => (await open(page)).headers.get("content-security-policy") ?? "";
      assert.match(await policyOf(path), /connect-src https:\/\/media\.example:8443 'self'/);
      assert.doesNotMatch(await policyOf("/live"), /media\.example/);
    });

    await step(t, "a message is said once by its form, and a refused one comes back into the box", async () => {
      const client_id = crypto.randomUUID();
      const message = "hello <b>there</b> https://a.example";
      assert.equal(await ada.sent(`${path}/messages`, { client_id, message }), `${path}#chat`);
      assert.equal(await ada.sent(`${path}/messages`, { client_id, message }), `${path}#chat`);
      assert.equal((await sql`select 1 from public.stream_messages where stream_id = ${room}`).length, 1);
      const { html } = await open(path);
      assert.match(html, /hello &lt;b>there&lt;\/b> <a href="https:\/\/a\.example\/"/);
      const location = await ada.sent(`${path}/messages`, { client_id: crypto.randomUUID(), message });
      assert.match(location, /error=duplicate_message/);
      assert.match(await ada.get(location), /You have just said that[^]*value="hello &lt;b>there/);
    });

    await step(t, "the chat is searched by its form, a find leads to the message, and people are listed", async () => {
      const found = await ada.get(`${path}?tab=search&find=THERE`);
      assert.match(textOf(found), /1 message found/);
      const at = /href="(\?at=[0-9a-f-]{36})#chat"/.exec(found)?.[1] ?? assert.fail(textOf(found));
      assert.match(await ada.get(`${path}${at}`), /chat-line text  ?found-line/);
      assert.match(textOf(await ada.get(`${path}?tab=search&find=nothing`)), /Nothing found for “nothing”\./);
      for (const query of ["find=x", "find=", "find=there&before=x"]) {
        assert.equal((await ada.browser.request(`${path}?tab=search&${query}`)).status, 200, query);
      }
      assert.equal((await ada.browser.request(`${path}?at=${crypto.randomUUID()}`)).status, 200);
      assert.match(textOf(await ada.get(`${path}?tab=people`)), /In the room .*Host/);
      assert.match(textOf((await open(`${path}?tab=people`)).html), /Sign in to see who is here\./);
    });

    await step(t, "following and tipping work by their forms, and a tip sent twice is one", async () => {
      assert.equal(await ada.sent(`${path}/follow`, { follow: "yes" }), `${path}?done=rooms.done_followed`);
      assert.match(textOf(await ada.get(path)), /1 follower .*Following/);
      const client_id = crypto.randomUUID();
      for (let i = 0; i < 2; i++) {
        const sent = await ada.sent(`${path}/tips`, { client_id, amount: "5,50", message: "thanks" });
        assert.equal(sent, `${path}?done=rooms.done_tipped`);
      }
      assert.match(textOf(await ada.get(path)), /tipped €5\.50 .*thanks/);
      assert.equal((await sql`select 1 from public.stream_tips where stream_id = ${room}`).length, 1);
      const broke = await dksh.sent(`${path}/tips`, { client_id: crypto.randomUUID(), amount: "5", message: "" });
      assert.match(broke, /error=insufficient_funds/);
    });

    await step(t, "who is not signed in reads, and is led to the sign-in by every form", async () => {
      assert.match(textOf((await open(path)).html), /Sign in to talk in this room\./);
      for (const form of ["messages", "tips", "follow"]) {
        const response = await web.app.request(`${path}/${form}`, { method: "POST", body: new URLSearchParams() });
        assert.equal(response.status, 303);
        assert.equal(response.headers.get("location"), `/login?next=${encodeURIComponent(path)}`);
        await response.body?.cancel();
      }
    });

    await step(t, "the banned read nothing of what is said", async () => {
      await sql`insert into public.stream_members (streamer_id, user_id, banned_at) values (${mara.id}, ${dksh.id}, now())`;
      const text = textOf(await dksh.get(path));
      assert.match(text, /You are banned from this streamer’s rooms\./);
      assert.doesNotMatch(text, /hello|thanks/);
    });

    await step(t, "a room that is private, unknown, or none looks like none", async () => {
      const hidden = (await sql`insert into public.streams (streamer_id, title, visibility, scheduled_for)
        values (${mara.id}, 'Secret', 'private', now() + interval '1 day') returning id`)[0]?.id;
      for (const id of [hidden, crypto.randomUUID(), "nonsense", `${room}x`]) {
        const { status, html } = await open(`/live/${id}`);
        assert.equal(status, 404, id);
        assert.doesNotMatch(html, /Secret/);
      }
    });

    await step(t, "an ended room says so and takes nothing more", async () => {
      await mara.sent(`/live/studio/${room}/end`);
      const text = textOf((await open(path)).html);
      assert.match(text, /This stream has ended\..*hello.*The chat is closed\./);
      const late = await ada.sent(`${path}/messages`, { client_id: crypto.randomUUID(), message: "late" });
      assert.match(late, /error=stream_ended/);
    });
  },
});
