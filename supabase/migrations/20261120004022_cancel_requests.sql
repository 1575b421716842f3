-- What waits can be taken back until the cut-off: from then on the price can be known.
create function private.release_subscriptions(p_request_ids uuid[], p_client_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_accounts uuid[];
  v_amounts numeric[];
begin
  -- All of them in one transfer, however many there are.
  select array_agg(m.account), array_agg(m.amount) into v_accounts, v_amounts
  from (
    select x.account, sum(x.amount) as amount
    from public.pool_requests r
    join public.ledger_holds h on h.id = r.hold_id
    cross join lateral (values
      (private.ledger_account('user', h.owner_id, h.asset, 'held'), -h.remaining),
      (private.ledger_account('user', h.owner_id, h.asset, 'available'), h.remaining)) as x(account, amount)
    where r.id = any (p_request_ids) and h.remaining > 0
    group by x.account) as m;
  if v_accounts is null then
    return;
  end if;
  perform private.post_transfer('release', p_client_id, v_accounts, v_amounts, (
    select jsonb_build_object('subject_type', 'pool_request', 'pool_id', p.id, 'pool_name', p.name)
    from public.pools p join public.pool_requests r on r.pool_id = p.id where r.id = p_request_ids[1]));
  update public.ledger_holds h set remaining = 0, closed_at = clock_timestamp()
  from public.pool_requests r where r.id = any (p_request_ids) and h.id = r.hold_id and h.closed_at is null;
end
$$;
comment on function private.release_subscriptions(uuid[], uuid) is
  'Gives the money of one pool''s subscriptions that wait back to their investors, in one transfer.';

-- Two redemptions of one lot may be all of it together, and the second one then takes whatever is left. When the first one is
-- cancelled, its units stay: the second one sells what it asked for, and no more.
create function private.cancel_request(p_request_id uuid, p_reason text default null) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_request public.pool_requests;
begin
  v_pool := private.lock_pool((select r.pool_id from public.pool_requests r where r.id = p_request_id), true);
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
comment on function private.cancel_request(uuid, text) is
  'Takes back what waits, whosever it is: its caller asks who may. Raises cutoff_passed, not_waiting, not_found, busy.';

create function public.cancel_pool_request(p_request_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('request_id', p_request_id);
  v_answer jsonb := private.answered('cancel_pool_request', p_client_id, v_content);
  v_request public.pool_requests;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  select * into v_request from public.pool_requests r where r.id = p_request_id and r.investor_id = v_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such request';
  end if;
  perform private.cancel_request(p_request_id);
  select * into v_request from public.pool_requests r where r.id = p_request_id;
  return private.remember('cancel_pool_request', p_client_id, v_content,
    jsonb_build_object('request', private.request_json(v_request)));
end
$$;
comment on function public.cancel_pool_request(uuid, uuid) is
  'Takes back one of the caller''s requests before the cut-off; a subscription''s money is available again: {request}. Raises cutoff_passed, not_waiting, not_found, busy.';
grant execute on function public.cancel_pool_request(uuid, uuid) to authenticated;
