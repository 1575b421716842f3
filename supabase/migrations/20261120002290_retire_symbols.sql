-- A market that an exchange lists no more stays, for its history, but is not offered any longer.
create function public.retire_symbols(p_exchange text, p_token integer, p_listed text[]) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_count integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  -- An empty list is a broken answer, not the end of an exchange.
  if coalesce(cardinality(p_listed), 0) = 0 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The list of markets is empty';
  end if;
  update public.symbols s set active = false, updated_at = now()
  where s.exchange = p_exchange and s.active and not s.symbol = any(p_listed);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function public.retire_symbols(text, integer, text[]) is
  'Marks an exchange''s symbols that are not in p_listed inactive under the lease feed:<exchange>; returns how many there were.';
grant execute on function public.retire_symbols(text, integer, text[]) to service_role;
