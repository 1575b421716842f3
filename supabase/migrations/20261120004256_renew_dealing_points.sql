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
