-- Fees of a hundred thousand lots are ranked by what ranks them alone: where the last minor unit falls is found first, over
-- two columns, and the lots are then taken as they lie.
create or replace function private.charge_pool_fees(
  p_pool public.pools, p_cycle public.pool_cycles, p_price numeric, p_scale integer,
  out fee numeric, out units numeric, out lots integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_unit constant numeric := 10::numeric ^ p_scale;
  v_minor constant numeric := 10::numeric ^ -p_scale;
  v_rate constant numeric := p_cycle.manager_fee_percent * 0.01;
  v_coarse constant boolean := p_price * 0.00000001 > v_minor;
  v_users uuid[];
  v_data jsonb[];
begin
  with due as materialized (
    -- Nobody pays more than the lot is worth: who is not able to pay a minor unit more comes last.
    select y.id, y.no, y.exact, y.base, y.owned,
      case when y.worth >= y.base + v_minor then y.exact - y.base else -1 end as remainder
    from (
      select x.id, x.no, x.exact, trunc(x.exact, p_scale) as base, x.owned, x.worth from (
        select l.id, l.no, (p_price - l.mark) * l.units * v_rate as exact, l.units * p_price as worth, l.units as owned
        from public.pool_lots l
        where l.pool_id = p_pool.id and l.mark < p_price and l.units > 0 offset 0) as x offset 0) as y
  ), rest as (
    select ((trunc(sum(d.exact), p_scale) - sum(d.base)) * v_unit)::bigint as extra from due d
  ), edge as (
    -- The last lot that pays a minor unit more: largest remainders first, then lower numbers. No row where nobody does.
    select d.remainder, d.no from due d where (select r.extra from rest r) > 0
    order by d.remainder desc, d.no offset greatest(0, (select r.extra - 1 from rest r)) limit 1
  ), priced as (
    select d.id, d.exact, d.owned,
      case when d.remainder >= 0 and not v_coarse and (d.remainder > e.remainder or d.remainder = e.remainder and d.no <= e.no)
        then d.base + v_minor else d.base end as fee
    from due d left join edge e on true
  ), cut as (
    -- Units worth the fee at least: what is left over belongs to everybody.
    select q.id, q.exact, q.owned,
      case when v_coarse then trunc(q.whole * p_price * 0.00000001, p_scale) else q.fee end as fee,
      (q.whole + case when not v_coarse and q.whole * p_price < q.fee * 100000000 then 1 else 0 end) * 0.00000001 as units
    from (select p.id, p.exact, p.owned, p.fee, div(p.fee * 100000000, p_price) as whole from priced p offset 0) as q
  ), charged as (
    update public.pool_lots l set fees_paid = l.fees_paid + c.fee, units = l.units - c.units,
      -- Prices have 12 digits; up, so that nothing is paid for twice.
      mark = case when v_coarse and v_rate > 0
        then least(p_price, ceil((p_price - (c.exact - c.fee) / ((c.owned - c.units) * v_rate)) * 1000000000000) * 0.000000000001)
        else p_price end
    from cut c where l.id = c.id
    returning l.id, l.investor_id, c.fee, c.units
  ), kept as (
    insert into public.pool_lot_changes (lot_id, cycle_no, kind, units, amount, price)
    select c.id, p_cycle.no, 'charged', -c.units, c.fee, p_price from charged c where c.fee > 0
  ), payers as (
    select c.investor_id, sum(c.fee) as fee, sum(c.units) as units, count(*) filter (where c.fee > 0) as lots
    from charged c group by c.investor_id
  )
  select coalesce(sum(p.fee), 0), coalesce(sum(p.units), 0), coalesce(sum(p.lots), 0),
    array_agg(p.investor_id) filter (where p.fee > 0),
    array_agg(jsonb_build_object('pool_id', p_pool.id, 'pool_name', p_pool.name, 'cycle_no', p_cycle.no,
      'currency', p_pool.currency, 'amount', trim_scale(p.fee)::text)) filter (where p.fee > 0)
  into fee, units, lots, v_users, v_data from payers p;
  perform private.notify_users(v_users, 'fee_charged', v_data);
end
$$;
