import assert from "node:assert/strict";
import { client } from "../../supabase/embedded/auth_testing.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";
import { Signer } from "../../lib/ledger/worker/payments/signature.ts";
import { ask, euros, makeAdministrator, makeSaver, type MoneyPerson, noticesOf } from "./money_people.ts";

const SECRET = "a secret of thirty-two characters or more";
const clientId = () => crypto.randomUUID();

Deno.test({ name: "payments", sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [ann, worker] = [await makeAdministrator(stack, "ann"), client(stack, { key: stack.secretKey })];
  const bea = await makeAdministrator(stack, "bea");
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

  await unmatched(t, { stack, ann, bea, newSaver, start, receive, eventOf });

  await rule("another amount than asked for, or nobody's money, is not booked; administrators are told", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "10");
    assert.equal(await receive(eventOf(deposit, { amount: "11" })), "deposit_mismatch");
    assert.equal(await receive(eventOf(deposit, { amount: "11" })), "deposit_mismatch");
    assert.equal(await receive(eventOf({ ...deposit, id: clientId() })), "unclaimed");
    assert.deepEqual((await noticesOf(stack, ann)).slice(-2), ["payment_unclaimed", "payment_unclaimed"]);
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
      ...{ p_asset: "EUR", p_amount: "10", p_destination: "DE89370400440532013000", p_client_id: clientId() },
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
      ...{ p_asset: "EUR", p_amount: "4", p_destination: "DE89370400440532013000", p_client_id: clientId() },
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
      ...{ p_asset: "EUR", p_amount: "4", p_destination: "DE89370400440532013000", p_client_id: clientId() },
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

interface Payments {
  stack: TestSupabase;
  ann: MoneyPerson;
  bea: MoneyPerson;
  newSaver: (amounts?: Record<string, string>) => Promise<MoneyPerson>;
  start: (who: MoneyPerson, amount: unknown) => Promise<{ id: string; asset: string; amount: string }>;
  receive: (body: string) => Promise<string>;
  eventOf: (deposit: { id: string; asset: string; amount: string }, more?: Record<string, unknown>) => string;
}

/** What becomes of money that matched no deposit. */
async function unmatched(
  t: Deno.TestContext,
  { stack, ann, bea, newSaver, start, receive, eventOf }: Payments,
): Promise<void> {
  const { sql } = stack;
  const list = async (p_status: string | null = "open") =>
    (await ask(ann.supabase, "admin_payments", { p_status })).items;
  /** Receives money that is nobody's, and answers how it is listed. */
  const arrive = async (amount: string, asset = "EUR") => {
    assert.equal(await receive(eventOf({ id: clientId(), asset, amount })), "unclaimed");
    return (await list("waiting"))[0];
  };
  const decide = async (who: MoneyPerson, name: string, args: Record<string, unknown>) => {
    const answer = await ask(who.supabase, `admin_${name}_payment`, { p_client_id: clientId(), ...args });
    return answer.payment?.status ?? answer;
  };
  const assign = (who: MoneyPerson, p_payment_id: string, to: MoneyPerson, more = {}) =>
    decide(who, "assign", { p_payment_id, p_user_id: to.id, ...more });
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule("a payment that matched nothing is listed with who may have meant it, and assigned once", async () => {
    const ada = await newSaver({});
    const deposit = await start(ada, "25");
    assert.equal(await receive(eventOf(deposit, { id: "too-little", amount: "24" })), "deposit_mismatch");
    const [payment] = await list();
    assert.deepEqual(
      [payment.outcome, payment.asset, payment.amount, payment.status, payment.meant.user_id, payment.meant.amount],
      ["mismatched", "EUR", "24", "waiting", ada.id, "25"],
    );
    const p_client_id = clientId();
    const seven = await Promise.all(
      Array.from({ length: 7 }, (_, i) => assign(ann, payment.id, ada, i < 4 ? { p_client_id } : {})),
    );
    assert.deepEqual(seven, Array(7).fill("assigned"));
    assert.equal(await euros(ada), "24 / 0");
    assert.equal(await assign(ann, payment.id, await newSaver({})), "not_waiting");
    assert.equal(await assign(bea, payment.id, ada), "not_waiting");
    assert.equal(await decide(ann, "return", { p_payment_id: payment.id, p_note: "x" }), "not_waiting");
    assert.equal(await decide(ann, "reopen", { p_payment_id: payment.id }), "not_waiting");
    assert.deepEqual(await noticesOf(stack, ada), ["deposit_received"]);
    const acts = await sql`select action from public.audit_log where subject_id = ${payment.id}`;
    assert.deepEqual(acts.map(({ action }) => action), ["payment.assigned"]);
    assert.deepEqual((await list("assigned")).map(({ id }: { id: string }) => id), [payment.id]);
  });

  await rule(
    "above 1,000 EUR a day and user, credits included, a second administrator approves what was decided",
    async () => {
      const ada = await newSaver({});
      const first = await arrive("600");
      assert.equal(await assign(ann, first.id, ada), "assigned");
      const second = await arrive("500");
      assert.equal(await assign(ann, second.id, ada), "awaiting_approval");
      assert.equal(await euros(ada), "600 / 0");
      const approve = (who: MoneyPerson, p_revision: number | null) =>
        decide(who, "approve", { p_payment_id: second.id, p_revision });
      assert.equal(await approve(ann, 1), "own_request");
      assert.equal(await approve(bea, null), "conflict");
      // What is decided anew is not what was looked at.
      assert.equal(await decide(bea, "reopen", { p_payment_id: second.id }), "waiting");
      const eve = await newSaver({});
      assert.equal(await assign(ann, second.id, ada, { p_note: "by phone" }), "awaiting_approval");
      assert.equal(await assign(ann, second.id, eve), "not_waiting");
      assert.equal(await approve(bea, 1), "conflict");
      assert.deepEqual(await Promise.all([approve(bea, 2), approve(bea, 2)]), ["assigned", "assigned"]);
      assert.equal(await euros(ada), "1100 / 0");
      assert.equal(await assign(ann, (await arrive("1")).id, ann), "own_account");
      const third = (await list("waiting"))[0];
      assert.equal(await assign(ann, third.id, bea), "assigned");
      const large = await arrive("2000");
      assert.equal(await assign(ann, large.id, bea), "awaiting_approval");
      assert.equal(await decide(bea, "approve", { p_payment_id: large.id, p_revision: 1 }), "own_account");
      assert.equal(await decide(ann, "reopen", { p_payment_id: large.id }), "waiting");
      assert.equal(await decide(ann, "return", { p_payment_id: large.id, p_note: " " }), "reason_required");
      assert.equal(await decide(ann, "return", { p_payment_id: large.id, p_note: "by the bank" }), "awaiting_approval");
      assert.equal(await decide(bea, "approve", { p_payment_id: large.id, p_revision: 2 }), "returned");
      assert.equal(await assign(ann, clientId(), ada), "not_found");
    },
  );

  await rule("what the ledger does not know, nobody's account and a table editor get nothing", async () => {
    const doge = await arrive("5", "DOGE");
    const ada = await newSaver({});
    assert.equal(await assign(ann, doge.id, ada), "unknown_asset");
    // Nobody knows what it is worth.
    assert.equal(await decide(ann, "return", { p_payment_id: doge.id, p_note: "sent back" }), "awaiting_approval");
    assert.equal(await decide(bea, "approve", { p_payment_id: doge.id, p_revision: 1 }), "returned");
    assert.equal(await assign(ann, (await arrive("0.001")).id, ada), "invalid_amount");
    assert.equal(await assign(ann, (await arrive("0")).id, ada), "invalid_amount");
    const euro = await arrive("1");
    for (const p_user_id of [clientId(), null]) {
      assert.equal(await decide(ann, "assign", { p_payment_id: euro.id, p_user_id }), "not_found");
    }
    const bob = await newSaver({});
    await sql`select private.queue_auth_job('delete_user', ${bob.id})`;
    assert.equal(await assign(ann, euro.id, bob), "not_found");
    for (
      const change of [
        "status = 'assigned'",
        "status = 'awaiting_approval', decision = 'return', decided_by = gen_random_uuid(), decided_at = now()",
        "amount = 500",
      ]
    ) {
      await assert.rejects(
        sql.unsafe(`update public.unmatched_payments set ${change} where id = '${euro.id}'`),
        /payments/,
        change,
      );
    }
    await assert.rejects(sql`delete from public.unmatched_payments where id = ${euro.id}`, /stay in the books/);
    await assert.rejects(
      sql`insert into public.unmatched_payments (provider, event_id, outcome, asset, amount)
        select provider, event_id, 'unclaimed', 'EUR', 100 from public.payment_events where outcome = 'booked' limit 1`,
      /told by|told|providers tell/,
    );
    assert.equal(await euros(await newSaver({ EUR: "1" })), "1 / 0");
  });
}
