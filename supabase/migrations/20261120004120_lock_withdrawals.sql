-- Money still in a pool is redeemed first: the withdrawal waits for that settlement, and then takes the usual way.
create function private.redeem_for_withdrawal(p_row public.withdrawals, p_redeem jsonb) returns public.withdrawals
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.withdrawals;
  v_lot public.pool_lots;
  v_units text;
begin
  if jsonb_typeof(p_redeem) <> 'object' or p_redeem - array['investment_id', 'units'] <> '{}'
    or coalesce(p_redeem ->> 'investment_id', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A redemption names investment_id and units';
  end if;
  v_units := p_redeem ->> 'units';
  if v_units is null or (v_units <> 'all' and (v_units !~ '^[0-9]{1,18}(\.[0-9]{1,8})?$' or v_units::numeric = 0)) then
    raise sqlstate 'PT400' using message = 'invalid_units', detail = 'Units are "all" or a decimal number above zero, with 8 digits at most';
  end if;
  select l.* into v_lot from public.pool_lots l
  where l.id = (p_redeem ->> 'investment_id')::uuid and l.investor_id = p_row.user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such investment';
  elsif (select p.currency from public.pools p where p.id = v_lot.pool_id) <> p_row.asset then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The pool pays in another asset';
  end if;
  update public.withdrawals set status = 'locked_until_settlement', investment_id = v_lot.id,
    redemption_id = private.queue_redemption(v_lot.id, case when v_units <> 'all' then v_units::numeric end, v_units = 'all', p_row.id)
  where id = p_row.id returning * into v_row;
  return v_row;
end
$$;
comment on function private.redeem_for_withdrawal(public.withdrawals, jsonb) is
  'Queues the redemption {investment_id, units} and has the withdrawal wait for it; raises not_found, invalid_units, units_exceeded.';

create function private.release_withdrawal(p_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  begin
    update public.withdrawals w set status = 'awaiting_approval',
      hold_id = private.reserve(w.user_id, w.asset, w.amount, 'withdrawal', w.id, w.id)
    where w.id = p_id;
  exception
    when sqlstate 'PT409' then
      if sqlerrm <> 'insufficient_funds' then
        raise;
      end if;
      update public.withdrawals set status = 'cancelled', cancelled_at = clock_timestamp(), reason = 'insufficient_funds'
      where id = p_id;
  end;
end
$$;
comment on function private.release_withdrawal(uuid) is
  'Sets the money of a withdrawal whose redemption is settled aside, which has it await approval; cancelled where the wallet does not cover it.';

create function private.release_settled_withdrawals(p_limit integer, p_pool_id uuid default null, p_cycle_no integer default null)
returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_id uuid;
  v_count integer := 0;
begin
  for v_id in
    select w.id from public.withdrawals w join public.pool_requests r on r.id = w.redemption_id
    where w.status = 'locked_until_settlement' and r.status = 'settled'
      and (p_pool_id is null or (r.pool_id = p_pool_id and r.cycle_no = p_cycle_no))
    order by w.id limit p_limit for update of w skip locked
  loop
    perform private.release_withdrawal(v_id);
    v_count := v_count + 1;
  end loop;
  return v_count;
end
$$;

-- The settlement calls it, which knows nothing else of withdrawals.
drop function if exists private.release_locked_withdrawals(uuid, integer);
create function private.release_locked_withdrawals(p_pool_id uuid, p_cycle_no integer) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Each takes a millisecond or two of the settlement's time; the worker releases the rest at once.
  v_rows_max constant integer := 200;
  v_count integer := private.release_settled_withdrawals(v_rows_max, p_pool_id, p_cycle_no);
begin
  if v_count = v_rows_max then
    perform realtime.send('{"payouts": true}', 'wake', 'worker', true);
  end if;
  return v_count;
end
$$;
comment on function private.release_locked_withdrawals(uuid, integer) is
  'Moves on the withdrawals whose redemptions a settlement has paid out; returns how many.';

-- A redemption that comes to nothing brings no money.
create function private.cancel_locked_withdrawal() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.withdrawals set status = 'cancelled', cancelled_at = clock_timestamp(), reason = 'redemption_cancelled'
  where redemption_id = new.id and status = 'locked_until_settlement';
  return null;
end
$$;
create trigger cancel_locked_withdrawal after update of status on public.pool_requests
  for each row when (new.withdrawal_id is not null and old.status = 'queued' and new.status in ('cancelled', 'refused'))
  execute function private.cancel_locked_withdrawal();
