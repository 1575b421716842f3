-- What pools are worth, for those who look after all of them at once.
create index pool_cycles_settled_at_idx on public.pool_cycles (settled_at) where status = 'settled';
create index pool_cycles_pool_settled_at_idx on public.pool_cycles (pool_id, settled_at) where status = 'settled';

-- A pool's money after its last settlement before a moment, and what its adapter said it was worth since. No row where
-- none was settled: until then the money is its investors' own.
create function private.pool_worth_at(p_pool_id uuid, p_at timestamptz) returns table (capital numeric, equity numeric)
language sql stable security definer set search_path = ''
as $$
  select c.capital, case when n.at >= c.settled_at then n.equity else c.capital end
  from (
    -- What the trades made of it, without the fee, without what was paid out, with what was paid in.
    select c.settled_at, c.equity - coalesce(c.fee, 0) - coalesce(c.redeemed, 0) + coalesce(c.subscribed, 0) as capital
    from public.pool_cycles c
    where c.pool_id = p_pool_id and c.status = 'settled' and c.settled_at < p_at
    order by c.settled_at desc limit 1) as c
  left join lateral (
    select n.at, n.equity from public.pool_nav n
    where n.pool_id = p_pool_id and n.at < p_at
    order by n.at desc limit 1) as n on true
$$;

-- Every pool that has been opened, as it stands now. eur_rate is null where the rate is missing or old.
create function private.pool_values()
returns table (pool_id uuid, name text, status text, currency text, capital numeric, equity numeric, eur_rate numeric)
language sql stable security definer set search_path = ''
as $$
  select p.id, p.name, p.status, p.currency, private.pool_capital(p.id, p.currency), n.equity,
    case when p.currency = 'EUR' then 1 else r.eur end
  from public.pools p
  cross join lateral private.pool_now(p) as n
  left join public.rates r on r.asset = p.currency and r.updated_at >= now() - private.rate_age_max()
  where p.status <> 'draft'
$$;
comment on function private.pool_values() is
  'What each opened pool owns by the ledger (capital) and by its adapter''s last word since the last settlement (equity).';
