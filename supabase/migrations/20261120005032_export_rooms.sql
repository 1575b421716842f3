-- What a user takes along tells of rooms, too.
create function private.export_my_rooms(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  -- The newest 10,000 of each; of others no more than whom one follows.
  select jsonb_build_object(
    'streams', (select coalesce(jsonb_agg(to_jsonb(s.s) - array['epoch', 'epoch_raised_at', 'epoch_due', 'counted_at'] order by s.id), '[]')
      from (
        select x as s, x.id from public.streams x where x.streamer_id = p_user_id order by x.id desc limit 10000) as s),
    'chat_messages', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'stream_id', m.stream_id, 'message', m.message,
        'message_type', m.message_type, 'data', m.data, 'created_at', m.created_at) order by m.id), '[]')
      from (
        select * from public.stream_messages x where x.user_id = p_user_id order by x.created_at desc, x.id desc limit 10000) as m),
    'follows', (select coalesce(jsonb_agg(jsonb_build_object('user_id', f.streamer_id, 'username', private.member_name(f.streamer_id),
        'followed_at', f.followed_at) order by f.followed_at, f.streamer_id), '[]')
      from (
        select * from public.stream_follows x where x.follower_id = p_user_id order by x.followed_at desc limit 10000) as f),
    'tips_given', (select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'stream_id', g.stream_id, 'at', g.at,
        'amount', trim_scale(g.amount)::text) order by g.id), '[]')
      from (
        select * from public.stream_tips x where x.from_user = p_user_id order by x.id desc limit 10000) as g),
    'tips_received', (select coalesce(jsonb_agg(jsonb_build_object('stream_id', r.stream_id, 'at', r.at,
        'amount', trim_scale(r.amount)::text, 'fee', trim_scale(r.fee)::text) order by r.id), '[]')
      from (
        select * from public.stream_tips x where x.to_user = p_user_id order by x.id desc limit 10000) as r))
$$;
comment on function private.export_my_rooms(uuid) is
  'A user''s part in rooms: {streams, chat_messages, follows, tips_given, tips_received}.';

create or replace function private.export_my_data() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  perform private.audit('user.exported', 'user', v_user_id::text, '{}');
  return jsonb_build_object(
    'account', (select jsonb_build_object('id', u.id, 'email', u.email, 'created_at', u.created_at,
      'last_sign_in_at', u.last_sign_in_at, 'user_metadata', u.raw_user_meta_data) from auth.users u where u.id = v_user_id),
    'profile', (select to_jsonb(p) from public.profiles p where p.id = v_user_id),
    'identities', (select coalesce(jsonb_agg(jsonb_build_object('provider', i.provider, 'email', i.identity_data -> 'email',
      'created_at', i.created_at, 'last_sign_in_at', i.last_sign_in_at) order by i.created_at, i.id), '[]')
      from auth.identities i where i.user_id = v_user_id),
    'limits', private.limits_json(v_user_id),
    'alerts', (select coalesce(jsonb_agg(private.alert_json(a) order by a.id), '[]') from public.alerts a where a.user_id = v_user_id),
    'devices', (select coalesce(jsonb_agg(to_jsonb(d) - 'user_id' order by d.id), '[]') from public.devices d where d.user_id = v_user_id),
    'notifications', (select coalesce(jsonb_agg(to_jsonb(n) - 'user_id' order by n.id), '[]') from (
      select * from public.notifications x where x.user_id = v_user_id order by x.id desc limit 10000) as n),
    'activity', (select coalesce(jsonb_agg(jsonb_build_object('at', a.at, 'action', a.action, 'subject_type', a.subject_type,
      'subject_id', a.subject_id, 'detail', a.detail, 'session_id', a.session_id) order by a.at, a.id), '[]') from (
      select * from public.audit_log x
      -- What an administrator did to others, or about their money, is not theirs to take along.
      where x.actor = v_user_id and (x.subject_type <> 'user' or x.subject_id = v_user_id::text)
        and coalesce(x.detail ->> 'user_id', v_user_id::text) = v_user_id::text
      order by x.at desc, x.id desc limit 10000) as a))
    || private.export_my_money(v_user_id) || private.export_my_rooms(v_user_id);
end
$$;
