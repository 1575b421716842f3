-- What all of somebody's investments come to, now and over time.
create function private.investment_totals(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with asked as (
    select p.currency, count(*) as investments, sum(r.amount) filter (where r.status = 'queued') as waiting
    from public.pool_requests r join public.pools p on p.id = r.pool_id
    where r.investor_id = p_user_id and r.kind = 'subscribe' group by p.currency
  ), lots as (
    select l.* from public.pool_lots l where l.investor_id = p_user_id
  ), pools as materialized (
    select p.id, p.currency, n.unit_price, n.scale from public.pools p cross join private.pool_now(p) as n
    where p.id in (select l.pool_id from lots l)
  ), owned as (
    -- Rounded lot by lot, as they are listed.
    select p.currency, sum(l.fees_paid) as fees_paid, sum(l.amount_bought) filter (where l.units > 0) as paid_in,
      sum(round(l.units * p.unit_price, p.scale)) as value,
      sum(round(l.units * p.unit_price, p.scale) + l.amount_redeemed - l.amount_bought) filter (where l.units > 0) as gain
    from lots l join pools p on p.id = l.pool_id group by p.currency
  )
  select coalesce(jsonb_agg(jsonb_build_object('currency', a.currency, 'investments', a.investments,
    'value', trim_scale(coalesce(o.value, 0))::text, 'paid_in', trim_scale(coalesce(o.paid_in, 0))::text,
    'gain', trim_scale(coalesce(o.gain, 0))::text,
    'gain_percent', trim_scale(round(o.gain / nullif(o.paid_in, 0) * 100, 4))::text,
    'fees_paid', trim_scale(coalesce(o.fees_paid, 0))::text, 'waiting', trim_scale(coalesce(a.waiting, 0))::text)
    order by a.investments desc, a.currency), '[]')
  from asked a left join owned o on o.currency = a.currency
$$;
comment on function private.investment_totals(uuid) is
  'What somebody''s investments come to by currency, that of most of them first: [{currency, investments, value, paid_in, gain, gain_percent, fees_paid, waiting}]; value, paid_in and gain are of those not redeemed.';

create function private.value_series(p_user_id uuid, p_currency text, p_points integer)
returns table (at timestamptz, value numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- Prices that one chart looks up.
  v_looks_max constant integer := 10000;
  v_points_min constant integer := 20;
  v_scale smallint := (select a.scale from public.assets a where a.asset = p_currency);
  v_to timestamptz := now();
  v_from timestamptz;
  v_points integer;
  v_lots uuid[] := array(
    select l.id from public.pool_lots l join public.pools p on p.id = l.pool_id
    where l.investor_id = p_user_id and p.currency = p_currency);
begin
  select min(l.bought_at), greatest(least(p_points, v_looks_max / greatest(count(distinct l.pool_id), 1)), v_points_min)
  into v_from, v_points from public.pool_lots l where l.id = any (v_lots);
  return query
  with changes as (
    select l.pool_id, c.settled_at, c.unit_price, sum(x.units) as units
    from public.pool_lots l
    join public.pool_lot_changes x on x.lot_id = l.id
    join public.pool_cycles c on c.pool_id = l.pool_id and c.no = x.cycle_no
    where l.id = any (v_lots)
    group by l.pool_id, c.settled_at, c.unit_price
  ), held as materialized (
    -- What was held from one settlement that changed it to the next, and the price there.
    select c.pool_id, c.unit_price, c.settled_at as since,
      lead(c.settled_at, 1, 'infinity') over (partition by c.pool_id order by c.settled_at) as until,
      sum(c.units) over (partition by c.pool_id order by c.settled_at) as units
    from changes c
  ), times as (
    select case when i = v_points - 1 then v_to else v_from + (v_to - v_from) * i / (v_points - 1) end as at, i = v_points - 1 as last
    from generate_series(0, v_points - 1) as i
  )
  select t.at, sum(round(h.units * coalesce(case
    when t.last then (select n.unit_price from public.pools p cross join private.pool_now(p) as n where p.id = h.pool_id)
    else (
      select n.unit_price from public.pool_nav n
      where n.pool_id = h.pool_id and n.at <= t.at and n.at >= h.since order by n.at desc limit 1) end, h.unit_price), v_scale))
  from times t join held h on h.since <= t.at and t.at < h.until
  group by t.at order by t.at;
end
$$;
comment on function private.value_series(uuid, text, integer) is
  'What somebody''s units of all pools in a currency were worth together, from the first purchase until now, oldest first.';

create function public.my_value_history(p_points integer default 200) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_totals jsonb;
  v_currency text;
begin
  perform private.require_rate('wallet_read');
  if p_points is null or p_points not between 2 and 500 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'A chart has 2 to 500 points';
  end if;
  v_totals := private.investment_totals(v_user_id);
  v_currency := v_totals -> 0 ->> 'currency';
  return jsonb_build_object('currency', v_currency, 'totals', v_totals, 'items', (
    select coalesce(jsonb_agg(jsonb_build_object('at', s.at, 'value', trim_scale(s.value)::text) order by s.at), '[]')
    from private.value_series(v_user_id, v_currency, p_points) as s));
end
$$;
comment on function public.my_value_history(integer) is
  'What all of the caller''s investments come to by currency, and what those in the first one were worth over time, oldest first: {currency, totals, items: [{at, value}]}. Raises invalid_limit.';
grant execute on function public.my_value_history(integer) to authenticated;
