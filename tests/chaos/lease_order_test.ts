import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { until } from "../until.ts";

const NAME = "feed:sim";
const TTL_MS = 7_000;

Deno.test("A renewal waits for no write, and a takeover waits for the old holder's last one", async () => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const [old, next] = [crypto.randomUUID(), crypto.randomUUID()];
  // A connection that would rather fail than wait for a lock.
  const impatient = postgres(stack.dbUrl, { max: 1, connection: { lock_timeout: 500 } });
  await sql`create table public.written (by integer)`;
  const take = async (connection: postgres.ISql, holder: string) => {
    const [row] = await connection`select public.acquire_lease(${NAME}, ${holder}, ${TTL_MS}) as lease`;
    return row?.lease?.token ?? null;
  };
  const write = (connection: postgres.ISql, token: number) =>
    connection`select private.require_lease(${NAME}, ${token})`;
  assert.equal(await take(sql, old), 1);

  let takeover: Promise<number | null> = Promise.resolve(null);
  await sql.begin(async (writing) => {
    await write(writing, 1);
    assert.equal(await take(impatient, old), 1, "a renewal passes a write that holds the lease");
    assert.equal(await take(impatient, next), null, "a standby that asks for a lease in force waits for nothing");
    await sql`update public.leases set expires_at = clock_timestamp() where name = ${NAME}`;
    takeover = take(sql, next);
    await until(async () => {
      const [row] = await sql`select count(*)::int as n from pg_stat_activity where wait_event_type = 'Lock'`;
      return row?.n === 1;
    }, "the takeover waits for the write");
    await writing`insert into public.written values (1)`;
  });
  assert.equal(await takeover, 2);
  await assert.rejects(write(sql, 1), /stale_lease/);
  await write(sql, 2);
  assert.equal(await take(sql, old), null);
  const written = await sql`select by from public.written`;
  assert.deepEqual(
    written.map((row) => row.by),
    [1],
    "the last write under the old token was there before the new one",
  );
  await impatient.end();
});
