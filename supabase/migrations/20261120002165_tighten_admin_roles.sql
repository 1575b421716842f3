-- Making and unmaking administrators takes a second factor shown lately, and only what changed something is written down.
create or replace function public.admin_set_role(p_user_id uuid, p_admin boolean, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'admin', p_admin);
  v_answer jsonb := private.answered('admin_set_role', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if p_admin is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say whether the user is to be an administrator';
  elsif not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  if p_admin then
    insert into public.admins (user_id, granted_by) values (p_user_id, v_admin) on conflict do nothing;
  else
    delete from public.admins where user_id = p_user_id;
  end if;
  if found then
    -- The table decides at once; the token follows when the worker has told Auth.
    perform private.queue_auth_job('set_role', p_user_id, jsonb_build_object('role', case when p_admin then 'admin' end));
    perform private.audit(case when p_admin then 'admin.granted' else 'admin.removed' end, 'user', p_user_id::text,
      jsonb_build_object('by', v_admin));
    perform private.notify_user(p_user_id, case when p_admin then 'admin_granted' else 'admin_removed' end);
  end if;
  return private.remember('admin_set_role', p_client_id, v_content, v_content);
end
$$;

create function public.admin_end_session(p_user_id uuid, p_session_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'session_id', p_session_id);
  v_answer jsonb := private.answered('admin_end_session', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  elsif not exists (select 1 from auth.sessions s where s.id = p_session_id and s.user_id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such session';
  end if;
  -- Written down before: the administrator may be ending the own session.
  perform private.audit('user.session_ended', 'user', p_user_id::text,
    jsonb_build_object('by', v_admin, 'session_id', p_session_id));
  v_answer := private.remember('admin_end_session', p_client_id, v_content, v_content);
  perform private.end_session(p_session_id);
  return v_answer;
end
$$;
comment on function public.admin_end_session(uuid, uuid, uuid) is 'Ends one session of a user: {user_id, session_id}.';
grant execute on function public.admin_end_session(uuid, uuid, uuid) to authenticated;
