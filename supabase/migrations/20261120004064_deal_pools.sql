-- What happens to a pool at a dealing point, step by step; settle_pool() puts the steps in order.
-- Money is counted in minor units and rounded down as a whole; what single parts lose is given back a minor unit at a time,
-- to the largest remainders first, then to the lower number. Quotients are taken by div(), which is exact.

-- Where the smallest part of a unit is worth more than money's smallest part (a unit of 100 BTC, or one that has risen ten
-- thousandfold) a fee rounded up to a part is more than the fee: small lots paid for large ones, and a fee could take the
-- last part of all, which no settlement survives. There a fee is whole parts, rounded down, and the mark rises by what was
-- paid for alone: the rest stays due.
create function private.charge_pool_fees(
  p_pool public.pools, p_cycle public.pool_cycles, p_price numeric, p_scale integer,
  out fee numeric, out units numeric, out lots integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_unit constant numeric := 10::numeric ^ p_scale;
  v_minor constant numeric := 10::numeric ^ -p_scale;
  v_rate constant numeric := p_cycle.manager_fee_percent * 0.01;
  v_coarse constant boolean := p_price * 0.00000001 > v_minor;
  v_users uuid[];
  v_data jsonb[];
begin
  with due as materialized (
    select x.id, x.no, x.exact, trunc(x.exact, p_scale) as base, x.worth, x.owned from (
      select l.id, l.no, (p_price - l.mark) * l.units * v_rate as exact, l.units * p_price as worth, l.units as owned
      from public.pool_lots l
      where l.pool_id = p_pool.id and l.mark < p_price and l.units > 0 offset 0) as x
  ), rest as (
    select (trunc(sum(d.exact), p_scale) - sum(d.base)) * v_unit as extra from due d
  ), placed as (
    -- Nobody pays more than the lot is worth.
    select d.id, d.no, d.base, d.exact, d.owned, d.worth >= d.base + v_minor as able,
      row_number() over (order by case when d.worth >= d.base + v_minor then d.exact - d.base else -1 end desc, d.no) as place
    from due d
  ), priced as (
    select p.id, p.no, p.exact, p.owned,
      case when p.able and p.place <= r.extra and not v_coarse then p.base + v_minor else p.base end as fee from placed p, rest r
  ), cut as (
    -- Units worth the fee at least: what is left over belongs to everybody.
    select q.id, q.no, q.exact, q.owned,
      case when v_coarse then trunc(q.whole * p_price * 0.00000001, p_scale) else q.fee end as fee,
      (q.whole + case when not v_coarse and q.whole * p_price < q.fee * 100000000 then 1 else 0 end) * 0.00000001 as units
    from (select p.id, p.no, p.exact, p.owned, p.fee, div(p.fee * 100000000, p_price) as whole from priced p offset 0) as q
  ), charged as (
    update public.pool_lots l set fees_paid = l.fees_paid + c.fee, units = l.units - c.units,
      -- Prices have 12 digits; up, so that nothing is paid for twice.
      mark = case when v_coarse and v_rate > 0
        then least(p_price, ceil((p_price - (c.exact - c.fee) / ((c.owned - c.units) * v_rate)) * 1000000000000) * 0.000000000001)
        else p_price end
    -- In the order in which they lie.
    from (select q.id, q.exact, q.owned, q.fee, q.units from cut q order by q.no) as c where l.id = c.id
    returning l.id, l.investor_id, c.fee, c.units
  ), kept as (
    insert into public.pool_lot_changes (lot_id, cycle_no, kind, units, amount, price)
    select c.id, p_cycle.no, 'charged', -c.units, c.fee, p_price from charged c where c.fee > 0
  ), payers as (
    select c.investor_id, sum(c.fee) as fee, sum(c.units) as units, count(*) filter (where c.fee > 0) as lots
    from charged c group by c.investor_id
  )
  select coalesce(sum(p.fee), 0), coalesce(sum(p.units), 0), coalesce(sum(p.lots), 0),
    array_agg(p.investor_id) filter (where p.fee > 0),
    array_agg(jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name, 'cycle_no', p_cycle.no,
      'currency', p_pool.currency, 'amount', trim_scale(p.fee)::text)) filter (where p.fee > 0)
  into fee, units, lots, v_users, v_data from payers p;
  perform private.notify_users(v_users, 'fee_charged', v_data);
