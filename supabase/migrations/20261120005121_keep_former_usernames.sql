-- A name one has given up is nobody else's for a while: whoever took it at once would be believed to be who had it.
create table private.former_usernames (
  username text primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  given_up_at timestamptz not null default clock_timestamp()
);
create index former_usernames_user_id_idx on private.former_usernames (user_id, given_up_at desc);

create function private.keep_former_usernames() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_kept constant interval := '30 days';
  -- Of the latest names only, so that nobody takes all the good ones out of the world by trying them on.
  v_names_max constant integer := 3;
begin
  if exists (
    select 1 from private.former_usernames f
    where f.username = new.username and f.user_id <> new.id and f.given_up_at > clock_timestamp() - v_kept) then
    raise exception 'The username was somebody else''s until lately' using errcode = 'unique_violation';
  elsif tg_op = 'UPDATE' then
    insert into private.former_usernames as f (username, user_id) values (old.username, old.id)
    on conflict (username) do update set user_id = excluded.user_id, given_up_at = excluded.given_up_at;
    delete from private.former_usernames f
    where f.user_id = new.id and (f.username = new.username or f.username in (
      select x.username from private.former_usernames x
      where x.user_id = new.id and x.username <> new.username order by x.given_up_at desc offset v_names_max));
  end if;
  return new;
end
$$;
create trigger keep_former_usernames_of_new before insert on public.profiles
  for each row execute function private.keep_former_usernames();
create trigger keep_former_usernames before update of username on public.profiles
  for each row when (new.username <> old.username) execute function private.keep_former_usernames();
