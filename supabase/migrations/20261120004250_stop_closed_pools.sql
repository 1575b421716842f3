-- A closed pool is the worker's until its adapter has sold everything: whoever was to stop it may have been killed.
alter table public.pool_live add column stopped_at timestamptz;
comment on column public.pool_live.stopped_at is 'When the adapter of the closed pool said that it holds nothing any more.';

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
