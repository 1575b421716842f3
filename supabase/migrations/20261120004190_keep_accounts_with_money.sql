-- An account that still has money in it, or work of others, is not deleted: nobody could be given it afterwards.
create function private.require_no_balance(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  if exists (
    select 1 from public.ledger_accounts a
    where a.owner_type = 'user' and a.owner_id = p_user_id and a.balance <> 0) then
    raise sqlstate 'PT409' using message = 'balance_left', detail = 'Withdraw what is in your wallet first';
  elsif exists (select 1 from public.pool_lots l where l.investor_id = p_user_id and l.units > 0)
    or exists (select 1 from public.pool_requests r where r.investor_id = p_user_id and r.status = 'queued') then
    raise sqlstate 'PT409' using message = 'balance_left', detail = 'Redeem what you have invested first';
  elsif exists (select 1 from public.pools p where p.manager_id = p_user_id and p.status <> 'closed')
    -- Whoever managed it until lately is owed the running cycle's fee.
    or exists (
      select 1 from public.pool_cycles c join public.pools p on p.id = c.pool_id
      where c.manager_id = p_user_id and c.status = 'open' and p.status <> 'closed') then
    raise sqlstate 'PT409' using message = 'balance_left', detail = 'Have the pools you manage closed first';
  elsif exists (
    select 1 from public.withdrawals w
    where w.user_id = p_user_id and w.status in ('locked_until_settlement', 'awaiting_approval', 'approved')) then
    raise sqlstate 'PT409' using message = 'balance_left', detail = 'Wait for your withdrawal, or cancel it first';
  end if;
end
$$;
comment on function private.require_no_balance(uuid) is
  'Raises balance_left while a user has money in the wallet or in pools, or manages a pool.';

create or replace function public.delete_my_account(p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('user_id', v_user_id);
  v_answer jsonb := private.answered('delete_my_account', p_client_id, v_content);
begin
  if v_answer is not null then
    return v_answer;
  end if;
  if exists (select 1 from auth.mfa_factors f where f.user_id = v_user_id and f.status = 'verified') then
    perform private.require_aal2();
  end if;
  if exists (select 1 from public.admins a where a.user_id = v_user_id) then
    raise sqlstate 'PT409' using message = 'conflict', detail = 'An administrator gives the role up first';
  end if;
  -- First of all: a tip that came after the look at the wallet would be nobody's.
  perform private.close_rooms(v_user_id);
  perform private.require_no_balance(v_user_id);
  perform private.audit('user.deletion_requested', 'user', v_user_id::text, '{}');
  perform private.queue_auth_job('delete_user', v_user_id);
  v_answer := private.remember('delete_my_account', p_client_id, v_content, jsonb_build_object('queued', true));
  perform private.end_session(s.id) from auth.sessions s where s.user_id = v_user_id;
  return v_answer;
end
$$;
comment on function public.delete_my_account(uuid) is
  'Ends the caller''s sessions and queues the account''s deletion; raises balance_left while there is money. What the books and the audit log say of it stays, under its id alone.';
