-- Who is live, who will be, who was.
create function private.check_stream_page(p_limit integer, p_cursor text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif p_cursor !~ '^-?[0-9]{1,14}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    raise sqlstate 'PT400' using message = 'invalid_cursor', detail = 'The cursor is not one of ours';
  end if;
end
$$;

create function public.streams_page(
  p_status text default 'live', p_category text default null, p_search text default null, p_limit integer default 50,
  p_cursor text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Of what has ended a page looks through this many at most, however rare what it looks for.
  v_looked_at_max constant integer := 5000;
  v_search text := lower(nullif(btrim(p_search), ''));
  v_items jsonb;
  v_more boolean;
  v_next text;
begin
  perform private.require_rate('rooms_read');
  perform private.check_stream_page(p_limit, p_cursor);
  if p_status is null or p_status not in ('live', 'scheduled', 'ended') or char_length(v_search) > 100 or char_length(p_category) > 24 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A status is live, scheduled or ended, a search 100 letters at most';
  end if;
  with known as (
    -- Live ones by their viewers, scheduled ones by their time, ended ones by the time they ended, the last first.
    select s as stream, s.id, -s.viewer_count::bigint as rank from public.streams s where p_status = 'live' and s.status = 'live'
    union all
    select s, s.id, (extract(epoch from s.scheduled_for) * 1000)::bigint from public.streams s
    where p_status = 'scheduled' and s.status = 'scheduled' and s.scheduled_for > now() - interval '1 hour'
    union all
    (select s, s.id, (-extract(epoch from s.ended_at) * 1000)::bigint from public.streams s
    where p_status = 'ended' and s.status = 'ended' and s.started_at is not null
      and (p_cursor is null or s.ended_at <= to_timestamp((1 - split_part(p_cursor, '.', 1)::bigint) / 1000.0))
    order by s.ended_at desc, s.id desc limit v_looked_at_max)
  ), page as (
    select k.stream, k.id, k.rank, row_number() over (order by k.rank, k.id desc) as place
    from known k
    where (p_cursor is null or k.rank > split_part(p_cursor, '.', 1)::bigint
        or (k.rank = split_part(p_cursor, '.', 1)::bigint and k.id < split_part(p_cursor, '.', 2)::uuid))
      and (p_category is null or (k.stream).category = p_category)
      and (v_search is null or strpos(lower((k.stream).title), v_search) > 0
        or strpos(lower(array_to_string((k.stream).markets, ' ')), v_search) > 0
        or strpos(private.member_name((k.stream).streamer_id), v_search) > 0)
      and private.can_see_room(k.stream)
    order by k.rank, k.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(private.stream_object(g.stream, false) order by g.place) filter (where g.place <= p_limit), '[]'),
    count(*) > p_limit, max(g.rank::text || '.' || g.id::text) filter (where g.place = p_limit)
  into v_items, v_more, v_next from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_next end);
end
$$;
comment on function public.streams_page(text, text, text, integer, text) is
  'Streams the caller may see, of one status: live by viewers, scheduled by time, ended by their end, the last first; by category, and by what stands in title, markets or the streamer''s name. {items, next_cursor}, without what stream_detail() alone shows.';
grant execute on function public.streams_page(text, text, text, integer, text) to anon, authenticated;

create function public.user_streams(p_user_id uuid, p_limit integer default 50, p_cursor text default null) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_items jsonb;
  v_more boolean;
begin
  perform private.require_rate('rooms_read');
  perform private.check_page(p_limit, p_cursor);
  with page as (
    select s as stream, row_number() over (order by s.id desc) as place
    from public.streams s
    where s.streamer_id = p_user_id and (p_cursor is null or s.id < p_cursor::uuid) and private.can_see_room(s)
    order by s.id desc limit p_limit + 1
  )
  select coalesce(jsonb_agg(private.stream_object(g.stream, false) order by g.place) filter (where g.place <= p_limit), '[]'),
    count(*) > p_limit
  into v_items, v_more from page as g;
  return jsonb_build_object('items', v_items, 'next_cursor', case when v_more then v_items -> -1 ->> 'stream_id' end);
end
$$;
comment on function public.user_streams(uuid, integer, text) is
  'A user''s streams of any status that the caller may see, newest first: {items, next_cursor}.';
grant execute on function public.user_streams(uuid, integer, text) to anon, authenticated;

create function public.stream_detail(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.live_user();
  v_stream public.streams;
  v_banned boolean;
begin
  perform private.require_rate('rooms_read');
  select * into v_stream from public.streams s where s.id = p_stream_id;
  if v_stream.id is null or not private.can_see_room(v_stream) then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'No such stream';
  end if;
  v_banned := private.is_banned(v_stream.streamer_id);
  return jsonb_build_object(
    'stream', private.stream_object(v_stream),
    'topic', case when v_stream.status = 'live' and not v_banned then private.room_topic(v_stream) end,
    'me', jsonb_build_object(
      'role', private.room_role(v_stream, v_user_id), 'banned', v_banned,
      'muted_until', (
        select m.muted_until from public.stream_members m
        where m.streamer_id = v_stream.streamer_id and m.user_id = v_user_id and m.muted_until > now()),
      'following', exists (
        select 1 from public.stream_follows f where f.streamer_id = v_stream.streamer_id and f.follower_id = v_user_id),
      'followers', coalesce((select p.followers from public.profiles p where p.id = v_stream.streamer_id), 0)));
end
$$;
comment on function public.stream_detail(uuid) is
  'A stream, the topic it speaks on while it is live, and what the caller is there: {stream, topic, me: {role, banned, muted_until, following, followers}}. Whoever is banned gets no topic. Raises not_found, for hidden ones too.';
grant execute on function public.stream_detail(uuid) to anon, authenticated;

create function public.profile_page(p_username text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.live_user();
  v_profile public.profiles;
begin
  perform private.require_rate('rooms_read');
  select * into v_profile from public.profiles p where p.username = lower(p_username);
  if not found then
    raise sqlstate 'PT404' using message = 'not_found', detail = 'Nobody has that name';
  end if;
  return jsonb_build_object(
    'user', jsonb_build_object(
      'user_id', v_profile.id, 'username', v_profile.username, 'verified', v_profile.kyc_status = 'verified',
      'followers', v_profile.followers,
      'following', (select count(*) from public.stream_follows f where f.follower_id = v_profile.id)::integer,
      'live_stream_id', (
        select s.id from public.streams s where s.streamer_id = v_profile.id and s.status = 'live' and private.can_see_room(s)),
      'streams', (
        select count(*) from public.streams s
        where s.streamer_id = v_profile.id and s.status <> 'scheduled' and s.visibility = 'public')::integer),
    'me', jsonb_build_object(
      'self', v_profile.id is not distinct from v_user_id,
      'following', exists (
        select 1 from public.stream_follows f where f.streamer_id = v_profile.id and f.follower_id = v_user_id)));
end
$$;
comment on function public.profile_page(text) is
  'Who somebody is in rooms: {user: {user_id, username, verified, followers, following, live_stream_id, streams}, me: {self, following}}, where following and streams are numbers, and of streams those that anybody may see count. Raises not_found.';
grant execute on function public.profile_page(text) to anon, authenticated;
