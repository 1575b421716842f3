import assert from "node:assert/strict";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack, TestBrowser } from "../../tests/web.ts";
import { makeAdmin, Person } from "../admin/testing.ts";

/** What a reader sees. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

/** The value a page's form carries. */
function fieldIn(html: string, form: string, name: string): string {
  const part = new RegExp(`<form action="${form}"[^]*?</form>`).exec(html)?.[0] ?? "";
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(part)?.[1] ?? "";
}

Deno.test({
  name: "pools and investments over plain forms and over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const people = ["root", "ada", "bob"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [root, ada, bob] = people as [Person, Person, Person];
    await makeAdmin(stack, root);
    await sql`update public.profiles set kyc_status = 'verified' where id = ${ada.id}`;
    const clientId = (): string => crypto.randomUUID();
    const tokens = new Map(
      await Promise.all(people.map(async (who) => {
        const answer = await who.browser.request("/api/v1/auth/token");
        return [who, (await answer.json()).access_token as string] as const;
      })),
    );
    /** The answer's body, or "<status> <code>" of a refusal, which is a problem document. */
    const api = async (who: Person | null, method: string, path: string, body?: unknown) => {
      const token = who === null ? undefined : tokens.get(who);
      const response = await web.app.request(`/api/v1${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      assert.equal(response.headers.get("cache-control"), "no-store", path);
      const answer = await response.json();
      if (response.ok) return answer;
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      return `${response.status} ${answer.code}`;
    };
    const makePool = async (terms: Record<string, unknown>) => {
      const pool = { currency: "EUR", cycle: "manual", minimum: "100", visibility: "public", ...terms };
      const args = { p_pool: pool, p_client_id: clientId() };
      const made = await web.services.rpc.call("admin_create_pool", args, { accessToken: tokens.get(root) ?? "" });
      return (made as { pool: { id: string } }).pool.id;
    };
    const [{ token }] = [
      (await sql`select public.acquire_lease('pools', ${clientId()}, 60000) as lease`)[0]?.lease as { token: number },
    ];
    await sql`update public.leases set expires_at = now() + interval '1 hour' where name = 'pools'`;
    /** Settles a pool as an administrator forces it and the worker does it. */
    const settle = async (id: string, equity: string) => {
      const args = { p_pool_id: id, p_client_id: clientId() };
      const forced = await web.services.rpc.call("admin_force_settlement", args, {
        accessToken: tokens.get(root) ?? "",
      });
      const { cycle } = forced as { cycle: { no: number } };
      await sql`select public.pools_due()`;
      await sql`select public.settle_pool(${id}, ${cycle.no}, ${equity}, now() + interval '1 second', ${token})`;
    };
    const open = await makePool({ name: "Harbour Basis", manager_fee_percent: "15" });
    const hidden = await makePool({ name: "Back Room", visibility: "private" });
    const capped = await makePool({ name: "Full House", cap: "500" });
    const invest = (who: Person | null, pool_id: string, amount: unknown, client_id = clientId()) =>
      api(who, "POST", "/investments", { pool_id, amount, client_id });
    await step(
      t,
      "behind a long settlement an order answers 503 with when to come again, and nothing of it is done",
      async () => {
        const [free, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const holding = sql.begin(async (tx) => {
          await tx`select 1 from public.pools where id = ${open} for no key update`;
          held.resolve();
          await free.promise;
        });
        await held.promise;
        const body = JSON.stringify({ pool_id: open, amount: "100", client_id: clientId() });
        const order = () =>
          web.app.request("/api/v1/investments", {
            method: "POST",
            headers: { authorization: `Bearer ${tokens.get(ada)}`, "content-type": "application/json" },
            body,
          });
        const refused = await order();
        free.resolve();
        await holding;
        assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
        assert.equal((await refused.json()).code, "busy");
        // Nothing was remembered of it: asked again by the same id it is looked at anew.
        assert.equal((await (await order()).json()).code, "insufficient_funds");
      },
    );

    /** A step after which the ledger holds. */
    const rule = (name: string, body: () => Promise<void>) =>
      step(t, name, async () => {
        await body();
        assert.deepEqual([...await sql`select * from ledger_check()`], []);
      });
    let lot = "";

    await rule("anybody reads public pools, and private ones are not there", async () => {
      const { items } = await api(null, "GET", "/pools");
      assert.deepEqual(items.map(({ name }: { name: string }) => name).toSorted(), ["Full House", "Harbour Basis"]);
      const detail = await api(null, "GET", `/pools/${open}`);
      assert.equal(detail.pool.unit_price, "100");
      assert.equal(detail.mine, null);
      assert.deepEqual(await api(null, "GET", `/pools/${open}/performance`), {
        items: [],
        settlements: [],
        next_cursor: null,
      });
      assert.deepEqual(await api(null, "GET", `/pools/${open}/positions`), { at: null, items: [], next_cursor: null });
      for (const part of ["", "/performance", "/positions"]) {
        assert.equal(await api(ada, "GET", `/pools/${hidden}${part}`), "404 not_found", part);
        assert.equal(await api(null, "GET", `/pools/${clientId()}${part}`), "404 not_found", part);
        assert.equal(await api(null, "GET", `/pools/x${part}`), "400 bad_request", part);
      }
      assert.equal((await new TestBrowser(web).request(`/pools/${hidden}`)).status, 404);
      assert.equal(await invest(ada, hidden, "100"), "404 not_found");
    });

    await rule("malformed questions are told what is wrong with them", async () => {
      assert.equal(await api(null, "GET", "/pools?limit=0"), "400 invalid_limit");
      assert.equal(await api(null, "GET", "/pools?cursor=x"), "400 invalid_cursor");
      assert.equal(await api(null, "GET", "/pools?cursor=%00"), "400 invalid_cursor");
      assert.equal(await api(null, "GET", "/pools?scope=none"), "400 bad_request");
      assert.equal(await api(null, "GET", `/pools/${open}/performance?from=soon`), "400 invalid_time");
      assert.equal(await api(null, "GET", `/pools/${open}/performance?points=5000`), "400 bad_request");
      for (const amount of ["-1", "0", "NaN", "1e309", `100.${"1".repeat(19)}`, "100.001", ""]) {
        assert.equal(await invest(ada, open, amount), "400 invalid_amount", amount);
      }
      for (const amount of [100, null, {}]) assert.equal(await invest(ada, open, amount), "400 bad_request");
      assert.equal(await invest(ada, "x", "100"), "400 bad_request");
      assert.equal(await invest(ada, open, "100", "x"), "400 bad_request");
    });

    await rule("nobody invests without signing in, and the form leads there and back", async () => {
      assert.equal(await invest(null, open, "100"), "401 unauthenticated");
      for (const path of ["/investments", `/investments/${open}`, `/investments/${open}/history`]) {
        assert.equal(await api(null, "GET", path), "401 unauthenticated", path);
      }
      const stranger = new TestBrowser(web);
      const html = await (await stranger.request(`/pools/${open}`)).text();
      assert.match(html, new RegExp(`href="/pools/${open}/subscribe"[^>]*>Subscribe`));
      const wall = await stranger.request(`/pools/${open}/subscribe`);
      assert.equal(wall.headers.get("location"), `/login?next=%2Fpools%2F${open}%2Fsubscribe`);
      assert.equal((await stranger.request("/investments")).headers.get("location"), "/login?next=%2Finvestments");
    });

    await rule("each refusal of an order is answered on its form, with what was typed and what to do", async () => {
      const path = `/pools/${open}/subscribe`;
      const refused = async (who: Person, amount: string, code: string, says: RegExp, to = path) => {
        const location = await who.sent(to, { amount });
        assert.equal(new URL(location, "http://x").searchParams.get("error"), code);
        const html = await who.get(location);
        assert.match(textOf(html), says);
        assert.match(html, new RegExp(`name="amount" value="${amount}"`));
      };
      await refused(bob, "250", "kyc_required", /identity has to be verified first .*Open the settings/);
      await refused(ada, "250", "insufficient_funds", /The balance does not cover that .*Open the wallet/);
      await api(ada, "POST", "/wallet/faucet", { asset: "EUR", amount: "5000", client_id: clientId() });
      await refused(ada, "99.99", "below_minimum", /This pool takes €100\.00 or more/);
      await refused(ada, "12x", "invalid_amount", /such as 250\.00/);
      await refused(ada, "501", "cap_exceeded", /no more than €500\.00 in all/, `/pools/${capped}/subscribe`);
    });

    await rule("a form sent twice subscribes once, and the money is held", async () => {
      const html = await ada.get(`/pools/${open}/subscribe`);
      assert.match(textOf(html), /Available: €5,000\.00/);
      assert.match(textOf(html), /PAPER Play money of this machine, no value/);
      const client_id = fieldIn(html, `/pools/${open}/subscribe`, "client_id");
      for (let i = 0; i < 2; i++) {
        const to = await ada.sent(`/pools/${open}/subscribe`, { client_id, amount: "1000,00" });
        assert.equal(to, `/pools/${open}?done=pools.done_subscribed`);
      }
      const again = await ada.sent(`/pools/${open}/subscribe`, { client_id, amount: "900" });
      assert.match(again, /error=conflict/);
      const { balances: [euros] } = await api(ada, "GET", "/wallet");
      assert.deepEqual(euros, { asset: "EUR", available: "4000", held: "1000" });
      const { items } = await api(ada, "GET", "/investments");
      assert.deepEqual(items.map(({ status, amount }: Record<string, string>) => [status, amount]), [[
        "queued",
        "1000",
      ]]);
      lot = items[0].id;
      const page = textOf(await ada.get(`/pools/${open}`));
      assert.match(page, /My pending order Buy €1,000\.00 Cancel/);
      assert.match(page, /No date is set: this pool settles by hand/);
    });

    await rule("an order that waits is taken back once, and never somebody else's", async () => {
      const made = await invest(ada, capped, "200");
      const { id } = made.investment;
      assert.equal(
        await api(bob, "POST", `/investments/requests/${id}/cancel`, { client_id: clientId() }),
        "404 not_found",
      );
      const html = await ada.get("/investments");
      assert.match(textOf(html), /Waiting orders 2 .*Full House .*Buy €200\.00 Cancel/);
      const action = `/investments/requests/${id}/cancel`;
      assert.equal(fieldIn(html, action, "client_id"), id);
      for (let i = 0; i < 2; i++) {
        assert.equal(
          await ada.sent(action, { client_id: id, next: "/investments" }),
          "/investments?done=pools.done_cancelled",
        );
      }
      assert.equal(await api(ada, "POST", action, { client_id: clientId() }), "409 not_waiting");
      assert.equal((await api(ada, "GET", "/wallet")).balances[0].available, "4000");
      // A form cannot lead away.
      const away = await ada.sent(action, { client_id: id, next: "//evil.example" });
      assert.equal(away, "/investments?done=pools.done_cancelled");
    });

    await rule("settled, the order is a lot with a value, a history and a mark", async () => {
      await settle(open, "0");
      const { investment, requests } = await api(ada, "GET", `/investments/${lot}`);
      assert.deepEqual(
        [investment.status, investment.units, investment.value, investment.mark, requests.length],
        ["active", "10", "1000", "100", 1],
      );
      const { items } = await api(ada, "GET", `/investments/${lot}/history`);
      assert.deepEqual([items[0].kind, items[0].units, items[0].value], ["bought", "10", "1000"]);
      assert.equal(await api(bob, "GET", `/investments/${lot}`), "404 not_found");
      assert.equal(await api(bob, "GET", `/investments/${lot}/history`), "404 not_found");
      const page = textOf(await ada.get(`/pools/${open}`));
      assert.match(page, /My lots 1 .*L-0001 .*10\.0000 €100\.0000 €100\.0000 .*€1,000\.00 €0\.00 At its mark €0\.00/);
      assert.match(textOf(await ada.get("/investments")), /L-0001 Harbour Basis Active .*€1,000\.00/);
      assert.match(
        textOf(await ada.get(`/investments/${lot}`)),
        /Harbour Basis L-0001 Active .*Bought €100\.0000 10\.0000/,
      );
      const { items: mine } = await api(ada, "GET", "/pools?scope=mine");
      assert.deepEqual(mine.map(({ my_value }: { my_value: string }) => my_value), ["1000"]);
      assert.deepEqual((await api(bob, "GET", "/pools?scope=mine")).items, []);
    });

    await rule("performance goes on after a time, for who was away", async () => {
      const { items, settlements } = await api(null, "GET", `/pools/${open}/performance?points=100`);
      assert.equal(settlements.length, 1);
      assert.ok(items.length >= 1);
      const later = `/pools/${open}/performance?after=${encodeURIComponent(items.at(-1).at)}`;
      assert.deepEqual(await api(null, "GET", later), { items: [], settlements: [], next_cursor: null });
    });

    await rule("units are redeemed by form and by API, and never more than there are", async () => {
      const redeem = (units: unknown, client_id = clientId()) =>
        api(ada, "POST", `/investments/${lot}/redeem`, { units, client_id });
      for (const units of ["-1", "0", "x", "1.123456789"]) {
        assert.equal(await redeem(units), "400 invalid_units", units);
      }
      assert.equal(await redeem("10.00000001"), "409 units_exceeded");
      assert.equal(
        await api(bob, "POST", `/investments/${lot}/redeem`, { units: "1", client_id: clientId() }),
        "404 not_found",
      );
      const path = `/pools/${open}/redeem`;
      assert.match(await ada.sent(path, { investment_id: lot, units: "11" }), /lot=.*&units=11&error=units_exceeded/);
      assert.match(
        textOf(await ada.get(`${path}?error=units_exceeded&units=11`)),
        /Other orders may wait for the same units/,
      );
      assert.equal(await ada.sent(path, { investment_id: lot, units: "4" }), `/pools/${open}?done=pools.done_redeemed`);
      assert.match(textOf(await ada.get(`/investments/${lot}`)), /Redeem 4\.0000 units/);
      await settle(open, "1100");
      // 10 units at 110; 15 % of 100 profit is 15 euros of units; 4 units at 110 are paid out.
      const { investment } = await api(ada, "GET", `/investments/${lot}`);
      assert.equal(investment.fees_paid, "15");
      assert.equal(investment.amount_redeemed, "440");
      assert.equal((await api(ada, "GET", "/wallet")).balances[0].available, "4440");
      const page = textOf(await ada.get(`/investments/${lot}`));
      assert.match(page, /Redeemed €110\.0000 .*Fee charged €110\.0000/);
      const { request } = await redeem("all");
      assert.equal(request.everything, true);
      await settle(open, (await api(ada, "GET", `/pools/${open}`)).live.equity);
      assert.equal((await api(ada, "GET", `/investments/${lot}`)).investment.status, "redeemed");
    });

    await rule("a paused pool says so wherever money could go in", async () => {
      const args = { p_pool_id: open, p_reason: "Checking the module", p_client_id: clientId() };
      await web.services.rpc.call("admin_pause_pool", args, { accessToken: tokens.get(root) ?? "" });
      assert.equal(await invest(ada, open, "100"), "409 pool_paused");
      assert.match(textOf(await ada.get(`/pools/${open}`)), /Paused: no new money/);
      assert.match(await ada.sent(`/pools/${open}/subscribe`, { amount: "100" }), /error=pool_paused/);
      assert.doesNotMatch(textOf(await ada.get("/pools?scope=open")), /Paused: no new money/);
    });

    await rule("pages carry no inline script or style, and the API describes itself", async () => {
      for (
        const path of ["/pools", `/pools/${open}`, "/investments", `/investments/${lot}`, `/pools/${capped}/subscribe`]
      ) {
        const html = await ada.get(path);
        assert.doesNotMatch(html, / style="|<style| on[a-z]+="|<script>/, path);
        assert.doesNotMatch(textOf(html), /undefined|NaN|\[object|\{[a-z]+\}/, path);
      }
      const document = await (await web.app.request("/api/v1/openapi.json")).json();
      for (
        const path of [
          "/pools",
          "/pools/{id}",
          "/pools/{id}/performance",
          "/pools/{id}/positions",
          "/investments",
          "/investments/{id}",
          "/investments/{id}/history",
          "/investments/{id}/redeem",
          "/investments/requests/{id}/cancel",
        ]
      ) assert.ok(document.paths[`/api/v1${path}`], path);
    });
  },
});
