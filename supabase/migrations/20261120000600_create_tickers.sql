-- The latest price and rolling 24-hour statistics of each streamed symbol.
create table public.tickers (
  exchange text not null,
  symbol text not null,
  last numeric not null check (last > 0),
  at timestamptz not null,
  open_24h numeric not null,
  high_24h numeric not null,
  low_24h numeric not null,
  volume_24h numeric not null,
  quote_volume_24h numeric not null,
  primary key (exchange, symbol),
  foreign key (exchange, symbol) references public.symbols (exchange, symbol)
);
alter table public.tickers enable row level security;
revoke all on public.tickers from anon, authenticated, service_role;

create table public.feed_status (
  exchange text primary key check (exchange ~ '^[a-z][a-z0-9]{0,31}$'),
  state text not null check (state in ('starting', 'live', 'reconnecting', 'stopped')),
  sockets integer not null check (sockets >= 0),
  streams integer not null check (streams >= 0),
  reconnects integer not null check (reconnects >= 0),
  gaps_found integer not null check (gaps_found >= 0),
  gaps_filled integer not null check (gaps_filled >= 0),
  last_event_at timestamptz,
  updated_at timestamptz not null default now()
);
alter table public.feed_status enable row level security;
revoke all on public.feed_status from anon, authenticated, service_role;

create function private.ticker_json(p_ticker public.tickers) returns jsonb
language sql immutable set search_path = ''
as $$
  select case when p_ticker.symbol is not null then jsonb_build_object(
    'last', trim_scale(p_ticker.last)::text, 'at', p_ticker.at,
    'open_24h', trim_scale(p_ticker.open_24h)::text, 'high_24h', trim_scale(p_ticker.high_24h)::text,
    'low_24h', trim_scale(p_ticker.low_24h)::text, 'volume_24h', trim_scale(p_ticker.volume_24h)::text,
    'quote_volume_24h', trim_scale(p_ticker.quote_volume_24h)::text) end
$$;

create function public.record_feed(p_exchange text, p_token integer, p_status jsonb, p_tickers jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.feed_status
    (exchange, state, sockets, streams, reconnects, gaps_found, gaps_filled, last_event_at, updated_at)
  select p_exchange, r.state, r.sockets, r.streams, r.reconnects, r.gaps_found, r.gaps_filled,
    private.from_unix_ms(r.last_event_ms), now()
  from jsonb_to_record(p_status) as r(
    state text, sockets integer, streams integer, reconnects integer,
    gaps_found integer, gaps_filled integer, last_event_ms bigint)
  on conflict (exchange) do update
    set state = excluded.state, sockets = excluded.sockets, streams = excluded.streams,
        reconnects = excluded.reconnects, gaps_found = excluded.gaps_found, gaps_filled = excluded.gaps_filled,
        last_event_at = excluded.last_event_at, updated_at = excluded.updated_at;
  insert into public.tickers
    (exchange, symbol, last, at, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h)
  select p_exchange, r.symbol, r.last, private.from_unix_ms(r.at_ms), r.open_24h, r.high_24h, r.low_24h,
    r.volume_24h, r.quote_volume_24h
  from jsonb_to_recordset(p_tickers) as r(
    symbol text, last numeric, at_ms bigint, open_24h numeric, high_24h numeric, low_24h numeric,
    volume_24h numeric, quote_volume_24h numeric)
  on conflict (exchange, symbol) do update
    set last = excluded.last, at = excluded.at, open_24h = excluded.open_24h, high_24h = excluded.high_24h,
        low_24h = excluded.low_24h, volume_24h = excluded.volume_24h, quote_volume_24h = excluded.quote_volume_24h;
end
$$;
comment on function public.record_feed(text, integer, jsonb, jsonb) is
  'Stores an exchange''s feed status and tickers in one call under the lease feed:<exchange>.';
grant execute on function public.record_feed(text, integer, jsonb, jsonb) to service_role;
