-- A pool's life: draft -> open -> running -> closed; paused and settling on the way, and back to what it was.
create function private.keep_pool() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if (new.id, new.created_by, new.created_at) is distinct from (old.id, old.created_by, old.created_at)
    or (new.currency <> old.currency and old.status <> 'draft') then
    raise insufficient_privilege using message = 'A pool keeps its id, its currency and who made it';
  elsif (old.status = 'closed' and new.status <> 'closed') or (new.status = 'draft' and old.status <> 'draft') then
    raise insufficient_privilege using message = 'A pool that was closed stays closed, and one that was opened is no draft again';
  elsif new.status <> 'paused' then
    new.paused_by := null;
    new.paused_reason := null;
  end if;
  new.updated_at := clock_timestamp();
  return new;
end
$$;
create trigger keep_pool before update on public.pools for each row execute function private.keep_pool();

create function private.tell_pool_investors(p_pool_id uuid, p_kind text, p_data jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_told uuid[];
  v_data jsonb;
begin
  select jsonb_build_object('pool_id', p.id, 'pool_name', p.name) || jsonb_strip_nulls(p_data),
    array(
      select l.investor_id from public.pool_lots l where l.pool_id = p.id and l.units > 0
      union select r.investor_id from public.pool_requests r where r.pool_id = p.id and r.status = 'queued'
      union select p.manager_id)
  into v_data, v_told from public.pools p where p.id = p_pool_id;
  perform private.notify_users(v_told, p_kind, array_fill(v_data, array[cardinality(v_told)]));
end
$$;
comment on function private.tell_pool_investors(uuid, text, jsonb) is
  'Tells a pool''s investors, those who wait to be, and its manager: {pool_id, pool_name, …}.';

create function private.tell_pool_life() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_event text := case
    when new.status = 'closed' then 'closed'
    when new.closing and not old.closing then 'closing'
    when old.status = 'draft' and new.status = 'open' then 'opened'
    when new.status = 'paused' and old.status <> 'paused' then 'paused'
    when old.status = 'paused' and new.status <> 'paused' then 'resumed' end;
begin
  if v_event is null then
    return null;
  end if;
  perform private.audit('pool.' || v_event, 'pool', new.id::text,
    jsonb_strip_nulls(jsonb_build_object('name', new.name, 'reason', new.paused_reason)));
  -- Of a closed pool they hear while they are still in it: its last settlement tells each what was paid out.
  if v_event in ('paused', 'resumed', 'closing') then
    perform private.tell_pool_investors(new.id, 'pool_' || replace(v_event, 'closing', 'closed'),
      jsonb_build_object('reason', new.paused_reason));
  end if;
  return null;
end
$$;
create trigger tell_pool_life after update on public.pools for each row
  when (new.status <> old.status or new.closing <> old.closing) execute function private.tell_pool_life();

-- Whoever looks at a pool hears how it stands, once all of a change is written.
create function private.tell_pool_state() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_pool_id uuid := coalesce(to_jsonb(new) ->> 'pool_id', to_jsonb(new) ->> 'id');
  v_told text := coalesce(current_setting('outcry.pools_told', true), '');
  v_state jsonb;
begin
  -- It is deferred: the first of a transaction's changes already tells how the pool stands after all of them.
  if strpos(v_told, v_pool_id::text) > 0 then
    return null;
  end if;
  perform set_config('outcry.pools_told', v_told || ' ' || v_pool_id::text, true);
  select jsonb_build_object('status', p.status, 'closing', p.closing, 'cycle_no', p.cycle_no,
    'unit_price', trim_scale(p.unit_price)::text, 'units', trim_scale(p.units)::text, 'minimum', trim_scale(p.minimum)::text,
    'cap', trim_scale(p.cap)::text, 'manager_fee_percent', trim_scale(coalesce(c.manager_fee_percent, p.manager_fee_percent))::text,
    'cutoff_at', c.cutoff_at, 'ends_at', c.ends_at, 'updated_at', p.updated_at)
  into v_state from public.pools p left join public.pool_cycles c on c.pool_id = p.id and c.no = p.cycle_no
  where p.id = v_pool_id and p.status <> 'draft';
  if v_state is not null then
    perform realtime.send(v_state, 'state', 'pool:' || v_pool_id::text, true);
  end if;
  return null;
end
$$;
create constraint trigger tell_pool_state after update on public.pools deferrable initially deferred for each row
  when ((new.status, new.closing, new.cycle_no, new.unit_price, new.name, new.description, new.minimum, new.cap)
    is distinct from (old.status, old.closing, old.cycle_no, old.unit_price, old.name, old.description, old.minimum, old.cap))
  execute function private.tell_pool_state();
create constraint trigger tell_pool_state after update on public.pool_cycles deferrable initially deferred for each row
  when ((new.cutoff_at, new.ends_at) is distinct from (old.cutoff_at, old.ends_at))
  execute function private.tell_pool_state();
