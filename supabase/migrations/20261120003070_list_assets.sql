-- Which assets the ledger knows: forms offer them.
create function public.assets_page() returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform private.require_user();
  perform private.require_rate('wallet_read');
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(jsonb_build_object('asset', a.asset, 'scale', a.scale, 'kind', a.kind)
      order by a.asset <> 'EUR', a.asset), '[]')
    from (select * from public.assets order by asset limit 1000) as a), 'next_cursor', null);
end
$$;
comment on function public.assets_page() is 'The ledger''s assets with their digits, EUR first: {items, next_cursor}.';
grant execute on function public.assets_page() to authenticated;
