-- Who takes and makes payments for us, and the secret each shares with us: the database itself checks what a provider says,
-- so that the web needs no secret and nobody else can say it.
create table private.payment_providers (
  name text primary key check (name ~ '^[a-z][a-z0-9_]{0,31}$'),
  -- The secret as HMAC uses it (RFC 2104): padded, and combined with its two constants once.
  inner_pad bytea not null check (octet_length(inner_pad) = 64),
  outer_pad bytea not null check (octet_length(outer_pad) = 64),
  -- Where people pay; null for a provider that takes no deposits.
  checkout_url text check (checkout_url ~ '^https?://[!-~]+$' and char_length(checkout_url) <= 300),
  -- The one new deposits go to.
  preferred boolean not null,
  updated_at timestamptz not null default now()
);
create unique index payment_providers_preferred_idx on private.payment_providers (preferred) where preferred;
alter table private.payment_providers enable row level security;
revoke all on private.payment_providers from anon, authenticated, service_role;

create function private.hmac_pad(p_key text, p_constant integer) returns bytea
language plpgsql immutable set search_path = ''
as $$
declare
  v_pad bytea := convert_to(p_key, 'UTF8');
begin
  if octet_length(v_pad) > 64 then
    v_pad := sha256(v_pad);
  end if;
  v_pad := v_pad || decode(repeat('00', 64 - octet_length(v_pad)), 'hex');
  for i in 0 .. 63 loop
    v_pad := set_byte(v_pad, i, get_byte(v_pad, i) # p_constant);
  end loop;
  return v_pad;
end
$$;
comment on function private.hmac_pad(text, integer) is 'A key as HMAC-SHA256 uses it: 54 makes the inner pad, 92 the outer.';

create function private.payment_hmac(p_provider text, p_text text) returns text
language sql stable security definer set search_path = ''
as $$
  select encode(sha256(p.outer_pad || sha256(p.inner_pad || convert_to(p_text, 'UTF8'))), 'hex')
  from private.payment_providers p where p.name = p_provider
$$;
comment on function private.payment_hmac(text, text) is
  'HMAC-SHA256 with a payment provider''s secret, in hexadecimal; null where there is no such provider.';

create function public.set_payment_provider(p_name text, p_secret text, p_checkout_url text default null) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_inner bytea;
  v_outer bytea;
begin
  if p_secret is null or char_length(p_secret) not between 32 and 1000 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The secret has 32 to 1,000 characters';
  end if;
  v_inner := private.hmac_pad(p_secret, 54);
  v_outer := private.hmac_pad(p_secret, 92);
  perform pg_advisory_xact_lock(hashtextextended('payment_providers', 0));
  if exists (
    select 1 from private.payment_providers p
    where p.name = p_name and p.inner_pad = v_inner and p.checkout_url is not distinct from p_checkout_url
      and p.preferred = (p_checkout_url is not null)) then
    return false;
  end if;
  if p_checkout_url is not null then
    update private.payment_providers set preferred = false where preferred and name <> p_name;
  end if;
  insert into private.payment_providers as p (name, inner_pad, outer_pad, checkout_url, preferred)
  values (p_name, v_inner, v_outer, p_checkout_url, p_checkout_url is not null)
  on conflict (name) do update set inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad,
    checkout_url = excluded.checkout_url, preferred = excluded.preferred, updated_at = now();
  perform private.audit('payment_provider.changed', 'payment_provider', p_name,
    jsonb_strip_nulls(jsonb_build_object('checkout_url', p_checkout_url)));
  return true;
end
$$;
comment on function public.set_payment_provider(text, text, text) is
  'Tells the database a payment provider''s secret, and where people pay; false when it knew. One with an address takes new deposits from then on.';
grant execute on function public.set_payment_provider(text, text, text) to service_role;
