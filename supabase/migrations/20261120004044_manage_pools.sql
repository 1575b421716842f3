-- A manager's own pools: words, the smallest amount, who sees them, a pause, and a fee announced.
-- From the cut-off on investors cannot take back what waits, and the price can be seen coming: a manager who could still pause
-- would choose the price at which they are paid, or never let a pool close.
create function public.manage_pool(p_pool_id uuid, p_changes jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_members_at_once_max constant integer := 100;
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'changes', p_changes);
  v_answer jsonb := private.answered('manage_pool', p_client_id, v_content);
  v_pool public.pools;
  v_new public.pools;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_pool := private.lock_pool(p_pool_id, false, v_user_id);
  if v_pool.id is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  elsif v_pool.status = 'closed' then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool is closed';
  end if;
  v_new := private.apply_pool_terms(v_pool, p_changes - '{manager_fee_percent,paused,reason,add_members,remove_members}'::text[],
    '{description,minimum}');
  update public.pools set description = v_new.description, minimum = v_new.minimum where id = p_pool_id;
  if p_changes ? 'manager_fee_percent' then
    -- It is other people's money.
    perform private.require_aal2();
    v_new.manager_fee_percent := private.read_percent(p_changes ->> 'manager_fee_percent', 'The manager''s fee', 50);
    if v_pool.status = 'draft' then
      update public.pools set manager_fee_percent = v_new.manager_fee_percent where id = p_pool_id;
    else
      perform private.announce_fee(v_pool, v_new.manager_fee_percent, v_user_id);
    end if;
  end if;
  if p_changes -> 'paused' = 'true' and (v_pool.closing or v_pool.status = 'settling' or exists (
    select 1 from public.pool_cycles c
    where c.pool_id = p_pool_id and c.no = v_pool.cycle_no and c.status = 'open' and c.cutoff_at <= clock_timestamp())) then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'The pool is about to settle: an administrator can still pause it';
  elsif p_changes -> 'paused' = 'true' then
    perform private.pause_pool(v_pool, v_user_id, p_changes ->> 'reason');
  elsif p_changes -> 'paused' = 'false' and v_pool.status = 'paused' and v_pool.paused_by is distinct from v_user_id then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'An administrator paused the pool, and resumes it';
  elsif p_changes -> 'paused' = 'false' then
    perform private.resume_pool(v_pool);
  end if;
  if p_changes ? 'add_members' or p_changes ? 'remove_members' then
    if exists (
      select 1 from (values (p_changes -> 'add_members'), (p_changes -> 'remove_members')) as l(list)
      where l.list is not null and (jsonb_typeof(l.list) <> 'array' or jsonb_array_length(l.list) > v_members_at_once_max
        or l.list::text !~ '^\[("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"(, )?)*\]$')) then
      raise sqlstate 'PT400' using message = 'bad_request', detail = format('Members are named by up to %s ids', v_members_at_once_max);
    end if;
    perform private.set_pool_member(p_pool_id, m.id::uuid, true, v_user_id)
    from jsonb_array_elements_text(coalesce(p_changes -> 'add_members', '[]')) as m(id);
    perform private.set_pool_member(p_pool_id, m.id::uuid, false, v_user_id)
    from jsonb_array_elements_text(coalesce(p_changes -> 'remove_members', '[]')) as m(id);
  end if;
  if (v_new.description, v_new.minimum) is distinct from (v_pool.description, v_pool.minimum) then
    perform private.audit('pool.changed', 'pool', p_pool_id::text,
      jsonb_build_object('changes', left((p_changes - '{add_members,remove_members}'::text[])::text, 1000)));
  end if;
  return private.remember('manage_pool', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.manage_pool(uuid, jsonb, uuid) is
  'The manager''s changes {description, minimum, manager_fee_percent, paused, reason, add_members, remove_members}: {pool, cycle}. A fee is announced, and needs a fresh second factor; a manager resumes what that manager paused. Raises invalid_pool, pool_not_open, forbidden, step_up_required, not_found.';
grant execute on function public.manage_pool(uuid, jsonb, uuid) to authenticated;

create function public.my_managed_pools() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pools_max constant integer := 200;
  v_user_id uuid := private.require_user();
begin
  perform private.require_rate('wallet_read');
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(private.pool_json(x.pool) || jsonb_build_object(
      'members', private.members_json(x.id), 'fee_changes', private.fee_changes_json(x.id)) order by x.id desc), '[]')
    from (
      select p as pool, p.id from public.pools p where p.manager_id = v_user_id order by p.id desc limit v_pools_max) as x),
    'next_cursor', null);
end
$$;
comment on function public.my_managed_pools() is
  'The pools the caller manages, newest first, with their members and announced fees: {items: [pool + {members, fee_changes}], next_cursor}.';
grant execute on function public.my_managed_pools() to authenticated;
