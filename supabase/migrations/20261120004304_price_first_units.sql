-- A unit has 8 digits, and so has a bitcoin: at 100 BTC a unit its smallest part would be worth a hundred satoshis. What
-- has that many digits begins at 1, or 10, so that a part of a unit is worth about a minor unit.
create function private.price_first_units() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  select greatest(1, least(100, 10::numeric ^ (8 - a.scale))) into new.unit_price from public.assets a where a.asset = new.currency;
  return new;
end
$$;
-- By name after keep_by_hand. Until somebody owns units their price is only where it begins.
create trigger price_first_units before insert or update of currency on public.pools for each row
  when (new.status = 'draft' and new.units = 0) execute function private.price_first_units();
