-- Two redemptions of one lot may be all of it together, and the second one then takes whatever is left. When the first one is
-- cancelled, its units stay: the second one sells what it asked for, and no more.
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
  else
    -- What is taken back is not sold by the next one, which was for all that was left beside it.
    update public.pool_requests r set everything = false
    where r.lot_id = v_request.lot_id and r.id <> p_request_id and r.status = 'queued' and r.everything;
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
