-- A streamer is told of each tip, by a worker right after: who tips holds the room, and must not wait there for whoever
-- deletes the streamer's account and waits for the room. The name is looked up when the news is read.
create function private.tell_of_tip() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
  insert into public.notice_batches (kind, users, data)
  values ('tip_received', array[new.to_user], array[jsonb_build_object(
    'tip_id', new.id, 'stream_id', new.stream_id, 'user_id', new.from_user, 'amount', trim_scale(new.amount)::text,
    'net', trim_scale(new.amount - new.fee)::text, 'currency', 'EUR')]);
  perform realtime.send('{"notices": true}', 'wake', 'worker', true);
  return null;
end
$$;
create trigger tell_of_tip after insert on public.stream_tips
  for each row execute function private.tell_of_tip();

-- What others or the market may cause in any number must not push out of sight what one has to see.
create index notifications_frequent_idx on public.notifications (user_id, id desc) where kind in ('alert', 'live_now', 'tip_received');
create index notifications_rare_idx on public.notifications (user_id, id desc) where kind not in ('alert', 'live_now', 'tip_received');

create function private.newest_notifications(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with rare as (
    select * from public.notifications n
    where n.user_id = p_user_id and n.kind not in ('alert', 'live_now', 'tip_received') order by n.id desc limit 40
  ), frequent as (
    select * from public.notifications n
    where n.user_id = p_user_id and n.kind in ('alert', 'live_now', 'tip_received') order by n.id desc limit 10
  )
  select coalesce(jsonb_agg(to_jsonb(n) - 'user_id' || case when n.kind = 'tip_received' then jsonb_build_object(
      'data', n.data || jsonb_build_object('username', private.member_name((n.data ->> 'user_id')::uuid))) else '{}' end
    order by n.id desc), '[]')
  from (select * from rare union all select * from frequent) as n
$$;
comment on function private.newest_notifications(uuid) is
  'A user''s newest notifications, latest first: [{id, kind, data, created_at, read_at}]; 10 of those that come often, 40 of the others.';

create or replace function public.my_account() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  return jsonb_build_object(
    'profile', (select to_jsonb(p) from public.profiles p where p.id = v_user_id),
    'email', (select u.email from auth.users u where u.id = v_user_id),
    'identities', (select coalesce(jsonb_agg(jsonb_build_object('provider', i.provider, 'last_sign_in_at', i.last_sign_in_at)), '[]')
      from auth.identities i where i.user_id = v_user_id),
    'devices', public.my_devices(),
    'recovery_codes_left', (select count(*)::integer from public.recovery_codes r where r.user_id = v_user_id and r.used_at is null),
    'notifications', private.newest_notifications(v_user_id),
    'admin', private.is_admin());
end
$$;
