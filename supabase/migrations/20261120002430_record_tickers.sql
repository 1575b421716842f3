-- Statistics of the markets that nobody streams, polled for all at once: lists show them, and rates to EUR reach every
-- asset. What is streamed is newer and stays.
create function public.record_tickers(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  insert into public.tickers as t
    (exchange, symbol, last, at, open_24h, high_24h, low_24h, volume_24h, quote_volume_24h)
  select p_exchange, r.symbol, r.last, private.from_unix_ms(r.at_ms), r.open_24h, r.high_24h, r.low_24h,
    r.volume_24h, r.quote_volume_24h
  from jsonb_to_recordset(p_rows) as r(
    symbol text, last numeric, at_ms bigint, open_24h numeric, high_24h numeric, low_24h numeric,
    volume_24h numeric, quote_volume_24h numeric)
  join public.symbols s on s.exchange = p_exchange and s.symbol = r.symbol
  where r.last > 0
  on conflict (exchange, symbol) do update
    set last = excluded.last, at = excluded.at, open_24h = excluded.open_24h, high_24h = excluded.high_24h,
        low_24h = excluded.low_24h, volume_24h = excluded.volume_24h, quote_volume_24h = excluded.quote_volume_24h
    where excluded.at >= t.at;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.record_tickers(text, integer, jsonb) is
  'Stores polled 24-hour statistics {symbol,last,at_ms,open_24h,high_24h,low_24h,volume_24h,quote_volume_24h} under the lease feed:<exchange>, where they are newer; returns how many were.';
grant execute on function public.record_tickers(text, integer, jsonb) to service_role;
