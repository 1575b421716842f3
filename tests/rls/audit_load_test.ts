import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { AuditLog, broken, outline } from "./audit_log.ts";

const DENIED = /forbidden/;

Deno.test("the audit log under load", async (t) => {
  await using stack = await startTestSupabase();
  const log = new AuditLog(stack);
  await log.lease();

  await step(t, "fifty writers at once never fork the chain, and the sealer keeps none of them waiting", async () => {
    const pool = postgres(stack.dbUrl, { max: 50, onnotice: () => {} });
    try {
      let writing = true;
      const sealing = (async () => {
        while (writing) await log.seal();
      })();
      const writers = Array.from({ length: 50 }, async () => {
        for (let n = 0; n < 20; n++) {
          await pool.begin(async (tx) => {
            await tx`select private.audit('test.wrote', 'thing', '1')`;
            await tx`select private.audit('test.wrote', 'thing', '2')`;
          });
        }
      });
      await Promise.all(writers);
      writing = false;
      await sealing;
      await log.seal();
    } finally {
      await pool.end({ timeout: 1 });
    }
    const [row] = await log.sql`
      select count(*)::integer as rows, count(distinct seq)::integer as places, max(seq)::integer as last
      from public.audit_log where seq is not null`;
    const [wrote] = await log
      .sql`select count(*)::integer as n from public.audit_log where action = 'test.wrote' and seq is not null`;
    assert.equal(wrote?.n, 2_000);
    assert.deepEqual([row?.places, row?.last], [row?.rows, row?.rows]);
    assert.equal((await log.verify()).ok, true);
  });

  await step(t, "a long transaction delays nobody: its rows come later in the chain", async () => {
    const slow = await log.sql.reserve();
    try {
      await slow`begin`;
      await slow`select private.audit('test.slow', 'thing', null)`;
      await log.write(10);
      assert.equal(await log.seal(), 10);
      const before = await log.head();
      assert.equal((await log.verify(1, [before])).ok, true);
      // The months ahead are made while it is open, too.
      await log.sql`select private.create_audit_partition('2040-01-01')`;
      await slow`commit`;
      assert.equal(await log.seal(), 1);
      const [row] = await log.sql`select seq::text, at from public.audit_log where action = 'test.slow'`;
      assert.equal(row?.seq, String(Number(before.seq) + 1));
      assert.equal((await log.verify(1, [before, await log.head()])).ok, true);
    } finally {
      slow.release();
    }
  });

  await step(t, "two sealers: only the holder of the lease seals", async () => {
    const lease = async (holder: string) => {
      const [row] = await log.sql`select acquire_lease('audit', ${holder}, 60000) as lease`;
      return row?.lease?.token ?? null;
    };
    await log.sql`update public.leases set expires_at = now() where name = 'audit'`;
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const token = await lease(first);
    assert.equal(await lease(second), null);
    await log.write(3);
    await assert.rejects(log.sql`select seal_audit_log(${token + 1})`, /stale_lease/);
    await assert.rejects(log.sql`select seal_audit_log(${token - 1})`, /stale_lease/);
    // Calls of the holder that overlap seal each row once.
    const answers = await Promise.all([1, 2, 3].map(() => log.sql`select seal_audit_log(${token}) as r`));
    assert.deepEqual(answers.map(([row]) => row?.r.sealed).toSorted(), [0, 0, 3]);
    assert.equal((await log.verify()).ok, true);
    await log.sql`update public.leases set expires_at = now() where name = 'audit'`;
    await log.lease();
  });

  await step(t, "12,000 rows are verified in chunks, each well within five seconds", async () => {
    await log.write(12_000);
    await log.seal();
    const head = await log.head();
    let from: number | null = 1;
    let checked = 0;
    let chunks = 0;
    while (from !== null && chunks < 10) {
      const asked = performance.now();
      const verdict = await log.verify(from, [head]);
      assert.ok(performance.now() - asked < 5_000, `${performance.now() - asked} ms`);
      assert.equal(verdict.ok, true, JSON.stringify(verdict));
      checked += verdict.checked;
      from = verdict.next_seq === null ? null : Number(verdict.next_seq);
      chunks++;
    }
    assert.deepEqual([chunks, String(checked)], [2, head.seq]);
    assert.deepEqual(outline(await log.verify(Number(head.seq) + 5, [head])), broken(Number(head.seq) + 1, "tail_cut"));
  });

  await step(
    t,
    "what is younger than seven years is never purged; whole older months are, and the chain goes on",
    async () => {
      for (const age of ["0 seconds", "1 year", "6 years 364 days"]) {
        await assert.rejects(log.sql`select purge_audit_log(now() - ${age}::interval)`, DENIED, age);
      }
      await assert.rejects(log.sql`select purge_audit_log(null)`, DENIED);
      assert.deepEqual((await log.sql`select purge_audit_log(now() - interval '8 years') as r`)[0]?.r, { dropped: [] });

      // A log whose first rows are ten years old.
      await log.sql.begin(async (sql) => {
        await sql`select private.create_audit_partition('2016-05-01')`;
        await sql`set local session_replication_role = replica`;
        await sql`delete from public.audit_log where seq > 300`;
        await sql`update public.audit_log set seq = null, prev_hash = null, hash = null where seq <= 100`;
        await sql`update public.audit_log set at = timestamptz '2016-05-10' where seq is null`;
        await sql`update public.audit_log set seq = null, prev_hash = null, hash = null where seq is not null`;
        await sql`update public.audit_chain set seq = 0, hash = purged_hash`;
      });
      await log.seal();
      const [early] = await log.sql`select seq::text, encode(hash, 'hex') as hash from public.audit_log where seq = 50`;
      const old = { seq: early?.seq, hash: early?.hash };
      const { dropped } = (await log.sql`select purge_audit_log(now() - interval '8 years') as r`)[0]?.r;
      assert.deepEqual(dropped, ["audit_log_2016_05"]);
      await log.seal();
      const verdict = await log.verify(1, [{ ...old, at: "2016-05-10T00:00:00Z" }, await log.head()]);
      assert.equal(verdict.ok, true, JSON.stringify(verdict));
      // 200 rows were kept, and the purge itself was written down.
      assert.equal(verdict.checked, 201);
      const [purged] = await log.sql`select detail from public.audit_log where action = 'audit.purged'`;
      assert.deepEqual(purged?.detail.partitions, ["audit_log_2016_05"]);
      // A head of yesterday within what is said to be purged gives a made-up purge away.
      const recent = { ...old, at: new Date(Date.now() - 86_400_000).toISOString() };
      assert.deepEqual(outline(await log.verify(1, [recent])), broken(50, "row_missing"));
    },
  );

  await step(t, "a month without a partition keeps nobody from writing", async () => {
    const [row] = await log.sql`select 'private.audit_log_' || to_char(now() at time zone 'utc', 'YYYY_MM') as name`;
    await log.sql.begin(async (sql) => {
      await sql.unsafe(`drop table ${row?.name}`);
      await sql`select private.audit('test.wrote', 'thing', 'new month')`;
      const [found] = await sql`select count(*)::integer as n from public.audit_log where subject_id = 'new month'`;
      assert.equal(found?.n, 1);
      throw new Error("undo");
    }).catch((error) => assert.equal(error.message, "undo"));
  });
});
