-- What administrators look at first, in one call.
create function private.aum_series(p_days integer)
returns table (day date, aum numeric, subscribed numeric, redeemed numeric)
language sql stable security definer set search_path = ''
as $$
  -- Past days are valued by today's rates: none of the past are kept.
  with pools as (select * from private.pool_values()),
  days as (
    select d::date as day, least(d + interval '1 day', now()) as until
    from generate_series(date_trunc('day', now(), 'utc') - make_interval(days => p_days - 1), now(), interval '1 day', 'utc') as d),
  worth as (
    select d.day,
      case when bool_or(v.eur_rate is null and w.equity > 0) then null else coalesce(sum(w.equity * v.eur_rate), 0) end as aum
    from days d
    left join pools v on true
    left join lateral (
      select v.equity where d.until = now()
      union all
      select x.equity from private.pool_worth_at(v.pool_id, d.until) as x where d.until < now()) as w on true
    group by d.day),
  flows as (
    select (c.settled_at at time zone 'utc')::date as day,
      sum(c.subscribed * v.eur_rate) as subscribed, sum(c.redeemed * v.eur_rate) as redeemed
    from public.pool_cycles c join pools v on v.pool_id = c.pool_id
    where c.status = 'settled' and c.settled_at >= date_trunc('day', now(), 'utc') - make_interval(days => p_days - 1)
    group by 1)
  select w.day, w.aum, coalesce(f.subscribed, 0), coalesce(f.redeemed, 0)
  from worth w left join flows f on f.day = w.day order by w.day
$$;

create function private.pool_totals() returns jsonb
language sql stable security definer set search_path = ''
as $$
  with pools as materialized (
    select v.*, v.equity - v.capital as pnl_cycle,
      -- Booked since midnight, and what is open now beyond what was open then.
      v.equity - v.capital + coalesce(s.pnl, 0) - coalesce(m.equity - m.capital, 0) as pnl_today
    from private.pool_values() v
    left join lateral (
      select sum(c.pnl) as pnl from public.pool_cycles c
      where c.pool_id = v.pool_id and c.status = 'settled' and c.settled_at >= date_trunc('day', now(), 'utc')) as s on true
    left join lateral private.pool_worth_at(v.pool_id, date_trunc('day', now(), 'utc')) as m on true),
  unvalued as (
    select p.currency from pools p
    where p.eur_rate is null and (p.equity <> 0 or p.pnl_today <> 0) group by p.currency)
  -- One pool without a rate leaves a part, and a part is no total.
  select jsonb_build_object(
    'aum_eur', case when not exists (select 1 from unvalued) then trim_scale(round(coalesce(sum(p.equity * p.eur_rate), 0), 2))::text end,
    'pnl_today_eur', case when not exists (select 1 from unvalued) then trim_scale(round(coalesce(sum(p.pnl_today * p.eur_rate), 0), 2))::text end,
    'pnl_cycle_eur', case when not exists (select 1 from unvalued) then trim_scale(round(coalesce(sum(p.pnl_cycle * p.eur_rate), 0), 2))::text end,
    'rates_missing', (select coalesce(jsonb_agg(u.currency order by u.currency), '[]') from unvalued u),
    'pools', count(*) filter (where p.status <> 'closed')::integer,
    'pools_paused', count(*) filter (where p.status = 'paused')::integer)
  from pools p
$$;

create function private.settlement_health() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'next', (
      select jsonb_build_object('pool_id', p.id, 'name', p.name, 'no', c.no, 'ends_at', c.ends_at, 'cutoff_at', c.cutoff_at)
      from public.pool_cycles c join public.pools p on p.id = c.pool_id
      where c.status = 'open' and c.ends_at >= now() and p.status not in ('draft', 'paused', 'closed')
      order by c.ends_at limit 1),
    'overdue', (
      select coalesce(jsonb_agg(jsonb_build_object('pool_id', o.pool_id, 'name', o.name, 'no', o.no, 'ends_at', o.ends_at,
        'attempts', o.attempts, 'last_error', o.last_error) order by o.ends_at), '[]')
      from (select * from private.overdue_settlements() order by ends_at limit 20) as o),
    'failing', (
      select coalesce(jsonb_agg(jsonb_build_object('pool_id', f.id, 'name', f.name, 'error', f.adapter_error,
        'checked_at', f.checked_at) order by f.checked_at), '[]')
      from (
        select p.id, p.name, l.adapter_error, l.checked_at from public.pool_live l join public.pools p on p.id = l.pool_id
        where l.adapter_status = 'failing' and p.status not in ('draft', 'closed') order by l.checked_at limit 20) as f),
    'last', (
      select coalesce(jsonb_agg(jsonb_build_object('pool_id', s.pool_id, 'name', s.name, 'currency', s.currency, 'no', s.no,
        'settled_at', s.settled_at,
        -- From the end of the cycle to the money in its place.
        'took_s', round(extract(epoch from s.settled_at - s.ends_at), 1)::text, 'forced', s.forced_by is not null,
        'attempts', s.attempts, 'last_error', s.last_error, 'pnl', trim_scale(s.pnl)::text, 'fee', trim_scale(s.fee)::text)
        order by s.settled_at desc), '[]')
      from (
        select c.*, p.name, p.currency from public.pool_cycles c join public.pools p on p.id = c.pool_id
        where c.status = 'settled' order by c.settled_at desc limit 10) as s))
$$;

create function public.admin_dashboard() returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_days constant integer := 30;
begin
  perform private.require_admin();
  return jsonb_build_object('at', now())
    || private.pool_totals()
    || (select jsonb_build_object('investors', count(distinct l.investor_id)::integer, 'active_investments', count(*)::integer)
        from public.pool_lots l where l.units > 0)
    || jsonb_build_object(
      'withdrawals', (select jsonb_build_object('waiting', w.waiting, 'eur', trim_scale(round(w.eur, 2))::text,
        'oldest_at', w.oldest_at) from private.waiting_withdrawals() w),
      'credits', (select jsonb_build_object('waiting', count(*)::integer,
        'eur', trim_scale(round(coalesce(sum(c.eur), 0), 2))::text, 'oldest_at', min(c.requested_at))
        from public.credits c where c.status = 'awaiting_approval'),
      'kyc_pending', (select count(*)::integer from public.profiles p where p.kyc_status = 'pending'),
      'settlement', private.settlement_health(),
      'ledger', private.ledger_check_state(),
      'audit', private.audit_state(),
      'series', (select jsonb_agg(jsonb_build_object('day', s.day, 'aum_eur', trim_scale(round(s.aum, 2))::text,
        'subscribed_eur', trim_scale(round(s.subscribed, 2))::text, 'redeemed_eur', trim_scale(round(s.redeemed, 2))::text)
        order by s.day) from private.aum_series(v_days) s));
end
$$;
comment on function public.admin_dashboard() is
  'What administrators look at first: {at, aum_eur, pnl_today_eur, pnl_cycle_eur, rates_missing, pools, pools_paused, investors, active_investments, withdrawals, credits, kyc_pending, settlement, ledger, audit, series}. EUR figures are null while rates_missing names a currency.';
grant execute on function public.admin_dashboard() to authenticated;
