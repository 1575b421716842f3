-- What the worker that runs pools asks and tells.
create function public.pools_due() returns jsonb
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
grant execute on function public.pools_due() to service_role;

create function public.report_pool_adapter(p_token integer, p_pool_id uuid, p_code text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Failing attempts to settle before people are told.
  v_attempts_told constant integer := 3;
  v_pool public.pools;
  v_attempts integer;
  v_users uuid[];
begin
  perform private.require_lease('pools', p_token);
  if p_code !~ '^[a-z_]{1,40}$' then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A code is small letters and underscores';
  end if;
  -- As a settlement does: first the pool.
  select * into v_pool from public.pools p where p.id = p_pool_id for no key update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  insert into public.pool_live (pool_id, adapter_status, adapter_error, checked_at)
  values (p_pool_id, case when p_code is null then 'ok' else 'failing' end, p_code, clock_timestamp())
  on conflict (pool_id) do update
    set adapter_status = excluded.adapter_status, adapter_error = excluded.adapter_error, checked_at = excluded.checked_at;
  update public.pool_cycles c set attempts = c.attempts + 1, last_error = p_code
  where c.pool_id = p_pool_id and c.no = v_pool.cycle_no and c.status = 'open' and c.ends_at <= clock_timestamp()
    and v_pool.status = 'settling' and p_code is not null
  returning c.attempts into v_attempts;
  if v_attempts = v_attempts_told then
    select array_agg(u.id) into v_users from (select a.user_id as id from public.admins a union select v_pool.manager_id) as u;
    perform private.notify_users(v_users, 'settlement_failing', array_fill(jsonb_build_object('pool_id', p_pool_id,
      'pool_name', v_pool.name, 'cycle_no', v_pool.cycle_no, 'code', p_code), array[cardinality(v_users)]));
  end if;
  return jsonb_build_object('adapter_status', case when p_code is null then 'ok' else 'failing' end, 'attempts', coalesce(v_attempts, 0));
end
$$;
comment on function public.report_pool_adapter(integer, uuid, text) is
  'Tells how a pool''s adapter fares: a code when it failed, null when it did not: {adapter_status, attempts}. The third failure to settle a cycle is told to administrators and the manager.';
grant execute on function public.report_pool_adapter(integer, uuid, text) to service_role;
