-- Administrators see and change how guessing slows down; every change is audited by the table's own trigger.
create function public.attempt_rules_page() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform private.require_admin();
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(to_jsonb(r) order by r.name), '[]') from public.attempt_rules r), 'next_cursor', null);
end
$$;
comment on function public.attempt_rules_page() is 'All attempt rules for administrators: {items, next_cursor}.';
grant execute on function public.attempt_rules_page() to authenticated;

create function public.set_attempt_rule(
  p_name text, p_free_attempts integer, p_first_delay_s integer, p_delay_s_max integer, p_forget_one_s integer,
  p_client_id uuid)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('name', p_name, 'free_attempts', p_free_attempts,
    'first_delay_s', p_first_delay_s, 'delay_s_max', p_delay_s_max, 'forget_one_s', p_forget_one_s);
  v_answer jsonb := private.answered('set_attempt_rule', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  update public.attempt_rules set free_attempts = p_free_attempts, first_delay_s = p_first_delay_s,
    delay_s_max = p_delay_s_max, forget_one_s = p_forget_one_s, updated_at = now()
  where name = p_name;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such attempt rule';
  end if;
  return private.remember('set_attempt_rule', p_client_id, v_content, v_content);
exception
  when check_violation or not_null_violation then
    raise sqlstate 'PT400' using message = 'bad_request',
      detail = '1 to 10,000 attempts are free, the first delay is 1 to 3,600 s and the longest as long up to 86,400 s, one attempt is forgotten after 1 to 86,400 s';
end
$$;
comment on function public.set_attempt_rule(text, integer, integer, integer, integer, uuid) is
  'Changes how guessing slows down, from the next attempt on; audited.';
grant execute on function public.set_attempt_rule(text, integer, integer, integer, integer, uuid) to authenticated;
