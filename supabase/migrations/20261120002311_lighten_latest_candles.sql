-- A worker that takes over reads hundreds of candles of each symbol and width before it can go on: indicators, which it
-- computes anew, are not even fetched, and no candle is built twice.
create or replace function public.latest_candles(p_exchange text, p_limit integer, p_symbols text[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_limit is null or p_limit not between 1 and 1000 or coalesce(cardinality(p_symbols), 0) not between 1 and 100 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1,000 candles of 1 to 100 symbols';
  end if;
  return (
    select coalesce(json_agg(json_build_object('symbol', s.symbol, 'timeframe', t.timeframe, 'candles', w.candles)), '[]')
    from unnest(p_symbols) as s(symbol)
    cross join unnest(array['1m', '5m', '15m', '1h', '4h', '1d']) as t(timeframe)
    cross join lateral (
      select coalesce(json_agg(json_build_object(
        't', (extract(epoch from c.open_time) * 1000)::bigint,
        'o', trim_scale(c.open)::text, 'h', trim_scale(c.high)::text, 'l', trim_scale(c.low)::text,
        'c', trim_scale(c.close)::text, 'v', trim_scale(c.volume)::text) order by c.open_time), '[]') as candles
      from (
        select x.open_time, x.open, x.high, x.low, x.close, x.volume from public.candles x
        where x.exchange = p_exchange and x.symbol = s.symbol and x.timeframe = t.timeframe
        order by x.open_time desc limit p_limit
      ) as c
    ) as w
  )::jsonb;
end
$$;
