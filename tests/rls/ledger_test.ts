import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { seeded } from "../../lib/kernel/seeded.ts";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { runLedgerModel } from "./ledger_model.ts";

const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };

/** Operations of one seed of the model, and how many seeds: the long run is in tests/soak. */
const MODEL_OPERATIONS = 600;
const MODEL_SEEDS = 2;

Deno.test("the ledger holds every cent", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const worker = createClient(stack.url, stack.secretKey, SESSIONLESS);
  const user = () => crypto.randomUUID();
  const account = async (owner: string, asset = "EUR", kind = "available") => {
    const [row] = await sql`select private.ledger_account('user', ${owner}, ${asset}, ${kind}) as id`;
    return row?.id as string;
  };
  const world = async (asset = "EUR") => {
    const [row] = await sql`select private.platform_account(${asset}, 'world') as id`;
    return row?.id as string;
  };
  const post = async (
    accounts: string[],
    amounts: string[],
    clientId: string = crypto.randomUUID(),
    operation = "test",
  ) => {
    const [row] = await sql`
      select private.post_transfer(${operation}, ${clientId}, ${accounts}::uuid[], ${amounts}::numeric[]) as id`;
    return row?.id as string;
  };
  const balance = async (id: string) => {
    const [row] = await sql`select trim_scale(balance)::text as balance from ledger_accounts where id = ${id}`;
    return row?.balance;
  };
  const fund = async (owner: string, amount: string, asset = "EUR") => {
    const id = await account(owner, asset);
    await post([await world(asset), id], [`-${amount}`, amount]);
    return id;
  };
  const violations = async () => (await sql`select * from ledger_check()`).map(({ violation }) => violation);

  await step(t, "a transfer moves money, and its entries add up to zero", async () => {
    const [ann, bob] = [await fund(user(), "100"), await account(user())];
    await post([ann, bob], ["-30.25", "30.25"]);
    assert.deepEqual([await balance(ann), await balance(bob)], ["69.75", "30.25"]);
    assert.deepEqual(await violations(), []);
  });

  const refused: [string, (a: string, b: string, c: string) => [string[], string[]], RegExp][] = [
    ["that does not add up", (a, b) => [[a, b], ["-1", "2"]], /add up to zero/],
    ["that adds up only across assets", (a, _b, c) => [[a, c], ["-1", "1"]], /add up to zero/],
    ["of nothing", (a, b) => [[a, b], ["0", "0"]], /invalid_amount/],
    ["of no number", (a, b) => [[a, b], ["NaN", "NaN"]], /invalid_amount/],
    ["of infinity", (a, b) => [[a, b], ["-Infinity", "Infinity"]], /invalid_amount/],
    ["of a tenth of a cent", (a, b) => [[a, b], ["-0.001", "0.001"]], /invalid_amount/],
    ["beyond the balance", (a, b) => [[a, b], ["-1000000.01", "1000000.01"]], /insufficient_funds/],
    ["to itself", (a) => [[a, a], ["-1", "1"]], /bad_request/],
    ["to no account", (a) => [[a, "00000000-0000-7000-8000-000000000000"], ["-1", "1"]], /not_found/],
    ["with one end", (a) => [[a], ["1"]], /bad_request/],
  ];
  for (const [name, make, expected] of refused) {
    await step(t, `a transfer ${name} is refused, and nothing moves`, async () => {
      const [a, b, c] = [await fund(user(), "1000000"), await account(user()), await account(user(), "BTC")];
      const [accounts, amounts] = make(a, b, c);
      await assert.rejects(post(accounts, amounts), expected);
      assert.equal(await balance(a), "1000000");
      assert.deepEqual(await violations(), []);
    });
  }

  await step(t, "the same request posts once, and with other content is a conflict", async () => {
    const [a, b, id] = [await fund(user(), "10"), await account(user()), crypto.randomUUID()];
    const first = await post([a, b], ["-4", "4"], id);
    const again = await Promise.all([1, 2, 3].map(() => post([b, a], ["4", "-4"], id)));
    assert.deepEqual(new Set([first, ...again]).size, 1, "the order of its lines is no content");
    assert.equal(await balance(a), "6");
    await assert.rejects(post([a, b], ["-5", "5"], id), /conflict/);
    await post([a, b], ["-4", "4"], id, "other_operation");
    assert.equal(await balance(a), "2");
  });

  await step(
    t,
    "nobody edits, deletes or truncates, not even a superuser, and balances move with entries alone",
    async () => {
      const a = await fund(user(), "10");
      const attacks = [
        sql`update ledger_entries set amount = amount where account_id = ${a}`,
        sql`delete from ledger_entries where account_id = ${a}`,
        sql`truncate ledger_entries cascade`,
        sql`update ledger_transfers set memo = '{}'`,
        sql`delete from ledger_transfers`,
        sql`delete from ledger_accounts where id = ${a}`,
        sql`update ledger_accounts set balance = balance + 1 where id = ${a}`,
        sql`update ledger_accounts set balance = balance + 1, entries = entries + 1 where id = ${a}`,
        sql`update ledger_accounts set owner_id = gen_random_uuid() where id = ${a}`,
        sql`insert into ledger_entries (account_id, seq, transfer_id, amount, balance_after, at)
        select account_id, seq + 1, transfer_id, 5, balance_after + 5, now() from ledger_entries where account_id = ${a}`,
      ];
      for (const [i, attack] of attacks.entries()) await assert.rejects(attack, Error, `attack ${i}`);
      const { error } = await worker.from("ledger_entries").delete().neq("seq", 0);
      assert.ok(error, "the secret key neither");
      assert.equal(await balance(a), "10");
      assert.deepEqual(await violations(), []);
    },
  );

  await step(t, "what was forced in behind the triggers is found by ledger_check()", async () => {
    const cases: [string, (tx: postgres.TransactionSql, a: string) => Promise<unknown>][] = [
      ["unbalanced_transfer", (tx, a) => tx`update ledger_entries set amount = amount + 1 where account_id = ${a}`],
      ["wrong_balance", (tx, a) => tx`update ledger_accounts set balance = balance + 1 where id = ${a}`],
      ["broken_run", (tx, a) => tx`update ledger_entries set balance_after = 11 where account_id = ${a}`],
      ["changed_transfer", (tx, a) =>
        tx`update ledger_transfers set memo = '{"to": "me"}' where id in (
          select transfer_id from ledger_entries where account_id = ${a})`],
      ["gone_from_ledger", async (tx, a) => {
        const [row] = await tx`select transfer_id from ledger_entries where account_id = ${a}`;
        await tx`delete from ledger_entries where transfer_id = ${row?.transfer_id}`;
        await tx`delete from ledger_transfers where id = ${row?.transfer_id}`;
      }],
      ["not_in_audit_log", (tx, a) =>
        tx`delete from audit_log where subject_id in (
          select transfer_id::text from ledger_entries where account_id = ${a})`],
      ["wrong_hold", (tx) => tx`update ledger_holds set remaining = remaining - 1`],
    ];
    const owner = user();
    const a = await fund(owner, "10");
    const other = user();
    await fund(other, "5");
    await sql`select private.reserve(${other}, 'EUR', 3, 'test', gen_random_uuid(), gen_random_uuid())`;
    assert.deepEqual(await violations(), []);
    for (const [expected, attack] of cases) {
      const found = await sql.begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await attack(tx, a);
        const rows = await tx`select violation from ledger_check()`;
        throw new Error(rows.map(({ violation }) => violation).join());
      }).catch((error: Error) => error.message);
      assert.match(String(found), new RegExp(expected), `${expected}: ${found}`);
    }
  });

  await step(t, "held money is captured and released in parts, and never more than is held", async () => {
    const owner = user();
    const [available, fees] = [
      await fund(owner, "100"),
      (await sql`select private.platform_account('EUR', 'fees') as id`)[0]?.id,
    ];
    const subject = crypto.randomUUID();
    const reserve = async (amount: string, clientId: string) =>
      (await sql`select private.reserve(${owner}, 'EUR', ${amount}, 'order', ${subject}, ${clientId}) as id`)[0]?.id;
    const id = crypto.randomUUID();
    const hold = await reserve("60", id);
    assert.equal(await reserve("60", id), hold, "asked twice, held once");
    await assert.rejects(reserve("60", crypto.randomUUID()), /conflict/);
    assert.equal(await balance(available), "40");
    await sql`select private.capture(${hold}, 25, ${fees}, gen_random_uuid())`;
    await sql`select private.release_hold(${hold}, 15, gen_random_uuid())`;
    await assert.rejects(sql`select private.capture(${hold}, 20.01, ${fees}, gen_random_uuid())`, /hold_exceeded/);
    await sql`select private.release_hold(${hold}, 20, gen_random_uuid())`;
    await assert.rejects(sql`select private.release_hold(${hold}, 0.01, gen_random_uuid())`, /hold_exceeded/);
    assert.deepEqual([await balance(available), await balance(fees)], ["75", "25"]);
    assert.deepEqual(await violations(), []);
  });

  await step(t, "any balance of the past can be told", async () => {
    const owner = user();
    const a = await fund(owner, "10");
    const [before] = await sql`select clock_timestamp() as at`;
    await post([await world(), a], ["-5", "5"]);
    const at = async (time: Date) =>
      (await sql`select trim_scale(private.balance_at(${a}, ${time}))::text as balance`)[0]?.balance;
    assert.equal(await at(before?.at), "10");
    assert.equal(await at(new Date(Date.now() + 60_000)), "15");
    assert.equal(await at(new Date(0)), "0");
  });

  await step(
    t,
    "500 transfers each way between two accounts end where they began, and nobody sees a deadlock",
    async () => {
      const [a, b] = [await fund(user(), "1000"), await fund(user(), "1000")];
      const wide = postgres(stack.dbUrl, { max: 20, onnotice: () => {} });
      const moves = Array.from({ length: 1_000 }, (_, i) => {
        const [from, to] = i % 2 === 0 ? [a, b] : [b, a];
        return wide`select private.post_transfer('test', gen_random_uuid(), array[${from}, ${to}]::uuid[], array[-1, 1]::numeric[])`;
      });
      await Promise.all(moves);
      await wide.end();
      assert.deepEqual([await balance(a), await balance(b)], ["1000", "1000"]);
      assert.deepEqual(await violations(), []);
    },
  );

  await step(t, "a transfer reads none of the others, however many there are", async () => {
    const [a, b] = [await fund(user(), "1000"), await fund(user(), "1000")];
    await sql`select private.post_transfer('test', gen_random_uuid(), ${[a, b]}::uuid[], array[-0.01, 0.01])
      from generate_series(1, 2000)`;
    await sql`analyze public.ledger_transfers, public.ledger_entries, public.ledger_accounts`;
    const many = await sql`
      insert into public.ledger_accounts (owner_type, owner_id, asset, kind)
      select 'user', gen_random_uuid(), 'EUR', 'available' from generate_series(1, 1000) returning id`;
    const fresh = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
    const read = await fresh.begin(async (tx) => {
      // The plans that a settlement of many made in this session must not be a small transfer's.
      await tx`select private.post_transfer('test', gen_random_uuid(), ${[a, ...many.map(({ id }) => id)]}::uuid[],
        array[-10.00] || array_fill(0.01, array[1000]))`;
      const rows = () =>
        tx`select relname, seq_tup_read::integer as rows from pg_stat_xact_user_tables
          where relname in ('ledger_accounts', 'ledger_entries', 'ledger_transfers') order by relname`;
      const before = await rows();
      await tx`select private.post_transfer('test', gen_random_uuid(), ${[a, b]}::uuid[], array[-1, 1])`;
      await tx`select private.reserve(owner_id, 'EUR', 1, 'test', gen_random_uuid(), gen_random_uuid())
        from public.ledger_accounts where id = ${a}`;
      return (await rows()).map(({ relname, rows }, i) => [relname, rows - before[i]?.rows]);
    });
    await fresh.end();
    assert.deepEqual(read, [["ledger_accounts", 0], ["ledger_entries", 0], ["ledger_transfers", 0]]);
  });

  await step(t, "a session that began with a small ledger reads none of the others when it has grown", async () => {
    await using small = await startTestSupabase();
    const early = postgres(small.dbUrl, { max: 1, onnotice: () => {} });
    await early`create temp table pair as select private.ledger_account('user', gen_random_uuid(), 'EUR', 'available') as a,
      private.platform_account('EUR', 'world') as b`;
    const move = (sql: postgres.Sql | postgres.TransactionSql, times: number) =>
      sql`select private.post_transfer('test', gen_random_uuid(), array[p.a, p.b], array[0.01, -0.01])
        from pair p, generate_series(1, ${times})`;
    await move(early, 3);
    await early`vacuum analyze public.ledger_accounts, public.ledger_entries, public.ledger_transfers`;
    await move(early, 1_000);
    const read = await early.begin(async (tx) => {
      const rows = () =>
        tx`select relname, seq_tup_read::integer as rows from pg_stat_xact_user_tables
          where relname in ('ledger_entries', 'ledger_transfers') order by relname`;
      const before = await rows();
      await move(tx, 1);
      return (await rows()).map(({ relname, rows }, i) => [relname, rows - before[i]?.rows]);
    });
    await early.end();
    assert.deepEqual(read, [["ledger_entries", 0], ["ledger_transfers", 0]]);
  });

  await step(t, "500 reversals asked twice are accepted 500 times", async () => {
    const [a, b] = [await fund(user(), "5000"), await account(user())];
    const made = await Promise.all(Array.from({ length: 500 }, () => post([a, b], ["-3", "3"])));
    const wide = postgres(stack.dbUrl, { max: 20, onnotice: () => {} });
    const reverse = (id: string) =>
      wide`select private.reverse_transfer(${id}, 'reverse', gen_random_uuid())`.then(() => true, (error) => {
        assert.match(error.message, /already_reversed/);
        return false;
      });
    const answers = await Promise.all(made.flatMap((id) => [reverse(id), reverse(id)]));
    await wide.end();
    assert.equal(answers.filter(Boolean).length, 500);
    assert.deepEqual([await balance(a), await balance(b)], ["5000", "0"]);
    assert.deepEqual(await violations(), []);
  });

  await step(t, "200 full-balance withdrawals at once pay once", async () => {
    const [a, out] = [await fund(user(), "77.77"), await world()];
    const wide = postgres(stack.dbUrl, { max: 20, onnotice: () => {} });
    const answers = await Promise.allSettled(
      Array.from(
        { length: 200 },
        () =>
          wide`select private.post_transfer('withdraw', gen_random_uuid(), array[${a}, ${out}]::uuid[], array[-77.77, 77.77])`,
      ),
    );
    await wide.end();
    assert.equal(answers.filter(({ status }) => status === "fulfilled").length, 1);
    assert.equal(await balance(a), "0");
    assert.deepEqual(await violations(), []);
  });

  for (let seed = 1; seed <= MODEL_SEEDS; seed++) {
    await step(
      t,
      `${MODEL_OPERATIONS} random operations agree with a model, with backends killed meanwhile (seed ${seed})`,
      async () => {
        await runLedgerModel({
          dbUrl: stack.dbUrl,
          random: seeded(seed),
          operations: MODEL_OPERATIONS,
          connections: 8,
          kills: 6,
        });
        assert.deepEqual(await violations(), [], `seed ${seed}`);
      },
    );
  }
});
