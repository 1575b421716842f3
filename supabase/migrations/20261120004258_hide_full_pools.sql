-- A pool without room for its own minimum takes no money.
create function private.pool_claimed(p_pool public.pools) returns numeric
language sql volatile security definer set search_path = ''
as $$
  select private.pool_capital(p_pool.id, p_pool.currency) + coalesce((
    select sum(r.amount) from public.pool_requests r
    where r.pool_id = p_pool.id and r.status = 'queued' and r.kind = 'subscribe'), 0)
$$;
comment on function private.pool_claimed(public.pools) is
  'What counts towards a pool''s cap: what it owns by the ledger, and what waits to be its.';

create function private.has_room(p_pool public.pools) returns boolean
language sql volatile security definer set search_path = ''
as $$ select p_pool.cap is null or private.pool_claimed(p_pool) + p_pool.minimum <= p_pool.cap $$;
comment on function private.has_room(public.pools) is 'Whether the least that a pool takes still fits under its cap.';
