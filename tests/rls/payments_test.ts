import assert from "node:assert/strict";
import { client } from "../../supabase/embedded/auth_testing.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { Signer } from "../../lib/ledger/worker/payments/signature.ts";
import { ask, euros, makeAdministrator, makeSaver, type MoneyPerson, noticesOf } from "./money_people.ts";

const SECRET = "a secret of thirty-two characters or more";
const clientId = () => crypto.randomUUID();

Deno.test({ name: "payments", sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [ann, worker] = [await makeAdministrator(stack, "ann"), client(stack, { key: stack.secretKey })];
  const stranger = client(stack);
  const signer = new Signer(SECRET);
  let savers = 0;
  const newSaver = (amounts: Record<string, string> = { EUR: "1000" }) => makeSaver(stack, `saver${savers++}`, amounts);
  const start = async (who: MoneyPerson, p_amount: unknown, p_asset = "EUR", p_client_id = clientId()) => {
    const answer = await ask(who.supabase, "start_deposit", { p_asset, p_amount, p_client_id });
    return answer.deposit ?? answer;
  };
  const eventOf = (deposit: { id: string; asset: string; amount: string }, more: Record<string, unknown> = {}) =>
    JSON.stringify({
      ...{ id: `event-${deposit.id}`, type: "deposit.paid", deposit_id: deposit.id },
      ...{ asset: deposit.asset, amount: deposit.amount, ...more },
    });
  /** What receiving a message answers: its outcome, or the code of its refusal. */
  const receive = async (p_body: string, p_signature?: string, p_provider = "test"): Promise<string> => {
    const signature = p_signature ?? await signer.sign(p_body, Date.now());
    const answer = await ask(stranger, "receive_payment", { p_provider, p_signature: signature, p_body });
    return answer.outcome ?? answer.code ?? answer;
  };
  const statusOf = async (who: MoneyPerson, p_id: string) =>
    (await ask(who.supabase, "my_deposit", { p_id })).deposit?.status ?? "none";
  /** A step after which the ledger holds. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("without a provider nothing is offered, and nobody is believed", async () => {
    const ada = await newSaver({});
    assert.equal((await ask(ada.supabase, "my_deposits")).offered, false);
    assert.equal(await start(ada, "10"), "deposits_unavailable");
    assert.equal(await receive(eventOf({ id: clientId(), asset: "EUR", amount: "10" })), "invalid_signature");
    const told = (more: Record<string, unknown>) =>
      ask(worker, "set_payment_provider", {
        p_name: "test",
        p_secret: SECRET,
        p_checkout_url: "https://pay.example",
        ...more,
      });
    assert.equal(await told({ p_secret: "short" }), "bad_request");
    assert.equal(await told({}), true);
    assert.equal(await told({}), false);
    assert.equal((await ask(ada.supabase, "my_deposits")).offered, true);
    // The secret itself is nowhere.
    const [row] =
      await sql`select count(*)::integer as n from private.payment_providers p where p::text like ${`%${SECRET}%`}`;
    assert.equal(row?.n, 0);
  });

  await rule("a deposit is booked once, when its provider says that it was paid; its user is told", async () => {
    const ada = await newSaver({});
    const p_client_id = clientId();
    const deposit = await start(ada, "25.50", "EUR", p_client_id);
    assert.equal((await start(ada, "25.50", "EUR", p_client_id)).id, deposit.id);
    assert.equal(await start(ada, "26", "EUR", p_client_id), "conflict");
    assert.deepEqual([deposit.status, deposit.amount], ["waiting", "25.5"]);
    const body = eventOf(deposit);
    const seven = await Promise.all(Array.from({ length: 7 }, () => receive(body)));
    assert.deepEqual(seven, Array(7).fill("booked"));
    assert.equal(await receive(body), "booked");
    assert.equal(await receive(eventOf(deposit, { id: "another-event" })), "repeated");
    assert.equal(await euros(ada), "25.5 / 0");
    assert.equal(await statusOf(ada, deposit.id), "paid");
    assert.equal(await statusOf(ann, deposit.id), "none");
    assert.deepEqual(await noticesOf(stack, ada), ["deposit_received"]);
    const { items: [line] } = await ask(ada.supabase, "my_statement");
    assert.deepEqual([line.operation, line.amount, line.memo.deposit_id], ["deposit", "25.5", deposit.id]);
  });

  await rule("the same event with other content is a conflict, and nothing is booked", async () => {
    const ada = await newSaver({});
    const [deposit, other] = [await start(ada, "10"), await start(ada, "20")];
    assert.equal(await receive(eventOf(deposit)), "booked");
    assert.equal(await receive(eventOf(other, { id: `event-${deposit.id}` })), "conflict");
    assert.equal(await euros(ada), "10 / 0");
  });

  await rule("what is forged, old, for another provider or malformed is refused, and nothing is booked", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "10");
    const body = eventOf(deposit);
    const now = Date.now();
    const good = await signer.sign(body, now);
    assert.equal(await receive(body, await new Signer("b".repeat(40)).sign(body, now)), "invalid_signature");
    assert.equal(await receive(body.replace('"10"', '"99"'), good), "invalid_signature");
    assert.equal(await receive(body, good.replace(/t=\d+/, `t=${Math.floor(now / 1_000) + 1}`)), "invalid_signature");
    assert.equal(await receive(body, await signer.sign(body, now - 301_000)), "signature_expired");
    assert.equal(await receive(body, await signer.sign(body, now + 310_000)), "signature_expired");
    assert.equal(await receive(body, good, "other"), "invalid_signature");
    for (const signature of ["", "t=,v1=", `v1=${"0".repeat(64)}`, good.toUpperCase(), `${good} `]) {
      assert.equal(await receive(body, signature), "invalid_signature", signature);
    }
    for (
      const text of [
        "",
        "{",
        "[]",
        '"x"',
        "null",
        eventOf(deposit, { id: "" }),
        eventOf(deposit, { deposit_id: "1" }),
        eventOf(deposit, { amount: "1e3" }),
      ]
    ) {
      assert.equal(await receive(text), "bad_request", text);
    }
    assert.equal(await receive("x".repeat(65_537)), "body_too_large");
    assert.equal(await statusOf(ada, deposit.id), "waiting");
    assert.equal(await receive(eventOf(deposit, { type: "deposit.failed", id: "event-ignored" })), "ignored");
    // A flood of forgeries is refused all the same, and cannot fill the audit log.
    const refusedBefore =
      await sql`select count(*)::integer as n from public.audit_log where action = 'payment.refused'`;
    await Promise.all(Array.from({ length: 40 }, () => receive(body, "")));
    const [after] = await sql`select count(*)::integer as n from public.audit_log where action = 'payment.refused'`;
    assert.ok(after?.n <= Math.max(refusedBefore[0]?.n, 22), `${after?.n} refusals were written down`);
    assert.equal(await receive(body, good), "booked");
  });

  await rule("another amount than asked for, or nobody's money, is not booked; administrators are told", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "10");
    assert.equal(await receive(eventOf(deposit, { amount: "11" })), "deposit_mismatch");
    assert.equal(await receive(eventOf(deposit, { amount: "11" })), "deposit_mismatch");
    assert.equal(await receive(eventOf({ ...deposit, id: clientId() })), "unclaimed");
    assert.deepEqual(await noticesOf(stack, ann), ["payment_unclaimed", "payment_unclaimed"]);
    assert.equal(await receive(eventOf(deposit, { id: "the-right-one", amount: "10.00" })), "booked");
    // Money for whoever is leaving is nobody's.
    const bob = await newSaver({});
    const late = await start(bob, "5");
    assert.equal((await ask(bob.supabase, "delete_my_account", { p_client_id: clientId() })).queued, true);
    assert.equal(await receive(eventOf(late)), "unclaimed");
  });

  await rule(
    "amounts, assets and numbers of open deposits have limits; one that has expired is still booked",
    async () => {
      const ada = await newSaver({});
      for (const amount of ["-1", "0", "NaN", "1e309", "0.001", `0.${"1".repeat(19)}`, null]) {
        assert.equal(await start(ada, amount), "invalid_amount", String(amount));
      }
      assert.equal(await start(ada, "1", "DOGE"), "unknown_asset");
      const first = await start(ada, "1");
      await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`update public.deposits set expires_at = now() - interval '1 second' where id = ${first.id}`;
      });
      const { deposit } = await ask(ada.supabase, "my_deposit", { p_id: first.id });
      assert.deepEqual([deposit.status, deposit.checkout_url], ["expired", null]);
      for (let n = 0; n < 20; n++) assert.equal((await start(ada, "1")).status, "waiting");
      assert.equal(await start(ada, "1"), "deposit_limit");
      assert.equal(await receive(eventOf(first)), "booked");
    },
  );

  await rule("the checkout's address is signed for the provider, with what is to be paid", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "12.30");
    const url = new URL(deposit.checkout_url);
    const [asset, amount, expires, signature] = ["asset", "amount", "expires", "signature"].map((name) =>
      url.searchParams.get(name) ?? ""
    );
    assert.equal(`${url.origin}${url.pathname}`, `https://pay.example/checkout/${deposit.id}`);
    assert.deepEqual([asset, amount], ["EUR", "12.3"]);
    assert.equal(Number(expires), Math.floor(Date.parse(deposit.expires_at) / 1_000));
    assert.equal(signature, await signer.hmac(`checkout.${deposit.id}.EUR.12.3.${expires}`));
  });

  await rule("a table editor changes no deposit and no event", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "10");
    for (
      const text of [
        `update public.deposits set amount = 1 where id = '${deposit.id}'`,
        `update public.deposits set paid_at = now(), transfer_id = (select id from public.ledger_transfers limit 1) where id = '${deposit.id}'`,
        `delete from public.deposits where id = '${deposit.id}'`,
        "truncate public.deposits cascade",
        "delete from public.payment_events",
        "update public.payment_events set outcome = 'ignored'",
      ]
    ) await assert.rejects(sql.unsafe(text), /\/admin\/credits|stay in the books/, text);
  });

  await rule("an account with money in it is not deleted; empty it goes", async () => {
    const ada = await newSaver({ EUR: "10" });
    const leave = () => ask(ada.supabase, "delete_my_account", { p_client_id: clientId() });
    assert.equal(await leave(), "balance_left");
    const asked = await ask(ada.supabase, "request_withdrawal", {
      ...{ p_asset: "EUR", p_amount: "10", p_destination: "abcd", p_client_id: clientId() },
    });
    assert.equal(await leave(), "balance_left");
    await ask(ann.supabase, "admin_approve_withdrawal", { p_id: asked.withdrawal.id, p_client_id: clientId() });
    const p_holder = clientId();
    const { token: p_token } = await ask(worker, "acquire_lease", { p_name: "payouts", p_holder, p_ttl_ms: 5_000 });
    await ask(worker, "claim_payouts", { p_token });
    const paid = await ask(worker, "finish_payout", { p_token, p_id: asked.withdrawal.id, p_outcome: "paid" });
    assert.equal(paid.status, "paid");
    assert.deepEqual(await leave(), { queued: true });
  });

  await rule("what one takes along tells of one's money", async () => {
    const ada = await newSaver({ EUR: "10" });
    await start(ada, "5");
    await ask(ada.supabase, "request_withdrawal", {
      ...{ p_asset: "EUR", p_amount: "4", p_destination: "abcd", p_client_id: clientId() },
    });
    const data = await ask(ada.supabase, "export_my_data");
    assert.deepEqual(data.balances.map(({ account_id: _, ...rest }: Record<string, string>) => rest), [
      { asset: "EUR", kind: "available", balance: "6" },
      { asset: "EUR", kind: "held", balance: "4" },
    ]);
    assert.deepEqual(
      data.statement.map((
        line: Record<string, string>,
      ) => [line.operation, line.kind, line.amount, line.balance_after]),
      [["seed", "available", "10", "10"], ["reserve", "available", "-4", "6"], ["reserve", "held", "4", "4"]],
    );
    assert.deepEqual([data.withdrawals.length, data.withdrawals[0].status, data.deposits[0].amount], [
      1,
      "awaiting_approval",
      "5",
    ]);
    assert.deepEqual([data.investments, data.investment_requests, data.investment_changes], [[], [], []]);
    // What an administrator decided about others' money is not theirs to take along.
    const [{ id }] = data.withdrawals;
    await ask(ann.supabase, "admin_approve_withdrawal", { p_id: id, p_client_id: clientId() });
    assert.equal(JSON.stringify(await ask(ann.supabase, "export_my_data")).includes(ada.id), false);
  });

  await rule("what was forced in behind the triggers is found by ledger_check()", async () => {
    const ada = await newSaver({ EUR: "10" });
    const asked = await ask(ada.supabase, "request_withdrawal", {
      ...{ p_asset: "EUR", p_amount: "4", p_destination: "abcd", p_client_id: clientId() },
    });
    const deposit = await start(ada, "5");
    assert.equal(await receive(eventOf(deposit)), "booked");
    const forced: [text: string, violation: string][] = [
      [`update public.withdrawals set amount = 5 where id = '${asked.withdrawal.id}'`, "wrong_withdrawal_hold"],
      [`delete from public.withdrawals where id = '${asked.withdrawal.id}'`, "hold_without_withdrawal"],
      [`update public.deposits set amount = 6 where id = '${deposit.id}'`, "deposit_not_booked"],
      ["update public.withdrawals set amount = amount + 1 where status = 'paid'", "withdrawal_not_booked"],
    ];
    for (const [text, violation] of forced) {
      const undone = new Error("undone");
      await assert.rejects(
        sql.begin(async (tx) => {
          await tx`set local session_replication_role = replica`;
          await tx.unsafe(text);
          const found = await tx`select violation from ledger_check()`;
          assert.ok(found.some((row) => row.violation === violation), `${text}: ${JSON.stringify(found)}`);
          throw undone;
        }),
        undone,
      );
    }
  });
});
