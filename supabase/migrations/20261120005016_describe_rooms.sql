-- Rooms as their readers see them.
create function private.pinned_message(p_stream public.streams) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('message_id', m.id, 'stream_id', m.stream_id, 'user_id', m.user_id,
    'username', private.member_name(m.user_id),
    'role', nullif(nullif(private.room_role(p_stream, m.user_id), 'viewer'), 'anonymous'),
    'message', m.message, 'message_type', m.message_type, 'data', m.data, 'created_at', m.created_at, 'client_id', null)
  from public.stream_messages m
  where m.id = p_stream.pinned_message_id and m.stream_id = p_stream.id and m.removed_at is null and not m.shadowed
$$;
comment on function private.pinned_message(public.streams) is 'The message that stands above a room''s chat, or null.';

create function private.stream_object(p_stream public.streams, p_full boolean default true) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  v_role text := private.room_role(p_stream, private.live_user());
  -- Who is banned sees of a room what a list shows.
  v_full boolean := p_full and not private.is_banned(p_stream.streamer_id);
begin
  return jsonb_build_object(
    'stream_id', p_stream.id, 'streamer_id', p_stream.streamer_id,
    'streamer', (
      select jsonb_build_object('username', p.username, 'followers', p.followers, 'verified', p.kyc_status = 'verified')
      from public.profiles p where p.id = p_stream.streamer_id),
    'title', p_stream.title, 'description', p_stream.description, 'category', p_stream.category,
    'markets', to_jsonb(p_stream.markets), 'thumbnail_url', p_stream.thumbnail_url, 'status', upper(p_stream.status),
    'visibility', p_stream.visibility, 'viewer_count', p_stream.viewer_count, 'peak_viewers', p_stream.peak_viewers,
    'scheduled_for', p_stream.scheduled_for, 'started_at', p_stream.started_at, 'ended_at', p_stream.ended_at,
    'duration_seconds', floor(extract(epoch from coalesce(p_stream.ended_at, clock_timestamp()) - p_stream.started_at))::integer,
    'is_recording', p_stream.is_recording, 'recording_url', case when v_full then p_stream.recording_url end,
    'whep_url', case when v_full and p_stream.status = 'live' then p_stream.whep_url end,
    -- Where the video is sent to is the streamer's alone.
    'whip_url', case when v_full and v_role = 'streamer' then p_stream.whip_url end,
    'settings', jsonb_build_object(
      'slow_mode_s', p_stream.slow_mode_s, 'followers_only', p_stream.followers_only,
      'pinned', case when v_full then private.pinned_message(p_stream) end,
      'blocked_words', case when v_full and v_role in ('streamer', 'moderator') then to_jsonb(p_stream.blocked_words) end),
    'view', case when v_full then p_stream.view else '{}' end, 'view_seq', p_stream.view_seq,
    'created_at', p_stream.created_at, 'updated_at', p_stream.updated_at);
end
$$;
comment on function private.stream_object(public.streams, boolean) is
  'A stream as the caller may see it: {stream_id, streamer_id, streamer, title, description, category, markets, thumbnail_url, status, visibility, viewer_count, peak_viewers, scheduled_for, started_at, ended_at, duration_seconds, is_recording, recording_url, whep_url, whip_url, settings, view, view_seq, created_at, updated_at}. Lists, and the banned, get no addresses of media, no view and no pinned message.';
