-- One dealing point of one pool, in one transaction: result, price, fees, redemptions, subscriptions, in this order.
create function private.settlement_answer(p_pool_id uuid, p_no integer, p_already boolean) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('settlement', jsonb_build_object(
    'pool_id', c.pool_id, 'no', c.no, 'unit_price', trim_scale(c.unit_price)::text, 'pnl', trim_scale(c.pnl)::text,
    'fee', trim_scale(c.fee)::text, 'subscribed', trim_scale(c.subscribed)::text, 'redeemed', trim_scale(c.redeemed)::text,
    'units', trim_scale(c.units_after)::text, 'lots_charged', c.lots_charged, 'already', p_already))
  from public.pool_cycles c where c.pool_id = p_pool_id and c.no = p_no
$$;
comment on function private.settlement_answer(uuid, integer, boolean) is 'What settle_pool() answers of a settled cycle.';

create function private.parse_equity(p_equity text, p_asset text) returns numeric
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_equity is null or p_equity !~ '^[0-9]{1,15}(\.[0-9]{1,18})?$'
    or p_equity::numeric <> round(p_equity::numeric, (select a.scale from public.assets a where a.asset = p_asset)) then
    raise sqlstate 'PT400' using message = 'invalid_equity', detail = 'What a pool is worth is a decimal number, not below zero, in units of its currency';
  end if;
  return p_equity::numeric;
end
$$;
comment on function private.parse_equity(text, text) is
  'What an adapter says a pool is worth, zero or more in units of its asset; raises invalid_equity.';

create function private.equity_is_plausible(p_pool public.pools, p_capital numeric, p_equity numeric) returns boolean
language sql immutable set search_path = ''
as $$
  -- What nobody owns is not traded.
  select abs(p_equity - p_capital) <= case when p_pool.units > 0 then p_capital * p_pool.equity_move_percent_max * 0.01 else 0 end
$$;
comment on function private.equity_is_plausible(public.pools, numeric, numeric) is
  'Whether a pool may have come from its capital to that equity within a cycle.';

create function private.pool_capital(p_pool_id uuid, p_asset text) returns numeric
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select a.balance from public.ledger_accounts a
    where a.owner_type = 'pool' and a.owner_id = p_pool_id and a.asset = p_asset and a.kind = 'available'), 0)
$$;
comment on function private.pool_capital(uuid, text) is 'What a pool owns by the ledger: what it was worth after its last settlement.';

create function private.redeem_everybody(p_pool_id uuid, p_no integer) returns void
language sql volatile security definer set search_path = ''
as $$
  update public.pool_requests r set cycle_no = p_no where r.pool_id = p_pool_id and r.status = 'queued';
  insert into public.pool_requests (pool_id, investor_id, kind, cycle_no, lot_id, units, everything)
  select l.pool_id, l.investor_id, 'redeem', p_no, l.id, l.units, true from public.pool_lots l
  where l.pool_id = p_pool_id and l.units > 0 and not exists (
    select 1 from public.pool_requests r where r.lot_id = l.id and r.status = 'queued' and r.everything)
  order by l.no
$$;
comment on function private.redeem_everybody(uuid, integer) is
  'Has a cycle buy back every lot, and settle whatever else waits.';

create function private.check_settlement(p_pool_id uuid, p_no integer) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_cycle public.pool_cycles;
  v_balance numeric;
begin
  select * into v_pool from public.pools p where p.id = p_pool_id;
  select * into v_cycle from public.pool_cycles c where c.pool_id = p_pool_id and c.no = p_no;
  v_balance := private.pool_capital(p_pool_id, v_pool.currency);
  if v_balance <> v_cycle.equity - v_cycle.fee - v_cycle.redeemed + v_cycle.subscribed then
    raise exception 'A settlement''s money does not add up' using errcode = 'check_violation';
  elsif v_pool.units <> (select coalesce(sum(l.units), 0) from public.pool_lots l where l.pool_id = p_pool_id) then
    raise exception 'A settlement''s units do not add up' using errcode = 'check_violation';
  elsif v_pool.units * v_cycle.unit_price > v_balance then
    raise exception 'A settlement would owe more than the pool has' using errcode = 'check_violation';
  elsif v_pool.units = 0 and v_balance <> 0 and v_cycle.units_before > 0 then
    raise exception 'A settlement would leave money to nobody' using errcode = 'check_violation';
  end if;
end
$$;
comment on function private.check_settlement(uuid, integer) is
  'Proves that a settlement made and lost nothing: raises check_violation, which takes it back, unless money and units add up.';

create function private.deal_cycle(p_pool public.pools, p_cycle public.pool_cycles, p_equity numeric, p_equity_at timestamptz)
returns public.pool_cycles
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_scale integer := (select a.scale from public.assets a where a.asset = p_pool.currency);
  v_at timestamptz := clock_timestamp();
  v_price numeric := case when p_pool.units > 0 then div(p_equity * 1000000000000, p_pool.units) * 0.000000000001 else p_pool.unit_price end;
  v_ends boolean := p_pool.closing or v_price = 0;
  v_cycle public.pool_cycles := p_cycle;
  v_charged record;
  v_redeemed record;
  v_sold record;
