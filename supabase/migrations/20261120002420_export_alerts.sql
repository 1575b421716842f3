-- What a user takes along holds their alerts, too; the rest is as it was.
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
      -- What an administrator did to others is not theirs to take along.
      where x.actor = v_user_id and (x.subject_type <> 'user' or x.subject_id = v_user_id::text)
      order by x.at desc, x.id desc limit 10000) as a));
end
$$;
