-- Money on its way in: what a user means to pay, until the provider says that it was paid.
create table public.deposits (
  id uuid primary key default private.uuid_v7(),
  -- No foreign key to people: books outlive whom they name.
  user_id uuid not null,
  provider text not null,
  asset text not null references public.assets (asset),
  amount numeric not null check (amount > 0 and amount <> 'NaN'),
  requested_at timestamptz not null default clock_timestamp(),
  -- The checkout takes no money later; what comes all the same is booked.
  expires_at timestamptz not null,
  paid_at timestamptz,
  transfer_id uuid unique references public.ledger_transfers (id),
  check ((paid_at is null) = (transfer_id is null))
);
create index deposits_user_id_idx on public.deposits (user_id, id);
alter table public.deposits enable row level security;
revoke all on public.deposits from anon, authenticated, service_role;

create function private.keep_deposit() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' and new.user_id = auth.uid() and new.transfer_id is null then
    return new;
  end if;
  -- A table editor has no role in a token.
  if tg_op = 'UPDATE' and coalesce(auth.role(), '') <> '' and old.transfer_id is null
    and to_jsonb(new) - array['paid_at', 'transfer_id'] = to_jsonb(old) - array['paid_at', 'transfer_id']
    and exists (select 1 from public.ledger_transfers t
      where t.id = new.transfer_id and t.operation = 'deposit' and t.client_id = new.id) then
    return new;
  end if;
  raise insufficient_privilege using message = 'Deposits are booked as their provider says; money is credited at /admin/credits';
end
$$;
create trigger keep_deposit before insert or update on public.deposits
  for each row execute function private.keep_deposit();

create function private.refuse_deposit_deletion() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise insufficient_privilege using message = 'Deposits and what providers said of them stay in the books';
end
$$;
create trigger refuse_delete before delete on public.deposits
  for each row execute function private.refuse_deposit_deletion();
create trigger refuse_truncate before truncate on public.deposits
  for each statement execute function private.refuse_deposit_deletion();

create function private.deposit_json(p_row public.deposits) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_row.id, 'asset', p_row.asset, 'amount', trim_scale(p_row.amount)::text,
    'status', case when p_row.paid_at is not null then 'paid' when p_row.expires_at <= now() then 'expired' else 'waiting' end,
    'requested_at', p_row.requested_at, 'expires_at', p_row.expires_at, 'paid_at', p_row.paid_at,
    -- Signed, so that the provider can trust what the address says without asking us.
    'checkout_url', case when p_row.paid_at is null and p_row.expires_at > now() then (
      select format('%s/checkout/%s?asset=%s&amount=%s&expires=%s&signature=%s', p.checkout_url, p_row.id, p_row.asset, t.amount,
        t.expires, private.payment_hmac(p.name, format('checkout.%s.%s.%s.%s', p_row.id, p_row.asset, t.amount, t.expires)))
      from private.payment_providers p,
        (select trim_scale(p_row.amount)::text as amount, floor(extract(epoch from p_row.expires_at))::bigint as expires) as t
      -- One that takes no deposits any more has no address.
      where p.name = p_row.provider and p.checkout_url is not null) end)
$$;

create function public.start_deposit(p_asset text, p_amount text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_ttl constant interval := interval '1 hour';
  v_open_max constant integer := 20;
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_array(p_asset, p_amount);
  v_answer jsonb := private.answered('start_deposit', p_client_id, v_content);
  v_amount numeric;
  v_row public.deposits;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_amount := private.parse_amount(p_amount, p_asset);
  if (select count(*) from public.deposits d
    where d.user_id = v_user_id and d.paid_at is null and d.expires_at > now()) >= v_open_max then
    raise sqlstate 'PT429' using message = 'deposit_limit', detail = format('%s deposits wait to be paid already', v_open_max);
  end if;
  insert into public.deposits (user_id, provider, asset, amount, expires_at)
  select v_user_id, p.name, p_asset, v_amount, clock_timestamp() + v_ttl from private.payment_providers p where p.preferred
  returning * into v_row;
  if not found then
    raise sqlstate 'PT503' using message = 'deposits_unavailable', detail = 'No payment provider is set up';
  end if;
  perform private.audit('deposit.started', 'deposit', v_row.id::text,
    jsonb_build_object('asset', p_asset, 'amount', trim_scale(v_amount)::text, 'provider', v_row.provider));
  return private.remember('start_deposit', p_client_id, v_content, jsonb_build_object('deposit', private.deposit_json(v_row)));
end
$$;
comment on function public.start_deposit(text, text, uuid) is
  'Says what the caller means to pay, for an hour: {deposit: {id, asset, amount, status, requested_at, expires_at, paid_at, checkout_url}}. Raises invalid_amount, unknown_asset, deposit_limit, deposits_unavailable.';
grant execute on function public.start_deposit(text, text, uuid) to authenticated;

create function public.my_deposits(p_limit integer default 50, p_cursor text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('wallet_read');
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
  -- Ids rise with time.
  select coalesce(jsonb_agg(private.deposit_json(d.d) order by d.id desc) filter (where d.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from (
    select x as d, x.id, row_number() over (order by x.id desc) as place from public.deposits x
    where x.user_id = v_user_id and (p_cursor is null or x.id < p_cursor::uuid)
    order by x.id desc limit p_limit + 1) as d;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end,
    'offered', exists (select 1 from private.payment_providers p where p.preferred));
end
$$;
comment on function public.my_deposits(integer, text) is
  'The caller''s deposits, newest first, and whether one can be made: {items, next_cursor, offered}.';
grant execute on function public.my_deposits(integer, text) to authenticated;

create function public.my_deposit(p_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_row public.deposits;
begin
  perform private.require_rate('wallet_read');
  select * into v_row from public.deposits d where d.id = p_id and d.user_id = v_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such deposit';
  end if;
  return jsonb_build_object('deposit', private.deposit_json(v_row));
end
$$;
comment on function public.my_deposit(uuid) is 'One of the caller''s deposits: {deposit}; raises not_found.';
grant execute on function public.my_deposit(uuid) to authenticated;
