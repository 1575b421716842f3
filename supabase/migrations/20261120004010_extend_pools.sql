-- What a pool's life needs beside its books.
alter table public.pools
  -- An administrator closes it: the settlement that is forced with it redeems every lot, and nothing joins any more.
  add column closing boolean not null default false,
  -- Who has units of it now.
  add column investors integer not null default 0 check (investors >= 0),
  -- Null while it is not paused, and where the dashboard paused it, which has no identity.
  add column paused_by uuid,
  add column paused_reason text check (char_length(paused_reason) between 1 and 200);
-- Nothing in it changes when units do, so that a settlement's updates stay on their pages.
create index pool_lots_pool_investor_idx on public.pool_lots (pool_id, investor_id);
create index pool_requests_waiting_idx on public.pool_requests (investor_id) where status = 'queued';
-- What waits to be paid in counts against the cap.
create index pool_requests_subscribed_idx on public.pool_requests (pool_id) include (amount)
  where status = 'queued' and kind = 'subscribe';

create function private.count_investors() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.pools p set investors = (
    select count(*) from (select distinct l.investor_id from public.pool_lots l where l.pool_id = new.pool_id and l.units > 0) as x)
  where p.id = new.pool_id;
  return null;
end
$$;
-- Once a settlement, when all of it is written: lots change in no other way.
create constraint trigger count_investors after update of status on public.pool_cycles
  deferrable initially deferred for each row when (new.status = 'settled' and old.status <> 'settled')
  execute function private.count_investors();

create function private.live_user() returns uuid
language sql stable security definer set search_path = ''
as $$ select case when private.session_is_live() then auth.uid() end $$;
comment on function private.live_user() is
  'The caller''s id while the session lives, else null: for what strangers may call as well.';
