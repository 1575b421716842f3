-- What rooms need beside their first tables.
alter table public.streams
  -- When its viewers were counted last: their number is told at most once a second.
  add column counted_at timestamptz;
-- Ended ones are listed by the time they ended.
create index streams_ended_idx on public.streams (ended_at desc, id desc) where status = 'ended';
-- Who came to follow while a stream ran.
create index stream_follows_streamer_id_idx on public.stream_follows (streamer_id, followed_at);
-- Tabs without an account are counted against a limit, those of a user against another.
create index stream_viewers_anonymous_idx on public.stream_viewers (stream_id) where user_id is null;
-- Every viewer's row is written twice a minute: it waits for no disk, and what a crash forgets of it is told again within
-- half a minute. Counting reads the whole table each second, so that its end needs no index, and a renewal none to change.
alter table public.stream_viewers set unlogged;
alter table public.stream_viewers set (fillfactor = 50);
drop index public.stream_viewers_expires_at_idx;
-- Books outlive the rooms they name: an account that was tipped in can be deleted.
alter table public.stream_tips drop constraint stream_tips_stream_id_fkey;

-- How many watched, a row a minute.
create table public.stream_minutes (
  stream_id uuid not null references public.streams (id) on delete cascade,
  at timestamptz not null check (at = date_trunc('minute', at, 'UTC')),
  -- The most of that minute.
  viewers integer not null check (viewers >= 0),
  primary key (stream_id, at)
);
alter table public.stream_minutes enable row level security;
revoke all on public.stream_minutes from anon, authenticated, service_role;

-- Messages of all rooms, for whoever watches over the platform. A sequence, because no two rooms may wait for each other to
-- count; what the worker has told of it stands beside it.
create sequence private.room_messages;
create table private.room_messages_told (
  only_row boolean primary key default true check (only_row),
  told bigint not null default 0
);
insert into private.room_messages_told default values;

-- Counted as they come and go: lists show it beside every stream.
alter table public.profiles add column followers integer not null default 0 check (followers >= 0);

create function private.count_follower() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    update public.profiles p set followers = p.followers + 1 where p.id = new.streamer_id;
  else
    update public.profiles p set followers = greatest(p.followers - 1, 0) where p.id = old.streamer_id;
  end if;
  return null;
end
$$;
create trigger count_follower after insert or delete on public.stream_follows
  for each row execute function private.count_follower();

-- A token bucket for each thing rooms are asked. A viewer says every 30 seconds that it is there.
insert into public.rate_limit_rules (name, capacity, refill_per_s, cost, shared_factor, shards, description) values
  ('rooms_read', 300, 30, 1, 100, 16, 'Rooms, their lists, chat pages, statistics and profiles'),
  ('room_touch', 120, 4, 1, 250, 64, 'Joining and leaving rooms, and saying that one is there; a page does so every 30 seconds'),
  ('rooms_write', 60, 1, 1, 1, 1, 'Changing one''s rooms, and following'),
  ('room_start', 20, 0.05, 1, 1, 1, 'Opening rooms: those who follow hear of it');
