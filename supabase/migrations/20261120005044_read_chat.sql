-- Reading what was said.
create function private.messages_json(
  p_stream public.streams, p_ids uuid[], p_viewer uuid default null, p_moderates boolean default false)
returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(
    jsonb_build_object('message_id', m.id, 'stream_id', m.stream_id, 'created_at', m.created_at)
    || case when not x.hidden or p_moderates then jsonb_build_object(
        'user_id', m.user_id, 'username', p.username,
        'role', case when m.user_id = p_stream.streamer_id then 'streamer' when b.moderator_since is not null then 'moderator' end,
        'message', m.message, 'message_type', m.message_type, 'data', m.data) else '{}' end
    || case when x.hidden then jsonb_build_object('removed', true, 'removed_by_name', r.username)
        when m.user_id = p_viewer then jsonb_build_object('client_id', m.client_id) else '{}' end
    order by m.id), '[]')
  from public.stream_messages m
  left join public.profiles p on p.id = m.user_id
  left join public.stream_members b on b.streamer_id = p_stream.streamer_id and b.user_id = m.user_id
  left join public.profiles r on r.id = m.removed_by
  -- A ban hides what its user said while it lasts.
  cross join lateral (select m.removed_at is not null or b.banned_at is not null as hidden) as x
  where m.stream_id = p_stream.id and m.id = any (p_ids) and (not m.shadowed or m.user_id = p_viewer)
$$;
comment on function private.messages_json(public.streams, uuid[], uuid, boolean) is
  'Messages of a room as somebody gets them, by id: [{message_id, stream_id, user_id, username, role, message, message_type, data, created_at, client_id (one''s own)}]; removed ones are {message_id, stream_id, created_at, removed, removed_by_name}, and the rest of it for moderators alone.';

create or replace function private.pinned_message(p_stream public.streams) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select x.message from (
    select private.messages_json(p_stream, array[p_stream.pinned_message_id]) -> 0 as message
    where p_stream.pinned_message_id is not null) as x
  where not x.message ? 'removed'
$$;

create function private.is_moderator(p_streamer_id uuid, p_user_id uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select coalesce(p_user_id = p_streamer_id, false) or exists (
    select 1 from public.stream_members m
    where m.streamer_id = p_streamer_id and m.user_id = p_user_id and m.moderator_since is not null)
$$;
comment on function private.is_moderator(uuid, uuid) is 'Whether somebody is the streamer or one of his moderators.';

create function public.chat_page(
  p_stream_id uuid, p_after uuid default null, p_before uuid default null, p_limit integer default 50,
  p_search text default null)
returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Of a long room the newest part is searched.
  v_searched_max constant integer := 20000;
  v_search_cost constant numeric := 10;
  v_viewer uuid := private.live_user();
  v_search text := lower(normalize(btrim(p_search), nfc));
  v_stream public.streams;
  v_ids uuid[];
  v_more boolean;
begin
  perform private.require_rate('rooms_read', p_cost => case when p_search is not null then v_search_cost end);
  if p_limit is null or p_limit not between 1 and 200 then
    raise sqlstate 'PT400' using message = 'invalid_limit', detail = 'The limit is 1 to 200';
  elsif num_nonnulls(p_after, p_before) = 2 or (p_after is not null and p_search is not null) then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Ask for what is after a message, or for what is before it';
  elsif char_length(v_search) not between 2 and 100 then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'Search for 2 to 100 characters';
  end if;
  v_stream := private.require_room(p_stream_id, 'read');
  if p_after is not null then
    select array_agg(m.id order by m.id) into v_ids from (
      select m.id from public.stream_messages m
      where m.stream_id = p_stream_id and m.id > p_after and (not m.shadowed or m.user_id = v_viewer)
      order by m.id limit p_limit + 1) as m;
  elsif v_search is null then
    select array_agg(m.id order by m.id desc) into v_ids from (
      select m.id from public.stream_messages m
      where m.stream_id = p_stream_id and (p_before is null or m.id < p_before) and (not m.shadowed or m.user_id = v_viewer)
      order by m.id desc limit p_limit + 1) as m;
  else
    select array_agg(m.id order by m.id desc) into v_ids from (
      select m.id from (
        select n.id, n.user_id, n.message, n.shadowed, n.removed_at from public.stream_messages n
        where n.stream_id = p_stream_id and (p_before is null or n.id < p_before)
        order by n.id desc limit v_searched_max) as m
      where strpos(lower(m.message), v_search) > 0 and m.removed_at is null and (not m.shadowed or m.user_id = v_viewer)
        and not exists (
          select 1 from public.stream_members b
          where b.streamer_id = v_stream.streamer_id and b.user_id = m.user_id and b.banned_at is not null)
      order by m.id desc limit p_limit + 1) as m;
  end if;
  v_more := cardinality(v_ids) > p_limit;
  v_ids := v_ids[1:p_limit];
  return jsonb_build_object(
    'items', private.messages_json(v_stream, v_ids, v_viewer, private.is_moderator(v_stream.streamer_id, v_viewer)),
    'next_cursor', case when v_more then v_ids[p_limit] end);
end
$$;
comment on function public.chat_page(uuid, uuid, uuid, integer, text) is
  'What was said in a room, oldest first: what came after p_after, or else the last before p_before or now, or of these what has p_search in it: {items, next_cursor}. The cursor is the next p_after, or else the next p_before. Ids rise in the order in which messages can be seen, so that nothing is missed by p_after. Raises not_found, banned, invalid_limit, bad_request.';
grant execute on function public.chat_page(uuid, uuid, uuid, integer, text) to anon, authenticated;
