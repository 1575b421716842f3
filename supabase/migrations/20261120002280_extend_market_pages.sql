-- What pages show of a price now says whether it can be trusted, what it is worth in EUR, and what the book looks like.
create or replace function private.symbols_page(
  p_query text default null, p_exchange text default null, p_limit integer default 50,
  p_cursor text default null, p_spark boolean default false)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
  v_query text := '%' || replace(replace(replace(upper(coalesce(p_query, '')), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif char_length(p_query) > 40 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The search text is 40 characters at most';
  elsif p_cursor is not null and p_cursor !~ '^[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
  select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'exchange', c.exchange, 'symbol', c.symbol, 'venue_symbol', c.venue_symbol, 'base', c.base, 'quote', c.quote,
      'tick_size', trim_scale(c.tick_size)::text, 'lot_size', trim_scale(c.lot_size)::text,
      'min_notional', trim_scale(c.min_notional)::text, 'active', c.active,
      'ticker', (select private.ticker_json(t) || jsonb_build_object('stale', private.ticker_is_stale(t, f))
        from public.tickers t left join public.feed_status f on f.exchange = t.exchange
        where t.exchange = c.exchange and t.symbol = c.symbol),
      'spark', case when p_spark then (
        select jsonb_agg(trim_scale(h.close)::text order by h.open_time) from (
          select x.close, x.open_time from public.candles x
          where x.exchange = c.exchange and x.symbol = c.symbol and x.timeframe = '1h'
          order by x.open_time desc limit 24) as h) end
    )) order by c.exchange, c.symbol) filter (where c.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from (
    select s.*, row_number() over (order by s.exchange, s.symbol) as place from public.symbols s
    where (p_exchange is null or s.exchange = p_exchange)
      and (p_query is null or s.symbol like v_query or upper(s.venue_symbol) like v_query)
      and (p_cursor is null or (s.exchange, s.symbol) > (split_part(p_cursor, ':', 1), split_part(p_cursor, ':', 2)))
    order by s.exchange, s.symbol
    limit p_limit + 1
  ) as c;
  return jsonb_build_object('items', v_items,
    'next_cursor', case when v_more then (v_items -> -1 ->> 'exchange') || ':' || (v_items -> -1 ->> 'symbol') end);
end
$$;

create or replace function private.market_page(p_exchange text, p_symbol text, p_timeframe text, p_limit integer default 300)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_symbol public.symbols;
begin
  select * into v_symbol from public.symbols s where s.exchange = p_exchange and s.symbol = p_symbol;
  if not found then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such symbol on that exchange';
  end if;
  return jsonb_build_object(
    'symbol', jsonb_build_object(
      'exchange', v_symbol.exchange, 'symbol', v_symbol.symbol, 'venue_symbol', v_symbol.venue_symbol,
      'base', v_symbol.base, 'quote', v_symbol.quote, 'tick_size', trim_scale(v_symbol.tick_size)::text,
      'lot_size', trim_scale(v_symbol.lot_size)::text, 'min_notional', trim_scale(v_symbol.min_notional)::text,
      'active', v_symbol.active),
    'ticker', (select private.ticker_json(t) || jsonb_build_object('stale', private.ticker_is_stale(t, f))
      from public.tickers t left join public.feed_status f on f.exchange = t.exchange
      where t.exchange = p_exchange and t.symbol = p_symbol),
    'depth', (select jsonb_build_object('bids', d.bids, 'asks', d.asks, 'book_at', d.book_at, 'trades', d.trades,
        'stale', d.updated_at < now() - private.stale_after())
      from public.market_depth d where d.exchange = p_exchange and d.symbol = p_symbol),
    'rates', (select coalesce(jsonb_object_agg(r.asset, jsonb_build_object('eur', trim_scale(r.eur)::text, 'at', r.at,
        'stale', r.updated_at < now() - private.rate_age_max())), '{}')
      from public.rates r where r.asset in (v_symbol.base, v_symbol.quote)),
    'feed', (select jsonb_build_object('state', f.state, 'last_event_at', f.last_event_at, 'updated_at', f.updated_at)
      from public.feed_status f where f.exchange = p_exchange),
    'candles', private.candles_page(p_exchange, p_symbol, p_timeframe, null, null, p_limit) -> 'items');
end
$$;

create function public.monitor_page(
  p_exchange text default null, p_symbol text default null, p_timeframe text default '1m')
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A list one scrolls through, not the whole market.
  v_rows_max constant integer := 60;
  v_alerts_max constant integer := 50;
  v_repairs_max constant integer := 20;
begin
  perform private.require_rate('market_read');
  if private.timeframe_ms(p_timeframe) is null then
    raise sqlstate 'PT400' using message = 'invalid_timeframe', detail = 'Timeframes are 1m 5m 15m 1h 4h 1d';
  elsif p_exchange !~ '^[a-z][a-z0-9]{0,31}$' then
    raise sqlstate 'PT400' using message = 'invalid_exchange', detail = 'An exchange id is a lower-case word';
  elsif p_symbol !~ '^[A-Z0-9.-]{1,40}$' then
    raise sqlstate 'PT400' using message = 'invalid_symbol', detail = 'A symbol has A-Z 0-9 . -';
  end if;
  return jsonb_build_object(
    'at', now(),
    'feeds', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'exchange', f.exchange,
        -- A feed that does not report has no state to show.
        'state', case when f.updated_at < now() - private.stale_after() then 'stopped' else f.state end,
        'sockets', f.sockets, 'streams', f.streams, 'reconnects', f.reconnects,
        'planned_reconnects', f.planned_reconnects, 'gaps_found', f.gaps_found, 'gaps_filled', f.gaps_filled,
        'bad_frames', f.bad_frames::text, 'folds_checked', f.folds_checked::text,
        'folds_differing', f.folds_differing::text, 'repairs', f.repairs::text, 'ticks_per_s', f.ticks_per_s::text,
        'lag_p50_ms', f.lag_p50_ms, 'lag_p99_ms', f.lag_p99_ms, 'queued_rows', f.queued_rows,
        'symbols_stale', f.symbols_stale, 'leader', left(f.holder::text, 13), 'token', f.token, 'terms', f.terms,
        'leading_since', f.started_at, 'last_event_at', f.last_event_at, 'updated_at', f.updated_at,
        'age_ms', floor(extract(epoch from now() - f.updated_at) * 1000)::integer) order by f.exchange), '[]')
      from public.feed_status f),
    'alerts', (
      select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'exchange', a.exchange, 'symbol', a.symbol,
        'kind', a.kind, 'detail', a.detail, 'opened_at', a.opened_at, 'resolved_at', a.resolved_at) order by a.id desc), '[]')
      from (select * from public.feed_alerts x where p_exchange is null or x.exchange = p_exchange
        order by x.resolved_at is not null, x.id desc limit v_alerts_max) as a),
    'repairs', (
      select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'exchange', r.exchange, 'symbol', r.symbol,
        'timeframe', r.timeframe, 'open_time', r.open_time, 'stored', r.stored, 'told', r.told, 'at', r.at) order by r.id desc), '[]')
      from (select * from public.candle_repairs x where p_exchange is null or x.exchange = p_exchange
        order by x.id desc limit v_repairs_max) as r),
    'candles', (
      select coalesce(jsonb_agg(jsonb_build_object('exchange', s.exchange, 'symbol', s.symbol, 'timeframe', p_timeframe,
        'at', s.at, 'stale', s.stale, 'candle', private.candle_json(c)) order by s.volume desc, s.exchange, s.symbol), '[]')
      from (
        select t.exchange, t.symbol, t.at, t.quote_volume_24h as volume, private.ticker_is_stale(t, f) as stale
        from public.tickers t left join public.feed_status f on f.exchange = t.exchange
        where (p_exchange is null or t.exchange = p_exchange)
          and (p_symbol is null or t.symbol like '%' || p_symbol || '%')
        order by t.quote_volume_24h desc, t.exchange, t.symbol limit v_rows_max
      ) as s
      join lateral (
        select * from public.candles x
        where x.exchange = s.exchange and x.symbol = s.symbol and x.timeframe = p_timeframe
        order by x.open_time desc limit 1) as c on true));
end
$$;
comment on function public.monitor_page(text, text, text) is
  'How the feeds do: {at, feeds, alerts, repairs, candles}; candles holds the newest closed one of up to 60 streamed symbols, by volume.';
grant execute on function public.monitor_page(text, text, text) to anon, authenticated, service_role;
