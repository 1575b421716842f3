-- What users ask of their money on its way out.
create function private.iban_length(p_country text) returns integer
language sql immutable set search_path = ''
as $$
  -- SWIFT's IBAN registry (ISO 13616), release 100: each country with the length of its IBANs.
  select substring(
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29
    ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20
    LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29
    PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20
    YE30'
    from '\m' || p_country || '([0-9]{2})')::integer where p_country ~ '^[A-Z]{2}$'
$$;
comment on function private.iban_length(text) is 'How many letters and digits a country''s IBANs have; null where it has none.';

create function private.check_iban(p_text text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  v_iban text := upper(replace(p_text, ' ', ''));
  v_digits text;
begin
  if v_iban !~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]+$' or private.iban_length(left(v_iban, 2)) is null then
    raise sqlstate 'PT400' using message = 'invalid_destination', detail = 'EUR goes to an IBAN, such as DE89 3704 0044 0532 0130 00';
  elsif length(v_iban) <> private.iban_length(left(v_iban, 2)) then
    raise sqlstate 'PT400' using message = 'invalid_destination',
      detail = format('An IBAN of %s has %s letters and digits, not %s', left(v_iban, 2), private.iban_length(left(v_iban, 2)), length(v_iban));
  end if;
  -- ISO 13616: the first four signs go to the end, letters are 10 to 35, and the number is 1 modulo 97.
  select string_agg(case when c between 'A' and 'Z' then (ascii(c) - 55)::text else c end, '' order by place) into v_digits
  from regexp_split_to_table(substr(v_iban, 5) || left(v_iban, 4), '') with ordinality as s(c, place);
  if v_digits::numeric % 97 <> 1 then
    raise sqlstate 'PT400' using message = 'invalid_destination', detail = 'The IBAN''s check digits do not fit';
  end if;
  return v_iban;
end
$$;
comment on function private.check_iban(text) is
  'An IBAN in capitals and without spaces; raises invalid_destination for what is none by its country, length or check digits.';

create function private.check_destination(p_destination text, p_asset text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_destination text := btrim(p_destination, ' ');
begin
  if v_destination is null or v_destination !~ '^[!-~][ -~]{2,118}[!-~]$' then
    raise sqlstate 'PT400' using message = 'invalid_destination', detail = 'A destination is 4 to 120 letters, digits and signs';
  -- What no bank can pay would come back days later, or not at all. Elsewhere what reads as one has to be one.
  elsif p_asset = 'EUR' then
    return private.check_iban(v_destination);
  elsif replace(v_destination, ' ', '') ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$' then
    perform private.check_iban(v_destination);
  end if;
  return v_destination;
end
$$;
comment on function private.check_destination(text, text) is
  'A destination without spaces around it, of EUR an IBAN as banks write it; raises invalid_destination.';

create function private.withdrawal_json(p_row public.withdrawals) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'id', p_row.id, 'asset', p_row.asset, 'amount', trim_scale(p_row.amount)::text,
    'eur', trim_scale(round(p_row.eur, 2))::text, 'destination', p_row.destination, 'status', p_row.status,
    'revision', p_row.revision, 'requested_at', p_row.requested_at, 'approved_at', p_row.approved_at,
    'paid_at', p_row.paid_at, 'rejected_at', p_row.rejected_at, 'cancelled_at', p_row.cancelled_at,
    'reason', p_row.reason, 'investment_id', p_row.investment_id,
    'cancellable', p_row.status in ('locked_until_settlement', 'awaiting_approval', 'approved')
      and p_row.payout is distinct from 'claimed',
    'changeable', p_row.status in ('locked_until_settlement', 'awaiting_approval', 'approved') and p_row.payout is null)
$$;

-- Administrators look at each withdrawal that waits: nobody can make them look at thousands. And what was approved is not paid
-- while its user's identity is not verified any more; it is again, or an administrator rejects the withdrawal.
create function private.require_withdrawable(
  p_user_id uuid, p_asset text, p_amount numeric, p_besides uuid default null)
returns numeric
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What may leave in 24 hours on a password alone.
  v_eur_a_day_max constant numeric := 1000;
  -- What one user may have waiting for administrators, who look at each.
  v_waiting_max constant integer := 50;
  v_profile public.profiles;
  v_eur numeric;
  v_sum numeric;
  v_waiting integer;
