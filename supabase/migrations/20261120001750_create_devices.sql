-- The browsers and programs a user signs in from.
create table public.devices (
  id uuid primary key default private.uuid_v7(),
  user_id uuid not null references auth.users (id) on delete cascade,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'),
  name text not null check (char_length(name) between 1 and 80),
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  unique (user_id, fingerprint)
);
alter table public.devices enable row level security;
revoke all on public.devices from anon, authenticated, service_role;
grant select on public.devices to authenticated;

create policy "Users read their own devices"
  on public.devices for select to authenticated
  using (user_id = (select auth.uid()));

create table public.device_sessions (
  session_id uuid primary key references auth.sessions (id) on delete cascade,
  device_id uuid not null references public.devices (id) on delete cascade
);
create index device_sessions_device_id_idx on public.device_sessions (device_id);
alter table public.device_sessions enable row level security;
revoke all on public.device_sessions from anon, authenticated, service_role;

create function public.touch_device(p_fingerprint text, p_name text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A person has a handful; a thief's loop must not fill the table.
  v_devices_max constant integer := 50;
  v_user_id uuid := private.require_user();
  v_session_id uuid := ((select auth.jwt()) ->> 'session_id')::uuid;
  v_device public.devices;
  v_first boolean;
  v_new boolean;
begin
  if p_fingerprint is null or p_fingerprint !~ '^[0-9a-f]{64}$' or char_length(coalesce(p_name, '')) not between 1 and 80 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A device has a fingerprint of 64 hex digits and a name of 1 to 80 characters';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('devices:' || v_user_id::text, 0));
  v_first := not exists (select 1 from public.devices d where d.user_id = v_user_id);
  update public.devices d set last_seen_at = now(), name = p_name
  where d.user_id = v_user_id and d.fingerprint = p_fingerprint
  returning * into v_device;
  v_new := not found;
  if v_new then
    delete from public.devices where id in (
      select d.id from public.devices d where d.user_id = v_user_id
      order by d.last_seen_at desc offset v_devices_max - 1);
    insert into public.devices (user_id, fingerprint, name) values (v_user_id, p_fingerprint, p_name)
    returning * into v_device;
    perform private.audit('device.added', 'device', v_device.id::text, jsonb_build_object('name', p_name));
    if not v_first then
      perform private.notify_user(v_user_id, 'new_device', jsonb_build_object('device_id', v_device.id, 'name', p_name));
    end if;
  end if;
  insert into public.device_sessions (session_id, device_id) values (v_session_id, v_device.id)
  on conflict (session_id) do update set device_id = excluded.device_id;
  return jsonb_build_object('device_id', v_device.id, 'new', v_new);
end
$$;
comment on function public.touch_device(text, text) is
  'Notes that the caller''s session runs on this device: {device_id, new}. A new one is reported to the user.';
grant execute on function public.touch_device(text, text) to authenticated;

create function public.my_devices() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  return (select coalesce(jsonb_agg(jsonb_build_object(
      'device_id', d.id, 'name', d.name, 'first_seen_at', d.first_seen_at, 'last_seen_at', d.last_seen_at,
      'sessions', (select count(*)::integer from public.device_sessions s where s.device_id = d.id),
      'current', exists (select 1 from public.device_sessions s
        where s.device_id = d.id and s.session_id = ((select auth.jwt()) ->> 'session_id')::uuid)
    ) order by d.last_seen_at desc), '[]')
    from public.devices d where d.user_id = v_user_id);
end
$$;
comment on function public.my_devices() is 'The caller''s devices, latest first, with how many sessions each has and which one asks.';
grant execute on function public.my_devices() to authenticated;

create function private.end_session(p_session_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid;
begin
  -- Auth's own cascade takes the refresh tokens along; what is left is an access token of minutes.
  delete from auth.sessions where id = p_session_id returning user_id into v_user_id;
  if found then
    perform realtime.send(jsonb_build_object('kind', 'session_ended', 'data', jsonb_build_object('session_id', p_session_id)),
      'notification', 'user:' || v_user_id::text, true);
  end if;
end
$$;

create function public.revoke_device(p_device_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('device_id', p_device_id);
  v_answer jsonb := private.answered('revoke_device', p_client_id, v_content);
  v_sessions uuid[];
begin
  if v_answer is not null then
    return v_answer;
  end if;
  select array_agg(s.session_id) into v_sessions
  from public.devices d left join public.device_sessions s on s.device_id = d.id
  where d.id = p_device_id and d.user_id = v_user_id having count(d.id) > 0;
  if v_sessions is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such device';
  end if;
  perform private.end_session(s.id) from unnest(v_sessions) as s(id) where s.id is not null;
  delete from public.devices where id = p_device_id;
  perform private.audit('device.revoked', 'device', p_device_id::text, jsonb_build_object('sessions', cardinality(array_remove(v_sessions, null))));
  return private.remember('revoke_device', p_client_id, v_content,
    jsonb_build_object('device_id', p_device_id, 'sessions_ended', cardinality(array_remove(v_sessions, null))));
end
$$;
comment on function public.revoke_device(uuid, uuid) is 'Forgets a device of the caller and ends its sessions: {device_id, sessions_ended}.';
grant execute on function public.revoke_device(uuid, uuid) to authenticated;
