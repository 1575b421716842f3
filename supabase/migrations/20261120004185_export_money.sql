-- What a user takes along tells of their money, too: balances, what moved them, investments, withdrawals, deposits.
create function private.export_my_money(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  -- The newest 10,000 of each.
  with visible as materialized (
    select m.pool_id, private.can_read_pool(m.pool_id) as open
    from (select distinct l.pool_id from public.pool_lots l where l.investor_id = p_user_id) as m
  )
  select jsonb_build_object(
    'balances', (select coalesce(jsonb_agg(jsonb_build_object('account_id', a.id, 'asset', a.asset, 'kind', a.kind,
        'balance', trim_scale(a.balance)::text) order by a.asset, a.kind), '[]')
      from public.ledger_accounts a where a.owner_type = 'user' and a.owner_id = p_user_id),
    'statement', (select coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'asset', e.asset, 'kind', e.kind, 'operation', e.operation,
        'amount', trim_scale(e.amount)::text, 'balance_after', trim_scale(e.balance_after)::text,
        'transfer_id', e.transfer_id, 'memo', e.memo) order by e.at, e.transfer_id, e.kind), '[]')
      from (
        select x.*, a.asset, a.kind, t.operation, t.memo
        from public.ledger_accounts a join public.ledger_entries x on x.account_id = a.id
        join public.ledger_transfers t on t.id = x.transfer_id
        where a.owner_type = 'user' and a.owner_id = p_user_id
        order by x.at desc, x.seq desc limit 10000) as e),
    'investments', (select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'pool_id', l.pool_id, 'pool_name', l.pool_name,
        'currency', l.currency, 'no', l.no, 'bought_at', l.bought_at, 'amount_bought', trim_scale(l.amount_bought)::text,
        'price_bought', trim_scale(l.price_bought)::text, 'units_bought', trim_scale(l.units_bought)::text,
        'units', trim_scale(l.units)::text, 'mark', trim_scale(l.mark)::text, 'unit_price', trim_scale(l.unit_price)::text,
        'fees_paid', trim_scale(l.fees_paid)::text, 'amount_redeemed', trim_scale(l.amount_redeemed)::text) order by l.id), '[]')
      from (
        -- What was paid and got stays one's own; what a private pool is worth after one has left it is not.
        select x.*, p.name as pool_name, p.currency, case when x.units > 0 or v.open then p.unit_price else (
          select c.price from public.pool_lot_changes c where c.lot_id = x.id order by c.cycle_no desc limit 1) end as unit_price
        from public.pool_lots x join public.pools p on p.id = x.pool_id
        join visible v on v.pool_id = x.pool_id
        where x.investor_id = p_user_id order by x.id desc limit 10000) as l),
    'investment_changes', (select coalesce(jsonb_agg(jsonb_build_object('investment_id', c.lot_id, 'cycle_no', c.cycle_no,
        'kind', c.kind, 'units', trim_scale(c.units)::text, 'amount', trim_scale(c.amount)::text,
        'price', trim_scale(c.price)::text) order by c.lot_id, c.cycle_no, c.kind), '[]')
      from (
        select x.* from public.pool_lots l join public.pool_lot_changes x on x.lot_id = l.id
        where l.investor_id = p_user_id order by x.lot_id desc, x.cycle_no desc limit 10000) as c),
    'investment_requests', (select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'pool_id', r.pool_id, 'kind', r.kind,
        'status', r.status, 'cycle_no', r.cycle_no, 'investment_id', r.lot_id, 'amount', trim_scale(r.amount)::text,
        'units', trim_scale(r.units)::text, 'everything', r.everything, 'requested_at', r.requested_at,
        'settled_at', r.settled_at, 'price', trim_scale(r.price)::text, 'units_settled', trim_scale(r.units_settled)::text,
        'amount_settled', trim_scale(r.amount_settled)::text, 'reason', r.reason) order by r.id), '[]')
      from (
        select * from public.pool_requests x where x.investor_id = p_user_id order by x.id desc limit 10000) as r),
    'withdrawals', (select coalesce(jsonb_agg(private.withdrawal_json(w.w) - array['cancellable', 'changeable'] order by w.id), '[]')
      from (
        select x as w, x.id from public.withdrawals x where x.user_id = p_user_id order by x.id desc limit 10000) as w),
    'deposits', (select coalesce(jsonb_agg(private.deposit_json(d.d) - 'checkout_url' order by d.id), '[]')
      from (
        select x as d, x.id from public.deposits x where x.user_id = p_user_id order by x.id desc limit 10000) as d))
$$;
comment on function private.export_my_money(uuid) is
  'A user''s money, table by table: {balances, statement, investments, investment_changes, investment_requests, withdrawals, deposits}.';

create or replace function private.export_my_data() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
begin
  perform private.audit('user.exported', 'user', v_user_id::text, '{}');
  return jsonb_build_object(
    'account', (select jsonb_build_object('id', u.id, 'email', u.email, 'created_at', u.created_at,
      'last_sign_in_at', u.last_sign_in_at, 'user_metadata', u.raw_user_meta_data) from auth.users u where u.id = v_user_id),
    'profile', (select to_jsonb(p) from public.profiles p where p.id = v_user_id),
    'identities', (select coalesce(jsonb_agg(jsonb_build_object('provider', i.provider, 'email', i.identity_data -> 'email',
      'created_at', i.created_at, 'last_sign_in_at', i.last_sign_in_at) order by i.created_at, i.id), '[]')
      from auth.identities i where i.user_id = v_user_id),
    'limits', private.limits_json(v_user_id),
    'alerts', (select coalesce(jsonb_agg(private.alert_json(a) order by a.id), '[]') from public.alerts a where a.user_id = v_user_id),
    'devices', (select coalesce(jsonb_agg(to_jsonb(d) - 'user_id' order by d.id), '[]') from public.devices d where d.user_id = v_user_id),
    'notifications', (select coalesce(jsonb_agg(to_jsonb(n) - 'user_id' order by n.id), '[]') from (
      select * from public.notifications x where x.user_id = v_user_id order by x.id desc limit 10000) as n),
    'activity', (select coalesce(jsonb_agg(jsonb_build_object('at', a.at, 'action', a.action, 'subject_type', a.subject_type,
      'subject_id', a.subject_id, 'detail', a.detail, 'session_id', a.session_id) order by a.at, a.id), '[]') from (
      select * from public.audit_log x
      -- What an administrator did to others, or about their money, is not theirs to take along.
      where x.actor = v_user_id and (x.subject_type <> 'user' or x.subject_id = v_user_id::text)
        and coalesce(x.detail ->> 'user_id', v_user_id::text) = v_user_id::text
      order by x.at desc, x.id desc limit 10000) as a))
    || private.export_my_money(v_user_id);
end
$$;
