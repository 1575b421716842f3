-- A closed pool is the worker's until its adapter has sold everything: whoever was to stop it may have been killed.
alter table public.pool_live add column stopped_at timestamptz;
comment on column public.pool_live.stopped_at is 'When the adapter of the closed pool said that it holds nothing any more.';

create or replace function public.pools_due() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- One worker runs them all.
  v_pools_max constant integer := 1000;
  -- From then on a person has to stop it.
  v_stop_within constant interval := interval '1 day';
begin
  update public.pools p set status = 'settling', resumes_as = p.status, updated_at = clock_timestamp()
  where p.status in ('open', 'running') and exists (
    select 1 from public.pool_cycles c where c.pool_id = p.id and c.no = p.cycle_no and c.status = 'open' and c.ends_at <= clock_timestamp());
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(d.item order by d.due desc, d.closed, d.id), '[]') from (
      select p.id, x.due, x.closed, jsonb_build_object(
        'pool_id', p.id, 'name', p.name, 'status', p.status, 'currency', p.currency, 'scale', a.scale,
        'capital', trim_scale(private.pool_capital(p.id, p.currency))::text, 'units', trim_scale(p.units)::text,
        'unit_price', trim_scale(p.unit_price)::text, 'cycle_no', p.cycle_no, 'cycle_opened_at', c.opened_at, 'cutoff_at', c.cutoff_at,
        'ends_at', c.ends_at, 'due', x.due, 'forced', c.forced_by is not null, 'attempts', c.attempts,
        'adapter', coalesce(p.metadata -> 'trading', '{"adapter": "simulated"}'), 'adapter_state', coalesce(l.adapter_state, '{}')) as item
      from public.pools p
      join public.assets a on a.asset = p.currency
      join public.pool_cycles c on c.pool_id = p.id and c.no = p.cycle_no
      left join public.pool_live l on l.pool_id = p.id
      cross join lateral (select p.status = 'closed' as closed,
        p.status = 'settling' and c.status = 'open' and c.ends_at <= clock_timestamp() as due) as x
      where p.status not in ('draft', 'closed') or (x.closed and p.closed_at > now() - v_stop_within and l.stopped_at is null)
      order by x.due desc, x.closed, p.id limit v_pools_max) as d));
end
$$;
comment on function public.pools_due() is
  'The pools a worker runs, those due first, which it marks as settling, and last those closed within a day whose adapter is not stopped: {items: [{pool_id, name, status, currency, scale, capital, units, unit_price, cycle_no, cycle_opened_at, cutoff_at, ends_at, due, forced, attempts, adapter, adapter_state}]}.';

create function public.record_pool_stopped(p_token integer, p_pool_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stopped_at timestamptz;
begin
  perform private.require_lease('pools', p_token);
  if not exists (select 1 from public.pools p where p.id = p_pool_id and p.status = 'closed') then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such closed pool';
  end if;
  insert into public.pool_live as l (pool_id, adapter_status, checked_at, stopped_at)
  values (p_pool_id, 'ok', clock_timestamp(), clock_timestamp())
  on conflict (pool_id) do update set adapter_status = 'ok', adapter_error = null, checked_at = excluded.checked_at,
    stopped_at = coalesce(l.stopped_at, excluded.stopped_at)
  returning l.stopped_at into v_stopped_at;
  return jsonb_build_object('stopped_at', v_stopped_at);
end
$$;
comment on function public.record_pool_stopped(integer, uuid) is
  'Says that a closed pool''s adapter has sold everything, under the lease pools: {stopped_at}. Raises stale_lease, not_found.';
grant execute on function public.record_pool_stopped(integer, uuid) to service_role;
