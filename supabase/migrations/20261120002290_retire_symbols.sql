-- A market that an exchange lists no more stays, for its history, but is not offered any longer.
-- An exchange in trouble answers in part. A worker that has just started has nothing to compare an answer with, but the
-- database has: a list in which most of what was offered is missing retires nothing.
create function public.retire_symbols(p_exchange text, p_token integer, p_listed text[]) returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Small exchanges do change at once.
  v_few constant integer := 10;
  v_active integer;
  v_missing integer;
begin
  perform private.require_lease('feed:' || p_exchange, p_token);
  -- An empty list is a broken answer, not the end of an exchange.
  if coalesce(cardinality(p_listed), 0) = 0 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'The list of markets is empty';
  end if;
  select count(*), count(*) filter (where not s.symbol = any(p_listed)) into v_active, v_missing
  from public.symbols s where s.exchange = p_exchange and s.active;
  if v_active >= v_few and v_missing > v_active / 2 then
    return -v_missing;
  end if;
  update public.symbols s set active = false, updated_at = now()
  where s.exchange = p_exchange and s.active and not s.symbol = any(p_listed);
  return v_missing;
end
$$;
comment on function public.retire_symbols(text, integer, text[]) is
  'Marks an exchange''s symbols that are not in p_listed inactive under the lease feed:<exchange>; returns how many there were. When that would be most of ten or more it does nothing and returns their number negated.';
grant execute on function public.retire_symbols(text, integer, text[]) to service_role;
