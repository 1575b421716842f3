-- Bulk reading: ten times a page's rows for ten times its price, as lines that need no parsing on the way.
create function public.candles_csv(
  p_exchange text, p_symbol text, p_timeframe text, p_from timestamptz, p_to timestamptz, p_limit integer default 10000)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_rows_max constant integer := 10000;
  v_lines text;
  v_count integer;
  v_last timestamptz;
begin
  perform private.require_rate('market_read', null, 10);
  if private.timeframe_ms(p_timeframe) is null then
    raise sqlstate 'PT400' using message = 'invalid_timeframe', detail = 'Timeframes are 1m 5m 15m 1h 4h 1d';
  elsif p_limit is null or p_limit not between 1 and v_rows_max then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = format('The limit is 1 to %s', v_rows_max);
  elsif p_from is null or p_to is null or p_from > p_to then
    raise sqlstate 'PT400' using message = 'invalid_range', detail = 'A range has from and to, and from is not later';
  elsif not exists (select 1 from public.symbols s where s.exchange = p_exchange and s.symbol = p_symbol) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such symbol on that exchange';
  end if;
  select string_agg(to_char(c.open_time at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ',' || trim_scale(c.open)
      || ',' || trim_scale(c.high) || ',' || trim_scale(c.low) || ',' || trim_scale(c.close) || ',' || trim_scale(c.volume)
      || E'\n', '' order by c.open_time), count(*), max(c.open_time)
  into v_lines, v_count, v_last
  from (
    select * from public.candles x
    where x.exchange = p_exchange and x.symbol = p_symbol and x.timeframe = p_timeframe
      and x.open_time >= p_from and x.open_time < p_to
    order by x.open_time limit p_limit) as c;
  return jsonb_build_object('lines', coalesce(v_lines, ''), 'rows', v_count,
    'next_cursor', case when v_count = p_limit then (private.unix_ms(v_last) + 1)::text end);
end
$$;
comment on function public.candles_csv(text, text, text, timestamptz, timestamptz, integer) is
  'Closed candles with from <= open time < to as CSV lines open_time,open,high,low,close,volume: {lines, rows, next_cursor}; next_cursor is the next p_from in Unix ms. Costs ten reads.';
grant execute on function public.candles_csv(text, text, text, timestamptz, timestamptz, integer) to anon, authenticated, service_role;
