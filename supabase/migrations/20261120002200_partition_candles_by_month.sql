-- Minutes and five-minutes make up nine tenths of all candles and are kept the shortest: by month their end of life is
-- a dropped table instead of millions of deleted rows. Partitions live in schema private: they are nobody's API, and
-- the names of these change with the calendar.
alter table public.candles detach partition public.candles_1m;
alter table public.candles detach partition public.candles_5m;
alter table public.candles_15m set schema private;
alter table public.candles_1h set schema private;
alter table public.candles_4h set schema private;
alter table public.candles_1d set schema private;

create table private.candles_1m partition of public.candles for values in ('1m') partition by range (open_time);
create table private.candles_5m partition of public.candles for values in ('5m') partition by range (open_time);
alter table private.candles_1m enable row level security;
alter table private.candles_5m enable row level security;

create function private.ensure_candle_partition(p_timeframe text, p_month timestamptz) returns boolean
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_month timestamp := date_trunc('month', p_month at time zone 'utc');
  v_name text := format('candles_%s_%s', p_timeframe, to_char(v_month, 'YYYY_MM'));
begin
  if to_regclass('private.' || v_name) is not null then
    return false;
  end if;
  -- Two feeds that meet a new month at once must not both make it.
  perform pg_advisory_xact_lock(7268010);
  -- Asked of the table itself: to_regclass() may still remember that there was none.
  if exists (select 1 from pg_catalog.pg_class c where c.relname = v_name and c.relnamespace = 'private'::regnamespace) then
    return false;
  end if;
  -- Made apart and attached: "create … partition of" would wait for every open reader, and all others behind it.
  execute format('create table private.%I (like public.candles including defaults including constraints)', v_name);
  execute format('alter table private.%I enable row level security', v_name);
  execute format('alter table private.%I attach partition private.%I for values from (%L) to (%L)',
    'candles_' || p_timeframe, v_name, v_month at time zone 'utc', (v_month + interval '1 month') at time zone 'utc');
  return true;
end
$$;
comment on function private.ensure_candle_partition(text, timestamptz) is
  'Makes the partition of 1m or 5m candles for a month (UTC); false when it is there already.';

select private.ensure_candle_partition(c.timeframe, c.open_time)
from (select distinct timeframe, date_trunc('month', open_time at time zone 'utc') at time zone 'utc' as open_time
  from (select timeframe, open_time from public.candles_1m union all select timeframe, open_time from public.candles_5m) as x
) as c;
insert into public.candles select * from public.candles_1m;
insert into public.candles select * from public.candles_5m;
drop table public.candles_1m;
drop table public.candles_5m;

create or replace function public.record_candles(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- A batch is minutes long, or one read of history; a clock gone mad must not make a table for every month since 1970.
  v_months_max constant integer := 120;
  v_months timestamptz[];
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  for v_count in 1 .. 2 loop
    select array_agg(distinct date_trunc('month', private.from_unix_ms(r.t), 'UTC')) into v_months
    from jsonb_to_recordset(p_rows) as r(timeframe text, t bigint)
    where r.timeframe = case v_count when 1 then '1m' else '5m' end;
    if cardinality(v_months) > v_months_max then
      raise sqlstate 'PT400' using message = 'bad_request', detail = format('A batch spans at most %s months', v_months_max);
    end if;
    perform private.ensure_candle_partition(case v_count when 1 then '1m' else '5m' end, m)
    from unnest(v_months) as m;
  end loop;
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

-- How long candles are kept, reckoned from the newest price: a simulated market's clock is not ours.
create table public.candle_retention (
  timeframe text primary key check (private.timeframe_ms(timeframe) is not null),
  -- Null keeps them for ever.
  keep_days integer check (keep_days between 2 and 36500)
);
alter table public.candle_retention enable row level security;
revoke all on public.candle_retention from anon, authenticated, service_role;
insert into public.candle_retention (timeframe, keep_days) values
  ('1m', 180), ('5m', 730), ('15m', 1825), ('1h', null), ('4h', null), ('1d', null);

create function public.prune_candles(p_limit integer default 10000) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2s'
as $$
declare
  v_newest timestamptz := coalesce((select max(t.at) from public.tickers t), now());
  v_keep record;
  v_part record;
  v_symbol record;
  v_count integer;
  v_dropped integer := 0;
  v_deleted integer := 0;
begin
  for v_keep in
    select r.timeframe, v_newest - make_interval(days => r.keep_days) as cutoff
    from public.candle_retention r where r.keep_days is not null order by r.timeframe
  loop
    if v_keep.timeframe in ('1m', '5m') then
      for v_part in
        select c.relname from pg_catalog.pg_inherits i
        join pg_catalog.pg_class c on c.oid = i.inhrelid
        where i.inhparent = to_regclass('private.candles_' || v_keep.timeframe)
          and c.relname < format('candles_%s_%s', v_keep.timeframe, to_char(v_keep.cutoff at time zone 'utc', 'YYYY_MM'))
      loop
        execute format('alter table private.%I detach partition private.%I', 'candles_' || v_keep.timeframe, v_part.relname);
        execute format('drop table private.%I', v_part.relname);
        v_dropped := v_dropped + 1;
      end loop;
      continue;
    end if;
    for v_symbol in select s.exchange, s.symbol from public.symbols s loop
      exit when v_deleted >= p_limit;
      delete from public.candles c where (c.exchange, c.symbol, c.timeframe, c.open_time) in (
        select x.exchange, x.symbol, x.timeframe, x.open_time from public.candles x
        where x.exchange = v_symbol.exchange and x.symbol = v_symbol.symbol and x.timeframe = v_keep.timeframe
          and x.open_time < v_keep.cutoff
        order by x.open_time limit p_limit - v_deleted);
      get diagnostics v_count = row_count;
      v_deleted := v_deleted + v_count;
    end loop;
  end loop;
  v_deleted := v_deleted + private.forget_repairs(greatest(0, p_limit - v_deleted));
  return jsonb_build_object('partitions_dropped', v_dropped, 'rows_deleted', v_deleted);
end
$$;
comment on function public.prune_candles(integer) is
  'Drops months and deletes at most p_limit candles past their retention, and repairs older than 90 days: {partitions_dropped, rows_deleted}. Call it again while p_limit rows went.';
grant execute on function public.prune_candles(integer) to service_role;
