-- What investors ask for waits for a dealing point. Each request keeps the pool's row shared until it is written; a
-- settlement takes it for itself: none slips in behind the cut-off of what is being settled.
-- That may take half a minute where investors are many. Whoever waits longer than this is told to come again, before the
-- limit on statements would end the call without a word; nothing of it was done. With others before it in the queue a call waits
-- for its turn first, and then for the lock: twice as long at most.
create function private.lock_pool(p_pool_id uuid, p_shared boolean, p_user_id uuid default null) returns public.pools
language plpgsql volatile security definer set search_path = '' set lock_timeout = '2500ms'
as $$
declare
  v_retry_s constant integer := 5;
  v_pool public.pools;
begin
  if p_shared then
    select * into v_pool from public.pools p where p.id = p_pool_id for share;
  else
    select * into v_pool from public.pools p
    where p.id = p_pool_id and (p_user_id is null or p.manager_id = p_user_id) for no key update;
  end if;
  return v_pool;
exception
  when lock_not_available then
    -- PostgREST's own way to raise an error with headers; the body is that of any refusal.
    raise sqlstate 'PGRST' using
      message = jsonb_build_object('code', 'PT503', 'message', 'busy',
        'details', 'The pool is being settled: try again in a moment', 'hint', v_retry_s::text)::text,
      detail = jsonb_build_object('status', 503, 'headers', jsonb_build_object('Retry-After', v_retry_s::text))::text;
end
$$;
comment on function private.lock_pool(uuid, boolean, uuid) is
  'A pool, its row locked: shared by requests, alone for changes, of which a user may be named who has to be its manager; null where there is none. Raises busy behind a settlement that takes long: the hint and the header Retry-After are the seconds to wait.';

create function private.share_pool(p_pool_id uuid) returns public.pools
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
begin
  -- As if it were not there, for whoever may not see it.
  if private.can_read_pool(p_pool_id) then
    v_pool := private.lock_pool(p_pool_id, true);
  end if;
  if v_pool.id is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  return v_pool;
end
$$;

create function private.joining_cycle(p_pool public.pools) returns integer
language sql volatile security definer set search_path = ''
as $$ select p_pool.cycle_no + case when private.is_before_cutoff(p_pool, p_pool.cycle_no) then 0 else 1 end $$;
comment on function private.joining_cycle(public.pools) is
  'The number of the cycle that requests of now join. Certain while the pool''s row is locked.';

create function private.require_waiting_room(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What one investor may have waiting, in all pools: a settlement works through them one lot at a time.
  v_waiting_max constant integer := 50;
begin
  perform pg_advisory_xact_lock(hashtextextended('pool_requests' || p_user_id::text, 0));
  if (select count(*) from public.pool_requests r where r.investor_id = p_user_id and r.status = 'queued') >= v_waiting_max then
    raise sqlstate 'PT409' using message = 'request_limit', detail = format('You can have %s requests waiting', v_waiting_max);
  end if;
end
$$;

create function public.invest(p_pool_id uuid, p_amount text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'amount', p_amount);
  v_answer jsonb := private.answered('invest', p_client_id, v_content);
  v_pool public.pools;
  v_request public.pool_requests;
  v_amount numeric;
  v_owned numeric;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_pool := private.share_pool(p_pool_id);
  if not exists (select 1 from public.profiles p where p.id = v_user_id and p.kyc_status = 'verified') then
    raise sqlstate 'PT403' using message = 'kyc_required', detail = 'Have your identity verified first';
  elsif v_pool.status = 'paused' then
    raise sqlstate 'PT409' using message = 'pool_paused', detail = 'The pool takes no money while it is paused';
  elsif v_pool.status not in ('open', 'running', 'settling') or v_pool.closing then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool takes no money';
  end if;
  v_amount := private.parse_amount(p_amount, v_pool.currency);
  if v_amount < v_pool.minimum then
    raise sqlstate 'PT409' using message = 'below_minimum',
      detail = format('The least is %s %s', trim_scale(v_pool.minimum), v_pool.currency);
  end if;
  perform private.require_waiting_room(v_user_id);
  if v_pool.cap is not null then
    -- One after the other: two that both fit need not fit together.
    perform pg_advisory_xact_lock(hashtextextended('pool_cap' || v_pool.id::text, 0));
    v_owned := private.pool_claimed(v_pool);
    if v_owned + v_amount > v_pool.cap then
      raise sqlstate 'PT409' using message = 'cap_exceeded',
        detail = format('The pool takes %s %s more', trim_scale(greatest(0, v_pool.cap - v_owned)), v_pool.currency);
    end if;
  end if;
  v_request.id := private.uuid_v7();
  insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, amount, hold_id)
  values (v_request.id, v_pool.id, v_user_id, 'subscribe', private.joining_cycle(v_pool), v_amount,
    private.reserve(v_user_id, v_pool.currency, v_amount, 'pool_request', v_request.id, v_request.id,
      jsonb_build_object('pool_id', v_pool.id, 'pool_name', v_pool.name)))
  returning * into v_request;
  perform private.audit('pool.invested', 'pool', v_pool.id::text, jsonb_build_object('request_id', v_request.id,
    'amount', trim_scale(v_amount)::text, 'cycle_no', v_request.cycle_no));
  perform private.notify_user(v_user_id, 'investment_queued', jsonb_build_object('pool_id', v_pool.id,
    'pool_name', v_pool.name, 'investment_id', v_request.id, 'amount', trim_scale(v_amount)::text, 'currency', v_pool.currency));
  return private.remember('invest', p_client_id, v_content,
    jsonb_build_object('investment', private.investment_json(v_request)));
