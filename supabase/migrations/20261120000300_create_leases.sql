-- A lease gives one worker a task for a while; its token rises whenever the holder changes,
-- so that a paused old holder's late writes are refused.
create table public.leases (
  name text primary key check (char_length(name) between 1 and 100),
  holder uuid not null,
  token integer not null check (token > 0),
  expires_at timestamptz not null
);
alter table public.leases enable row level security;
revoke all on public.leases from anon, authenticated, service_role;

create function public.acquire_lease(p_name text, p_holder uuid, p_ttl_ms integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_lease public.leases;
  v_expires_at timestamptz;
begin
  if p_name is null or p_holder is null or p_ttl_ms is null or p_ttl_ms not between 1000 and 60000 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A lease takes a name, a holder and 1,000 to 60,000 ms';
  end if;
  v_expires_at := clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0);
  insert into public.leases as l (name, holder, token, expires_at)
  values (p_name, p_holder, 1, v_expires_at)
  on conflict (name) do update
    set holder = excluded.holder,
        token = case when l.holder = excluded.holder then l.token else l.token + 1 end,
        expires_at = excluded.expires_at
    where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
  returning * into v_lease;
  if not found then
    return null;
  end if;
  return jsonb_build_object('name', v_lease.name, 'token', v_lease.token, 'expires_at', v_lease.expires_at);
end
$$;
comment on function public.acquire_lease(text, uuid, integer) is
  'Takes or renews a lease: {name, token, expires_at}, or null while another holder has it.';
grant execute on function public.acquire_lease(text, uuid, integer) to service_role;

create function public.release_lease(p_name text, p_holder uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- The row stays, so that the next holder's token is higher.
  update public.leases set expires_at = clock_timestamp() where name = p_name and holder = p_holder;
  return found;
end
$$;
comment on function public.release_lease(text, uuid) is 'Gives a lease back at once; false when it was not held.';
grant execute on function public.release_lease(text, uuid) to service_role;

create function private.require_lease(p_name text, p_token integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- The share lock keeps a takeover waiting until this write has committed.
  perform 1 from public.leases where name = p_name and token = p_token and expires_at > clock_timestamp() for share;
  if not found then
    raise sqlstate 'PT409' using message = 'stale_lease', detail = format('The lease %s is not held with that token', p_name);
  end if;
end
$$;
