-- What waits behind the cut-off of a pool that is paused can be taken back, for nobody knows when it goes on. That is safe
-- because a price that could be known in the pause is never dealt at: a pool that goes on behind its cut-off deals as
-- far ahead as the cut-off always lies before the dealing point, and at once where an administrator had ended the cycle.
create function private.is_cancellable(p_pool public.pools, p_cycle_no integer) returns boolean
language sql volatile security definer set search_path = ''
as $$ select p_pool.status = 'paused' or private.is_before_cutoff(p_pool, p_cycle_no) $$;
comment on function private.is_cancellable(public.pools, integer) is
  'Whether requests of a cycle can be taken back: before its cut-off, and while the pool is paused. Certain while the pool''s row is locked.';

create function private.renew_dealing_point() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update public.pool_cycles c
  set ends_at = greatest(c.ends_at, v_now + case when c.forced_by is null then new.cutoff_lead else interval '0' end)
  where c.pool_id = new.id and c.no = new.cycle_no and c.status = 'open' and c.cutoff_at <= v_now;
  return null;
end
$$;
comment on function private.renew_dealing_point() is
  'Moves the end of a cycle ahead whose pool goes on behind the cut-off: in the pause orders were taken back.';
create trigger renew_dealing_point after update of status on public.pools for each row
  when (old.status = 'paused' and new.status <> 'paused') execute function private.renew_dealing_point();

create or replace function private.request_json(p_request public.pool_requests) returns jsonb
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

create or replace function private.cancel_request(p_request_id uuid, p_reason text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_request public.pool_requests;
begin
  select p.* into v_pool from public.pools p
  where p.id = (select r.pool_id from public.pool_requests r where r.id = p_request_id) for share;
  select * into v_request from public.pool_requests r where r.id = p_request_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such request';
  elsif v_request.status <> 'queued' then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The request waits no longer';
  elsif not private.is_cancellable(v_pool, v_request.cycle_no) then
    raise sqlstate 'PT409' using message = 'cutoff_passed', detail = 'It is too late to cancel what this cycle settles';
  end if;
  if v_request.kind = 'subscribe' then
    perform private.release_subscriptions(array[p_request_id], p_request_id);
  end if;
  update public.pool_requests r set status = 'cancelled', settled_at = clock_timestamp(), reason = p_reason
  where r.id = p_request_id;
  perform private.audit('pool.request_cancelled', 'pool', v_pool.id::text,
    jsonb_strip_nulls(jsonb_build_object('request_id', p_request_id, 'reason', p_reason)));
  perform private.notify_users(array[v_request.investor_id], 'request_cancelled', array[jsonb_strip_nulls(jsonb_build_object(
    'pool_id', v_pool.id, 'pool_name', v_pool.name, 'request_id', p_request_id, 'kind', v_request.kind,
    'amount', trim_scale(v_request.amount)::text, 'currency', v_pool.currency, 'units', trim_scale(v_request.units)::text,
    'reason', p_reason))]);
end
$$;
