import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { Signer } from "../../lib/ledger/worker/payments/signature.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack } from "../../tests/web.ts";
import { makeAdmin, Person } from "./testing.ts";

/** Bytes of a page that works without a script, once compressed. */
const PAGE_bytes_MAX = 15_000;

const NOBODY = "00000000-0000-7000-8000-000000000000";
const IBAN = "DE89 3704 0044 0532 0130 00";

// deno-lint-ignore no-explicit-any -- JSON whose shape each step knows
type Answer = any;

Deno.test({
  name: "administration of money over plain forms and over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const people = ["ruth", "rita", "ada", "bob"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [root, rita, ada, bob] = people as [Person, Person, Person, Person];
    await makeAdmin(stack, root);
    await makeAdmin(stack, rita);
    const tokenOf = async ({ browser }: Person) =>
      (await (await browser.request("/api/v1/auth/token")).json()).access_token as string;
    const tokens = new Map(await Promise.all(people.map(async (who) => [who, await tokenOf(who)] as const)));
    const clientId = (): string => crypto.randomUUID();

    /** The answer's body, or "<status> <code>" of a refusal. */
    const api = async (who: Person | null, method: string, path: string, body?: unknown): Promise<Answer> => {
      const token = who === null ? undefined : tokens.get(who);
      const response = await web.app.request(`/api/v1${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await response.json();
      assert.equal(response.headers.get("cache-control"), "no-store", path);
      return response.ok ? answer : `${response.status} ${answer.code}`;
    };
    const TERMS = {
      ...{ name: "Harbour Basis", currency: "EUR", cycle: "manual", minimum: "10" },
      ...{ manager_fee_percent: "15", visibility: "public" },
    };
    let poolId = "";

    await step(t, "a pool is made by the contract's words, once for a client's id", async () => {
      const client_id = clientId();
      const { pool } = await api(root, "POST", "/admin/pools", { ...TERMS, client_id });
      poolId = pool.id;
      assert.deepEqual(
        [
          pool.name,
          pool.status,
          pool.cycle,
          pool.minimum,
          pool.manager_fee_percent,
          pool.adapter,
          pool.manager.user_id,
        ],
        ["Harbour Basis", "open", "manual", "10", "15", "simulated", root.id],
      );
      assert.equal((await api(root, "POST", "/admin/pools", { ...TERMS, client_id })).pool.id, poolId);
      assert.equal(await api(root, "POST", "/admin/pools", { ...TERMS, name: "Other", client_id }), "409 conflict");
      assert.equal(await api(root, "POST", "/admin/pools", TERMS), "400 bad_request");
      const page = await api(root, "GET", "/admin/pools");
      assert.deepEqual(page.items.map(({ id, capital }: Answer) => [id, capital]), [[poolId, "0"]]);
      assert.deepEqual((await api(root, "GET", "/admin/pools?status=draft")).items, []);
      const detail = await api(root, "GET", `/admin/pools/${poolId}`);
      assert.deepEqual([detail.pool.cycle_now.no, detail.members, detail.settlements], [1, [], []]);
    });

    await step(t, "terms that cannot be are refused with a code each", async () => {
      const code = (more: Record<string, unknown>) =>
        api(root, "POST", "/admin/pools", {
          ...TERMS,
          name: `P ${clientId().slice(0, 8)}`,
          client_id: clientId(),
          ...more,
        });
      for (const minimum of ["-1", "0", "NaN", "1e309", "0.001", `0.${"1".repeat(19)}`, ""]) {
        assert.equal(await code({ minimum }), "400 invalid_amount", minimum);
      }
      assert.equal(await code({ minimum: 10 }), "400 bad_request");
      for (const manager_fee_percent of ["50.01", -1, "NaN", 1e300, "", "1.234"]) {
        assert.equal(await code({ manager_fee_percent }), "400 invalid_pool", String(manager_fee_percent));
      }
      assert.equal(await code({ currency: "DOGE" }), "400 unknown_asset");
      assert.equal(await code({ cycle: "yearly" }), "400 bad_request");
      assert.equal(await code({ name: "x" }), "400 invalid_pool");
      assert.equal(await code({ name: "harbour BASIS" }), "409 name_taken");
      assert.equal(await code({ cap: "1" }), "400 invalid_pool");
      assert.equal(await code({ metadata: { trading: { adapter: "http" } } }), "400 invalid_pool");
      const trading = { adapter: "http", url: "http://user:secret@example.com/" };
      assert.equal(await code({ metadata: { trading } }), "400 invalid_pool");
      assert.equal((await code({ manager_fee_percent: 50, draft: true })).pool.status, "draft");
    });

    await step(t, "a pool is changed, paused, resumed and forced without a client's id", async () => {
      const path = `/admin/pools/${poolId}`;
      const { pool } = await api(root, "PUT", path, { minimum: "20.5", description: "Basis trades" });
      assert.deepEqual([pool.minimum, pool.description, pool.name], ["20.5", "Basis trades", "Harbour Basis"]);
      assert.equal((await api(root, "POST", `${path}/pause`)).pool.status, "paused");
      assert.equal((await api(rita, "POST", `${path}/pause`, { reason: "Again" })).pool.status, "paused");
      assert.equal(await api(root, "POST", `${path}/force-settlement`, {}), "409 pool_paused");
      assert.equal((await api(root, "POST", `${path}/resume`)).pool.status, "open");
      assert.equal(await api(root, "POST", `${path}/open`), "409 not_waiting");
      const forced = await api(root, "POST", `${path}/force-settlement`, { client_id: clientId() });
      assert.deepEqual([forced.cycle.no, forced.cycle.ends_at === null], [1, false]);
      const { pool: lower } = await api(root, "PUT", path, { manager_fee_percent: 10 });
      assert.equal(lower.manager_fee_percent, "15", "the cycle that runs keeps its fee");
      assert.equal((await api(root, "GET", path)).fee_changes[0].manager_fee_percent, "10");
      assert.equal(await api(root, "PUT", `/admin/pools/${NOBODY}`, { minimum: "1" }), "404 not_found");
      assert.equal(await api(root, "POST", "/admin/pools/x/pause"), "400 bad_request");
      const { members } = await api(root, "POST", `${path}/members`, { user_id: bob.id });
      assert.deepEqual(members.map(({ username }: Answer) => username), ["bob"]);
      const without = await api(root, "POST", `${path}/members`, { user_id: bob.id, add: false });
      assert.deepEqual(without.members, []);
    });

    await step(t, "an identity is verified with a status alone, and rejected with a reason in any case", async () => {
      const path = `/admin/users/${ada.id}/kyc-status`;
      const rejected = await api(root, "PUT", path, { status: "rejected" });
      assert.deepEqual([rejected.status, rejected.reason], ["rejected", "Rejected by an administrator"]);
      assert.equal(await api(root, "PUT", path, { status: "rejected", reason: "" }), "400 reason_required");
      assert.equal((await api(root, "PUT", path, { status: "verified" })).status, "verified");
      assert.equal(await api(root, "PUT", path, { status: "famous" }), "400 bad_request");
      await sql`update public.profiles set kyc_status = 'verified' where id in (${root.id}, ${bob.id})`;
      // Never of oneself: the page offers no form for it.
      assert.equal(await api(root, "PUT", `/admin/users/${root.id}/kyc-status`, { status: "none" }), "403 own_account");
      assert.doesNotMatch(await root.get(`/admin/users/${root.id}`), /action="[^"]*\/kyc"/);
      assert.match(await root.get(`/admin/users/${ada.id}`), /action="[^"]*\/kyc"[^>]*data-step-up="fresh"/);
    });

    await step(
      t,
      "a payment that matched nothing is listed, assigned by two administrators, or given back",
      async () => {
        const SECRET = "a secret of thirty-two characters or more";
        await sql`select public.set_payment_provider('bank', ${SECRET})`;
        const arrive = async (amount: string): Promise<string> => {
          const event = { id: clientId(), type: "deposit.paid", deposit_id: clientId(), asset: "EUR", amount };
          const text = JSON.stringify(event);
          const signature = await new Signer(SECRET).sign(text, Date.now());
          await sql`select public.receive_payment('bank', ${signature}, ${text})`;
          const { items } = await api(root, "GET", "/admin/payments?status=waiting&limit=1");
          return items[0].id;
        };
        const [large, small] = [await arrive("1500"), await arrive("20")];
        const path = `/admin/payments/${large}`;
        const page = await root.get("/admin/payments");
        assert.match(page, /€1,500\.00/);
        assert.match(page, /action="\/admin\/payments\/[0-9a-f-]+\/assign"[^>]*data-step-up="fresh"/);
        assert.equal(
          await root.sent(`${path}/assign`, { user: "nobody at all" }),
          "/admin/payments?error=bad_request",
        );
        const [{ username }] = await sql`select username from public.profiles where id = ${bob.id}` as [
          { username: string },
        ];
        assert.equal(
          await root.sent(`${path}/assign`, { user: username }),
          "/admin/payments?done=payments.done_waiting",
        );
        assert.equal(await api(root, "PUT", `${path}/approve`, { revision: 1 }), "403 own_request");
        assert.equal(await api(rita, "PUT", `${path}/approve`, { revision: 2 }), "409 conflict");
        assert.equal((await api(root, "PUT", `${path}/reopen`, {})).payment.status, "waiting");
        const decided = await api(root, "PUT", `${path}/assign`, { user_id: bob.id, note: "told by phone" });
        assert.deepEqual([decided.payment.status, decided.payment.revision], ["awaiting_approval", 2]);
        assert.match(await rita.get("/admin/payments"), /told by phone/);
        assert.equal(
          await rita.sent(`${path}/approve`, { revision: "2" }),
          "/admin/payments?done=payments.done_assigned",
        );
        assert.equal((await api(rita, "PUT", `${path}/approve`, { revision: 2 })).payment.status, "assigned");
        assert.equal(await root.sent(`/admin/payments/${small}/return`), "/admin/payments?error=reason_required");
        assert.equal(
          await root.sent(`/admin/payments/${small}/return`, { note: "by the bank" }),
          "/admin/payments?done=payments.done_returned",
        );
        assert.equal(await api(rita, "PUT", `/admin/payments/${small}/return`, { note: "x" }), "409 not_waiting");
        const { balances } = await api(bob, "GET", "/wallet");
        assert.equal(balances.find(({ asset }: Answer) => asset === "EUR").available, "1500");
        await sql`select private.post_transfer('seed', gen_random_uuid(),
        array[private.platform_account('EUR', 'world'), private.ledger_account('user', ${bob.id}, 'EUR', 'available')],
        array[1500, -1500])`;
      },
    );

    const give = async (who: Person) => {
      await api(who, "POST", "/wallet/faucet", { asset: "EUR", amount: "2000", client_id: clientId() });
    };
    const want = async (who: Person, amount: string): Promise<string> => {
      const body = { asset: "EUR", amount, destination: IBAN, client_id: clientId() };
      const answer = await api(who, "POST", "/withdrawals", body);
      assert.equal(answer.withdrawal?.status, "awaiting_approval", JSON.stringify(answer));
      return answer.withdrawal.id;
    };
    const statusOf = async (id: string) =>
      (await sql`select status, reason from public.withdrawals where id = ${id}`)[0] ?? {};

    await step(t, "a withdrawal is approved by somebody else, once; another is rejected, with a reason", async () => {
      for (const who of [ada, root]) await give(who);
      const [first, second] = [await want(ada, "120"), await want(ada, "80.5")];
      const { items } = await api(root, "GET", "/admin/withdrawals?status=awaiting_approval");
      assert.deepEqual(
        items.map((
          { id, username, eur, eur_day, kyc_status, approvable }: Answer,
        ) => [id, username, eur, eur_day, kyc_status, approvable]),
        [[second, "ada", "80.5", "200.5", "verified", true], [first, "ada", "120", "120", "verified", true]],
      );
      assert.equal((await api(root, "PUT", `/admin/withdrawals/${first}/approve`)).withdrawal.status, "approved");
      assert.equal((await api(root, "PUT", `/admin/withdrawals/${first}/approve`, {})).withdrawal.status, "approved");
      assert.equal(await api(rita, "PUT", `/admin/withdrawals/${first}/approve`), "409 not_waiting");
      assert.equal(await api(root, "PUT", `/admin/withdrawals/${second}/approve`, { revision: 2 }), "409 conflict");
      assert.equal(
        await api(root, "PUT", `/admin/withdrawals/${second}/reject`, { reason: " " }),
        "400 reason_required",
      );
      assert.equal((await api(root, "PUT", `/admin/withdrawals/${second}/reject`)).withdrawal.status, "rejected");
      assert.equal((await statusOf(second)).reason, "Rejected by an administrator");
      const own = await want(root, "10");
      assert.equal(await api(root, "PUT", `/admin/withdrawals/${own}/approve`), "403 own_request");
      assert.equal(await api(root, "PUT", `/admin/withdrawals/${NOBODY}/approve`), "404 not_found");
    });

    await step(t, "the dashboard tells all of it", async () => {
      const told = await api(root, "GET", "/admin/dashboard");
      assert.deepEqual([told.aum_eur, told.pools, told.withdrawals.waiting, told.withdrawals.eur], ["0", 1, 1, "10"]);
      assert.equal(told.series.length, 30);
      const html = await root.get("/admin");
      assert.match(html, /role="img" aria-label="Assets under management over 30 days, now €0\.00"/);
      assert.match(html, />1<\/span><a class="tile-label" href="\/admin\/withdrawals">Withdrawals waiting</);
      assert.ok(html.indexOf("<svg viewBox") < html.indexOf("<table"), "charts come before tables");
    });

    await step(t, "every page is whole without a script, small, and kept by nobody", async () => {
      const paths = [
        "/admin",
        "/admin/pools",
        "/admin/pools/new",
        `/admin/pools/${poolId}`,
        "/admin/withdrawals?status=all",
      ];
      for (const locale of ["en", "fr", "es"]) {
        for (const path of paths) {
          const response = await root.browser.request(path, { headers: { "accept-language": locale } });
          const html = await response.text();
          assert.deepEqual([path, response.status, response.headers.get("cache-control")], [path, 200, "no-store"]);
          const bytes = gzipSync(html).length;
          assert.ok(bytes < PAGE_bytes_MAX, `${path}: ${bytes} bytes`);
          assert.doesNotMatch(html, / style="| on\w+="|money\.[a-z_]+/, path);
        }
      }
    });

    await step(t, "forms make and move a pool; what was refused is shown as it was typed", async () => {
      const form = { name: "Open Pit", currency: "eur", cycle: "daily", minimum: "12,50", visibility: "private" };
      const refused = await root.post("/admin/pools/new", { ...form, minimum: "a lot", manager: "bob" });
      const html = await refused.text();
      assert.match(html, /The amount is malformed/);
      assert.match(html, /name="minimum"[^>]* value="a lot"|value="a lot"[^>]*name="minimum"/);
      const made = await root.sent("/admin/pools/new", { ...form, manager: "BOB", draft: "true" });
      const [, path = ""] = /^(\/admin\/pools\/[0-9a-f-]{36})\?done=money.done_pool_created$/.exec(made) ?? [];
      const id = path.slice(-36);
      assert.ok(path, made);
      const { pool } = await api(root, "GET", path);
      assert.deepEqual([pool.status, pool.minimum, pool.manager.username, pool.manager_fee_percent], [
        ...["draft", "12.5", "bob", "15"],
      ]);
      assert.equal(await root.sent(`${path}/open`), `${path}?done=admin.done`);
      assert.equal(await root.sent(`${path}/close`), `${path}?error=bad_request`, "nobody ticked the box");
      assert.equal(await root.sent(`${path}/pause`, { reason: "Audit <now>" }), `${path}?done=admin.done`);
      assert.match(await root.get(path), /Paused: Audit &lt;now>/);
      assert.equal(await root.sent(`${path}/force-settlement`, { confirmed: "true" }), `${path}?error=pool_paused`);
      assert.equal(await root.sent(`${path}/resume`), `${path}?done=admin.done`);
      assert.equal(await root.sent(`${path}/members`, { user: "ada", add: "true" }), `${path}?done=admin.done`);
      assert.equal(
        await root.sent(`${path}/members`, { user: "nobody_here", add: "true" }),
        `${path}?error=bad_request`,
      );
      assert.match(await root.get(path), /Remove ada/);
      assert.equal(await root.sent(`${path}/fee`, { manager_fee_percent: "20" }), `${path}?done=admin.done`);
      assert.match(await root.get(path), /20% from cycle 3 on/);
      // Only what was changed is sent on, so that the audit log says what was done.
      const terms = { name: "Open Pit", cycle: "daily", minimum: "12.5", visibility: "public", manager: bob.id };
      assert.equal(await root.sent(`${path}/terms`, terms), `${path}?done=admin.done`);
      const [entry] = await sql`select detail ->> 'changes' as changes from public.audit_log
        where action = 'pool.changed' and subject_id = ${id} order by at desc limit 1`;
      assert.deepEqual(JSON.parse(entry?.changes), { visibility: "public" });
    });

    await step(t, "the queue offers what may be done, and its forms do it", async () => {
      const waiting = await want(ada, "40");
      await sql`update public.profiles set kyc_status = 'pending' where id = ${bob.id}`;
      const html = await root.get("/admin/withdrawals");
      assert.match(html, new RegExp(`action="/admin/withdrawals/${waiting}/approve"[^>]*data-step-up="fresh"`));
      assert.match(html, /Your own: another administrator has to approve it/);
      assert.equal([...html.matchAll(/\/approve"/g)].length, 1);
      const path = "/admin/withdrawals";
      assert.equal(await root.sent(`${path}/${waiting}/approve`, { revision: "2" }), `${path}?error=conflict`);
      assert.equal(
        await root.sent(`${path}/${waiting}/approve`, { revision: "1" }),
        `${path}?done=money.done_approved`,
      );
      const other = await want(ada, "41");
      assert.equal(await root.sent(`${path}/${other}/reject`, { reason: "" }), `${path}?error=reason_required`);
      assert.equal(
        await root.sent(`${path}/${other}/reject`, { reason: "Wrong bank" }),
        `${path}?done=money.done_rejected`,
      );
      assert.deepEqual([(await statusOf(other)).status, (await statusOf(other)).reason], ["rejected", "Wrong bank"]);
      assert.match(await root.get(`${path}?status=all`), /Rejected by ruth: Wrong bank/);
    });

    await step(t, "for everybody else there is nothing here, neither pages nor API (ASVS 5: 8.2.1)", async () => {
      const calls = [
        ["GET", "/admin/dashboard"],
        ["GET", "/admin/pools"],
        ["POST", "/admin/pools", { ...TERMS, name: "Mine", client_id: clientId() }],
        ["GET", `/admin/pools/${poolId}`],
        ["PUT", `/admin/pools/${poolId}`, { minimum: "1" }],
        ...["open", "pause", "resume", "force-settlement", "close"].map((
          move,
        ) => ["POST", `/admin/pools/${poolId}/${move}`]),
        ["POST", `/admin/pools/${poolId}/members`, { user_id: ada.id }],
        ["GET", "/admin/withdrawals"],
        ["GET", "/admin/payments"],
        ["PUT", `/admin/payments/${NOBODY}/assign`, { user_id: ada.id }],
        ["PUT", `/admin/payments/${NOBODY}/return`, { note: "x" }],
        ["PUT", `/admin/payments/${NOBODY}/approve`, { revision: 1 }],
        ["PUT", `/admin/payments/${NOBODY}/reopen`, {}],
        ["PUT", `/admin/withdrawals/${NOBODY}/approve`],
        ["PUT", `/admin/withdrawals/${NOBODY}/reject`],
        ["PUT", `/admin/users/${ada.id}/kyc-status`, { status: "verified" }],
      ] as [string, string, unknown?][];
      for (const [method, path, body] of calls) {
        for (const who of [ada, null]) {
          assert.equal(await api(who, method, path, body), "404 not_found", `${method} ${path}`);
        }
      }
      for (
        const path of [
          "/admin",
          "/admin/pools",
          "/admin/pools/new",
          `/admin/pools/${poolId}`,
          "/admin/withdrawals",
          "/admin/payments",
        ]
      ) {
        assert.equal((await ada.browser.request(path)).status, 404, path);
      }
      assert.equal((await ada.post("/admin/pools/new", { name: "Mine", cycle: "daily", minimum: "1" })).status, 404);
      assert.equal((await ada.post(`/admin/pools/${poolId}/pause`)).status, 404);
    });

    await step(t, "the API's document names every route of the contract", async () => {
      const { paths } = await (await web.app.request("/api/v1/openapi.json")).json();
      const named = Object.entries<Record<string, unknown>>(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path.replace("/api/v1", "")}`)
      );
      for (
        const route of [
          ...["get", "post"].map((method) => `${method} /admin/pools`),
          "put /admin/pools/{pool_id}",
          ...["pause", "resume", "force-settlement"].map((move) => `post /admin/pools/{pool_id}/${move}`),
          ...["dashboard", "users", "withdrawals", "audit-logs"].map((list) => `get /admin/${list}`),
          "put /admin/users/{user_id}/kyc-status",
          ...["approve", "reject"].map((verb) => `put /admin/withdrawals/{withdrawal_id}/${verb}`),
        ]
      ) assert.ok(named.includes(route), route);
    });
  },
});
