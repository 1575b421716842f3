-- What Prometheus is told of the business, and the dashboard with it.
create function private.waiting_withdrawals() returns table (waiting integer, eur numeric, oldest_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer, coalesce(sum(w.eur), 0), min(w.requested_at)
  from public.withdrawals w where w.status = 'awaiting_approval'
$$;

create function private.overdue_settlements()
returns table (pool_id uuid, name text, status text, no integer, ends_at timestamptz, attempts integer, last_error text)
language sql stable security definer set search_path = ''
as $$
  select p.id, p.name, p.status, c.no, c.ends_at, c.attempts, c.last_error
  from public.pool_cycles c join public.pools p on p.id = c.pool_id
  -- A settlement takes seconds, and its adapter may be asked again; a paused pool waits on purpose.
  where c.status = 'open' and c.ends_at < now() - interval '2 minutes' and p.status not in ('draft', 'paused', 'closed')
$$;

create function public.business_metrics() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'active_investments', (select count(*)::integer from public.pool_lots l where l.units > 0),
    'pool_aum_eur', (select trim_scale(round(
      -- A part is no total.
      case when bool_or(v.eur_rate is null and v.equity > 0) then null else coalesce(sum(v.equity * v.eur_rate), 0) end, 2))::text
      from private.pool_values() v),
    'pools_failing', (select count(*)::integer from public.pool_live l join public.pools p on p.id = l.pool_id
      where l.adapter_status = 'failing' and p.status not in ('draft', 'closed')),
    'settlements_overdue', (select count(*)::integer from private.overdue_settlements()),
    'pending_withdrawals', w.waiting,
    'pending_withdrawals_eur', trim_scale(round(w.eur, 2))::text,
    -- Null before the first check.
    'ledger_violations', (select c.violations from public.ledger_checks c),
    'ledger_check_age_s', (select floor(extract(epoch from now() - c.checked_at))::integer from public.ledger_checks c))
  from private.waiting_withdrawals() w
$$;
comment on function public.business_metrics() is
  'What the worker tells Prometheus: {active_investments, pool_aum_eur, pools_failing, settlements_overdue, pending_withdrawals, pending_withdrawals_eur, ledger_violations, ledger_check_age_s}; pool_aum_eur is null while a rate is missing.';
grant execute on function public.business_metrics() to service_role;
