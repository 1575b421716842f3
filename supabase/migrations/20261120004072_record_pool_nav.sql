-- What pools are worth between settlements, as their adapters say.
create function private.pool_sharpe(p_pool_id uuid, p_before timestamptz) returns numeric
language sql stable security definer set search_path = ''
as $$
  -- Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21(1), 1994, ex post, with nothing as the riskless return: mean
  -- over standard deviation of daily returns, times the root of the days of a year, all of which are traded. Of the last
  -- year's closes before today, which change once a day.
  with closes as (
    select d.day, n.unit_price from generate_series(1, 366) as s(ago)
    cross join lateral (select date_trunc('day', p_before, 'UTC') - make_interval(hours => 24 * (s.ago - 1)) as day) as d
    cross join lateral (
      select x.unit_price from public.pool_nav x
      where x.pool_id = p_pool_id and x.at < d.day and x.at >= d.day - interval '24 hours' order by x.at desc limit 1) as n
  ), returns as (
    select unit_price / nullif(lag(unit_price) over (order by day), 0) - 1 as r from closes
  )
  select round(avg(r) / nullif(stddev_samp(r), 0) * sqrt(365.0), 4) from returns having count(r) >= 2
$$;
comment on function private.pool_sharpe(uuid, timestamptz) is
  'The yearly Sharpe ratio of a pool''s daily returns before a time; null with less than three closes or without any movement.';

