import assert from "node:assert/strict";
import { createClient } from "@supabase/supabase-js";
import type postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { AuditLog, broken, type Head, outline } from "./audit_log.ts";

/** A client that keeps no session needs no timers. */
const SESSIONLESS = { auth: { persistSession: false, autoRefreshToken: false } };
const DENIED = /forbidden/;

// ASVS 16.2, 16.4: security events are logged, and logs are protected from change.
Deno.test("the audit log is only ever added to, and tells of whoever changed it (ASVS 5: 16.4.2)", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const log = new AuditLog(stack);
  await log.lease();
  await log.write(40);
  await log.seal();

  await step(t, "neither its owner nor the secret key changes, removes or empties anything", async () => {
    const statements = [
      "update public.audit_log set action = 'test.changed' where seq = 3",
      "update public.audit_log set seq = null, prev_hash = null, hash = null where seq = 3",
      "update public.audit_log set seq = 9999, prev_hash = hash, hash = hash where seq = 3",
      "delete from public.audit_log where seq = 3",
      "truncate public.audit_log",
      "delete from public.audit_chain",
      "truncate public.audit_chain",
      "insert into public.audit_log (actor_role, action, subject_type, seq, prev_hash, hash) values ('x', 'a.b', 'x', 1, '', '')",
    ];
    const [partition] = await sql`select tableoid::regclass::text as name from public.audit_log limit 1`;
    for (const text of [...statements, `truncate ${partition?.name}`, `delete from ${partition?.name}`]) {
      await assert.rejects(sql.unsafe(text), DENIED, text);
      await assert.rejects(
        sql.begin(async (tx) => {
          await tx`set local role service_role`;
          await tx.unsafe(text);
        }),
        /permission denied/,
        text,
      );
    }
    await assert.rejects(
      sql`update public.audit_log set seq = 41, prev_hash = hash, hash = sha256('forged')`,
      DENIED,
    );
    assert.deepEqual(outline(await log.verify()), { ok: true, first_bad_seq: null, reason: null });
  });

  await step(t, "an unsealed row takes its place in the chain and no other change", async () => {
    await log.write(1);
    await assert.rejects(sql`update public.audit_log set detail = '{}' where seq is null`, DENIED);
    await assert.rejects(
      sql`update public.audit_log set seq = 43, prev_hash = sha256('x'), hash = sha256('x') where seq is null`,
      DENIED,
    );
    await assert.rejects(sql`delete from public.audit_log where seq is null`, DENIED);
    assert.equal(await log.seal(), 1);
  });

  await step(t, "a client with the secret key reads and writes no row of it", async () => {
    const worker = createClient(stack.url, stack.secretKey, SESSIONLESS);
    for (const table of ["audit_log", "audit_chain"]) {
      const { error } = await worker.from(table).select();
      assert.equal(error?.code, "42501", table);
    }
    const anyone = createClient(stack.url, stack.publishableKey, SESSIONLESS);
    for (const name of ["audit_head", "seal_audit_log", "verify_audit_chain", "purge_audit_log", "audit_page"]) {
      const { error } = await anyone.rpc(name, name === "seal_audit_log" ? { p_lease_token: 1 } : {});
      assert.ok(error !== null, name);
    }
  });

  await step(t, "whoever writes says who acted, and from where only as far as the edge vouches", async () => {
    const actor = crypto.randomUUID();
    const session = crypto.randomUUID();
    await sql.begin(async (tx) => {
      const claims = JSON.stringify({ sub: actor, role: "authenticated", session_id: session });
      const headers = JSON.stringify({ "x-request-id": "req-1", "x-outcry-address": "0123456789abcdef" });
      await tx`select set_config('request.jwt.claims', ${claims}, true), set_config('request.headers', ${headers}, true)`;
      await tx`select private.audit('test.acted', 'thing', ${"x".repeat(500)}, ${
        tx.json({ text: "y".repeat(20_000) })
      })`;
    });
    const [row] = await sql`
      select actor, actor_role, session_id, char_length(subject_id) as length, request_id, address,
        char_length(detail::text) as detail from public.audit_log where action = 'test.acted'`;
    assert.ok(row);
    const { detail, ...rest } = row;
    assert.deepEqual(rest, {
      actor,
      actor_role: "authenticated",
      session_id: session,
      length: 200,
      request_id: "req-1",
      address: null,
    });
    assert.ok(detail < 3_000, `${detail} characters`);
  });

  const attacks: [string, (tx: postgres.TransactionSql) => Promise<unknown>, ReturnType<typeof broken>][] = [
    [
      "an edited row",
      (tx) => tx`update public.audit_log set detail = '{"edited": true}' where seq = 10`,
      broken(10, "row_changed"),
    ],
    [
      "a row edited with its own hash made anew",
      async (tx) => {
        await tx`update public.audit_log set actor_role = 'nobody' where seq = 10`;
        await tx`update public.audit_log a set hash = private.audit_hash(a) where seq = 10`;
      },
      broken(11, "chain_broken"),
    ],
    [
      "a moved time",
      (tx) => tx`update public.audit_log set at = at - interval '1 microsecond' where seq = 10`,
      broken(10, "row_changed"),
    ],
    ["a deleted row", (tx) => tx`delete from public.audit_log where seq = 10`, broken(10, "row_missing")],
    ["a deleted first row", (tx) => tx`delete from public.audit_log where seq = 1`, broken(1, "row_missing")],
    [
      "two rows in each other's place",
      (tx) => tx`update public.audit_log set seq = 31 - seq where seq in (15, 16)`,
      broken(15, "row_changed"),
    ],
    [
      "two rows in each other's place, hashes swapped too",
      (tx) =>
        tx`update public.audit_log a set seq = b.seq, hash = b.hash, prev_hash = b.prev_hash
          from public.audit_log b where a.seq in (15, 16) and b.seq = 31 - a.seq`,
      broken(15, "row_changed"),
    ],
    [
      "a row told twice",
      (tx) =>
        tx`insert into public.audit_log select (x).* from (
          select jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid())) as x
          from public.audit_log a where seq = 20) as y`,
      broken(20, "row_repeated"),
    ],
    [
      "a row out of the chain",
      (tx) => tx`update public.audit_log set seq = null, prev_hash = null, hash = null where seq = 10`,
      broken(10, "row_missing"),
    ],
    ["a tail cut from the rows alone", (tx) => tx`delete from public.audit_log where seq > 35`, broken(36, "tail_cut")],
  ];
  for (const [name, attack, expected] of attacks) {
    await step(t, `verify_audit_chain() names the first bad row after ${name} by a superuser`, async () => {
      const verdict = outline(await log.afterAttack(attack));
      assert.ok(verdict);
      // A row told twice may be read before or after its twin.
      if (expected.reason === "row_repeated") assert.equal(verdict.first_bad_seq, expected.first_bad_seq);
      else assert.deepEqual(verdict, expected);
    });
  }

  await step(
    t,
    "a tail cut together with the chain's end shows against an exported head, and only against one",
    async () => {
      await log.seal();
      const exported = await log.head();
      const cut = async (tx: postgres.TransactionSql) => {
        await tx`delete from public.audit_log where seq > 35`;
        await tx`update public.audit_chain set seq = 35, hash = (select hash from public.audit_log where seq = 35)`;
      };
      assert.equal((await log.afterAttack(cut))?.ok, true);
      assert.deepEqual(outline(await log.afterAttack(cut, [exported])), broken(36, "tail_cut"));
      // An older head that still stands says nothing against it.
      const [old] = await sql`select seq::text, encode(hash, 'hex') as hash from public.audit_log where seq = 30`;
      assert.equal((await log.afterAttack(cut, [old as unknown as Head]))?.ok, true);
    },
  );

  await step(t, "a log chained anew after an edit shows against an exported head", async () => {
    const exported = await log.head();
    const rewrite = async (tx: postgres.TransactionSql) => {
      await tx`update public.audit_log set detail = '{}' where seq = 10`;
      await tx.unsafe(`do $$
        declare v_row public.audit_log; v_hash bytea;
        begin
          for v_row in select * from public.audit_log where seq >= 10 order by seq loop
            v_row.prev_hash := coalesce(v_hash, v_row.prev_hash);
            v_hash := private.audit_hash(v_row);
            update public.audit_log set prev_hash = v_row.prev_hash, hash = v_hash where id = v_row.id;
          end loop;
          update public.audit_chain set hash = v_hash;
        end $$`);
    };
    assert.equal((await log.afterAttack(rewrite))?.ok, true);
    assert.deepEqual(outline(await log.afterAttack(rewrite, [exported])), broken(Number(exported.seq), "head_differs"));
  });

  await step(t, "malformed heads are refused", async () => {
    for (const head of [{ seq: "x", hash: "00" }, { seq: "1" }, { hash: "00".repeat(32) }]) {
      await assert.rejects(log.verify(1, [head as Head]), /bad_request/);
    }
  });
});
