-- Who a user is to themselves and to others.
create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  username text not null check (username ~ '^[a-z0-9_]{3,24}$'),
  locale text not null default 'en' check (locale in ('en', 'fr', 'es')),
  time_zone text not null default 'UTC' check (char_length(time_zone) between 1 and 64),
  theme text not null default 'dark' check (theme in ('dark', 'light', 'contrast')),
  kyc_status text not null default 'none' check (kyc_status in ('none', 'pending', 'verified', 'rejected')),
  withdrawals_frozen_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (username)
);
alter table public.profiles enable row level security;
revoke all on public.profiles from anon, authenticated, service_role;
grant select on public.profiles to authenticated;

create policy "Users read their own profile"
  on public.profiles for select to authenticated
  using (id = (select auth.uid()));

create function private.make_profile() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_base text := lower(coalesce(
    new.raw_user_meta_data ->> 'user_name', new.raw_user_meta_data ->> 'preferred_username',
    split_part(new.email, '@', 1), 'trader'));
  v_locale text := new.raw_user_meta_data ->> 'locale';
begin
  v_base := left(regexp_replace(v_base, '[^a-z0-9_]+', '_', 'g'), 17);
  if char_length(v_base) < 3 then
    v_base := 'trader_' || v_base;
  end if;
  -- The name as it is when free, else with a tail; four tries of 24 random bits cannot all be taken.
  for attempt in 0..4 loop
    begin
      insert into public.profiles (id, username, locale)
      values (new.id,
        case when attempt = 0 then v_base
          else v_base || '_' || substr(encode(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 'hex'), 1, 6) end,
        case when v_locale in ('en', 'fr', 'es') then v_locale else 'en' end);
      return new;
    exception when unique_violation then
      null;
    end;
  end loop;
  raise exception 'Cannot find a free username for %', new.id;
end
$$;
create trigger make_profile after insert on auth.users
  for each row execute function private.make_profile();

create function public.update_profile(p_changes jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_profile public.profiles;
begin
  if jsonb_typeof(p_changes) is distinct from 'object'
    or exists (select 1 from jsonb_each(p_changes) as c
      where c.key not in ('username', 'locale', 'time_zone', 'theme') or jsonb_typeof(c.value) <> 'string') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A profile has username, locale, time_zone and theme';
  elsif p_changes ? 'time_zone' and not exists (
    select 1 from pg_catalog.pg_timezone_names z where z.name = p_changes ->> 'time_zone') then
    raise sqlstate 'PT400' using message = 'invalid_time_zone', detail = 'No such time zone';
  end if;
  begin
    update public.profiles p
    set username = coalesce(p_changes ->> 'username', p.username),
        locale = coalesce(p_changes ->> 'locale', p.locale),
        time_zone = coalesce(p_changes ->> 'time_zone', p.time_zone),
        theme = coalesce(p_changes ->> 'theme', p.theme),
        updated_at = now()
    where p.id = v_user_id
    returning * into v_profile;
  exception
    when unique_violation then
      raise sqlstate 'PT409' using message = 'username_taken', detail = 'Somebody else has that name';
    when check_violation then
      raise sqlstate 'PT400' using message = 'invalid_profile',
        detail = 'A username has 3 to 24 of a-z 0-9 _, a locale is en fr or es, a theme dark light or contrast';
  end;
  return to_jsonb(v_profile);
end
$$;
comment on function public.update_profile(jsonb) is 'Changes the caller''s {username, locale, time_zone, theme}; returns the profile.';
grant execute on function public.update_profile(jsonb) to authenticated;

-- What befalls a user, told once and live.
create table public.notifications (
  id uuid primary key default private.uuid_v7(),
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null check (kind ~ '^[a-z_]{1,40}$'),
  data jsonb not null default '{}' check (pg_column_size(data) <= 4096),
  created_at timestamptz not null default now(),
  read_at timestamptz
);
create index notifications_user_id_idx on public.notifications (user_id, id desc);
alter table public.notifications enable row level security;
revoke all on public.notifications from anon, authenticated, service_role;
grant select on public.notifications to authenticated;

create policy "Users read their own notifications"
  on public.notifications for select to authenticated
  using (user_id = (select auth.uid()));

create function private.notify_user(p_user_id uuid, p_kind text, p_data jsonb default '{}') returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.notifications;
begin
  insert into public.notifications (user_id, kind, data) values (p_user_id, p_kind, p_data) returning * into v_row;
  perform realtime.send(
    jsonb_build_object('id', v_row.id, 'kind', v_row.kind, 'data', v_row.data, 'created_at', v_row.created_at),
    'notification', 'user:' || p_user_id::text, true);
end
$$;

create function public.read_notifications(p_before uuid) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_count integer;
begin
  update public.notifications set read_at = now()
  where user_id = v_user_id and id <= p_before and read_at is null;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.read_notifications(uuid) is 'Marks the caller''s notifications up to p_before as read; returns how many.';
grant execute on function public.read_notifications(uuid) to authenticated;
