-- Closed candles only; forming ones are broadcast. One partition a timeframe, because their
-- retention differs.
create table public.candles (
  exchange text not null,
  symbol text not null,
  timeframe text not null,
  open_time timestamptz not null,
  open numeric not null check (open > 0),
  high numeric not null,
  low numeric not null check (low > 0),
  close numeric not null check (close > 0),
  volume numeric not null check (volume >= 0),
  ind jsonb,
  primary key (exchange, symbol, timeframe, open_time),
  foreign key (exchange, symbol) references public.symbols (exchange, symbol),
  check (high >= open and high >= close and low <= open and low <= close)
) partition by list (timeframe);

create table public.candles_1m partition of public.candles for values in ('1m');
create table public.candles_5m partition of public.candles for values in ('5m');
create table public.candles_15m partition of public.candles for values in ('15m');
create table public.candles_1h partition of public.candles for values in ('1h');
create table public.candles_4h partition of public.candles for values in ('4h');
create table public.candles_1d partition of public.candles for values in ('1d');

alter table public.candles enable row level security;
alter table public.candles_1m enable row level security;
alter table public.candles_5m enable row level security;
alter table public.candles_15m enable row level security;
alter table public.candles_1h enable row level security;
alter table public.candles_4h enable row level security;
alter table public.candles_1d enable row level security;
revoke all on public.candles, public.candles_1m, public.candles_5m, public.candles_15m,
  public.candles_1h, public.candles_4h, public.candles_1d from anon, authenticated, service_role;

create function private.timeframe_ms(p_timeframe text) returns integer
language sql immutable set search_path = ''
as $$
  select case p_timeframe
    when '1m' then 60000 when '5m' then 300000 when '15m' then 900000
    when '1h' then 3600000 when '4h' then 14400000 when '1d' then 86400000 end
$$;

create function private.unix_ms(p_at timestamptz) returns bigint
language sql immutable set search_path = ''
as $$ select (extract(epoch from p_at) * 1000)::bigint $$;

create function private.from_unix_ms(p_ms bigint) returns timestamptz
language sql immutable set search_path = ''
as $$ select timestamptz 'epoch' + p_ms * interval '1 millisecond' $$;

create function private.candle_json(p_candle public.candles) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_strip_nulls(jsonb_build_object(
    't', private.unix_ms(p_candle.open_time),
    'o', trim_scale(p_candle.open)::text, 'h', trim_scale(p_candle.high)::text,
    'l', trim_scale(p_candle.low)::text, 'c', trim_scale(p_candle.close)::text,
    'v', trim_scale(p_candle.volume)::text, 'closed', true, 'ind', p_candle.ind))
$$;

create function public.record_candles(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  -- A closed candle is closed once and for ever: a second telling of it changes nothing.
  insert into public.candles (exchange, symbol, timeframe, open_time, open, high, low, close, volume, ind)
  select p_exchange, r.symbol, r.timeframe, private.from_unix_ms(r.t), r.o, r.h, r.l, r.c, r.v, r.ind
  from jsonb_to_recordset(p_rows) as r(
    symbol text, timeframe text, t bigint, o numeric, h numeric, l numeric, c numeric, v numeric, ind jsonb)
  on conflict (exchange, symbol, timeframe, open_time) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.record_candles(text, integer, jsonb) is
  'Stores closed candles {symbol,timeframe,t,o,h,l,c,v,ind} in bulk under the lease feed:<exchange>; returns how many were new.';
grant execute on function public.record_candles(text, integer, jsonb) to service_role;

create function private.candles_page(
  p_exchange text, p_symbol text, p_timeframe text,
  p_from timestamptz default null, p_to timestamptz default null, p_limit integer default 500)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
begin
  if private.timeframe_ms(p_timeframe) is null then
    raise sqlstate 'PT400' using message = 'invalid_timeframe', detail = 'Timeframes are 1m 5m 15m 1h 4h 1d';
  elsif p_limit is null or p_limit not between 1 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1,000';
  elsif p_from > p_to then
    raise sqlstate 'PT400' using message = 'invalid_range', detail = 'from is later than to';
  elsif not exists (select 1 from public.symbols s where s.exchange = p_exchange and s.symbol = p_symbol) then
    raise sqlstate 'PT404' using message = 'unknown_symbol', detail = 'No such symbol on that exchange';
  end if;

  if p_from is null then
    -- The latest ones before p_to.
    select coalesce(jsonb_agg(private.candle_json(c) order by c.open_time), '[]'), false
    into v_items, v_more
    from (
      select * from public.candles x
      where x.exchange = p_exchange and x.symbol = p_symbol and x.timeframe = p_timeframe
        and (p_to is null or x.open_time < p_to)
      order by x.open_time desc
      limit p_limit
    ) as c;
  else
    select coalesce(jsonb_agg(private.candle_json(c.candle) order by c.place) filter (where c.place <= p_limit), '[]'),
      count(*) > p_limit
    into v_items, v_more
    from (
      select x as candle, row_number() over (order by x.open_time) as place from public.candles x
      where x.exchange = p_exchange and x.symbol = p_symbol and x.timeframe = p_timeframe
        and x.open_time >= p_from and (p_to is null or x.open_time < p_to)
      order by x.open_time
      limit p_limit + 1
    ) as c;
  end if;
  return jsonb_build_object('items', v_items,
    'next_cursor', case when v_more then ((v_items -> -1 ->> 't')::bigint + 1)::text end);
end
$$;

create function public.candles_page(
  p_exchange text, p_symbol text, p_timeframe text,
  p_from timestamptz default null, p_to timestamptz default null, p_limit integer default 500)
returns jsonb
language sql stable security definer set search_path = ''
as $$ select private.candles_page(p_exchange, p_symbol, p_timeframe, p_from, p_to, p_limit) $$;
comment on function public.candles_page(text, text, text, timestamptz, timestamptz, integer) is
  'Closed candles with from <= open time < to, oldest first: {items, next_cursor}. Without p_from the latest ones. next_cursor is the next p_from in Unix ms.';
grant execute on function public.candles_page(text, text, text, timestamptz, timestamptz, integer) to anon, authenticated, service_role;

create function public.latest_candles(p_exchange text, p_limit integer, p_symbols text[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_limit is null or p_limit not between 1 and 1000 or coalesce(cardinality(p_symbols), 0) not between 1 and 100 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1,000 candles of 1 to 100 symbols';
  end if;
  return (
    select coalesce(jsonb_agg(jsonb_build_object('symbol', w.symbol, 'timeframe', w.timeframe, 'candles', w.candles)), '[]')
    from (
      select s.symbol, t.timeframe, (
        select coalesce(jsonb_agg(private.candle_json(c) - 'ind' order by c.open_time), '[]')
        from (
          select * from public.candles x
          where x.exchange = p_exchange and x.symbol = s.symbol and x.timeframe = t.timeframe
          order by x.open_time desc limit p_limit
        ) as c
      ) as candles
      from unnest(p_symbols) as s(symbol)
      cross join unnest(array['1m', '5m', '15m', '1h', '4h', '1d']) as t(timeframe)
    ) as w
  );
end
$$;
comment on function public.latest_candles(text, integer, text[]) is
  'What the feed resumes from: for each symbol and timeframe its latest stored candles, oldest first.';
grant execute on function public.latest_candles(text, integer, text[]) to service_role;
