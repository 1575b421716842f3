-- Proves that the ledger holds: an empty answer, or one row for each violation.
create function public.ledger_check() returns table (violation text, subject text, detail jsonb)
language sql stable security definer set search_path = ''
as $$
  select 'unbalanced_transfer', e.transfer_id::text || ' ' || a.asset, jsonb_build_object('sum', sum(e.amount)::text)
  from public.ledger_entries e join public.ledger_accounts a on a.id = e.account_id
  group by e.transfer_id, a.asset having sum(e.amount) <> 0
  union all
  select 'transfer_without_entries', t.id::text, '{}' from public.ledger_transfers t
  where (select count(*) from (select 1 from public.ledger_entries e where e.transfer_id = t.id limit 2) as x) < 2
  union all
  select 'wrong_balance', a.id::text,
    jsonb_build_object('balance', a.balance::text, 'entries', coalesce(e.total, 0)::text, 'count', a.entries::text)
  from public.ledger_accounts a
  left join (select account_id, sum(amount) as total, count(*) as n, max(seq) as last from public.ledger_entries group by account_id) as e
    on e.account_id = a.id
  where a.balance <> coalesce(e.total, 0) or a.entries <> coalesce(e.n, 0) or a.entries <> coalesce(e.last, 0)
  union all
  select 'broken_run', r.account_id::text || ' ' || r.seq::text, jsonb_build_object('balance_after', r.balance_after::text)
  from (
    select e.*, sum(e.amount) over w as run, lag(e.at) over w as before from public.ledger_entries e
    window w as (partition by e.account_id order by e.seq)) as r
  where r.run <> r.balance_after or r.at < r.before
  union all
  select 'below_zero', a.id::text, jsonb_build_object('balance', a.balance::text) from public.ledger_accounts a
  where a.balance < 0 and a.kind not in ('world', 'result')
  union all
  select 'too_many_digits', e.transfer_id::text, jsonb_build_object('amount', e.amount::text)
  from public.ledger_entries e join public.ledger_accounts a on a.id = e.account_id join public.assets s on s.asset = a.asset
  where e.amount <> round(e.amount, s.scale)
  union all
  select 'wrong_hold', a.id::text, jsonb_build_object('held', a.balance::text, 'holds', coalesce(h.total, 0)::text)
  from public.ledger_accounts a
  left join (select owner_id, asset, sum(remaining) as total from public.ledger_holds group by owner_id, asset) as h
    on h.owner_id = a.owner_id and h.asset = a.asset
  where a.kind = 'held' and a.owner_type = 'user' and a.balance <> coalesce(h.total, 0)
  union all
  select 'changed_transfer', t.id::text, '{}'
  from public.ledger_transfers t
  left join lateral (
    select private.transfer_hash(array_agg(e.account_id), array_agg(e.amount)) as lines
    from public.ledger_entries e where e.transfer_id = t.id) as e on true
  where t.content_hash is distinct from
    sha256(e.lines || convert_to(t.memo::text || coalesce(t.reverses::text, ''), 'UTF8'))
  union all
  -- The audit log says what was posted: its rows are chained, and the chain's head is kept outside.
  select 'not_in_audit_log', t.id::text, '{}' from public.ledger_transfers t
  where not exists (
    select 1 from public.audit_log l
    where l.subject_id = t.id::text and l.action = 'ledger.transfer' and l.detail ->> 'hash' = encode(t.content_hash, 'hex'))
  union all
  select 'gone_from_ledger', l.subject_id, '{}' from public.audit_log l
  where l.action = 'ledger.transfer' and not exists (
    select 1 from public.ledger_transfers t where t.id::text = l.subject_id)
$$;
comment on function public.ledger_check() is
  'Proves the ledger''s invariants: no rows when all hold, else one for each violation {violation, subject, detail}.';
grant execute on function public.ledger_check() to service_role;
