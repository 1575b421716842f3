-- Administrators see and change the limits; every change is audited by the table's own trigger.
create function public.rate_limits_page() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'name', r.name, 'capacity', trim_scale(r.capacity)::text, 'refill_per_s', trim_scale(r.refill_per_s)::text,
      'cost', trim_scale(r.cost)::text, 'shared_factor', r.shared_factor, 'shards', r.shards,
      'description', r.description, 'updated_at', r.updated_at) order by r.name), '[]')
    from public.rate_limit_rules r), 'next_cursor', null);
end
$$;
comment on function public.rate_limits_page() is 'All rate limit rules for administrators: {items, next_cursor}.';
grant execute on function public.rate_limits_page() to authenticated;

create function public.set_rate_limit(p_name text, p_capacity numeric, p_refill_per_s numeric, p_client_id uuid)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('name', p_name, 'capacity', trim_scale(p_capacity)::text,
    'refill_per_s', trim_scale(p_refill_per_s)::text);
  v_answer jsonb := private.answered('set_rate_limit', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  update public.rate_limit_rules set capacity = p_capacity, refill_per_s = p_refill_per_s, updated_at = now()
  where name = p_name;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such rate limit';
  end if;
  return private.remember('set_rate_limit', p_client_id, v_content, v_content);
exception
  when check_violation or not_null_violation then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = 'A limit holds 1 to 1,000,000, at least one call''s cost, and refills by more than 0 and at most 100,000 a second';
end
$$;
comment on function public.set_rate_limit(text, numeric, numeric, uuid) is
  'Changes a rate limit''s burst and its refill a second, from the next call on; audited.';
grant execute on function public.set_rate_limit(text, numeric, numeric, uuid) to authenticated;
