-- What a user may take along and leave behind.
create table public.recovery_codes (
  user_id uuid not null references auth.users (id) on delete cascade,
  code_hash bytea not null,
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (user_id, code_hash)
);
alter table public.recovery_codes enable row level security;
revoke all on public.recovery_codes from anon, authenticated, service_role;

create function private.recovery_hash(p_user_id uuid, p_code text) returns bytea
language sql immutable set search_path = ''
-- A code has 80 random bits: a fast hash of it cannot be searched through.
as $$ select sha256(convert_to(p_user_id::text || ':' || lower(regexp_replace(p_code, '[^0-9A-Za-z]', '', 'g')), 'UTF8')) $$;

create function public.make_recovery_codes(p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_codes text[];
begin
  perform private.require_aal2();
  -- Shown once: a repeated request makes new codes, since the old ones are not kept in the clear.
  if p_client_id is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A client_id is needed';
  end if;
  delete from public.recovery_codes where user_id = v_user_id;
  select array_agg(c.code) into v_codes from (
    select substr(h, 1, 5) || '-' || substr(h, 6, 5) || '-' || substr(h, 11, 5) || '-' || substr(h, 16, 5) as code
    from (select encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'hex') as h
      from generate_series(1, 10)) as r) as c;
  insert into public.recovery_codes (user_id, code_hash)
  select v_user_id, private.recovery_hash(v_user_id, c) from unnest(v_codes) as c;
  perform private.audit('auth.recovery_codes_made', 'user', v_user_id::text, '{}');
  return jsonb_build_object('codes', to_jsonb(v_codes));
end
$$;
comment on function public.make_recovery_codes(uuid) is 'Makes ten new recovery codes, shown this once; needs a fresh second factor.';
grant execute on function public.make_recovery_codes(uuid) to authenticated;

create function public.use_recovery_code(p_code text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_frozen_until timestamptz := now() + interval '24 hours';
begin
  if coalesce(char_length(p_code), 0) not between 20 and 40 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A recovery code has 20 letters and digits';
  end if;
  update public.recovery_codes set used_at = now()
  where user_id = v_user_id and code_hash = private.recovery_hash(v_user_id, p_code) and used_at is null;
  if not found then
    -- A value and not an exception: the attempt must stay in the log.
    perform private.audit('auth.recovery_refused', 'user', v_user_id::text, '{}');
    return jsonb_build_object('ok', false, 'code', 'invalid_recovery_code');
  end if;
  delete from auth.mfa_factors where user_id = v_user_id;
  -- Whoever took the code over has a day in which nothing can leave.
  update public.profiles set withdrawals_frozen_until = v_frozen_until, updated_at = now() where id = v_user_id;
  perform private.audit('auth.recovered', 'user', v_user_id::text, '{}');
  perform private.notify_user(v_user_id, 'recovery_used', jsonb_build_object('withdrawals_frozen_until', v_frozen_until));
  return jsonb_build_object('ok', true, 'withdrawals_frozen_until', v_frozen_until);
end
$$;
comment on function public.use_recovery_code(text) is
  'Removes the caller''s authenticators by a recovery code and freezes withdrawals for a day: {ok, …} or {ok: false, code}.';
grant execute on function public.use_recovery_code(text) to authenticated;

create function public.my_account() returns jsonb
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
    'notifications', (select coalesce(jsonb_agg(to_jsonb(n) - 'user_id' order by n.id desc), '[]') from (
      select * from public.notifications x where x.user_id = v_user_id order by x.id desc limit 50) as n),
    'admin', private.is_admin());
end
$$;
comment on function public.my_account() is 'Everything the settings page shows: {profile, email, identities, devices, recovery_codes_left, notifications, admin}.';
grant execute on function public.my_account() to authenticated;

create function public.export_my_data() returns jsonb
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
    'devices', (select coalesce(jsonb_agg(to_jsonb(d) - 'user_id' order by d.id), '[]') from public.devices d where d.user_id = v_user_id),
    'notifications', (select coalesce(jsonb_agg(to_jsonb(n) - 'user_id' order by n.id), '[]') from (
      select * from public.notifications x where x.user_id = v_user_id order by x.id desc limit 10000) as n));
end
$$;
comment on function public.export_my_data() is 'The caller''s own data, table by table.';
grant execute on function public.export_my_data() to authenticated;

create function public.delete_my_account(p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('user_id', v_user_id);
  v_answer jsonb := private.answered('delete_my_account', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  if exists (select 1 from auth.mfa_factors f where f.user_id = v_user_id and f.status = 'verified') then
    perform private.require_aal2();
  end if;
  if exists (select 1 from public.admins a where a.user_id = v_user_id) then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'An administrator gives the role up first';
  end if;
  perform private.audit('user.deletion_requested', 'user', v_user_id::text, '{}');
  perform private.queue_auth_job('delete_user', v_user_id);
  v_answer := private.remember('delete_my_account', p_client_id, v_content, jsonb_build_object('queued', true));
  perform private.end_session(s.id) from auth.sessions s where s.user_id = v_user_id;
  return v_answer;
end
$$;
comment on function public.delete_my_account(uuid) is
  'Ends the caller''s sessions and queues the account''s deletion. What the audit log says of it stays, under its id alone.';
grant execute on function public.delete_my_account(uuid) to authenticated;
