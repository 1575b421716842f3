import type { SupabaseClient } from "@supabase/supabase-js";
import assert from "node:assert/strict";
import { addFactor, client, PASSWORD, signIn, signUp } from "../../supabase/embedded/auth_testing.ts";
import { startTestSupabase, step, type TestSupabase } from "../../supabase/embedded/testing.ts";

interface Person {
  id: string;
  email: string;
  supabase: SupabaseClient;
}

async function makeUser(stack: TestSupabase, name: string): Promise<Person> {
  const email = `${name}@credits.test`;
  const { supabase, session } = await signUp(stack, email);
  return { id: session.user.id, email, supabase };
}

/** An administrator who has shown the second factor a moment ago. */
async function makeAdmin(stack: TestSupabase, name: string): Promise<Person> {
  const { sql } = stack;
  const { id, email } = await makeUser(stack, name);
  await sql`insert into public.admins (user_id) values (${id})`;
  await sql`update auth.users set raw_app_meta_data = raw_app_meta_data || '{"role": "admin"}' where id = ${id}`;
  const supabase = await signIn(stack, email);
  await addFactor(supabase);
  return { id, email, supabase };
}

/** A field of every item of a list, page by page. */
async function allOf(supabase: SupabaseClient, name: string, p_limit: number, field: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 50; pages++) {
    const answer: { data: { items: Record<string, string>[]; next_cursor: string | null } | null } = await supabase.rpc(
      name,
      { p_limit, p_cursor: cursor },
    );
    found.push(...answer.data?.items.map((item) => item[field] ?? "") ?? []);
    cursor = answer.data?.next_cursor ?? null;
    if (cursor === null) return found;
  }
  throw new Error("The list does not end");
}

const clientId = () => crypto.randomUUID();

