-- What users see of their money.
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('wallet_read', 120, 4, 1, 1, 1, 'Reading one''s wallet and statement'),
  ('wallet_write', 30, 0.5, 1, 1, 1, 'Whatever moves one''s money');

create function public.my_wallet() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  perform private.require_rate('wallet_read');
  return jsonb_build_object('balances', (
    select coalesce(jsonb_agg(jsonb_build_object('asset', b.asset, 'scale', s.scale,
      'available', trim_scale(b.available)::text, 'held', trim_scale(b.held)::text,
      -- Null rather than a guess where the rate is missing or old.
      'eur', trim_scale(round((b.available + b.held) * case when b.asset = 'EUR' then 1 else r.eur end, 2))::text)
      order by b.asset <> 'EUR', b.asset), '[]')
    from (
      select a.asset, coalesce(sum(a.balance) filter (where a.kind = 'available'), 0) as available,
        coalesce(sum(a.balance) filter (where a.kind = 'held'), 0) as held
      from public.ledger_accounts a where a.owner_type = 'user' and a.owner_id = v_user_id group by a.asset) as b
    join public.assets s on s.asset = b.asset
    left join public.rates r on r.asset = b.asset and r.updated_at >= now() - private.rate_age_max()));
end
$$;
comment on function public.my_wallet() is
  'The caller''s money: {balances: [{asset, scale, available, held, eur}]}, EUR first; eur is null while the rate is missing or old.';
grant execute on function public.my_wallet() to authenticated;

create function public.my_statement(p_asset text default 'EUR', p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('wallet_read');
  if p_limit is null or p_limit not between 1 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1000';
  elsif p_cursor !~ '^[0-9]{1,18}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  elsif not exists (select 1 from public.assets a where a.asset = p_asset) then
    raise sqlstate 'PT400' using message = 'unknown_asset', detail = 'No such asset in the ledger';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('transfer_id', s.transfer_id, 'at', s.at, 'operation', s.operation,
      'amount', trim_scale(s.amount)::text, 'balance_after', trim_scale(s.balance_after)::text, 'memo', s.memo)
      order by s.seq desc) filter (where s.place <= p_limit), '[]'),
    count(*) > p_limit, min(s.seq) filter (where s.place <= p_limit)::text
  into v_items, v_more, p_cursor
  from (
    select e.*, t.operation, t.memo, row_number() over (order by e.seq desc) as place
    from public.ledger_accounts a
    join public.ledger_entries e on e.account_id = a.id
    join public.ledger_transfers t on t.id = e.transfer_id
    where a.owner_type = 'user' and a.owner_id = v_user_id and a.asset = p_asset and a.kind = 'available'
      and (p_cursor is null or e.seq < p_cursor::bigint)
    order by e.seq desc limit p_limit + 1) as s;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then p_cursor end);
end
$$;
comment on function public.my_statement(text, integer, text) is
  'What moved the caller''s available money of one asset, newest first, each with the balance after it: {items, next_cursor}.';
grant execute on function public.my_statement(text, integer, text) to authenticated;

create function private.parse_amount(p_amount text, p_asset text) returns numeric
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_scale smallint;
begin
  select a.scale into v_scale from public.assets a where a.asset = p_asset;
  if not found then
    raise sqlstate 'PT400' using message = 'unknown_asset', detail = 'No such asset in the ledger';
  elsif p_amount is null or p_amount !~ '^[0-9]{1,15}(\.[0-9]{1,18})?$' or p_amount::numeric = 0 then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = 'An amount is a decimal number above zero';
  elsif p_amount::numeric <> round(p_amount::numeric, v_scale) then
    raise sqlstate 'PT400' using message = 'invalid_amount', detail = format('%s has %s digits behind the point', p_asset, v_scale);
  end if;
  return p_amount::numeric;
end
$$;
comment on function private.parse_amount(text, text) is
  'An amount given as text, above zero and in units of its asset; raises invalid_amount or unknown_asset.';

create function public.use_faucet(p_asset text, p_amount text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_eur_a_day_max constant numeric := 10000;
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_array(p_asset, p_amount);
  v_answer jsonb;
  v_amount numeric;
  v_today numeric;
begin
  -- Play money is for a machine of one's own.
  if not exists (select 1 from public.deployment d where d.mode = 'local') then
    raise sqlstate 'PT404' using message = 'local_only', detail = 'There is no faucet here';
  end if;
  v_answer := private.answered('use_faucet', p_client_id, v_content);
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_amount := private.parse_amount(p_amount, p_asset);
  perform pg_advisory_xact_lock(hashtextextended('faucet' || v_user_id::text, 0));
  select coalesce(sum((t.memo ->> 'eur')::numeric), 0) into v_today from public.ledger_transfers t
  where t.actor = v_user_id and t.operation = 'faucet' and t.at > now() - interval '24 hours';
  if v_today + private.eur_value(p_asset, v_amount) > v_eur_a_day_max then
    raise sqlstate 'PT409' using message = 'faucet_limit', detail = format('The faucet gives %s EUR a day', v_eur_a_day_max);
  end if;
  perform private.post_transfer('faucet', p_client_id,
    array[private.platform_account(p_asset, 'world'), private.ledger_account('user', v_user_id, p_asset, 'available')],
    array[-v_amount, v_amount], jsonb_build_object('eur', trim_scale(round(private.eur_value(p_asset, v_amount), 2))::text));
  return private.remember('use_faucet', p_client_id, v_content, jsonb_build_object('asset', p_asset, 'amount', trim_scale(v_amount)::text));
end
$$;
comment on function public.use_faucet(text, text, uuid) is
  'Local mode: gives the caller play money, worth 10,000 EUR a day at most; returns {asset, amount}.';
grant execute on function public.use_faucet(text, text, uuid) to authenticated;
