-- One's own investments, with what became of them.
create function public.my_investments(p_limit integer default 50, p_cursor text default null, p_pool_id uuid default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('wallet_read');
  perform private.check_page(p_limit, p_cursor);
  -- Ids rise with time.
  with page as (
    select r as request, row_number() over (order by r.id desc) as place from public.pool_requests r
    where r.investor_id = v_user_id and r.kind = 'subscribe'
      and (p_pool_id is null or r.pool_id = p_pool_id) and (p_cursor is null or r.id < p_cursor::uuid)
    order by r.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(private.investment_json(g.request) order by g.place) filter (where g.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.my_investments(integer, text, uuid) is
  'The caller''s investments, newest first, of one pool where that is named; those that wait or came to nothing too: {items, next_cursor}.';
grant execute on function public.my_investments(integer, text, uuid) to authenticated;

create function private.own_investment(p_id uuid) returns public.pool_requests
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_request public.pool_requests;
begin
  perform private.require_rate('wallet_read');
  select * into v_request from public.pool_requests r
  where r.id = p_id and r.investor_id = v_user_id and r.kind = 'subscribe';
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such investment';
  end if;
  return v_request;
end
$$;

create function public.my_investment(p_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_requests_max constant integer := 200;
  v_request public.pool_requests := private.own_investment(p_id);
begin
  return jsonb_build_object('investment', private.investment_json(v_request), 'requests', (
    select jsonb_agg(private.request_json(x.request) order by x.id desc)
    from (
      select r as request, r.id from public.pool_requests r
      where r.id = p_id or r.lot_id = p_id order by r.id desc limit v_requests_max) as x));
end
$$;
comment on function public.my_investment(uuid) is
  'One of the caller''s investments with all that was asked for it, newest first: {investment, requests}.';
grant execute on function public.my_investment(uuid) to authenticated;

create function public.my_investment_history(p_id uuid, p_points integer default 200) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_request public.pool_requests := private.own_investment(p_id);
  v_scale smallint;
  -- Who has left a hidden pool sees it up to then.
  v_open boolean := private.can_read_pool(v_request.pool_id);
begin
  if p_points is null or p_points not between 2 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'A chart has 2 to 1000 points';
  end if;
  select a.scale into v_scale from public.pools p join public.assets a on a.asset = p.currency where p.id = v_request.pool_id;
  return (
    with changes as materialized (
      select c.settled_at as at, x.kind, x.price,
        -- What was charged, redeemed or bought by one settlement is told apart, and added up in that order.
        sum(x.units) over (order by x.cycle_no, array_position(array['bought', 'charged', 'redeemed'], x.kind)) as units
      from public.pool_lot_changes x
      join public.pool_cycles c on c.pool_id = v_request.pool_id and c.no = x.cycle_no
      where x.lot_id = p_id
    ), points as (
      select c.at, c.units, c.price, c.kind from changes c
      union all
      select s.at, c.units, s.unit_price, null
      from private.pool_series(v_request.pool_id, (select min(at) from changes), p_points) as s
      cross join lateral (
        select c.units from changes c where c.at <= s.at order by c.at desc, c.units limit 1) as c
      where not exists (select 1 from changes x where x.at = s.at) and (v_open or s.at <= (select max(x.at) from changes x))
    )
    select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('at', p.at, 'units', trim_scale(p.units)::text,
      'unit_price', trim_scale(p.price)::text, 'value', trim_scale(round(p.units * p.price, v_scale))::text, 'kind', p.kind)
      order by p.at, p.units desc), '[]'))
    from points p);
end
$$;
comment on function public.my_investment_history(uuid, integer) is
  'What one of the caller''s investments was worth, oldest first, with what settlements did to it: {items: [{at, units, unit_price, value, kind}]}; kind is bought, charged, redeemed or null.';
grant execute on function public.my_investment_history(uuid, integer) to authenticated;
