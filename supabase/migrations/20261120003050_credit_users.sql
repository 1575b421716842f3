-- Administrators credit users: small amounts at once, larger ones when a second administrator has approved.
create function private.post_credit(
  p_id uuid, p_user_id uuid, p_asset text, p_amount numeric, p_reason text, p_requested_by uuid)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_transfer uuid;
begin
  -- In the name of whoever asked, so that however many approve, the ledger knows it as one.
  v_transfer := private.post_transfer('credit', p_id,
    array[private.platform_account(p_asset, 'world'), private.ledger_account('user', p_user_id, p_asset, 'available')],
    array[-p_amount, p_amount], jsonb_strip_nulls(jsonb_build_object('credit_id', p_id, 'reason', p_reason)),
    p_actor => p_requested_by);
  perform private.notify_user(p_user_id, 'credit_received',
    jsonb_build_object('asset', p_asset, 'amount', trim_scale(p_amount)::text));
  return v_transfer;
end
$$;

create function public.admin_credit_user(
  p_user_id uuid, p_asset text, p_amount text, p_client_id uuid, p_reason text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What one administrator may book to a user in 24 hours without a second one.
  v_eur_a_day_max constant numeric := 1000;
  v_admin uuid := private.require_admin();
  v_reason text := nullif(btrim(p_reason), '');
  v_content jsonb := jsonb_build_object('user_id', p_user_id, 'asset', p_asset, 'amount', p_amount, 'reason', v_reason);
  v_answer jsonb := private.answered('admin_credit_user', p_client_id, v_content);
  v_id uuid := private.uuid_v7();
  v_amount numeric;
  v_eur numeric;
  v_sum numeric;
  v_transfer uuid;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  if p_user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_account', detail = 'Ask another administrator to credit your account';
  elsif not exists (select 1 from public.profiles p where p.id = p_user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such user';
  elsif char_length(v_reason) > 200 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The reason is 200 characters at most';
  end if;
  v_amount := private.parse_amount(p_amount, p_asset);
  -- Without a rate nobody knows whether it is above the limit.
  v_eur := private.eur_value(p_asset, v_amount);
  -- Two at once must not both find the day's sum below the limit.
  perform pg_advisory_xact_lock(hashtextextended('credit' || p_user_id::text, 0));
  select coalesce(sum(c.eur), 0) into v_sum from public.credits c
  where c.user_id = p_user_id and c.status in ('awaiting_approval', 'posted')
    and coalesce(c.posted_at, c.requested_at) > now() - interval '24 hours';
  if v_sum + v_eur <= v_eur_a_day_max then
    v_transfer := private.post_credit(v_id, p_user_id, p_asset, v_amount, v_reason, v_admin);
  end if;
  insert into public.credits (id, user_id, asset, amount, eur, reason, status, requested_by, transfer_id, posted_at)
  values (v_id, p_user_id, p_asset, v_amount, v_eur, v_reason,
    case when v_transfer is null then 'awaiting_approval' else 'posted' end, v_admin, v_transfer,
    case when v_transfer is not null then clock_timestamp() end);
  perform private.audit(case when v_transfer is null then 'credit.requested' else 'credit.posted' end,
    'user', p_user_id::text, jsonb_build_object('credit_id', v_id, 'asset', p_asset, 'amount', trim_scale(v_amount)::text));
  return private.remember('admin_credit_user', p_client_id, v_content, jsonb_build_object('credit', jsonb_build_object(
    'id', v_id, 'status', case when v_transfer is null then 'awaiting_approval' else 'posted' end)));
end
$$;
comment on function public.admin_credit_user(uuid, text, text, uuid, text) is
  'Books money to a user''s wallet: {credit: {id, status}}. What makes the user''s credits of 24 hours more than 1,000 EUR is awaiting_approval. Raises invalid_amount, unknown_asset, rate_missing, rate_stale, own_account, not_found.';
grant execute on function public.admin_credit_user(uuid, text, text, uuid, text) to authenticated;

create function public.admin_approve_credit(p_credit_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_admin uuid := private.require_admin();
  v_content jsonb := jsonb_build_object('credit_id', p_credit_id);
  v_answer jsonb := private.answered('admin_approve_credit', p_client_id, v_content);
  v_credit public.credits;
  v_transfer uuid;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_aal2();
  select * into v_credit from public.credits c where c.id = p_credit_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such credit';
  elsif v_credit.requested_by = v_admin then
    raise sqlstate 'PT403' using message = 'own_request', detail = 'Another administrator has to approve your request';
  elsif v_credit.user_id = v_admin then
    raise sqlstate 'PT403' using message = 'own_account', detail = 'Ask another administrator to credit your account';
  elsif v_credit.status <> 'awaiting_approval' then
    -- Whoever approved it may ask again under another id.
    if v_credit.approved_by is distinct from v_admin then
      raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The credit does not wait any more';
    end if;
  elsif not exists (select 1 from public.profiles p where p.id = v_credit.user_id) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'The user is gone';
  else
    v_transfer := private.post_credit(v_credit.id, v_credit.user_id, v_credit.asset, v_credit.amount, v_credit.reason,
      v_credit.requested_by);
    update public.credits set status = 'posted', approved_by = v_admin, transfer_id = v_transfer, posted_at = clock_timestamp()
    where id = p_credit_id;
    perform private.audit('credit.approved', 'user', v_credit.user_id::text,
      jsonb_build_object('credit_id', p_credit_id, 'requested_by', v_credit.requested_by, 'asset', v_credit.asset,
        'amount', trim_scale(v_credit.amount)::text));
  end if;
  return private.remember('admin_approve_credit', p_client_id, v_content,
    jsonb_build_object('credit', jsonb_build_object('id', p_credit_id, 'status', 'posted')));
end
$$;
comment on function public.admin_approve_credit(uuid, uuid) is
  'Posts a credit that waits, as another administrator than who asked for it: {credit: {id, status}}. Raises own_request, own_account, not_waiting.';
grant execute on function public.admin_approve_credit(uuid, uuid) to authenticated;

create function public.admin_credits(p_status text default null, p_limit integer default 50, p_cursor text default null)
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
  elsif p_status not in ('awaiting_approval', 'posted', 'rejected', 'withdrawn') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A status is awaiting_approval, posted, rejected or withdrawn';
  elsif p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
  -- Ids rise with time.
  with page as (
    select c.*, row_number() over (order by c.id desc) as place from public.credits c
    where (p_status is null or c.status = p_status) and (p_cursor is null or c.id < p_cursor::uuid)
    order by c.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'id', c.id, 'user_id', c.user_id, 'username', u.username, 'asset', c.asset, 'amount', trim_scale(c.amount)::text,
      'eur', trim_scale(round(c.eur, 2))::text, 'reason', c.reason, 'status', c.status,
      'requested_by', c.requested_by, 'requested_by_name', r.username, 'requested_at', c.requested_at,
      'approved_by', c.approved_by, 'approved_by_name', a.username, 'posted_at', c.posted_at,
      'closed_by', c.closed_by, 'closed_by_name', x.username, 'closed_at', c.closed_at, 'closing_reason', c.closing_reason,
      -- Whether the caller may be the second one, or the one who takes it back.
      'approvable', c.status = 'awaiting_approval' and v_admin not in (c.requested_by, c.user_id),
      'rejectable', c.status = 'awaiting_approval' and v_admin <> c.requested_by,
      'withdrawable', c.status = 'awaiting_approval' and v_admin = c.requested_by)
    order by c.place) filter (where c.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more
  from page as c
  left join public.profiles u on u.id = c.user_id
  left join public.profiles r on r.id = c.requested_by
  left join public.profiles a on a.id = c.approved_by
  left join public.profiles x on x.id = c.closed_by;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.admin_credits(text, integer, text) is
  'Credits for administrators, newest first, of one status where that is named: {items, next_cursor}.';
grant execute on function public.admin_credits(text, integer, text) to authenticated;
