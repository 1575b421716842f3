-- A private pool is hidden from whoever has left it: old investments told its price of now.
create or replace function private.investment_json(p_request public.pool_requests) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_lot public.pool_lots;
  v_now record;
  v_value numeric;
  v_profit numeric;
  v_gain numeric;
begin
  select * into v_pool from public.pools p where p.id = p_request.pool_id;
  select * into v_now from private.pool_now(v_pool);
  -- Until there is one, and where it came to nothing, all that depends on it is null.
  select * into v_lot from public.pool_lots l where l.id = p_request.id;
  -- Who has left a hidden pool sees what it was then, not what it is.
  if coalesce(v_lot.units, 0) = 0 and p_request.status <> 'queued' and not private.can_read_pool(v_pool.id) then
    v_now.unit_price := (
      select x.price from public.pool_lot_changes x where x.lot_id = v_lot.id order by x.cycle_no desc limit 1);
  end if;
  v_value := round(v_lot.units * v_now.unit_price, v_now.scale);
  v_gain := v_value + v_lot.amount_redeemed - v_lot.amount_bought;
  v_profit := greatest(0, v_now.unit_price - v_lot.mark) * v_lot.units;
  return jsonb_build_object(
    'id', p_request.id, 'pool_id', v_pool.id, 'pool_name', v_pool.name, 'currency', v_pool.currency, 'scale', v_now.scale,
    'status', case when p_request.status <> 'settled' then p_request.status when v_lot.units > 0 then 'active' else 'redeemed' end,
    'no', v_lot.no, 'amount', trim_scale(coalesce(v_lot.amount_bought, p_request.amount))::text,
    'requested_at', p_request.requested_at, 'bought_at', v_lot.bought_at,
    'units_bought', trim_scale(v_lot.units_bought)::text, 'price_bought', trim_scale(v_lot.price_bought)::text,
    'units', trim_scale(v_lot.units)::text, 'mark', trim_scale(v_lot.mark)::text,
    'unit_price', trim_scale(v_now.unit_price)::text,
    'value', trim_scale(v_value)::text, 'gain', trim_scale(v_gain)::text,
    'gain_percent', trim_scale(round(v_gain / v_lot.amount_bought * 100, 4))::text,
    'new_profit', trim_scale(round(v_profit, v_now.scale))::text,
    -- As a settlement does, which gives nobody more than the next minor unit on top.
    'fee_now', trim_scale(trunc(v_profit * v_now.fee_percent / 100, v_now.scale))::text,
    'fees_paid', trim_scale(v_lot.fees_paid)::text, 'amount_redeemed', trim_scale(v_lot.amount_redeemed)::text,
    'redeeming_units', case when v_lot.id is not null then trim_scale(private.queued_units(v_lot.id))::text end,
    'cycle_no', p_request.cycle_no, 'reason', p_request.reason);
end
$$;

create or replace function public.my_investment_history(p_id uuid, p_points integer default 200) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_request public.pool_requests := private.own_investment(p_id);
  v_scale smallint;
  -- Who has left a hidden pool sees it up to then.
  v_open boolean := private.can_read_pool(v_request.pool_id);
begin
  if p_points is null or p_points not between 2 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'A chart has 2 to 1000 points';
  end if;
  select a.scale into v_scale from public.pools p join public.assets a on a.asset = p.currency where p.id = v_request.pool_id;
  return (
    with changes as materialized (
      select c.settled_at as at, x.kind, x.price,
        -- What was charged, redeemed or bought by one settlement is told apart, and added up in that order.
        sum(x.units) over (order by x.cycle_no, array_position(array['bought', 'charged', 'redeemed'], x.kind)) as units
      from public.pool_lot_changes x
      join public.pool_cycles c on c.pool_id = v_request.pool_id and c.no = x.cycle_no
      where x.lot_id = p_id
    ), points as (
      select c.at, c.units, c.price, c.kind from changes c
      union all
      select s.at, c.units, s.unit_price, null
      from private.pool_series(v_request.pool_id, (select min(at) from changes), p_points) as s
      cross join lateral (
        select c.units from changes c where c.at <= s.at order by c.at desc, c.units limit 1) as c
      where not exists (select 1 from changes x where x.at = s.at) and (v_open or s.at <= (select max(x.at) from changes x))
    )
    select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('at', p.at, 'units', trim_scale(p.units)::text,
      'unit_price', trim_scale(p.price)::text, 'value', trim_scale(round(p.units * p.price, v_scale))::text, 'kind', p.kind)
      order by p.at, p.units desc), '[]'))
    from points p);
end
$$;
