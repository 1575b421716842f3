-- Cycles: from when to when, on which terms, and what they end with.

-- A unit's highest price so far outlives the thinning of pool_nav: drawdown is measured from it.
alter table public.pool_live add column peak numeric check (peak >= 0);
-- Requests of a cycle are looked up when it settles, and what waits for them afterwards.
create index pool_requests_cycle_idx on public.pool_requests (pool_id, cycle_no);
-- A rising pool changes every lot at every dealing point: with room for each row's next version beside it no index changes.
alter table public.pool_lots set (fillfactor = 45);
-- Asked for row by row it would be most of a settlement's time; ledger_check() finds a change without its lot.
alter table public.pool_lot_changes drop constraint pool_lot_changes_lot_id_fkey;

create function private.cycle_end(p_cycle text, p_lead interval, p_from timestamptz) returns timestamptz
language sql immutable set search_path = ''
as $$
  -- The first boundary that leaves time for requests.
  select case p_cycle
    when 'hourly' then date_trunc('hour', p_from + p_lead, 'UTC') + interval '1 hour'
    when 'daily' then (date_trunc('day', (p_from + p_lead) at time zone 'UTC') + interval '1 day') at time zone 'UTC'
    when 'weekly' then (date_trunc('week', (p_from + p_lead) at time zone 'UTC') + interval '1 week') at time zone 'UTC'
    when 'monthly' then (date_trunc('month', (p_from + p_lead) at time zone 'UTC') + interval '1 month') at time zone 'UTC'
  end
$$;
comment on function private.cycle_end(text, interval, timestamptz) is
  'When a cycle that begins at a time ends: the first full hour, day, Monday or month (UTC) whose cut-off is still ahead; null for manual ones.';

create function private.postpone_fee_rise(p_pool_id uuid, p_no integer, p_fee numeric) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- However quickly cycles are forced, whoever does not like a higher fee has a day to leave before it.
  v_notice_min constant interval := '24 hours';
  v_change public.pool_fee_changes;
begin
  delete from public.pool_fee_changes f
  where f.pool_id = p_pool_id and f.cycle_no = p_no and f.manager_fee_percent > p_fee
    and f.announced_at > clock_timestamp() - v_notice_min
  returning * into v_change;
  if found then
    insert into public.pool_fee_changes (pool_id, cycle_no, manager_fee_percent, announced_at, announced_by)
    values (p_pool_id, p_no + 1, v_change.manager_fee_percent, v_change.announced_at, v_change.announced_by)
    -- What was announced for the next cycle is the newer word.
    on conflict (pool_id, cycle_no) do nothing;
  end if;
end
$$;
comment on function private.postpone_fee_rise(uuid, integer, numeric) is
  'Moves a rise above a fee from a cycle to the next one, while it was announced less than 24 hours ago.';

create function private.open_cycle(p_pool_id uuid, p_no integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
  v_now timestamptz := clock_timestamp();
  v_fee numeric;
  v_end timestamptz;
begin
  select * into v_pool from public.pools p where p.id = p_pool_id for no key update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  perform private.postpone_fee_rise(p_pool_id, p_no, v_pool.manager_fee_percent);
  -- What was announced for this cycle holds from here on.
  select f.manager_fee_percent into v_fee from public.pool_fee_changes f where f.pool_id = p_pool_id and f.cycle_no = p_no;
  v_fee := coalesce(v_fee, v_pool.manager_fee_percent);
  v_end := private.cycle_end(v_pool.cycle, v_pool.cutoff_lead, v_now);
  insert into public.pool_cycles (
    pool_id, no, opened_at, cutoff_at, ends_at, manager_fee_percent, platform_share_percent, manager_id)
  values (p_pool_id, p_no, v_now, v_end - v_pool.cutoff_lead, v_end, v_fee, v_pool.platform_share_percent, v_pool.manager_id);
  update public.pools set cycle_no = p_no, manager_fee_percent = v_fee, updated_at = v_now where id = p_pool_id;
end
$$;
comment on function private.open_cycle(uuid, integer) is
  'Opens a cycle of a pool on the terms that hold now, and makes it the pool''s.';

create function private.release_locked_withdrawals(p_pool_id uuid, p_cycle_no integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Called at the end of each settlement; there is nothing that waits for one yet.
  return;
end
$$;
comment on function private.release_locked_withdrawals(uuid, integer) is
  'Lets the withdrawals go on that waited for a settlement.';
