-- Administrators open, pause, resume, settle and close pools, and say who may see private ones.
create function private.pool_answer(p_pool_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('pool', private.pool_json(p),
    'cycle', private.cycle_json(p) - '{manager_fee_percent,platform_share_percent,manager}'::text[])
  from public.pools p where p.id = p_pool_id
$$;

create function private.pause_pool(p_pool public.pools, p_by uuid, p_reason text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_reason text := nullif(btrim(p_reason), '');
begin
  if char_length(v_reason) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The reason is 200 characters at most';
  elsif p_pool.status in ('draft', 'closed') then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'Only a pool that is open is paused';
  elsif p_pool.status <> 'paused' then
    update public.pools set status = 'paused', resumes_as = coalesce(p_pool.resumes_as, p_pool.status),
      paused_by = p_by, paused_reason = v_reason
    where id = p_pool.id;
  end if;
end
$$;
comment on function private.pause_pool(public.pools, uuid, text) is
  'Pauses a pool, whatever it was; one that is paused stays as it is. Its row is locked. Raises pool_not_open.';

create function private.resume_pool(p_pool public.pools) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if p_pool.status in ('draft', 'closed') then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'Only a pool that is paused is resumed';
  elsif p_pool.status = 'paused' then
    update public.pools set status = p_pool.resumes_as, resumes_as = null where id = p_pool.id;
    -- A cycle may have ended meanwhile.
    perform realtime.send(jsonb_build_object('pools', p_pool.id), 'wake', 'worker', true);
  end if;
end
$$;

create function private.force_cycle(p_pool public.pools, p_by uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  if p_pool.status = 'paused' then
    raise sqlstate 'PT409' using message = 'pool_paused', detail = 'A paused pool does not settle: resume it first';
  elsif p_pool.status not in ('open', 'running', 'settling') then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'Only a pool that is open settles';
  end if;
  -- What has ended by itself is due as it is.
  update public.pool_cycles c set cutoff_at = least(c.cutoff_at, v_now), ends_at = v_now, forced_by = p_by
  where c.pool_id = p_pool.id and c.no = p_pool.cycle_no and c.status = 'open' and coalesce(c.ends_at > v_now, true);
  perform realtime.send(jsonb_build_object('pools', p_pool.id), 'wake', 'worker', true);
end
$$;
comment on function private.force_cycle(public.pools, uuid) is
  'Ends a pool''s cycle now and wakes the worker. The pool''s row is locked. Raises pool_paused, pool_not_open.';

create function public.admin_open_pool(p_pool_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id);
  v_answer jsonb := private.answered('admin_open_pool', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if (private.own_pool_for_change(p_pool_id)).status <> 'draft' then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'Only a draft is opened';
  end if;
  perform private.open_pool(p_pool_id);
  return private.remember('admin_open_pool', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.admin_open_pool(uuid, uuid) is
  'Opens a draft for money; its first cycle begins: {pool, cycle}. Raises not_waiting, not_found.';
grant execute on function public.admin_open_pool(uuid, uuid) to authenticated;

create function public.admin_pause_pool(p_pool_id uuid, p_reason text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'reason', p_reason);
  v_answer jsonb := private.answered('admin_pause_pool', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.pause_pool(private.own_pool_for_change(p_pool_id), v_admin, p_reason);
  return private.remember('admin_pause_pool', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.admin_pause_pool(uuid, text, uuid) is
  'Pauses a pool: no subscriptions, no settlement; its investors read the reason: {pool, cycle}. Raises pool_not_open, not_found.';
grant execute on function public.admin_pause_pool(uuid, text, uuid) to authenticated;

create function public.admin_resume_pool(p_pool_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id);
  v_answer jsonb := private.answered('admin_resume_pool', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.resume_pool(private.own_pool_for_change(p_pool_id));
  return private.remember('admin_resume_pool', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.admin_resume_pool(uuid, uuid) is
  'Takes a paused pool back to what it was: {pool, cycle}. Raises pool_not_open, not_found.';
grant execute on function public.admin_resume_pool(uuid, uuid) to authenticated;

create function public.admin_force_settlement(p_pool_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id);
  v_answer jsonb := private.answered('admin_force_settlement', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  perform private.force_cycle(private.own_pool_for_change(p_pool_id), v_admin);
  perform private.audit('pool.settlement_forced', 'pool', p_pool_id::text);
  return private.remember('admin_force_settlement', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.admin_force_settlement(uuid, uuid) is
  'Ends a pool''s cycle now, so that the worker settles it at once: {pool, cycle: {no, status, cutoff_at, ends_at}}. Raises pool_paused, pool_not_open, not_found.';
grant execute on function public.admin_force_settlement(uuid, uuid) to authenticated;

create function public.admin_close_pool(p_pool_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id);
  v_answer jsonb := private.answered('admin_close_pool', p_client_id, v_content);
  v_pool public.pools;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  v_pool := private.own_pool_for_change(p_pool_id);
  if v_pool.status = 'closed' then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool is closed';
  elsif v_pool.status = 'draft' then
    update public.pools set status = 'closed', closed_at = clock_timestamp() where id = p_pool_id;
  else
    perform private.force_cycle(v_pool, v_admin);
    update public.pools set closing = true where id = p_pool_id;
  end if;
  return private.remember('admin_close_pool', p_client_id, v_content, private.pool_answer(p_pool_id));
end
$$;
comment on function public.admin_close_pool(uuid, uuid) is
  'Closes a pool for ever: its cycle ends now, the settlement pays every lot out and what waits back: {pool, cycle}. A draft is closed at once. Raises pool_paused, pool_not_open, not_found.';
grant execute on function public.admin_close_pool(uuid, uuid) to authenticated;

create function private.set_pool_member(p_pool_id uuid, p_member_id uuid, p_add boolean, p_by uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_members_max constant integer := 1000;
begin
  if p_add is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A member is added or removed';
  elsif not p_add then
    delete from public.pool_members m where m.pool_id = p_pool_id and m.user_id = p_member_id;
  elsif not exists (select 1 from public.profiles p where p.id = p_member_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  elsif (select count(*) from public.pool_members m where m.pool_id = p_pool_id) >= v_members_max then
    raise sqlstate 'PT409' using message = 'member_limit', detail = format('A pool has %s members at most', v_members_max);
  else
    insert into public.pool_members (pool_id, user_id, added_by) values (p_pool_id, p_member_id, p_by) on conflict do nothing;
  end if;
  perform private.audit(case when p_add then 'pool.member_added' else 'pool.member_removed' end, 'pool', p_pool_id::text,
    jsonb_build_object('user_id', p_member_id));
end
$$;
comment on function private.set_pool_member(uuid, uuid, boolean, uuid) is
  'Lets a user see a private pool, or no longer; whoever has money in it sees it anyway. The pool''s row is locked. Raises not_found, member_limit.';

create function public.admin_pool_member(p_pool_id uuid, p_user_id uuid, p_add boolean, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'user_id', p_user_id, 'add', p_add);
  v_answer jsonb := private.answered('admin_pool_member', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.own_pool_for_change(p_pool_id);
  perform private.set_pool_member(p_pool_id, p_user_id, p_add, v_admin);
  return private.remember('admin_pool_member', p_client_id, v_content,
    jsonb_build_object('members', private.members_json(p_pool_id)));
end
$$;
comment on function public.admin_pool_member(uuid, uuid, boolean, uuid) is
  'Lets a user see a private pool, or no longer: {members}. Raises not_found, member_limit.';
grant execute on function public.admin_pool_member(uuid, uuid, boolean, uuid) to authenticated;