-- One pool's number is one pool's matter: neither its settlement nor what is wrong with it keeps the others waiting.
create function private.record_nav(p_row jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_age_max constant interval := '60 seconds';
  v_ahead_max constant interval := '5 seconds';
  -- As many points as a chart can use.
  v_apart_min constant interval := '10 seconds';
  v_positions_max constant integer := 500;
  v_pool public.pools;
  v_live public.pool_live;
  v_at timestamptz;
  v_equity numeric;
  v_capital numeric;
  v_price numeric;
begin
  if coalesce(p_row ->> 'pool_id', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return 'bad_request';
  end if;
  -- Beside requests and other readers. A settlement that has the pool writes what it is worth itself, and may take minutes,
  -- in which all other pools would wait.
  select * into v_pool from public.pools p where p.id = (p_row ->> 'pool_id')::uuid for share skip locked;
  if not found and exists (select 1 from public.pools p where p.id = (p_row ->> 'pool_id')::uuid) then
    return 'equity_stale';
  elsif v_pool.id is null or v_pool.status in ('draft', 'closed') then
    return 'not_found';
  end if;
  begin
    v_at := (p_row ->> 'at')::timestamptz;
    v_equity := private.parse_equity(p_row ->> 'equity', v_pool.currency);
  exception
    when data_exception then return 'bad_request';
    when sqlstate 'PT400' then return 'invalid_equity';
  end;
  if jsonb_typeof(coalesce(p_row -> 'positions', '[]')) <> 'array' or jsonb_array_length(coalesce(p_row -> 'positions', '[]')) > v_positions_max
    or octet_length((p_row -> 'positions')::text) > 200000 or octet_length((p_row -> 'adapter_state')::text) > 12000
    or coalesce(p_row ->> 'exposure', '0') !~ '^-?[0-9]{1,15}(\.[0-9]{1,18})?$' then
    return 'bad_request';
  end if;
  select * into v_live from public.pool_live l where l.pool_id = v_pool.id;
  -- A number from before the last settlement knows nothing of the money that moved there.
  if v_at is null or v_at < clock_timestamp() - v_age_max or v_at > clock_timestamp() + v_ahead_max or v_at <= v_live.at
    or v_at < (select c.opened_at from public.pool_cycles c where c.pool_id = v_pool.id and c.no = v_pool.cycle_no) then
    return 'equity_stale';
  end if;
  v_capital := private.pool_capital(v_pool.id, v_pool.currency);
  if not private.equity_is_plausible(v_pool, v_capital, v_equity) then
    return 'equity_implausible';
  end if;
  v_price := case when v_pool.units > 0 then div(v_equity * 1000000000000, v_pool.units) * 0.000000000001 else v_pool.unit_price end;
  -- Looked up by the clock's steps, so that one point a step is kept.
  if not exists (select 1 from public.pool_nav n where n.pool_id = v_pool.id and n.at > v_at - v_apart_min) then
    insert into public.pool_nav (pool_id, at, equity, units, unit_price, exposure)
    values (v_pool.id, v_at, v_equity, v_pool.units, v_price, (p_row ->> 'exposure')::numeric);
  end if;
  insert into public.pool_live as l (pool_id, at, equity, unit_price, pnl, exposure, peak, drawdown, sharpe, positions, adapter_status,
    adapter_error, checked_at, adapter_state)
  values (v_pool.id, v_at, v_equity, v_price, v_equity - v_capital, (p_row ->> 'exposure')::numeric, greatest(v_live.peak, v_price),
    private.drawdown(v_price, greatest(v_live.peak, v_price)),
    case when date_trunc('day', v_live.at, 'UTC') = date_trunc('day', v_at, 'UTC') then v_live.sharpe
      else private.pool_sharpe(v_pool.id, v_at) end,
    coalesce(p_row -> 'positions', '[]'), 'ok', null, clock_timestamp(), coalesce(p_row -> 'adapter_state', v_live.adapter_state, '{}'))
  on conflict (pool_id) do update set (at, equity, unit_price, pnl, exposure, peak, drawdown, sharpe, positions, adapter_status,
    adapter_error, checked_at, adapter_state) = row (excluded.at, excluded.equity, excluded.unit_price, excluded.pnl, excluded.exposure,
    excluded.peak, excluded.drawdown, excluded.sharpe, excluded.positions, excluded.adapter_status, excluded.adapter_error,
    excluded.checked_at, excluded.adapter_state)
  returning * into v_live;
  perform realtime.send(jsonb_build_object('at', v_at, 'equity', trim_scale(v_equity)::text, 'unit_price', trim_scale(v_price)::text,
    'pnl', trim_scale(v_live.pnl)::text, 'exposure', trim_scale(v_live.exposure)::text, 'drawdown', trim_scale(v_live.drawdown)::text,
    'sharpe', trim_scale(v_live.sharpe)::text), 'nav', 'pool:' || v_pool.id::text, true);
  return null;
end
$$;
comment on function private.record_nav(jsonb) is
  'Keeps and broadcasts what a pool is worth now; null, or the code of what is wrong with it.';

create function public.record_pool_nav(p_token integer, p_rows jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_rows_max constant integer := 1000;
  v_row jsonb;
  v_code text;
  v_recorded integer := 0;
  v_refused jsonb := '[]';
begin
  perform private.require_lease('pools', p_token);
  if p_rows is null or jsonb_typeof(p_rows) <> 'array' or jsonb_array_length(p_rows) > v_rows_max then
    raise sqlstate 'PT400' using message = 'bad_request', detail = format('Rows are an array of %s at most', v_rows_max);
  end if;
  -- Always in the same order, so that no two calls wait for each other.
  for v_row in select r from jsonb_array_elements(p_rows) as r order by r ->> 'pool_id', r ->> 'at' loop
    begin
      v_code := private.record_nav(v_row);
    exception
      -- What one module says must not keep all other pools from being valued.
      when integrity_constraint_violation or data_exception or program_limit_exceeded then
        v_code := 'bad_request';
    end;
    if v_code is null then
      v_recorded := v_recorded + 1;
    else
      v_refused := v_refused || jsonb_build_object('pool_id', v_row ->> 'pool_id', 'code', v_code);
    end if;
  end loop;
  return jsonb_build_object('recorded', v_recorded, 'refused', v_refused);
end
$$;
comment on function public.record_pool_nav(integer, jsonb) is
  'Keeps what pools are worth now, under the lease pools: [{pool_id, at, equity, exposure, positions, adapter_state}] -> {recorded, refused: [{pool_id, code}]}, where a code is bad_request, not_found, invalid_equity, equity_stale or equity_implausible.';
grant execute on function public.record_pool_nav(integer, jsonb) to service_role;

create function public.thin_pool_nav(p_limit integer default 5000) returns integer
language sql volatile security definer set search_path = ''
as $$
  with old as (
    select n.pool_id, n.at, lead(n.at) over (partition by n.pool_id order by n.at) as next from public.pool_nav n
    where n.at < now() - interval '2 days'
  ), spare as (
    -- The last one of an hour or a day stays: it is the close.
    select o.pool_id, o.at from old o
    where date_trunc('hour', o.at, 'UTC') = date_trunc('hour', o.next, 'UTC')
      or (o.next < now() - interval '90 days' and date_trunc('day', o.at, 'UTC') = date_trunc('day', o.next, 'UTC'))
    limit least(greatest(p_limit, 0), 10000)
  ), gone as (
    delete from public.pool_nav n using spare s where n.pool_id = s.pool_id and n.at = s.at returning 1
  )
  select count(*)::integer from gone
$$;
comment on function public.thin_pool_nav(integer) is
  'Leaves one number an hour of what pools were worth more than 2 days ago, and one a day after 90 days; returns how many went.';
grant execute on function public.thin_pool_nav(integer) to service_role;
