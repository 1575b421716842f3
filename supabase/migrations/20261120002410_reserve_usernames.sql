-- Names that would let somebody pass for the house. Whoever is given one, as the beginning of their address, gets a
-- trader's name instead; whoever asks for one hears that it is taken.
create function private.keep_reserved_usernames() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.username !~ '^_*(admin|administrator|moderator|mod|root|system|support|help|helpdesk|staff|team|official|outcry|security|billing|payments|api|www|mail|postmaster|abuse|everyone|here|null|undefined|anonymous|deleted)(_?[0-9]*|_.*)$' then
    return new;
  elsif tg_op = 'INSERT' then
    new.username := left('trader_' || new.username, 24);
    return new;
  end if;
  raise exception 'The username is reserved' using errcode = 'unique_violation';
end
$$;
create trigger keep_reserved_usernames before insert or update of username on public.profiles
  for each row execute function private.keep_reserved_usernames();
