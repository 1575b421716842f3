import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack, TestBrowser } from "../../tests/web.ts";
import { makeAdmin, Person } from "../admin/testing.ts";

/** Bytes of a page that works without a script, once compressed. */
const PAGE_bytes_MAX = 15_000;

/** What a reader sees. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test({
  name: "a wallet over plain forms and over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    await sql`insert into public.rates (asset, eur, exchange, via, at, updated_at)
      values ('BTC', 50000, 'sim', 'BTC-EUR', now(), now() + interval '1 hour')`;
    const web = await createTestWeb({ supabase: stack });
    const people = ["root", "rita", "ada", "bob"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [root, rita, ada, bob] = people as [Person, Person, Person, Person];
    await makeAdmin(stack, root);
    await makeAdmin(stack, rita);
    const clientId = (): string => crypto.randomUUID();
    const tokenOf = async ({ browser }: Person) =>
      (await (await browser.request("/api/v1/auth/token")).json()).access_token as string;
    const tokens = new Map(await Promise.all(people.map(async (who) => [who, await tokenOf(who)] as const)));

    const send = async (who: Person | null, method: string, path: string, body?: unknown, app = web.app) => {
      const token = who === null ? undefined : tokens.get(who);
      return await app.request(`/api/v1${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    };
    /** The answer's body, or "<status> <code>" of a refusal, which is a problem document. */
    const api = async (who: Person | null, method: string, path: string, body?: unknown) => {
      const response = await send(who, method, path, body);
      assert.equal(response.headers.get("cache-control"), "no-store", path);
      const answer = await response.json();
      if (response.ok) return answer;
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      return `${response.status} ${answer.code}`;
    };
    const faucet = (who: Person | null, asset: string, amount: unknown, client_id = clientId()) =>
      api(who, "POST", "/wallet/faucet", { asset, amount, client_id });
    const credit = (who: Person | null, to: Person, amount: unknown, more: Record<string, unknown> = {}) =>
      api(who, "POST", `/admin/users/${to.id}/credit`, { asset: "EUR", amount, client_id: clientId(), ...more });
    /** A step after which the ledger holds. */
    const rule = (name: string, body: () => Promise<void>) =>
      step(t, name, async () => {
        await body();
        assert.deepEqual([...await sql`select * from ledger_check()`], []);
      });

    await rule("nobody's wallet is shown to who is nobody", async () => {
      for (const path of ["/wallet", "/wallet/statement", "/wallet/statement.csv"]) {
        assert.equal(await api(null, "GET", path), "401 unauthenticated", path);
      }
      assert.equal(await faucet(null, "EUR", "1"), "401 unauthenticated");
      const page = await new TestBrowser(web).request("/wallet?asset=BTC");
      assert.equal(page.headers.get("location"), "/login?next=%2Fwallet%3Fasset%3DBTC");
    });

    await rule("an empty wallet is empty over the API, and has no euros on its page", async () => {
      assert.deepEqual(await api(ada, "GET", "/wallet"), { balances: [] });
      assert.deepEqual(await api(ada, "GET", "/wallet/statement"), { items: [], next_cursor: null });
      const text = textOf(await ada.get("/wallet"));
      assert.match(text, /Total value €0\.00/);
      assert.match(text, /Nothing has moved yet\./);
      assert.match(text, /LOCAL Play money for this machine/);
    });

    await rule("the faucet gives play money once a request, and so much a day", async () => {
      const id = clientId();
      assert.deepEqual(await faucet(ada, "EUR", "1234.50", id), { asset: "EUR", amount: "1234.5" });
      assert.deepEqual(await faucet(ada, "EUR", "1234.50", id), { asset: "EUR", amount: "1234.5" });
      assert.equal(await faucet(ada, "EUR", "1234.51", id), "409 conflict");
      assert.deepEqual(await faucet(ada, "BTC", "0.15"), { asset: "BTC", amount: "0.15" });
      assert.equal(await faucet(ada, "EUR", "1265.51"), "409 faucet_limit");
      assert.deepEqual(await api(ada, "GET", "/wallet"), {
        balances: [
          { asset: "EUR", available: "1234.5", held: "0" },
          { asset: "BTC", available: "0.15", held: "0" },
        ],
      });
      for (const amount of ["-1", "0", "NaN", "1e309", `0.${"1".repeat(19)}`, "0.001", ""]) {
        assert.equal(await faucet(ada, "EUR", amount), "400 invalid_amount", amount);
      }
      for (const amount of [-1, null, {}, "1\u0000"]) assert.equal(await faucet(ada, "EUR", amount), "400 bad_request");
      assert.equal(await faucet(ada, "DOGE", "1"), "400 unknown_asset");
      assert.equal(await faucet(ada, "SOL", "1"), "409 rate_missing");
      assert.equal(await faucet(ada, "EUR", "1", "x"), "400 bad_request");
    });

    await rule("a statement has a running balance, goes on at its cursor, and is a file, too", async () => {
      for (const amount of ["1", "2", "3"]) await faucet(ada, "EUR", amount);
      const first = await api(ada, "GET", "/wallet/statement?limit=3");
      const second = await api(ada, "GET", `/wallet/statement?limit=3&cursor=${first.next_cursor}`);
      const lines = [...first.items, ...second.items];
      assert.deepEqual(lines.map(({ amount, balance_after }) => [amount, balance_after]), [
        ["3", "1240.5"],
        ["2", "1237.5"],
        ["1", "1235.5"],
        ["1234.5", "1234.5"],
      ]);
      assert.equal(second.next_cursor, null);
      const response = await send(ada, "GET", "/wallet/statement.csv?asset=EUR");
      assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
      assert.match(response.headers.get("content-disposition") ?? "", /filename="outcry-EUR-\d{4}-\d\d-\d\d\.csv"/);
      const rows = (await response.text()).split("\r\n");
      assert.equal(rows[0], "at,operation,asset,amount,balance_after,reason,transfer_id");
      assert.match(rows[1] ?? "", /^20[^,]+,faucet,EUR,3,1240\.5,,[0-9a-f-]{36}$/);
      assert.equal(rows.length, 6);
      assert.equal(await api(ada, "GET", "/wallet/statement.csv?asset=DOGE"), "400 unknown_asset");
      assert.equal(await api(ada, "GET", "/wallet/statement?asset=btc"), "400 bad_request");
      assert.equal(await api(ada, "GET", "/wallet/statement?limit=201"), "400 invalid_limit");
      assert.equal(await api(ada, "GET", "/wallet/statement?cursor=x"), "400 invalid_cursor");
      assert.deepEqual(await api(bob, "GET", "/wallet/statement"), { items: [], next_cursor: null });
    });

    await rule("the page shows worth, signs and the balance after each line, small and without a script", async () => {
      const response = await ada.browser.request("/wallet");
      const html = await response.text();
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.ok(gzipSync(html).length < PAGE_bytes_MAX, `${gzipSync(html).length} bytes`);
      assert.doesNotMatch(html, / style="| on\w+="/);
      const text = textOf(html);
      assert.match(text, /Total value €8,740\.50/);
      assert.match(text, /EUR €1,240\.50 €0\.00 €1,240\.50 BTC 0\.15000000 0\.00000000 €7,500\.00/);
      assert.match(text, /Faucet \+€3\.00 €1,240\.50/);
      assert.match(html, /href="\/wallet\?asset=EUR" aria-current="true"/);
      assert.match(html, /href="\/api\/v1\/wallet\/statement\.csv\?asset=EUR"/);
      const btc = textOf(await ada.get("/wallet?asset=BTC"));
      assert.match(btc, /Faucet \+0\.15000000 0\.15000000/);
      assert.match(textOf(await bob.get("/wallet?asset=DOGE")), /unknown_asset/);
    });

    await rule("worth nobody knows is No data, and so is a total with it", async () => {
      await sql`update public.rates set updated_at = now() - interval '61 seconds'`;
      const text = textOf(await ada.get("/wallet"));
      assert.match(text, /Total value No data/);
      assert.match(text, /BTC 0\.15000000 0\.00000000 No data/);
      await sql`update public.rates set updated_at = now() + interval '1 hour'`;
    });

    await rule("long statements have older and newest pages", async () => {
      await sql`do $$ begin for i in 1..30 loop
        perform private.post_transfer('seed', gen_random_uuid(), array[private.platform_account('EUR', 'world'),
          private.ledger_account('user', '${sql.unsafe(bob.id)}', 'EUR', 'available')], array[-1, 1]);
        end loop; end $$`;
      const html = await bob.get("/wallet");
      const older = /href="(\/wallet\?asset=EUR&amp;cursor=\d+)" rel="next"/.exec(html)?.[1]?.replace("&amp;", "&") ??
        "";
      assert.equal(html.match(/<td class="when">/g)?.length, 25);
      const rest = await bob.get(older);
      assert.equal(rest.match(/<td class="when">/g)?.length, 5);
      assert.match(textOf(rest), /Transfer \+€1\.00 €1\.00 Newest entries/);
    });

    await rule("the faucet's form gives, tells what went wrong, and is there in local mode alone", async () => {
      assert.equal(
        await bob.sent("/wallet/faucet", { asset: "EUR", amount: "20,5" }),
        "/wallet?done=wallet.faucet_done",
      );
      assert.match(textOf(await bob.get("/wallet?done=wallet.faucet_done")), /play money is in your wallet.*€50\.50/);
      assert.equal(await bob.sent("/wallet/faucet", { asset: "EUR", amount: "1e5" }), "/wallet?error=invalid_amount");
      await sql`update public.deployment set mode = 'production'`;
      const live = await createTestWeb({
        supabase: stack,
        env: { OUTCRY_MODE: "production", PUBLIC_URL: "https://outcry.example" },
      });
      const body = { asset: "EUR", amount: "1", client_id: clientId() };
      const answer = await send(bob, "POST", "/wallet/faucet", body, live.app);
      assert.deepEqual([answer.status, (await answer.json()).code], [404, "local_only"]);
      const headers = { authorization: `Bearer ${tokens.get(bob)}` };
      assert.equal((await live.app.request("/wallet/faucet", { method: "POST", headers })).status, 404);
      // Nor does the database, whoever asks it.
      assert.equal(await faucet(bob, "EUR", "1"), "404 local_only");
      await sql`update public.deployment set mode = 'local'`;
    });

    await rule("administrators credit over the API: the small at once, the large when another approves", async () => {
      assert.equal((await credit(root, bob, "10", { reason: "Refund" })).credit.status, "posted");
      const { credit: { id, status } } = await credit(root, bob, "5000");
      assert.equal(status, "awaiting_approval");
      assert.equal(await api(root, "PUT", `/admin/credits/${id}/approve`, {}), "403 own_request");
      assert.deepEqual(await api(rita, "PUT", `/admin/credits/${id}/approve`), { credit: { id, status: "posted" } });
      assert.deepEqual(await api(rita, "PUT", `/admin/credits/${id}/approve`, { client_id: clientId() }), {
        credit: { id, status: "posted" },
      });
      assert.equal((await api(bob, "GET", "/wallet")).balances[0].available, "5060.5");
      const page = await api(rita, "GET", "/admin/credits?status=posted&limit=1");
      assert.deepEqual([page.items[0].id, page.items[0].approved_by, page.next_cursor], [id, rita.id, id]);
      assert.equal(await credit(root, root, "1"), "403 own_account");
      for (const amount of ["-1", "0", "NaN", "1e309", `0.${"1".repeat(19)}`]) {
        assert.equal(await credit(root, bob, amount), "400 invalid_amount", amount);
      }
      assert.equal(await credit(root, bob, "1", { asset: "DOGE" }), "400 unknown_asset");
      assert.equal(await credit(root, bob, "1", { asset: "SOL" }), "409 rate_missing");
      assert.equal(await credit(root, { id: clientId() } as Person, "1"), "404 not_found");
      assert.equal(await api(rita, "PUT", "/admin/credits/x/approve", {}), "400 bad_request");
      assert.equal(await api(rita, "PUT", `/admin/credits/${clientId()}/approve`, {}), "404 not_found");
    });

    await rule("for everybody else there are no credits, neither pages nor API", async () => {
      for (const who of [ada, null]) {
        assert.equal(await credit(who, bob, "1"), "404 not_found");
        assert.equal(await api(who, "PUT", `/admin/credits/${clientId()}/approve`, {}), "404 not_found");
        assert.equal(await api(who, "GET", "/admin/credits"), "404 not_found");
      }
      assert.equal((await ada.browser.request("/admin/credits")).status, 404);
      assert.equal(await ada.sent(`/admin/users/${bob.id}/credit`, { asset: "EUR", amount: "1" }), "404");
      assert.equal(await ada.sent(`/admin/credits/${clientId()}/approve`), "404");
    });

    await rule("the same over forms, and the user reads of it", async () => {
      const userPage = `/admin/users/${ada.id}`;
      assert.match(await root.get(userPage), new RegExp(`action="${userPage}/credit"[^>]*data-step-up="fresh"`));
      assert.match(textOf(await root.get(`/admin/users/${root.id}`)), /has to credit your own account/);
      const fields = { asset: "EUR", amount: "2500", reason: "Bonus" };
      assert.equal(await root.sent(`${userPage}/credit`, fields), `${userPage}?done=credits.done_waiting`);
      assert.equal(
        await root.sent(`${userPage}/credit`, { ...fields, amount: "2500.001" }),
        `${userPage}?error=invalid_amount`,
      );
      assert.match(textOf(await root.get("/admin/credits")), /ada\S* Bonus €2,500\.00 .*Needs another administrator/);
      const path = /action="(\/admin\/credits\/[^"]+\/approve)"/.exec(await rita.get("/admin/credits"))?.[1] ?? "";
      assert.equal(await root.sent(path), "/admin/credits?error=own_request");
      assert.equal(await rita.sent(path), "/admin/credits?done=credits.done_posted");
      assert.match(textOf(await rita.get("/admin/credits")), /No credit waits for approval\./);
      assert.match(textOf(await rita.get("/admin/credits?status=all")), /Approved by rita/);
      assert.match(textOf(await ada.get("/notifications")), /Credited to your wallet: €2,500\.00/);
      assert.match(textOf(await ada.get("/wallet")), /Credit Bonus \+€2,500\.00 €3,740\.50/);
    });
  },
});
