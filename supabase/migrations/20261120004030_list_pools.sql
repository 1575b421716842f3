-- Pools as their pages show them.
create function private.pool_spark(p_pool_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  -- Evenly in time over what there is of 90 days: each point is one look at the index.
  select coalesce(jsonb_agg(trim_scale(round(n.unit_price, 4))::text order by g.at) filter (where n.unit_price is not null), '[]')
  from (
    select f.at + (now() - f.at) * i / 29 as at
    from (
      select greatest(min(n.at), now() - interval '90 days') as at
      from (select n.at from public.pool_nav n where n.pool_id = p_pool_id order by n.at limit 1) as n) as f
    cross join generate_series(0, 29) as i where f.at is not null) as g
  left join lateral (
    select n.unit_price from public.pool_nav n where n.pool_id = p_pool_id and n.at <= g.at order by n.at desc limit 1) as n on true
$$;
comment on function private.pool_spark(uuid) is 'What a unit was worth, in 30 steps over the last 90 days: [text, …].';

create function private.check_page(p_limit integer, p_cursor text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_cursor !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
end
$$;

create function public.pools_page(p_limit integer default 50, p_cursor text default null, p_scope text default 'all')
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.live_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('market_read');
  perform private.check_page(p_limit, p_cursor);
  if p_scope is null or p_scope not in ('all', 'mine', 'open') then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A scope is all, mine or open';
  end if;
  with mine as (
    select l.pool_id, sum(l.units) as units from public.pool_lots l
    where l.investor_id = v_user_id and l.units > 0 group by l.pool_id
  ), waiting as (
    select distinct r.pool_id from public.pool_requests r where r.investor_id = v_user_id and r.status = 'queued'
  ), page as (
    -- Ids rise with time.
    select p as pool, p.id, row_number() over (order by p.id desc) as place
    from public.pools p
    where (p_cursor is null or p.id < p_cursor::uuid)
      and ((p.visibility = 'public' and p.opened_at is not null) or (v_user_id is not null and private.can_read_pool(p.id)))
      and case p_scope
        when 'mine' then p.id in (select m.pool_id from mine m union select w.pool_id from waiting w)
        when 'open' then p.status in ('open', 'running', 'settling') and not p.closing and private.has_room(p)
        else p.status <> 'closed' end
    order by p.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(private.pool_json(g.pool) || jsonb_build_object(
      'spark', private.pool_spark(g.id),
      'my_value', (
        select trim_scale(round(m.units * n.unit_price, n.scale))::text
        from mine m cross join private.pool_now(g.pool) as n where m.pool_id = g.id))
      order by g.place) filter (where g.place <= p_limit), '[]'), count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'id' end);
end
$$;
comment on function public.pools_page(integer, text, text) is
  'Pools the caller may see, newest first: all that are not closed, those the caller has money in (mine), or those that take money and have room for it (open). {items: [pool + {spark, my_value}], next_cursor}.';
grant execute on function public.pools_page(integer, text, text) to anon, authenticated;

create function private.readable_pool(p_pool_id uuid) returns public.pools
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools;
begin
  perform private.require_rate('market_read');
  if private.can_read_pool(p_pool_id) then
    select * into v_pool from public.pools p where p.id = p_pool_id;
  end if;
  if v_pool.id is null then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such pool';
  end if;
  return v_pool;
end
$$;
comment on function private.readable_pool(uuid) is
  'A pool the caller may see; raises rate_limited, and not_found alike for one that is hidden and for one that is not there.';

create function private.my_part(p_pool public.pools) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- What a page shows; the rest is in my_investments().
  v_lots_max constant integer := 200;
  v_user_id uuid := private.live_user();
  v_now record;
  v_sums record;
begin
  if v_user_id is null or not exists (
    select 1 from public.pool_requests r where r.investor_id = v_user_id and r.pool_id = p_pool.id
      and r.status in ('queued', 'settled')) then
    return null;
  end if;
  select * into v_now from private.pool_now(p_pool);
  -- Rounded lot by lot, as they are listed and charged.
  select coalesce(sum(l.units), 0) as units, coalesce(sum(round(l.units * v_now.unit_price, v_now.scale)), 0) as value,
    coalesce(sum(round(l.units * v_now.unit_price, v_now.scale) + l.amount_redeemed - l.amount_bought) filter (where l.units > 0), 0)
      as gain,
    coalesce(sum(l.fees_paid), 0) as fees_paid,
    coalesce(sum(trunc(greatest(0, v_now.unit_price - l.mark) * l.units * v_now.fee_percent / 100, v_now.scale)), 0) as fee_now,
    coalesce(sum(round(greatest(0, v_now.unit_price - l.mark) * l.units, v_now.scale)), 0) as new_profit
  into v_sums from public.pool_lots l where l.pool_id = p_pool.id and l.investor_id = v_user_id;
  return jsonb_build_object(
    'units', trim_scale(v_sums.units)::text, 'value', trim_scale(v_sums.value)::text, 'gain', trim_scale(v_sums.gain)::text,
    'fees_paid', trim_scale(v_sums.fees_paid)::text, 'fee_now', trim_scale(v_sums.fee_now)::text,
    'new_profit', trim_scale(v_sums.new_profit)::text,
    'waiting', (
      select coalesce(jsonb_agg(private.request_json(r) order by r.id), '[]') from public.pool_requests r
      where r.investor_id = v_user_id and r.pool_id = p_pool.id and r.status = 'queued'),
    'lots', (
      select coalesce(jsonb_agg(private.investment_json(x.request) order by x.no), '[]')
      from (
        select r as request, l.no from public.pool_lots l join public.pool_requests r on r.id = l.id
        where l.pool_id = p_pool.id and l.investor_id = v_user_id and l.units > 0 order by l.no desc limit v_lots_max) as x));
end
$$;
comment on function private.my_part(public.pools) is
  'What the caller has in a pool, or null: {units, value, gain, fees_paid, fee_now, new_profit, waiting, lots}.';

create function public.pool_detail(p_pool_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_settlements_max constant integer := 20;
  -- Adapters are asked every few seconds.
  v_stale_after constant interval := interval '60 seconds';
  v_pool public.pools := private.readable_pool(p_pool_id);
  v_now record;
  v_live public.pool_live;
begin
  select * into v_now from private.pool_now(v_pool);
  select * into v_live from public.pool_live l where l.pool_id = p_pool_id;
  return jsonb_build_object(
    'pool', private.pool_json(v_pool),
    'live', jsonb_build_object('at', v_live.at, 'equity', trim_scale(v_now.equity)::text,
      'unit_price', trim_scale(v_now.unit_price)::text,
      'pnl', case when v_now.is_live then trim_scale(v_live.pnl)::text else '0' end,
      'exposure', trim_scale(v_live.exposure)::text, 'drawdown', trim_scale(v_live.drawdown)::text,
      'sharpe', trim_scale(v_live.sharpe)::text, 'adapter_status', coalesce(v_live.adapter_status, 'unknown'),
      'adapter_error', v_live.adapter_error,
      'stale', coalesce(v_live.at < now() - v_stale_after or v_live.adapter_status = 'failing', true)),
    'cycle', private.cycle_json(v_pool),
    'fee_changes', (
      select coalesce(jsonb_agg(jsonb_build_object('cycle_no', f.cycle_no, 'announced_at', f.announced_at,
        'manager_fee_percent', trim_scale(f.manager_fee_percent)::text) order by f.cycle_no), '[]')
      from public.pool_fee_changes f where f.pool_id = p_pool_id and f.cycle_no > v_pool.cycle_no),
    'mine', private.my_part(v_pool),
    'settlements', private.settlements_json(p_pool_id, v_settlements_max));
end
$$;
comment on function public.pool_detail(uuid) is
  'All that a pool''s page shows: {pool, live, cycle, fee_changes, mine, settlements}. Raises not_found, for hidden ones too.';
grant execute on function public.pool_detail(uuid) to anon, authenticated;

create function private.cycle_json(p_pool public.pools) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('no', c.no, 'cutoff_at', c.cutoff_at, 'ends_at', c.ends_at, 'status', c.status,
    'manager_fee_percent', trim_scale(c.manager_fee_percent)::text,
    'platform_share_percent', trim_scale(c.platform_share_percent)::text,
    'manager', jsonb_build_object('user_id', c.manager_id, 'username', (
      select m.username from public.profiles m where m.id = c.manager_id)))
  from public.pool_cycles c where c.pool_id = p_pool.id and c.no = p_pool.cycle_no and p_pool.status <> 'closed'
$$;
comment on function private.cycle_json(public.pools) is
  'The cycle a pool is in, null for drafts and closed ones: {no, cutoff_at, ends_at, status, manager_fee_percent, platform_share_percent, manager}; manager is who is paid its fee.';

create function private.settlements_json(p_pool_id uuid, p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('no', c.no, 'settled_at', c.settled_at,
    'unit_price', trim_scale(c.unit_price)::text, 'pnl', trim_scale(c.pnl)::text, 'fee', trim_scale(c.fee)::text,
    'subscribed', trim_scale(c.subscribed)::text, 'redeemed', trim_scale(c.redeemed)::text) order by c.no desc), '[]')
  from (
    select * from public.pool_cycles c where c.pool_id = p_pool_id and c.status = 'settled' order by c.no desc limit p_limit) as c
$$;
comment on function private.settlements_json(uuid, integer) is 'A pool''s last settlements, newest first.';

create function private.pool_series(p_pool_id uuid, p_from timestamptz, p_points integer)
returns table (at timestamptz, unit_price numeric, equity numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_to timestamptz := now();
  v_from timestamptz;
begin
  select greatest(p_from, least(
    (select n.at from public.pool_nav n where n.pool_id = p_pool_id order by n.at limit 1),
    (select min(c.settled_at) from public.pool_cycles c where c.pool_id = p_pool_id and c.status = 'settled'))) into v_from;
  return query
  -- The last of each of as many equal stretches of time.
  select distinct on (width_bucket(extract(epoch from x.at), extract(epoch from v_from), extract(epoch from v_to) + 1, p_points))
    x.at, x.unit_price, x.equity
  from (
    select n.at, n.unit_price, n.equity from public.pool_nav n
    where n.pool_id = p_pool_id and n.at between v_from and v_to
    union all
    -- Newer than what is kept of it.
    select l.at, l.unit_price, l.equity from public.pool_live l where l.pool_id = p_pool_id and l.at between v_from and v_to
    union all
    select c.settled_at, c.unit_price, c.equity - coalesce(c.fee, 0) - coalesce(c.redeemed, 0) + coalesce(c.subscribed, 0)
    from public.pool_cycles c
    where c.pool_id = p_pool_id and c.status = 'settled' and c.settled_at between v_from and v_to) as x
  order by width_bucket(extract(epoch from x.at), extract(epoch from v_from), extract(epoch from v_to) + 1, p_points), x.at desc;
end
$$;
comment on function private.pool_series(uuid, timestamptz, integer) is
  'What a pool and a unit of it were worth from a moment on, in at most so many points, settlements among them, oldest first.';

create function public.pool_performance(p_pool_id uuid, p_from timestamptz default null, p_points integer default 300)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_settlements_max constant integer := 1000;
  v_pool public.pools := private.readable_pool(p_pool_id);
begin
  if p_points is null or p_points not between 2 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'A chart has 2 to 1000 points';
  end if;
  return jsonb_build_object(
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object('at', s.at, 'unit_price', trim_scale(s.unit_price)::text,
        'equity', trim_scale(s.equity)::text) order by s.at), '[]')
      from private.pool_series(p_pool_id, coalesce(p_from, '-infinity'), p_points) as s),
    'settlements', (
      select coalesce(jsonb_agg(jsonb_build_object('no', c.no, 'at', c.settled_at, 'unit_price', trim_scale(c.unit_price)::text)
        order by c.no), '[]')
      from (
        select * from public.pool_cycles c
        where c.pool_id = p_pool_id and c.status = 'settled' and c.settled_at >= coalesce(p_from, '-infinity')
        order by c.no desc limit v_settlements_max) as c));
end
$$;
comment on function public.pool_performance(uuid, timestamptz, integer) is
  'A pool''s chart since p_from, or since its beginning: {items: [{at, unit_price, equity}], settlements: [{no, at, unit_price}]}, oldest first.';
grant execute on function public.pool_performance(uuid, timestamptz, integer) to anon, authenticated;

create function public.pool_positions(p_pool_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_pool public.pools := private.readable_pool(p_pool_id);
begin
  return coalesce((
    select jsonb_build_object('at', l.at, 'items', l.positions) from public.pool_live l where l.pool_id = p_pool_id),
    '{"at": null, "items": []}');
end
$$;
comment on function public.pool_positions(uuid) is
  'What a pool holds, by its adapter''s last word: {at, items: [{symbol, side, quantity, entry_price, mark_price, pnl}]}.';
grant execute on function public.pool_positions(uuid) to anon, authenticated;
