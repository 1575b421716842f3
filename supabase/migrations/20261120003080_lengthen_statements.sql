-- A statement's file is fetched a thousand rows at a time, and one of no asset of ours is refused rather than empty.
create or replace function public.my_statement(p_asset text default 'EUR', p_limit integer default 50, p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('wallet_read');
  if p_limit is null or p_limit not between 1 and 1000 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 1000';
  elsif p_cursor !~ '^[0-9]{1,18}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  elsif not exists (select 1 from public.assets a where a.asset = p_asset) then
    raise sqlstate 'PT400' using message = 'unknown_asset', detail = 'No such asset in the ledger';
  end if;
  select coalesce(jsonb_agg(jsonb_build_object('transfer_id', s.transfer_id, 'at', s.at, 'operation', s.operation,
      'amount', trim_scale(s.amount)::text, 'balance_after', trim_scale(s.balance_after)::text, 'memo', s.memo)
      order by s.seq desc) filter (where s.place <= p_limit), '[]'),
    count(*) > p_limit, min(s.seq) filter (where s.place <= p_limit)::text
  into v_items, v_more, p_cursor
  from (
    select e.*, t.operation, t.memo, row_number() over (order by e.seq desc) as place
    from public.ledger_accounts a
    join public.ledger_entries e on e.account_id = a.id
    join public.ledger_transfers t on t.id = e.transfer_id
    where a.owner_type = 'user' and a.owner_id = v_user_id and a.asset = p_asset and a.kind = 'available'
      and (p_cursor is null or e.seq < p_cursor::bigint)
    order by e.seq desc limit p_limit + 1) as s;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then p_cursor end);
end
$$;
