-- Writes under a lease used to hold it against every change, renewals included: under load they took turns so closely
-- that a renewal could starve until the lease lapsed. Now a write holds the lease's key alone, a renewal changes no key
-- and waits for nobody, and only a takeover asks for the whole row, so it still waits for the old holder's last write.
create or replace function private.require_lease(p_name text, p_token integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform 1 from public.leases where name = p_name and token = p_token and expires_at > clock_timestamp() for key share;
  if not found then
    raise sqlstate 'PT409' using message = 'stale_lease', detail = format('The lease %s is not held with that token', p_name);
  end if;
end
$$;

create or replace function public.acquire_lease(p_name text, p_holder uuid, p_ttl_ms integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_lease public.leases;
  v_ttl interval;
begin
  if p_name is null or p_holder is null or p_ttl_ms is null or p_ttl_ms not between 1000 and 60000 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A lease takes a name, a holder and 1,000 to 60,000 ms';
  end if;
  v_ttl := make_interval(secs => p_ttl_ms / 1000.0);
  update public.leases set expires_at = clock_timestamp() + v_ttl
  where name = p_name and holder = p_holder
  returning * into v_lease;
  if not found then
    perform 1 from public.leases where name = p_name and expires_at <= clock_timestamp() for update;
    insert into public.leases as l (name, holder, token, expires_at)
    values (p_name, p_holder, 1, clock_timestamp() + v_ttl)
    on conflict (name) do update
      set holder = excluded.holder,
          token = case when l.holder = excluded.holder then l.token else l.token + 1 end,
          expires_at = excluded.expires_at
      where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
    returning * into v_lease;
    if not found then
      return null;
    end if;
  end if;
  return jsonb_build_object('name', v_lease.name, 'token', v_lease.token, 'expires_at', v_lease.expires_at);
end
$$;
