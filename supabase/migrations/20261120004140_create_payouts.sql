-- The worker has approved withdrawals paid, under the lease payouts. The provider knows a payout by its withdrawal's id, so
-- that whoever dies between any two steps, the next one asks again and it is paid once; the ledger books it once.
create function public.claim_payouts(p_token integer, p_limit integer default 10) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- What a claim that is never finished keeps others waiting.
  v_claim_ttl constant interval := interval '20 seconds';
  v_released integer;
  v_items jsonb;
begin
  perform private.require_lease('payouts', p_token);
  v_released := private.release_settled_withdrawals(100);
  with due as (
    -- Whether it was claimed before: the provider may know of it.
    select w.id, w.payout is not null as again from public.withdrawals w
    where w.status = 'approved' and w.payout is distinct from 'refused' and w.next_attempt_at <= clock_timestamp()
      -- What a provider may have been told before is asked about all the same.
      and (w.payout = 'claimed' or not exists (
        select 1 from public.profiles p
        where p.id = w.user_id and (p.withdrawals_frozen_until > now() or p.kyc_status <> 'verified')))
    order by w.next_attempt_at limit least(greatest(p_limit, 0), 100) for update of w skip locked
  ), claimed as (
    update public.withdrawals w set payout = 'claimed', next_attempt_at = clock_timestamp() + v_claim_ttl
    from due where w.id = due.id returning w.*, due.again
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'asset', c.asset, 'amount', trim_scale(c.amount)::text,
    'destination', c.destination, 'attempts', c.attempts, 'again', c.again) order by c.id), '[]') into v_items from claimed as c;
  return jsonb_build_object('items', v_items, 'released', v_released);
end
$$;
comment on function public.claim_payouts(integer, integer) is
  'Takes approved withdrawals that are due, after which they cannot be changed any more: {items: [{id, asset, amount, destination, attempts, again}], released}, the latter being the withdrawals moved on whose redemptions are settled.';
grant execute on function public.claim_payouts(integer, integer) to service_role;

create function public.finish_payout(p_token integer, p_id uuid, p_outcome text, p_code text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Failures after which administrators are told.
  v_attempts_told constant integer := 5;
  v_row public.withdrawals;
begin
  perform private.require_lease('payouts', p_token);
  if p_outcome is null or p_outcome not in ('paid', 'pending', 'failed', 'refused') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'An outcome is paid, pending, failed or refused';
  end if;
  select * into v_row from public.withdrawals w where w.id = p_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such withdrawal';
  elsif v_row.status = 'approved' and v_row.payout = 'claimed' then
    if p_outcome = 'paid' then
      update public.withdrawals w set status = 'paid', paid_at = clock_timestamp(), last_error = null, next_attempt_at = null,
        transfer_id = private.capture(w.hold_id, w.amount, private.platform_account(w.asset, 'world'), w.id)
      where w.id = p_id returning * into v_row;
    else
      update public.withdrawals w set
        attempts = w.attempts + case when p_outcome = 'pending' then 0 else 1 end,
        last_error = case when p_outcome <> 'pending' then left(coalesce(p_code, p_outcome), 100) end,
        payout = case when p_outcome = 'refused' then 'refused' else 'claimed' end,
        next_attempt_at = case p_outcome
          when 'pending' then clock_timestamp() + interval '15 seconds'
          when 'failed' then clock_timestamp() + least(power(2, least(w.attempts, 20)) * 5, 900) * interval '1 second' end
      where w.id = p_id returning * into v_row;
      if p_outcome = 'refused' or (p_outcome = 'failed' and v_row.attempts = v_attempts_told) then
        perform private.notify_user(a.user_id, 'payout_failing', jsonb_build_object('withdrawal_id', p_id,
          'attempts', v_row.attempts, 'error', v_row.last_error, 'refused', p_outcome = 'refused'))
        from public.admins a;
        perform private.audit('withdrawal.payout_failing', 'withdrawal', p_id::text,
          jsonb_build_object('attempts', v_row.attempts, 'error', v_row.last_error, 'outcome', p_outcome));
      end if;
    end if;
  end if;
  return jsonb_build_object('id', p_id, 'status', v_row.status, 'attempts', v_row.attempts);
end
$$;
comment on function public.finish_payout(integer, uuid, text, text) is
  'Says how a claimed payout went: paid books it, once; pending and failed have it asked about again later; refused leaves it to an administrator. {id, status, attempts}. Doing it twice changes nothing.';
grant execute on function public.finish_payout(integer, uuid, text, text) to service_role;
