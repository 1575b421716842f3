import assert from "node:assert/strict";
import { client } from "../../supabase/embedded/auth_testing.ts";
import { compactIban, IBAN_LENGTHS } from "../../lib/ledger/iban.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import {
  ask,
  euros,
  give,
  makeAdministrator,
  makeSaver,
  type MoneyPerson,
  noticesOf,
  withFactor,
} from "./money_people.ts";

/** Of a bank's own documents. */
const IBAN = "DE89 3704 0044 0532 0130 00";
/** The same as it is kept. */
const KEPT_IBAN = "DE89370400440532013000";

const clientId = () => crypto.randomUUID();

/** Requests at once for all there is. */
const RACERS = 200;

Deno.test({ name: "withdrawals", sanitizeOps: true, sanitizeResources: true }, async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [ann, bob] = [await makeAdministrator(stack, "ann"), await makeAdministrator(stack, "bob")];
  await sql`insert into public.rates (asset, eur, exchange, via, at, updated_at) values
    ('BTC', 50000, 'sim', 'BTC-EUR', now(), now() + interval '1 hour'),
    ('ETH', 2000, 'sim', 'ETH-EUR', now(), now() - interval '61 seconds')`;
  let savers = 0;
  const newSaver = (amounts: Record<string, string> = { EUR: "1000" }) => makeSaver(stack, `saver${savers++}`, amounts);
  const want = async (who: Pick<MoneyPerson, "supabase">, amount: unknown, more: Record<string, unknown> = {}) => {
    const args = { p_asset: "EUR", p_amount: amount, p_destination: IBAN, p_client_id: clientId(), ...more };
    const answer = await ask(who.supabase, "request_withdrawal", args);
    return answer.withdrawal ?? answer;
  };
  const change = async (who: MoneyPerson, p_id: string, more: Record<string, unknown>) => {
    const answer = await ask(who.supabase, "change_withdrawal", { p_id, p_client_id: clientId(), ...more });
    return answer.withdrawal ?? answer;
  };
  const cancel = async (who: MoneyPerson, p_id: string, p_client_id = clientId()) => {
    const answer = await ask(who.supabase, "cancel_withdrawal", { p_id, p_client_id });
    return answer.withdrawal?.status ?? answer;
  };
  const approve = async (who: MoneyPerson, p_id: string, more: Record<string, unknown> = {}) => {
    const args = { p_id, p_client_id: clientId(), ...more };
    const answer = await ask(who.supabase, "admin_approve_withdrawal", args);
    return answer.withdrawal?.status ?? answer;
  };
  const reject = async (who: MoneyPerson, p_id: string, p_reason: string | null, p_client_id = clientId()) => {
    const answer = await ask(who.supabase, "admin_reject_withdrawal", { p_id, p_reason, p_client_id });
    return answer.withdrawal?.status ?? answer;
  };
  const statusOf = async (id: string) => (await sql`select status from public.withdrawals where id = ${id}`)[0]?.status;
  /** A step after which the ledger holds. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule(
    "what is asked for is held at once, audited and told, and is its owner's again when cancelled",
    async () => {
      const ada = await newSaver();
      const asked = await want(ada, "250.50");
      assert.deepEqual(
        [asked.status, asked.amount, asked.eur, asked.destination, asked.cancellable, asked.changeable, asked.reason],
        ["awaiting_approval", "250.5", "250.5", KEPT_IBAN, true, true, null],
      );
      assert.equal(await euros(ada), "749.5 / 250.5");
      const client = clientId();
      assert.equal(await cancel(ada, asked.id, client), "cancelled");
      assert.equal(await cancel(ada, asked.id, client), "cancelled");
      assert.equal(await cancel(ada, asked.id), "not_waiting");
      assert.equal(await euros(ada), "1000 / 0");
      assert.deepEqual(await noticesOf(stack, ada), ["withdrawal_requested", "withdrawal_cancelled"]);
      const written = await sql`select action, actor from public.audit_log where subject_id = ${asked.id} order by at`;
      assert.deepEqual(written.map(({ action, actor }) => [action, actor]), [
        ["withdrawal.requested", ada.id],
        ["withdrawal.awaiting_approval", ada.id],
        ["withdrawal.cancelled", ada.id],
      ]);
    },
  );

  await rule("the same request twice is one; the same id for something else is a conflict", async () => {
    const ada = await newSaver();
    const p_client_id = clientId();
    const [first, second] = [await want(ada, "10", { p_client_id }), await want(ada, "10", { p_client_id })];
    assert.equal(first.id, second.id);
    assert.equal(await want(ada, "11", { p_client_id }), "conflict");
    assert.equal(await euros(ada), "990 / 10");
  });

  await rule("the database and the form know the same countries' IBANs", async () => {
    const rows = await sql`select c as country, private.iban_length(c) as length
      from (select chr(65 + a) || chr(65 + b) as c from generate_series(0, 25) as a, generate_series(0, 25) as b) as x`;
    const known = rows.flatMap(({ country, length }) => length === null ? [] : [[country, length]]);
    assert.deepEqual(Object.fromEntries(known), IBAN_LENGTHS);
  });

  await rule("bad amounts, assets and destinations change nothing", async () => {
    const ada = await newSaver({ EUR: "1000", BTC: "1" });
    for (const amount of ["-1", "0", "NaN", "1e309", `0.${"1".repeat(19)}`, "", "0.001", null, "Infinity"]) {
      assert.equal(await want(ada, amount), "invalid_amount", String(amount));
    }
    assert.equal(await want(ada, "1", { p_asset: "DOGE" }), "unknown_asset");
    assert.equal(await want(ada, "1000.01"), "insufficient_aal");
    assert.equal(await want(ada, "2", { p_asset: "USDT" }), "rate_missing");
    assert.equal(await want(ada, "0.1", { p_asset: "ETH" }), "rate_stale");
    const wrong = [
      "abc",
      "x".repeat(121),
      "   ",
      "DE89370400440532013001",
      "de89 3704 0044 0532 0130 01",
      "a\tb\nc",
      "Öffnung",
      null,
      // No IBAN at all, of no country, too short, too long; and an address of a chain.
      ...[
        "Girokonto bei der Bank",
        "abcd",
        "XX89370400440532013000",
        "DE8937040044053201300",
        "DE893704004405320130000",
      ],
      "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    ];
    for (const p_destination of wrong) {
      assert.equal(await want(ada, "1", { p_destination }), "invalid_destination", String(p_destination));
    }
    assert.equal(
      await want(ada, "0.001", { p_asset: "BTC", p_destination: "DE89370400440532013001" }),
      "invalid_destination",
    );
    // EUR goes to IBANs alone, kept as banks write them.
    const fine = ["GB82 WEST 1234 5698 7654 32", "de89370400440532013000", "  NO93 8601 1117 947 ", "BE68539007547034"];
    for (const p_destination of fine) {
      assert.equal((await want(ada, "1", { p_destination })).destination, compactIban(p_destination));
    }
    const p_destination = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";
    assert.equal((await want(ada, "0.001", { p_asset: "BTC", p_destination })).eur, "50");
    // No KYC, no withdrawal.
    await sql`update public.profiles set kyc_status = 'pending' where id = ${ada.id}`;
    assert.equal(await want(ada, "1"), "kyc_required");
    assert.equal(await euros(ada), "996 / 4");
  });

  await rule("above 1,000 EUR in 24 hours, whatever the assets, a second factor shown lately is needed", async () => {
    const ada = await newSaver({ EUR: "5000", BTC: "1" });
    const small = await want(ada, "400");
    assert.equal((await want(ada, "0.01", { p_asset: "BTC" })).eur, "500");
    assert.equal((await want(ada, "100")).status, "awaiting_approval");
    assert.equal(await want(ada, "0.01"), "insufficient_aal");
    // What was taken back has not left.
    assert.equal(await cancel(ada, small.id), "cancelled");
    const other = await want(ada, "400");
    // Nor does changing one go around it: neither more, nor another destination on a password once a day is over.
    assert.equal(await change(ada, other.id, { p_amount: "400.01" }), "insufficient_aal");
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.withdrawals set requested_at = requested_at - interval '24 hours', eur = 1500, amount = 1500
        where id = ${other.id}`;
      await tx`update public.ledger_holds set amount = 1500, remaining = 1500 where subject_id = ${other.id}`;
    });
    assert.equal(await change(ada, other.id, { p_destination: "NO9386011117947" }), "insufficient_aal");
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update public.withdrawals set eur = 400, amount = 400 where id = ${other.id}`;
      await tx`update public.ledger_holds set amount = 400, remaining = 400 where subject_id = ${other.id}`;
    });
    // A day later the sum is forgotten.
    assert.equal((await want(ada, "400")).status, "awaiting_approval");
    const fresh = { ...ada, supabase: await withFactor(stack, ada.email) };
    assert.equal((await want(fresh, "1200")).status, "awaiting_approval");
    // A factor shown too long ago is none: the token says when.
    const { data: { session } } = await fresh.supabase.auth.getSession();
    const claims = JSON.parse(
      atob((session?.access_token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")),
    );
    claims.amr = claims.amr.map((each: { timestamp: number }) => ({ ...each, timestamp: each.timestamp - 16 * 60 }));
    const late = await sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
      await tx`set local role authenticated`;
      return await tx`select public.request_withdrawal('EUR', '1', ${IBAN}, ${clientId()})`;
    }).catch((error) => error.message);
    assert.equal(late, "insufficient_aal");
  });

  await rule("200 requests at once for all there is: one is accepted", async () => {
    const ada = await newSaver({ EUR: "900" });
    // Every one of them is to reach the ledger.
    await sql`update public.rate_limit_rules set capacity = ${RACERS * 2} where name = 'wallet_write'`;
    const answers = await Promise.all(Array.from({ length: RACERS }, () => want(ada, "900")));
    await sql`update public.rate_limit_rules set capacity = 30 where name = 'wallet_write'`;
    const accepted = answers.filter((answer) => answer.status === "awaiting_approval");
    assert.equal(accepted.length, 1);
    const refused = new Set(answers.filter((answer) => typeof answer === "string"));
    assert.deepEqual([...refused].filter((code) => code !== "insufficient_aal" && code !== "insufficient_funds"), []);
    assert.equal(await euros(ada), "0 / 900");
  });

  await rule("many at once pass the limit of a password together no more than one by one", async () => {
    const ada = await newSaver({ EUR: "5000" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => want(ada, "200")));
    assert.equal(answers.filter((answer) => answer.status === "awaiting_approval").length, 5);
    assert.deepEqual([...new Set(answers.filter((answer) => typeof answer === "string"))], ["insufficient_aal"]);
    assert.equal(await euros(ada), "4000 / 1000");
  });

  await rule("approving is for another administrator, once; the same one with the same id hears it again", async () => {
    const ada = await newSaver();
    const { id } = await want(ada, "100");
    const p_client_id = clientId();
    assert.equal(await approve(ada, id), "not_found");
    assert.equal(await approve(ann, id, { p_revision: 2 }), "conflict");
    assert.equal(await approve(ann, id, { p_client_id, p_revision: 1 }), "approved");
    assert.equal(await approve(ann, id, { p_client_id, p_revision: 1 }), "approved");
    assert.equal(await approve(ann, id), "approved");
    assert.equal(await approve(bob, id), "not_waiting");
    assert.equal(await approve(bob, crypto.randomUUID()), "not_found");
    await give(stack, ann, "EUR", "50");
    const own = await want(ann, "50");
    assert.equal(await approve(ann, own.id), "own_request");
    const two = await Promise.all([ann, bob].map(async (admin) => {
      return await approve(admin, (await want(ada, "1")).id);
    }));
    assert.deepEqual(two, ["approved", "approved"]);
    const raced = (await want(ada, "1")).id;
    const both = await Promise.all([approve(ann, raced), approve(bob, raced)]);
    assert.deepEqual(both.toSorted(), ["approved", "not_waiting"]);
    const elsewhere = await ask(bob.supabase, "admin_withdrawals", { p_status: "awaiting_approval" });
    const listed = elsewhere.items.find((item: { id: string }) => item.id === own.id);
    assert.deepEqual([listed.approvable, listed.user_id, listed.eur_day], [true, ann.id, "50"]);
  });

  await rule("any change of amount or destination voids an approval; what is the same changes nothing", async () => {
    const ada = await newSaver();
    const { id } = await want(ada, "100");
    assert.equal(await approve(ann, id), "approved");
    assert.deepEqual((await change(ada, id, { p_amount: "100.00", p_destination: IBAN })).status, "approved");
    const more = await change(ada, id, { p_amount: "150" });
    assert.deepEqual([more.status, more.revision, more.approved_at], ["awaiting_approval", 2, null]);
    assert.equal(await euros(ada), "850 / 150");
    assert.equal(await approve(ann, id, { p_revision: 1 }), "conflict");
    assert.equal(await approve(bob, id, { p_revision: 2 }), "approved");
    const less = await change(ada, id, { p_amount: "20", p_destination: "NO9386011117947" });
    assert.deepEqual([less.status, less.revision, less.destination, less.eur], [
      "awaiting_approval",
      3,
      "NO9386011117947",
      "20",
    ]);
    assert.equal(await euros(ada), "980 / 20");
    assert.equal(await change(ada, id, { p_amount: "1000.01" }), "insufficient_aal");
    assert.equal(await change(ada, id, { p_destination: "x" }), "invalid_destination");
    assert.equal(await change(ann, id, { p_amount: "1" }), "not_found");
    assert.deepEqual((await noticesOf(stack, ada)).slice(-4), [
      "withdrawal_approved",
      "withdrawal_changed",
      "withdrawal_approved",
      "withdrawal_changed",
    ]);
  });

  await rule("a rejection says why and gives the money back, also of what was approved", async () => {
    const ada = await newSaver();
    const { id } = await want(ada, "100");
    assert.equal(await reject(ann, id, "  "), "reason_required");
    assert.equal(await reject(ann, id, "x".repeat(201)), "bad_request");
    assert.equal(await approve(bob, id), "approved");
    assert.equal(await reject(ann, id, "Call us first"), "rejected");
    assert.equal(await reject(ann, id, "Call us first"), "rejected");
    assert.equal(await reject(bob, id, "No"), "not_waiting");
    assert.equal(await approve(bob, id), "not_waiting");
    assert.equal(await cancel(ada, id), "not_waiting");
    assert.equal(await change(ada, id, { p_amount: "1" }), "not_waiting");
    assert.equal(await euros(ada), "1000 / 0");
    const { withdrawal } = await ask(ada.supabase, "my_withdrawal", { p_id: id });
    assert.deepEqual([withdrawal.status, withdrawal.reason, withdrawal.cancellable], [
      "rejected",
      "Call us first",
      false,
    ]);
    assert.equal(await ask(bob.supabase, "my_withdrawal", { p_id: id }), "not_found");
  });

  await rule("after a recovery code nothing leaves for a day, approved or not", async () => {
    const ada = await newSaver();
    const [first, second] = [await want(ada, "10"), await want(ada, "20")];
    assert.equal(await approve(ann, first.id), "approved");
    await sql`update public.profiles set withdrawals_frozen_until = now() + interval '1 hour' where id = ${ada.id}`;
    assert.equal(await want(ada, "1"), "withdrawals_frozen");
    assert.equal(await change(ada, second.id, { p_destination: "NO9386011117947" }), "withdrawals_frozen");
    assert.equal(await approve(ann, second.id), "withdrawals_frozen");
    const worker = client(stack, { key: stack.secretKey });
    const p_holder = clientId();
    const { token } = await ask(worker, "acquire_lease", { p_name: "payouts", p_holder, p_ttl_ms: 5_000 });
    const claimed = async (): Promise<string[]> => {
      const { items } = await ask(worker, "claim_payouts", { p_token: token, p_limit: 100 });
      return items.map((item: { id: string }) => item.id);
    };
    assert.equal((await claimed()).includes(first.id), false);
    assert.equal(await cancel(ada, second.id), "cancelled");
    await sql`update public.profiles set withdrawals_frozen_until = now(), kyc_status = 'none' where id = ${ada.id}`;
    assert.equal((await claimed()).includes(first.id), false, "nor while nobody knows any more who it is");
    await sql`update public.profiles set kyc_status = 'verified' where id = ${ada.id}`;
    assert.equal((await claimed()).includes(first.id), true);
    await ask(worker, "release_lease", { p_name: "payouts", p_holder });
  });

  await rule("a table editor may reject, and nothing else; it names the page for the rest", async () => {
    const ada = await newSaver();
    const { id } = await want(ada, "100");
    const tried = (text: string) => sql.unsafe(text).then(() => "done", (error) => error.message as string);
    for (
      const set of [
        `status = 'approved', approved_by = '${ann.id}', approved_at = now()`,
        "status = 'cancelled', cancelled_at = now()",
        "destination = 'my own account'",
        "amount = 1",
        "status = 'rejected', amount = 1",
        `status = 'rejected', rejected_by = '${ann.id}'`,
        "payout = 'claimed'",
      ]
    ) assert.match(await tried(`update public.withdrawals set ${set} where id = '${id}'`), /\/admin\/withdrawals/, set);
    assert.match(await tried(`delete from public.withdrawals where id = '${id}'`), /\/admin\/withdrawals/);
    assert.match(await tried("truncate public.withdrawals"), /\/admin\/withdrawals/);
    assert.match(
      await tried(`insert into public.withdrawals (user_id, asset, amount, eur, destination)
        values ('${ada.id}', 'EUR', 1, 1, 'abcd')`),
      /\/admin\/withdrawals/,
    );
    assert.equal(
      await tried(`update public.withdrawals set status = 'rejected', reason = 'By hand' where id = '${id}'`),
      "done",
    );
    assert.match(
      await tried(`update public.withdrawals set reason = 'Other' where id = '${id}'`),
      /\/admin\/withdrawals/,
    );
    assert.equal(await euros(ada), "1000 / 0");
    const [written] = await sql`select actor, detail ->> 'reason' as reason from public.audit_log
      where subject_id = ${id} and action = 'withdrawal.rejected'`;
    assert.deepEqual([written?.actor, written?.reason], [null, "By hand"]);
    assert.deepEqual((await noticesOf(stack, ada)).at(-1), "withdrawal_rejected");
  });

  await rule("nobody has more than 50 withdrawals wait for administrators", async () => {
    const iva = await newSaver();
    const allow = (capacity: number) =>
      sql`update public.rate_limit_rules set capacity = ${capacity} where name = 'wallet_write'`;
    await allow(100);
    await Promise.all(Array.from({ length: 49 }, () => want(iva, "0.01")));
    const last = await Promise.all([want(iva, "0.01"), want(iva, "0.01"), want(iva, "0.01")]);
    assert.deepEqual(last.map((answer) => answer.status ?? answer).sort(), [
      "awaiting_approval",
      "request_limit",
      "request_limit",
    ]);
    const waiting = last.find(({ id }) => id !== undefined);
    assert.equal((await change(iva, waiting.id, { p_amount: "0.02" })).amount, "0.02", "itself is no further one");
    await cancel(iva, waiting.id);
    assert.equal((await want(iva, "0.01")).status, "awaiting_approval");
    await allow(30);
  });

  await rule("one's list goes page by page, newest first", async () => {
    const ada = await newSaver();
    const ids: string[] = [];
    for (const amount of ["1", "2", "3"]) ids.unshift((await want(ada, amount)).id);
    const page = await ask(ada.supabase, "my_withdrawals", { p_limit: 2 });
    const rest = await ask(ada.supabase, "my_withdrawals", { p_limit: 2, p_cursor: page.next_cursor });
    assert.deepEqual([...page.items, ...rest.items].map(({ id }) => id), ids);
    assert.equal(rest.next_cursor, null);
    assert.equal(await ask(ada.supabase, "my_withdrawals", { p_limit: 201 }), "invalid_limit");
    assert.equal(await ask(ada.supabase, "my_withdrawals", { p_cursor: "1" }), "invalid_cursor");
    assert.equal(await statusOf(ids[0] ?? ""), "awaiting_approval");
  });

  await rule("money in a pool is redeemed first, and the withdrawal waits for the settlement", async () => {
    const ada = await newSaver({ EUR: "1000" });
    const worker = client(stack, { key: stack.secretKey });
    const { token } = await ask(worker, "acquire_lease", { p_name: "pools", p_holder: clientId(), p_ttl_ms: 60_000 });
    const made = await ask(ann.supabase, "admin_create_pool", {
      p_pool: {
        ...{ name: "Waiting room", currency: "EUR", cycle: "manual", minimum: "10", visibility: "public" },
        manager_fee_percent: "15",
      },
      p_client_id: clientId(),
    });
    const p_pool_id = made.pool.id;
    /** Ends the pool's cycle at so much for its money before. */
    const settle = async (p_equity: string) => {
      const { cycle } = await ask(ann.supabase, "admin_force_settlement", { p_pool_id, p_client_id: clientId() });
      const answer = await ask(worker, "settle_pool", {
        ...{ p_pool_id, p_cycle_no: cycle.no, p_equity, p_equity_at: new Date().toISOString(), p_token: token },
      });
      assert.equal(answer.settlement?.no, cycle.no, String(answer));
    };
    const { investment: { id: investment_id } } = await ask(ada.supabase, "invest", {
      ...{ p_pool_id, p_amount: "800", p_client_id: clientId() },
    });
    const combined = (amount: string, units: unknown, more: Record<string, unknown> = {}) =>
      want(ada, amount, { p_redeem: { investment_id, units, ...more } });
    assert.equal(await combined("100", "all"), "not_found");
    await settle("0");
    assert.equal(await euros(ada), "200 / 0");
    for (const units of ["0", "-1", "1e1", "0.123456789", "", null, 3.5e-9]) {
      assert.equal(await combined("100", units), "invalid_units", String(units));
    }
    assert.equal(await combined("100", "9"), "units_exceeded");
    assert.equal(await combined("100", "1", { more: 1 }), "bad_request");
    assert.equal(await want(ada, "0.001", { p_asset: "BTC", p_redeem: { investment_id, units: "1" } }), "bad_request");
    const stranger = await newSaver();
    assert.equal(await want(stranger, "1", { p_redeem: { investment_id, units: "1" } }), "not_found");

    const kept = await combined("500", "4");
    assert.deepEqual([kept.status, kept.investment_id], ["locked_until_settlement", investment_id]);
    // More than wallet and redemption come to; and one whose redemption is called off.
    const dear = await combined("450", "2");
    const off = await combined("50", "0.5");
    const [request] = await sql`select id from public.pool_requests where withdrawal_id = ${off.id}`;
    const called = await ask(ada.supabase, "cancel_pool_request", {
      p_request_id: request?.id,
      p_client_id: clientId(),
    });
    assert.equal(called.request?.status, "cancelled", String(called));
    assert.deepEqual(
      (await ask(ada.supabase, "my_withdrawal", { p_id: off.id })).withdrawal.reason,
      "redemption_cancelled",
    );
    assert.equal(await approve(ann, kept.id), "not_waiting");
    assert.equal((await change(ada, kept.id, { p_amount: "480" })).status, "locked_until_settlement");
    assert.equal(await euros(ada), "200 / 0");
    await settle("800");
    // 200 in the wallet and 600 of 6 units at 100: 480 for the first, and too little for the second.
    assert.equal(await statusOf(kept.id), "awaiting_approval");
    const { withdrawal } = await ask(ada.supabase, "my_withdrawal", { p_id: dear.id });
    assert.deepEqual([withdrawal.status, withdrawal.reason], ["cancelled", "insufficient_funds"]);
    assert.equal(await euros(ada), "320 / 480");
    assert.deepEqual((await noticesOf(stack, ada)).filter((kind) => kind !== "withdrawal_requested"), [
      "withdrawal_cancelled",
      "withdrawal_changed",
      "withdrawal_unlocked",
      "withdrawal_cancelled",
    ]);
    assert.equal(await approve(ann, kept.id), "approved");
    // Cancelling what is locked leaves the redemption alone: the money comes to the wallet.
    const last = await combined("100", "all");
    assert.equal(await reject(ann, last.id, "Not today"), "rejected");
    await settle("200");
    assert.equal(await euros(ada), "520 / 480");
  });
});
