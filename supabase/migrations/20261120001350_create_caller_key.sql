-- Whom a rate limit counts against. A signed-in caller by its id. An anonymous one by an address that the edge vouches
-- for with two headers on its calls to REST:
--   x-outcry-address        16 hexadecimal digits: HMAC-SHA256(EDGE_HMAC_KEY, address), cut. The address is the
--                           client's IPv4 address or its IPv6 /64 network, because a client owns that many addresses.
--   x-outcry-address-proof  64 hexadecimal digits: HMAC-SHA256(EDGE_HMAC_KEY, '<pseudonym>|<minute>'), where
--                           minute = floor(Unix seconds / 60); one minute early or late is accepted.
-- Both in lower case. Anyone can send the first, only who has the key the second: a call without a valid proof counts
-- against the bucket that all such callers share.
create table private.edge_hmac_key (
  only_row boolean primary key default true check (only_row),
  -- The key as HMAC uses it (RFC 2104): padded, and combined with its two constants once instead of on every call.
  inner_pad bytea not null check (octet_length(inner_pad) = 64),
  outer_pad bytea not null check (octet_length(outer_pad) = 64),
  updated_at timestamptz not null default now()
);
alter table private.edge_hmac_key enable row level security;
revoke all on private.edge_hmac_key from anon, authenticated, service_role;

create function public.set_edge_hmac_key(p_key text) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_key bytea := convert_to(p_key, 'UTF8');
  v_inner bytea;
  v_outer bytea;
begin
  if p_key is null or char_length(p_key) not between 32 and 1000 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The key has 32 to 1,000 characters';
  end if;
  if octet_length(v_key) > 64 then
    v_key := sha256(v_key);
  end if;
  v_key := v_key || decode(repeat('00', 64 - octet_length(v_key)), 'hex');
  v_inner := v_key;
  v_outer := v_key;
  for i in 0 .. 63 loop
    v_inner := set_byte(v_inner, i, get_byte(v_key, i) # 54);
    v_outer := set_byte(v_outer, i, get_byte(v_key, i) # 92);
  end loop;
  insert into private.edge_hmac_key as k (inner_pad, outer_pad) values (v_inner, v_outer)
  on conflict (only_row) do update
    set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad, updated_at = now()
    where (k.inner_pad, k.outer_pad) is distinct from (excluded.inner_pad, excluded.outer_pad);
  if not found then
    return false;
  end if;
  perform private.audit('edge_key.changed', 'edge_key', null);
  return true;
end
$$;
comment on function public.set_edge_hmac_key(text) is
  'Tells the database the EDGE_HMAC_KEY, so that it can check whom the edge vouches for; false when it knew. Until an edge has the same key, its callers share one bucket.';
grant execute on function public.set_edge_hmac_key(text) to service_role;

create function private.edge_hmac(p_text text) returns text
language sql stable security definer set search_path = ''
as $$
  select encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(p_text, 'UTF8'))), 'hex')
  from private.edge_hmac_key k
$$;
comment on function private.edge_hmac(text) is 'HMAC-SHA256 with the edge''s key, in hexadecimal; null while there is none.';

create function private.caller_address(p_at timestamptz default clock_timestamp()) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_headers jsonb := nullif(current_setting('request.headers', true), '');
  v_address text := substring(v_headers ->> 'x-outcry-address' from '^[0-9a-f]{16}$');
  v_proof text := v_headers ->> 'x-outcry-address-proof';
  v_minute bigint;
begin
  if v_address is null or v_proof is null then
    return null;
  end if;
  v_minute := floor(extract(epoch from p_at) / 60);
  for v_offset in -1 .. 1 loop
    if private.edge_hmac(v_address || '|' || (v_minute + v_offset)::text) = v_proof then
      return v_address;
    end if;
  end loop;
  return null;
end
$$;
comment on function private.caller_address(timestamptz) is
  'The pseudonym of the caller''s address when the edge vouches for it, else null.';

create function private.caller_key() returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce('user:' || auth.uid()::text, 'address:' || private.caller_address(), 'shared');
end
$$;
comment on function private.caller_key() is
  'Whom to count a call against: user:<id>, address:<pseudonym>, or shared for whom nobody vouches.';

create function private.require_rate(p_rule text, p_key text default null, p_cost numeric default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_taken jsonb;
begin
  -- The worker is no stranger.
  if auth.role() = 'service_role' then
    return;
  end if;
  v_taken := private.take(p_rule, coalesce(p_key, private.caller_key()), p_cost);
  if not (v_taken ->> 'allowed')::boolean then
    raise sqlstate 'PT429' using message = 'rate_limited',
      detail = format('Too many requests: try again in %s s', v_taken ->> 'retry_s'), hint = v_taken ->> 'retry_s';
  end if;
end
$$;
comment on function private.require_rate(text, text, numeric) is
  'Takes from the caller''s bucket, or that of p_key, and raises rate_limited when it is empty; the hint is the seconds to wait.';

create function public.take_rate_limit(p_rule text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if not exists (select 1 from public.rate_limit_rules r where r.name = p_rule) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such rate limit';
  end if;
  return private.take(p_rule, private.caller_key());
end
$$;
comment on function public.take_rate_limit(text) is
  'Takes one call from the caller''s own bucket, for what the edge limits before it asks the database for more: {allowed, limit, remaining, reset_s, retry_s}.';
grant execute on function public.take_rate_limit(text) to anon, authenticated;
