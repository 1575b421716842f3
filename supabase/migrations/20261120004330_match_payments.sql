-- Administrators say whose a payment is that matched no deposit, or that it went back. As with credits, a second one has to
-- approve what is worth more than a day's limit; what is assigned is booked as the deposit that it was.
create function private.payment_json(p_row public.unmatched_payments, p_admin uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_row.id, 'provider', p_row.provider, 'event_id', p_row.event_id, 'outcome', p_row.outcome,
    'asset', p_row.asset, 'amount', trim_scale(p_row.amount)::text, 'received_at', p_row.received_at,
    -- Of the deposit that the provider named, where it is one of ours: who may have meant it, and what was to be paid.
    'meant', (
      select jsonb_build_object('deposit_id', d.id, 'user_id', d.user_id, 'username', m.username, 'asset', d.asset,
        'amount', trim_scale(d.amount)::text, 'paid', d.paid_at is not null)
      from public.deposits d left join public.profiles m on m.id = d.user_id where d.id = p_row.deposit_id),
    'status', p_row.status, 'revision', p_row.revision, 'decision', p_row.decision,
    'user_id', p_row.user_id, 'username', u.username, 'eur', trim_scale(round(p_row.eur, 2))::text, 'note', p_row.note,
    'decided_by', p_row.decided_by, 'decided_by_name', d.username, 'decided_at', p_row.decided_at,
    'approved_by', p_row.approved_by, 'approved_by_name', a.username, 'closed_at', p_row.closed_at,
    -- Whether the caller may be the second one.
    'approvable', p_row.status = 'awaiting_approval' and p_admin <> p_row.decided_by and p_admin is distinct from p_row.user_id)
  from (select 1) as one
  left join public.profiles u on u.id = p_row.user_id
  left join public.profiles d on d.id = p_row.decided_by
  left join public.profiles a on a.id = p_row.approved_by
$$;
comment on function private.payment_json(public.unmatched_payments, uuid) is
  'A payment that matched no deposit, as administrators get it; money as text.';

