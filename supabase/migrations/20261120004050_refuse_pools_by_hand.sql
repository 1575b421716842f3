-- The dashboard pauses and resumes pools. Whatever else is written there about them is refused: it has no identity, and
-- books edited by hand add up no longer.
create function private.by_hand(p_context text) returns boolean
language sql immutable set search_path = ''
-- A trigger that a function's statement fired has that function below it in its context. A statement typed into the
-- dashboard has nothing there, or a block typed with it.
as $$ select strpos(p_context, E'\n') = 0 or p_context ~ 'PL/pgSQL function inline_code_block' $$;
comment on function private.by_hand(text) is
  'Whether a trigger with this PG_CONTEXT was fired by a statement written by hand, and not by a function of ours.';

create function private.keep_pool_by_hand() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- What pausing and resuming change.
  v_free constant text[] := '{status,resumes_as,paused_by,paused_reason,updated_at}';
  v_context text;
begin
  get diagnostics v_context = pg_context;
  if not private.by_hand(v_context) then
    return new;
  elsif tg_op = 'INSERT' then
    raise insufficient_privilege using message = 'Pools are made at /admin/pools, not in their table';
  elsif to_jsonb(new) - v_free <> to_jsonb(old) - v_free then
    raise insufficient_privilege using message = 'Here pools are paused and resumed; everything else about them is done at /admin/pools';
  elsif new.status = 'paused' and old.status in ('open', 'running', 'settling') then
    new.resumes_as := coalesce(old.resumes_as, old.status);
    new.paused_by := null;
  elsif old.status = 'paused' and new.status in ('open', 'running') then
    -- Not what somebody remembers it to have been.
    new.status := old.resumes_as;
    new.resumes_as := null;
  elsif new.status <> old.status or (new.resumes_as, new.paused_by) is distinct from (old.resumes_as, old.paused_by) then
    raise insufficient_privilege using message = 'Here pools are paused and resumed; they are opened and closed at /admin/pools';
  end if;
  return new;
end
$$;
-- By name before keep_pool.
create trigger keep_by_hand before insert or update on public.pools
  for each row execute function private.keep_pool_by_hand();

create function private.refuse_pools_by_hand() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_context text;
begin
  get diagnostics v_context = pg_context;
  if private.by_hand(v_context) then
    raise insufficient_privilege using
      message = format('%s is written by what is done at /admin/pools and by settlements, not by hand', tg_table_name);
  end if;
  return null;
end
$$;
create trigger refuse_by_hand before insert or update or delete on public.pool_members
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_cycles
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_lots
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_lot_changes
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_requests
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_nav
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_live
  for each statement execute function private.refuse_pools_by_hand();
create trigger refuse_by_hand before insert or update or delete on public.pool_fee_changes
  for each statement execute function private.refuse_pools_by_hand();
