-- Order books and recent trades: streamed while somebody looks at market:<exchange>:<symbol>:book or …:trades. What is
-- stored is what a page shows first; a crash may lose it.
create unlogged table public.market_depth (
  exchange text not null,
  symbol text not null,
  -- [[price, quantity], …] as text, best first.
  bids jsonb not null default '[]' check (jsonb_typeof(bids) = 'array' and pg_column_size(bids) <= 8192),
  asks jsonb not null default '[]' check (jsonb_typeof(asks) = 'array' and pg_column_size(asks) <= 8192),
  book_at timestamptz,
  -- [{id,p,q,side,t}, …] newest first.
  trades jsonb not null default '[]' check (jsonb_typeof(trades) = 'array' and pg_column_size(trades) <= 16384),
  updated_at timestamptz not null default now(),
  primary key (exchange, symbol),
  foreign key (exchange, symbol) references public.symbols (exchange, symbol)
);
alter table public.market_depth enable row level security;
revoke all on public.market_depth from anon, authenticated, service_role;

create function public.record_depth(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.market_depth as d (exchange, symbol, bids, asks, book_at, trades)
  select p_exchange, r.symbol, coalesce(r.bids, '[]'), coalesce(r.asks, '[]'), private.from_unix_ms(r.book_ms),
    coalesce(r.trades, '[]')
  from jsonb_to_recordset(p_rows) as r(symbol text, bids jsonb, asks jsonb, book_ms bigint, trades jsonb)
  on conflict (exchange, symbol) do update
    set bids = case when excluded.book_at is null then d.bids else excluded.bids end,
        asks = case when excluded.book_at is null then d.asks else excluded.asks end,
        book_at = coalesce(excluded.book_at, d.book_at),
        trades = case when excluded.trades = '[]' then d.trades else excluded.trades end,
        updated_at = now();
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.record_depth(text, integer, jsonb) is
  'Stores the order books and latest trades {symbol,bids,asks,book_ms,trades} of watched symbols under the lease feed:<exchange>.';
grant execute on function public.record_depth(text, integer, jsonb) to service_role;

create function public.market_depth(p_exchange text, p_symbol text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_depth public.market_depth;
begin
  perform private.require_rate('market_read');
  if not exists (select 1 from public.symbols s where s.exchange = p_exchange and s.symbol = p_symbol) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such symbol on that exchange';
  end if;
  select * into v_depth from public.market_depth d where d.exchange = p_exchange and d.symbol = p_symbol;
  return jsonb_build_object(
    'bids', coalesce(v_depth.bids, '[]'), 'asks', coalesce(v_depth.asks, '[]'), 'book_at', v_depth.book_at,
    'trades', coalesce(v_depth.trades, '[]'),
    -- A book nobody watches is not kept up: old ones are shown as what they are.
    'stale', v_depth.updated_at is null or v_depth.updated_at < now() - private.stale_after());
end
$$;
comment on function public.market_depth(text, text) is
  'The stored order book and latest trades of a market: {bids, asks, book_at, trades, stale}.';
grant execute on function public.market_depth(text, text) to anon, authenticated, service_role;

create or replace function private.can_read_topic(p_topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case split_part(p_topic, ':', 1)
    when 'market' then p_topic ~ '^market:[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}:(1m|5m|15m|1h|4h|1d|book|trades)$'
    when 'user' then p_topic = 'user:' || (select auth.uid())::text
    else false
  end
$$;

create function private.is_market_view(p_view text) returns boolean
language sql immutable set search_path = ''
as $$ select private.timeframe_ms(p_view) is not null or p_view in ('book', 'trades') $$;
comment on function private.is_market_view(text) is 'Whether a market topic may end so: a timeframe, book or trades.';

create or replace function private.watch(p_topics text[], p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- One page looks at a screenful of markets.
  v_topics_max constant integer := 50;
  -- A person's tabs together; whoever needs more is no person.
  v_user_rows_max constant integer := 500;
  -- Everyone without an account together, so that a flood of them cannot fill the table.
  v_anonymous_rows_max constant integer := 20000;
  -- Beyond that their topics are kept once for all of them: a flood must not keep the others from live candles.
  v_shared_holder constant uuid := '00000000-0000-0000-0000-000000000000';
  v_full boolean := false;
  v_user_id uuid := (select auth.uid());
  v_new text[];
begin
  if p_client_id is null or p_client_id = v_shared_holder
    or coalesce(cardinality(p_topics), 0) not between 1 and v_topics_max then
    raise sqlstate 'PT400' using message = 'bad_request', detail = format('watch() takes 1 to %s topics and a client id', v_topics_max);
  end if;
  if exists (
    select 1 from unnest(p_topics) as w(topic)
    left join public.symbols s
      on s.exchange = split_part(w.topic, ':', 2) and s.symbol = split_part(w.topic, ':', 3) and s.active
    where w.topic is null or s.symbol is null
      or w.topic <> format('market:%s:%s:%s', s.exchange, s.symbol, split_part(w.topic, ':', 4))
      or not private.is_market_view(split_part(w.topic, ':', 4))
  ) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'A topic names no listed symbol and timeframe';
  end if;

  select array_agg(w.topic) into v_new from (select distinct topic from unnest(p_topics) as w(topic)) as w
  where not exists (select 1 from public.watches x where x.topic = w.topic and x.expires_at > now());

  if v_user_id is not null then
    if (select count(*) from public.watches w where w.user_id = v_user_id and w.expires_at > now()
        and not (w.holder = p_client_id and w.topic = any(p_topics))) + cardinality(p_topics) > v_user_rows_max then
      raise sqlstate 'PT429' using message = 'watch_limit', detail = 'Too many markets are being watched';
    end if;
  else
    v_full := (select count(*) from (select 1 from public.watches w where w.user_id is null and w.expires_at > now()
      limit v_anonymous_rows_max) as c) >= v_anonymous_rows_max;
  end if;

  insert into public.watches (holder, topic, timeframe, user_id, expires_at)
  select
    case when v_full and not exists (
      select 1 from public.watches x where x.holder = p_client_id and x.topic = w.topic
    ) then v_shared_holder else p_client_id end,
    w.topic, split_part(w.topic, ':', 4), v_user_id, now() + interval '60 seconds'
  from (select distinct topic from unnest(p_topics) as w(topic)) as w
  order by w.topic
  on conflict (holder, topic) do update
    set expires_at = excluded.expires_at, user_id = excluded.user_id
    where public.watches.user_id is null or public.watches.user_id = excluded.user_id
      or public.watches.expires_at <= now();

  if v_new is not null then
    perform realtime.send(jsonb_build_object('watches', to_jsonb(v_new)), 'wake', 'worker', true);
  end if;
  return jsonb_build_object('expires_in', 60, 'topics', to_jsonb(p_topics));
end
$$;

-- Books and trades are no timeframes.
create or replace function private.ws_stats() returns jsonb
language sql stable security definer set search_path = ''
as $$
  with live as (select holder, topic, timeframe from public.watches where expires_at > now()),
  counts as (
    select
      (select count(distinct holder) from live)::integer as sessions,
      (select count(*) from live)::integer as subscriptions,
      (select coalesce(jsonb_agg(t.timeframe order by private.timeframe_ms(t.timeframe)), '[]')
        from (select distinct timeframe from live where private.timeframe_ms(timeframe) is not null) as t) as timeframes,
      (select coalesce(sum(f.sockets), 0) from public.feed_status f
        where f.updated_at > now() - interval '30 seconds' and f.state <> 'stopped')::integer as sockets
  ),
  compared as (select *, sessions * jsonb_array_length(timeframes) as traditional from counts)
  select jsonb_build_object(
    'activeSessions', sessions,
    'totalSubscriptions', subscriptions,
    'sharedWebSockets', sockets,
    'timeframes', timeframes,
    'efficiency', jsonb_build_object(
      'traditionalConnections', traditional,
      'sharedConnections', sockets,
      'savedConnections', greatest(traditional - sockets, 0),
      'savingsPercent', case when traditional > sockets
        then trim_scale(trunc(100.0 * (traditional - sockets) / traditional, 1))::text || '%' else '0%' end))
  from compared
$$;