end
$$;
comment on function public.invest(uuid, text, uuid) is
  'Sets money aside to buy units of a pool at its next dealing point: {investment}. Raises kyc_required, pool_paused, pool_not_open, below_minimum, cap_exceeded, insufficient_funds, invalid_amount, request_limit, not_found, busy.';
grant execute on function public.invest(uuid, text, uuid) to authenticated;

create function private.queue_redemption(p_lot_id uuid, p_units numeric, p_everything boolean, p_withdrawal_id uuid default null)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Those who call it have asked for a live session.
  v_user_id uuid := auth.uid();
  v_pool public.pools;
  v_lot public.pool_lots;
  v_left numeric;
  v_id uuid;
begin
  -- The pool before the lot, as a settlement does.
  v_pool := private.lock_pool((
    select l.pool_id from public.pool_lots l where l.id = p_lot_id and l.investor_id = v_user_id), true);
  if v_pool.id is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such investment';
  elsif v_pool.status = 'closed' or v_pool.closing then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool is closed, and all of it paid out';
  end if;
  perform private.require_waiting_room(v_user_id);
  -- Two at once must not both sell the same units.
  select * into v_lot from public.pool_lots l where l.id = p_lot_id for update;
  v_left := v_lot.units - private.queued_units(p_lot_id);
  if p_units is null and not p_everything or not p_units > 0 or p_units in ('NaN', 'Infinity') or p_units <> round(p_units, 8) then
    raise sqlstate 'PT400' using message = 'invalid_units', detail = 'Units are above zero, with 8 digits behind the point';
  elsif v_left <= 0 or (not p_everything and p_units > v_left) then
    raise sqlstate 'PT409' using message = 'units_exceeded',
      detail = format('The investment has %s units that wait for nothing', trim_scale(greatest(0, v_left)));
  end if;
  insert into public.pool_requests (pool_id, investor_id, kind, cycle_no, lot_id, units, everything, withdrawal_id)
  values (v_pool.id, v_user_id, 'redeem', private.joining_cycle(v_pool), p_lot_id,
    case when p_everything then v_left else p_units end,
    -- What is all of it stays all of it when a fee takes units before.
    p_everything or p_units = v_left, p_withdrawal_id)
  returning id into v_id;
  perform private.audit('pool.redemption_asked', 'pool', v_pool.id::text, jsonb_strip_nulls(jsonb_build_object(
    'request_id', v_id, 'investment_id', p_lot_id, 'withdrawal_id', p_withdrawal_id,
    'units', trim_scale(case when p_everything then v_left else p_units end)::text)));
  return v_id;
end
$$;
comment on function private.queue_redemption(uuid, numeric, boolean, uuid) is
  'Asks for units of one of the caller''s lots, or for all that wait for nothing, to be sold at the next dealing point; returns the request. Raises invalid_units, units_exceeded, pool_not_open, request_limit, not_found, busy.';

create function public.redeem_investment(p_investment_id uuid, p_units text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('investment_id', p_investment_id, 'units', p_units);
  v_answer jsonb := private.answered('redeem_investment', p_client_id, v_content);
  v_request public.pool_requests;
  v_id uuid;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  if p_units is null or p_units !~ '^(all|[0-9]{1,15}(\.[0-9]{1,8})?)$' then
    raise sqlstate 'PT400' using message = 'invalid_units', detail = 'Units are a decimal number above zero, or "all"';
  end if;
  v_id := private.queue_redemption(p_investment_id, nullif(p_units, 'all')::numeric, p_units = 'all');
  select * into v_request from public.pool_requests r where r.id = v_id;
  perform private.notify_user(v_user_id, 'redemption_queued', (
    select jsonb_build_object('pool_id', p.id, 'pool_name', p.name, 'investment_id', p_investment_id,
      'units', trim_scale(v_request.units)::text) from public.pools p where p.id = v_request.pool_id));
  return private.remember('redeem_investment', p_client_id, v_content,
    jsonb_build_object('request', private.request_json(v_request)));
end
$$;
comment on function public.redeem_investment(uuid, text, uuid) is
  'Sells units of the caller''s investment, or "all", at the pool''s next dealing point; the wallet gets what they are worth then: {request}. Raises invalid_units, units_exceeded, pool_not_open, request_limit, not_found, busy.';
grant execute on function public.redeem_investment(uuid, text, uuid) to authenticated;
