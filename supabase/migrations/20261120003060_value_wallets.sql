-- Balances say what they are worth, and with how many digits their asset is written.
create or replace function public.my_wallet() returns jsonb
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
