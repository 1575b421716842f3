-- A credit that waits need not be posted: another administrator rejects it, or who asked for it withdraws it.
alter table public.credits drop constraint credits_status_check;
alter table public.credits
  add column closed_by uuid,
  add column closed_at timestamptz,
  -- Why it was rejected.
  add column closing_reason text check (char_length(closing_reason) between 1 and 200),
  add constraint credits_status_check check (status in ('awaiting_approval', 'posted', 'rejected', 'withdrawn')),
  add check ((status in ('rejected', 'withdrawn')) = (closed_by is not null)),
  add check ((closed_by is null) = (closed_at is null)),
  add check (status <> 'rejected' or closed_by <> requested_by),
  add check (status <> 'withdrawn' or closed_by = requested_by);

create function private.close_credit(p_admin uuid, p_credit_id uuid, p_status text, p_reason text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_credit public.credits;
begin
  select * into v_credit from public.credits c where c.id = p_credit_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such credit';
  elsif p_status = 'rejected' and v_credit.requested_by = p_admin then
    raise sqlstate 'PT403' using message = 'own_request', detail = 'Withdraw your own request';
  elsif p_status = 'withdrawn' and v_credit.requested_by <> p_admin then
    raise sqlstate 'PT403' using message = 'forbidden', detail = 'Only who asked for a credit withdraws it';
  elsif v_credit.status <> 'awaiting_approval' then
    -- Whoever closed it may ask again under another id.
    if v_credit.status <> p_status or v_credit.closed_by is distinct from p_admin then
      raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The credit does not wait any more';
    end if;
  else
    update public.credits set status = p_status, closed_by = p_admin, closed_at = clock_timestamp(), closing_reason = p_reason
    where id = p_credit_id;
    perform private.audit('credit.' || p_status, 'user', v_credit.user_id::text, jsonb_strip_nulls(jsonb_build_object(
      'credit_id', p_credit_id, 'requested_by', v_credit.requested_by, 'asset', v_credit.asset,
      'amount', trim_scale(v_credit.amount)::text, 'reason', p_reason)));
    if p_status = 'rejected' then
      -- Who asked may be gone.
      perform private.notify_users(array[v_credit.requested_by], 'credit_rejected', array[jsonb_strip_nulls(jsonb_build_object(
        'credit_id', p_credit_id, 'asset', v_credit.asset, 'amount', trim_scale(v_credit.amount)::text, 'reason', p_reason))]);
    end if;
  end if;
  return jsonb_build_object('credit', jsonb_build_object('id', p_credit_id, 'status', p_status));
end
$$;

create function public.admin_reject_credit(p_credit_id uuid, p_client_id uuid, p_reason text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_reason text := nullif(btrim(p_reason), '');
  v_content jsonb := jsonb_build_array(p_credit_id, v_reason);
  v_answer jsonb := private.answered('admin_reject_credit', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if char_length(v_reason) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The reason is 200 characters at most';
  end if;
  return private.remember('admin_reject_credit', p_client_id, v_content,
    private.close_credit(v_admin, p_credit_id, 'rejected', v_reason));
end
$$;
comment on function public.admin_reject_credit(uuid, uuid, text) is
  'Rejects a credit that waits, as another administrator than who asked for it: {credit: {id, status}}. Raises own_request, not_waiting.';
grant execute on function public.admin_reject_credit(uuid, uuid, text) to authenticated;

create function public.admin_withdraw_credit(p_credit_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('credit_id', p_credit_id);
  v_answer jsonb := private.answered('admin_withdraw_credit', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  return private.remember('admin_withdraw_credit', p_client_id, v_content,
    private.close_credit(v_admin, p_credit_id, 'withdrawn', null));
end
$$;
comment on function public.admin_withdraw_credit(uuid, uuid) is
  'Takes back a credit the caller asked for, while it waits: {credit: {id, status}}. Raises forbidden, not_waiting.';
grant execute on function public.admin_withdraw_credit(uuid, uuid) to authenticated;
