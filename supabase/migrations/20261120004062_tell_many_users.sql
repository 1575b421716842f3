-- Notifications to many users at once: one statement, however many they are.
create function private.notify_users(p_users uuid[], p_kind text, p_data jsonb[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Each broadcast is a row of its own; whoever is not told at once reads the table.
  v_sends_max constant integer := 500;
  -- Time and version of this instant's UUIDv7; chance does the rest of each.
  v_instant constant text := left(private.uuid_v7()::text, 15);
  v_told jsonb[];
  v_row jsonb;
begin
  with kept as (
    insert into public.notifications (id, user_id, kind, data)
    select overlay(gen_random_uuid()::text placing v_instant from 1)::uuid, u.id, p_kind, t.data from unnest(p_users, p_data) as t(user_id, data)
    -- Books name people who are gone.
    join auth.users u on u.id = t.user_id
    order by u.id
    returning id, user_id, kind, data, created_at
  ), first as (select * from kept limit v_sends_max)
  select array_agg(to_jsonb(f)) into v_told from first as f;
  foreach v_row in array coalesce(v_told, '{}') loop
    perform realtime.send(v_row - 'user_id', 'notification', 'user:' || (v_row ->> 'user_id'), true);
  end loop;
end
$$;
comment on function private.notify_users(uuid[], text, jsonb[]) is
  'Keeps a notification for each of many users and broadcasts the first 500 of them.';
