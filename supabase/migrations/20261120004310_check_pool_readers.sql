-- Whoever may not see a pool any more hears no more of it, either. A hosted Realtime asks again when a token is renewed; the
-- embedded one is told.
create function private.check_pool_readers() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_pool_id uuid := coalesce(to_jsonb(old) ->> 'pool_id', to_jsonb(old) ->> 'id');
begin
  if to_regprocedure('realtime.reauthorize(text)') is not null
    and exists (select 1 from public.pools p where p.id = v_pool_id and (p.visibility = 'private' or tg_table_name = 'pools')) then
    execute 'select realtime.reauthorize($1)' using 'pool:' || v_pool_id::text;
  end if;
  return null;
end
$$;
create trigger check_readers after delete on public.pool_members
  for each row execute function private.check_pool_readers();
create trigger check_readers after update on public.pools for each row
  when (new.visibility <> old.visibility or new.manager_id <> old.manager_id) execute function private.check_pool_readers();
-- A settlement may have bought back all that somebody had.
create trigger check_readers after update of status on public.pool_cycles for each row
  when (new.status = 'settled' and old.status <> 'settled' and new.redeemed > 0) execute function private.check_pool_readers();
create trigger check_readers after update of status on public.pool_requests for each row
  when (new.status = 'cancelled' and old.status = 'queued') execute function private.check_pool_readers();
