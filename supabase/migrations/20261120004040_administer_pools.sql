-- Administrators make pools, change their terms and see all of them.
create function private.own_pool_for_change(p_pool_id uuid) returns public.pools
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- After the requests that are being written, and before those to come.
  v_pool public.pools := private.lock_pool(p_pool_id, false);
begin
  if v_pool.id is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  return v_pool;
end
$$;
comment on function private.own_pool_for_change(uuid) is 'A pool, locked; raises not_found.';

create function private.open_pool(p_pool_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.pools set status = 'open', opened_at = clock_timestamp() where id = p_pool_id;
  perform private.open_cycle(p_pool_id, 1);
end
$$;

create function public.admin_create_pool(p_pool jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_answer jsonb := private.answered('admin_create_pool', p_client_id, p_pool);
  v_pool public.pools;
  v_draft boolean := coalesce(p_pool ->> 'draft' = 'true' or p_pool ->> 'status' = 'draft', false);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  v_pool.id := private.uuid_v7();
  v_pool.manager_id := v_admin;
  v_pool.status := 'draft';
  v_pool.platform_share_percent := 0;
  v_pool.equity_move_percent_max := 50;
  v_pool := private.apply_pool_terms(v_pool,
    '{"visibility": "public", "currency": "EUR", "cycle": null, "metadata": {}, "minimum": null}'
      || jsonb_strip_nulls(coalesce(p_pool, 'null')) - '{draft,status,manager_fee_percent}'::text[],
    '{name,description,currency,cycle,minimum,cap,platform_share_percent,visibility,manager_id,cutoff_lead_s,equity_move_percent_max,metadata}');
  v_pool.manager_fee_percent := private.read_percent(coalesce(p_pool ->> 'manager_fee_percent', '15'), 'The manager''s fee', 50);
  begin
    insert into public.pools (id, name, description, currency, manager_id, visibility, cycle, cutoff_lead, minimum, cap,
      manager_fee_percent, platform_share_percent, equity_move_percent_max, metadata, created_by)
    values (v_pool.id, v_pool.name, coalesce(v_pool.description, ''), v_pool.currency, v_pool.manager_id, v_pool.visibility, v_pool.cycle,
      v_pool.cutoff_lead, v_pool.minimum, v_pool.cap, v_pool.manager_fee_percent, v_pool.platform_share_percent,
      v_pool.equity_move_percent_max, v_pool.metadata, v_admin);
  exception when unique_violation then
    raise sqlstate 'PT409' using message = 'name_taken', detail = 'Another pool has that name';
  end;
  -- Both sides of its books are there before anything is paid in.
  perform private.ledger_account('pool', v_pool.id, v_pool.currency, 'available');
  perform private.audit('pool.created', 'pool', v_pool.id::text, jsonb_build_object('name', v_pool.name, 'currency', v_pool.currency,
    'manager_id', v_pool.manager_id, 'cycle', v_pool.cycle, 'manager_fee_percent', trim_scale(v_pool.manager_fee_percent)::text));
  if not v_draft then
    perform private.open_pool(v_pool.id);
  end if;
  select * into v_pool from public.pools p where p.id = v_pool.id;
  return private.remember('admin_create_pool', p_client_id, p_pool, jsonb_build_object('pool', private.pool_json(v_pool)));
end
$$;
comment on function public.admin_create_pool(jsonb, uuid) is
  'Makes a pool of {name, currency, cycle, minimum} and what else its terms say, and opens it unless "draft": true: {pool}. Raises invalid_pool, name_taken, invalid_amount, unknown_asset.';
grant execute on function public.admin_create_pool(jsonb, uuid) to authenticated;

-- The fee of the running cycle stays its manager's: whoever sees a profit coming does not send it elsewhere.
create function private.tell_new_manager(p_pool public.pools, p_manager_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_change jsonb := jsonb_build_object('cycle_no', p_pool.cycle_no + 1,
    'from', (select m.username from public.profiles m where m.id = p_pool.manager_id),
    'to', (select m.username from public.profiles m where m.id = p_manager_id));
begin
  perform private.audit('pool.manager_changed', 'pool', p_pool.id::text,
    jsonb_build_object('from', p_pool.manager_id, 'to', p_manager_id, 'cycle_no', p_pool.cycle_no + 1));
  if p_pool.status <> 'draft' then
    perform private.tell_pool_investors(p_pool.id, 'manager_changed', v_change);
    perform private.notify_users(array[p_pool.manager_id], 'manager_changed', array[
      jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name) || jsonb_strip_nulls(v_change)]);
  end if;
end
$$;
comment on function private.tell_new_manager(public.pools, uuid) is
  'Writes down and tells that a pool has another manager, who is paid from the next cycle on. Called once the pool is changed, with what it was before.';

create function public.admin_update_pool(p_pool_id uuid, p_changes jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'changes', p_changes);
  v_answer jsonb := private.answered('admin_update_pool', p_client_id, v_content);
  v_pool public.pools;
  v_new public.pools;
  v_fee numeric;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  v_pool := private.own_pool_for_change(p_pool_id);
  if v_pool.status = 'closed' then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool is closed';
  end if;
  v_new := private.apply_pool_terms(v_pool, p_changes - 'manager_fee_percent',
    '{name,description,currency,cycle,minimum,cap,platform_share_percent,visibility,manager_id,cutoff_lead_s,equity_move_percent_max,metadata}');
  if p_changes ? 'manager_fee_percent' then
    v_fee := private.read_percent(p_changes ->> 'manager_fee_percent', 'The manager''s fee', 50);
  end if;
  begin
    update public.pools set name = v_new.name, description = v_new.description, currency = v_new.currency, cycle = v_new.cycle,
      cutoff_lead = v_new.cutoff_lead, minimum = v_new.minimum, cap = v_new.cap, visibility = v_new.visibility,
      platform_share_percent = v_new.platform_share_percent, manager_id = v_new.manager_id,
      equity_move_percent_max = v_new.equity_move_percent_max, metadata = v_new.metadata,
      -- Nobody has money in a draft.
      manager_fee_percent = case when v_pool.status = 'draft' and v_fee is not null then v_fee else manager_fee_percent end
    where id = p_pool_id;
  exception when unique_violation then
    raise sqlstate 'PT409' using message = 'name_taken', detail = 'Another pool has that name';
  end;
  perform private.ledger_account('pool', p_pool_id, v_new.currency, 'available');
  if v_pool.status <> 'draft' and v_fee is not null then
    perform private.announce_fee(v_pool, v_fee, v_admin);
  end if;
  if v_new.manager_id <> v_pool.manager_id then
    perform private.tell_new_manager(v_pool, v_new.manager_id);
  end if;
  perform private.audit('pool.changed', 'pool', p_pool_id::text, jsonb_build_object('changes', left(p_changes::text, 1000)));
  select * into v_pool from public.pools p where p.id = p_pool_id;
  return private.remember('admin_update_pool', p_client_id, v_content, jsonb_build_object('pool', private.pool_json(v_pool)));
end
$$;
comment on function public.admin_update_pool(uuid, jsonb, uuid) is
  'Changes a pool''s terms: {pool}. A cycle, its cut-off, the platform''s share and who is paid the fee hold from the next cycle opened; a fee is announced. Raises invalid_pool, name_taken, pool_not_open, invalid_amount, not_found.';
grant execute on function public.admin_update_pool(uuid, jsonb, uuid) to authenticated;

create function private.admin_pool_json(p_pool public.pools) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_cycle public.pool_cycles;
  v_live public.pool_live;
begin
  select * into v_cycle from public.pool_cycles c where c.pool_id = p_pool.id and c.no = p_pool.cycle_no;
  select * into v_live from public.pool_live l where l.pool_id = p_pool.id;
  return private.pool_json(p_pool) || jsonb_build_object(
    'resumes_as', p_pool.resumes_as, 'lots', p_pool.lots, 'units', trim_scale(p_pool.units)::text,
    'capital', trim_scale(private.pool_capital(p_pool.id, p_pool.currency))::text,
    'equity_move_percent_max', trim_scale(p_pool.equity_move_percent_max)::text, 'metadata', p_pool.metadata,
    'created_at', p_pool.created_at, 'opened_at', p_pool.opened_at, 'closed_at', p_pool.closed_at, 'updated_at', p_pool.updated_at,
    'paused_by', p_pool.paused_by,
    'adapter_status', coalesce(v_live.adapter_status, 'unknown'), 'adapter_error', v_live.adapter_error, 'valued_at', v_live.at,
    'cycle_now', private.cycle_json(p_pool)
      || jsonb_build_object('attempts', v_cycle.attempts, 'last_error', v_cycle.last_error, 'forced_by', v_cycle.forced_by),
    'waiting', (
      select jsonb_build_object(
        'subscriptions', count(*) filter (where r.kind = 'subscribe'),
        'amount', trim_scale(coalesce(sum(r.amount), 0))::text,
        'redemptions', count(*) filter (where r.kind = 'redeem'),
        'units', trim_scale(coalesce(sum(r.units), 0))::text)
      from public.pool_requests r where r.pool_id = p_pool.id and r.status = 'queued'));
end
$$;
comment on function private.admin_pool_json(public.pools) is
  'A pool as administrators get it: what everybody gets, and its books, its adapter, its cycle (cycle_now) and what waits.';

create function public.admin_pools(p_limit integer default 50, p_cursor text default null, p_status text default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_admin();
  perform private.check_page(p_limit, p_cursor);
  if p_status not in ('draft', 'open', 'running', 'paused', 'settling', 'closed') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A status is draft, open, running, paused, settling or closed';
  end if;
  with page as (
    select p as pool, row_number() over (order by p.id desc) as place from public.pools p
    where (p_status is null or p.status = p_status) and (p_cursor is null or p.id < p_cursor::uuid)
    order by p.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(private.admin_pool_json(g.pool) order by g.place) filter (where g.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.admin_pools(integer, text, text) is
  'All pools for administrators, newest first, of one status where that is named: {items, next_cursor}.';
grant execute on function public.admin_pools(integer, text, text) to authenticated;

create function private.members_json(p_pool_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('user_id', m.user_id, 'username', p.username, 'added_at', m.added_at)
    order by p.username, m.user_id), '[]')
  from public.pool_members m left join public.profiles p on p.id = m.user_id where m.pool_id = p_pool_id
$$;
comment on function private.members_json(uuid) is 'Who was let see a private pool: [{user_id, username, added_at}].';

create function private.fee_changes_json(p_pool_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('cycle_no', f.cycle_no, 'manager_fee_percent', trim_scale(f.manager_fee_percent)::text,
    'announced_at', f.announced_at, 'announced_by', f.announced_by) order by f.cycle_no desc), '[]')
  from (select * from public.pool_fee_changes f where f.pool_id = p_pool_id order by f.cycle_no desc limit 50) as f
$$;

create function public.admin_pool(p_pool_id uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_settlements_max constant integer := 50;
  v_pool public.pools;
begin
  perform private.require_admin();
  select * into v_pool from public.pools p where p.id = p_pool_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  return jsonb_build_object('pool', private.admin_pool_json(v_pool), 'members', private.members_json(p_pool_id),
    'fee_changes', private.fee_changes_json(p_pool_id), 'settlements', private.settlements_json(p_pool_id, v_settlements_max));
end
$$;
comment on function public.admin_pool(uuid) is
  'A pool for administrators: {pool, members, fee_changes, settlements}. Raises not_found.';
grant execute on function public.admin_pool(uuid) to authenticated;
