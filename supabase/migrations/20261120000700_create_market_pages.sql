-- What the market pages read, one call a page.
create function public.symbols_page(
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
      'ticker', (select private.ticker_json(t) from public.tickers t where t.exchange = c.exchange and t.symbol = c.symbol),
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
comment on function public.symbols_page(text, text, integer, text, boolean) is
  'Listed symbols with their tickers, by exchange and symbol: {items, next_cursor}; p_spark adds the last 24 hourly closes.';
grant execute on function public.symbols_page(text, text, integer, text, boolean) to anon, authenticated, service_role;

create function public.market_page(p_exchange text, p_symbol text, p_timeframe text, p_limit integer default 300)
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
    'ticker', (select private.ticker_json(t) from public.tickers t where t.exchange = p_exchange and t.symbol = p_symbol),
    'feed', (select jsonb_build_object('state', f.state, 'last_event_at', f.last_event_at, 'updated_at', f.updated_at)
      from public.feed_status f where f.exchange = p_exchange),
    'candles', private.candles_page(p_exchange, p_symbol, p_timeframe, null, null, p_limit) -> 'items');
end
$$;
comment on function public.market_page(text, text, text, integer) is
  'Everything a market page shows first: {symbol, ticker, feed, candles}.';
grant execute on function public.market_page(text, text, text, integer) to anon, authenticated, service_role;