begin
  if v_ends then
    perform private.redeem_everybody(p_pool.id, p_cycle.no);
  end if;
  -- In the order in which a cancellation takes them: requests, holds, then accounts.
  perform 1 from public.pool_requests r
  where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status = 'queued' order by r.id for no key update;
  perform 1 from public.ledger_holds h where h.id in (
    select r.hold_id from public.pool_requests r
    where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.status = 'queued') order by h.id for no key update;

  select * into v_charged from private.charge_pool_fees(p_pool, p_cycle, v_price, v_scale);
  select * into v_redeemed from private.redeem_pool_lots(
    p_pool, p_cycle, v_price, v_scale, p_pool.units - v_charged.units, p_equity - v_charged.fee, v_at);
  select * into v_sold from private.sell_pool_lots(p_pool, p_cycle, v_price,
    case when v_price = 0 then 'pool_wiped' when v_ends then 'pool_closed' end, v_at);
  perform private.close_pool_holds(p_pool.id, p_cycle.no, v_at);

  v_cycle.status := 'settled';
  v_cycle.settled_at := v_at;
  v_cycle.equity := p_equity;
  v_cycle.equity_at := p_equity_at;
  v_cycle.pnl := p_equity - private.pool_capital(p_pool.id, p_pool.currency);
  v_cycle.unit_price := v_price;
  v_cycle.units_before := p_pool.units;
  v_cycle.units_after := p_pool.units - v_charged.units - v_redeemed.units + v_sold.units;
  v_cycle.fee := v_charged.fee;
  v_cycle.fee_platform := round(v_charged.fee * p_cycle.platform_share_percent * 0.01, v_scale);
  v_cycle.subscribed := v_sold.paid;
  v_cycle.redeemed := v_redeemed.paid;
  v_cycle.lots_charged := v_charged.lots;
  v_cycle.last_error := null;
  v_cycle.transfer_id := private.post_settlement(p_pool, v_cycle, v_at);
  update public.pool_cycles c set (status, settled_at, equity, equity_at, pnl, unit_price, units_before, units_after, fee, fee_platform,
    subscribed, redeemed, lots_charged, last_error, transfer_id) =
    row (v_cycle.status, v_cycle.settled_at, v_cycle.equity, v_cycle.equity_at, v_cycle.pnl, v_cycle.unit_price, v_cycle.units_before,
      v_cycle.units_after, v_cycle.fee, v_cycle.fee_platform, v_cycle.subscribed, v_cycle.redeemed, v_cycle.lots_charged,
      v_cycle.last_error, v_cycle.transfer_id)
  where c.pool_id = p_pool.id and c.no = p_cycle.no;
  update public.pools set units = v_cycle.units_after, unit_price = v_price, lots = lots + v_sold.lots, updated_at = v_at,
    status = case when v_ends then 'closed' when v_cycle.units_after > 0 then 'running' else coalesce(resumes_as, status) end,
    resumes_as = null, closed_at = case when v_ends then v_at end
  where id = p_pool.id;
  perform private.check_settlement(p_pool.id, p_cycle.no);
  if not v_ends then
    perform private.open_cycle(p_pool.id, p_cycle.no + 1);
  end if;
  return v_cycle;
end
$$;
comment on function private.deal_cycle(public.pools, public.pool_cycles, numeric, timestamptz) is
  'Settles a cycle at what the pool is worth, and opens the next one unless the pool is closing or worth nothing; whoever calls it holds the pool''s lock.';