create function public.admin_payments(p_status text default null, p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_items jsonb;
  v_more boolean;
begin
  perform private.check_page(p_limit, p_cursor);
  if p_status not in ('open', 'waiting', 'awaiting_approval', 'assigned', 'returned') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A status is open, waiting, awaiting_approval, assigned or returned';
  end if;
  -- Ids rise with time.
  select coalesce(jsonb_agg(private.payment_json(g.payment, v_admin) order by g.place) filter (where g.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more
  from (
    select x as payment, row_number() over (order by x.id desc) as place from public.unmatched_payments x
    where (p_status is null or x.status = any (
        case when p_status = 'open' then array['waiting', 'awaiting_approval'] else array[p_status] end))
      and (p_cursor is null or x.id < p_cursor::uuid)
    order by x.id desc limit p_limit + 1) as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.admin_payments(text, integer, text) is
  'Payments that matched no deposit, for administrators, newest first, of one status where that is named, of which open is whatever is not done with: {items, next_cursor}.';
grant execute on function public.admin_payments(text, integer, text) to authenticated;

create function private.own_payment(p_id uuid) returns public.unmatched_payments
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.unmatched_payments;
begin
  select * into v_row from public.unmatched_payments u where u.id = p_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such payment';
  end if;
  return v_row;
end
$$;
comment on function private.own_payment(uuid) is 'A payment that matched no deposit, locked; raises not_found.';

create function private.require_payee(p_user_id uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  -- Nobody could be given it once the account is gone.
  if not exists (select 1 from public.profiles p where p.id = p_user_id)
    or exists (select 1 from public.auth_jobs j where j.user_id = p_user_id and j.kind = 'delete_user' and j.status <> 'failed') then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  end if;
end
$$;

create function private.close_payment(p_id uuid, p_approved_by uuid) returns public.unmatched_payments
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.unmatched_payments;
  v_transfer uuid;
begin
  select * into v_row from public.unmatched_payments u where u.id = p_id;
  if v_row.decision = 'assign' then
    perform private.require_payee(v_row.user_id);
    -- By the payment's own id, in nobody's name: however many decide, it is booked once.
    v_transfer := private.post_transfer('deposit', v_row.id,
      array[private.platform_account(v_row.asset, 'world'), private.ledger_account('user', v_row.user_id, v_row.asset, 'available')],
      array[-v_row.amount, v_row.amount], jsonb_build_object('payment_id', v_row.id, 'provider', v_row.provider), p_actor => null);
    perform private.notify_user(v_row.user_id, 'deposit_received', jsonb_build_object('payment_id', v_row.id,
      'asset', v_row.asset, 'amount', trim_scale(v_row.amount)::text));
  end if;
  update public.unmatched_payments set status = case when v_row.decision = 'assign' then 'assigned' else 'returned' end,
    approved_by = p_approved_by, transfer_id = v_transfer, closed_at = clock_timestamp()
  where id = p_id returning * into v_row;
  return v_row;
end
$$;
comment on function private.close_payment(uuid, uuid) is
  'Does what was decided about a payment; its row is locked. Raises not_found where its user is gone.';

create function private.audit_payment(p_row public.unmatched_payments, p_act text) returns void
language sql volatile security definer set search_path = ''
as $$
  select private.audit('payment.' || p_act, 'payment', p_row.id::text, jsonb_strip_nulls(jsonb_build_object(
    'provider', p_row.provider, 'event_id', p_row.event_id, 'asset', p_row.asset, 'amount', trim_scale(p_row.amount)::text,
    'decision', p_row.decision, 'user_id', p_row.user_id, 'note', p_row.note, 'decided_by', p_row.decided_by)))
$$;

create function private.decide_payment(p_admin uuid, p_id uuid, p_decision text, p_payee_id uuid, p_note text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What one administrator may give a user in 24 hours without a second one, credits included, or say that went back.
  v_eur_a_day_max constant numeric := 1000;
  v_row public.unmatched_payments;
  v_eur numeric;
  v_sum numeric;
begin
  if char_length(p_note) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The note is 200 characters at most';
  end if;
  -- Two at once must not both find the day's sum below the limit. Credits take the same lock.
  perform pg_advisory_xact_lock(hashtextextended('credit' || coalesce(p_payee_id, p_admin)::text, 0));
  v_row := private.own_payment(p_id);
  if v_row.status <> 'waiting' then
    -- Whoever decided so may ask again under another id.
    if (v_row.decision, v_row.user_id, v_row.decided_by) is distinct from (p_decision, p_payee_id, p_admin) then
      raise sqlstate 'PT409' using message = 'not_waiting', detail = 'Somebody has decided about the payment: look again';
    end if;
    return jsonb_build_object('payment', private.payment_json(v_row, p_admin));
  end if;
  if p_decision = 'assign' then
    -- What the ledger does not know can only go back.
    perform private.parse_amount(trim_scale(v_row.amount)::text, v_row.asset);
    v_eur := private.eur_value(v_row.asset, v_row.amount);
    select coalesce(sum(m.eur), 0) into v_sum from (
      select c.eur from public.credits c
      where c.user_id = p_payee_id and c.status in ('awaiting_approval', 'posted')
        and coalesce(c.posted_at, c.requested_at) > now() - interval '24 hours'
      union all
      select u.eur from public.unmatched_payments u
      where u.user_id = p_payee_id and coalesce(u.closed_at, u.decided_at) > now() - interval '24 hours') as m;
  else
    begin
      v_eur := private.eur_value(v_row.asset, v_row.amount);
    exception
      -- Nobody knows what it is worth: a second one looks at it.
      when sqlstate 'PT400' or sqlstate 'PT409' then
        v_eur := null;
    end;
    select coalesce(sum(u.eur), 0) into v_sum from public.unmatched_payments u
    where u.status = 'returned' and u.decided_by = p_admin and u.approved_by is null and u.closed_at > now() - interval '24 hours';
  end if;
  update public.unmatched_payments u set status = 'awaiting_approval', revision = u.revision + 1, decision = p_decision,
    user_id = p_payee_id, eur = v_eur, note = p_note, decided_by = p_admin, decided_at = clock_timestamp()
  where u.id = p_id returning * into v_row;
  if v_sum + v_eur <= v_eur_a_day_max then
    v_row := private.close_payment(p_id, null);
  end if;
  perform private.audit_payment(v_row, case v_row.status when 'awaiting_approval' then 'decided' else v_row.status end);
  return jsonb_build_object('payment', private.payment_json(v_row, p_admin));
end
$$;
comment on function private.decide_payment(uuid, uuid, text, uuid, text) is
  'Has a payment that waits assigned to a user, or marked as returned, at once or when a second administrator has approved: {payment}. Raises not_found, not_waiting, unknown_asset, invalid_amount, rate_missing, rate_stale.';

create function public.admin_assign_payment(p_payment_id uuid, p_user_id uuid, p_client_id uuid, p_note text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_note text := nullif(btrim(p_note), '');
  v_content jsonb := jsonb_build_array(p_payment_id, p_user_id, v_note);
  v_answer jsonb := private.answered('admin_assign_payment', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if p_user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_account', detail = 'Ask another administrator to assign a payment to your account';
  end if;
  perform private.require_payee(p_user_id);
  return private.remember('admin_assign_payment', p_client_id, v_content,
    private.decide_payment(v_admin, p_payment_id, 'assign', p_user_id, v_note));
end
$$;
comment on function public.admin_assign_payment(uuid, uuid, uuid, text) is
  'Says whose a payment is that matched no deposit; it is booked to the user''s wallet, above 1,000 EUR in 24 hours once a second administrator has approved: {payment}. Raises own_account, not_waiting, unknown_asset, invalid_amount, rate_missing, rate_stale, not_found.';
grant execute on function public.admin_assign_payment(uuid, uuid, uuid, text) to authenticated;

create function public.admin_return_payment(p_payment_id uuid, p_note text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_note text := nullif(btrim(p_note), '');
  v_content jsonb := jsonb_build_array(p_payment_id, v_note);
  v_answer jsonb := private.answered('admin_return_payment', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if v_note is null then
    raise sqlstate 'PT400' using message = 'reason_required', detail = 'Say how it went back: others look for it';
  end if;
  return private.remember('admin_return_payment', p_client_id, v_content,
    private.decide_payment(v_admin, p_payment_id, 'return', null, v_note));
end
$$;
comment on function public.admin_return_payment(uuid, text, uuid) is
  'Marks a payment that matched no deposit as given back at its provider, above 1,000 EUR in 24 hours once a second administrator has approved; it never was in the ledger: {payment}. Raises reason_required, not_waiting, not_found.';
grant execute on function public.admin_return_payment(uuid, text, uuid) to authenticated;

create function public.admin_approve_payment(p_payment_id uuid, p_revision integer, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_array(p_payment_id, p_revision);
  v_answer jsonb := private.answered('admin_approve_payment', p_client_id, v_content);
  v_row public.unmatched_payments;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  v_row := private.own_payment(p_payment_id);
  if v_row.decided_by = v_admin then
    raise sqlstate 'PT403' using message = 'own_request', detail = 'Another administrator has to approve your decision';
  elsif v_row.user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_account', detail = 'Ask another administrator to assign a payment to your account';
  elsif v_row.revision is distinct from p_revision then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'Something else was decided about the payment meanwhile: look again';
  elsif v_row.status <> 'awaiting_approval' then
    -- Whoever approved it may ask again under another id.
    if v_row.approved_by is distinct from v_admin then
      raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The payment waits for no approval';
    end if;
  else
    v_row := private.close_payment(p_payment_id, v_admin);
    perform private.audit_payment(v_row, v_row.status);
  end if;
  return private.remember('admin_approve_payment', p_client_id, v_content,
    jsonb_build_object('payment', private.payment_json(v_row, v_admin)));
end
$$;
comment on function public.admin_approve_payment(uuid, integer, uuid) is
  'Has done what another administrator decided about a payment; p_revision says which decision was looked at: {payment}. Raises own_request, own_account, not_waiting, conflict, not_found.';
grant execute on function public.admin_approve_payment(uuid, integer, uuid) to authenticated;

create function public.admin_reopen_payment(p_payment_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('payment_id', p_payment_id);
  v_answer jsonb := private.answered('admin_reopen_payment', p_client_id, v_content);
  v_row public.unmatched_payments;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  v_row := private.own_payment(p_payment_id);
  if v_row.status in ('assigned', 'returned') then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The payment is done with';
  elsif v_row.status = 'awaiting_approval' then
    perform private.audit_payment(v_row, 'reopened');
    update public.unmatched_payments set status = 'waiting', decision = null, user_id = null, eur = null, note = null,
      decided_by = null, decided_at = null
    where id = p_payment_id returning * into v_row;
  end if;
  return private.remember('admin_reopen_payment', p_client_id, v_content,
    jsonb_build_object('payment', private.payment_json(v_row, v_admin)));
end
$$;
comment on function public.admin_reopen_payment(uuid, uuid) is
  'Takes back what was decided about a payment while it waits for approval, one''s own decision or another''s: {payment}. Raises not_waiting, not_found.';
grant execute on function public.admin_reopen_payment(uuid, uuid) to authenticated;
