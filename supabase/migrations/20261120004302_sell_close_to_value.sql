-- What a subscription's money does not buy in whole parts of units belongs to everybody who is in the pool. Who was alone
-- in it could make a unit so dear that most of the next one's money was that: parts have to be worth close to what is paid.
-- And nobody leaves a lot of less than money's smallest part behind, whose price a single cent would multiply.
create or replace function private.redeem_pool_lots(
  p_pool public.pools, p_cycle public.pool_cycles, p_price numeric, p_scale integer, p_units numeric, p_worth numeric, p_at timestamptz,
  out paid numeric, out units numeric)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_unit constant numeric := 10::numeric ^ p_scale;
  v_minor constant numeric := 10::numeric ^ -p_scale;
  v_users uuid[];
  v_data jsonb[];
begin
  with asked as (
    select r.id, r.lot_id, r.investor_id, l.no, l.units as owned,
      case when r.everything or (l.units - r.units) * p_price < v_minor then l.units else r.units end as wanted
    from public.pool_requests r join public.pool_lots l on l.id = r.lot_id
    where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status = 'queued' and r.kind = 'redeem'
  ), taken as materialized (
    -- Fees may have left less than was asked for.
    select a.id, a.lot_id, a.investor_id, a.no, greatest(0, least(a.wanted, a.owned - coalesce(sum(a.wanted) over (
      partition by a.lot_id order by a.id rows between unbounded preceding and 1 preceding), 0))) as units
    from asked a
  ), sums as (
    select sum(t.units) = p_units and p_units > 0 as everybody from taken t
  ), worth as materialized (
    -- When all leave they take all: no cent stays in a pool of nobody.
    select t.*, case when s.everybody then p_worth * t.units else p_price * t.units end * v_unit as share,
      case when s.everybody then p_units else 1 end as parts
    from taken t, sums s
  ), rest as (
    select div(sum(w.share), w.parts) - sum(div(w.share, w.parts)) as extra from worth w group by w.parts
  ), placed as (
    select w.*, div(w.share, w.parts) as base,
      row_number() over (order by w.share - div(w.share, w.parts) * w.parts desc, w.no, w.id) as place
    from worth w
  ), settled as (
    update public.pool_requests r set status = 'settled', settled_at = p_at, price = p_price, units_settled = p.units,
      amount_settled = (p.base + case when p.place <= rest.extra then 1 else 0 end) * v_minor
    from placed p, rest where r.id = p.id
    returning r.id, r.lot_id, r.investor_id, r.units_settled, r.amount_settled
  ), sold as (
    select s.lot_id, sum(s.units_settled) as units, sum(s.amount_settled) as amount from settled s group by s.lot_id
  ), kept as (
    insert into public.pool_lot_changes (lot_id, cycle_no, kind, units, amount, price)
    select s.lot_id, p_cycle.no, 'redeemed', -s.units, s.amount, p_price from sold s where s.units > 0
  ), written as (
    update public.pool_lots l set units = l.units - s.units, amount_redeemed = l.amount_redeemed + s.amount
    from sold s where l.id = s.lot_id and s.units > 0
  )
  select coalesce(sum(s.amount_settled), 0), coalesce(sum(s.units_settled), 0), array_agg(s.investor_id order by s.id),
    array_agg(jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name, 'investment_id', s.lot_id, 'request_id', s.id,
      'currency', p_pool.currency, 'amount', trim_scale(s.amount_settled)::text, 'units', trim_scale(s.units_settled)::text) order by s.id)
  into paid, units, v_users, v_data from settled s;
  perform private.notify_users(v_users, 'redemption_settled', v_data);
end
$$;
create or replace function private.sell_pool_lots(
  p_pool public.pools, p_cycle public.pool_cycles, p_price numeric, p_refusal text, p_at timestamptz,
  out paid numeric, out units numeric, out lots integer, out refused numeric)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_minor constant numeric := (select 10::numeric ^ -a.scale from public.assets a where a.asset = p_pool.currency);
  -- As a part of the amount.
  v_lost_max constant numeric := 0.001;
  v_users uuid[];
  v_data jsonb[];
  v_refused_users uuid[];
  v_refused_data jsonb[];
begin
  with asked as materialized (
    select x.id, x.investor_id, x.amount, x.requested_at,
      -- Less than a minor unit is lost in the best of cases.
      case when x.amount - x.units * p_price <= greatest(v_minor, x.amount * v_lost_max) then x.units else 0 end as units
    from (
      select r.id, r.investor_id, r.amount, r.requested_at,
        case when p_refusal is null then div(r.amount * 100000000, p_price) * 0.00000001 else 0 end as units
      from public.pool_requests r
      where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status = 'queued' and r.kind = 'subscribe' offset 0) as x
  ), settled as (
    update public.pool_requests r set status = case when a.units > 0 then 'settled' else 'refused' end, settled_at = p_at,
      price = case when a.units > 0 then p_price end, units_settled = case when a.units > 0 then a.units end,
      amount_settled = case when a.units > 0 then a.amount end,
      -- Without a refusal of all, what no parts of a unit come close to.
      reason = case when a.units = 0 then coalesce(p_refusal, 'amount_too_small') end
    from asked a where r.id = a.id
    returning r.id, r.investor_id, r.amount, r.status, r.reason, a.units
  ), bought as (
    insert into public.pool_lots (id, pool_id, investor_id, no, units, mark, units_bought, price_bought, amount_bought, cycle_bought, bought_at)
    select a.id, p_pool.id, a.investor_id, p_pool.lots + row_number() over (order by a.id), a.units, p_price, a.units, p_price, a.amount,
      p_cycle.no, p_at
    from asked a where a.units > 0 order by a.id
    returning id, amount_bought, pool_lots.units
  ), kept as (
    insert into public.pool_lot_changes (lot_id, cycle_no, kind, units, amount, price)
    select b.id, p_cycle.no, 'bought', b.units, b.amount_bought, p_price from bought b
  ), told as (
    select s.*, jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name, 'investment_id', s.id, 'request_id', s.id,
      'currency', p_pool.currency, 'amount', trim_scale(s.amount)::text) as data
    from settled s
  )
  select coalesce(sum(t.amount) filter (where t.units > 0), 0), coalesce(sum(t.units), 0), count(*) filter (where t.units > 0),
    coalesce(sum(t.amount) filter (where t.units = 0), 0),
    array_agg(t.investor_id order by t.id) filter (where t.units > 0),
    array_agg(t.data || jsonb_build_object('units', trim_scale(t.units)::text) order by t.id) filter (where t.units > 0),
    array_agg(t.investor_id order by t.id) filter (where t.units = 0),
    array_agg((t.data - 'investment_id') || jsonb_build_object('reason', t.reason) order by t.id) filter (where t.units = 0)
  into paid, units, lots, refused, v_users, v_data, v_refused_users, v_refused_data from told t;
  perform private.notify_users(v_users, 'investment_settled', v_data);
  perform private.notify_users(v_refused_users, 'request_refused', v_refused_data);
end
$$;
