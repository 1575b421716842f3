-- What ten thousand people are told does not hold up the settlement they are told of: a few hundred are told with it, more
-- are written down in batches with it, and told by a worker right after, each of them over Realtime as well.
create table public.notice_batches (
  id uuid primary key default private.uuid_v7(),
  kind text not null check (kind ~ '^[a-z_]{1,40}$'),
  users uuid[] not null,
  -- One for each user.
  data jsonb[] not null check (cardinality(data) = cardinality(users) and cardinality(users) between 1 and 500),
  -- When it happened.
  created_at timestamptz not null default now()
);
-- Compressing what is gone in a second costs more than it saves.
alter table public.notice_batches alter column users set storage external, alter column data set storage external;
alter table public.notice_batches enable row level security;
revoke all on public.notice_batches from anon, authenticated, service_role;

create function private.tell_users(p_users uuid[], p_kind text, p_data jsonb[], p_at timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Time and version of this instant's UUIDv7; chance does the rest of each.
  v_instant constant text := left(private.uuid_v7()::text, 15);
  v_told jsonb[];
  v_row jsonb;
begin
  with kept as (
    insert into public.notifications (id, user_id, kind, data, created_at)
    select overlay(gen_random_uuid()::text placing v_instant from 1)::uuid, t.user_id, p_kind, t.data, p_at
    from unnest(p_users, p_data) as t(user_id, data)
    -- Books name people who are gone, or are going just now: they are waited for.
    cross join lateral (select from auth.users u where u.id = t.user_id for key share) as u
    order by t.user_id
    returning id, user_id, kind, data, created_at
  )
  select array_agg(to_jsonb(k)) into v_told from kept as k;
  foreach v_row in array coalesce(v_told, '{}') loop
    perform realtime.send(v_row - 'user_id', 'notification', 'user:' || (v_row ->> 'user_id'), true);
  end loop;
end
$$;
comment on function private.tell_users(uuid[], text, jsonb[], timestamptz) is
  'Keeps a notification for each of some users, of what happened at a time, and broadcasts it.';

create or replace function private.notify_users(p_users uuid[], p_kind text, p_data jsonb[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_at_once_max constant integer := 500;
  -- As the notifications' own table has it.
  v_data_bytes_max constant integer := 4096;
begin
  if coalesce(cardinality(p_users), 0) <= v_at_once_max then
    perform private.tell_users(p_users, p_kind, p_data, now());
    return;
  end if;
  if exists (select 1 from unnest(p_data) as d where d is null or pg_column_size(d) > v_data_bytes_max) then
    raise exception 'A notification is too large' using errcode = 'check_violation';
  end if;
  insert into public.notice_batches (kind, users, data)
  select p_kind, p_users[n:n + v_at_once_max - 1], p_data[n:n + v_at_once_max - 1]
  from generate_series(1, cardinality(p_users), v_at_once_max) as n;
  perform realtime.send('{"notices": true}', 'wake', 'worker', true);
end
$$;
comment on function private.notify_users(uuid[], text, jsonb[]) is
  'Tells many users something each: up to 500 at once, more by batches that wake the worker.';

create function public.deliver_notices() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_batch public.notice_batches;
begin
  delete from public.notice_batches b
  where b.id = (select q.id from public.notice_batches q order by q.id limit 1 for update skip locked)
  returning * into v_batch;
  if not found then
    return 0;
  end if;
  perform private.tell_users(v_batch.users, v_batch.kind, v_batch.data, v_batch.created_at);
  return cardinality(v_batch.users);
end
$$;
comment on function public.deliver_notices() is
  'Tells the users of the oldest batch of notifications that no other worker is at: how many they are, 0 when none waits.';
grant execute on function public.deliver_notices() to service_role;
