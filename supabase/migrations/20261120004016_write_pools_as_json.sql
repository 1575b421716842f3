-- A pool, an investment and a request as everybody gets them.
create function private.pool_now(p_pool public.pools)
returns table (unit_price numeric, equity numeric, is_live boolean, fee_percent numeric, scale smallint)
language sql stable security definer set search_path = ''
as $$
  select
    case when x.is_live then l.unit_price else p_pool.unit_price end,
    case when x.is_live then l.equity else coalesce(a.balance, 0) end,
    x.is_live, coalesce(c.manager_fee_percent, p_pool.manager_fee_percent), s.scale
  from public.assets s
  left join public.pool_live l on l.pool_id = p_pool.id
  left join public.pool_cycles c on c.pool_id = p_pool.id and c.no = p_pool.cycle_no
  left join public.pool_cycles d on d.pool_id = p_pool.id and d.no = p_pool.cycle_no - 1
  left join public.ledger_accounts a
    on a.owner_type = 'pool' and a.owner_id = p_pool.id and a.asset = p_pool.currency and a.kind = 'available'
  -- What the adapter said before the last settlement was about other units.
  cross join lateral (select coalesce(p_pool.units > 0 and p_pool.status <> 'closed' and l.unit_price is not null
    and l.at >= coalesce(d.settled_at, l.at), false) as is_live) as x
  where s.asset = p_pool.currency
$$;
comment on function private.pool_now(public.pools) is
  'What a pool and a unit of it are worth now: by its adapter''s last word since the last settlement, else by that settlement.';

create function private.pool_json(p_pool public.pools) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_now record;
  v_cycle public.pool_cycles;
  v_manager record;
begin
  select * into v_now from private.pool_now(p_pool);
  select * into v_cycle from public.pool_cycles c where c.pool_id = p_pool.id and c.no = p_pool.cycle_no;
  select p.username, p.kyc_status into v_manager from public.profiles p where p.id = p_pool.manager_id;
  return jsonb_build_object(
    'id', p_pool.id, 'name', p_pool.name, 'description', p_pool.description, 'currency', p_pool.currency,
    'scale', v_now.scale, 'status', p_pool.status, 'closing', p_pool.closing, 'visibility', p_pool.visibility,
    'cycle', p_pool.cycle, 'cutoff_lead_s', extract(epoch from p_pool.cutoff_lead)::integer,
    'minimum', trim_scale(p_pool.minimum)::text, 'cap', trim_scale(p_pool.cap)::text,
    'manager_fee_percent', trim_scale(v_now.fee_percent)::text,
    'platform_share_percent', trim_scale(coalesce(v_cycle.platform_share_percent, p_pool.platform_share_percent))::text,
    'manager', jsonb_build_object('user_id', p_pool.manager_id, 'username', v_manager.username),
    'adapter', p_pool.metadata -> 'trading' ->> 'adapter', 'symbol', p_pool.metadata -> 'trading' ->> 'symbol',
    'unit_price', trim_scale(v_now.unit_price)::text, 'settled_price', trim_scale(p_pool.unit_price)::text,
    'change_percent', trim_scale(round((v_now.unit_price / nullif(p_pool.unit_price, 0) - 1) * 100, 4))::text,
    'size', trim_scale(v_now.equity)::text, 'investors', p_pool.investors, 'units', trim_scale(p_pool.units)::text,
    'since', coalesce(p_pool.opened_at, p_pool.created_at),
    'settles_at', case when p_pool.status <> 'closed' then v_cycle.ends_at end,
    'accepts_until', case when p_pool.status <> 'closed' then v_cycle.cutoff_at end,
    'paused_reason', p_pool.paused_reason,
    -- The platform knows who manages it.
    'verified', coalesce(v_manager.kyc_status = 'verified', false));
end
$$;
comment on function private.pool_json(public.pools) is
  'A pool as everybody who may see it gets it; amounts, prices and percents as text. size and unit_price are live where known; verified is its manager''s KYC.';

create function private.request_json(p_request public.pool_requests) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_cycle public.pool_cycles;
begin
  select * into v_pool from public.pools p where p.id = p_request.pool_id;
  select * into v_cycle from public.pool_cycles c where c.pool_id = p_request.pool_id and c.no = p_request.cycle_no;
  return jsonb_build_object(
    'id', p_request.id, 'pool_id', p_request.pool_id, 'pool_name', v_pool.name, 'currency', v_pool.currency,
    'kind', p_request.kind, 'status', p_request.status, 'cycle_no', p_request.cycle_no,
    'amount', trim_scale(p_request.amount)::text, 'units', trim_scale(p_request.units)::text,
    'everything', p_request.everything,
    'investment_id', coalesce(p_request.lot_id, p_request.id), 'withdrawal_id', p_request.withdrawal_id,
    'requested_at', p_request.requested_at, 'settled_at', p_request.settled_at,
    'price', trim_scale(p_request.price)::text, 'units_settled', trim_scale(p_request.units_settled)::text,
    'amount_settled', trim_scale(p_request.amount_settled)::text, 'reason', p_request.reason,
    'cancellable', p_request.status = 'queued' and private.is_cancellable(v_pool, p_request.cycle_no),
    'settles_at', v_cycle.ends_at);
end
$$;
comment on function private.request_json(public.pool_requests) is 'A request as its investor gets it; money and units as text.';

-- A private pool is hidden from whoever has left it: old investments told its price of now.
create function private.investment_json(p_request public.pool_requests) returns jsonb
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
comment on function private.investment_json(public.pool_requests) is
  'A subscription and the lot it became, as its investor gets it; money and units as text. gain is value and what was redeemed, less what was paid in: after the fees that were charged, before fee_now.';

create function private.queued_units(p_lot_id uuid) returns numeric
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(r.units), 0) from public.pool_requests r
  where r.lot_id = p_lot_id and r.status = 'queued'
$$;
comment on function private.queued_units(uuid) is 'How many of a lot''s units wait to be redeemed.';

create function private.is_before_cutoff(p_pool public.pools, p_cycle_no integer) returns boolean
language sql volatile security definer set search_path = ''
-- By the clock and not by when the transaction began: it may have waited for a lock.
as $$
  select p_pool.status <> 'closed' and not p_pool.closing and (p_cycle_no > p_pool.cycle_no or coalesce((
    select c.cutoff_at is null or c.cutoff_at > clock_timestamp() from public.pool_cycles c
    where c.pool_id = p_pool.id and c.no = p_cycle_no), false))
$$;
comment on function private.is_before_cutoff(public.pools, integer) is
  'Whether requests of a cycle can still be taken back. Certain while the pool''s row is locked.';
