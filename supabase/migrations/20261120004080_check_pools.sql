-- What the ledger proves includes the pools: their units, their money, what waits for them, and what happened to each lot.
create function private.pool_check() returns table (violation text, subject text, detail jsonb)
language sql stable security definer set search_path = ''
as $$
  select 'wrong_pool_units', p.id::text, jsonb_build_object('units', p.units::text, 'lots', coalesce(l.units, 0)::text)
  from public.pools p
  left join (select pool_id, sum(units) as units, max(no) as lots from public.pool_lots group by pool_id) as l on l.pool_id = p.id
  where p.units <> coalesce(l.units, 0) or p.lots <> coalesce(l.lots, 0)
  union all
  -- A pool's money moves at settlements alone.
  select 'wrong_pool_balance', p.id::text, jsonb_build_object('balance', a.balance::text, 'cycle_no', c.no)
  from public.pools p
  cross join lateral (select private.pool_capital(p.id, p.currency) as balance) as a
  left join lateral (
    select * from public.pool_cycles x where x.pool_id = p.id and x.status = 'settled' order by x.no desc limit 1) as c on true
  where a.balance <> coalesce(c.equity - c.fee - c.redeemed + c.subscribed, 0) or p.units * p.unit_price > a.balance
  union all
  select 'wrong_pool_money', a.id::text, jsonb_build_object('owner_id', a.owner_id, 'asset', a.asset, 'balance', a.balance::text)
  from public.ledger_accounts a
  where a.owner_type = 'pool' and a.balance <> 0 and not exists (
    select 1 from public.pools p where p.id = a.owner_id and p.currency = a.asset and a.kind in ('available', 'result'))
  union all
  select 'wrong_cycle', c.pool_id::text || ' ' || c.no::text, jsonb_build_object('transfer_id', c.transfer_id)
  from public.pool_cycles c join public.pools p on p.id = c.pool_id
  left join (
    select l.pool_id, x.cycle_no, sum(x.units) as units, coalesce(sum(x.amount) filter (where x.kind = 'bought'), 0) as bought,
      coalesce(sum(x.amount) filter (where x.kind = 'charged'), 0) as charged,
      coalesce(sum(x.amount) filter (where x.kind = 'redeemed'), 0) as redeemed
    from public.pool_lot_changes x join public.pool_lots l on l.id = x.lot_id group by l.pool_id, x.cycle_no) as x
    on x.pool_id = c.pool_id and x.cycle_no = c.no
  left join public.ledger_accounts a
    on a.owner_type = 'pool' and a.owner_id = c.pool_id and a.asset = p.currency and a.kind = 'available'
  left join public.ledger_entries e on e.transfer_id = c.transfer_id and e.account_id = a.id
  where c.status = 'settled' and (
    (c.subscribed, c.fee, c.redeemed, c.units_after - c.units_before) is distinct from
      (coalesce(x.bought, 0), coalesce(x.charged, 0), coalesce(x.redeemed, 0), coalesce(x.units, 0))
    or coalesce(e.amount, 0) <> c.pnl - c.fee - c.redeemed + c.subscribed)
  union all
  select 'wrong_lot', l.id::text, jsonb_build_object('units', l.units::text, 'changes', coalesce(x.units, 0)::text)
  from public.pool_lots l
  left join (
    select lot_id, sum(units) as units, sum(units) filter (where kind = 'bought') as bought,
      coalesce(sum(amount) filter (where kind = 'charged'), 0) as charged,
      coalesce(sum(amount) filter (where kind = 'redeemed'), 0) as redeemed
    from public.pool_lot_changes group by lot_id) as x on x.lot_id = l.id
  where (l.units, l.units_bought, l.fees_paid, l.amount_redeemed) is distinct from (x.units, x.bought, x.charged, x.redeemed)
  union all
  select 'wrong_lot', x.lot_id::text, '{}' from public.pool_lot_changes x
  where not exists (select 1 from public.pool_lots l where l.id = x.lot_id)
  union all
  -- What waits is held, what does not is not.
  select 'wrong_request', r.id::text, jsonb_build_object('status', r.status, 'held', coalesce(h.remaining, 0)::text)
  from public.pool_requests r
  join public.pools p on p.id = r.pool_id
  left join public.ledger_holds h on h.id = r.hold_id
  where r.kind = 'subscribe' and (h.id is null or (h.owner_id, h.asset, h.amount, h.subject_type, h.subject_id)
      is distinct from (r.investor_id, p.currency, r.amount, 'pool_request', r.id)
    or h.remaining <> case when r.status = 'queued' then r.amount else 0 end)
  union all
  select 'wrong_request', h.id::text, '{}' from public.ledger_holds h
  where h.subject_type = 'pool_request' and not exists (
    select 1 from public.pool_requests r where r.hold_id = h.id)
$$;

create or replace function public.ledger_check() returns table (violation text, subject text, detail jsonb)
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
  union all
  select * from private.pool_check()
$$;
