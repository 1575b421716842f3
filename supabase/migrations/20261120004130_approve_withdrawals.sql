-- What administrators do about withdrawals: see them, approve those of others, reject.
create function private.admin_withdrawal_json(p_row public.withdrawals, p_admin uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select private.withdrawal_json(p_row) - array['cancellable', 'changeable'] || jsonb_build_object(
    'user_id', p_row.user_id, 'username', u.username, 'kyc_status', u.kyc_status,
    'frozen_until', case when u.withdrawals_frozen_until > now() then u.withdrawals_frozen_until end,
    'changed_at', p_row.changed_at, 'approved_by', p_row.approved_by, 'approved_by_name', a.username,
    'rejected_by', p_row.rejected_by, 'rejected_by_name', r.username,
    'payout', p_row.payout, 'attempts', p_row.attempts, 'last_error', p_row.last_error,
    -- What the user had asked for in the 24 hours up to it, itself included.
    'eur_day', (
      select trim_scale(round(coalesce(sum(w.eur), 0), 2))::text from public.withdrawals w
      where w.user_id = p_row.user_id and w.status not in ('rejected', 'cancelled')
        and coalesce(w.changed_at, w.requested_at) <= coalesce(p_row.changed_at, p_row.requested_at)
        and coalesce(w.changed_at, w.requested_at) > coalesce(p_row.changed_at, p_row.requested_at) - interval '24 hours'),
    -- Whether the caller may be the one.
    'approvable', p_row.status = 'awaiting_approval' and p_row.user_id <> p_admin,
    'rejectable', p_row.status in ('locked_until_settlement', 'awaiting_approval', 'approved')
      and p_row.payout is distinct from 'claimed')
  from (select 1) as one
  left join public.profiles u on u.id = p_row.user_id
  left join public.profiles a on a.id = p_row.approved_by
  left join public.profiles r on r.id = p_row.rejected_by
$$;

create function public.admin_withdrawals(p_status text default null, p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_items jsonb;
  v_more boolean;
begin
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_status not in ('locked_until_settlement', 'awaiting_approval', 'approved', 'paid', 'rejected', 'cancelled') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'That is no status of a withdrawal';
  elsif p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
  -- Ids rise with time.
  select coalesce(jsonb_agg(private.admin_withdrawal_json(w.w, v_admin) order by w.id desc) filter (where w.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more
  from (
    select x as w, x.id, row_number() over (order by x.id desc) as place from public.withdrawals x
    where (p_status is null or x.status = p_status) and (p_cursor is null or x.id < p_cursor::uuid)
    order by x.id desc limit p_limit + 1) as w;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.admin_withdrawals(text, integer, text) is
  'Withdrawals for administrators, newest first, of one status where that is named: {items, next_cursor}.';
grant execute on function public.admin_withdrawals(text, integer, text) to authenticated;

create function public.admin_approve_withdrawal(p_id uuid, p_client_id uuid, p_revision integer default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_array(p_id, p_revision);
  v_answer jsonb := private.answered('admin_approve_withdrawal', p_client_id, v_content);
  v_row public.withdrawals;
  v_profile public.profiles;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  select * into v_row from public.withdrawals w where w.id = p_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such withdrawal';
  elsif v_row.user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_request', detail = 'Another administrator has to approve your withdrawal';
  elsif p_revision <> v_row.revision then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'The user has changed the withdrawal meanwhile: look again';
  elsif v_row.status <> 'awaiting_approval' then
    -- Whoever approved it may ask again under another id.
    if v_row.status not in ('approved', 'paid') or v_row.approved_by is distinct from v_admin then
      raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The withdrawal waits for no approval';
    end if;
  else
    select * into v_profile from public.profiles p where p.id = v_row.user_id;
    if v_profile.kyc_status is distinct from 'verified' then
      raise sqlstate 'PT403' using message = 'kyc_required', detail = 'The user''s identity is not verified';
    elsif v_profile.withdrawals_frozen_until > now() then
      raise sqlstate 'PT403' using message = 'withdrawals_frozen', detail = 'The user''s withdrawals are frozen';
    end if;
    update public.withdrawals set status = 'approved', approved_by = v_admin, approved_at = clock_timestamp(),
      next_attempt_at = clock_timestamp()
    where id = p_id returning * into v_row;
  end if;
  return private.remember('admin_approve_withdrawal', p_client_id, v_content,
    jsonb_build_object('withdrawal', private.admin_withdrawal_json(v_row, v_admin)));
end
$$;
comment on function public.admin_approve_withdrawal(uuid, uuid, integer) is
  'Approves a withdrawal of somebody else''s, which has it paid: {withdrawal}; p_revision, where given, says which version was looked at. Raises own_request, not_waiting, kyc_required, withdrawals_frozen, conflict.';
grant execute on function public.admin_approve_withdrawal(uuid, uuid, integer) to authenticated;

create function public.admin_reject_withdrawal(p_id uuid, p_reason text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_reason text := nullif(btrim(p_reason), '');
  v_content jsonb := jsonb_build_array(p_id, v_reason);
  v_answer jsonb := private.answered('admin_reject_withdrawal', p_client_id, v_content);
  v_row public.withdrawals;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if v_reason is null then
    raise sqlstate 'PT400' using message = 'reason_required', detail = 'Say why: the user reads it';
  elsif char_length(v_reason) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A reason is 200 characters at most';
  end if;
  select * into v_row from public.withdrawals w where w.id = p_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such withdrawal';
  elsif v_row.status = 'rejected' and v_row.rejected_by = v_admin then
    null;
  elsif v_row.status in ('paid', 'rejected', 'cancelled') then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The withdrawal is done with';
  else
    update public.withdrawals set status = 'rejected', rejected_by = v_admin, rejected_at = clock_timestamp(), reason = v_reason
    where id = p_id returning * into v_row;
  end if;
  return private.remember('admin_reject_withdrawal', p_client_id, v_content,
    jsonb_build_object('withdrawal', private.admin_withdrawal_json(v_row, v_admin)));
end
$$;
comment on function public.admin_reject_withdrawal(uuid, text, uuid) is
  'Rejects a withdrawal, approved or not, and its money is the user''s again: {withdrawal}. Raises reason_required, not_waiting, payout_started.';
grant execute on function public.admin_reject_withdrawal(uuid, text, uuid) to authenticated;
