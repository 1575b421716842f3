import assert from "node:assert/strict";
import { createWorkerClient } from "../../lib/kernel/worker/supabase.ts";
import { Signer } from "../../lib/ledger/worker/payments/signature.ts";
import { step } from "../../supabase/embedded/testing.ts";
import { createTestWeb, startStack } from "../../tests/web.ts";
import { startTestPayments } from "../../tools/payments/server.ts";
import { addAuthenticator, makeAdmin, Person } from "../admin/testing.ts";

const SECRET = "a secret of thirty-two characters or more";

/** Of a bank's own documents. */
const IBAN = "DE89370400440532013000";

/** What a reader sees. */
function textOf(html: string): string {
  return html.replace(/<script[^]*?<\/script>/g, "").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
}

Deno.test({
  name: "money comes in and goes out, over plain forms and over the API",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn(t) {
    await using stack = await startStack();
    const { sql } = stack;
    await sql`insert into public.deployment (mode) values ('local') on conflict do nothing`;
    const web = await createTestWeb({ supabase: stack });
    // Providers call over the network.
    const door = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => web.app.fetch(request),
    );
    const webhookUrl = `http://127.0.0.1:${door.addr.port}/api/v1/payments/webhook/test`;
    const payments = startTestPayments({ secret: SECRET, webhookUrl, returnUrl: "/wallet", nowMs: Date.now });
    const worker = createWorkerClient(stack.url, stack.secretKey);
    const people = ["root", "rita", "ada", "bob"].map((name) => new Person(web, name));
    for (const person of people) await person.register(stack);
    const [root, rita, ada, bob] = people as [Person, Person, Person, Person];
    for (const admin of [root, rita]) await makeAdmin(stack, admin);
    await sql`update public.profiles set kyc_status = 'verified' where id = ${ada.id}`;
    const clientId = (): string => crypto.randomUUID();
    const api = async (who: Person | null, method: string, path: string, body?: Record<string, unknown>) => {
      const token = who === null ? null : (await (await who.browser.request("/api/v1/auth/token")).json()).access_token;
      const response = await web.app.request(`/api/v1${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify({ client_id: clientId(), ...body }) }),
      });
      assert.equal(response.headers.get("cache-control"), "no-store", path);
      const answer = await response.json();
      return response.ok ? answer : `${response.status} ${answer.code}`;
    };
    const want = (who: Person | null, amount: unknown, more: Record<string, unknown> = {}) =>
      api(who, "POST", "/withdrawals", { asset: "EUR", amount, destination: IBAN, ...more });
    const euros = async (who: Person) => {
      const { available, held } = (await api(who, "GET", "/wallet")).balances[0];
      return `${available} / ${held}`;
    };
    const hear = async (body: BodyInit, headers: Record<string, string> = {}, provider = "test") => {
      const path = `/api/v1/payments/webhook/${provider}`;
      const response = await web.app.request(path, { method: "POST", body, headers });
      const answer = await response.json();
      return response.ok ? answer.outcome : `${response.status} ${answer.code}`;
    };
    /** A step after which the ledger holds. */
    const rule = (name: string, body: () => Promise<void>) =>
      step(t, name, async () => {
        await body();
        assert.deepEqual([...await sql`select * from ledger_check()`], []);
      });

    await rule("nobody's money is shown or moved by who is nobody", async () => {
      for (const path of ["/withdrawals", `/withdrawals/${clientId()}`, "/wallet/deposits"]) {
        assert.equal(await api(null, "GET", path), "401 unauthenticated", path);
      }
      assert.equal(await want(null, "1"), "401 unauthenticated");
      assert.equal(await api(null, "POST", "/wallet/deposits", { asset: "EUR", amount: "1" }), "401 unauthenticated");
    });

    await rule("without a provider no deposit is offered", async () => {
      assert.equal(
        await api(ada, "POST", "/wallet/deposits", { asset: "EUR", amount: "1" }),
        "503 deposits_unavailable",
      );
      assert.doesNotMatch(await ada.get("/wallet"), /action="\/wallet\/deposit"/);
      const told = await worker.rpc("set_payment_provider", {
        ...{ p_name: "test", p_secret: SECRET, p_checkout_url: payments.url },
      });
      assert.equal(told.error, null);
    });

    await rule("what is paid at the checkout is in the wallet, whoever presses the button how often", async () => {
      const sent = await ada.sent("/wallet/deposit", { asset: "eur", amount: "1500,50" });
      const page = await ada.get(sent);
      assert.match(sent, /^\/wallet\/deposits\/[0-9a-f-]{36}$/);
      const checkout = /href="(http:[^"]+)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
      assert.match(await (await fetch(checkout)).text(), /1500\.5 EUR/);
      for (let presses = 0; presses < 2; presses++) {
        const paid = await fetch(checkout, { method: "POST", redirect: "manual" });
        await paid.body?.cancel();
        assert.deepEqual([paid.status, paid.headers.get("location")], [303, "/wallet"]);
      }
      assert.equal(await euros(ada), "1500.5 / 0");
      assert.match(textOf(await ada.get(sent)), /Deposit €1,500\.50 Paid/);
      assert.match(textOf(await ada.get("/wallet")), /Deposit \+€1,500\.50 €1,500\.50/);
      assert.match(textOf(await ada.get("/notifications")), /Paid into your wallet: €1,500\.50/);
      // Nobody pays what our database has not asked for.
      const forged = await fetch(checkout.replace("amount=1500.5", "amount=1"), { method: "POST" });
      await forged.body?.cancel();
      assert.equal(forged.status, 400);
      assert.equal((await bob.browser.request(sent)).status, 404);
      const { items } = await api(ada, "GET", "/wallet/deposits");
      assert.deepEqual(items.map(({ status, amount }: Record<string, string>) => [status, amount]), [[
        "paid",
        "1500.5",
      ]]);
      assert.equal((await api(ada, "GET", `/wallet/deposits/${items[0].id}`)).deposit.checkout_url, null);
      assert.equal(await api(bob, "GET", `/wallet/deposits/${items[0].id}`), "404 not_found");
    });

    await rule("the webhook believes its provider alone, lately, and once", async () => {
      const { deposit } = await api(bob, "POST", "/wallet/deposits", { asset: "EUR", amount: "20" });
      const event = { id: "e-1", type: "deposit.paid", deposit_id: deposit.id, asset: "EUR", amount: "20" };
      const body = JSON.stringify(event);
      const signer = new Signer(SECRET);
      const signed = async (text: string, atMs = Date.now()) => ({ "outcry-signature": await signer.sign(text, atMs) });
      assert.equal(await hear(body), "401 invalid_signature");
      assert.equal(await hear(body, { "outcry-signature": "x".repeat(500) }), "401 invalid_signature");
      assert.equal(await hear(body.replace("20", "21"), await signed(body)), "401 invalid_signature");
      assert.equal(await hear(body, await signed(body), "other"), "401 invalid_signature");
      assert.equal(await hear(body, await signed(body), "Other!"), "400 bad_request");
      assert.equal(await hear(body, await signed(body, Date.now() - 301_000)), "401 signature_expired");
      assert.equal(await hear(new Uint8Array([0xff, 0xfe]), await signed("x")), "401 invalid_signature");
      assert.equal(await hear("x".repeat(65_537), await signed("x")), "413 body_too_large");
      assert.equal(await hear("{", await signed("{")), "400 bad_request");
      const other = JSON.stringify({ ...event, amount: "21" });
      assert.equal(await hear(other, await signed(other)), "409 deposit_mismatch");
      const right = JSON.stringify({ ...event, id: "e-2" });
      assert.equal(await hear(right, { ...await signed(right), "content-type": "application/json" }), "booked");
      assert.equal(await hear(right, await signed(right)), "booked");
      const changed = JSON.stringify({ ...event, id: "e-2", amount: "20.0" });
      assert.equal(await hear(changed, await signed(changed)), "409 conflict");
      assert.equal(await euros(bob), "20 / 0");
    });

    await rule("withdrawals over the API: refused with codes, held, listed, changed, cancelled", async () => {
      assert.equal(await want(bob, "1"), "403 kyc_required");
      for (const amount of ["-1", "0", "NaN", "1e309", `0.${"1".repeat(19)}`]) {
        assert.equal(await want(ada, amount), "400 invalid_amount", amount);
      }
      assert.equal(await want(ada, "1", { asset: "DOGE" }), "400 unknown_asset");
      assert.equal(await want(ada, "1", { destination: "DE89370400440532013001" }), "400 invalid_destination");
      assert.equal(await want(ada, "1", { client_id: "1" }), "400 bad_request");
      assert.equal(await want(ada, "1", { redeem: { investment_id: clientId(), units: "all" } }), "404 not_found");
      assert.equal(await want(ada, "1000.01"), "403 insufficient_aal");
      const { withdrawal } = await want(ada, "100");
      assert.deepEqual([withdrawal.status, withdrawal.eur, withdrawal.investment_id], [
        "awaiting_approval",
        "100",
        null,
      ]);
      const path = `/withdrawals/${withdrawal.id}`;
      assert.equal((await api(ada, "PUT", path, { amount: "200" })).withdrawal.revision, 2);
      assert.equal((await api(ada, "GET", path)).withdrawal.amount, "200");
      assert.equal(await euros(ada), "1300.5 / 200");
      assert.equal(await api(bob, "GET", path), "404 not_found");
      assert.equal(await api(bob, "POST", `${path}/cancel`, {}), "404 not_found");
      assert.equal((await api(ada, "POST", `${path}/cancel`, {})).withdrawal.status, "cancelled");
      assert.equal(await api(ada, "POST", `${path}/cancel`, {}), "409 not_waiting");
      const page = await api(ada, "GET", "/withdrawals?limit=1");
      assert.deepEqual([page.items[0].id, page.next_cursor], [withdrawal.id, null]);
      assert.equal(await api(ada, "GET", "/withdrawals?limit=0"), "400 invalid_limit");
      assert.equal(await euros(ada), "1500.5 / 0");
    });

    await rule(
      "the same over forms; above 1,000 EUR a form leads to the step-up, and goes through after it",
      async () => {
        assert.match(textOf(await bob.get("/wallet")), /Your identity has to be verified/);
        assert.match(await ada.get("/wallet"), /action="\/wallet\/withdraw"[^>]*data-step-up="fresh"/);
        const fields = { asset: "EUR", amount: "1200", destination: IBAN };
        assert.equal(await ada.sent("/wallet/withdraw", fields), "/step-up?next=%2Fwallet");
        await addAuthenticator(ada);
        assert.equal(await ada.sent("/wallet/withdraw", { ...fields, amount: "x" }), "/wallet?error=invalid_amount");
        assert.equal(await ada.sent("/wallet/withdraw", fields), "/withdrawals?done=withdrawals.done_requested");
        const list = await ada.get("/withdrawals?done=withdrawals.done_requested");
        assert.match(
          textOf(list),
          /set aside and waits.*€1,200\.00 €1,200\.00 DE89 3704 0044 0532 0130 00 Waits for approval/,
        );
        const path = /href="(\/withdrawals\/[0-9a-f-]{36})"/.exec(list)?.[1] ?? "";
        assert.match(await ada.get(path), /name="amount"[^>]*value="1200"/);
        const changed = await ada.sent(`${path}/change`, { amount: "1100", destination: "NO9386011117947" });
        assert.equal(changed, "/withdrawals?done=withdrawals.done_changed");
        assert.equal((await bob.browser.request(path)).status, 404);
        assert.equal(await ada.sent(`${path}/cancel`), "/withdrawals?done=withdrawals.done_cancelled");
        assert.match(textOf(await ada.get("/withdrawals")), /€1,100\.00 NO93 8601 1117 947 Cancelled/);
        const wallet = textOf(await ada.get("/wallet"));
        assert.match(wallet, /Withdrawal taken back \+€1,100\.00 €1,500\.50/);
        assert.match(textOf(await ada.get("/notifications")), /Your withdrawal was cancelled: €1,100\.00/);
        await sql`update public.profiles set withdrawals_frozen_until = now() + interval '1 hour' where id = ${ada.id}`;
        assert.match(textOf(await ada.get("/wallet")), /nothing leaves before/);
        assert.equal(await ada.sent("/wallet/withdraw", fields), "/wallet?error=withdrawals_frozen");
        await sql`update public.profiles set withdrawals_frozen_until = null where id = ${ada.id}`;
      },
    );

    await rule("who has money left cannot delete the account, and is told", async () => {
      const [{ username }] = await sql`select username from public.profiles where id = ${ada.id}` as [
        { username: string },
      ];
      assert.equal(await ada.sent("/settings/data/delete", { username }), "/settings/data?error=balance_left");
      assert.match(textOf(await ada.get("/settings/data?error=balance_left")), /There is money in the account/);
    });

    await rule("a credit that waits is withdrawn by who asked for it, or rejected by another", async () => {
      const credit = async () => {
        const asked = await api(root, "POST", `/admin/users/${bob.id}/credit`, { asset: "EUR", amount: "5000" });
        assert.equal(asked.credit.status, "awaiting_approval");
        return asked.credit.id as string;
      };
      const [first, second] = [await credit(), await credit()];
      assert.equal(await api(root, "PUT", `/admin/credits/${first}/reject`, {}), "403 own_request");
      assert.equal(await api(rita, "PUT", `/admin/credits/${first}/withdraw`, {}), "403 forbidden");
      assert.equal(await api(bob, "PUT", `/admin/credits/${first}/reject`, {}), "404 not_found");
      assert.deepEqual(await api(root, "PUT", `/admin/credits/${first}/withdraw`), {
        credit: { id: first, status: "withdrawn" },
      });
      assert.equal(await api(rita, "PUT", `/admin/credits/${first}/approve`, {}), "409 not_waiting");
      const page = textOf(await rita.get("/admin/credits"));
      assert.match(page, /€5,000\.00 .* Approve Reject/);
      assert.match(textOf(await root.get("/admin/credits")), /Needs another administrator Withdraw/);
      const sent = await rita.sent(`/admin/credits/${second}/reject`, { reason: "Not agreed" });
      assert.equal(sent, "/admin/credits?done=credits.done_rejected");
      assert.equal(await root.sent(`/admin/credits/${second}/withdraw`), "/admin/credits?error=not_waiting");
      const all = textOf(await root.get("/admin/credits?status=all"));
      assert.match(all, /Rejected by rita\S* Not agreed/);
      assert.match(all, /Withdrawn/);
      assert.match(textOf(await root.get("/notifications")), /Your credit was rejected: €5,000\.00 \(Not agreed\)/);
      // What came to nothing counts towards nobody's day.
      assert.equal(
        (await api(root, "POST", `/admin/users/${bob.id}/credit`, { asset: "EUR", amount: "1000" })).credit.status,
        "posted",
      );
    });
    await payments.stop();
    await door.shutdown();
  },
});
