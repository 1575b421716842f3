-- What administrators see and change of users.
create function public.admin_users(p_query text default null, p_limit integer default 50, p_cursor uuid default null) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
  v_query text := '%' || replace(replace(replace(lower(coalesce(p_query, '')), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
  perform private.require_admin();
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif char_length(p_query) > 100 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The search text is 100 characters at most';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
      'user_id', c.id, 'username', c.username, 'email', c.email, 'kyc_status', c.kyc_status,
      'admin', c.admin, 'sessions', c.sessions, 'created_at', c.created_at, 'last_sign_in_at', c.last_sign_in_at)
    order by c.id) filter (where c.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from (
    select p.id, p.username, u.email, p.kyc_status, p.created_at, u.last_sign_in_at,
      exists (select 1 from public.admins a where a.user_id = p.id) as admin,
      (select count(*)::integer from auth.sessions s where s.user_id = p.id) as sessions,
      row_number() over (order by p.id) as place
    from public.profiles p join auth.users u on u.id = p.id
    where (p_cursor is null or p.id > p_cursor)
      and (p_query is null or p.username like v_query or lower(u.email) like v_query)
    order by p.id limit p_limit + 1
  ) as c;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'user_id' end);
end
$$;
comment on function public.admin_users(text, integer, uuid) is 'Users by id for administrators: {items, next_cursor}.';
grant execute on function public.admin_users(text, integer, uuid) to authenticated;

create function public.admin_set_kyc(p_user_id uuid, p_status text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'status', p_status);
  v_answer jsonb := private.answered('admin_set_kyc', p_client_id, v_content);
  v_before text;
begin
  if v_answer is not null then
    return v_answer;
  elsif p_status is null or p_status not in ('none', 'pending', 'verified', 'rejected') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A KYC status is none, pending, verified or rejected';
  end if;
  select p.kyc_status into v_before from public.profiles p where p.id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  update public.profiles set kyc_status = p_status, updated_at = now() where id = p_user_id;
  perform private.audit('user.kyc_changed', 'user', p_user_id::text,
    jsonb_build_object('from', v_before, 'to', p_status, 'by', v_admin));
  perform private.notify_user(p_user_id, 'kyc_changed', jsonb_build_object('status', p_status));
  return private.remember('admin_set_kyc', p_client_id, v_content, v_content);
end
$$;
comment on function public.admin_set_kyc(uuid, text, uuid) is 'Sets a user''s KYC status; audited, and the user is told.';
grant execute on function public.admin_set_kyc(uuid, text, uuid) to authenticated;

create function public.admin_set_role(p_user_id uuid, p_admin boolean, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'admin', p_admin);
  v_answer jsonb := private.answered('admin_set_role', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  elsif p_admin is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Say whether the user is to be an administrator';
  elsif not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  if p_admin then
    insert into public.admins (user_id, granted_by) values (p_user_id, v_admin) on conflict do nothing;
  else
    delete from public.admins where user_id = p_user_id;
  end if;
  -- The table decides at once; the token follows when the worker has told Auth.
  perform private.queue_auth_job('set_role', p_user_id, jsonb_build_object('role', case when p_admin then 'admin' end));
  perform private.audit(case when p_admin then 'admin.granted' else 'admin.removed' end, 'user', p_user_id::text,
    jsonb_build_object('by', v_admin));
  return private.remember('admin_set_role', p_client_id, v_content, v_content);
end
$$;
comment on function public.admin_set_role(uuid, boolean, uuid) is
  'Makes or unmakes an administrator; the last one stays (last_admin).';
grant execute on function public.admin_set_role(uuid, boolean, uuid) to authenticated;

create function public.admin_end_sessions(p_user_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id);
  v_answer jsonb := private.answered('admin_end_sessions', p_client_id, v_content);
  v_count integer;
begin
  if v_answer is not null then
    return v_answer;
  elsif not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
  select count(private.end_session(s.id))::integer into v_count from auth.sessions s where s.user_id = p_user_id;
  perform private.audit('user.sessions_ended', 'user', p_user_id::text,
    jsonb_build_object('by', v_admin, 'sessions', v_count));
  return private.remember('admin_end_sessions', p_client_id, v_content,
    v_content || jsonb_build_object('sessions_ended', v_count));
end
$$;
comment on function public.admin_end_sessions(uuid, uuid) is 'Ends every session of a user: {user_id, sessions_ended}.';
grant execute on function public.admin_end_sessions(uuid, uuid) to authenticated;
