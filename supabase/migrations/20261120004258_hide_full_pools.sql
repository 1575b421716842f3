-- A pool without room for its own minimum takes no money.
create function private.pool_claimed(p_pool public.pools) returns numeric
language sql volatile security definer set search_path = ''
as $$
  select private.pool_capital(p_pool.id, p_pool.currency) + coalesce((
    select sum(r.amount) from public.pool_requests r
    where r.pool_id = p_pool.id and r.status = 'queued' and r.kind = 'subscribe'), 0)
$$;
comment on function private.pool_claimed(public.pools) is
  'What counts towards a pool''s cap: what it owns by the ledger, and what waits to be its.';

create function private.has_room(p_pool public.pools) returns boolean
language sql volatile security definer set search_path = ''
as $$ select p_pool.cap is null or private.pool_claimed(p_pool) + p_pool.minimum <= p_pool.cap $$;
comment on function private.has_room(public.pools) is 'Whether the least that a pool takes still fits under its cap.';

create or replace function public.pools_page(p_limit integer default 50, p_cursor text default null, p_scope text default 'all')
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

create or replace function public.invest(p_pool_id uuid, p_amount text, p_client_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_content jsonb := jsonb_build_object('pool_id', p_pool_id, 'amount', p_amount);
  v_answer jsonb := private.answered('invest', p_client_id, v_content);
  v_pool public.pools;
  v_request public.pool_requests;
  v_amount numeric;
  v_owned numeric;
begin
  if v_answer is not null then
    return v_answer;
  end if;
  perform private.require_rate('wallet_write');
  v_pool := private.share_pool(p_pool_id);
  if not exists (select 1 from public.profiles p where p.id = v_user_id and p.kyc_status = 'verified') then
    raise sqlstate 'PT403' using message = 'kyc_required', detail = 'Have your identity verified first';
  elsif v_pool.status = 'paused' then
    raise sqlstate 'PT409' using message = 'pool_paused', detail = 'The pool takes no money while it is paused';
  elsif v_pool.status not in ('open', 'running', 'settling') or v_pool.closing then
    raise sqlstate 'PT409' using message = 'pool_not_open', detail = 'The pool takes no money';
  end if;
  v_amount := private.parse_amount(p_amount, v_pool.currency);
  if v_amount < v_pool.minimum then
    raise sqlstate 'PT409' using message = 'below_minimum',
      detail = format('The least is %s %s', trim_scale(v_pool.minimum), v_pool.currency);
  end if;
  perform private.require_waiting_room(v_user_id);
  if v_pool.cap is not null then
    -- One after the other: two that both fit need not fit together.
    perform pg_advisory_xact_lock(hashtextextended('pool_cap' || v_pool.id::text, 0));
    v_owned := private.pool_claimed(v_pool);
    if v_owned + v_amount > v_pool.cap then
      raise sqlstate 'PT409' using message = 'cap_exceeded',
        detail = format('The pool takes %s %s more', trim_scale(greatest(0, v_pool.cap - v_owned)), v_pool.currency);
    end if;
  end if;
  v_request.id := private.uuid_v7();
  insert into public.pool_requests (id, pool_id, investor_id, kind, cycle_no, amount, hold_id)
  values (v_request.id, v_pool.id, v_user_id, 'subscribe', private.joining_cycle(v_pool), v_amount,
    private.reserve(v_user_id, v_pool.currency, v_amount, 'pool_request', v_request.id, v_request.id,
      jsonb_build_object('pool_id', v_pool.id, 'pool_name', v_pool.name)))
  returning * into v_request;
  perform private.audit('pool.invested', 'pool', v_pool.id::text, jsonb_build_object('request_id', v_request.id,
    'amount', trim_scale(v_amount)::text, 'cycle_no', v_request.cycle_no));
  perform private.notify_user(v_user_id, 'investment_queued', jsonb_build_object('pool_id', v_pool.id,
    'pool_name', v_pool.name, 'investment_id', v_request.id, 'amount', trim_scale(v_amount)::text, 'currency', v_pool.currency));
  return private.remember('invest', p_client_id, v_content,
    jsonb_build_object('investment', private.investment_json(v_request)));
end
$$;
