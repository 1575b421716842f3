-- What users see and choose of their limits.
create function public.my_limits() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object('items', private.limits_json(private.require_user()), 'next_cursor', null);
end
$$;
comment on function public.my_limits() is
  'The caller''s limits: {items: [{name, unit, tighter, value, default_value, ceiling, own_ceiling, pending_value, pending_at}], next_cursor}.';
grant execute on function public.my_limits() to authenticated;

create function public.set_my_limit(p_name text, p_value text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_cooling_off constant interval := interval '24 hours';
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('name', p_name, 'value', p_value);
  v_answer jsonb;
  v_rule record;
  v_value numeric;
  v_looser boolean;
begin
  perform private.require_rate('account_write');
  v_answer := private.answered('set_my_limit', p_client_id, v_content);
  if v_answer is not null then
    return v_answer;
  end if;
  -- Two changes at once must not take each other's word for what counts now.
  perform pg_advisory_xact_lock(hashtextextended('limits:' || v_user_id::text, 0));
  select * into v_rule from private.user_limits(v_user_id, p_name);
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such limit';
  end if;
  v_value := private.limit_value(v_rule.unit, p_value);
  if private.tighter_limit(v_rule.tighter, v_value, v_rule.ceiling) <> v_value then
    raise sqlstate 'PT409' using message = 'limit_ceiling',
      detail = format('The loosest value allowed is %s', trim_scale(v_rule.ceiling));
  end if;
  v_looser := private.tighter_limit(v_rule.tighter, v_value, v_rule.value) <> v_value;
  if v_looser and exists (select 1 from auth.mfa_factors f where f.user_id = v_user_id and f.status = 'verified') then
    perform private.require_aal2();
  end if;
  insert into public.user_limits as l (user_id, name, value, pending_value, pending_at)
  values (v_user_id, p_name, case when v_looser then v_rule.value else v_value end,
    case when v_looser then v_value end, case when v_looser then now() + v_cooling_off end)
  on conflict (user_id, name) do update
    set value = excluded.value, pending_value = excluded.pending_value, pending_at = excluded.pending_at,
        updated_at = now();
  if v_looser then
    perform private.notify_user(v_user_id, 'limit_loosening',
      jsonb_build_object('name', p_name, 'value', trim_scale(v_value)::text, 'at', now() + v_cooling_off));
  end if;
  return private.remember('set_my_limit', p_client_id, v_content, private.limits_json(v_user_id, p_name) -> 0);
end
$$;
comment on function public.set_my_limit(text, text, uuid) is
  'Chooses a limit of the caller: a tighter value counts at once, a looser one after 24 hours and, with an authenticator set up, after a fresh code. Raises limit_ceiling past the loosest value. Returns the limit.';
grant execute on function public.set_my_limit(text, text, uuid) to authenticated;

-- What administrators allow.
create function public.admin_set_ceiling(
  p_user_id uuid, p_name text, p_client_id uuid, p_ceiling text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'name', p_name, 'ceiling', p_ceiling);
  v_answer jsonb := private.answered('admin_set_ceiling', p_client_id, v_content);
  v_unit text;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  select r.unit into v_unit from public.limit_rules r where r.name = p_name;
  if not found or not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user or limit';
  end if;
  insert into public.user_limits as l (user_id, name, ceiling)
  values (p_user_id, p_name, case when p_ceiling is not null then private.limit_value(v_unit, p_ceiling) end)
  on conflict (user_id, name) do update set ceiling = excluded.ceiling, updated_at = now()
    where l.ceiling is distinct from excluded.ceiling;
  if found then
    perform private.notify_user(p_user_id, 'limit_ceiling_changed', jsonb_build_object('name', p_name));
  end if;
  return private.remember('admin_set_ceiling', p_client_id, v_content, private.limits_json(p_user_id, p_name) -> 0);
end
$$;
comment on function public.admin_set_ceiling(uuid, text, uuid, text) is
  'Sets the loosest value one user may choose of a limit; null returns to the platform''s. Counts at once. Returns the limit.';
grant execute on function public.admin_set_ceiling(uuid, text, uuid, text) to authenticated;

create function public.limit_rules_page() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', r.name, 'unit', r.unit, 'tighter', r.tighter, 'default_value', trim_scale(r.default_value)::text,
      'ceiling', trim_scale(r.ceiling)::text, 'updated_at', r.updated_at) order by r.place), '[]')
    from public.limit_rules r), 'next_cursor', null);
end
$$;
comment on function public.limit_rules_page() is 'The platform''s limits for administrators: {items, next_cursor}.';
grant execute on function public.limit_rules_page() to authenticated;

create function public.set_limit_rule(p_name text, p_default_value text, p_ceiling text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('name', p_name, 'default_value', p_default_value, 'ceiling', p_ceiling);
  v_answer jsonb := private.answered('set_limit_rule', p_client_id, v_content);
  v_unit text;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  select r.unit into v_unit from public.limit_rules r where r.name = p_name;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such limit';
  end if;
  update public.limit_rules r
  set default_value = private.limit_value(v_unit, p_default_value), ceiling = private.limit_value(v_unit, p_ceiling),
      updated_at = now()
  where r.name = p_name;
  return private.remember('set_limit_rule', p_client_id, v_content, v_content);
exception when check_violation then
  raise sqlstate 'PT400' using message = 'invalid_limit_value', detail = 'The default may not be looser than the loosest value';
end
$$;
comment on function public.set_limit_rule(text, text, text, uuid) is
  'Changes a limit''s default and loosest value for everybody, from now on; audited.';
grant execute on function public.set_limit_rule(text, text, text, uuid) to authenticated;
