-- What one unit of an asset is worth in EUR, from the tickers of one exchange. Limits and valuations read it through
-- private.eur_value(), which refuses what is missing or old: a limit that cannot be checked is not met.
create table public.rates (
  asset text primary key check (char_length(asset) between 1 and 40),
  eur numeric not null check (eur > 0),
  exchange text not null,
  -- The market each rate went through: BTC-EUR, or ETH-USDT and EUR-USDT.
  via text not null,
  -- Time of the older of its prices on the exchange's clock, and of our last look at them on the database's.
  at timestamptz not null,
  updated_at timestamptz not null default now()
);
alter table public.rates enable row level security;
revoke all on public.rates from anon, authenticated, service_role;

create function public.refresh_rates(p_exchange text, p_token integer) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Market time a price may be behind its exchange's newest event. Thin markets trade seldom.
  v_price_age_max constant interval := interval '5 minutes';
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  with prices as (
    select s.symbol, s.base, s.quote, t.last, t.at, t.quote_volume_24h as volume
    from public.tickers t
    join public.symbols s on s.exchange = t.exchange and s.symbol = t.symbol and s.active
    join public.feed_status f on f.exchange = t.exchange and f.state = 'live'
    where t.exchange = p_exchange and t.at >= f.last_event_at - v_price_age_max
  ), direct as (
    select distinct on (asset) asset, eur, via, at from (
      select p.base as asset, p.last as eur, p.symbol as via, p.at, 0 as rank from prices p where p.quote = 'EUR'
      union all
      select p.quote, 1 / p.last, p.symbol, p.at, 1 from prices p where p.base = 'EUR'
    ) as d order by asset, rank
  ), crossed as (
    select distinct on (p.base) p.base as asset, p.last * d.eur as eur, p.symbol || ' ' || d.via as via,
      least(p.at, d.at) as at
    from prices p join direct d on d.asset = p.quote
    where p.base <> 'EUR' and not exists (select 1 from direct x where x.asset = p.base)
    order by p.base, p.volume * d.eur desc, p.symbol
  )
  insert into public.rates as r (asset, eur, exchange, via, at, updated_at)
  select c.asset, round(c.eur, 18), p_exchange, c.via, c.at, now()
  from (select * from direct union all select * from crossed) as c
  where round(c.eur, 18) > 0
  on conflict (asset) do update
    set eur = excluded.eur, exchange = excluded.exchange, via = excluded.via, at = excluded.at, updated_at = now()
    -- One exchange a deployment sets an asset's rate; another takes over when it has gone quiet.
    where r.exchange = excluded.exchange or r.updated_at < now() - private.rate_age_max();
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.refresh_rates(text, integer) is
  'Works out what assets are worth in EUR from the exchange''s tickers, directly or over one other asset, under the lease feed:<exchange>; returns how many were set.';

create function private.rate_age_max() returns interval
language sql immutable set search_path = ''
as $$ select interval '60 seconds' $$;
comment on function private.rate_age_max() is 'Age past which a rate is worth nothing.';
grant execute on function public.refresh_rates(text, integer) to service_role;

create function private.eur_rate(p_asset text) returns numeric
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_rate public.rates;
begin
  if p_asset = 'EUR' then
    return 1;
  end if;
  select * into v_rate from public.rates r where r.asset = p_asset;
  if not found then
    raise sqlstate 'PT409' using message = 'rate_missing', detail = format('There is no EUR rate for %s', left(p_asset, 40));
  elsif v_rate.updated_at < now() - private.rate_age_max() then
    raise sqlstate 'PT409' using message = 'rate_stale', detail = format('The EUR rate for %s is too old', left(p_asset, 40));
  end if;
  return v_rate.eur;
end
$$;
comment on function private.eur_rate(text) is
  'EUR for one unit of an asset; raises rate_missing or rate_stale rather than guess.';

create function private.eur_value(p_asset text, p_amount numeric) returns numeric
language sql stable security definer set search_path = ''
as $$ select p_amount * private.eur_rate(p_asset) $$;
comment on function private.eur_value(text, numeric) is 'An amount in EUR, unrounded; raises like private.eur_rate().';

create function public.rates_page() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('market_read');
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'asset', r.asset, 'eur', trim_scale(r.eur)::text, 'exchange', r.exchange, 'via', r.via, 'at', r.at,
      'updated_at', r.updated_at, 'age_s', floor(extract(epoch from now() - r.updated_at))::integer,
      'stale', r.updated_at < now() - private.rate_age_max()) order by r.asset), '[]')
    -- An exchange lists a few thousand assets at most.
    from (select * from public.rates order by asset limit 5000) as r), 'next_cursor', null);
end
$$;
comment on function public.rates_page() is 'What assets are worth in EUR, with the age of each rate: {items, next_cursor}.';
grant execute on function public.rates_page() to anon, authenticated, service_role;
