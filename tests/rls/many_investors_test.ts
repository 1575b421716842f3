import assert from "node:assert/strict";
import { startTestSupabase } from "../../supabase/embedded/testing.ts";
import { Dealing } from "./dealing.ts";

const INVESTORS = 10_000;
/** Subscriptions of each, over several pools; half of what they are in has settled. */
const REQUESTS = 4;
const POOLS = 3;
/** Who looks: every tenth. All ten thousand are there to be seen, so that each one's neighbours may be mistaken for them. */
const STEP = 10;

/** As the API calls: claims and role first. What somebody sees that is not theirs, or misses that is, is a row. */
const LOOK = `
  create schema look;
  create table look.people as
    select n, md5('user' || n)::uuid as id, md5('session' || n)::uuid as session from generate_series(0, ${
  INVESTORS - 1
}) as n;
  create index on look.people (n);
  create table look.found (n integer, what text);
  create function look.look(p_from integer, p_step integer) returns integer language plpgsql as $$
  declare
    v_me record;
    v_other record;
    v_answers jsonb[];
    v_looked integer := 0;
  begin
    for v_me in select * from look.people p where p.n % p_step = p_from order by p.n loop
      select (select id from public.pool_requests where investor_id = p.id limit 1) as investment,
        (select id from public.withdrawals where user_id = p.id limit 1) as withdrawal
      into v_other from look.people p where p.n = (v_me.n + 1) % ${INVESTORS};
      perform set_config('request.jwt.claims',
        jsonb_build_object('sub', v_me.id, 'role', 'authenticated', 'session_id', v_me.session)::text, true);
      -- Each call is an answer of its own, with headers of its own.
      perform set_config('response.headers', '[]', true);
      perform set_config('role', 'authenticated', true);
      v_answers := array[public.my_investments(200), public.my_withdrawals(200), '{"refused": 0}'];
      begin
        v_answers[3] := public.my_investment(v_other.investment);
      exception when sqlstate 'PT404' then
        v_answers[3] := '{"refused": 1}';
      end;
      begin
        v_answers[3] := v_answers[3] || public.my_withdrawal(v_other.withdrawal);
      exception when sqlstate 'PT404' then
        v_answers[3] := v_answers[3] || '{"again": 1}';
      end;
      perform set_config('role', 'none', true);
      v_looked := v_looked + 1;
      insert into look.found
      select v_me.n, 'investment ' || coalesce(a.id, b.id::text)
      from (select x ->> 'id' as id from jsonb_array_elements(v_answers[1] -> 'items') as x) as a
      full join (select r.id from public.pool_requests r where r.investor_id = v_me.id and r.kind = 'subscribe') as b on b.id::text = a.id
      where a.id is null or b.id is null
      union all
      select v_me.n, 'withdrawal ' || coalesce(a.id, b.id::text)
      from (select x ->> 'id' as id from jsonb_array_elements(v_answers[2] -> 'items') as x) as a
      full join (select w.id from public.withdrawals w where w.user_id = v_me.id) as b on b.id::text = a.id
      where a.id is null or b.id is null
      union all
      select v_me.n, 'a neighbour''s: ' || v_answers[3]::text where v_answers[3] <> '{"refused": 1, "again": 1}';
    end loop;
    return v_looked;
  end $$;`;

Deno.test("ten thousand investors each see their own investments and withdrawals alone", async () => {
  await using stack = await startTestSupabase();
  const { sql } = stack;
  const deal = await Dealing.open(stack);
  await sql.unsafe(LOOK);
  const pools: string[] = [];
  for (let i = 0; i < POOLS; i++) pools.push((await deal.makePool()).id);
  await deal.byHand(async (tx) => {
    await tx`insert into auth.users (id, email) select id, id || '@many.test' from look.people`;
    await tx`insert into auth.sessions (id, user_id) select session, id from look.people`;
    await tx`insert into public.withdrawals (user_id, asset, amount, eur, destination, status, cancelled_at)
      select id, 'EUR', 1, 1, 'somewhere', 'cancelled', now() from look.people`;
  });
  await sql`insert into public.ledger_accounts (owner_type, owner_id, asset, kind)
    select 'user', id, 'EUR', kind from look.people cross join unnest(array['available', 'held']) as kind`;
  await sql`select private.post_transfer('seed', gen_random_uuid(), array_agg(x.id), array_agg(x.amount)) from (
    select private.platform_account('EUR', 'world') as id, ${-INVESTORS * REQUESTS * 10}::numeric as amount
    union all select a.id, ${
    REQUESTS * 10
  } from public.ledger_accounts a join look.people p on p.id = a.owner_id where a.kind = 'held') as x`;
  await deal.byHand((tx) =>
    tx`with held as (
        insert into public.ledger_holds (owner_id, asset, amount, remaining, subject_type, subject_id)
        select p.id, 'EUR', 10, 10, 'pool_request', private.uuid_v7()
        from generate_series(1, ${REQUESTS}::integer) cross join look.people p
        returning id, owner_id, subject_id)
      insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, amount, hold_id)
      select h.subject_id, (${pools}::uuid[])[1 + row_number() over (order by h.subject_id) % ${POOLS}], h.owner_id, 'subscribe', 1, 10, h.id from held h`
  );
  await sql`analyze`;
  // In the first pool they wait, in the others they have become lots.
  for (const pool of pools.slice(1)) await deal.settle(pool, "0");
  await sql`analyze`;
  const [looked] = await sql`select look.look(0, ${STEP}) as count`;
  assert.equal(looked?.count, INVESTORS / STEP);
  const found = await sql`select n, what from look.found order by n limit 10`;
  assert.deepEqual(found.map(({ n, what }) => `${n}: ${what}`), []);
  assert.deepEqual(await deal.violations(), []);
});
