-- Who may do what in a room.
create function private.piling_marks() returns text
language sql immutable set search_path = ''
as $$
  -- Fonts of other scripts, such as those of India, show what does not belong there beside a letter, not above it.
  select '\u0300-\u036F\u0483-\u0489\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8'
    || '\u06EA-\u06ED\u0711\u0730-\u074A\u07A6-\u07B0\u07EB-\u07F3\u0816-\u082D\u0859-\u085B\u0897-\u089F\u08CA-\u08E1'
    || '\u08E3-\u08FF\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF'
    || '\u2CEF-\u2CF1\u2DE0-\u2DFF\uA66F-\uA67D\uA69E\uA69F\uFB1E\uFE20-\uFE2F\U0001D165-\U0001D1AD\U0001E000-\U0001E02A'
$$;
comment on function private.piling_marks() is
  'Marks that stand above and below the letter before them, however many they are, as what a bracket of a regular expression holds.';

create function private.is_plain_text(p_text text) returns boolean
language sql immutable set search_path = ''
as $$
  -- Control characters, and those that turn the direction of what follows or are not seen: a text that reads as another.
  -- And marks in piles, which cover the lines above and below.
  select p_text !~ '[\u0001-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]'
    and p_text !~ ('[' || private.piling_marks() || ']{5}')
$$;
comment on function private.is_plain_text(text) is
  'Whether a text is free of control characters but for line feeds, of bidirectional overrides, of what is not seen, and of piles of marks.';

create function private.member_name(p_user_id uuid) returns text
language sql stable security definer set search_path = ''
as $$ select p.username from public.profiles p where p.id = p_user_id $$;
comment on function private.member_name(uuid) is 'The name somebody has in rooms; null for who has left.';

create function private.member_name() returns text
language sql stable security definer set search_path = ''
as $$ select private.member_name(auth.uid()) $$;
comment on function private.member_name() is 'The name the caller has in rooms.';

create function private.room_role(p_stream public.streams, p_user_id uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select case
    when p_user_id is null then 'anonymous'
    when p_stream.streamer_id = p_user_id then 'streamer'
    when exists (
      select 1 from public.stream_members m
      where m.streamer_id = p_stream.streamer_id and m.user_id = p_user_id and m.moderator_since is not null) then 'moderator'
    else 'viewer' end
$$;
comment on function private.room_role(public.streams, uuid) is
  'What somebody is in a room: streamer, moderator, viewer, or anonymous for nobody.';

create function private.room_topic(p_stream public.streams) returns text
language sql immutable set search_path = ''
as $$ select 'room:' || p_stream.id::text || ':' || p_stream.epoch::text $$;
comment on function private.room_topic(public.streams) is 'The topic a room speaks on until its epoch is raised.';

create function private.can_see_room(p_stream public.streams) returns boolean
language sql stable security definer set search_path = ''
as $$
  select p_stream.visibility = 'public' or exists (
    select 1 from (select private.live_user() as id) as u
    where u.id = p_stream.streamer_id or exists (
      select 1 from public.stream_members m
      where m.streamer_id = p_stream.streamer_id and m.user_id = u.id
        and (m.invited_at is not null or m.moderator_since is not null)))
$$;
comment on function private.can_see_room(public.streams) is
  'Whether the caller may know of a room, banned or not: a private one as its streamer, a moderator of it, or invited.';

create function private.is_banned(p_streamer_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  -- Whoever signed out, but still shows the token, stays banned.
  select exists (
    select 1 from public.stream_members m
    where m.streamer_id = p_streamer_id and m.user_id = (select auth.uid()) and m.banned_at is not null)
$$;
comment on function private.is_banned(uuid) is 'Whether the caller is banned from a streamer''s rooms.';

create function private.can_read_room(p_stream_id uuid, p_epoch integer) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select 1 from public.streams s
    where s.id = p_stream_id and s.status = 'live' and s.epoch = p_epoch
      and private.can_see_room(s) and not private.is_banned(s.streamer_id))
$$;
comment on function private.can_read_room(uuid, integer) is
  'Whether the caller may read a live room''s topic: that of its epoch alone, so that whoever was cut hears nothing on an old one.';

create or replace function private.can_read_topic(p_topic text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case split_part(p_topic, ':', 1)
    when 'market' then p_topic ~ '^market:[a-z][a-z0-9]{0,31}:[A-Z0-9.-]{1,40}:(1m|5m|15m|1h|4h|1d|book|trades)$'
    when 'user' then p_topic = 'user:' || private.live_user()::text
    when 'pool' then case
      when p_topic ~ '^pool:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then private.can_read_pool(substr(p_topic, 6)::uuid) end
    when 'room' then case
      when p_topic ~ '^room:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:[1-9][0-9]{0,8}$'
        then private.can_read_room(split_part(p_topic, ':', 2)::uuid, split_part(p_topic, ':', 3)::integer) end
    else false
  end
$$;

create function private.require_room(p_stream_id uuid, p_for text) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  if p_for = 'write' then
    perform private.require_user();
    -- What is said in a room is said in turn: ids rise with time, and no epoch is raised between choosing a topic and
    -- the commit. Who joins or says that they are there waits for nothing.
    select * into v_stream from public.streams s where s.id = p_stream_id for no key update;
  else
    select * into v_stream from public.streams s where s.id = p_stream_id;
  end if;
  if v_stream.id is null or not private.can_see_room(v_stream) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such stream';
  elsif private.is_banned(v_stream.streamer_id) then
    raise sqlstate 'PT403' using message = 'banned', detail = 'The streamer has banned you';
  elsif p_for = 'write' and v_stream.status <> 'live' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The stream is not live';
  end if;
  return v_stream;
end
$$;
comment on function private.require_room(uuid, text) is
  'A room the caller may read, or write in: then it is live, the caller signed in, and its row held until the end of the transaction. Raises not_found, for hidden ones too, banned, stream_ended, unauthenticated.';
