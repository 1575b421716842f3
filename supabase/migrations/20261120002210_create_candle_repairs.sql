-- A candle that was stored and turned out to differ from the exchange's own. A close is final for everyone but the
-- exchange: what it says is taken over, and both versions are kept here.
create table public.candle_repairs (
  id uuid primary key default private.uuid_v7(),
  exchange text not null,
  symbol text not null,
  timeframe text not null,
  open_time timestamptz not null,
  -- {o,h,l,c,v} as text: what was stored, and what the exchange says.
  stored jsonb not null,
  told jsonb not null,
  at timestamptz not null default clock_timestamp()
);
create index candle_repairs_exchange_idx on public.candle_repairs (exchange, id desc);
create index candle_repairs_at_idx on public.candle_repairs (at);
alter table public.candle_repairs enable row level security;
revoke all on public.candle_repairs from anon, authenticated, service_role;

create function public.repair_candles(p_exchange text, p_token integer, p_rows jsonb) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  with told as (
    select r.symbol, r.timeframe, private.from_unix_ms(r.t) as open_time, r.o, r.h, r.l, r.c, r.v, r.ind
    from jsonb_to_recordset(p_rows) as r(
      symbol text, timeframe text, t bigint, o numeric, h numeric, l numeric, c numeric, v numeric, ind jsonb)
  ), differing as (
    select t.*, c.open, c.high, c.low, c.close, c.volume
    from told t
    join public.candles c on c.exchange = p_exchange and c.symbol = t.symbol and c.timeframe = t.timeframe
      and c.open_time = t.open_time
    where (c.open, c.high, c.low, c.close, c.volume) is distinct from (t.o, t.h, t.l, t.c, t.v)
  ), logged as (
    insert into public.candle_repairs (exchange, symbol, timeframe, open_time, stored, told)
    select p_exchange, d.symbol, d.timeframe, d.open_time,
      jsonb_build_object('o', trim_scale(d.open)::text, 'h', trim_scale(d.high)::text, 'l', trim_scale(d.low)::text,
        'c', trim_scale(d.close)::text, 'v', trim_scale(d.volume)::text),
      jsonb_build_object('o', trim_scale(d.o)::text, 'h', trim_scale(d.h)::text, 'l', trim_scale(d.l)::text,
        'c', trim_scale(d.c)::text, 'v', trim_scale(d.v)::text)
    from differing d
  )
  update public.candles c
  set open = d.o, high = d.h, low = d.l, close = d.c, volume = d.v, ind = coalesce(d.ind, c.ind)
  from differing d
  where c.exchange = p_exchange and c.symbol = d.symbol and c.timeframe = d.timeframe and c.open_time = d.open_time;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.repair_candles(text, integer, jsonb) is
  'Replaces stored candles that differ from the exchange''s own under the lease feed:<exchange>, keeping both versions; returns how many differed.';
grant execute on function public.repair_candles(text, integer, jsonb) to service_role;

create function private.forget_repairs(p_limit integer) returns integer
language sql volatile security definer set search_path = ''
as $$
  with old as (
    delete from public.candle_repairs where id in (
      select r.id from public.candle_repairs r where r.at < now() - interval '90 days' order by r.at limit p_limit)
    returning 1)
  select count(*)::integer from old
$$;
