-- Sign-ins, sign-outs and what changes how one signs in are written down where they happen: in Auth's own tables. No
-- address, e-mail or hash is copied.
create function private.audit_auth_event(p_actor uuid, p_session_id uuid, p_action text, p_subject_type text, p_subject_id uuid, p_detail jsonb)
returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.write_audit(coalesce(p_actor, auth.uid()), private.caller_role(),
    coalesce(p_session_id, private.caller_session()), p_action, p_subject_type, p_subject_id::text,
    jsonb_strip_nulls(p_detail), private.caller_address());
end
$$;

create function private.audit_auth_users() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- By name, because versions of Auth differ in their columns.
  v_old jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  v_new jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  v_id uuid := (coalesce(v_new, v_old) ->> 'id')::uuid;
  v_changed record;
begin
  if tg_op = 'INSERT' then
    perform private.audit_auth_event(v_id, null, 'auth.user_created', 'user', v_id,
      jsonb_build_object('provider', v_new -> 'raw_app_meta_data' -> 'provider', 'role', v_new -> 'raw_app_meta_data' -> 'role'));
    return null;
  elsif tg_op = 'DELETE' then
    perform private.audit_auth_event(null, null, 'auth.user_deleted', 'user', v_id, '{}');
    return null;
  end if;
  for v_changed in
    select c.action, c.detail from (values
      ('auth.password_changed', '{}'::jsonb,
        v_old -> 'encrypted_password' is distinct from v_new -> 'encrypted_password'),
      ('auth.email_changed', '{}', v_old -> 'email' is distinct from v_new -> 'email'),
      ('auth.email_confirmed', '{}',
        v_old ->> 'email_confirmed_at' is null and v_new ->> 'email_confirmed_at' is not null),
      ('auth.ban_changed', jsonb_build_object('until', v_new -> 'banned_until'),
        v_old -> 'banned_until' is distinct from v_new -> 'banned_until'),
      ('auth.role_changed',
        jsonb_build_object('from', v_old -> 'raw_app_meta_data' -> 'role', 'to', v_new -> 'raw_app_meta_data' -> 'role'),
        v_old -> 'raw_app_meta_data' -> 'role' is distinct from v_new -> 'raw_app_meta_data' -> 'role')
    ) as c (action, detail, happened)
    where c.happened
  loop
    perform private.audit_auth_event(null, null, v_changed.action, 'user', v_id, v_changed.detail);
  end loop;
  return null;
end
$$;

create function private.audit_auth_sessions() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.audit_auth_event(new.user_id, new.id, 'auth.signed_in', 'session', new.id,
      jsonb_build_object('user_id', new.user_id, 'aal', new.aal::text));
  elsif tg_op = 'DELETE' then
    -- Who ended it is known only where the request says so.
    perform private.audit_auth_event(null, null, 'auth.signed_out', 'session', old.id,
      jsonb_build_object('user_id', old.user_id));
  elsif new.aal is distinct from old.aal then
    perform private.audit_auth_event(new.user_id, new.id, 'auth.aal_changed', 'session', new.id,
      jsonb_build_object('user_id', new.user_id, 'from', old.aal::text, 'to', new.aal::text));
  end if;
  return null;
end
$$;

create function private.audit_auth_mfa_factors() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.audit_auth_event(new.user_id, null, 'auth.factor_added', 'factor', new.id,
      jsonb_build_object('user_id', new.user_id, 'type', new.factor_type::text, 'status', new.status::text));
  elsif tg_op = 'DELETE' then
    perform private.audit_auth_event(null, null, 'auth.factor_removed', 'factor', old.id,
      jsonb_build_object('user_id', old.user_id, 'type', old.factor_type::text, 'status', old.status::text));
  elsif new.status is distinct from old.status then
    perform private.audit_auth_event(new.user_id, null, 'auth.factor_' || new.status::text, 'factor', new.id,
      jsonb_build_object('user_id', new.user_id, 'type', new.factor_type::text));
  end if;
  return null;
end
$$;

create function private.audit_auth_identities() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform private.audit_auth_event(new.user_id, null, 'auth.identity_linked', 'identity', new.id,
      jsonb_build_object('user_id', new.user_id, 'provider', new.provider));
  else
    perform private.audit_auth_event(null, null, 'auth.identity_unlinked', 'identity', old.id,
      jsonb_build_object('user_id', old.user_id, 'provider', old.provider));
  end if;
  return null;
end
$$;

create function private.attach_auth_audit() returns integer
language plpgsql volatile set search_path = ''
as $$
declare
  v_watched record;
  v_attached integer := 0;
begin
  for v_watched in
    select * from (values
      ('users', 'insert or delete or update'), ('sessions', 'insert or delete or update'),
      ('mfa_factors', 'insert or delete or update'), ('identities', 'insert or delete')) as w (name, events)
  loop
    -- Auth's tables belong to Auth: where one is missing or closed to us, the rest is still written down.
    if to_regclass('auth.' || v_watched.name) is null then
      raise warning 'auth.% is not there: what happens to it is not audited', v_watched.name;
      continue;
    end if;
    begin
      execute format('create or replace trigger audit after %s on auth.%I for each row execute function private.%I()',
        v_watched.events, v_watched.name, 'audit_auth_' || v_watched.name);
      v_attached := v_attached + 1;
    exception when insufficient_privilege then
      raise warning 'auth.% lets nobody add a trigger: what happens to it is not audited', v_watched.name;
    end;
  end loop;
  return v_attached;
end
$$;
comment on function private.attach_auth_audit() is
  'Audits what happens to Auth''s tables, as far as they are there and allow it; safe to call again. Returns how many of four.';
select private.attach_auth_audit();
