-- Users newest first, filtered by KYC status and role; and one user whole.
drop function public.admin_users(text, integer, uuid);
create function public.admin_users(
  p_query text default null, p_kyc text default null, p_role text default null,
  p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_query text := nullif(lower(btrim(p_query)), '');
  v_like text := '%' || replace(replace(replace(v_query, '\', '\\'), '%', '\%'), '_', '\_') || '%';
  v_items jsonb;
  v_more boolean;
  v_last_at timestamptz;
  v_last_id uuid;
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif char_length(p_query) > 100 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The search text is 100 characters at most';
  elsif p_kyc not in ('none', 'pending', 'verified', 'rejected') or p_role not in ('user', 'admin') then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = 'A KYC status is none, pending, verified or rejected, a role user or admin';
  elsif p_cursor is not null then
    if p_cursor !~ '^\d{1,17}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
      raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
    end if;
    v_last_at := timestamptz 'epoch' + split_part(p_cursor, ':', 1)::bigint * interval '1 microsecond';
    v_last_id := split_part(p_cursor, ':', 2)::uuid;
  end if;
  with page as (
    select p.id, p.username, u.email, p.kyc_status, p.created_at, u.last_sign_in_at, a.user_id is not null as admin,
      row_number() over (order by p.created_at desc, p.id desc) as place
    from public.profiles p
    join auth.users u on u.id = p.id
    left join public.admins a on a.user_id = p.id
    where (p_kyc is null or p.kyc_status = p_kyc)
      and (p_role is null or (a.user_id is not null) = (p_role = 'admin'))
      and (v_query is null or p.username like v_like or lower(u.email) like v_like or p.id::text = v_query)
      and (v_last_at is null or (p.created_at, p.id) < (v_last_at, v_last_id))
    order by p.created_at desc, p.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'user_id', c.id, 'username', c.username, 'email', c.email, 'kyc_status', c.kyc_status, 'admin', c.admin,
      'sessions', (select count(*)::integer from auth.sessions s where s.user_id = c.id),
      'created_at', c.created_at, 'last_sign_in_at', c.last_sign_in_at)
    order by c.place) filter (where c.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page as c;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then
    (extract(epoch from (v_items -> -1 ->> 'created_at')::timestamptz) * 1000000)::bigint::text || ':'
      || (v_items -> -1 ->> 'user_id') end);
end
$$;
comment on function public.admin_users(text, text, text, integer, text) is
  'Users for administrators, newest first: {items, next_cursor}. p_query is part of a username or e-mail address, or an id.';
grant execute on function public.admin_users(text, text, text, integer, text) to authenticated;

create function private.admin_user_sessions(p_user_id uuid, p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'session_id', s.id, 'device', d.name, 'aal', s.aal::text, 'created_at', s.created_at, 'seen_at', s.seen_at)
    order by s.seen_at desc, s.id), '[]')
  from (
    -- By name, because versions of Auth differ in their columns.
    select x.id, x.aal, x.created_at,
      coalesce((to_jsonb(x) ->> 'refreshed_at')::timestamp at time zone 'utc', x.updated_at, x.created_at) as seen_at
    from auth.sessions x where x.user_id = p_user_id order by x.updated_at desc limit p_limit) as s
  left join public.device_sessions ds on ds.session_id = s.id
  left join public.devices d on d.id = ds.device_id
$$;

create function private.admin_user_devices(p_user_id uuid, p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'device_id', d.id, 'name', d.name, 'first_seen_at', d.first_seen_at, 'last_seen_at', d.last_seen_at,
    'sessions', (select count(*)::integer from public.device_sessions s where s.device_id = d.id))
    order by d.last_seen_at desc, d.id), '[]')
  from (select * from public.devices x where x.user_id = p_user_id order by x.last_seen_at desc limit p_limit) as d
$$;

create function public.admin_user(p_user_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_rows_max constant integer := 50;
  v_user jsonb;
begin
  perform private.require_admin();
  select jsonb_build_object(
    'user_id', p.id, 'username', p.username, 'email', u.email, 'email_confirmed', u.email_confirmed_at is not null,
    'locale', p.locale, 'time_zone', p.time_zone, 'kyc_status', p.kyc_status, 'kyc_reason', p.kyc_reason,
    'withdrawals_frozen_until', p.withdrawals_frozen_until, 'created_at', p.created_at,
    'last_sign_in_at', u.last_sign_in_at, 'admin', a.user_id is not null, 'admin_since', a.granted_at,
    'authenticators', (select count(*)::integer from auth.mfa_factors f where f.user_id = p.id and f.status = 'verified'),
    'identities', (select coalesce(jsonb_agg(i.provider order by i.provider), '[]') from auth.identities i where i.user_id = p.id))
  into v_user
  from public.profiles p join auth.users u on u.id = p.id left join public.admins a on a.user_id = p.id
  where p.id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  return v_user || jsonb_build_object(
    'limits', private.limits_json(p_user_id),
    'sessions', private.admin_user_sessions(p_user_id, v_rows_max),
    'devices', private.admin_user_devices(p_user_id, v_rows_max));
end
$$;
comment on function public.admin_user(uuid) is
  'Everything administrators see of one user: profile, KYC, role, limits, and up to 50 sessions and devices.';
grant execute on function public.admin_user(uuid) to authenticated;
