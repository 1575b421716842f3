-- Where the smallest part of a unit is worth more than money's smallest part (a unit of 100 BTC, or one that has risen ten
-- thousandfold) a fee rounded up to a part is more than the fee: small lots paid for large ones, and a fee could take the
-- last part of all, which no settlement survives. There a fee is whole parts, rounded down, and the mark rises by what was
-- paid for alone: the rest stays due.
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
    select x.id, x.no, x.exact, trunc(x.exact, p_scale) as base, x.worth, x.owned from (
      select l.id, l.no, (p_price - l.mark) * l.units * v_rate as exact, l.units * p_price as worth, l.units as owned
      from public.pool_lots l
      where l.pool_id = p_pool.id and l.mark < p_price and l.units > 0 offset 0) as x
  ), rest as (
    select (trunc(sum(d.exact), p_scale) - sum(d.base)) * v_unit as extra from due d
  ), placed as (
    -- Nobody pays more than the lot is worth.
    select d.id, d.no, d.base, d.exact, d.owned, d.worth >= d.base + v_minor as able,
      row_number() over (order by case when d.worth >= d.base + v_minor then d.exact - d.base else -1 end desc, d.no) as place
    from due d
  ), priced as (
    select p.id, p.no, p.exact, p.owned,
      case when p.able and p.place <= r.extra and not v_coarse then p.base + v_minor else p.base end as fee from placed p, rest r
  ), cut as (
    -- Units worth the fee at least: what is left over belongs to everybody.
    select q.id, q.no, q.exact, q.owned,
      case when v_coarse then trunc(q.whole * p_price * 0.00000001, p_scale) else q.fee end as fee,
      (q.whole + case when not v_coarse and q.whole * p_price < q.fee * 100000000 then 1 else 0 end) * 0.00000001 as units
    from (select p.id, p.no, p.exact, p.owned, p.fee, div(p.fee * 100000000, p_price) as whole from priced p offset 0) as q
  ), charged as (
    update public.pool_lots l set fees_paid = l.fees_paid + c.fee, units = l.units - c.units,
      -- Prices have 12 digits; up, so that nothing is paid for twice.
      mark = case when v_coarse and v_rate > 0
        then least(p_price, ceil((p_price - (c.exact - c.fee) / ((c.owned - c.units) * v_rate)) * 1000000000000) * 0.000000000001)
        else p_price end
    -- In the order in which they lie.
    from (select q.id, q.exact, q.owned, q.fee, q.units from cut q order by q.no) as c where l.id = c.id
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
