-- Tips: from the viewer's wallet to the streamer's, less the platform's fee, in one transfer. What was said with a tip
-- stands in the chat; slow mode and followers-only do not hold it up, everything else does.
create function private.tip_fee(p_amount numeric, p_fee_percent numeric) returns numeric
language sql immutable set search_path = ''
as $$ select round(p_amount * p_fee_percent / 100, 2) $$;
comment on function private.tip_fee(numeric, numeric) is 'What the platform keeps of a tip: half a cent is rounded up.';

create function public.tip(p_stream_id uuid, p_client_id uuid, p_amount text, p_message text default '') returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What may be given away in 24 hours on a password alone, as with withdrawals.
  v_eur_a_day_max constant numeric := 1000;
  v_content jsonb := jsonb_build_object('stream_id', p_stream_id, 'amount', p_amount, 'message', left(p_message, 4000));
  v_user_id uuid;
  v_answer jsonb;
  v_stream public.streams;
  v_member public.stream_members;
  v_rules public.tip_rules;
  v_message text := '';
  v_amount numeric;
  v_fee numeric;
  v_accounts uuid[];
  v_amounts numeric[];
  v_transfer uuid;
  v_said jsonb;
  v_id uuid := private.uuid_v7();
begin
  perform private.require_rate('tip');
  v_user_id := private.require_user();
  v_answer := private.answered('tip', p_client_id, v_content);
  if v_answer is not null then
    return v_answer;
  end if;
  v_stream := private.require_room(p_stream_id, 'read');
  if v_stream.streamer_id = v_user_id then
    raise sqlstate 'PT403' using message = 'tip_to_self', detail = 'Nobody tips oneself';
  end if;
  v_amount := private.parse_amount(p_amount, 'EUR');
  if coalesce(p_message, '') !~ '^\s*$' then
    v_message := private.require_message(p_message);
  end if;
  select * into v_rules from public.tip_rules;
  if v_amount < v_rules.minimum_eur then
    raise sqlstate 'PT409' using message = 'below_minimum', detail = format('The least is %s EUR', trim_scale(v_rules.minimum_eur));
  elsif v_amount > v_rules.maximum_eur then
    raise sqlstate 'PT409' using message = 'above_maximum', detail = format('The most is %s EUR', trim_scale(v_rules.maximum_eur));
  end if;
  -- Two at once must not both find the day's sum below the limit.
  perform pg_advisory_xact_lock(hashtextextended('tips' || v_user_id::text, 0));
  if v_amount + (
    select coalesce(sum(t.amount), 0) from public.stream_tips t
    where t.from_user = v_user_id and t.at > now() - interval '24 hours') > v_eur_a_day_max then
    -- Nobody is asked for a code for what cannot be paid anyway.
    if (select a.balance < v_amount from public.ledger_accounts a
        where a.id = private.ledger_account('user', v_user_id, 'EUR', 'available')) then
      raise sqlstate 'PT409' using message = 'insufficient_funds', detail = 'The balance does not cover that';
    end if;
    begin
      perform private.require_aal2();
    exception
      when sqlstate 'PT403' then
        raise sqlstate 'PT403' using message = 'insufficient_aal',
          detail = format('Above %s EUR in 24 hours, confirm with your authenticator first', v_eur_a_day_max);
    end;
  end if;
  v_member := private.lock_person(v_stream.streamer_id, v_user_id);
  -- The room before the accounts; it stays live until the tip is told.
  v_stream := private.require_room(p_stream_id, 'write');
  perform private.require_voice(v_stream, v_member);
  if v_member.moderator_since is null and v_message <> '' then
    perform private.refuse_words(v_stream, v_message);
  end if;
  v_fee := private.tip_fee(v_amount, v_rules.fee_percent);
  -- Of the smallest tips one of the two shares may be nothing, which is no entry.
  select array_agg(e.account), array_agg(e.amount) into v_accounts, v_amounts
  from (values
    (private.ledger_account('user', v_user_id, 'EUR', 'available'), -v_amount),
    (private.ledger_account('user', v_stream.streamer_id, 'EUR', 'available'), v_amount - v_fee),
    (private.platform_account('EUR', 'fees'), v_fee)) as e(account, amount)
  where e.amount <> 0;
  v_transfer := private.post_transfer('tip', p_client_id, v_accounts, v_amounts, jsonb_build_object(
    'tip_id', v_id, 'stream_id', p_stream_id, 'title', v_stream.title,
    'from', private.member_name(v_user_id), 'to', private.member_name(v_stream.streamer_id)));
  v_said := private.store_message(p_stream_id, v_user_id, v_message, 'TIP',
    jsonb_build_object('tip_id', v_id, 'amount', trim_scale(v_amount)::text, 'currency', 'EUR'),
    p_shadowed => v_member.shadow_banned_at is not null);
  insert into public.stream_tips (id, stream_id, from_user, to_user, amount, fee, message_id, transfer_id)
  values (v_id, p_stream_id, v_user_id, v_stream.streamer_id, v_amount, v_fee, (v_said ->> 'message_id')::uuid, v_transfer);
  if v_member.shadow_banned_at is null then
    perform private.send_to_room(v_stream, 'tip_received', jsonb_build_object(
      'tip_id', v_id, 'message_id', v_said -> 'message_id', 'from_user', private.member_name(v_user_id), 'from_user_id', v_user_id,
      'to_user', private.member_name(v_stream.streamer_id), 'to_user_id', v_stream.streamer_id,
      'amount', trim_scale(v_amount)::text, 'currency', 'EUR', 'message', v_message));
  end if;
  return private.remember('tip', p_client_id, v_content, jsonb_build_object('tip', jsonb_build_object(
    'id', v_id, 'amount', trim_scale(v_amount)::text, 'fee', trim_scale(v_fee)::text, 'message_id', v_said -> 'message_id')));
end
$$;
comment on function public.tip(uuid, uuid, text, text) is
  'Tips the streamer of a live room in EUR from the caller''s wallet, once for a client_id: {tip: {id, amount, fee, message_id}}. Above 1,000 EUR in 24 hours it asks for a fresh second factor. Raises tip_to_self, invalid_amount, below_minimum, above_maximum, insufficient_aal, insufficient_funds, invalid_message, blocked_word, banned, muted, stream_ended, conflict, rate_limited, not_found.';
grant execute on function public.tip(uuid, uuid, text, text) to authenticated;
