-- Each piece of news once.
create or replace function private.tell_pool_state() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_pool_id uuid := coalesce(to_jsonb(new) ->> 'pool_id', to_jsonb(new) ->> 'id');
  v_told text := coalesce(current_setting('outcry.pools_told', true), '');
  v_state jsonb;
begin
  -- It is deferred: the first of a transaction's changes already tells how the pool stands after all of them.
  if strpos(v_told, v_pool_id::text) > 0 then
    return null;
  end if;
  perform set_config('outcry.pools_told', v_told || ' ' || v_pool_id::text, true);
  select jsonb_build_object('status', p.status, 'closing', p.closing, 'cycle_no', p.cycle_no,
    'unit_price', trim_scale(p.unit_price)::text, 'units', trim_scale(p.units)::text, 'minimum', trim_scale(p.minimum)::text,
    'cap', trim_scale(p.cap)::text, 'manager_fee_percent', trim_scale(coalesce(c.manager_fee_percent, p.manager_fee_percent))::text,
    'cutoff_at', c.cutoff_at, 'ends_at', c.ends_at, 'updated_at', p.updated_at)
  into v_state from public.pools p left join public.pool_cycles c on c.pool_id = p.id and c.no = p.cycle_no
  where p.id = v_pool_id and p.status <> 'draft';
  if v_state is not null then
    perform realtime.send(v_state, 'state', 'pool:' || v_pool_id::text, true);
  end if;
  return null;
end
$$;

create or replace function private.tell_settlement(p_pool public.pools, p_cycle public.pool_cycles) returns void
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
    perform private.notify_users(array[p_pool.manager_id], 'fee_received', array[jsonb_build_object('pool_id', p_pool.id,
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