begin
  select * into v_profile from public.profiles p where p.id = p_user_id;
  if v_profile.kyc_status is distinct from 'verified' then
    raise sqlstate 'PT403' using message = 'kyc_required', detail = 'Have your identity verified first';
  elsif v_profile.withdrawals_frozen_until > now() then
    raise sqlstate 'PT403' using message = 'withdrawals_frozen',
      detail = format('A recovery code was used: nothing leaves before %s',
        to_char(v_profile.withdrawals_frozen_until at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
  end if;
  -- Without a rate nobody knows whether it is above the limit.
  v_eur := private.eur_value(p_asset, p_amount);
  -- Two at once must not both find the day's sum below the limit.
  perform pg_advisory_xact_lock(hashtextextended('withdrawal' || p_user_id::text, 0));
  select coalesce(sum(w.eur) filter (where coalesce(w.changed_at, w.requested_at) > now() - interval '24 hours'), 0),
    count(*) filter (where w.status in ('locked_until_settlement', 'awaiting_approval'))
  into v_sum, v_waiting from public.withdrawals w
  where w.user_id = p_user_id and w.id is distinct from p_besides and w.status not in ('rejected', 'cancelled');
  if v_waiting >= v_waiting_max then
    raise sqlstate 'PT409' using message = 'request_limit', detail = format('You can have %s withdrawals waiting', v_waiting_max);
  end if;
  if v_sum + v_eur > v_eur_a_day_max then
    begin
      perform private.require_aal2();
    exception
      when sqlstate 'PT403' then
        raise sqlstate 'PT403' using message = 'insufficient_aal',
          detail = format('Above %s EUR in 24 hours, confirm with your authenticator first', v_eur_a_day_max);
    end;
  end if;
  return v_eur;
end
$$;
comment on function private.require_withdrawable(uuid, text, numeric, uuid) is
  'What an amount is worth in EUR, if the user may withdraw it besides what else left in 24 hours; raises kyc_required, withdrawals_frozen, insufficient_aal, rate_missing, rate_stale.';

create function public.request_withdrawal(
  p_asset text, p_amount text, p_destination text, p_client_id uuid, p_redeem jsonb default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_array(p_asset, p_amount, p_destination, p_redeem);
  v_answer jsonb := private.answered('request_withdrawal', p_client_id, v_content);
  v_row public.withdrawals;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_row.user_id := v_user_id;
  v_row.amount := private.parse_amount(p_amount, p_asset);
  v_row.destination := private.check_destination(p_destination, p_asset);
  v_row.eur := private.require_withdrawable(v_user_id, p_asset, v_row.amount);
  insert into public.withdrawals (user_id, asset, amount, eur, destination)
  values (v_user_id, p_asset, v_row.amount, v_row.eur, v_row.destination) returning * into v_row;
  if p_redeem is null or p_redeem = 'null' then
    update public.withdrawals w set status = 'awaiting_approval',
      hold_id = private.reserve(v_user_id, w.asset, w.amount, 'withdrawal', w.id, w.id)
    where w.id = v_row.id returning * into v_row;
  else
    v_row := private.redeem_for_withdrawal(v_row, p_redeem);
  end if;
  return private.remember('request_withdrawal', p_client_id, v_content,
    jsonb_build_object('withdrawal', private.withdrawal_json(v_row)));
end
$$;
comment on function public.request_withdrawal(text, text, text, uuid, jsonb) is
  'Asks for money to leave the caller''s wallet; it is held from here on. With p_redeem {investment_id, units} units of a pool are redeemed first, and the request waits for their settlement. {withdrawal}. Raises invalid_amount, unknown_asset, invalid_destination, kyc_required, withdrawals_frozen, insufficient_aal, insufficient_funds, rate_missing, rate_stale.';
grant execute on function public.request_withdrawal(text, text, text, uuid, jsonb) to authenticated;

create function private.own_withdrawal(p_id uuid) returns public.withdrawals
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_row public.withdrawals;
begin
  select * into v_row from public.withdrawals w where w.id = p_id and w.user_id = auth.uid() for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such withdrawal';
  end if;
  return v_row;
end
$$;
comment on function private.own_withdrawal(uuid) is 'The caller''s withdrawal of that id, locked; raises not_found.';

create function public.cancel_withdrawal(p_id uuid, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('id', p_id);
  v_answer jsonb := private.answered('cancel_withdrawal', p_client_id, v_content);
  v_row public.withdrawals;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_row := private.own_withdrawal(p_id);
  if v_row.status in ('paid', 'rejected', 'cancelled') then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The withdrawal is done with';
  end if;
  update public.withdrawals set status = 'cancelled', cancelled_at = clock_timestamp() where id = p_id returning * into v_row;
  return private.remember('cancel_withdrawal', p_client_id, v_content,
    jsonb_build_object('withdrawal', private.withdrawal_json(v_row)));
end
$$;
comment on function public.cancel_withdrawal(uuid, uuid) is
  'Takes one of the caller''s withdrawals back, and the money is available again; a redemption it waited for goes on. {withdrawal}. Raises not_found, not_waiting, payout_started.';
grant execute on function public.cancel_withdrawal(uuid, uuid) to authenticated;

create function private.resize_hold(p_hold_id uuid, p_amount numeric) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_hold public.ledger_holds;
begin
  select * into v_hold from public.ledger_holds h where h.id = p_hold_id for update;
  if p_amount < v_hold.remaining then
    perform private.release_hold(p_hold_id, v_hold.remaining - p_amount, private.uuid_v7());
  elsif p_amount > v_hold.remaining then
    perform private.post_transfer('reserve', private.uuid_v7(),
      array[private.ledger_account('user', v_hold.owner_id, v_hold.asset, 'available'),
        private.ledger_account('user', v_hold.owner_id, v_hold.asset, 'held')],
      array[v_hold.remaining - p_amount, p_amount - v_hold.remaining],
      jsonb_build_object('subject_type', v_hold.subject_type, 'subject_id', v_hold.subject_id));
    update public.ledger_holds h set amount = h.amount + p_amount - v_hold.remaining, remaining = p_amount
    where h.id = p_hold_id;
  end if;
end
$$;
comment on function private.resize_hold(uuid, numeric) is
  'Makes what is left in a hold more or less, above zero; raises insufficient_funds. Once for each call: the caller sees to repetitions.';

create function public.change_withdrawal(
  p_id uuid, p_client_id uuid, p_amount text default null, p_destination text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_array(p_id, p_amount, p_destination);
  v_answer jsonb := private.answered('change_withdrawal', p_client_id, v_content);
  v_row public.withdrawals;
  v_amount numeric;
  v_destination text;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_row := private.own_withdrawal(p_id);
  if v_row.status not in ('locked_until_settlement', 'awaiting_approval', 'approved') then
    raise sqlstate 'PT409' using message = 'not_waiting', detail = 'The withdrawal is done with';
  elsif v_row.payout is not null then
    raise sqlstate 'PT409' using message = 'payout_started', detail = 'The payout is under way';
  end if;
  v_amount := case when p_amount is null then v_row.amount else private.parse_amount(p_amount, v_row.asset) end;
  v_destination := private.check_destination(coalesce(p_destination, v_row.destination), v_row.asset);
  if (v_amount, v_destination) is distinct from (v_row.amount, v_row.destination) then
    v_row.eur := private.require_withdrawable(v_user_id, v_row.asset, v_amount, p_id);
    if v_row.hold_id is not null then
      perform private.resize_hold(v_row.hold_id, v_amount);
    end if;
    update public.withdrawals set amount = v_amount, destination = v_destination, eur = v_row.eur
    where id = p_id returning * into v_row;
  end if;
  return private.remember('change_withdrawal', p_client_id, v_content,
    jsonb_build_object('withdrawal', private.withdrawal_json(v_row)));
end
$$;
comment on function public.change_withdrawal(uuid, uuid, text, text) is
  'Changes amount or destination of one of the caller''s withdrawals, which voids its approval; what is null stays. {withdrawal}. Raises like request_withdrawal(), and not_found, not_waiting, payout_started.';
grant execute on function public.change_withdrawal(uuid, uuid, text, text) to authenticated;

create function public.my_withdrawals(p_limit integer default 50, p_cursor text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('wallet_read');
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
  -- Ids rise with time.
  select coalesce(jsonb_agg(private.withdrawal_json(w.w) order by w.id desc) filter (where w.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more
  from (
    select x as w, x.id, row_number() over (order by x.id desc) as place from public.withdrawals x
    where x.user_id = v_user_id and (p_cursor is null or x.id < p_cursor::uuid)
    order by x.id desc limit p_limit + 1) as w;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.my_withdrawals(integer, text) is 'The caller''s withdrawals, newest first: {items, next_cursor}.';
grant execute on function public.my_withdrawals(integer, text) to authenticated;

create function public.my_withdrawal(p_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_row public.withdrawals;
begin
  perform private.require_rate('wallet_read');
  select * into v_row from public.withdrawals w where w.id = p_id and w.user_id = v_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such withdrawal';
  end if;
  return jsonb_build_object('withdrawal', private.withdrawal_json(v_row));
end
$$;
comment on function public.my_withdrawal(uuid) is 'One of the caller''s withdrawals: {withdrawal}; raises not_found.';
grant execute on function public.my_withdrawal(uuid) to authenticated;
