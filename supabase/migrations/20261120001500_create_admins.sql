-- Administrators hold app_metadata.role = 'admin' in their token and a row here: one without the other is nothing.
create table public.admins (
  user_id uuid primary key references auth.users (id) on delete restrict,
  granted_by uuid references auth.users (id) on delete set null,
  granted_at timestamptz not null default now()
);
create index admins_granted_by_idx on public.admins (granted_by);
alter table public.admins enable row level security;
revoke all on public.admins from anon, authenticated, service_role;

create function private.keep_one_admin() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  -- Two removals at once must not both believe that the other's administrator stays.
  lock table public.admins in share row exclusive mode;
  if (select count(*) from public.admins) <= 1 then
    raise sqlstate 'PT409' using message = 'last_admin', detail = 'The last administrator cannot be removed';
  end if;
  return old;
end
$$;
create trigger keep_one_admin before delete on public.admins
  for each row execute function private.keep_one_admin();

create function private.refuse_truncate() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise sqlstate 'PT403' using message = 'forbidden', detail = format('%s cannot be truncated', tg_table_name);
end
$$;
create trigger refuse_truncate before truncate on public.admins
  for each statement execute function private.refuse_truncate();

create function private.session_is_live() returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select 1 from auth.sessions s
    where s.id = ((select auth.jwt()) ->> 'session_id')::uuid
      and s.user_id = (select auth.uid())
      and (s.not_after is null or s.not_after > now()))
$$;
comment on function private.session_is_live() is
  'Whether the session behind the caller''s access token still lives: the token outlives a sign-out by minutes.';

create function private.require_user() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
  if auth.uid() is null or not private.session_is_live() then
    raise sqlstate 'PT401' using message = 'unauthenticated', detail = 'Sign in first';
  end if;
  return auth.uid();
end
$$;
comment on function private.require_user() is 'The caller''s id; raises unauthenticated without a live session.';

create function private.is_admin() returns boolean
language sql stable security definer set search_path = ''
as $$
  select coalesce((select auth.jwt()) -> 'app_metadata' ->> 'role' = 'admin', false)
    and exists (select 1 from public.admins a where a.user_id = (select auth.uid()))
    and private.session_is_live()
$$;
comment on function private.is_admin() is
  'Whether the caller is an administrator, by token and by table, in a session that still lives.';
grant execute on function private.is_admin() to authenticated;

create function private.require_aal2(p_age_max interval default interval '15 minutes') returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_jwt jsonb := auth.jwt();
  v_at bigint;
begin
  perform private.require_user();
  select max((m ->> 'timestamp')::bigint) into v_at
  from jsonb_array_elements(case jsonb_typeof(v_jwt -> 'amr') when 'array' then v_jwt -> 'amr' else '[]' end) as m
  where m ->> 'method' in ('totp', 'phone', 'webauthn');
  if coalesce(v_jwt ->> 'aal', 'aal1') <> 'aal2' or v_at is null
    or to_timestamp(v_at) < now() - p_age_max then
    raise sqlstate 'PT403' using message = 'step_up_required', detail = 'Confirm with your authenticator first';
  end if;
end
$$;
comment on function private.require_aal2(interval) is
  'Raises step_up_required unless a second factor was shown within p_age_max in a session that still lives.';

create function private.require_admin() returns uuid
language plpgsql stable security definer set search_path = ''
as $$
begin
  -- Who is not an administrator learns nothing of what there would be.
  if not private.is_admin() then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'Nothing here';
  end if;
  perform private.require_aal2(interval '12 hours');
  return auth.uid();
end
$$;
comment on function private.require_admin() is 'The administrator''s id; raises not_found for others, step_up_required below aal2.';
