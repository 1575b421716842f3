import assert from "node:assert/strict";
import postgres from "postgres";
import { startTestSupabase, step } from "../../supabase/embedded/testing.ts";
import { ask, type Caller, makeCallers, STRANGER } from "./pool_world.ts";
import { openRoom } from "./room_world.ts";

/** Enough that the planner takes an index where there is one. */
const CROWD = 20_000;

/** Rows of one table that a call may read in passing: those of small tables, and of one page. */
const ROWS_MAX = 400;

const id = () => crypto.randomUUID();

Deno.test("what is done often reads no table as a whole", async (t) => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  await sql`select public.claim_deployment_mode('local')`;
  const [admin] = await makeCallers(sql, 1, { admin: true });
  const [streamer, viewer, manager] = await makeCallers(sql, 3);
  assert.ok(admin && streamer && viewer && manager);
  await makeCallers(sql, CROWD, { eur: 10 });
  const { stream_id: p_stream_id } = await openRoom(sql, streamer);
  const pool = await fill(sql, { admin, streamer, stream: p_stream_id, viewer });
  const [profile] = await sql`select username from public.profiles where id = ${streamer.id}`;
  const room = { p_stream_id };
  const p_tab_id = id();
  const calls: [Caller, string, Record<string, unknown>][] = [
    [STRANGER, "begin_sign_in", { p_kind: "password", p_email: "nobody@reading.test" }],
    [viewer, "my_account", {}],
    [viewer, "my_wallet", {}],
    [viewer, "my_statement", {}],
    [viewer, "use_faucet", { p_asset: "EUR", p_amount: "10", p_client_id: id() }],
    [viewer, "request_withdrawal", {
      ...{ p_asset: "EUR", p_amount: "10", p_destination: "DE89370400440532013000", p_client_id: id() },
    }],
    [viewer, "my_withdrawals", {}],
    [viewer, "pools_page", {}],
    [viewer, "pool_detail", { p_pool_id: pool }],
    [viewer, "invest", { p_pool_id: pool, p_amount: "10", p_client_id: id() }],
    [viewer, "my_investments", {}],
    [STRANGER, "streams_page", {}],
    [STRANGER, "stream_detail", room],
    [viewer, "profile_page", { p_username: profile?.username }],
    [viewer, "join_stream", { ...room, p_tab_id }],
    [viewer, "chat_page", room],
    [viewer, "send_message", { ...room, p_client_id: id(), p_message: "Hello" }],
    [viewer, "tip", { ...room, p_client_id: id(), p_amount: "1" }],
    [viewer, "follow", { p_user_id: streamer.id, p_follow: true }],
    [streamer, "acts_page", room],
    [streamer, "ban_user", { ...room, p_user_id: viewer.id }],
    [admin, "audit_page", {}],
    [admin, "admin_users", {}],
    [admin, "admin_user", { p_user_id: viewer.id }],
    [admin, "admin_credit_user", { p_user_id: viewer.id, p_asset: "EUR", p_amount: "10", p_client_id: id() }],
  ];
  for (const [who, name, args] of calls) {
    await step(t, name, async () => {
      // Whoever asks first in a session gets plans of what there is now.
      const fresh = postgres(stack.dbUrl, { max: 1, onnotice: () => {} });
      try {
        assert.deepEqual(await tablesRead(fresh, who, name, args), []);
      } finally {
        await fresh.end();
      }
    });
  }
});

/** Tables of which a call read more rows than {@link ROWS_MAX}, one after the other or by an index. */
async function tablesRead(
  sql: postgres.Sql,
  who: Caller,
  name: string,
  args: Record<string, unknown>,
): Promise<string[]> {
  const read = () =>
    sql`select schemaname || '.' || relname as name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::integer as rows
      from pg_stat_user_tables`;
  const flush = () => sql`select pg_stat_force_next_flush()`;
  await flush();
  const before = new Map((await read()).map(({ name, rows }) => [name, rows as number]));
  const answer = await ask(sql, who, name, args);
  assert.equal(answer?.code, undefined, answer?.detail);
  await flush();
  return (await read()).filter(({ name, rows }) => rows - (before.get(name) ?? 0) > ROWS_MAX)
    .map(({ name, rows }) => `${name}: ${rows - (before.get(name) ?? 0)}`);
}

/** A room and a pool with a past of many people; their tables' triggers would take minutes. */
async function fill(
  sql: postgres.Sql,
  { admin, streamer, stream, viewer }: { admin: Caller; streamer: Caller; stream: string; viewer: Caller },
): Promise<string> {
  const p_pool = {
    name: "Calm",
    currency: "EUR",
    cycle: "manual",
    minimum: "1",
    manager_fee_percent: "10",
    visibility: "public",
  };
  const pool = (await ask(sql, admin, "admin_create_pool", { p_pool, p_client_id: id() })).pool.id;
  await ask(sql, admin, "admin_open_pool", { p_pool_id: pool, p_client_id: id() });
  await ask(sql, viewer, "invest", { p_pool_id: pool, p_amount: "100", p_client_id: id() });
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`create temp table crowd on commit drop as
      select id, row_number() over () as n from auth.users where id <> all (${[streamer.id, viewer.id]}::uuid[])`;
    await tx`insert into public.stream_messages (id, stream_id, user_id, message, message_type, client_id)
      select private.uuid_v7(), ${stream}, id, 'hello', 'TEXT', gen_random_uuid() from crowd`;
    await tx`insert into public.stream_follows (streamer_id, follower_id) select ${streamer.id}, id from crowd`;
    await tx`insert into public.stream_members (streamer_id, user_id) select ${streamer.id}, id from crowd`;
    await tx`insert into public.stream_viewers (stream_id, tab_id, user_id, expires_at)
      select ${stream}, gen_random_uuid(), id, now() + interval '10 minutes' from crowd`;
    await tx`insert into public.stream_tips (stream_id, from_user, to_user, amount, fee, transfer_id)
      select ${stream}, c.id, ${streamer.id}, 1, 0.05, l.id from crowd c
      join (select id, row_number() over () as n from public.ledger_transfers) as l using (n)`;
    await tx`insert into public.stream_acts (streamer_id, stream_id, actor_id, act)
      select ${streamer.id}, ${stream}, ${streamer.id}, 'message_removed' from crowd`;
    await tx`insert into public.notifications (user_id, kind) select id, 'alert' from crowd`;
    await tx`insert into public.audit_log (actor, actor_role, action, subject_type, subject_id)
      select id, 'authenticated', 'test.acted', 'user', id::text from crowd`;
  });
  await sql`vacuum analyze`;
  return pool;
}