Deno.test("administrators credit users, and a second one stands behind what is large", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [ann, bob] = [await makeAdmin(stack, "ann"), await makeAdmin(stack, "bob")];
  let users = 0;
  const newUser = () => makeUser(stack, `user${users++}`);
  await sql`insert into public.rates (asset, eur, exchange, via, at, updated_at) values
    ('BTC', 50000, 'sim', 'BTC-EUR', now(), now() + interval '1 hour'),
    ('ETH', 2000, 'sim', 'ETH-EUR', now(), now() - interval '61 seconds')`;

  /** What a call answers: "posted", "awaiting_approval", or the code of its refusal. */
  const answer = async (supabase: SupabaseClient, name: string, args: Record<string, unknown>): Promise<string> => {
    const { data, error } = await supabase.rpc(name, args);
    return error === null ? data.credit.status : error.message;
  };
  const credit = (who: Person, to: Person, amount: string, more: Record<string, unknown> = {}) =>
    answer(who.supabase, "admin_credit_user", {
      ...{ p_user_id: to.id, p_asset: "EUR", p_amount: amount, p_client_id: clientId(), ...more },
    });
  const approve = (who: Person, creditId: string, p_client_id = clientId()) =>
    answer(who.supabase, "admin_approve_credit", { p_credit_id: creditId, p_client_id });
  const waiting = async (who: Person, to: Person, amount: string): Promise<string> => {
    const args = { p_user_id: to.id, p_asset: "EUR", p_amount: amount, p_client_id: clientId() };
    const { data, error } = await who.supabase.rpc("admin_credit_user", args);
    assert.equal(error, null);
    assert.equal(data.credit.status, "awaiting_approval");
    return data.credit.id;
  };
  const walletOf = async ({ supabase }: Person) => (await supabase.rpc("my_wallet")).data.balances;
  const euros = async (who: Person) => (await walletOf(who))[0]?.available ?? "0";
  /** A step after which the ledger holds. */
  const rule = (name: string, body: () => Promise<void>) =>
    step(t, name, async () => {
      await body();
      assert.deepEqual([...await sql`select * from ledger_check()`], []);
    });

  await rule(
    "up to 1,000 EUR a day one administrator is enough; the user is told, and it is written down",
    async () => {
      const user = await newUser();
      assert.equal(await credit(ann, user, "999.99", { p_reason: " Refund " }), "posted");
      assert.equal(await credit(bob, user, "0.01"), "posted");
      assert.deepEqual(await walletOf(user), [
        { asset: "EUR", scale: 2, available: "1000", held: "0", eur: "1000" },
      ]);
      const { data: statement } = await user.supabase.rpc("my_statement");
      assert.deepEqual(
        statement.items.map(({ operation, amount, memo }: Record<string, unknown>) => [
          operation,
          amount,
          (memo as { reason?: string }).reason,
        ]),
        [["credit", "0.01", undefined], ["credit", "999.99", "Refund"]],
      );
      const { data: notices } = await user.supabase.from("notifications").select("kind, data").order("id");
      assert.deepEqual(notices?.filter(({ kind }) => kind === "credit_received").map(({ data }) => data), [
        { asset: "EUR", amount: "999.99" },
        { asset: "EUR", amount: "0.01" },
      ]);
      const written = await sql`select actor, detail ->> 'amount' as amount from audit_log
      where action = 'credit.posted' and subject_id = ${user.id} order by at`;
      assert.deepEqual(written.map(({ actor, amount }) => [actor, amount]), [[ann.id, "999.99"], [bob.id, "0.01"]]);
    },
  );

  await rule("what takes the day's sum above it waits, whoever asks; a day later the sum is forgotten", async () => {
    const user = await newUser();
    assert.equal(await credit(ann, user, "600"), "posted");
    assert.equal(await credit(bob, user, "400.01"), "awaiting_approval");
    assert.equal(await euros(user), "600");
    const other = await newUser();
    assert.equal(await credit(ann, other, "1000.01"), "awaiting_approval");
    assert.equal(await euros(other), "0");
    // What is small waits too: the day's sum has what waits in it.
    assert.equal(await credit(ann, other, "1"), "awaiting_approval");
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`;
      await tx`update credits set requested_at = requested_at - interval '24 hours',
        posted_at = posted_at - interval '24 hours' where user_id = ${user.id}`;
    });
    assert.equal(await credit(ann, user, "1000"), "posted");
  });

  await rule("crypto is valued by its rate; without one, or with an old one, nothing is credited", async () => {
    const user = await newUser();
    const crypto = (asset: string, amount: string) => credit(ann, user, amount, { p_asset: asset });
    assert.equal(await crypto("BTC", "0.02"), "posted");
    assert.equal(await crypto("BTC", "0.00000001"), "awaiting_approval");
    assert.equal(await crypto("ETH", "0.001"), "rate_stale");
    assert.equal(await crypto("SOL", "0.001"), "rate_missing");
    const balances = await walletOf(user);
    assert.deepEqual(balances, [{ asset: "BTC", scale: 8, available: "0.02", held: "0", eur: "1000" }]);
    await sql`update rates set updated_at = now() - interval '61 seconds' where asset = 'BTC'`;
    assert.equal((await walletOf(user))[0].eur, null, "worth nothing known");
    await sql`update rates set updated_at = now() + interval '1 hour' where asset = 'BTC'`;
  });

  await rule("no amount that is none, and no asset that is none, is credited", async () => {
    const user = await newUser();
    for (const amount of ["-1", "0", "0.00", "NaN", "1e309", "Infinity", "", " 1", "0.001", `0.${"1".repeat(19)}`]) {
      assert.equal(await credit(ann, user, amount), "invalid_amount", amount);
    }
    for (const asset of ["DOGE", "eur", ""]) {
      assert.equal(await credit(ann, user, "1", { p_asset: asset }), "unknown_asset", asset);
    }
    assert.equal(await credit(ann, user, "1", { p_reason: "x".repeat(201) }), "bad_request");
    assert.equal(await credit(ann, user, "1", { p_client_id: null }), "bad_request");
    assert.deepEqual(await walletOf(user), []);
  });

  await rule("asked twice it is credited once, and with other content it is a conflict", async () => {
    const user = await newUser();
    const p_client_id = clientId();
    const answers = await Promise.all([1, 2, 3].map(() => credit(ann, user, "10", { p_client_id })));
    assert.deepEqual(answers, ["posted", "posted", "posted"]);
    assert.equal(await credit(ann, user, "11", { p_client_id }), "conflict");
    assert.equal(await euros(user), "10");
  });

  await rule("many at once pass the limit together no more than one by one", async () => {
    const user = await newUser();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => credit(i % 2 ? ann : bob, user, "300")));
    assert.equal(answers.filter((each) => each === "posted").length, 3);
    assert.equal(await euros(user), "900");
  });

  await rule("another administrator approves, nobody the own request, and nobody for the own account", async () => {
    const user = await newUser();
    const id = await waiting(ann, user, "5000");
    const approvable = async ({ supabase }: Person) => {
      const { data } = await supabase.rpc("admin_credits", { p_limit: 1 });
      return [data.items[0].id, data.items[0].approvable];
    };
    assert.deepEqual([await approvable(ann), await approvable(bob)], [[id, false], [id, true]]);
    assert.equal(await approve(ann, id), "own_request");
    assert.equal(await credit(ann, ann, "1"), "own_account");
    assert.equal(await approve(bob, await waiting(ann, bob, "5000")), "own_account");
    assert.equal(await euros(user), "0");
    const p_client_id = clientId();
    assert.equal(await approve(bob, id, p_client_id), "posted");
    assert.equal(await approve(bob, id, p_client_id), "posted");
    assert.equal(await approve(bob, id), "posted", "asking again under another id changes nothing");
    assert.equal(await approve(ann, id), "own_request");
    assert.equal(await euros(user), "5000");
    const { data } = await bob.supabase.rpc("admin_credits", { p_status: "posted", p_limit: 1 });
    assert.deepEqual(
      [data.items[0].id, data.items[0].requested_by, data.items[0].approved_by, data.items[0].approvable],
      [id, ann.id, bob.id, false],
    );
    const [written] = await sql`select actor, detail ->> 'requested_by' as asked from audit_log
      where action = 'credit.approved' and detail ->> 'credit_id' = ${id}`;
    assert.deepEqual([written?.actor, written?.asked], [bob.id, ann.id]);
    const [transfer] = await sql`select actor from ledger_transfers where client_id = ${id}`;
    assert.equal(transfer?.actor, ann.id, "the ledger knows it as of whoever asked");
  });

  await rule("two approvals at once, by two administrators, post once", async () => {
    const cleo = await makeAdmin(stack, "cleo");
    const user = await newUser();
    for (let round = 1; round <= 5; round++) {
      const id = await waiting(ann, user, "2000");
      const answers = await Promise.all([approve(bob, id), approve(cleo, id)]);
      assert.deepEqual(answers.sort(), ["not_waiting", "posted"]);
      assert.equal(await euros(user), String(2000 * round));
    }
  });

  await rule("without a second factor nothing is done, and users are told nothing", async () => {
    const user = await newUser();
    const id = await waiting(ann, user, "5000");
    const byPassword: Person = { ...bob, supabase: client(stack) };
    await byPassword.supabase.auth.signInWithPassword({ email: bob.email, password: PASSWORD });
    assert.equal(await approve(byPassword, id), "step_up_required");
    assert.equal(await credit(byPassword, user, "1"), "step_up_required");
    assert.equal(await approve(user, id), "not_found");
    assert.equal(await credit(user, user, "1"), "not_found");
    assert.equal((await user.supabase.rpc("admin_credits")).error?.message, "not_found");
  });

  await rule("nobody edits credits by hand: the table says that /admin is the place", async () => {
    const user = await newUser();
    const id = await waiting(ann, user, "5000");
    const [made] = await sql`select transfer_id from credits where status = 'posted' limit 1`;
    const attacks = [
      sql`insert into credits (user_id, asset, amount, eur, status, requested_by)
        values (${user.id}, 'EUR', 5, 5, 'awaiting_approval', ${ann.id})`,
      sql`update credits set amount = 1 where id = ${id}`,
      sql`update credits set status = 'posted', approved_by = ${bob.id}, posted_at = now(),
        transfer_id = ${made?.transfer_id} where id = ${id}`,
      sql`delete from credits where id = ${id}`,
      sql`truncate credits`,
    ];
    for (const [i, attack] of attacks.entries()) await assert.rejects(attack, /\/admin/, `attack ${i}`);
    // In somebody's name: users may nothing, administrators nothing in another's, and their own only as the rules are.
    const anyTransfer = "(select transfer_id from credits where status = 'posted' limit 1)";
    const posting = (by: string) =>
      `update credits set status = 'posted', approved_by = ${by}, posted_at = now(), transfer_id = ${anyTransfer}
        where id = '${id}'`;
    const inNames: [Person, string, RegExp][] = [
      [
        user,
        `insert into credits (user_id, asset, amount, eur, status, requested_by)
          values ('${ann.id}', 'EUR', 5, 5, 'awaiting_approval', auth.uid())`,
        /are asked for and approved at/,
      ],
      [user, posting("auth.uid()"), /are asked for and approved at/],
      [bob, posting(`'${crypto.randomUUID()}'`), /are asked for and approved at/],
      [bob, posting("auth.uid()"), /own transfer/],
      [bob, `update credits set amount = 1, approved_by = auth.uid() where id = '${id}'`, /only by its approval/],
    ];
    for (const [who, statement, expected] of inNames) {
      const { data: { session } } = await who.supabase.auth.getSession();
      const claims = atob(session?.access_token.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "");
      await assert.rejects(
        sql.begin(async (tx) => {
          await tx`select set_config('request.jwt.claims', ${claims}, true)`;
          await tx.unsafe(statement);
        }),
        expected,
        statement,
      );
    }
    const { error } = await client(stack, { key: stack.secretKey }).from("credits").update({ eur: 0 }).eq("id", id);
    assert.ok(error, "the secret key neither");
    assert.equal(await euros(user), "0");
  });

  await rule("credits of a deleted user are not posted any more", async () => {
    const user = await newUser();
    const id = await waiting(ann, user, "5000");
    await sql`delete from auth.users where id = ${user.id}`;
    assert.equal(await approve(bob, id), "not_found");
    const { data } = await bob.supabase.rpc("admin_credits", { p_status: "awaiting_approval", p_limit: 1 });
    assert.deepEqual([data.items[0].id, data.items[0].username], [id, null]);
  });

  await rule("the list goes on at its cursor, and refuses what is no cursor of its own", async () => {
    const ids = await allOf(ann.supabase, "admin_credits", 4, "id");
    const [row] = await sql`select array_agg(id order by id desc) as ids from credits`;
    assert.deepEqual(ids, row?.ids);
    const refused = async (args: Record<string, unknown>) =>
      (await ann.supabase.rpc("admin_credits", args)).error?.message;
    assert.equal(await refused({ p_cursor: "x" }), "invalid_cursor");
    assert.equal(await refused({ p_limit: 0 }), "invalid_limit");
    assert.equal(await refused({ p_status: "gone" }), "bad_request");
  });

  await rule("a statement of no asset of ours is refused, and one's own goes on at its cursor", async () => {
    const user = await newUser();
    for (let i = 1; i <= 5; i++) assert.equal(await credit(ann, user, `${i}`), "posted");
    const seen = await allOf(user.supabase, "my_statement", 2, "balance_after");
    assert.deepEqual(seen, ["15", "10", "6", "3", "1"]);
    assert.equal((await user.supabase.rpc("my_statement", { p_asset: "DOGE" })).error?.message, "unknown_asset");
    assert.equal((await user.supabase.rpc("my_statement", { p_limit: 1001 })).error?.message, "invalid_limit");
  });
});