end
$$;
comment on function private.charge_pool_fees(public.pools, public.pool_cycles, numeric, integer) is
  'Charges each lot for what a unit is worth above the lot''s mark by cancelling units, and moves the mark up: money charged, units cancelled, lots charged.';

-- What a subscription's money does not buy in whole parts of units belongs to everybody who is in the pool. Who was alone
-- in it could make a unit so dear that most of the next one's money was that: parts have to be worth close to what is paid.
-- And nobody leaves a lot of less than money's smallest part behind, whose price a single cent would multiply.
create function private.redeem_pool_lots(
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
comment on function private.redeem_pool_lots(public.pools, public.pool_cycles, numeric, integer, numeric, numeric, timestamptz) is
  'Buys back what a cycle''s redemptions ask for, of p_units worth p_worth in all: money owed, units gone.';

-- Whose identity was verified when they asked may not be by now: nobody buys units who could not ask for them.
create function private.sell_pool_lots(
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
    select x.id, x.investor_id, x.amount, x.requested_at, x.known,
      -- Less than a minor unit is lost in the best of cases.
      case when x.known and x.amount - x.units * p_price <= greatest(v_minor, x.amount * v_lost_max) then x.units else 0 end as units
    from (
      select r.id, r.investor_id, r.amount, r.requested_at, coalesce(k.kyc_status = 'verified', false) as known,
        case when p_refusal is null then div(r.amount * 100000000, p_price) * 0.00000001 else 0 end as units
      from public.pool_requests r left join public.profiles k on k.id = r.investor_id
      where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status = 'queued' and r.kind = 'subscribe' offset 0) as x
  ), settled as (
    update public.pool_requests r set status = case when a.units > 0 then 'settled' else 'refused' end, settled_at = p_at,
      price = case when a.units > 0 then p_price end, units_settled = case when a.units > 0 then a.units end,
      amount_settled = case when a.units > 0 then a.amount end,
      -- Without a refusal of all: who may not buy any more, or what no parts of a unit come close to.
      reason = case when a.units = 0 then coalesce(p_refusal, case when a.known then 'amount_too_small' else 'kyc_required' end) end
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
comment on function private.sell_pool_lots(public.pools, public.pool_cycles, numeric, text, timestamptz) is
  'Makes lots of a cycle''s subscriptions, or refuses all for a reason; those of whoever''s identity is not verified any more come to nothing: money and units bought, lots made, money refused.';

create function private.close_pool_holds(p_pool_id uuid, p_cycle_no integer, p_at timestamptz) returns numeric
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_sum numeric;
  v_closed numeric;
begin
  select coalesce(sum(r.amount), 0) into v_sum from public.pool_requests r
  where r.pool_id = p_pool_id and r.cycle_no = p_cycle_no and r.kind = 'subscribe' and r.status in ('settled', 'refused')
    and r.settled_at = p_at;
  with closed as (
    update public.ledger_holds h set remaining = 0, closed_at = p_at
    from public.pool_requests r
    where r.pool_id = p_pool_id and r.cycle_no = p_cycle_no and r.kind = 'subscribe' and r.status in ('settled', 'refused')
      and r.settled_at = p_at and h.id = r.hold_id and h.remaining = r.amount and h.owner_id = r.investor_id
    returning h.amount
  )
  select coalesce(sum(c.amount), 0) into v_closed from closed c;
  if v_closed <> v_sum then
    raise exception 'The holds of a cycle are not its subscriptions' using errcode = 'check_violation';
  end if;
  return v_sum;
end
$$;
comment on function private.close_pool_holds(uuid, integer, timestamptz) is
  'Closes the holds of a cycle''s subscriptions, all of each; raises check_violation where one does not fit.';

create function private.post_settlement(p_pool public.pools, p_cycle public.pool_cycles, p_at timestamptz) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_touched uuid[];
  v_accounts uuid[];
  v_amounts numeric[];
begin
  with asked as materialized (
    select r.investor_id, r.kind, r.status, r.withdrawal_id, coalesce(r.amount, 0) as amount, coalesce(r.amount_settled, 0) as settled
    from public.pool_requests r
    where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status in ('settled', 'refused') and r.settled_at = p_at
  ), owed as (
    select 'pool' as owner_type, p_pool.id as owner_id, 'available' as kind,
      p_cycle.pnl - p_cycle.fee - p_cycle.redeemed + p_cycle.subscribed as amount
    union all select 'pool', p_pool.id, 'result', -p_cycle.pnl
    union all select 'user', p_cycle.manager_id, 'available', p_cycle.fee - p_cycle.fee_platform
    union all select 'platform', '00000000-0000-0000-0000-000000000000', 'fees', p_cycle.fee_platform
    union all select 'user', a.investor_id, 'available', a.settled from asked a where a.kind = 'redeem'
    union all select 'user', a.investor_id, 'available', a.amount from asked a where a.status = 'refused'
    union all select 'user', a.investor_id, 'held', -a.amount from asked a where a.kind = 'subscribe'
    -- The withdrawal that waits sets the money aside again.
    union all select 'user', a.investor_id, 'held', 0 from asked a where a.withdrawal_id is not null
  ), lines as materialized (
    select o.owner_type, o.owner_id, o.kind, sum(o.amount) as amount,
      o.kind = 'held' or sum(o.amount) <> 0 as needed
    from owed o group by o.owner_type, o.owner_id, o.kind
  ), made as (
    insert into public.ledger_accounts (owner_type, owner_id, asset, kind)
    select l.owner_type, l.owner_id, p_pool.currency, l.kind from lines l
    where l.needed and not exists (
      select 1 from public.ledger_accounts a
      where a.owner_type = l.owner_type and a.owner_id = l.owner_id and a.asset = p_pool.currency and a.kind = l.kind)
    order by 1, 2, 4
    on conflict (owner_type, owner_id, asset, kind) do update set created_at = public.ledger_accounts.created_at
    returning id, owner_type, owner_id, kind
  )
  select array_agg(coalesce(a.id, m.id)), array_agg(coalesce(a.id, m.id)) filter (where l.amount <> 0),
    array_agg(l.amount) filter (where l.amount <> 0)
  into v_touched, v_accounts, v_amounts
  from lines l
  left join public.ledger_accounts a
    on a.owner_type = l.owner_type and a.owner_id = l.owner_id and a.asset = p_pool.currency and a.kind = l.kind
  left join made m on m.owner_type = l.owner_type and m.owner_id = l.owner_id and m.kind = l.kind
  where l.needed;
  -- All that will be needed until the end, in one order: what is asked for later must not wait for who waits for us.
  perform 1 from public.ledger_accounts a where a.id = any (v_touched) order by a.id for update;
  if v_accounts is null then
    return null;
  end if;
  -- The cycle's own id: however often it is tried, it is posted once.
  return private.post_transfer('settlement', md5('settlement ' || p_pool.id::text || ' ' || p_cycle.no::text)::uuid,
    v_accounts, v_amounts, jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name, 'cycle_no', p_cycle.no), p_actor => null);
end
$$;
comment on function private.post_settlement(public.pools, public.pool_cycles, timestamptz) is
  'Posts a settled cycle''s money in one transfer; returns its id, null where nothing moved.';
