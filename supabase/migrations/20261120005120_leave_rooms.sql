-- What becomes of rooms when an account goes. By foreign keys alone a room would be gone without having ended, and a ban that
-- goes with the banned would show again what it hid.
create function private.close_rooms(p_user_id uuid) returns void
language sql volatile security definer set search_path = ''
as $$ update public.streams s set status = 'ended' where s.streamer_id = p_user_id and s.status = 'live' $$;
comment on function private.close_rooms(uuid) is
  'Ends the room somebody has live: it hears of it, and waits for tips that are under way.';

create function private.leave_rooms() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.close_rooms(old.id);
  -- Nobody is left who could be let in again: what the ban hid is removed for good.
  update public.stream_messages m set removed_at = clock_timestamp()
  from public.streams s
  join public.stream_members b on b.streamer_id = s.streamer_id and b.user_id = old.id and b.banned_at is not null
  where m.user_id = old.id and m.stream_id = s.id and m.removed_at is null;
  return old;
end
$$;
create trigger leave_rooms before delete on auth.users
  for each row execute function private.leave_rooms();
