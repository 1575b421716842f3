-- The proof of the ledger covers what money on its way in and out says of itself.
alter function public.ledger_check() set schema private;
revoke execute on function private.ledger_check() from public, anon, authenticated, service_role;

create function private.payments_check() returns table (violation text, subject text, detail jsonb)
language sql stable security definer set search_path = ''
as $$
  select 'wrong_withdrawal_hold', w.id::text, jsonb_build_object('status', w.status, 'held', h.remaining::text)
  from public.withdrawals w left join public.ledger_holds h on h.id = w.hold_id
  where coalesce(h.remaining, 0) <> case when w.status in ('awaiting_approval', 'approved') then w.amount else 0 end
    or w.status = 'requested'
    or (h.subject_type, h.subject_id, h.owner_id, h.asset) <> ('withdrawal', w.id, w.user_id, w.asset)
  union all
  select 'hold_without_withdrawal', h.id::text, '{}' from public.ledger_holds h
  where h.subject_type = 'withdrawal' and not exists (select 1 from public.withdrawals w where w.hold_id = h.id)
  union all
  -- What has left, came, or was given has its own transfer with the world, of just that amount.
  select m.kind || '_not_booked', m.id::text, '{}'
  from (
    select 'withdrawal' as kind, 'capture' as operation, w.id, w.transfer_id, w.asset, w.amount
    from public.withdrawals w where w.status = 'paid'
    union all
    select 'deposit', 'deposit', d.id, d.transfer_id, d.asset, -d.amount from public.deposits d where d.paid_at is not null
    union all
    select 'credit', 'credit', c.id, c.transfer_id, c.asset, -c.amount from public.credits c where c.status = 'posted'
    union all
    select 'payment', 'deposit', u.id, u.transfer_id, u.asset, -u.amount
    from public.unmatched_payments u where u.status = 'assigned') as m
  where not exists (
    select 1 from public.ledger_transfers t
    join public.ledger_entries e on e.transfer_id = t.id
    join public.ledger_accounts a on a.id = e.account_id and a.owner_type = 'platform' and a.kind = 'world'
    where t.id = m.transfer_id and t.operation = m.operation and t.client_id = m.id and a.asset = m.asset and e.amount = m.amount)
$$;

create function public.ledger_check() returns table (violation text, subject text, detail jsonb)
language sql stable security definer set search_path = ''
as $$
  select * from private.ledger_check()
  union all
  select * from private.payments_check()
$$;
comment on function public.ledger_check() is
  'Proves the ledger''s invariants, and those of withdrawals, deposits, credits and payments: no rows when all hold, else one for each violation {violation, subject, detail}.';
grant execute on function public.ledger_check() to service_role;