create function private.tell_settlement(p_pool public.pools, p_cycle public.pool_cycles) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_users uuid[];
begin
  select * into v_pool from public.pools p where p.id = p_pool.id;
  -- The chart's point, and what holds until the adapter is asked again.
  insert into public.pool_nav (pool_id, at, equity, units, unit_price, exposure)
  values (p_pool.id, p_cycle.settled_at, private.pool_capital(p_pool.id, p_pool.currency), v_pool.units, v_pool.unit_price, null)
  on conflict do nothing;
  insert into public.pool_live as l (pool_id, at, equity, unit_price, pnl, peak, drawdown)
  values (p_pool.id, p_cycle.settled_at, private.pool_capital(p_pool.id, p_pool.currency), v_pool.unit_price, 0, v_pool.unit_price, 0)
  on conflict (pool_id) do update set at = excluded.at, equity = excluded.equity, unit_price = excluded.unit_price, pnl = 0,
    peak = greatest(l.peak, excluded.peak), drawdown = private.drawdown(excluded.unit_price, greatest(l.peak, excluded.peak)),
    adapter_status = 'ok', adapter_error = null,
    positions = case when v_pool.status = 'closed' then '[]' else l.positions end;
  if p_cycle.fee > p_cycle.fee_platform then
    perform private.notify_users(array[p_cycle.manager_id], 'fee_received', array[jsonb_build_object('pool_id', p_pool.id,
      'pool_name', p_pool.name, 'cycle_no', p_cycle.no, 'currency', p_pool.currency,
      'amount', trim_scale(p_cycle.fee - p_cycle.fee_platform)::text)]);
  end if;
  -- Where an administrator closes it they know, whatever it came to.
  if p_cycle.unit_price = 0 and not p_pool.closing then
    v_users := array(
      select r.investor_id from public.pool_requests r
      where r.pool_id = p_pool.id and r.cycle_no = p_cycle.no and r.settled_at = p_cycle.settled_at
      union select p_pool.manager_id);
    perform private.notify_users(v_users, 'pool_closed', array_fill(jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name,
      'reason', 'pool_wiped'), array[cardinality(v_users)]));
  end if;
  perform private.audit('pool.settled', 'pool', p_pool.id::text, jsonb_build_object('cycle_no', p_cycle.no,
    'equity', trim_scale(p_cycle.equity)::text, 'unit_price', trim_scale(p_cycle.unit_price)::text, 'transfer_id', p_cycle.transfer_id,
    'forced_by', p_cycle.forced_by));
end
$$;

comment on function private.tell_settlement(public.pools, public.pool_cycles) is
  'Writes down and tells what a settlement came to: the chart, the live row, the manager, the audit log; of a pool that lost everything also its investors.';

create function private.drawdown(p_price numeric, p_peak numeric) returns numeric
language sql immutable set search_path = ''
as $$ select case when p_peak > 0 then round(greatest(0, 1 - p_price / p_peak), 6) else 0 end $$;
comment on function private.drawdown(numeric, numeric) is 'How far a price is below its highest one, as a fraction.';

create function public.settle_pool(p_pool_id uuid, p_cycle_no integer, p_equity text, p_equity_at timestamptz, p_token integer)
returns jsonb
-- REST takes a function's own limit on time: a hundred thousand requests take half a minute.
language plpgsql volatile security definer set search_path = '' set statement_timeout = '10min' set work_mem = '32MB'
as $$
declare
  -- Clocks differ.
  v_ahead_max constant interval := '5 seconds';
  v_pool public.pools;
  v_cycle public.pool_cycles;
  v_equity numeric;
begin
  perform private.require_lease('pools', p_token);
  -- Requests insert beside it, but twins wait here for each other.
  select * into v_pool from public.pools p where p.id = p_pool_id for no key update;
  select * into v_cycle from public.pool_cycles c where c.pool_id = p_pool_id and c.no = p_cycle_no;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such cycle';
  elsif v_cycle.status = 'settled' then
    return private.settlement_answer(p_pool_id, p_cycle_no, true);
  elsif v_pool.status = 'paused' then
    raise sqlstate 'PT409' using message = 'pool_paused', detail = 'A paused pool does not settle';
  elsif v_pool.status not in ('open', 'running', 'settling') or v_cycle.ends_at is null or v_cycle.ends_at > clock_timestamp() then
    raise sqlstate 'PT409' using message = 'not_due', detail = 'The cycle has not ended';
  end if;
  v_equity := private.parse_equity(p_equity, v_pool.currency);
  if p_equity_at is null or p_equity_at < v_cycle.ends_at or p_equity_at > clock_timestamp() + v_ahead_max then
    raise sqlstate 'PT409' using message = 'equity_stale', detail = 'What the pool was worth has to be of the cycle''s end or later';
  elsif not private.equity_is_plausible(v_pool, private.pool_capital(p_pool_id, v_pool.currency), v_equity) then
    raise sqlstate 'PT409' using message = 'equity_implausible', detail = 'The pool cannot have come to that within a cycle';
  end if;
  -- Whatever was left behind goes along.
  update public.pool_requests r set cycle_no = p_cycle_no
  where r.pool_id = p_pool_id and r.status = 'queued' and r.cycle_no < p_cycle_no;
  v_cycle := private.deal_cycle(v_pool, v_cycle, v_equity, p_equity_at);
  perform private.tell_settlement(v_pool, v_cycle);
  perform private.release_locked_withdrawals(p_pool_id, p_cycle_no);
  return private.settlement_answer(p_pool_id, p_cycle_no, false);
end
$$;
comment on function public.settle_pool(uuid, integer, text, timestamptz, integer) is
  'Settles a pool''s ended cycle at what its adapter says it is worth, under the lease pools: {settlement: {pool_id, no, unit_price, pnl, fee, subscribed, redeemed, units, lots_charged, already}}. A settled one answers the same again. Raises pool_paused, not_due, invalid_equity, equity_stale, equity_implausible, stale_lease.';
grant execute on function public.settle_pool(uuid, integer, text, timestamptz, integer) to service_role;
