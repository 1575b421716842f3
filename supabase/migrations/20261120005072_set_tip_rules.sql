-- What the platform asks of tips: everybody may know it, an administrator with a fresh second factor sets it.
create function private.tip_rules_json() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('fee_percent', trim_scale(r.fee_percent)::text, 'minimum_eur', trim_scale(r.minimum_eur)::text,
    'maximum_eur', trim_scale(r.maximum_eur)::text)
  from public.tip_rules r
$$;
comment on function private.tip_rules_json() is 'What the platform asks of tips: {fee_percent, minimum_eur, maximum_eur}.';

create function public.tip_terms() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_rate('rooms_read');
  return private.tip_rules_json();
end
$$;
comment on function public.tip_terms() is 'What the platform asks of tips: {fee_percent, minimum_eur, maximum_eur}.';
grant execute on function public.tip_terms() to anon, authenticated;

create function public.admin_tip_rules() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  return (
    select jsonb_build_object('rules', private.tip_rules_json() || jsonb_build_object('updated_at', r.updated_at))
    from public.tip_rules r);
end
$$;
comment on function public.admin_tip_rules() is
  'What the platform asks of tips, for administrators: {rules: {fee_percent, minimum_eur, maximum_eur, updated_at}}.';
grant execute on function public.admin_tip_rules() to authenticated;

create function public.admin_set_tip_rules(p_rules jsonb, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_answer jsonb := private.answered('admin_set_tip_rules', p_client_id, p_rules);
  v_before jsonb := private.tip_rules_json();
  v_at timestamptz;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if jsonb_typeof(p_rules) is distinct from 'object' or exists (
    select 1 from jsonb_each(p_rules) as r
    where r.key not in ('fee_percent', 'minimum_eur', 'maximum_eur') or jsonb_typeof(r.value) <> 'string'
      or r.value #>> '{}' !~ '^[0-9]{1,9}(\.[0-9]{1,2})?$') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Rules are fee_percent, minimum_eur and maximum_eur, decimal numbers as text';
  end if;
  update public.tip_rules r set
    fee_percent = coalesce((p_rules ->> 'fee_percent')::numeric, r.fee_percent),
    minimum_eur = coalesce((p_rules ->> 'minimum_eur')::numeric, r.minimum_eur),
    maximum_eur = coalesce((p_rules ->> 'maximum_eur')::numeric, r.maximum_eur),
    updated_at = clock_timestamp()
  returning r.updated_at into v_at;
  perform private.audit('tip_rules.changed', 'tip_rules', null,
    jsonb_build_object('from', v_before, 'to', private.tip_rules_json()));
  return private.remember('admin_set_tip_rules', p_client_id, p_rules,
    jsonb_build_object('rules', private.tip_rules_json() || jsonb_build_object('updated_at', v_at)));
exception
  when check_violation then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = 'The fee is 0 to 50 percent, the least tip above zero, and the most at least as much';
end
$$;
comment on function public.admin_set_tip_rules(jsonb, uuid) is
  'Changes what the platform asks of tips from the next one on: {rules} as admin_tip_rules() tells them. Raises bad_request, step_up_required.';
grant execute on function public.admin_set_tip_rules(jsonb, uuid) to authenticated;
