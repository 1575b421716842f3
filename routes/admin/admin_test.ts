import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { step } from "../../supabase/embedded/testing.ts";
import { AuditLog } from "../../tests/rls/audit_log.ts";
import { createTestWeb, startStack, TestBrowser } from "../../tests/web.ts";
import { makeAdmin, Person } from "./testing.ts";

/** Bytes of a page that works without a script, once compressed. */
const PAGE_bytes_MAX = 15_000;

Deno.test({
  name: "administration over plain forms and over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    const [admin, ada, bob] = [
      await new Person(web, "ruth").register(stack),
      await new Person(web, "ada").register(stack),
      await new Person(web, "bob").register(stack),
    ];
    await makeAdmin(stack, admin);
    const userPage = `/admin/users/${ada.id}`;

    const { access_token } = await (await admin.browser.request("/api/v1/auth/token")).json();
    const api = async (path: string, body?: unknown, token: string | null = access_token) => {
      const response = await web.app.request(`/api/v1${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      assert.equal(response.headers.get("cache-control"), "no-store", path);
      return { status: response.status, body: await response.json() };
    };
    const code = async (path: string, body?: unknown, token: string | null = access_token) => {
      const answer = await api(path, body, token);
      return answer.status === 200 ? "ok" : `${answer.status} ${answer.body.code}`;
    };
    const clientId = () => crypto.randomUUID();

    await step(t, "every page is whole without a script, small, and kept by nobody", async () => {
      for (
        const path of [
          "/admin",
          "/admin/users",
          userPage,
          "/admin/limits",
          "/admin/tips",
          "/admin/audit",
          "/settings/limits",
        ]
      ) {
        const response = await admin.browser.request(path);
        const html = await response.text();
        assert.deepEqual([path, response.status, response.headers.get("cache-control")], [path, 200, "no-store"]);
        const bytes = gzipSync(html).length;
        assert.ok(bytes < PAGE_bytes_MAX, `${path}: ${bytes} bytes`);
        assert.doesNotMatch(html, / style="| on\w+="/, path);
      }
    });

    // ASVS 8.2.1: only whoever has the permission reaches the function.
    await step(t, "for everybody else there is nothing here, neither pages nor API (ASVS 5: 8.2.1)", async () => {
      const { access_token: token } = await (await ada.browser.request("/api/v1/auth/token")).json();
      const body = { client_id: clientId() };
      for (const path of ["", "/users", `/users/${ada.id}`, "/limits", "/tips", "/audit", "/audit.csv"]) {
        assert.equal((await ada.browser.request(`/admin${path}`)).status, 404, path);
        assert.equal((await new TestBrowser(web).request(`/admin${path}`)).status, 404, path);
      }
      for (
        const path of [
          "/overview",
          "/users",
          `/users/${bob.id}`,
          "/limits",
          "/rate-limits",
          "/tip-rules",
          "/audit-logs",
        ]
      ) {
        assert.equal(await code(`/admin${path}`, undefined, token), "404 not_found", path);
        assert.equal(await code(`/admin${path}`, undefined, null), "404 not_found", path);
      }
      for (
        const [path, more] of [
          ["kyc", { status: "verified" }],
          ["role", { admin: true }],
          ["sessions/revoke", {}],
          ["limits", { name: "order_eur_max", ceiling: "1" }],
        ] as const
      ) {
        assert.equal(await code(`/admin/users/${ada.id}/${path}`, { ...body, ...more }, token), "404 not_found", path);
        assert.equal(await code(`/admin/users/${ada.id}/${path}`, {}, null), "404 not_found", path);
      }
      const [row] = await sql`select kyc_status from public.profiles where id = ${ada.id}`;
      assert.equal(row?.kyc_status, "none");
    });

    await step(t, "an administrator below the second factor is led to it, and back to the page", async () => {
      const elsewhere = await new Person(web, "ruth").signIn();
      assert.equal(await elsewhere.sent(`${userPage}/kyc`, { status: "verified" }), stepUp(userPage));
      for (const path of ["/admin", "/admin/limits", "/admin/audit"]) {
        const response = await elsewhere.browser.request(path);
        assert.equal(response.headers.get("location"), stepUp(path));
      }
      const { access_token: token } = await (await elsewhere.browser.request("/api/v1/auth/token")).json();
      assert.equal(await code("/admin/overview", undefined, token), "403 step_up_required");
    });

    await step(t, "the overview counts", async () => {
      const before = (await api("/admin/overview")).body;
      await sql`update public.profiles set kyc_status = 'pending' where id = ${bob.id}`;
      await sql`select private.audit('auth.password_refused', 'user', ${bob.id})`;
      await sql`insert into public.rate_limits (rule, key, shard, tokens, refilled_at)
        values ('watch', ${`user:${bob.id}`}, 0, 0, now() + interval '1 minute')`;
      const { body } = await api("/admin/overview");
      assert.deepEqual([body.users, body.users_new, body.admins, body.sessions], [3, 3, 1, 4]);
      for (const name of ["kyc_pending", "sign_ins_failed", "rate_limited"]) {
        assert.equal(body[name], before[name] + 1, name);
      }
      const html = await admin.get("/admin");
      assert.match(html, />1<\/span><a class="tile-label" href="\/admin\/users\?kyc=pending">Identity checks pending</);
      assert.match(html, /Not checked yet/);
    });

    await step(t, "users are found by name, address, id, KYC status and role, page by page", async () => {
      const names = (html: string) =>
        [...html.matchAll(/<strong>([a-z_0-9]+)<\/strong><\/a>/g)].map(([, name]) => name);
      assert.deepEqual(names(await admin.get("/admin/users")), ["bob", "ada", "ruth"]);
      assert.deepEqual(names(await admin.get("/admin/users?q=ADA%40example")), ["ada"]);
      assert.deepEqual(names(await admin.get(`/admin/users?q=${bob.id}`)), ["bob"]);
      assert.deepEqual(names(await admin.get("/admin/users?kyc=pending")), ["bob"]);
      assert.deepEqual(names(await admin.get("/admin/users?role=admin")), ["ruth"]);
      assert.deepEqual(names(await admin.get("/admin/users?q=%25")), []);
      const seen: string[] = [];
      for (let cursor = ""; cursor !== null;) {
        const { body } = await api(`/admin/users?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        seen.push(...body.items.map((user: { username: string }) => user.username));
        cursor = body.next_cursor;
      }
      assert.deepEqual(seen, ["bob", "ada", "ruth"]);
      assert.equal(await code("/admin/users?cursor=x"), "400 invalid_cursor");
      assert.equal(await code("/admin/users?limit=201"), "400 invalid_limit");
      assert.equal(await code(`/admin/users/${clientId()}`), "404 not_found");
    });

    await step(t, "a KYC status is set with its reason, which the user reads", async () => {
      assert.equal(await admin.sent(`${userPage}/kyc`, { status: "rejected" }), `${userPage}?error=reason_required`);
      const fields = { status: "rejected", reason: "The <photo> is blurred" };
      assert.equal(await admin.sent(`${userPage}/kyc`, fields), `${userPage}?done=admin.done`);
      assert.match(await admin.get(userPage), /The &lt;photo> is blurred/);
      assert.match(await ada.get("/notifications"), /Your identity check is now: [^<]*The &lt;photo> is blurred/);
      const path = `/admin/users/${ada.id}/kyc`;
      const body = { status: "verified", client_id: clientId() };
      assert.deepEqual((await api(path, body)).body, { user_id: ada.id, status: "verified", reason: null });
      assert.equal(await code(path, { ...body, status: "none" }), "409 conflict");
      assert.equal(await code(path, { status: "perfect", client_id: clientId() }), "400 bad_request");
      assert.equal(await code(path, { status: "none" }), "400 bad_request");
    });

    await step(t, "roles are granted and taken, and the last administrator stays", async () => {
      const own = `/admin/users/${admin.id}`;
      assert.equal(await admin.sent(`${own}/role`, { admin: "false" }), `${own}?error=last_admin`);
      assert.equal(await code(`${own}/role`, { admin: false, client_id: clientId() }), "409 last_admin");
      assert.match(await admin.get(`${own}?error=last_admin`), /role="alert".*last administrator cannot be removed/);
      assert.equal(await admin.sent(`${userPage}/role`, { admin: "true" }), `${userPage}?done=admin.done`);
      const [job] = await sql`select payload from public.auth_jobs where user_id = ${ada.id} order by id desc`;
      assert.deepEqual(job?.payload, { role: "admin" });
      assert.match(await admin.get(userPage), /Administrator since/);
      assert.deepEqual(
        (await api(`${userPage}/role`, { admin: false, client_id: clientId() })).body,
        { user_id: ada.id, admin: false },
      );
      // Asked again there is nothing left to take, nor to write down.
      assert.equal(await code(`${userPage}/role`, { admin: false, client_id: clientId() }), "ok");
      const removed = await sql`select 1 from public.audit_log where action = 'admin.removed'`;
      assert.equal(removed.length, 1);
    });

    // ASVS 7.4.5: administrators end sessions of one user.
    await step(t, "one session is ended, then all of a user's (ASVS 5: 7.4.5)", async () => {
      const second = await new Person(web, "ada").signIn();
      const sessions = (await api(userPage)).body.sessions as { session_id: string; created_at: string }[];
      assert.equal(sessions.length, 2);
      const newest = sessions.sort((a, b) => b.created_at.localeCompare(a.created_at))[0]?.session_id ?? "";
      const ofAnother = `/admin/users/${bob.id}/sessions`;
      assert.equal(await admin.sent(ofAnother, { session_id: newest }), "404");
      assert.equal(await admin.sent(`${userPage}/sessions`, { session_id: newest }), `${userPage}?done=admin.done`);
      assert.match((await second.browser.request("/settings")).headers.get("location") ?? "", /session_ended/);
      assert.equal((await ada.browser.request("/settings")).status, 200);
      const { body } = await api(`${userPage}/sessions/revoke`, { client_id: clientId() });
      assert.deepEqual(body, { user_id: ada.id, sessions_ended: 1 });
      assert.match((await ada.browser.request("/settings")).headers.get("location") ?? "", /session_ended/);
      await ada.signIn();
    });

    await step(t, "a user's ceiling counts at once, on their own page too, and is given back", async () => {
      const own = "/settings/limits";
      const fields = { name: "order_eur_max", value: "2500,50" };
      assert.equal(await ada.sent(own, fields), `${own}?done=limits.saved`);
      assert.match(await ada.get(own), /€2,500\.50/);
      assert.equal(await ada.sent(own, { ...fields, value: "4000" }), `${own}?done=limits.saved_later`);
      assert.match(await ada.get(own), /<dt>From [^<]+<\/dt><dd>€4,000<\/dd>/);
      assert.equal(await ada.sent(own, { ...fields, value: "200000" }), `${own}?error=limit_ceiling`);
      const bound = { name: "order_eur_max", ceiling: "1000" };
      assert.equal(await admin.sent(`${userPage}/limits`, bound), `${userPage}?done=admin.done`);
      assert.match(await ada.get(own), /<dd>€1,000<\/dd>.*At most €1,000.*Set for you by an administrator/s);
      const { access_token: token } = await (await ada.browser.request("/api/v1/auth/token")).json();
      const { body } = await api("/limits", undefined, token);
      assert.deepEqual([body.items[0].value, body.items[0].own_ceiling], ["1000", true]);
      assert.equal(
        await code("/limits/order_eur_max", { value: "1000.01", client_id: clientId() }, token),
        "409 limit_ceiling",
      );
      assert.equal(await code("/limits", undefined, null), "401 unauthenticated");
      assert.match(await admin.get(userPage), /Use the platform’s/);
      const back = { name: "order_eur_max", ceiling: null, client_id: clientId() };
      assert.equal((await api(`${userPage}/limits`, back)).body.value, "2500.5");
    });

    await step(t, "the platform's limits and the rate limits are edited", async () => {
      const limits = "/admin/limits";
      const rule = { name: "positions_max", default_value: "10", ceiling: "100" };
      assert.equal(await admin.sent(`${limits}/users`, rule), `${limits}?done=admin.done`);
      const loose = { ...rule, default_value: "101" };
      assert.equal(await admin.sent(`${limits}/users`, loose), `${limits}?error=invalid_limit_value`);
      const { body } = await api("/admin/limits/positions_max", {
        default_value: "12",
        ceiling: "120",
        client_id: clientId(),
      });
      assert.deepEqual(body.items[1], {
        name: "positions_max",
        unit: "count",
        tighter: "lower",
        default_value: "12",
        ceiling: "120",
      });
      const rate = { name: "watch", capacity: "200", refill_per_s: "5,5" };
      assert.equal(await admin.sent(`${limits}/rates`, rate), `${limits}?done=admin.done`);
      assert.match(await admin.get(limits), /name="refill_per_s" value="5.5"/);
      const none = { ...rate, refill_per_s: "0" };
      assert.equal(await admin.sent(`${limits}/rates`, none), `${limits}?error=bad_request`);
      const attempt = {
        name: "password",
        free_attempts: "7",
        first_delay_s: "2",
        delay_s_max: "600",
        forget_one_s: "900",
      };
      assert.equal(await admin.sent(`${limits}/attempts`, attempt), `${limits}?done=admin.done`);
      const longer = { ...attempt, first_delay_s: "700" };
      assert.equal(await admin.sent(`${limits}/attempts`, longer), `${limits}?error=bad_request`);
      const numbers = { free_attempts: 8, first_delay_s: 1, delay_s_max: 900, forget_one_s: 900 };
      const rules = await api("/admin/attempt-rules/password", { ...numbers, client_id: clientId() });
      assert.equal(rules.body.items.find((each: { name: string }) => each.name === "password").free_attempts, 8);
      assert.equal(
        await code("/admin/rate-limits/nothing", { capacity: "1", refill_per_s: "1", client_id: clientId() }),
        "404 not_found",
      );
    });

    await step(t, "what the platform asks of tips is edited, for everybody to read before they tip", async () => {
      const fields = { fee_percent: "7,5", minimum_eur: "1", maximum_eur: "250.50" };
      assert.equal(await admin.sent("/admin/tips", fields), "/admin/tips?done=admin.done");
      assert.match(
        await admin.get("/admin/tips"),
        /name="fee_percent"[^>]*value="7.5"|value="7.5"[^>]*name="fee_percent"/,
      );
      const none = { ...fields, minimum_eur: "300" };
      assert.equal(await admin.sent("/admin/tips", none), "/admin/tips?error=bad_request");
      const change = { fee_percent: "5", client_id: clientId() };
      const { rules } = (await api("/admin/tip-rules", change)).body;
      assert.deepEqual([rules.fee_percent, rules.minimum_eur, rules.maximum_eur], ["5", "1", "250.5"]);
      assert.deepEqual((await api("/admin/tip-rules")).body.rules, rules);
      assert.deepEqual((await api("/admin/tip-rules", change)).body.rules, rules, "asked again it is done once");
      assert.deepEqual((await api("/streaming/tip_terms")).body, {
        fee_percent: "5",
        minimum_eur: "1",
        maximum_eur: "250.5",
      });
      assert.equal(await code("/admin/tip-rules", { ...change, fee_percent: "6" }), "409 conflict");
      for (const fee_percent of ["50.01", "-1", "1e1"]) {
        assert.equal(await code("/admin/tip-rules", { fee_percent, client_id: clientId() }), "400 bad_request");
      }
      const { access_token: token } = await (await ada.browser.request("/api/v1/auth/token")).json();
      assert.equal(await code("/admin/tip-rules", { ...change, client_id: clientId() }, token), "404 not_found");
      const changes =
        await sql`select detail from public.audit_log where action = 'tip_rules.changed' and actor = ${admin.id}`;
      assert.equal(changes.length, 2);
    });

    const log = new AuditLog(stack);
    // ASVS 16.2.1: entries say when, where, who and what; 16.4.2: they are protected from change.
    await step(t, "the log is filtered by actor, action, target and days (ASVS 5: 16.2.1)", async () => {
      const actions = (html: string) =>
        new Set([...html.matchAll(/<code>([a-z_]+\.[a-z_]+)<\/code>/g)].map(([, a]) => a));
      assert.deepEqual(actions(await admin.get("/admin/audit?action=user.kyc_changed")), new Set(["user.kyc_changed"]));
      const mine = await admin.get("/admin/audit?action=limit&actor=ada");
      assert.deepEqual(actions(mine), new Set(["limit.changed"]));
      assert.deepEqual(
        actions(await admin.get(`/admin/audit?actor=ruth&subject=ada&action=limit`)),
        new Set(["limit.ceiling_changed"]),
      );
      const today = new Date().toISOString().slice(0, 10);
      assert.ok(actions(await admin.get(`/admin/audit?from=${today}&to=${today}`)).size > 5);
      assert.match(await admin.get("/admin/audit?to=2020-01-01"), /Nothing matches/);
      assert.match(await admin.get("/admin/audit?actor=nobody_at_all"), /Nothing matches/);
      assert.match(await admin.get("/admin/audit?action=A%20b"), /role="alert".*value="a b"/s);
      assert.match(await admin.get(`/admin/audit?from=${today}&to=2020-01-01`), /role="alert"/);
      const { body } = await api(`/admin/audit-logs?actor=${admin.id}&subject=ada&action=user.kyc_changed&limit=1`);
      assert.deepEqual([body.items[0].actor_name, body.items[0].subject_name], ["ruth", "ada"]);
      assert.ok(body.next_cursor);
      assert.equal(await code("/admin/audit-logs?from=yesterday"), "400 invalid_time");
      assert.equal(await code("/admin/audit-logs?action=Nope"), "400 bad_request");
    });

    await step(t, "the export is the filtered log as CSV, and is itself written down", async () => {
      const response = await admin.browser.request("/admin/audit.csv?action=user");
      assert.equal(response.headers.get("content-type"), "text/csv; charset=utf-8");
      assert.match(
        response.headers.get("content-disposition") ?? "",
        /^attachment; filename="outcry-audit-[\dT-]+\.csv"$/,
      );
      const lines = (await response.text()).trimEnd().split("\r\n");
      const [row] = await sql`select count(*)::integer as n from public.audit_log where action like 'user.%'`;
      assert.equal(lines.length, row?.n + 1);
      assert.match(lines[0] ?? "", /^seq,at,action,actor,actor_name/);
      assert.ok(lines.slice(1).every((line) => line.includes(",user.")));
      const [taken] = await sql`select detail from public.audit_log where action = 'audit.exported'`;
      assert.deepEqual(taken?.detail, { action: "user" });
    });

    await step(t, "the chain is verified on demand, and what was changed is named (ASVS 5: 16.4.2)", async () => {
      await log.lease();
      await log.seal();
      const { seq } = await log.head();
      await sql`select public.note_audit_check(token, ${seq}, true) from public.leases where name = 'audit'`;
      assert.match(await admin.get("/admin"), />Holds<.*Last export<\/dt><dd>[^<]+, row \d+</s);
      assert.match(
        await admin.page(admin.post("/admin/audit/verify", { from_seq: "1" })),
        /role="status".*The chain holds/s,
      );
      await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`update public.audit_log set detail = '{"from": "none", "to": "verified"}' where seq = 3`;
      });
      assert.match(
        await admin.page(admin.post("/admin/audit/verify", { from_seq: "1" })),
        /role="alert".*row 3: row_changed/s,
      );
      const { body } = await api("/admin/audit-logs/verify", {});
      assert.deepEqual([body.ok, body.first_bad_seq, body.reason], [false, "3", "row_changed"]);
      await sql`select public.note_audit_check(token, ${seq}, false, '3', 'row_changed') from public.leases
        where name = 'audit'`;
      assert.match(await admin.get("/admin"), />Broken at row 3</);
      await assert.rejects(sql`select public.note_audit_check(0, '1', true)`, /stale_lease/);
      assert.equal(await code("/admin/audit-logs/verify", { from_seq: "0" }), "400 bad_request");
    });

    await step(t, "another site's forms change nothing", async () => {
      const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      for (const path of [`${userPage}/kyc`, `${userPage}/role`, "/admin/limits/users", "/admin/audit/verify"]) {
        const body = new URLSearchParams({ a: "b" });
        assert.equal((await admin.browser.request(path, { method: "POST", headers, body })).status, 403, path);
      }
    });
  },
});

function stepUp(path: string): string {
  return `/step-up?next=${encodeURIComponent(path)}`;
}
