-- Who watches: a row a tab that runs out, renewed every 30 seconds. The worker counts them.
create function private.note_viewer(p_stream public.streams, p_tab_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  -- Browsers let hidden tabs speak once a minute.
  v_ttl constant interval := '75 seconds';
  -- A person's tabs together, in all rooms.
  v_user_tabs_max constant integer := 50;
  -- Tabs without an account in one room, so that a flood of them cannot fill the table; beyond it they watch uncounted.
  -- Whom nobody vouches for shares one large bucket, which a single script could use up: a room counts fewer of those.
  v_anonymous_tabs_max constant integer := 20000;
  v_unvouched_tabs_max constant integer := 5000;
  v_user_id uuid := private.live_user();
begin
  if p_tab_id is null then
    raise sqlstate 'PT400' using message = 'bad_request', detail = 'A tab_id is needed';
  elsif p_stream.streamer_id = v_user_id then
    -- Nobody is one's own audience.
    return;
  end if;
  -- The row that is there, if it is not somebody else's: a tab's id is a secret of its page, not a proof.
  update public.stream_viewers v set (user_id, expires_at) = row (v_user_id, clock_timestamp() + v_ttl)
  where v.stream_id = p_stream.id and v.tab_id = p_tab_id and (v.user_id is null or v.user_id = v_user_id or v.expires_at <= clock_timestamp());
  if found then
    return;
  elsif v_user_id is not null then
    if (select count(*) from public.stream_viewers v where v.user_id = v_user_id) >= v_user_tabs_max then
      return;
    end if;
  elsif (
    select count(*) from (
      select 1 from public.stream_viewers v where v.stream_id = p_stream.id and v.user_id is null limit v_anonymous_tabs_max) as c
    ) >= (case when private.caller_address() is null then v_unvouched_tabs_max else v_anonymous_tabs_max end) then
    return;
  end if;
  insert into public.stream_viewers (stream_id, tab_id, user_id, expires_at)
  values (p_stream.id, p_tab_id, v_user_id, clock_timestamp() + v_ttl)
  on conflict (stream_id, tab_id) do nothing;
end
$$;
comment on function private.note_viewer(public.streams, uuid) is
  'Counts a tab as a viewer of a room for 75 seconds; beyond a person''s 50 tabs and a room''s 20,000 without an account, or 5,000 for whom nobody vouches, they watch uncounted.';

create function private.require_live_room(p_stream_id uuid) returns public.streams
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams;
begin
  perform private.require_rate('room_touch');
  v_stream := private.require_room(p_stream_id, 'read');
  if v_stream.status <> 'live' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The stream is not live';
  end if;
  return v_stream;
end
$$;
comment on function private.require_live_room(uuid) is
  'A live room the caller may be in; raises rate_limited, not_found, banned, stream_ended.';

create function public.join_stream(p_stream_id uuid, p_tab_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.require_live_room(p_stream_id);
begin
  perform private.note_viewer(v_stream, p_tab_id);
  return jsonb_build_object('success', true, 'stream', private.stream_object(v_stream), 'viewer_count', v_stream.viewer_count,
    'topic', private.room_topic(v_stream));
end
$$;
comment on function public.join_stream(uuid, uuid) is
  'Says that a tab watches a live room: {success, stream, viewer_count, topic}. Call touch_viewer() every 30 seconds. Raises not_found, for hidden ones too, banned, stream_ended.';
grant execute on function public.join_stream(uuid, uuid) to anon, authenticated;

create function public.touch_viewer(p_stream_id uuid, p_tab_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_stream public.streams := private.require_live_room(p_stream_id);
begin
  perform private.note_viewer(v_stream, p_tab_id);
  return jsonb_build_object('success', true, 'viewer_count', v_stream.viewer_count, 'topic', private.room_topic(v_stream));
end
$$;
comment on function public.touch_viewer(uuid, uuid) is
  'Says that a tab still watches: {success, viewer_count, topic}; the topic is another one when the room has moved. Raises not_found, banned, stream_ended.';
grant execute on function public.touch_viewer(uuid, uuid) to anon, authenticated;

create function public.leave_stream(p_stream_id uuid, p_tab_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.live_user();
begin
  perform private.require_rate('room_touch');
  delete from public.stream_viewers v
  where v.stream_id = p_stream_id and v.tab_id = p_tab_id and (v.user_id is null or v.user_id = v_user_id);
  return jsonb_build_object('success', true);
end
$$;
comment on function public.leave_stream(uuid, uuid) is 'Says that a tab watches no more: {success}, whether it was known or not.';
grant execute on function public.leave_stream(uuid, uuid) to anon, authenticated;

create function public.touch_streamer(p_stream_id uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  v_user_id uuid := private.require_user();
  v_stream public.streams;
begin
  perform private.require_rate('room_touch');
  v_stream := private.own_stream(p_stream_id);
  if v_stream.status <> 'live' then
    raise sqlstate 'PT409' using message = 'stream_ended', detail = 'The stream is not live';
  end if;
  update public.streams s set streamer_seen_at = clock_timestamp() where s.id = p_stream_id;
  return jsonb_build_object('success', true, 'viewer_count', v_stream.viewer_count, 'topic', private.room_topic(v_stream));
end
$$;
comment on function public.touch_streamer(uuid) is
  'Says, every 30 seconds, that the streamer is there: {success, viewer_count, topic}. After two minutes of silence the room ends. Raises not_owner, not_found, stream_ended.';
grant execute on function public.touch_streamer(uuid) to authenticated;
