-- Administrators look at each withdrawal that waits: nobody can make them look at thousands. And what was approved is not paid
-- while its user's identity is not verified any more; it is again, or an administrator rejects the withdrawal.
create or replace function private.require_withdrawable(
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

create or replace function public.claim_payouts(p_token integer, p_limit integer default 10) returns jsonb
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
